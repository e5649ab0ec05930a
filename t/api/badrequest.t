# What a client asks wrongly - filters and other parameters, paths, methods, headers, tokens, framing -
# gets one clean error, stores nothing, and neither crashes the server nor puts a token into its log.
use strict;
use warnings;

use Test::More;

use Scim::Client;
use Scim::Expect qw(status_is error_is error_problem endpoint total harmless short);
use Scim::Server;

my %token = map { $_ => "badrequest-$_-0123456789ABCDEFabcdef" } qw(full reader other expired);
my $user  = 'urn:ietf:params:scim:schemas:core:2.0:User';

my $config = join '',
    endpoint('/scim/v2', directory => 'plain', tokens => [
        $token{full},
        ['reader', $token{reader}, 'scope=read'],
        ['former', $token{expired}, 'expires=2020-01-01T00:00:00Z'],
    ]),
    endpoint('/other/v2', directory => 'other', token => $token{other}),
    endpoint('/strict/v2', directory => 'strict', token => $token{full}, extra => "ScimDialect strict\n");

my $server = Scim::Server->start(config => $config);
my $scim   = $server->client($token{full});
my $strict = $server->client(path => '/strict/v2', token => $token{full});

# Somebody whom nothing of this must change.
my %ada = (schemas => [$user], userName => 'ada', title => 'Countess');
my $ada = status_is($scim->post('/Users', \%ada), 201, 'somebody is there')->json;
my $id  = $ada->{id};

# ---- filters and other parameters -------------------------------------------------------------

my $place = qr/character \d+/;
my @filters = (
    ['userName regex "a"',      qr/'regex' is not supported.*$place/],
    ['userName = "a"',          qr/'=' is not supported.*$place/],
    ['userName == "a"',         $place],
    ['userName eq',             qr/the end.*$place/],
    ['userName',                qr/operator.*$place/],
    ['eq "a"',                  $place],
    ['"a" eq userName',         $place],
    ['userName eq a',           $place],
    [q(userName eq 'a'),        $place],
    ['userName eq "a',          qr/no closing quote.*$place/],
    ['userName eq "a" "b"',     $place],
    ['userName eq "a" and',     qr/the end.*$place/],
    ['and userName eq "a"',     $place],
    ['userName eq "a" xor userName eq "b"', $place],
    ['userName eq "\x41"',      qr/escape.*$place/],
    ['userName eq "\ud800"',    qr/surrogate.*$place/],
    ['userName eq "\u0000"',    qr/U\+0000.*$place/],
    ["userName eq \"a\nb\"",    qr/control character.*$place/],
    ['(userName eq "a"',        $place],
    ['userName eq "a")',        $place],
    ['((userName eq "a")',      $place],
    ['()',                      $place],
    [')(',                      $place],
    ['not',                     $place],
    ['not ()',                  $place],
    ['emails[type eq "work"',   $place],
    ['emails type eq "work"]',  $place],
    ['emails[type eq "work"]]', $place],
    ['emails[]',                $place],
    ['emails[type eq "work") and (value pr]', $place],
    ['emails[emails[type eq "work"]]', $place],
    ['nothing eq "a"',          qr/'?nothing'?.*$place/],
    ['name.nothing eq "a"',     $place],
    ['title.value eq "a"',      $place],
    ['urn:example:none:title eq "a"', $place],
    ['name eq "a"',             $place],
    ['active gt true',          qr/'gt'.*active.*$place/],
    ['active co "t"',           qr/'co'.*active.*$place/],
    ['active eq "perhaps"',     $place],
    ['meta.created gt "yesterday"', $place],
    ['meta.created co "2011"',  $place],
    ['userName gt null',        qr/null.*$place/],
    ['password eq "secret"',    qr/password cannot be used.*$place/],
    ['password sw "s"',         qr/password cannot be used.*$place/],
    ['userName eq "a" or password pr', qr/password cannot be used.*$place/],
    ["userName\x{202e} eq \"a\"", $place],
    ["\x{202e}",                $place],
    ['userName eq "a"; DROP TABLE scim_resources', $place],
    ['userName eq "a" --',      $place],
    [q(userName eq "a" or 1=1), $place],
    ['*',                       $place],
    ['userName eq %s%n',        $place],
    ['(' x 100 . 'userName pr' . ')' x 100, qr/32 levels.*$place/],
    ['not (' x 40 . 'userName pr' . ')' x 40, qr/32 levels.*$place/],
    [join(' or ', ('title pr') x 300),      qr/more than 256 comparisons.*$place/],
);

