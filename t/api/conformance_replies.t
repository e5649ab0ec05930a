# Bulk requests, formats, views, /Me, errors and versions, rule by rule (RFC 7644 3.7 to 3.14), in the
# dialect that bends nothing and in that which there is by default. docs/conformance.md names these tests.

use strict;
use warnings;

use Digest::SHA 'sha1_base64';
use JSON::PP ();
use MIME::Base64 'encode_base64';
use Test::More;

use Scim::Client qw(true false null);
use Scim::Expect qw(status_is error_is error_problem endpoint total);
use Scim::Server;

my $token = 'conformance-replies-0123456789abcdef';
my $urn   = 'urn:ietf:params:scim:schemas:core:2.0';
my $user  = "$urn:User";
my $own   = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
my $op    = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
my $nobody = '0190b0e0-0000-7000-8000-000000000000';
my ($s, $j) = ('application/scim+json', 'application/json');
my $serial = 0;

my $server = Scim::Server->start(
    files  => { htpasswd => "ada:{SHA}" . sha1_base64('pw') . "=\n" },
    config => join '',
    (map { endpoint("/$_/v2", directory => $_, tokens => [['tester', $token], ['reader', "read-$token", 'scope=read'],
                ['people', "people-$token", 'scope=read,write,users']],
            extra => "ScimDialect $_\nScimMaxOperations 20\nScimMaxPayload 20000\n"),
        endpoint("/$_-few/v2", directory => $_, token => $token, extra => "ScimDialect $_\nScimMaxScan 1\n") }
        qw(strict auto)),
    "<Location /bare/v2>\nSetHandler \"scim%{env:NONE}\"\nRequire all granted\n</Location>\n",
    endpoint('/latest', directory => 'latest', token => $token),
    endpoint('/me/v2', directory => 'me', token => $token), <<'END');
<Location "/me/v2/Me">
ScimMe write
AuthType Basic
AuthName "People"
AuthBasicProvider file
AuthUserFile "@DIR@/htpasswd"
Require valid-user
</Location>
END
my ($scim, $dialect, $strict);

sub client { return $server->client(token => $token, path => $_[0]) }

# A subtest in each dialect.
sub both
{
    my ($what, $code) = @_;

    for (qw(strict auto)) {
        ($dialect, $strict) = ($_, $_ eq 'strict');
        $scim = client("/$dialect/v2");
        subtest "$what, $dialect" => $code;
    }
}

sub person
{
    my (%more) = @_;
    my @schemas = ($user, grep { /:/ } sort keys %more);
    my $r = $scim->post('/Users', { schemas => \@schemas, userName => 'u' . ++$serial, %more });

    $r->code == 201 or die $r->text;
    return $r->json;
}

# ---- 3.7 -----------------------------------------------------------------------------------

sub bulk
{
    my ($operations, %more) = @_;
    return $scim->post('/Bulk', { schemas => ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'],
        Operations => $operations, %more });
}

