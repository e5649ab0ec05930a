# Queries that are wrong: cursors that were not given out for them, bodies of searches, what nothing
# can be sorted by or shown of, and /Me. Each gets one clean error that names it; nothing changes.
use strict;
use warnings;

use Digest::SHA qw(sha1_base64 sha256_hex);
use JSON::PP ();
use MIME::Base64 'encode_base64';
use Test::More;

use Scim::Client qw(true false null);
use Scim::Connection;
use Scim::Expect qw(status_is error_is error_problem endpoint untouched short);
use Scim::Server;

my %token = map { $_ => "badqueries-$_-0123456789ABCDEFabcdef" } qw(full other);
my $core  = 'urn:ietf:params:scim:schemas:core:2.0';
my $urn   = 'urn:ietf:params:scim:api:messages:2.0:SearchRequest';
my $json  = JSON::PP->new->utf8->canonical->allow_nonref;
my $clock = "$ENV{SCIM_SRCDIR}/t/fault/clock.so";

my $hash = sha256_hex($token{full});
my $me = <<"END";
<Location "/me/v2">
    SetHandler scim
    ScimDirectory plain
    ScimBearerToken tester sha256:$hash
    Require all granted
</Location>
<Location "/me/v2/Me">
    AuthType Basic
    AuthName "People"
    AuthBasicProvider file
    AuthUserFile "\@DIR\@/htpasswd"
    Require valid-user
    ScimMe write
</Location>
END
my $server = Scim::Server->start(
    env    => { LD_PRELOAD => $clock, SCIM_CLOCK_AHEAD => 0 },
    files  => { htpasswd => join '', map { "$_:{SHA}" . sha1_base64("pw-$_") . "=\n" } qw(p1 nobody) },
    config => "LimitRequestLine 70000\n" . join '',
        endpoint('/scim/v2', directory => 'plain', tokens => [$token{full}, ['other', $token{other}]]),
        endpoint('/again/v2', directory => 'plain', token => $token{full}),
        endpoint('/elsewhere/v2', directory => 'elsewhere', token => $token{full}),
        endpoint('/strict/v2', directory => 'strict', token => $token{full}, extra => "ScimDialect strict\n"), $me);
my $scim      = $server->client($token{full});
my $elsewhere = $server->client(path => '/elsewhere/v2', token => $token{full});
my $strict    = $server->client(path => '/strict/v2', token => $token{full});
my $all       = [$scim, $elsewhere, $strict];

my $id;
for my $client (@$all) {
    for my $n (1 .. 5) {
        my $r = status_is($client->post('/Users', { schemas => ["$core:User"], userName => "p$n", title => 'T' . $n % 2,
            emails => [{ value => "p$n\@example.com", type => 'work' }] }), 201, "p$n");
        $id //= $r->json->{id};
        status_is($client->post('/Groups', { schemas => ["$core:Group"], displayName => "g$n", members => [{ value => $r->json->{id} }] }), 201, "g$n");
    }
}

sub search { my ($client, $path, %body) = @_; return $client->post("$path/.search", { schemas => [$urn], %body }) }

# ---- cursors -----------------------------------------------------------------------------------

my %query = (count => 2, sortBy => 'title', filter => 'title pr');
my $none  = qr/none that was given out for this query/;

sub first { my ($client, $path, %more) = @_; return status_is($client->get($path, query => { %more, cursor => '' }), 200, "a first page of $path")->json->{nextCursor} }