harmless 'filters', [$scim, $strict], sub {
    for my $case (@filters) {
        my ($filter, $detail) = @$case;
        error_is($scim->get('/Users', query => { filter => $filter }), 400, 'invalidFilter', $detail,
            short($filter));
    }
    error_is($scim->get('/Users', query => { filter => $_ }), 400, 'invalidFilter',
        qr/filter is empty/, 'an empty one') for '', '  ';
    error_is($scim->get('/Schemas', query => { filter => 'id eq "x"' }), 403, undef, qr/filtered/,
        'of discovery documents');
};

harmless 'parameters', [$scim, $strict], sub {
    my @cases = (
        ['count=ten',                    'invalidValue', qr/count is 'ten'/],
        ['count=',                       'invalidValue', qr/count is ''/],
        ['count=1.5',                    'invalidValue', qr/count/],
        ['count=1e3',                    'invalidValue', qr/count/],
        ['count=0x10',                   'invalidValue', qr/count/],
        ['count=1%002',                  'invalidValue', qr/count.*NUL/],
        ['startIndex=first',             'invalidValue', qr/startIndex is 'first'/],
        ['startIndex=1;2',               'invalidValue', qr/startIndex/],
        ['startIndex=%F0%9F%98%80',      'invalidValue', qr/startIndex/],
        ['count=1&count=2',              'invalidValue', qr/count is given twice/],
        ['count=1&COUNT=1',              'invalidValue', qr/count is given twice/],
        ['startIndex=1&count=1&startIndex=1', 'invalidValue', qr/startIndex is given twice/],
        ['filter=title+pr&filter=title+pr', 'invalidValue', qr/filter is given twice/],
        ['attributes=title&attributes=name', 'invalidValue', qr/attributes is given twice/],
        ['attributes=title&excludedAttributes=name', 'invalidValue', qr/exclude each other/],
        ['attributes=ti%20tle',          'invalidPath',  qr/attributes|'ti tle'/],
        ['attributes=emails%5Btype%20eq%20%22work%22%5D', 'invalidPath', qr/filter in brackets/],
        ['attributes=%22',               'invalidPath',  undef],
        ['excludedAttributes=a..b',      'invalidPath',  undef],
        ['attributes=' . join(',', ('title') x 257), 'invalidValue', qr/more than 256/],
        ['filter=%zz',                   'invalidValue', qr/'filter'.*escape/],
        ['filter=userName%20eq%20%22a%2', 'invalidValue', qr/'filter'.*escape/],
        ['filter=userName+eq+%22%FF%22', 'invalidValue', qr/'filter'.*UTF-8/],
        ['filter=userName+eq+%22%C0%80%22', 'invalidValue', qr/'filter'.*UTF-8/],
        ['filter=userName+eq+%22%ED%A0%80%22', 'invalidValue', qr/'filter'.*UTF-8/],
        ['filter=userName+eq+%22a%00%22', 'invalidValue', qr/'filter'.*NUL/],
        [join('&', map { "p$_=1" } 1 .. 65), 'invalidValue', qr/more than 64 parameters/],
    );

    for my $case (@cases) {
        my ($query, $type, $detail) = @$case;
        error_is($scim->get("/Users?$query"), 400, $type, $detail, short($query));
    }
    error_is($scim->get("/Users/$id?attributes=title&excludedAttributes=name"), 400, 'invalidValue',
        qr/exclude each other/, 'of one person');
    error_is($scim->post('/Users?attributes=title&excludedAttributes=name', { userName => 'eve' }),
        400, 'invalidValue', qr/exclude each other/, 'of a create, before it creates');
    error_is($strict->get('/Users?count=1&&startIndex=1'), 400, 'invalidValue', qr/without a name/,
        'strict: an empty parameter');
    error_is($strict->get('/Users?other=%zz'), 400, 'invalidValue', qr/'other'.*escape/,
        'strict: a broken escape in an unknown one');

    error_is($scim->get("/Users?filter=userName+eq+%22\xff%22"), 400, 'invalidValue',
        qr/'filter'.*UTF-8/, 'raw bytes');
    status_is($scim->get("/Users?$_"), 200, "fine: $_")
        for 'count=-1', 'count=0', 'startIndex=0', 'startIndex=-5', 'count=99999999999999999999',
        'startIndex=99999999999999999999', 'count=%31', 'unknown=%zz', '&&count=1&';
};

