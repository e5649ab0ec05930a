# Bulk requests that are wrong, as a whole or in one operation: each gets the error that RFC 7644
# 3.7.3 and 3.12 name, which says what is wrong, and nothing of it is done.
use strict;
use warnings;

use JSON::PP ();
use Test::More;

use Scim::Client qw(true false null);
use Scim::Expect qw(status_is error_is endpoint untouched short);
use Scim::Server;

my $token = 'badbulk-0123456789ABCDEFabcdefghij';
my $urn   = 'urn:ietf:params:scim:api:messages:2.0:BulkRequest';
my $core  = 'urn:ietf:params:scim:schemas:core:2.0';
my $work  = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
my $patch = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
my $json  = JSON::PP->new->utf8->canonical->allow_nonref;

my $server = Scim::Server->start(config => join '',
    endpoint('/scim/v2', directory => 'plain', token => $token, extra => "ScimPasswords store\nScimPasswordCost 4\n"),
    endpoint('/strict/v2', directory => 'strict', token => $token, extra => "ScimDialect strict\n"),
    endpoint('/small/v2', directory => 'plain', token => $token,
        extra => "ScimMaxOperations 3\nScimMaxPayload 2000\n"));
my $scim   = $server->client($token);
my $strict = $server->client(path => '/strict/v2', token => $token);
my $small  = $server->client(path => '/small/v2', token => $token);
my $both   = [$scim, $strict];

sub person { my ($bulk_id, $name, %more) = @_; return { method => 'POST', path => '/Users', bulkId => $bulk_id,
    data => { schemas => ["$core:User"], userName => $name, %more } } }
sub team { my ($bulk_id, $name, @members) = @_; return { method => 'POST', path => '/Groups', bulkId => $bulk_id,
    data => { schemas => ["$core:Group"], displayName => $name, members => [map { { value => $_ } } @members] } } }
sub change { my ($path, @operations) = @_; return { method => 'PATCH', path => $path,
    data => { schemas => [$patch], Operations => \@operations } } }
sub deletion { my ($path, %more) = @_; return { method => 'DELETE', path => $path, %more } }

sub bulk
{
    my ($client, $operations, %more) = @_;
    return $client->post('/Bulk', { schemas => [$urn], Operations => $operations, %more });
}

# The responses to the operations, each like that to a request of its own.
sub results
{
    my ($r, $count, $what) = @_;
    my $done = status_is($r, 200, "$what: the request is answered")->json->{Operations} || [];
    is scalar @$done, $count, "$what: each operation, too";
    return map {
        my $answer = $_;
        my @extra = grep { !/^(?:location|method|bulkId|version|response|status)$/ } keys %$answer;
        is "@extra", '', "$what: no other members" if @extra;
        Scim::Response->new($answer->{status}, { 'content-type' => 'application/scim+json' },
            $answer->{response} ? $json->encode($answer->{response}) : '');
    } @$done;
}

my ($ada, $team, $strict_ada);
subtest 'who is there' => sub {
    my $done = status_is(bulk($scim, [person('a', 'ada', title => 'Countess', password => 'sesame'),
        team('t', 'Team', 'bulkId:a')]), 200, 'somebody in a group')->json->{Operations};
    ($ada, $team) = map { $_->{location} =~ m{/([^/]+)$} } @$done;
    ($strict_ada) = status_is(bulk($strict, [person('a', 'ada')]), 200, 'and in the strict directory')
        ->json->{Operations}[0]{location} =~ m{/([^/]+)$};
};

# ---- the request as a whole --------------------------------------------------------------------

my $fine = $json->encode(person('x', 'eve'));

