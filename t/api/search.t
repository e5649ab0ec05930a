# Queries by POST (RFC 7644 3.4.3), and those of all resource types (RFC 7644 3.4.2.1).

use strict;
use warnings;

use Test::More;
use Scim::Client qw(true false null);
use Scim::Expect qw(status_is error_is);

my $scim   = Scim::Client->new(path => '/search/v2');
my $empty  = Scim::Client->new(path => '/search-empty/v2');
my $user   = 'urn:ietf:params:scim:schemas:core:2.0:User';
my $group  = 'urn:ietf:params:scim:schemas:core:2.0:Group';
my $urn    = 'urn:ietf:params:scim:api:messages:2.0:SearchRequest';
my $list   = 'urn:ietf:params:scim:api:messages:2.0:ListResponse';

my (@users, @groups);
for my $n (1 .. 3) {
    push @users, status_is($scim->post('/Users', { schemas => [$user], userName => "u$n", title => "T$n",
        displayName => 'Smith ' . (4 - $n), emails => [{ value => "u$n\@example.com" }] }), 201, "u$n")->json;
    push @groups, status_is($scim->post('/Groups', { schemas => [$group], displayName => "Smith Family $n",
        externalId => "e$n", members => [{ value => $users[0]{id} }] }), 201, "g$n")->json;
}
my @in_order = map { $users[$_]{id}, $groups[$_]{id} } 0 .. 2;

sub search
{
    my ($path, %body) = @_;
    return $scim->post($path, { schemas => [$urn], %body });
}

# Names of what was found, in order.
sub found
{
    my ($r, $what) = @_;
    my $body = status_is($r, 200, $what)->json;

    return join ' ', map {
        my $id = $_->{id};
        my ($n) = grep { $in_order[$_] eq $id } 0 .. $#in_order;
        defined $n ? ($n % 2 ? 'g' : 'u') . (1 + int $n / 2) : "?$id";
    } @{ $body->{Resources} };
}

subtest 'one type' => sub {
    is found(search('/Users/.search'), 'no parameters'), 'u1 u2 u3', 'all of them';
    is found(search('/Groups/.search'), 'groups'), 'g1 g2 g3', 'of this type';
    is found(search('/Users/.search', filter => 'title eq "t2"'), 'a filter'), 'u2', 'who matches';
    is found(search('/Users/.search/', count => 1), 'a slash behind'), 'u1', 'does not count';
    my $r = search('/Users/.search', attributes => ['displayName', 'emails.value'], startIndex => 2, count => 1);
    is_deeply status_is($r, 200, 'RFC 7644 3.4.3')->json, {
        schemas => [$list], totalResults => 3, startIndex => 2, itemsPerPage => 1,
        Resources => [{ schemas => [$user], id => $users[1]{id}, displayName => 'Smith 2',
            emails => [{ value => 'u2@example.com' }] }] }, 'as a list';
    is $r->header('Content-Type'), 'application/scim+json', 'media type';
    is $r->header('Cache-Control'), 'no-store', 'not to be kept';
    is_deeply search('/Users/.search', filter => 'title pr', excludedAttributes => ['meta', 'emails'])->json,
        $scim->get('/Users', query => { filter => 'title pr', excludedAttributes => 'meta,emails' })->json,
        'the same as by GET';
    is_deeply search('/Users/.search')->json, $scim->get('/Users')->json, 'without parameters too';
    is_deeply $scim->post('/Users/.search?count=1&filter=title+eq+"x"', { schemas => [$urn] })->json,
        $scim->get('/Users')->json, 'parameters of the URL do not count';
    is found(search('/Users/.search', attributes => 'userName', filter => null, members => [1]), 'odd members'),
        'u1 u2 u3', 'null and what is unknown is ignored';
};

subtest 'all types' => sub {
    for my $path ('/', '', '//') {
        is found($scim->get($path), "GET '$path'"), 'u1 g1 u2 g2 u3 g3', 'all resources by id';
    }
    is found(search('/.search'), 'POST'), 'u1 g1 u2 g2 u3 g3', 'the same by POST';
    my $body = $scim->get('/')->json;
    is $body->{totalResults}, 6, 'total';
    is $body->{startIndex}, 1, 'startIndex';
    is_deeply $body->{Resources}[0], $scim->get("/Users/$users[0]{id}")->json, 'a user as alone';
    is_deeply $body->{Resources}[1], $scim->get("/Groups/$groups[0]{id}")->json, 'a group as alone';
    is $scim->head('/')->header('Content-Length'), $scim->get('/')->header('Content-Length'), 'HEAD';

    my $r = search('/.search', attributes => ['displayName', 'userName'], filter => 'displayName sw "smith"',
        startIndex => 1, count => 10);
    is_deeply status_is($r, 200, 'RFC 7644 3.4.3, the example')->json->{Resources}, [
        map { ({ schemas => [$user], id => $users[$_]{id}, userName => $users[$_]{userName},
                 displayName => $users[$_]{displayName} },
               { schemas => [$group], id => $groups[$_]{id}, displayName => $groups[$_]{displayName} }) } 0 .. 2
    ], 'each with what it has of that';
};