# ---- what is too long for httpd itself --------------------------------------------------------

subtest 'lines that are too long' => sub {
    my $long = 'userName eq "' . 'x' x 100_000 . '"';
    my $id10k = 'x' x 10_240;

    # LimitRequestLine: httpd gives up before it knows which Location is meant
    my $r = $scim->get('/Users', query => { filter => $long });
    is $r->code, 414, 'a filter of 100 kB: httpd refuses the line';
    unlike $r->text, qr/xxxx/, 'and does not repeat it';
    is $scim->get("/Users/$id10k")->code, 414, 'an id of 10 kB: the same';
    my $raw = $scim->raw("GET /scim/v2/Users HTTP/1.1\r\nHost: x\r\nX: " . 'x' x 20_000 . "\r\n\r\n");
    is $raw->code, 400, 'a header of 20 kB: httpd refuses it';

    my $wide = Scim::Server->start(config => "LimitRequestLine 300000\nLimitRequestFieldSize 65536\n"
        . $config);
    my $there = $wide->client($token{full});
    error_is($there->get('/Users', query => { filter => $long }), 400, 'invalidFilter',
        qr/8192/, 'where httpd takes such lines, ours is the limit of filters');
    my $fits = 'userName eq "' . 'x' x (8192 - 14) . '"';
    is length $fits, 8192, 'a filter of just the limit';
    status_is($there->get('/Users', query => { filter => $fits }), 200, 'is answered');
    error_is($there->get('/Users', query => { filter => "$fits " }), 400, 'invalidFilter',
        qr/8192/, 'one more is not');
    error_is($there->get("/Users/$id10k"), 404, undef, qr/no User with the id 'x+\.\.\.'/,
        'an id of 10 kB');
    error_is($there->get("/$id10k"), 404, undef, qr/nothing under the path/, 'a path of 10 kB');
    error_is($there->get('/Users', query => { attributes => 'x' x 50_000 }), 400, 'invalidPath',
        undef, 'an attribute of 50 kB');
    error_is($there->get('/Users?filter=' . '%' x 200_000), 400, 'invalidValue', qr/escape/,
        'nothing but %');
    error_is($there->get('/Users', 'If-Match' => '"x", ' x 10_000), 400, 'invalidSyntax',
        qr/If-Match/, 'an If-Match of 50 kB');
    error_is($there->get('/Users', 'Authorization' => 'Bearer ' . 'x' x 60_000), 401, undef, undef,
        'a token of 60 kB');
    is total($there), 0, 'nothing was stored';
    like $wide->error_log, qr/resuming normal operations/, 'the log is there';
    unlike $wide->error_log, qr/xxxxx|\Q$token{full}\E/, 'and has nothing of this';
    is $wide->stop, 0, 'it stops as it should';
};

# ---- framing ----------------------------------------------------------------------------------