untouched 'requests that are no bulk requests', $server, $both, sub {
    my @rows = (
        ['', 'invalidSyntax', qr/body is empty/],
        ['[]', 'invalidSyntax', qr/is an array; a JSON object is due/],
        ['{', 'invalidSyntax', qr/line 1/],
        ['{}', 'invalidSyntax', qr/'Operations' is missing; an array of one operation or more is due/],
        ['{"Operations":null}', 'invalidSyntax', qr/'Operations' is null;/],
        ['{"Operations":[]}', 'invalidSyntax', qr/'Operations' is an empty array;/],
        ['{"Operations":{}}', 'invalidSyntax', qr/'Operations' is an object;/],
        ['{"Operations":"x"}', 'invalidSyntax', qr/'Operations' is a string;/],
        ['{"Operations":7}', 'invalidSyntax', qr/'Operations' is a number;/],
        [qq({"Operations":$fine}), 'invalidSyntax', qr/'Operations' is an object;/],
        [qq({"Operations":[$fine],"operations":[$fine]}), 'invalidSyntax', qr/member 'operations' is given twice/],
        [qq({"Operations":[$fine],"Operations":[$fine]}), 'invalidSyntax', qr/line 1/],
        [qq({"Operations":[{"method":"POST","method":"DELETE","path":"/Users/$ada"}]}), 'invalidSyntax', qr/line 1/],
        [qq({"Operations":[{"method":"DELETE","path":"/Users/$ada\0"}]}), 'invalidSyntax', qr/NUL/],
        [qq({"Operations":[{"method":"DELETE","path":"/Users/$ada\\u0000"}]}), 'invalidSyntax', qr/line 1|NUL/],
        [qq({"Operations":[{"method":"DELETE","path":"/Users/$ada","bulkId":"\xff"}]}), 'invalidSyntax', qr/UTF-8/],
        [qq({"Operations":[{"method":"DELETE","path":"/Users/$ada","bulkId":"\\ud800"}]}), 'invalidSyntax', qr/line 1/],
        [qq({"Operations":[{"method":"DELETE","path":"/Users/$ada"},]}), 'invalidSyntax', qr/line 1/],
        [qq({"Operations":) . '[' x 1000 . $fine . ']' x 1000 . '}', 'invalidSyntax', qr/more than 32 levels/],
        [qq({"Operations":[{"method":"POST","path":"/Users","bulkId":"x","data":) . '{"a":' x 40 . '1' . '}' x 40 . '}]}',
            'invalidSyntax', qr/more than 32 levels/],
        (map { ["{\"failOnErrors\":$_->[0],\"Operations\":[$fine]}", 'invalidValue',
            qr/failOnErrors is $_->[1]; a whole number from 1 is due/] }
            ['0', q('0')], ['-1', q('-1')], ['1.5', 'a number'], ['"1"', 'a string'], ['true', 'a boolean'], ['[1]', 'an array'],
            ['{}', 'an object'], ['-9223372036854775808', q('-9223372036854775808')]),
        [$json->encode({ Operations => [person('a', 'eve'), person('a', 'mallory')] }), 'invalidValue',
            qr/Several operations have the bulkId 'a'/],
        [$json->encode({ Operations => [person('a', 'eve'), team('a', 'eve')] }), 'invalidValue', qr/bulkId 'a'/],
    );
    for my $i (0 .. $#rows) {
        my ($body, $type, $detail) = @{ $rows[$i] };
        error_is($scim->post('/Bulk', $body), 400, $type, $detail, "body $i: " . short($body));
    }
    for my $schemas (undef, [], ["$core:User"], 'x', [7], {}, [$patch]) {
        my %body = (Operations => [deletion("/Users/$strict_ada")], schemas => $schemas);
        delete $body{schemas} unless defined $schemas;
        error_is($strict->post('/Bulk', \%body), 400, 'invalidSyntax', qr/must have \Q$urn\E/,
            'strict: schemas ' . (defined $schemas ? $json->encode($schemas) : 'missing'));
    }
    error_is($scim->post('/Bulk', qq({"Operations":[$fine]}), 'Content-Type' => 'text/plain'), 415, undef,
        qr/scim\+json/, 'another media type');
    for my $method (qw(GET PUT PATCH DELETE)) {
        my $r = $scim->request($method, '/Bulk', $method =~ /^P/ ? qq({"Operations":[$fine]}) : undef);
        error_is($r, 405, undef, qr/$method is not allowed/, $method);
        is $r->header('Allow'), 'POST, OPTIONS', "$method: Allow";
    }
    error_is($scim->post("/Bulk/$_", qq({"Operations":[$fine]})), 404, undef, qr/nothing under/, "/Bulk/$_") for 'x', '.search';
};

untouched 'more than fits', $server, [$scim], sub {
    error_is(bulk($small, [map { person("p$_", "p$_") } 1 .. 4]), 413, undef,
        qr/4 operations, which exceeds maxOperations \(3\)/, 'one operation more');
    error_is(bulk($scim, [map { deletion("/Users/$ada") } 1 .. 1001]), 413, undef,
        qr/1001 operations, which exceeds maxOperations \(1000\)/, 'one more than the default');
    my $body = $json->encode({ schemas => [$urn], Operations => [person('x', 'eve', title => 'x' x 2000)] });
    error_is($small->post('/Bulk', $body), 413, undef, qr/2000 bytes/, 'bytes');
    my @pieces = $body =~ /(.{1,100})/gs;
    error_is($small->post('/Bulk', sub { shift @pieces }), 413, undef, qr/2000 bytes/, 'bytes in chunks');
    my $r = $small->raw("POST /small/v2/Bulk HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer $token\r\n"
        . "Content-Type: application/scim+json\r\nContent-Length: 100000\r\nExpect: 100-continue\r\n\r\n");
    error_is($r, 413, undef, qr/2000 bytes/, 'refused before it is sent');
    is_deeply [$r->interim], [], 'and not asked for';
};

# ---- single operations ---------------------------------------------------------------------------

my ($her, $them) = ("/Users/$ada", "/Groups/$team");
my $nobody = '0190b0e0-0000-7000-8000-000000000000';
my @wrong = (
    # operation => status, scimType, detail
    (map { [$_->[0], 400, 'invalidSyntax', qr/The operation is $_->[1]; an object is due/] }
        [7, 'a number'], ['x', 'a string'], [null, 'null'], [true, 'a boolean'], [[], 'an array'], [[{}], 'an array']),
    [{}, 400, 'invalidValue', qr/has no 'method'/],
    [{ method => null }, 400, 'invalidValue', qr/has no 'method'/],
    [{ method => '' }, 400, 'invalidValue', qr/method is ''/],
    (map { [{ method => $_, path => '/Users', bulkId => 'x' }, 400, 'invalidValue',
        qr/method is '\Q$_\E'; POST, PUT, PATCH and DELETE are possible/] }
        qw(GET HEAD OPTIONS BREW MOVE), ' POST', 'POST ', 'POST,PUT', '*'),
    (map { [{ method => $_->[0], path => '/Users', bulkId => 'x' }, 400, 'invalidSyntax',
        qr/'method' is $_->[1]; a string is due/] } [7, 'a number'], [['POST'], 'an array'], [{ x => 1 }, 'an object'], [false, 'a boolean']),
    # bulkId
    [{ method => 'POST', path => '/Users', data => {} }, 400, 'invalidValue', qr/no 'bulkId', which is required for POST/],
    [{ method => 'POST', path => '/Users', bulkId => '', data => {} }, 400, 'invalidValue', qr/no 'bulkId'/],
    [{ method => 'POST', path => '/Users', bulkId => null, data => {} }, 400, 'invalidValue', qr/no 'bulkId'/],
    [{ method => 'POST', path => '/Users', bulkId => 7, data => {} }, 400, 'invalidSyntax', qr/'bulkId' is a number; a string/],
    [{ method => 'DELETE', path => $her, bulkId => ['x'] }, 400, 'invalidSyntax', qr/'bulkId' is an array; a string/],
    # path
    [{ method => 'DELETE' }, 400, 'invalidValue', qr/has no 'path'/],
    [{ method => 'DELETE', path => null }, 400, 'invalidValue', qr/has no 'path'/],
    [{ method => 'DELETE', path => 7 }, 400, 'invalidSyntax', qr/'path' is a number; a string/],
    [{ method => 'DELETE', path => [$her] }, 400, 'invalidSyntax', qr/'path' is an array; a string/],
    (map { [{ method => 'DELETE', path => $_ }, 404, undef, qr/nothing under the path/] }
        '', '/', '//', '/Nothing/x', '/users/x', '/Users?x=y', "/Users%2f$nobody", "//Users/$nobody", '/Me', '/Me/x', '/Schemas/x',
        '/ServiceProviderConfig', '/ResourceTypes/User', '/.search', "http://127.0.0.1/scim/v2/Users/$nobody",
        "/scim/v2/Users/$nobody", "../Users/$nobody", "/\x{202e}Users/x", "/Us\ners/x", '/' . 'x' x 5000),
    (map { [{ method => 'DELETE', path => "/Users/$_" }, 404, undef, qr/no User with the id '/] }
        'x', $nobody, "$nobody/x", "$nobody/", "$nobody?x=y", '../Groups', '.search', '*', ' ', "$nobody ", "'--", 'x' x 5000),
    [{ method => 'PUT', path => "/Users/$nobody", data => { userName => 'eve' } }, 404, undef, qr/no User with the id/],
    [change("/Groups/$nobody", { op => 'replace', path => 'displayName', value => 'x' }), 404, undef, qr/no Group with the id/],
    [deletion("/Groups/$ada"), 404, undef, qr/no Group with the id/],
    [deletion("/Users/$team"), 404, undef, qr/no User with the id/],
    (map { [{ method => $_, path => '/Users', data => { userName => 'eve' } }, 400, 'invalidValue',
        qr/path needs the id of a resource behind \/Users/] } qw(PUT PATCH DELETE)),
    [{ method => 'DELETE', path => '/Users/' }, 400, 'invalidValue', qr/path needs the id/],
    [{ method => 'POST', path => $her, bulkId => 'x', data => { userName => 'eve' } }, 400, 'invalidValue',
        qr/path of a POST is that of a resource type, without an id/],
    [{ method => 'POST', path => '/Bulk', bulkId => 'x', data => { schemas => [$urn], Operations => [deletion($her)] } },
        404, undef, qr/nothing under the path '\/Bulk'/],
    [{ method => 'POST', path => '/Users/.search', bulkId => 'x', data => {} }, 404, undef, qr/no User with the id '\.search'/],
    [{ method => 'DELETE', path => "/Users/$nobody", Path => $her }, 400, 'invalidSyntax', qr/is given twice/],
    # data
    (map { my $method = $_; map { [{ method => $method, path => $method eq 'POST' ? '/Users' : $her, bulkId => 'x', @$_ }, 400,
        'invalidValue', qr/no 'data', which is required for $method/] } [], [data => null] } qw(POST PUT PATCH)),
    (map { my $method = $_; map { [{ method => $method, path => $method eq 'POST' ? '/Users' : $her, bulkId => 'x',
        data => $_->[0] }, 400, 'invalidSyntax', qr/'data' is $_->[1]; an object is due/] }
        [7, 'a number'], ['x', 'a string'], [true, 'a boolean'] } qw(POST PUT PATCH)),
    (map { [{ method => $_, path => $_ eq 'POST' ? '/Users' : $her, bulkId => 'x', data => [{ userName => 'eve' }] }, 400,
        'invalidSyntax', qr/'data' is an array/] } qw(POST PUT)),
    [person('x', ''), 400, 'invalidValue', qr/userName is required/],
    [person('x', 'ADA'), 409, 'uniqueness', qr/'ADA' is taken/],
    [team('x', 'team'), 409, 'uniqueness', qr/'team' is taken/],
    [person('x', 'eve', name => 'Eve'), 400, 'invalidValue', qr/name has to be/],
    [person('x', 'eve', emails => [{ value => [] , type => ['x'] }]), 400, 'invalidValue', qr/emails\./],
    [{ method => 'PUT', path => $her, data => {} }, 400, 'invalidValue', qr/userName is required/],
    [{ method => 'PATCH', path => $her, data => {} }, 400, 'invalidSyntax', qr/Operations is missing/],
    [change($her, { op => 'move', path => 'title', value => 'x' }), 400, 'invalidSyntax', qr/Operation 1: The op is 'move'/],
    [change($her, { op => 'replace', path => 'emails[', value => 'x' }), 400, 'invalidPath', qr/Operation 1: /],
    [change($her, { op => 'replace', path => 'id', value => 'x' }), 400, 'mutability', qr/Operation 1: .*read-only/],
    [change($her, { op => 'replace', path => 'emails[type eq "x"].value', value => 'x' }), 400, 'noTarget', qr/Operation 1: /],
    [change($her, { op => 'replace', path => 'title', value => 'x' }, { op => 'remove' }), 400, 'noTarget', qr/Operation 2: /],
    [change($them, { op => 'add', path => 'members', value => [{ value => $team }] }), 400, 'invalidValue', qr/itself/],
    # passwords
    [person('x', 'eve', password => 'secret' x 20), 400, 'invalidValue', qr/password is longer than 72 bytes/],
    [person('x', 'eve', password => ['secret']), 400, 'invalidValue', qr/password has to be/],
    [change($her, { op => 'replace', path => 'password', value => 'secret' x 20 }), 400, 'invalidValue', qr/longer than 72 bytes/],
    # version
    [deletion($her, version => 7), 400, 'invalidSyntax', qr/'version' is a number; a string/],
    [deletion($her, version => ['W/"1"']), 400, 'invalidSyntax', qr/'version' is an array/],
    (map { [deletion($her, version => $_), 400, 'invalidSyntax', qr/version/] } '"1', 'W/', '"1" "2"', '*, "1"',
        join(', ', map { "\"$_\"" } 1 .. 65)),
    (map { [deletion($her, version => $_), 412, undef, qr/has the version W\/"1"/] } 'W/"2"', 'W/"0"', '"x"', 'W/"99999999999999999999"'),
    [{ %{ change($her, { op => 'replace', path => 'title', value => 'x' }) }, version => 'W/"7"' }, 412, undef, qr/has the version/],
    [{ method => 'PUT', path => $her, version => 'W/"7"', data => { userName => 'eve' } }, 412, undef, qr/has the version/],
    # references
    [team('x', 'x', 'bulkId:nobody'), 400, 'invalidValue', qr/data refers to the bulkId 'nobody', which no POST operation/],
    [team('x', 'x', 'bulkId:'), 400, 'invalidValue', qr/bulkId ''/],
    [person('x', 'bulkId:nobody'), 400, 'invalidValue', qr/bulkId 'nobody'/],
    [person('x', 'eve', $work => { manager => { value => "bulkId:nobody\x{202e}" } }), 400, 'invalidValue', qr/bulkId 'nobody/],
    [person('x', 'eve', unknown => [[{ deep => 'bulkId:nobody' }]]), 400, 'invalidValue', qr/bulkId 'nobody'/],
    [change($them, { op => 'add', path => 'members', value => [{ value => 'bulkId:nobody' }] }), 400, 'invalidValue', qr/bulkId 'nobody'/],
    [deletion('/Users/bulkId:nobody'), 400, 'invalidValue', qr/path refers to the bulkId 'nobody', which no POST operation to \/Users has/],
    [deletion('/Users/bulkId:'), 400, 'invalidValue', qr/bulkId ''/],
    [team('x', 'x', 'bulkId:x'), 400, 'invalidValue', qr/itself/],
);


untouched 'operations that are wrong', $server, [$scim], sub {
    for my $i (0 .. $#wrong) {
        my ($operation, $status, $type, $detail) = @{ $wrong[$i] };
        my $what = "operation $i: " . short($json->encode($operation));
        my ($answer) = results(bulk($scim, [$operation]), 1, $what);
        error_is($answer, $status, $type, $detail, $what);
    }
    my @operations = grep { !defined $_->{bulkId} || ref $_->{bulkId} }
        map { ref $_->[0] eq 'HASH' ? $_->[0] : () } @wrong;
    my @answers = results(bulk($scim, [@operations, deletion("/Users/$nobody")]), @operations + 1, 'all that are known by their place');
    is scalar(grep { $_->code < 400 } @answers), 0, 'none of them is done';
};

subtest 'a wrong one does not keep others from being done' => sub {
    my @answers = results(bulk($scim, [person('a', 'guest'), 7, team('b', 'Guests', 'bulkId:a'), person('c', 'guest'),
        deletion('/Groups/bulkId:b'), deletion('/Users/bulkId:a')]), 6, 'six');
    is join(' ', map { $_->code } @answers), '201 400 201 409 204 204', 'each has its own answer';
    error_is($answers[1], 400, 'invalidSyntax', qr/is a number/, 'the second');
    error_is($answers[3], 409, 'uniqueness', qr/'guest' is taken/, 'the fourth');
};

untouched 'what only the strict refuse', $server, $both, sub {
    my @rows = (
        [{ %{ person('x', 'eve') }, method => 'post' }, 400, 'invalidValue', qr/method is 'post'/],
        [{ method => 'Delete', path => "/Users/$strict_ada" }, 400, 'invalidValue', qr/method is 'Delete'/],
        [{ method => 'PATCH', path => "/Users/$strict_ada", data => [{ op => 'replace', path => 'title', value => 'x' }] },
            400, 'invalidSyntax', qr/'data' is an array; an object is due/],
        [{ method => 'POST', path => '/Users', bulkId => 'x', data => { userName => 'eve' } }, 400, 'invalidSyntax', qr/schemas' is missing/],
        [{ method => 'POST', path => '/Groups', bulkId => 'x', data => { schemas => ["$core:Group"], displayName => 'x',
            members => [{ value => $nobody }] } }, 400, 'invalidValue', qr/No user or group has the id '$nobody'/],
        [{ method => 'POST', path => '/Bulk', bulkId => 'x', data => {} }, 404, undef, qr/nothing under/],
    );
    for my $row (@rows) {
        my ($operation, $status, $type, $detail) = @$row;
        my $what = short($json->encode($operation));
        error_is((results(bulk($strict, [$operation]), 1, $what))[0], $status, $type, $detail, $what);
    }
};

# ---- passwords, also alone ---------------------------------------------------------------------------

untouched 'passwords', $server, [$scim], sub {
    my @rows = (
        ['x' x 73, 'invalidValue', qr/password is longer than 72 bytes/], ["\x{e4}" x 37, 'invalidValue', qr/longer than 72 bytes/],
        ["\x{fdfa}" x 70, 'invalidValue', qr/longer than 72 bytes/], ['x' x 500_000, 'invalidValue', qr/longer than 72 bytes/],
        ["sesame\0", 'invalidSyntax', qr/NUL|line 1/], [['sesame'], 'invalidValue', qr/password has to be/],
        [{ value => ['sesame'] }, 'invalidValue', qr/password has to be/], [{ a => 'sesame' }, 'invalidValue', qr/password has to be/],
        [['sesame', 'open'], 'invalidValue', qr/password has to be/],
    );
    for my $i (0 .. $#rows) {
        my ($password, $type, $detail) = @{ $rows[$i] };
        my $what = "$i: " . short($json->encode($password));
        my %body = (schemas => ["$core:User"], userName => 'eve', password => $password);
        my @answers = (error_is($scim->post('/Users', \%body), 400, $type, $detail, "POST $what"),
            error_is($scim->put($her, { %body, userName => 'ada' }), 400, $type, $detail, "PUT $what"),
            error_is($scim->patch($her, [{ op => 'replace', path => 'password', value => $password }]), 400, $type, $detail, "PATCH $what"),
            error_is($scim->patch($her, [{ op => 'add', value => { password => $password } }]), 400, $type, $detail, "PATCH without a path $what"));
        is scalar(grep { $_->text =~ /sesame|xxxx/ } @answers), 0, "it is not repeated: $what";
    }
    error_is($scim->get('/Users', query => { filter => "password eq \"$_\"" }), 400, 'invalidFilter', qr/password cannot be used/, 'a filter for ' . short($_))
        for 'sesame', 'x' x 100;
    error_is($scim->patch($her, [{ op => 'replace', path => 'password[value eq "sesame"]', value => 'x' }]), 400, 'invalidPath', undef, 'a path with a filter');
    error_is($strict->patch("/Users/$strict_ada", [{ op => 'replace', path => 'password.value', value => 'x' }]), 400, 'invalidPath', undef, 'a path behind it');
    status_is($scim->patch($her, [{ op => 'replace', path => 'password.value', value => 'x' }]), 200, 'which the lenient leave out');
};

# ---- references ------------------------------------------------------------------------------------

# A bulk request that comes to nothing at all.
sub nothing
{
    my ($what, $operations, @expected) = @_;
    my @answers = results(bulk($scim, $operations), scalar @expected, $what);

    for my $i (0 .. $#expected) {
        my ($status, $type, $detail) = @{ $expected[$i] };
        error_is($answers[$i], $status, $type, $detail, "$what: operation " . ($i + 1));
    }
}

my $broken = { method => 'POST', path => '/Users', bulkId => 'bad', data => { title => 'x' } };
my @bad    = (400, 'invalidValue', qr/userName is required/);
sub failed { my ($id) = @_; return [409, undef, qr/refers to the bulkId '$id', whose operation failed/] }
sub apart  { my ($id) = @_; return [409, undef, qr/that with the bulkId '$id' refer to each other, and that one failed/] }

untouched 'references to what fails', $server, [$scim], sub {
    nothing('a member', [$broken, team('t', 'x', 'bulkId:bad')], [@bad], failed('bad'));
    nothing('one that comes later', [team('t', 'x', 'bulkId:bad'), $broken], failed('bad'), [@bad]);
    nothing('a chain', [$broken, team('a', 'a', 'bulkId:bad'), team('b', 'b', 'bulkId:a'), team('c', 'c', $ada, 'bulkId:b')],
        [@bad], failed('bad'), failed('a'), failed('b'));
    nothing('a chain from its end', [team('c', 'c', 'bulkId:b'), team('b', 'b', 'bulkId:a'), team('a', 'a', 'bulkId:bad'), $broken],
        failed('b'), failed('a'), failed('bad'), [@bad]);
    nothing('a change', [$broken, change($them, { op => 'add', path => 'members', value => [{ value => 'bulkId:bad' }] })],
        [@bad], failed('bad'));
    nothing('a path', [$broken, deletion('/Users/bulkId:bad'), change('/Users/bulkId:bad', { op => 'remove', path => 'title' })],
        [@bad], failed('bad'), failed('bad'));
    nothing('a path of another type', [$broken, deletion('/Groups/bulkId:bad')], [@bad],
        [400, 'invalidValue', qr/bulkId 'bad', which no POST operation to \/Groups has/]);
    nothing('the bulkId of another method', [{ %{ deletion("/Users/$nobody") }, bulkId => 'del' }, team('t', 'x', 'bulkId:del')],
        [404, undef, qr/no User/], [400, 'invalidValue', qr/bulkId 'del', which no POST operation/]);
    nothing('in another case', [{ %$broken, bulkId => 'BAD' }, team('t', 'x', 'bulkId:bad')],
        [@bad], [400, 'invalidValue', qr/bulkId 'bad', which no POST/]);
};

untouched 'circles that cannot be', $server, [$scim], sub {
    my @three = (team('a', 'a', 'bulkId:b'), team('b', 'b', 'bulkId:c'));
    nothing('three', [@three, team('c', 'team', 'bulkId:a')], apart('c'), apart('c'), [409, 'uniqueness', qr/'team' is taken/]);
    nothing('three with one outside that fails', [@three, team('c', 'c', 'bulkId:a', 'bulkId:bad'), $broken],
        apart('c'), apart('c'), failed('bad'), [@bad]);
    nothing('and one that hangs on it', [@three, team('c', 'team', 'bulkId:a'), team('d', 'd', 'bulkId:a')],
        apart('c'), apart('c'), [409, 'uniqueness', undef], failed('a'));
    nothing('of managers', [map { my $next = $_ % 3 + 1; person("p$_", $_ == 2 ? '' : "p$_", $work => { manager => { value => "bulkId:p$next" } }) } 1 .. 3],
        apart('p2'), [400, 'invalidValue', qr/userName is required/], apart('p2'));
    nothing('oneself', [team('a', 'a', $ada, 'bulkId:a')], [400, 'invalidValue', qr/itself/]);
    nothing('a required value', [person('a', 'bulkId:a')], [400, 'invalidValue', qr/userName is required/]);
    nothing('two, each the name of the other', [person('a', 'bulkId:b'), person('b', 'bulkId:a')],
        [400, 'invalidValue', qr/userName is required/], apart('a'));
    my @long = map { my $next = ($_ + 1) % 200; team("c$_", $_ == 199 ? 'TEAM' : "c$_", "bulkId:c$next") } 0 .. 199;
    nothing('two hundred', \@long, (map { apart('c199') } 0 .. 198), [409, 'uniqueness', qr/'TEAM' is taken/]);
};

# ---- failOnErrors ------------------------------------------------------------------------------------

untouched 'failOnErrors', $server, [$scim], sub {
    my $missing = deletion("/Users/$nobody");
    for my $case ([1, 1], [2, 2], [4, 4], [5, 4], [9223372036854775807, 4]) {
        my ($limit, $count) = @$case;
        my @answers = results(bulk($scim, [($missing) x 4], failOnErrors => $limit), $count, "failOnErrors $limit");
        is scalar(grep { $_->code == 404 } @answers), $count, "after $limit errors nothing is done any more";
    }
    results(bulk($scim, [$missing, deletion($her), deletion($them), person('x', 'eve')], failOnErrors => 1), 1, 'what is behind the error');
    results(bulk($scim, [team('b', 'b', 'bulkId:bad'), deletion($her), $broken], failOnErrors => 1), 1, 'what fails first is done first');
    my $r = $scim->post('/Bulk', { schemas => [$urn], failOnErrors => null, Operations => [$missing, $missing] });
    results($r, 2, 'null is no limit');
};

# ---- afterwards ------------------------------------------------------------------------------------

subtest 'afterwards' => sub {
    is $server->stop, 0, 'the server stops as it should';
    my $log = $server->error_log;
    unlike $log, qr/exit signal|Assertion|AddressSanitizer|runtime error/, 'nothing crashed';
    unlike $log, qr/\Q$token\E|sesame|secret/, 'the log has neither token nor password';
    unlike $log, qr/[^\n\t -~]/, 'and only printable characters';
};

done_testing;