subtest 'filters' => sub {
    my @rows = (
        ['meta.resourceType eq "User"', 'u1 u2 u3', 'one type'],
        ['meta.resourceType eq "Group"', 'g1 g2 g3', 'the other one'],
        ['(meta.resourceType eq "User") or (meta.resourceType eq "Group")', 'u1 g1 u2 g2 u3 g3', 'both'],
        ['meta.resourceType eq "User" and meta.resourceType eq "Group"', '', 'which none is'],
        ['meta.resourceType ne "User"', 'g1 g2 g3', 'another one'],
        ['not (meta.resourceType eq "User")', 'g1 g2 g3', 'not one'],
        ['meta.resourceType eq "Device"', '', 'an unknown one'],
        ['meta.resourceType eq "user"', '', 'types have a case'],
        ['meta.resourceType sw "G"', 'g1 g2 g3', 'part of its name'],
        ['META.resourcetype EQ "Group" and displayName ew "2"', 'g2', 'and more'],
        ['meta.resourceType eq "Group" or userName eq "u1"', 'u1 g1 g2 g3', 'or another'],
        ['userName eq "u2"', 'u2', 'what groups have not got'],
        ['userName pr', 'u1 u2 u3', 'is not there'],
        ['not (userName pr)', 'g1 g2 g3', 'so that not is true'],
        ['userName ne "u2"', 'u1 g1 g2 u3 g3', 'and ne is true'],
        ['userName eq null', 'g1 g2 g3', 'as if it were null'],
        ['title gt "T1"', 'u2 u3', 'an order'],
        ['not (title gt "T1")', 'u1 g1 g2 g3', 'and what is not in it'],
        ['emails[value sw "u3"]', 'u3', 'a value path'],
        ['not (emails[value sw "u3"])', 'u1 g1 u2 g2 g3', 'that does not hold without values'],
        ['members pr', 'g1 g2 g3', 'what users have not got'],
        ["members.value eq \"$users[0]{id}\"", 'g1 g2 g3', 'a member'],
        ["members.value eq \"$users[1]{id}\"", '', 'no member'],
        ["members.value ne \"$users[0]{id}\"", 'u1 u2 u3', 'without this member'],
        ["groups.value eq \"$groups[0]{id}\"", 'u1', 'who is in a group'],
        ['groups pr', 'u1', 'who is in any'],
        ['externalId eq "e2"', 'g2', 'what all have'],
        ['displayName eq "smith 1" or displayName eq "smith family 1"', 'g1 u3', 'of both types'],
        ['displayName co "mith"', 'u1 g1 u2 g2 u3 g3', 'in both'],
        ["id eq \"$groups[1]{id}\"", 'g2', 'an id'],
        ["schemas eq \"$group\"", 'g1 g2 g3', 'schemas'],
        ["$user:userName eq \"u1\"", 'u1', 'a name in full'],
        ["$user:displayName pr", 'u1 u2 u3', 'is that of one type'],
        ["$group:displayName pr", 'g1 g2 g3', 'or the other'],
        ['nonsense pr', '', 'what no type has'],
        ['nonsense ne "x" and name.nonsense eq null', 'u1 g1 u2 g2 u3 g3', 'has no value anywhere'],
        ['emails.nonsense pr or emails[nonsense eq 1] or nonsense[x pr] or urn:x:y:z pr', '', 'in any form'],
        ['meta.lastModified gt "2011-05-13T04:42:34Z"', 'u1 g1 u2 g2 u3 g3', 'a dateTime'],
        ['meta.resourceType eq "Group" and password pr', '', 'password is a name like others for groups'],
    );
    for my $row (@rows) {
        my ($filter, $expected, $what) = @$row;
        my $r = $scim->get('/', query => { filter => $filter });
        is found($r, $filter), $expected, $what;
        is $r->json->{totalResults}, scalar(() = $expected =~ /\S+/g), 'total' if $r->code == 200;
        is_deeply search('/.search', filter => $filter)->json, $r->json, 'the same by POST';
    }
    error_is($scim->get('/', query => { filter => $_ }), 400, 'invalidFilter', undef, $_)
        for 'active eq "maybe"', 'userName regex "x"', 'title eq', '(title pr', 'password eq "x"', 'active gt true';
};