harmless 'bodies that are framed wrongly', [$scim, $strict], sub {
    my $head = "POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer $token{full}\r\n"
        . "Content-Type: application/json\r\n";
    my $chunked = $head . "Transfer-Encoding: chunked\r\n\r\n";
    my $eve = '{"userName":"eve"}';
    my $hex = sprintf '%x', length $eve;
    my @cases = (
        ['no hexadecimal digits',        "${chunked}zz\r\n$eve\r\n0\r\n\r\n"],
        ['a negative size',              "$chunked-5\r\n$eve\r\n0\r\n\r\n"],
        ['a size that is too large',     "${chunked}FFFFFFFFFFFFFFFFFF\r\n$eve\r\n0\r\n\r\n"],
        ['no line end behind a chunk',   "$chunked$hex\r\n${eve}0\r\n\r\n"],
        ['a chunk that breaks off',      "${chunked}ff\r\n$eve"],
        ['no last chunk',                "$chunked$hex\r\n$eve\r\n"],
        ['a body that breaks off',       "${head}Content-Length: 100\r\n\r\n$eve"],
        ['Content-Length: abc',          "${head}Content-Length: abc\r\n\r\n$eve"],
        ['Content-Length: -1',           "${head}Content-Length: -1\r\n\r\n$eve"],
        ['two lengths',                  "${head}Content-Length: 18\r\nContent-Length: 17\r\n\r\n$eve"],
        ['an unknown coding',            "${head}Transfer-Encoding: gzip\r\n\r\n$eve"],
        ['a length that is too short',   "${head}Content-Length: 5\r\nConnection: close\r\n\r\n$eve"],
        ['no body',                      "${head}\r\n"],
    );

    for my $case (@cases) {
        my ($what, $bytes) = @$case;
        my $r = $scim->raw($bytes, shut => 1);
        my $code = $what eq 'an unknown coding' ? qr/^(?:400|501)$/ : qr/^(?:400|413)$/;
        like $r->code, $code, $what;
        my $problem = error_problem($r, $r->code, $r->json->{scimType}, undef)
            if $r->text =~ /^\{/;
        ok !$problem, "$what: a clean message" or diag "$problem: " . $r->text;
    }
    my $r = $scim->raw("$chunked$hex;x=y\r\n$eve\r\n0\r\nX: y\r\n\r\n");
    status_is($r, 201, 'and chunks that are right, with extension and trailer');
    status_is($scim->delete('/Users/' . $r->json->{id}), 204, 'away again');
};

# ---- who calls --------------------------------------------------------------------------------

harmless 'tokens', [$scim, $strict], sub {
    my $anyone = $server->client(token => undef);
    my @none = (
        ['none',                 {}],
        ['in the query string',  {}, "?access_token=$token{full}"],
        ['in the query string again', {}, "?token=$token{full}&Authorization=Bearer%20$token{full}"],
        ['nothing behind Bearer', { Authorization => 'Bearer ' }],
        ['Basic',                { Authorization => 'Basic dGVzdGVyOnRlc3Rlcg==' }],
        ['bare',                 { Authorization => $token{full} }],
        ['another scheme',       { Authorization => "Token $token{full}" }],
        ['a scheme that only starts so', { Authorization => "Bearerx $token{full}" }],
        ['a cookie',             { Cookie => "access_token=$token{full}" }],
        ['another header',       { 'X-Authorization' => "Bearer $token{full}",
            'Proxy-Authorization' => "Bearer $token{full}" }],
    );
    my @wrong = (
        ['wrong',            'wrong-0123456789ABCDEFabcdef'],
        ['in other case',    uc $token{full}],
        ['cut off',          substr $token{full}, 0, -1],
        ['too long',         $token{full} . 'x'],
        ['with padding',     $token{full} . '=='],
        ['expired',          $token{expired}],
        ['of another endpoint', $token{other}],
        ['its label',        'tester'],
        ['quoted',           qq("$token{full}")],
        ['two',              "$token{full} $token{full}"],
        ['a list',           "$token{full}, Bearer $token{full}"],
        ['with text behind', "$token{full} x"],
        ['%s%n',             '%s%s%s%n%n'],
        ['long',             'x' x 8000],
    );

    for my $case (@none) {
        my ($what, $headers, $query) = (@$case, '');
        my $r = $anyone->get("/Users$query", %$headers);
        error_is($r, 401, undef, qr/bearer token/i, $what);
        like $r->header('WWW-Authenticate'), qr/^Bearer realm="[^"]*"$/, 'a challenge';
    }
    for my $case (@wrong) {
        my ($what, $token) = @$case;
        my $r = $anyone->get('/Users', Authorization => "Bearer $token");
        error_is($r, 401, undef, qr/token/, $what);
        like $r->header('WWW-Authenticate'), qr/^Bearer realm="[^"]*", error="invalid_token"$/,
            'a challenge';
        unlike $r->text, qr/\Q$token\E/, 'the token is not repeated' if length $token > 10;
    }
    my $r = $anyone->raw("GET /scim/v2/Users HTTP/1.1\r\nHost: x\r\n"
        . "Authorization: Bearer $token{full}\r\nAuthorization: Bearer $token{full}\r\n\r\n");
    error_is($r, 401, undef, undef, 'sent twice');
    $r = $anyone->raw("GET /scim/v2/Users HTTP/1.1\r\nHost: x\r\n"
        . "Authorization: Bearer \xff\xfe\r\n\r\n");
    error_is($r, 401, undef, undef, 'bytes that are no text');
    $r = $anyone->raw("GET /scim/v2/Users HTTP/1.1\r\nHost: x\r\n"
        . "Authorization: Bearer $token{full}\0\r\n\r\n");
    is $r->code, 400, 'a NUL in the header: httpd refuses it';
    $r = $anyone->post('/Users', "access_token=$token{full}",
        'Content-Type' => 'application/x-www-form-urlencoded');
    error_is($r, 401, undef, undef, 'in a form');
    error_is($anyone->post('/Users', { userName => 'eve' }), 401, undef, undef, 'POST');
    error_is($anyone->put("/Users/$id", { userName => 'eve' }), 401, undef, undef, 'PUT');
    error_is($anyone->patch("/Users/$id", [{ op => 'remove', path => 'title' }]), 401, undef, undef,
        'PATCH');
    error_is($anyone->delete("/Users/$id"), 401, undef, undef, 'DELETE');
    error_is($anyone->get($_), 401, undef, undef, $_)
        for '', '/nothing', '/Schemas', '/ServiceProviderConfig', '/ResourceTypes', '/Users/x/y';
    error_is($anyone->request(BREW => '/Users'), 401, undef, undef, 'a method nobody knows');

    my $reader = $server->client($token{reader});
    status_is($reader->get("/Users/$id"), 200, 'a reader reads');
    for my $r ($reader->post('/Users', { userName => 'eve' }), $reader->delete("/Users/$id"),
        $reader->put("/Users/$id", { userName => 'eve' }),
        $reader->patch("/Users/$id", [{ op => 'remove', path => 'title' }])) {
        error_is($r, 403, undef, qr/scope/, 'and does not write');
        like $r->header('WWW-Authenticate'), qr/error="insufficient_scope"/, 'a challenge';
    }
    $r = $scim->raw("POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
        . "Content-Type: application/json\r\nContent-Length: 18\r\n\r\n");
    error_is($r, 401, undef, undef, 'a body is not asked for before the token was seen');
    is_deeply [$r->interim], [], 'no 100 Continue';
};