untouched 'cursors that were damaged', $server, $all, sub {
    my $next = first($scim, '/Users', %query);
    my $fast = Scim::Connection->new($scim);
    my $path = '/Users?' . join '&', map { "$_=" . Scim::Client::escape($query{$_}) } sort keys %query;
    my $problem = sub {
        my ($cursor) = @_;
        return error_problem($fast->send(GET => "$path&cursor=" . Scim::Client::escape($cursor)), 400, 'invalidCursor', $none);
    };
    my (@cut, @flipped, $texts);
    for my $at (0 .. length($next) - 1) {
        for my $part (substr($next, 0, $at), substr($next, $at + 1)) {
            next if $part eq '';
            my $why = $problem->($part) or next;
            push @cut, "$at: $why";
        }
        for my $bit (0 .. 7) {
            my $other = $next;
            substr($other, $at, 1) = chr(ord(substr $next, $at, 1) ^ 1 << $bit);
            utf8::decode(my $text = $other) or next;    # what is no UTF-8 is refused as that
            next if $other =~ /\0/;
            my $why = $problem->($text) or next;
            push @flipped, "$at, bit $bit: $why";
        }
    }
    is "@cut[0 .. ($#cut < 3 ? $#cut : 3)]", '', 'cut anywhere, from either end';
    is "@flipped[0 .. ($#flipped < 3 ? $#flipped : 3)]", '', 'with any bit another';
    for my $cursor ("\x{e4}", "\x{1f600}", '%00', 'x' x 10_240, 'A' x 65_536, $next . '=' x 4, "$next ", lc $next, scalar reverse($next), '*', '"', "$next,$next") {
        my $why = $problem->($cursor);
        ok !$why, 'text ' . ++$texts . ': ' . short($cursor) or diag $why;
    }
    error_is($scim->get("/Users?cursor=$_->[0]&count=2"), 400, 'invalidValue', qr/'cursor'.*(?:escape|UTF-8|NUL)/, $_->[1])
        for ['%', 'a broken escape'], ['%FF', 'no UTF-8'], ["$next%00", 'a NUL'];
    error_is($scim->get("/Users?cursor=$next&cursor=$next"), 400, 'invalidValue', qr/cursor is given twice/, 'twice');
    error_is($scim->get('/Users', query => { %query, cursor => $_ }), 400, 'invalidCursor', $none, "the text of a cursor within: $_")
        for 'f9999999999999999:2', "f9999999999999999:2:$id:t1", encode_base64("f9999999999999999:2:$id", '');
};

untouched 'cursors of other queries', $server, $all, sub {
    my $next = first($scim, '/Users', %query);
    my $refused = sub {
        my ($what, $client, $path, %other) = @_;
        error_is($client->get($path, query => { %query, cursor => $next, %other }), 400, 'invalidCursor', $none, $what);
    };
    status_is($scim->get('/Users', query => { %query, cursor => $next }), 200, 'where it is from, it leads on');
    $refused->('groups', $scim, '/Groups', sortBy => 'displayName', filter => 'displayName pr');
    $refused->('all types', $scim, '/', sortBy => 'title', filter => 'title pr');
    $refused->('another directory', $elsewhere, '/Users');
    $refused->('a filter more', $scim, '/Users', filter => 'title pr and active eq true');
    $refused->('a filter of the same results', $scim, '/Users', filter => 'userName pr');
    $refused->('another order', $scim, '/Users', sortBy => 'userName');
    $refused->('the other way round', $scim, '/Users', sortOrder => 'descending');
    my $plain = first($scim, '/Users', count => 2);
    error_is($scim->get($_, query => { count => 2, cursor => $plain }), 400, 'invalidCursor', $none, "of users, for '$_'") for '/Groups', '/';
    error_is(search($scim, $_, count => 2, cursor => $plain), 400, 'invalidCursor', $none, "of users, by POST for '$_'") for '/Groups', '';
    error_is($scim->get('/Users', query => { count => 2, cursor => $plain, filter => 'title pr' }), 400, 'invalidCursor', $none, 'of all, for some');
    my $other = $server->client($token{other});
    status_is($other->get('/Users', query => { %query, cursor => $next }), 200, 'another client of the same directory may go on');
    status_is($server->client(path => '/again/v2', token => $token{full})->get('/Users', query => { %query, cursor => $next }), 200, 'at another address, too');
    is $scim->get('/Schemas', query => { cursor => 'x' })->code, 200, 'discovery has no pages';
};