subtest 'sorted, and in pages' => sub {
    is found($scim->get('/', query => { sortBy => 'displayName' }), 'sortBy'), 'u3 u2 u1 g1 g2 g3', 'of both types';
    is found($scim->get('/', query => { sortBy => 'displayName', sortOrder => 'descending' }), 'descending'),
        'g3 g2 g1 u1 u2 u3', 'descending';
    is found($scim->get('/', query => { sortBy => 'userName' }), 'userName'), 'u1 u2 u3 g1 g2 g3',
        'what has no value comes last';
    is found($scim->get('/', query => { sortBy => 'title', sortOrder => 'descending' }), 'title'),
        'g3 g2 g1 u3 u2 u1', 'or first';
    is found($scim->get('/', query => { sortBy => 'meta.resourceType' }), 'types'), 'g1 g2 g3 u1 u2 u3', 'by type';
    is found($scim->get('/', query => { sortBy => 'meta.created' }), 'created'), 'u1 g1 u2 g2 u3 g3', 'by time';
    is found($scim->get('/', query => { sortBy => "$user:displayName" }), 'a name in full'), 'u3 u2 u1 g1 g2 g3',
        'that one type has';
    is found($scim->get('/', query => { sortBy => 'title', filter => 'meta.resourceType eq "Device"' }), 'none'),
        '', 'no type is left';
    error_is($scim->get('/', query => { sortBy => 'nonsense' }), 400, 'invalidValue', qr/sortBy is 'nonsense'/,
        'what no type has');
    error_is($scim->get('/', query => { sortBy => 'userName', filter => 'meta.resourceType eq "Group"' }), 400,
        'invalidValue', qr/Group has no attribute/, 'what no type that is asked for has');
    for my $by ('id', 'displayName', 'title') {
        my @all = split / /, found($scim->get('/', query => { sortBy => $by }), $by);
        for my $count (1, 2, 4, 6) {
            my @pages = map { found($scim->get('/', query => { sortBy => $by, startIndex => $_, count => $count }),
                "from $_") } grep { ($_ - 1) % $count == 0 } 1 .. 6;
            is "@pages", "@all", "$by: pages of $count";
            my ($cursor, @walk) = ('');
            while (defined $cursor && @walk < 10) {
                my $r = search('/.search', sortBy => $by, count => $count, cursor => $cursor);
                push @walk, found($r, 'by cursor');
                $cursor = $r->json->{nextCursor};
            }
            is "@walk", "@all", 'and by cursor';
        }
    }
};

subtest 'views' => sub {
    is_deeply $scim->get('/', query => { attributes => 'members.value', count => 2 })->json->{Resources},
        [{ schemas => [$user], id => $users[0]{id} },
         { schemas => [$group], id => $groups[0]{id}, members => [{ value => $users[0]{id} }] }], 'of one type only';
    my $body = $scim->get('/', query => { excludedAttributes => 'members,meta,displayName', count => 2 })->json;
    is_deeply $body->{Resources}[1], { schemas => [$group], id => $groups[0]{id}, externalId => 'e1' }, 'without';
    for my $path ('/.search', '/Users/.search', '/Groups/.search') {
        error_is(search($path, attributes => ['id'], excludedAttributes => ['meta']), 400, 'invalidValue',
            qr/exclude each other/, "$path: both");
        error_is(search($path, attributes => ['a b']), 400, 'invalidPath', qr/'a b'/, "$path: no name");
    }
    my $path = "/Users/$users[0]{id}";
    my %both = (query => { attributes => 'userName', excludedAttributes => 'meta' });
    for my $do (['GET', $path], ['GET', '/'], ['GET', '/Users'], ['GET', "/Groups/$groups[0]{id}"],
        ['POST', '/Users', { schemas => [$user], userName => 'both' }],
        ['POST', '/Groups', { schemas => [$group], displayName => 'both' }],
        ['PUT', $path, { schemas => [$user], userName => 'both' }],
        ['PUT', "/Groups/$groups[0]{id}", { schemas => [$group], displayName => 'both' }],
        ['PATCH', $path, [{ op => 'replace', path => 'title', value => 'both' }]],
        ['PATCH', "/Groups/$groups[0]{id}", [{ op => 'replace', path => 'displayName', value => 'both' }]])
    {
        my ($method, $where, $body) = @$do;
        error_is($scim->request($method, $where, $body, %both), 400, 'invalidValue', qr/exclude each other/,
            "$method $where");
    }
    is found($scim->get('/', query => { filter => 'userName eq "both" or displayName eq "both" or title eq "both"' }),
        'afterwards'), '', 'nothing was written';
    is_deeply $scim->patch($path, [{ op => 'replace', path => 'title', value => 'T1' }],
        query => { attributes => 'userName' })->json, { schemas => [$user], id => $users[0]{id}, userName => 'u1' },
        'PATCH answers what was asked for';
};