# ---- where to ---------------------------------------------------------------------------------

harmless 'ids that are none', [$scim, $strict], sub {
    my @ids = ('x', '0', '-1', '*', uc $id, "{$id}", substr($id, 0, -1), "${id}0", $id =~ tr/-//dr,
        "urn:uuid:$id", '00000000-0000-0000-0000-000000000000', '../Users', '..', '%2e%2e',
        '%C0%AE%C0%AE', '%FF', '%0d%0aX:y', "x'%20OR%20'1'='1", "x';DROP%20TABLE%20scim_resources--",
        '%25s%25n', '%E2%80%AE', 'x' x 200, '.hidden', '~', 'con', "$id;v=1", "$id,", "$id%20",
        "%20$id", "$id.json");

    for my $bad (@ids) {
        next if $bad eq uc $id && $id !~ /[a-f]/;
        my $path = "/Users/$bad";
        for my $r ($scim->get($path), $scim->put($path, { userName => 'eve' }),
            $scim->patch($path, [{ op => 'remove', path => 'title' }]), $scim->delete($path)) {
            $r->code == 405 && $bad =~ /^(?:\.\.|%2e%2e|\.\.\/Users)$/
                ? error_is($r, 405, undef, qr/not allowed/, "$bad: leads to the list")
                : $r->code == 200 && $bad =~ m{^(?:\.\.|%2e%2e|\.\./Users)$}
                ? ok(!exists $r->json->{id}, "$bad: a list")
                : error_is($r, 404, undef, qr/no User with the id|nothing under/, short($bad));
        }
    }
    for my $httpds ('%00', 'x%00y', '%2F', "$id%2Fx", '%zz') {
        my $r = $scim->get("/Users/$httpds");
        like $r->code, qr/^(?:400|404)$/, "$httpds: httpd refuses it";
        unlike $r->text, qr/\Q$httpds\E/, 'without repeating it';
    }
    error_is($scim->get("/Users/$id/x"), 404, undef, qr/nothing under/, 'something below a person');
    status_is($scim->get("/Users/$id/"), 200, 'a slash at the end is none');
};