untouched 'counts and cursors', $server, $all, sub {
    my $next = first($scim, '/Users', count => 2);
    for my $count (1, 3, 0, -1, 201, '99999999999999999999') {
        error_is($scim->get('/Users', query => { cursor => $next, count => $count }), 400, 'invalidCount', qr/another count/, "count $count");
    }
    for my $count ('two', '', '1.5', '0x2', '2;') {
        error_is($scim->get('/Users', query => { cursor => $next, count => $count }), 400, 'invalidCount', qr/count is '\Q$count\E'; an integer is due/, "count '$count'");
    }
    error_is($scim->get('/Users', query => { cursor => $next }), 400, 'invalidCount', qr/another count/, 'no count');
    error_is(search($scim, '/Users', cursor => $next, count => $_->[0]), 400, 'invalidCount', $_->[1], 'by POST: ' . $json->encode($_->[0]))
        for ['two', qr/count is 'two'/], [true, qr/count is a boolean; an integer is due/], [[2], qr/count is an array/], [3, qr/another count/], [2.5, qr/count is a number; an integer/];
    for my $start (1, 2, 0, -1) {
        error_is($scim->get('/Users', query => { cursor => $_, count => 2, startIndex => $start }), 400, 'invalidValue',
            qr/cursor and startIndex exclude each other/, ($_ ? 'a cursor' : 'a first page') . " and startIndex $start") for '', $next;
    }
    error_is(search($scim, '/Users', cursor => $_->[0], count => 2), 400, 'invalidValue', qr/cursor is $_->[1]; a string is due/, "a cursor that is $_->[1]")
        for [1, 'a number'], [true, 'a boolean'], [['x'], 'an array'], [{ x => 1 }, 'an object'];
    my $body = status_is($scim->get('/Users', query => { cursor => '', count => -1 }), 200, 'a negative count')->json;
    is_deeply [$body->{itemsPerPage}, $body->{totalResults}, $body->{nextCursor}], [0, 5, undef], 'is none, so that only the total is told';
};

untouched 'cursors that have expired', $server, $all, sub {
    my ($next, $plain) = (first($scim, '/Users', %query), first($scim, '/Users', count => 2));
    my $page = status_is($scim->get('/Users', query => { %query, cursor => $next }), 200, 'now')->json;
    my @cursors = ($next, $page->{previousCursor});
    $server->stop;
    $server->{env}{SCIM_CLOCK_AHEAD} = 3000;
    $server->again;
    status_is($scim->get('/Users', query => { %query, cursor => $_ }), 200, 'within the hour, after a restart: ' . short($_)) for @cursors;
    $server->stop;
    $server->{env}{SCIM_CLOCK_AHEAD} = 3601;
    $server->again;
    error_is($scim->get('/Users', query => { %query, cursor => $_ }), 400, 'expiredCursor', qr/more than 3600 seconds ago; an empty one/, 'after the hour: ' . short($_)) for @cursors;
    error_is(search($scim, '/Users', %query, cursor => $next), 400, 'expiredCursor', qr/more than 3600 seconds/, 'by POST');
    error_is($scim->get('/Users', query => { %query, count => 3, cursor => $next }), 400, 'expiredCursor', undef, 'with another count');
    error_is($scim->get('/Groups', query => { count => 2, cursor => $plain }), 400, 'invalidCursor', $none, 'of another query it is not told');
    status_is($scim->get('/Users', query => { %query, cursor => first($scim, '/Users', %query) }), 200, 'a new one is fine');
    is $scim->get('/ServiceProviderConfig')->json->{pagination}{cursorTimeout}, 3600, 'the hour is advertised';
};

# ---- searches ----------------------------------------------------------------------------------