subtest 'bodies' => sub {
    for my $path ('/.search', '/Users/.search') {
        error_is($scim->post($path, '{"count":'), 400, 'invalidSyntax', undef, "$path: broken JSON");
        error_is($scim->post($path, '[]'), 400, 'invalidSyntax', undef, 'an array');
        error_is($scim->post($path, ''), 400, 'invalidSyntax', undef, 'nothing');
        error_is($scim->post($path, '{}', 'Content-Type' => 'text/plain'), 415, undef, undef, 'another media type');
        error_is(search($path, count => 'ten'), 400, 'invalidValue', qr/count is 'ten'/, 'count');
        error_is(search($path, filter => ''), 400, 'invalidFilter', qr/filter is empty/, 'filter');
        error_is(search($path, attributes => [1]), 400, 'invalidValue', qr/attributes is an array/, 'attributes');
        error_is(search($path, sortOrder => 'up'), 400, 'invalidValue', qr/sortOrder is 'up'/, 'sortOrder');
        error_is(search($path, filter => 'a' x 9000), 400, 'invalidFilter', undef, 'a long filter');
        is $scim->post($path, {})->code, 200, 'schemas may be missing';
        error_is($empty->post($path, {}), 400, 'invalidSyntax', qr/SearchRequest/, 'but for the strict');
        error_is($empty->post($path, { schemas => [$user] }), 400, 'invalidSyntax', qr/SearchRequest/, 'nor be others');
        is_deeply $empty->post($path, { schemas => [$urn] })->json,
            { schemas => [$list], totalResults => 0, startIndex => 1, itemsPerPage => 0, Resources => [] }, 'nothing';
    }
};

subtest 'methods' => sub {
    for my $path ('/.search', '/Users/.search', '/Groups/.search') {
        for my $method (qw(GET HEAD PUT PATCH DELETE)) {
            my $r = $scim->request($method, $path, $method =~ /^P/ ? {} : undef);
            is $r->code, 405, "$method $path";
            is $r->header('Allow'), 'POST, OPTIONS', 'Allow';
        }
        is $scim->request('OPTIONS', $path)->header('Allow'), 'POST, OPTIONS', "OPTIONS $path";
    }
    for my $method (qw(POST PUT PATCH DELETE)) {
        my $r = $scim->request($method, '/', $method =~ /^P/ ? {} : undef);
        is $r->code, 405, "$method /";
        is $r->header('Allow'), 'GET, HEAD, OPTIONS', 'Allow';
    }
    is $scim->post("/$_/.search", {})->code, 404, "there is no /$_/.search"
        for 'Nothing', 'Schemas', "Users/$users[0]{id}", '.search', 'ResourceTypes', 'ServiceProviderConfig';
};

subtest 'scopes' => sub {
    my %as = map { ($_->[0] => Scim::Client->new(path => '/search-part/v2', token => $Scim::Client::token{ $_->[1] })) }
        [people => 'users'], [groups => 'other'], [writer => 'read'];

    is found($as{people}->get('/'), 'a token for people'), 'u1 u2 u3', 'sees people';
    is found($as{groups}->get('/'), 'a token for groups'), 'g1 g2 g3', 'sees groups';
    is $as{people}->get('/')->json->{totalResults}, 3, 'and counts them alone';
    is found($as{people}->post('/.search', { filter => 'meta.resourceType eq "Group" or title eq "t1"' }), 'a filter'),
        'u1', 'does not change that';
    is found($as{people}->post('/Users/.search', {}), 'own type'), 'u1 u2 u3', 'search';
    is $as{people}->post('/Groups/.search', {})->code, 403, 'not of the other';
    is $as{groups}->post('/Users/.search', {})->code, 403, 'nor the other way';
    is $as{writer}->get('/')->code, 403, 'nothing without read';
    is $as{writer}->post($_, {})->code, 403, "nor by POST $_" for '/.search', '/Users/.search';
    is(Scim::Client->new(path => '/search/v2', token => undef)->get('/')->code, 401, 'nor without a token');
};

subtest 'discovery' => sub {
    error_is($scim->get($_, query => { filter => 'id pr' }), 403, undef, qr/cannot be filtered/, "$_ with a filter")
        for '/Schemas', '/ResourceTypes', '/ServiceProviderConfig', "/Schemas/$user";
    is_deeply $scim->get('/Schemas', query => { sortBy => 'id', startIndex => 3, count => 1, attributes => 'id' })->json,
        $scim->get('/Schemas')->json, 'other parameters are ignored';
};

done_testing;