harmless 'routes and methods', [$scim, $strict], sub {
    error_is($scim->get($_), 404, undef, qr/nothing under|no .*called|nothing called/i, short($_))
        for '/nothing', '/users', '/Users/x/y/z', '/Schemas/nothing', '/ResourceTypes/x',
        '/ServiceProviderConfig/x', '/Users%20', '/v2/Users', "/Schemas/$user/x",
        '/%F0%9F%98%80', '/Use%72s%0d%0aSet-Cookie:x';
    isnt $scim->get($server->base_url . '/scim/v2x/Users')->code, 200, 'beside the endpoint';

    my @wrong = (
        [PUT => '/Users', 'GET, HEAD, POST, OPTIONS'], [PATCH => '/Users', 'GET, HEAD, POST, OPTIONS'],
        [DELETE => '/Users', 'GET, HEAD, POST, OPTIONS'],
        [POST => "/Users/$id", 'GET, HEAD, PUT, PATCH, DELETE, OPTIONS'],
        [POST => '/Schemas', 'GET, HEAD, OPTIONS'], [DELETE => "/Schemas/$user", 'GET, HEAD, OPTIONS'],
        [PUT => '/ServiceProviderConfig', 'GET, HEAD, OPTIONS'],
        [PATCH => '/ResourceTypes/User', 'GET, HEAD, OPTIONS'],
        [LOCK => '/Users', 'GET, HEAD, POST, OPTIONS'],
        [PROPFIND => "/Users/$id", 'GET, HEAD, PUT, PATCH, DELETE, OPTIONS'],
    );
    for my $case (@wrong) {
        my ($method, $path, $allow) = @$case;
        my $r = $scim->request($method, $path, $method eq 'DELETE' ? undef : '{"userName":"eve"}');
        error_is($r, 405, undef, qr/$method is not allowed/, "$method $path");
        is_deeply [sort split /, */, $r->header('Allow') // ''], [sort split /, /, $allow], 'Allow';
    }
    error_is($scim->request($_, '/Users'), 501, undef, qr/'$_' is unknown/, $_) for qw(BREW get);
    is $scim->head('/nothing')->code, 404, 'HEAD';
    is $scim->head("/Users/$id")->header('ETag'), $ada->{meta}{version}, 'HEAD of somebody';
};

harmless 'preconditions', [$scim, $strict], sub {
    my $title = [{ op => 'replace', path => 'title', value => 'x' }];

    for my $garbage ('"', '"1', 'W/', '1"', '*, "1"', '"1" "2"',
        join(', ', map { "\"$_\"" } 100 .. 164)) {
        for my $name (qw(If-Match If-None-Match)) {
            error_is($scim->patch("/Users/$id", $title, $name => $garbage), 400, 'invalidSyntax',
                qr/$name/, short("$name: $garbage"));
            error_is($scim->delete("/Users/$id", $name => $garbage), 400, 'invalidSyntax',
                qr/$name/, short("DELETE, $name: $garbage"));
        }
    }
    for my $other ('"0"', 'W/"2"', 'W/"x"', '"1x"', '"999999999999999999999"') {
        error_is($scim->patch("/Users/$id", $title, 'If-Match' => $other), 412, undef,
            qr/has the version/, "If-Match: $other");
        error_is($scim->put("/Users/$id", { %ada, title => 'x' }, 'If-Match' => $other), 412, undef,
            qr/has the version/, "PUT, If-Match: $other");
        error_is($scim->delete("/Users/$id", 'If-Match' => $other), 412, undef,
            qr/has the version/, "DELETE, If-Match: $other");
    }
    error_is($scim->delete("/Users/$id", 'If-None-Match' => '*'), 412, undef, undef,
        'DELETE, If-None-Match: *');
};

# ---- after all this ---------------------------------------------------------------------------

subtest 'afterwards' => sub {
    my $r = status_is($scim->post('/Users', { userName => 'last' }), 201, 'the server still serves');
    status_is($scim->delete('/Users/' . $r->json->{id}), 204, 'and deletes');
    is $server->stop, 0, 'it stops as it should';

    my $log = $server->error_log;
    unlike $log, qr/exit signal|Assertion|AddressSanitizer|runtime error/, 'nothing crashed';
    unlike $log, qr/\Q$token{$_}\E/i, "the log does not know the token '$_'" for sort keys %token;
    unlike $log, qr/wrong-0123456789|dGVzdGVy|Bearer x/, 'nor one that was wrong';
    unlike $log, qr/[^\n\t -~]/, 'and has only printable characters';
    my @lines = grep { !/^(?:\[|SCIM0040: )/ } split /\n/, $log;
    is_deeply \@lines, [], 'each line of it is the server\'s own';
};

done_testing;