untouched 'bodies of searches', $server, $all, sub {
    for my $path ('', '/Users', '/Groups') {
        my @rows = (
            ['', 'invalidSyntax', qr/body is empty/], ['[]', 'invalidSyntax', qr/is an array/], ['"x"', 'invalidSyntax', qr/is a string/],
            ['null', 'invalidSyntax', qr/is null/], ['{', 'invalidSyntax', qr/line 1/], ["{\"filter\":\"a\0\"}", 'invalidSyntax', qr/NUL/],
            ["{\"filter\":\"\xff\"}", 'invalidSyntax', qr/UTF-8/], ['{"count":1,"count":2}', 'invalidSyntax', qr/line 1/],
            ['{"count":1,"Count":2}', 'invalidSyntax', qr/member 'Count' is given twice/],
            ['{"x":' . '[' x 100 . ']' x 100 . '}', 'invalidSyntax', qr/more than 32 levels/],
            ['{"count":1e400}', 'invalidSyntax', qr/line 1/], ['{"count":99999999999999999999}', 'invalidSyntax', qr/line 1/],
            ['{"count":1.5}', 'invalidValue', qr/count is a number; an integer is due/],
            ['{"count":"ten"}', 'invalidValue', qr/count is 'ten'; an integer is due/],
            ['{"count":true}', 'invalidValue', qr/count is a boolean; an integer is due/],
            ['{"count":[1]}', 'invalidValue', qr/count is an array; an integer is due/],
            ['{"startIndex":"first"}', 'invalidValue', qr/startIndex is 'first'/], ['{"startIndex":{"x":1}}', 'invalidValue', qr/startIndex is an object/],
            ['{"filter":7}', 'invalidValue', qr/filter is a number; a string is due/], ['{"filter":["id pr"]}', 'invalidValue', qr/filter is an array/],
            ['{"filter":""}', 'invalidFilter', qr/filter is empty/], ['{"filter":"id"}', 'invalidFilter', qr/operator.*character \d+/],
            ['{"filter":"password eq \"x\""}', 'invalidFilter', qr/password|character/],
            ['{"filter":"id eq \"' . 'x' x 9000 . '\""}', 'invalidFilter', qr/8192/],
            ['{"filter":"' . '(' x 100 . 'id pr' . ')' x 100 . '"}', 'invalidFilter', qr/32 levels/],
            ['{"filter":"' . join(' or ', ('id pr') x 300) . '"}', 'invalidFilter', qr/256 comparisons/],
            ['{"sortBy":7}', 'invalidValue', qr/sortBy is a number; a string is due/], ['{"sortBy":["id"]}', 'invalidValue', qr/sortBy is an array/],
            ['{"sortBy":"nothing"}', 'invalidValue', qr/sortBy is 'nothing': .*no attribute/],
            ['{"sortBy":"meta"}', 'invalidValue', qr/sortBy is 'meta': .*complex/],
            ['{"sortBy":"id","sortOrder":"up"}', 'invalidValue', qr/sortOrder is 'up'; allowed are ascending and descending/],
            ['{"sortOrder":true}', 'invalidValue', qr/sortOrder is a boolean; a string/],
            ['{"attributes":["id"],"excludedAttributes":["meta"]}', 'invalidValue', qr/attributes and excludedAttributes exclude each other/],
            ['{"attributes":7}', 'invalidValue', qr/attributes is a number; an array of strings, or one string is due/],
            ['{"attributes":[7]}', 'invalidValue', qr/attributes is an array; /], ['{"attributes":[["id"]]}', 'invalidValue', qr/attributes is an array/],
            ['{"excludedAttributes":{"id":true}}', 'invalidValue', qr/excludedAttributes is an object/],
            ['{"attributes":["a b"]}', 'invalidPath', qr/'a b'/], ['{"attributes":["emails[type eq \"work\"]"]}', 'invalidPath', qr/filter in brackets|no attribute 'emails'/],
            [$json->encode({ attributes => [('id') x 257] }), 'invalidValue', qr/more than 256/],
            [$json->encode({ excludedAttributes => ['x' x 5000] }), 'invalidPath', undef],
        );
        for my $row (@rows) {
            my ($body, $type, $detail) = @$row;
            my $client = $path eq '/Groups' && $body =~ /password/ ? next : $scim;
            error_is($client->post("$path/.search", $body), 400, $type, $detail, "$path " . short($body));
        }
        for my $schemas (undef, [], [7], 'x', {}, ["$core:User"], [$urn . 'x']) {
            error_is($strict->post("$path/.search", { defined $schemas ? (schemas => $schemas) : () }), 400, 'invalidSyntax', qr/must have \Q$urn\E/,
                "$path strict: schemas " . $json->encode($schemas));
        }
        error_is($strict->post("$path/.search", { schemas => [$urn], count => '5' }), 400, 'invalidValue', qr/count is a string; an integer is due/, "$path strict: count as text");
        error_is($scim->post("$path/.search", '{}', 'Content-Type' => 'application/x-www-form-urlencoded'), 415, undef, qr/scim\+json/, "$path a form");
        error_is($scim->request($_, "$path/.search", $_ eq 'PUT' ? '{}' : undef), 405, undef, qr/$_ is not allowed/, "$_ $path") for qw(GET PUT DELETE);
    }
    error_is($scim->post("/Users/$id/.search", { schemas => [$urn] }), 404, undef, qr/nothing under/, 'of one person');
    error_is($scim->post("/$_/.search", { schemas => [$urn] }), 404, undef, qr/nothing under|nothing/, "of $_") for qw(Schemas Bulk Me Nothing);
};