sub results { return @{ $_[0]->json->{Operations} } }
sub statuses { return join ' ', map { $_->{status} } results($_[0]) }
sub created { return { method => 'POST', path => '/Users', bulkId => $_[0],
    data => { schemas => [$user], userName => $_[1] // 'u' . ++$serial } } }
sub team { my ($id, @members) = @_; return { method => 'POST', path => '/Groups', bulkId => $id,
    data => { schemas => ["$urn:Group"], displayName => 'g' . ++$serial, members => [map { { value => $_ } } @members] } } }
sub title { return { schemas => [$op], Operations => [{ op => 'replace', path => 'title', value => $_[0] }] } }

both 'bulk requests' => sub {
    my $ada = person();
    my $path = "/Users/$ada->{id}";
    my %wrong = (
        'an operation without a method fails'           => { path => $path },
        'an operation with another method fails'        => { method => 'GET', path => $path },
        'a POST operation without a bulkId fails'       => { method => 'POST', path => '/Users',
            data => { schemas => [$user], userName => 'x' } },
        'an operation without a path fails'             => { method => 'DELETE' },
        'a POST operation to a resource fails'          => { method => 'POST', path => $path, bulkId => 'x', data => {} },
        'a DELETE operation to a resource type fails'   => { method => 'DELETE', path => '/Users' },
        'a POST operation without data fails'           => { method => 'POST', path => '/Users', bulkId => 'x' },
        'a PUT operation without data fails'            => { method => 'PUT', path => $path },
        'a PATCH operation without data fails'          => { method => 'PATCH', path => $path },
    );
    my $before = total($scim);
    for my $name (sort keys %wrong) {
        my $r = bulk([$wrong{$name}]);
        is statuses($r), '400', $name or diag $r->text;
    }
    error_is($scim->post('/Bulk', { schemas => ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'] }), 400,
        'invalidSyntax', qr/'Operations'/, 'a bulk request without Operations is refused');
    error_is($scim->post('/Bulk', { schemas => [$user], Operations => [created('a')] }), 400, 'invalidSyntax', undef,
        'a bulk request with other schemas is refused') if $strict;
    error_is($scim->post('/Bulk', '{"schemas":'), 400, 'invalidSyntax', undef, 'a bulk request that is no JSON is refused');
    is total($scim), $before, 'none of these did anything';

    my $r = bulk([{ method => 'PUT', path => $path, version => 'W/"1"', data => { schemas => [$user], userName => 'ada', title => 'x' } },
        { method => 'PATCH', path => $path, version => 'W/"1"', data => title('y') },
        { method => 'DELETE', path => $path, version => 'W/"7"' },
        { method => 'PATCH', path => $path, version => 'W/"2"', data => title('z') }]);
    is statuses($r), '200 412 412 200', 'an operation with a version is done if that is the version';
    is $scim->get($path)->json->{title}, 'z', '... and otherwise not';
};

both 'bulk responses' => sub {
    my ($ada, $bob) = (person(), person());
    my $base = $scim->base;
    my $r = bulk([created('a'), { method => 'PUT', path => "/Users/$ada->{id}", data => { schemas => [$user], userName => 'ada2' } },
        { method => 'PATCH', path => "/Users/$ada->{id}", data => title('x') }, { method => 'DELETE', path => "/Users/$bob->{id}" },
        created('taken', 'ADA2'), { method => 'PUT', path => "/Users/$nobody", data => { schemas => [$user], userName => 'x' } },
        { method => 'PATCH', path => "/Users/$ada->{id}", data => { schemas => [$op], Operations => [{ op => 'remove', path => 'id' }] } },
        { method => 'DELETE', path => "/Users/$bob->{id}" }, { method => 'DELETE', path => '/Users/7 x' },
        { method => 'PATCH', path => "/Users/$ada->{id}" }]);
    is status_is($r, 200, 'a bulk request that was processed answers 200')->header('Content-Type'), $s, 'as JSON';
    my @done = results($r);
    is scalar @done, 10, 'a bulk response has a result for each operation';
    is statuses($r), '201 200 200 204 409 404 400 404 404 400', 'statuses are those of single requests, as strings';
    my $id = (split m{/}, $done[0]{location})[-1];
    is_deeply [map { $_->{location} } @done], ["$base/Users/$id", ("$base/Users/$ada->{id}") x 2, "$base/Users/$bob->{id}", undef,
        "$base/Users/$nobody", "$base/Users/$ada->{id}", "$base/Users/$bob->{id}", "$base/Users/7%20x", "$base/Users/$ada->{id}"],
        'each result has a location, but for that of a POST that failed';
    is_deeply [map { $_->{method} } @done], [qw(POST PUT PATCH DELETE POST PUT PATCH DELETE DELETE PATCH)], 'and its method';
    is_deeply [map { $_->{bulkId} } @done[0, 4]], ['a', 'taken'], 'a result has the bulkId of its operation';
    is $scim->get($done[0]{location})->json->{userName}, 'u' . ($serial), 'and the location is that of what was made';
    is_deeply [map { exists $_->{response} ? 1 : 0 } @done], [(0) x 4, (1) x 6], 'a success has no response, a failure has one';
    for my $at (4 .. 9) {
        my $error = Scim::Response->new($done[$at]{status}, { 'content-type' => $s },
            JSON::PP->new->utf8->encode($done[$at]{response}));
        my $type = { 409 => 'uniqueness', 404 => undef, 400 => $at == 6 ? 'mutability' : 'invalidValue' }->{ $done[$at]{status} };
        my $problem = error_problem($error, $done[$at]{status}, $type, qr/\w/);
        ok !$problem, 'the response of a failure is an error message with a detail' or diag $problem;
    }
    my $people = $server->client(token => "people-$token", path => "/$dialect/v2");
    $r = $people->post('/Bulk', { schemas => ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'], failOnErrors => 5, Operations => [
        { method => 'DELETE', path => "/Groups/$nobody" }, { method => 'PUT', path => '/Users/bulkId:u' }, created('u'),
        { method => 'POST', path => "/Users/$nobody", bulkId => 'v', data => {} }, { method => 'DELETE', path => '/Users/bulkId:w' },
        { method => 'DELETE', path => "/Users/$nobody/x" } ] });
    is statuses($r), '403 400 201 400 400 404', 'failures of other kinds';
    @done = results($r);
    is_deeply [map { $_->{location} } @done], ["$base/Groups/$nobody", ($done[2]{location}) x 2, undef, undef,
        "$base/Users/$nobody/x"], 'have a location where there can be one';
    ok !exists $r->json->{failOnErrors}, 'failOnErrors is not in a response';
};

both 'bulk requests with errors' => sub {
    my $bad = { method => 'DELETE', path => "/Users/$nobody" };
    my $r = bulk([$bad, created('a'), $bad, created('b')]);
    is statuses($r), '404 201 404 201', 'what can be done is done, whatever else fails';
    is $scim->get($_->{location})->code, 200, 'and is there' for (results($r))[1, 3];
    my @all = map { 'f' . ++$serial } 1 .. 3;
    $r = bulk([created('a', $all[0]), $bad, created('b', $all[1]), $bad, created('c', $all[2])], failOnErrors => 2);
    is statuses($r), '201 404 201 404', 'after failOnErrors errors nothing more is done';
    is total($scim, "userName sw \"f\""), 2, 'what was done before stays, what was not done is not there';
};

both 'bulkId' => sub {
    my $r = bulk([team('g', 'bulkId:u'), created('u'),
        { method => 'POST', path => '/Users', bulkId => 'v', data => { schemas => [$user, $own], userName => 'u' . ++$serial,
            $own => { manager => { value => 'bulkId:u' } } } },
        { method => 'PATCH', path => '/Users/bulkId:u', data => title('x') }]);
    is statuses($r), '201 201 201 200', 'operations are done in the order that what they refer to needs';
    my ($group, $ada, $bob) = map { (split m{/}, $_->{location})[-1] } results($r);
    is $scim->get("/Groups/$group")->json->{members}[0]{value}, $ada, 'a bulkId becomes the id of what was created';
    is $scim->get("/Users/$bob")->json->{$own}{manager}{value}, $ada, 'in an extension too';
    is $scim->get("/Users/$ada")->json->{title}, 'x', 'and in a path';
    $r = bulk([created('o', 'order'), { method => 'PATCH', path => '/Users/bulkId:o', data => title('1') },
        { method => 'PATCH', path => '/Users/bulkId:o', data => title('2') }, { method => 'DELETE', path => '/Users/bulkId:o' },
        created('o2', 'order')]);
    is statuses($r), '201 200 200 204 201', 'otherwise they are done in the order of the request';

    $r = bulk([team('x', 'bulkId:y'), team('y', 'bulkId:z'), team('z', 'bulkId:x')]);
    is statuses($r), '201 201 201', 'a circle of references is resolved';
    my @ids = map { (split m{/}, $_->{location})[-1] } results($r);
    is $scim->get("/Groups/$ids[$_]")->json->{members}[0]{value}, $ids[($_ + 1) % 3], 'each has the next' for 0 .. 2;
    $r = bulk([team('x', 'bulkId:y'), team('y', 'bulkId:x', 'bulkId:z'), created('z', 'order')]);
    is statuses($r), '409 409 409', 'a circle that cannot be resolved is a conflict';
};

both 'limits of bulk requests' => sub {
    my $bulk = $scim->get('/ServiceProviderConfig')->json->{bulk};
    is_deeply $bulk, { supported => true, maxOperations => 20, maxPayloadSize => 20000 }, 'the limits can be read';
    my $before = total($scim);
    error_is(bulk([map { created("b$_") } 1 .. 21]), 413, undef, qr/maxOperations \(20\)/,
        'too many operations are refused with the limit');
    my $large = bulk([created('a'), { x => 'x' x 20_000 }]);
    error_is($large, 413, undef, qr/\b20000\b/, 'too many bytes are refused with the limit');
    is total($scim), $before, 'and nothing is done of it';
    is statuses(bulk([map { created("b$_") } 1 .. 20])), join(' ', (201) x 20), 'as many as the limit are fine';
};

# ---- 3.8 -----------------------------------------------------------------------------------

both 'formats' => sub {
    my $name = "\x{e9}\x{4e2d}\x{1f600}";
    my $text = JSON::PP->new->utf8->encode({ schemas => [$user], userName => 'utf8', title => $name });
    my $r = $scim->post('/Users', $text, 'Content-Type' => $s);
    is status_is($r, 201, 'UTF-8 is taken without being named')->json->{title}, $name, 'UTF-8 goes in and comes out';
    like $r->text, qr/\xf0\x9f\x98\x80|\\ud83d\\ude00/i, 'as UTF-8, or as the escapes of JSON';
    my $id = $r->json->{id};
    status_is($scim->get("/Users/$id", Accept => $s), 200, 'Accept: application/scim+json is supported');
    is $scim->get("/Users/$id", Accept => $_)->header('Content-Type'), $_, "Accept: $_ is answered with that" for $s, $j;
    is $scim->get("/Users/$id")->header('Content-Type'), $s, 'without a format it is application/scim+json';
    status_is($scim->put("/Users/$id", $text, 'Content-Type' => $j), 200, 'bodies may be application/json');
    error_is($scim->put("/Users/$id", '<User/>', 'Content-Type' => 'application/xml'), 415, undef, qr/application\/xml/,
        'other formats are refused');
    error_is($scim->put("/Users/$id", $text, 'Content-Type' => "$s; charset=iso-8859-1"), 415, undef, qr/UTF-8/,
        'other encodings that are named are refused');
    error_is($scim->put("/Users/$id", "{\"userName\":\"\xe9\"}"), 400, 'invalidSyntax', qr/UTF-8/,
        'other encodings that are not named are refused');
    error_is($scim->get("/Users/$id.scim"), 404, undef, undef, 'there are no suffixes for formats');
};

# ---- 3.9 and 3.10 --------------------------------------------------------------------------

both 'views' => sub {
    my %ada = (title => 'x', displayName => 'A', name => { givenName => 'A', familyName => 'K' },
        emails => [{ value => 'a@example.com', type => 'work' }], $own => { division => 'D', employeeNumber => '7' });
    my $ada = person(%ada);
    my $path = "/Users/$ada->{id}";
    my %least = (schemas => [$user, $own], id => $ada->{id});
    my $put = { schemas => [$user, $own], userName => $ada->{userName}, %ada };
    my @asks = (
        ['GET', sub { $scim->get($path, query => $_[0])->json }],
        ['GET of a list', sub { $scim->get('/Users', query => { %{ $_[0] }, filter => "id eq \"$ada->{id}\"" })->json->{Resources}[0] }],
        ['POST of a search', sub { $scim->post('/Users/.search', { schemas => ['urn:ietf:params:scim:api:messages:2.0:SearchRequest'],
            filter => "id eq \"$ada->{id}\"", map { $_ => [split /,/, $_[0]{$_}] } keys %{ $_[0] } })->json->{Resources}[0] }],
        ['PUT', sub { $scim->put($path, $put, query => $_[0])->json }],
        ['PATCH', sub { $scim->patch($path, [{ op => 'add', path => 'title', value => 'x' }], query => $_[0])->json }],
    );
    for my $ask (@asks) {
        my ($what, $do) = @$ask;
        is_deeply $do->({ attributes => "title,name.givenName,$own:division" }), { %least, title => 'x',
            name => { givenName => 'A' }, $own => { division => 'D' } }, "$what with attributes has these and the least";
        is_deeply $do->({ attributes => 'nickName' }), \%least, "$what with attributes that have no value has the least";
        is_deeply $do->({ excludedAttributes => "id,schemas,meta,emails,userName,active,displayName,name.givenName,$own:division" }),
            { %least, title => 'x', name => { familyName => 'K' }, $own => { employeeNumber => '7' } },
            "$what with excludedAttributes has the rest and the least";
    }
    my $r = $scim->post('/Users', { schemas => [$user], userName => 'view', title => 'x' }, query => { attributes => 'title' });
    is_deeply $r->json, { schemas => [$user], id => $r->json->{id}, title => 'x' }, 'POST with attributes has these and the least';
    error_is($scim->get($path, query => { attributes => 'title', excludedAttributes => 'name' }), 400, 'invalidValue', undef,
        'attributes and excludedAttributes together are refused');

    for my $name ("$user:name.givenName", "\U$user:NAME.GIVENNAME", 'name.givenName', 'NAME.givenname') {
        is_deeply $scim->get($path, query => { attributes => $name })->json, { %least, name => { givenName => 'A' } },
            "the URN of the core schema may be there or not, in any case: $name";
        is total($scim, "id eq \"$ada->{id}\" and $name eq \"A\""), 1, "in a filter: $name";
        is $scim->patch($path, [{ op => 'replace', path => $name, value => 'A' }])->code, 200, "in a path: $name";
    }
    is_deeply $scim->get($path, query => { attributes => "\U$own:DIVISION" })->json, { %least, $own => { division => 'D' } },
        'an attribute of an extension is known by its URN, in any case';
    is_deeply $scim->get($path, query => { attributes => 'division' })->json, \%least,
        'an attribute of an extension is not known without its URN';
};

# ---- 3.11 ----------------------------------------------------------------------------------

subtest '/Me' => sub {
    my $me = client('/me/v2');
    status_is($me->post('/Users', { schemas => [$user], userName => 'ada' }), 201, 'somebody who can log in');
    my $id = $me->get('/Users')->json->{Resources}[0]{id};
    my $do = sub {
        my ($method, $body, %headers) = @_;
        return $me->request($method, '/Me', $body, Authorization => 'Basic ' . encode_base64('ada:pw', ''), %headers);
    };
    my $where = $me->base . "/Users/$id";
    my @asks = (
        ['GET',             200, 'GET'],
        ['HEAD',            200, 'HEAD'],
        ['conditional GET', 304, 'GET', undef, 'If-None-Match' => '*'],
        ['PATCH',           200, 'PATCH', [{ op => 'add', path => 'title', value => 'x' }]],
        ['PUT',             200, 'PUT', { schemas => [$user], userName => 'ada', title => 'y' }],
        ['PUT of another version', 412, 'PUT', { schemas => [$user], userName => 'ada' }, 'If-Match' => 'W/"99"'],
        ['PATCH that is refused',  400, 'PATCH', [{ op => 'remove', path => 'userName' }]],
        ['PATCH that is forbidden', 403, 'PATCH', [{ op => 'replace', path => 'userName', value => 'bob' }]],
        ['PUT that is no JSON',     400, 'PUT', '{'],
        ['PUT in another format',   415, 'PUT', '<User/>', 'Content-Type' => 'application/xml'],
        ['GET with a broken version', 400, 'GET', undef, 'If-Match' => '"'],
        ['DELETE',          405, 'DELETE'],
        ['POST',            405, 'POST', {}],
        ['OPTIONS',         204, 'OPTIONS'],
    );
    for my $ask (@asks) {
        my ($what, $code, $method, $body, %headers) = @$ask;
        my $r = status_is($do->($method, $body, %headers), $code, "$what of /Me is processed");
        is $r->header('Location'), $where, "the answer to a $what of /Me has the permanent location";
    }
    is $do->('GET')->json->{meta}{location}, $where, 'and so has the resource';
    error_is(client('/latest')->get('/Me'), 501, undef, undef, '/Me is not implemented where it is not configured');
    error_is(client('/latest')->post('/Me', {}), 501, undef, undef, 'nor is POST to it');
};

# ---- 3.12 ----------------------------------------------------------------------------------

both 'errors' => sub {
    my $ada = person(title => 'x');
    person(userName => 'taken');
    my $path = "/Users/$ada->{id}";
    my $reader = $server->client(token => "read-$token", path => "/$dialect/v2");
    my $anyone = $server->client(token => undef, path => "/$dialect/v2");
    my @rows = (
        [400, 'invalidSyntax', '400 when a body cannot be parsed', $scim->post('/Users', '{')],
        [400, 'invalidValue',  '400 when a body violates the schema', $scim->post('/Users', { schemas => [$user], userName => [1] })],
        [401, undef,           '401 without authorization', $anyone->get($path)],
        [401, undef,           '401 with wrong authorization', $anyone->get($path, Authorization => 'Bearer wrong')],
        [403, undef,           '403 when a token does not allow it', $reader->delete($path)],
        [404, undef,           '404 when a resource is not there', $scim->get("/Users/$nobody")],
        [404, undef,           '404 when an endpoint is not there', $scim->get('/Nothing')],
        [409, 'uniqueness',    '409 when a name is taken', $scim->post('/Users', { schemas => [$user], userName => uc $ada->{userName} })],
        [412, undef,           '412 when a version is not that there is', $scim->delete($path, 'If-Match' => 'W/"9"')],
        [413, undef,           '413 when a body is too long', $scim->post('/Users', ' ' x 20_001)],
        [501, undef,           '501 when an operation is not supported', $scim->request(BREW => '/Users')],
        [400, 'invalidFilter', 'invalidFilter: a filter that is none', $scim->get('/Users', query => { filter => 'title eq' })],
        [400, 'invalidFilter', 'invalidFilter: a comparison that is not possible', $scim->get('/Users', query => { filter => 'active gt true' })],
        [400, 'tooMany',       'tooMany: a filter over more than the server looks at',
            client("/$dialect-few/v2")->get('/Users', query => { filter => 'title eq "x"' })],
        [409, 'uniqueness',    'uniqueness: a value that somebody has', $scim->put($path, { schemas => [$user], userName => 'TAKEN' })],
        [400, 'mutability',    'mutability: a change of what cannot be changed', $scim->patch($path, [{ op => 'remove', path => 'id' }])],
        [400, 'invalidSyntax', 'invalidSyntax: a message of another form', $scim->patch($path, { Operations => 1, schemas => [$op] })],
        [400, 'invalidPath',   'invalidPath: a path that is none', $scim->patch($path, [{ op => 'remove', path => 'emails[' }])],
        [400, 'noTarget',      'noTarget: a path that leads nowhere', $scim->patch($path, [{ op => 'replace', path => 'emails[type eq "x"].value', value => 'x' }])],
        [400, 'invalidValue',  'invalidValue: a required value that is missing', $scim->post('/Users', { schemas => [$user] })],
        [400, 'invalidValue',  'invalidValue: a value of another type', $scim->patch($path, [{ op => 'replace', path => 'active', value => 'x' }])],
    );
    for my $row (@rows) {
        my ($code, $type, $name, $r) = @$row;
        error_is($r, $code, $type, qr/^[A-Z\/].*\.$/, $name);
    }
    error_is(client('/bare/v2')->get('/Users'), 500, undef, qr/not configured completely.*error log says what is missing/,
        '500 says where to look further');
    like $server->error_log, qr/SCIM0001: .*put both into one <Location>/, '... and there is how to mend it';
    is_deeply $scim->get($path)->json, $ada, 'no error changed anything';
    like $scim->get("/Users/$nobody", Accept => $j)->header('Content-Type'), qr/^\Q$j\E$/, 'errors are in the format asked for';

    my $bulk = bulk([{ method => 'PATCH', path => $path, data => { schemas => [$op], Operations => [{ op => 'remove', path => 'id' }] } },
        { method => 'POST', path => '/Users', bulkId => 'x', data => { schemas => [$user] } },
        { method => 'POST', path => '/Users', bulkId => 'y', data => { schemas => [$user], userName => $ada->{userName} } }]);
    is_deeply [map { $_->{response}{scimType} } results($bulk)], [qw(mutability invalidValue uniqueness)],
        'operations of a bulk request have the same error types';
};

# ---- 3.13 ----------------------------------------------------------------------------------

subtest 'protocol versions' => sub {
    is client('/latest')->get('/Users')->code, 200, 'an endpoint without a version is that of SCIM 2';
    is_deeply client('/latest')->get('/ServiceProviderConfig')->json->{schemas}, ["$urn:ServiceProviderConfig"], 'it says so';
    my $scim = client('/strict/v2');
    is $scim->get('/Users')->code, 200, 'v2 stands before the endpoint of a resource type';
    is $scim->get($server->base_url . "/strict/$_/Users")->code, 404, "there is no $_ beside v2" for qw(v1 v3 v2.0 V2);
    error_is(client('/latest')->get("/$_/Users"), 404, undef, undef, "an endpoint without a version knows no $_")
        for qw(v1 v3);
    error_is($scim->get('/Users/v2'), 404, undef, undef, 'a version stands nowhere else');
};

done_testing;