untouched 'orders and views', $server, $all, sub {
    my @by = (nothing => qr/no attribute 'nothing'/, 'title.x' => qr/no sub-attributes/, 'emails.nothing' => qr/no sub-attribute 'nothing'/, name => qr/complex/,
        addresses => qr/complex/, meta => qr/complex/, password => qr/never returned/, "$core:User:password" => qr/never returned/, groups => qr/memberships/,
        'groups.value' => qr/memberships/, 'emails[type eq "work"]' => qr/one attribute/, 'emails[type eq "work"].value' => qr/one attribute/, 'emails[' => undef,
        'userName,title' => undef, '-title' => undef, 'title asc' => undef, "$core:User" => undef, "$core:Group:displayName" => undef, "title\x{202e}" => undef,
        "title; DROP TABLE scim_resources" => undef, 'x' x 3000 => undef);
    while (my ($by, $why) = splice @by, 0, 2) {
        my $detail = defined $why ? qr/sortBy is '\Q@{[short(substr $by, 0, 50)]}\E.*$why/ : qr/sortBy/;
        $detail = qr/sortBy.*$why/ if defined $why;
        for my $r ([GET => $scim->get('/Users', query => { sortBy => $by })], [cursor => $scim->get('/Users', query => { sortBy => $by, cursor => '' })],
            [POST => search($scim, '/Users', sortBy => $by)], [all => $by =~ /Group/ ? () : $scim->get('/', query => { sortBy => $by })]) {
            error_is($r->[1], 400, 'invalidValue', $detail, "$r->[0] by " . short($by)) if $r->[1];
        }
    }
    for my $name ('attributes', 'excludedAttributes') {
        for my $value ('a b', '.', 'a.', '.a', 'a..b', '"', 'emails[', 'emails[]', 'emails[type eq "work"].value', '(id)', 'id;name', "id\x{202e}", '*', "'id'", '1', 'x' x 5000) {
            for my $path ('/Users', "/Users/$id", '/') {
                error_is($scim->get($path, query => { $name => $value }), 400, 'invalidPath', undef, "$path $name " . short($value));
            }
            error_is($scim->post('/Users', { schemas => ["$core:User"], userName => 'eve' }, query => { $name => $value }), 400, 'invalidPath', undef, "POST $name " . short($value));
            error_is($scim->patch("/Users/$id", [{ op => 'replace', path => 'title', value => 'x' }], query => { $name => $value }), 400, 'invalidPath', undef,
                "PATCH $name " . short($value));
        }
    }
};

# ---- /Me ---------------------------------------------------------------------------------------

untouched '/Me', $server, $all, sub {
    my $anyone = $server->client(path => '/me/v2', token => undef);
    my $as = sub { my ($name) = @_; return (Authorization => 'Basic ' . encode_base64("$name:pw-$name", '')) };
    my $body = { schemas => ["$core:User"], userName => 'p1', title => 'x' };
    for my $method (qw(GET PUT PATCH DELETE POST)) {
        is $anyone->request($method, '/Me', $method =~ /^P/ ? $body : undef)->code, 401, "$method without a login";
        is $anyone->request($method, '/Me', $method =~ /^P/ ? $body : undef, $as->('p2'))->code, 401, "$method with a wrong one";
    }
    error_is($anyone->request($_, '/Me', $_ eq 'POST' ? $body : undef, $as->('p1')), 405, undef, qr/'$_' is not allowed for '\/Me' here; allowed are GET/, $_) for qw(POST DELETE);
    error_is($anyone->request(BREW => '/Me', undef, $as->('p1')), 501, undef, qr/'BREW' is unknown/, 'a method nobody knows');
    error_is($anyone->request($_ => '/Me', $_ eq 'GET' ? undef : $body, $as->('nobody')), 404, undef, undef, "$_ by somebody who is not there") for qw(GET PUT);
    my @wrong = (
        [PUT => { schemas => ["$core:User"] }, 403, undef, qr/'userName'/],
        [PUT => '[]', 400, 'invalidSyntax', qr/is an array/],
        [PUT => '', 400, 'invalidSyntax', qr/empty/],
        [PUT => { %$body, name => 'x' }, 400, 'invalidValue', qr/name has to be/],
        [PUT => { %$body, userName => 'p2' }, 403, undef, qr/'userName'/],
        [PATCH => [{ op => 'replace', path => 'userName', value => 'p2' }], 403, undef, qr/'userName'/],
        [PATCH => [{ op => 'replace', path => 'active', value => false }], 403, undef, qr/'active'/],
        [PATCH => [{ op => 'replace', path => 'id', value => 'x' }], 400, 'mutability', qr/id is read-only/],
        [PATCH => [{ op => 'replace', path => 'title', value => 'x' }, { op => 'add', path => 'roles', value => [{ value => 'admin' }] }], 403, undef, qr/'roles'/],
        [PATCH => [{ op => 'move', path => 'title' }], 400, 'invalidSyntax', qr/'move'/],
        [PATCH => {}, 400, 'invalidSyntax', qr/Operations is missing/],
    );
    for my $row (@wrong) {
        my ($method, $sent, $status, $type, $detail) = @$row;
        error_is($anyone->request($method, '/Me', $sent, $as->('p1')), $status, $type, $detail, "$method " . short(ref $sent ? $json->encode($sent) : $sent));
    }
    error_is($anyone->request('PATCH', '/Me', [{ op => 'replace', path => 'title', value => 'x' }], $as->('p1'), 'If-Match' => 'W/"9"'), 412, undef, qr/version/, 'another version');
    is $anyone->request('GET', '/Me/.search', undef, $as->('p1'))->code, 401, 'nothing is below it';
};

subtest 'afterwards' => sub {
    is $server->stop, 0, 'the server stops as it should';
    my $log = $server->error_log;
    unlike $log, qr/exit signal|Assertion|AddressSanitizer|runtime error/, 'nothing crashed';
    unlike $log, qr/\Q$token{$_}\E/, "the log has not the token '$_'" for sort keys %token;
    unlike $log, qr/[^\n\t -~]/, 'and only printable characters';
};

done_testing;
