# Rules of RFC 7644, sections 3.1 to 3.4, that are shown best one by one; docs/conformance.md names
# the test of each rule.
use strict;
use warnings;
use utf8;

use Test::More;

use Scim::Client qw(true false null);
use Scim::Expect qw(status_is error_is endpoint);
use Scim::Server;

my $token      = 'conformance-0123456789abcdefghijklmnop';
my $core       = 'urn:ietf:params:scim:schemas:core:2.0';
my $user       = "$core:User";
my $enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
my $messages   = 'urn:ietf:params:scim:api:messages:2.0';
my $nobody     = '0190b0e0-0000-7000-8000-000000000000';

my $server = Scim::Server->start(config => join '',
    "ScimSchema \"$ENV{SCIM_SRCDIR}/t/data/schemas/devices.json\"\n",
    map { endpoint("/$_->[0]/v2", directory => $_->[0], extra => $_->[1], tokens => [
        ['all', $token], ['people', "people-$token", 'scope=read,write,users']]) }
        ['auto', ''], ['strict', "ScimDialect strict\n"], ['few', "ScimMaxResults 3\nScimMaxScan 4\n"],
        ['roles', "ScimRoles member editor\nScimDefaultRole member\n"]);

sub client { my ($path, $as) = @_; return $server->client(path => "/$path/v2", token => ($as // '') . $token) }

# The endpoint that is asked, and who is there: of each dialect that some test is run with.
my ($scim, $dialect, %id, %people);

sub everywhere
{
    my ($name, $code) = @_;

    for (qw(auto strict)) {
        $dialect = $_;
        $scim    = client($dialect);
        %id      = %{ $people{$dialect} || {} };
        subtest "$name, $dialect" => $code;
    }
}

sub create
{
    my ($client, $name, %more) = @_;
    return $client->post('/Users', { schemas => [$user], userName => $name, %more });
}

# userNames, or displayNames of groups, of a list; or the error.
sub names_of
{
    my ($r) = @_;
    return $r->code . ' ' . ($r->json->{scimType} // '') if $r->code != 200;
    return join ' ', map { $_->{userName} // $_->{displayName} // $_->{serialNumber} } @{ $r->json->{Resources} };
}

sub found { my ($filter, %more) = @_; return names_of($scim->get('/Users', query => { filter => $filter, %more })) }

# ---- 3.1, 3.2 --------------------------------------------------------------------------

everywhere '3.1: schemas and messages' => sub {
    my $r = status_is($scim->get("/Schemas/$user"), 200, 'the schema of users');
    my ($name) = grep { $_->{name} eq 'userName' } @{ $r->json->{attributes} };
    is_deeply [ @$name{qw(type multiValued required caseExact mutability returned uniqueness)} ],
        ['string', false, true, false, 'readWrite', 'default', 'server'], '/Schemas tells how each attribute behaves';
    my %told = map { $_->{id} => 1 } @{ $scim->get('/Schemas')->json->{Resources} };
    ok $told{$user} && $told{$enterprise}, 'schemas of resources are listed';
    is_deeply [ grep { /:api:/ } keys %told ], [], 'no schema of a message is listed by /Schemas';
    is_deeply [ map { $scim->get("/Schemas/$messages:$_")->code }
        qw(ListResponse SearchRequest PatchOp BulkRequest BulkResponse Error) ], [ (404) x 6 ],
        'no schema of a message can be read by its name';

    my @answers = ($scim->get('/Users'), $scim->get('/Schemas'), $scim->get('/ResourceTypes'), $scim->get('/'),
        $scim->post('/.search', { schemas => ["$messages:SearchRequest"] }), $scim->get('/Nothing'),
        $scim->get('/Users', query => { filter => 'x' }),
        $scim->post('/Bulk', { schemas => ["$messages:BulkRequest"],
            Operations => [ { method => 'DELETE', path => "/Users/$nobody" } ] }));
    is_deeply [ sort keys %{{ map { $_ => 1 } map { @{ $_->json->{schemas} } } @answers }} ],
        [ map { "$messages:$_" } qw(BulkResponse Error ListResponse) ], 'all kinds of messages that we send are here';
    is_deeply [ grep { !/^\Qurn:ietf:params:scim:api:\E/ } map { @{ $_->json->{schemas} } } @answers ], [],
        'the schemas of every kind of message begin with urn:ietf:params:scim:api:';
};

everywhere '3.1: what is answered is what is stored' => sub {
    my $email = { value => 'stored@example.com', type => 'work' };
    my $r = status_is(create($scim, 'stored', nickName => null, emails => [$email], ims => [], id => 'mine'),
        201, 'values that are kept, dropped and added');
    my $answer = $r->json;
    is_deeply [ sort keys %$answer ], [qw(active emails id meta schemas userName)],
        'as the server understood it, not as it was sent';
    is_deeply $scim->get("/Users/$answer->{id}")->json, $answer, 'a POST answers what a GET answers then';
    $r = status_is($scim->put("/Users/$answer->{id}", { schemas => [$user], userName => 'stored', title => null }),
        200, 'PUT');
    is_deeply $scim->get("/Users/$answer->{id}")->json, $r->json, 'a PUT answers what a GET answers then';
    $r = status_is($scim->patch("/Users/$answer->{id}", [{ op => 'add', path => 'emails', value => [$email, $email] }]),
        200, 'PATCH');
    is_deeply $scim->get("/Users/$answer->{id}")->json, $r->json, 'a PATCH answers what a GET answers then';
    status_is($scim->delete("/Users/$answer->{id}"), 204, 'away');
};

everywhere '3.2: endpoints and methods' => sub {
    my $body = { schemas => [$user], userName => 'by.put' };
    my %before = map { $_ => $scim->get($_)->text } qw(/Users /Groups);
    error_is($scim->put("/Users/$nobody", { %$body, id => $nobody }), 404, undef, qr/\Q$nobody\E/,
        'PUT of an id of nobody is answered with 404');
    error_is($scim->put('/Users', $body), 405, undef, undef, 'PUT of the collection is refused');
    error_is($scim->put('/Users/by.put', $body, 'If-None-Match' => '*'), 404, undef, undef, 'nor with If-None-Match: *');
    error_is($scim->put("/Groups/$nobody", { schemas => ["$core:Group"], displayName => 'by.put' }), 404, undef, undef,
        'a group neither');
    is_deeply +{ map { $_ => $scim->get($_)->text } qw(/Users /Groups) }, \%before, 'PUT has created nothing';

    my %endpoint = map { $_->{name} => $_->{endpoint} } @{ $scim->get('/ResourceTypes')->json->{Resources} };
    is_deeply [ @endpoint{qw(User Group Device)} ], [qw(/Users /Groups /Devices)],
        'endpoints are the names of the types with an s, and /ResourceTypes tells them';
};

# ---- 3.3 -------------------------------------------------------------------------------

everywhere '3.3: mutability in a POST' => sub {
    my $group = status_is($scim->post('/Groups', { schemas => ["$core:Group"], displayName => 'G' }), 201, 'a group')
        ->json->{id};
    my $r = status_is(create($scim, 'readonly', id => 'mine', groups => [{ value => $group }],
        meta => { resourceType => 'Group', created => '2000-01-01T00:00:00Z', location => 'http://x/', version => 'x' }),
        201, 'a POST with readOnly attributes succeeds');
    my $made = $r->json;
    isnt $made->{id}, 'mine', 'a readOnly id is ignored';
    ok !exists $made->{groups}, 'readOnly groups are ignored';
    unlike $made->{meta}{$_}, qr{^(?:Group|2000-.*|http://x/|x)$}, "a readOnly meta.$_ is ignored"
        for qw(resourceType created location version);
    ok !exists $scim->get("/Groups/$group")->json->{members}, 'and nobody has joined the group';

    my $device = status_is($scim->post('/Devices', { schemas => ['urn:example:params:scim:schemas:Device'],
        serialNumber => 'S1', adminState => true, onboardingKey => 'k' }), 201, 'a device')->json;
    is $device->{serialNumber}, 'S1', 'what is immutable is set when it is created';
    ok !exists $device->{onboardingKey}, 'what is writeOnly is taken and not shown';
    status_is($scim->delete($_), 204, 'away') for "/Users/$made->{id}", "/Groups/$group", "/Devices/$device->{id}";
};

everywhere '3.3: what the client does not assert' => sub {
    my $r = status_is(create($scim, 'bare'), 201, 'a bare user');
    is_deeply [ sort keys %{ $r->json } ], [qw(active id meta schemas userName)],
        'what was not sent has no value, but for defaults';
    is $r->json->{active}, true, 'active is true by default';
    is_deeply create(client('roles'), "bare-$dialect")->json->{roles}, [{ value => 'member' }],
        'ScimDefaultRole is a default by the administrator';
    my $part = create(client($dialect, 'people-'), 'bare2')->json;
    is_deeply [ sort keys %$part ], [ sort keys %{ $r->json } ], 'defaults are the same for a token with a narrow scope';

    my $path = '/Users/' . $r->json->{id};
    status_is($scim->put($path, { schemas => [$user], userName => 'bare', title => 'T',
        emails => [{ value => 'a@example.com' }] }), 200, 'values are set');
    $r = status_is($scim->put($path, { schemas => [$user], userName => 'bare', title => null, emails => [] }), 200,
        'null and [] are sent');
    ok !exists $r->json->{title}, 'null clears a single value';
    ok !exists $r->json->{emails}, 'an empty array clears all values';
    is_deeply create(client('roles'), "empty-$dialect$_->[0]", roles => $_->[1])->json->{roles}, [{ value => 'member' }],
        "ScimDefaultRole holds against $_->[0]" for ['null', null], ['[]', []];
    status_is($scim->delete($_), 204, 'away') for $path, "/Users/$part->{id}";
};

everywhere '3.3: the answer to a POST' => sub {
    my %sent = (schemas => [$user], userName => 'Answer', name => { familyName => 'A' }, title => 'T');
    my $r = $scim->post('/Users', \%sent);
    is $r->code, 201, 'a resource that was created is answered with 201';
    my $url = $scim->base . '/Users/' . $r->json->{id};
    is_deeply +{ %{ $r->json }, meta => undef, id => undef }, { %sent, active => true, meta => undef, id => undef },
        'the body is the whole representation';
    is $r->header('Location'), $url, 'the Location header is the URL of the resource';
    is $r->json->{meta}{location}, $url, 'meta.location is the URL of the resource';
    is $scim->get($url)->json->{userName}, 'Answer', 'which is where it is';
    is $r->json->{meta}{resourceType}, 'User', '3.3.1: meta.resourceType of what is POSTed to /Users is User';

    error_is($scim->post('/Users', { %sent, userName => 'aNSWER' }), 409, 'uniqueness', qr/'aNSWER'/,
        'a userName that is taken is a conflict, 409 uniqueness');
    is found('title eq "T"'), 'Answer', 'and nothing was created';
    $r = status_is($scim->post('/Groups', { schemas => ["$core:Group"], displayName => 'Answers' }), 201, 'a group');
    is $r->json->{meta}{resourceType}, 'Group', '3.3.1: meta.resourceType of what is POSTed to /Groups is Group';
    error_is($scim->post('/Groups', { schemas => ["$core:Group"], displayName => 'ANSWERS' }), 409, 'uniqueness', undef,
        'a displayName of a group that is taken is a conflict, 409 uniqueness');
    my %device = (schemas => ['urn:example:params:scim:schemas:Device'], serialNumber => 'S2', adminState => true);
    is status_is($scim->post('/Devices', \%device), 201, 'a device')->json->{meta}{resourceType}, 'Device',
        '3.3.1: and of what is POSTed to /Devices, Device';
    error_is($scim->post('/Devices', \%device), 409, 'uniqueness', undef, 'a unique value of an own schema, too');
    status_is($scim->delete($_), 204, 'away') for $url, '/Groups/' . $r->json->{id};
};

# ---- 3.4 -------------------------------------------------------------------------------

my @people = (
    ['bjensen', title => 'Tour Guide', userType => 'Employee', name => { familyName => "O'Malley", givenName => 'Barbara' },
        emails => [{ type => 'work', value => 'bjensen@example.com' }, { type => 'home', value => 'b@example.org' }]],
    ['Jsmith', userType => 'Intern', emails => [{ type => 'home', value => 'j@example.com' },
        { type => 'work', value => 'j@example.net' }], ims => [{ type => 'xmpp', value => 'j@foo.com' }]],
    ['mallory', title => 'Boss', userType => 'Employee', active => false, externalId => 'Mal',
        schemas => [$user, $enterprise], $enterprise => { department => 'R' }],
    ['alice'],
);
everywhere '3.4: who is there' => sub {
    $people{$dialect}{ $_->[0] } = status_is(create($scim, @$_), 201, $_->[0])->json->{id} for @people;
    status_is($scim->post('/Groups', { schemas => ["$core:Group"], displayName => 'Team',
        members => [{ value => $people{$dialect}{alice} }] }), 201, 'a group');
};

everywhere '3.4, 3.4.2: queries' => sub {
    is $scim->get("/Users/$id{bjensen}")->json->{userName}, 'bjensen', 'a resource is read by its URL';
    is found('userName eq "bjensen"'), 'bjensen', 'a resource is found by a query of its type';
    is names_of($scim->get('/', query => { filter => 'userName eq "bjensen"' })), 'bjensen',
        'a resource is found by a query of the base URL';
    my $one = $scim->get("/Users/$id{bjensen}");
    is_deeply $scim->get("/Users/$id{bjensen}", query => { attributes => 'title' })->json,
        { schemas => [$user], id => $id{bjensen}, title => 'Tour Guide' }, 'of one resource, attributes can be asked for';
    is $scim->get("/Users/$id{bjensen}", query => { filter => 'userName eq "x"', sortBy => 'x', count => 0 })->text,
        $one->text, 'of one resource, nothing is filtered, sorted or paged';

    for my $path ('/Users', '/Groups', '/', "/Users/$id{bjensen}", '/Schemas', '/ResourceTypes', '/ServiceProviderConfig') {
        is $scim->get($path, query => { fantasy => 'x', 'urn:example:y' => '%', _ => '' })->text, $scim->get($path)->text,
            "$path: parameters that nobody knows are ignored";
    }
    for my $path ('/Users', '/Groups', '/Devices', '/', '/Schemas', '/ResourceTypes') {
        my $body = status_is($scim->get($path), 200, $path)->json;
        is_deeply $body->{schemas}, ["$messages:ListResponse"], "$path: a list is a ListResponse";
        like $scim->get($path)->text, qr/"totalResults":\d/, "$path: a list has totalResults, a number";
        is ref $body->{Resources}, 'ARRAY', "$path: a list has Resources";
    }
    my $r = status_is($scim->get('/Users', query => { filter => 'userName eq "nobody"' }), 200,
        'a query that finds nothing succeeds');
    is $r->json->{totalResults}, 0, 'a query that finds nothing has totalResults 0';
};

subtest '3.4.2: pages' => sub {
    my $few = client('few');
    create($few, "few$_") for 1 .. 5;
    my $body = $few->get('/Users', query => { startIndex => 2, count => 2 })->json;
    is_deeply [ $body->{totalResults}, scalar @{ $body->{Resources} } ], [ 5, 2 ],
        'totalResults counts what other pages have, too';
    is_deeply [ @$body{qw(startIndex itemsPerPage)} ], [ 2, 2 ], 'a part of the results has startIndex and itemsPerPage';
    $body = $few->get('/Users')->json;
    is_deeply [ @$body{qw(totalResults startIndex itemsPerPage)} ], [ 5, 1, 3 ],
        'a page that the server cut has them, too';
    is names_of($few->get('/Users', query => { count => 1000 })), 'few1 few2 few3',
        'a query of many is answered in pages';
    error_is($few->get($_, query => { filter => 'title pr' }), 400, 'tooMany', qr/more than 4 resources/,
        "$_: a search that would have to look at too many is refused with 400 tooMany") for '/Users', '/';
    error_is($few->post('/Users/.search', { filter => 'title pr' }), 400, 'tooMany', undef, 'by POST, too');
    my $first = $few->get('/Users', query => { startIndex => 1, count => 2 })->json->{Resources}[0];
    status_is($few->delete("/Users/$first->{id}"), 204, 'the first one goes');
    is names_of($few->get('/Users', query => { startIndex => 1, count => 2 })), 'few2 few3',
        'the same page again shows what is there now';
};

everywhere '3.4.2.1: the base URL' => sub {
    my $found = $scim->get('/', query => { count => 200 })->json->{Resources};
    my %type = map { $_->{id} => $_->{meta}{resourceType} } @$found;
    my @all = map { @{ $scim->get($_, query => { count => 200 })->json->{Resources} } } qw(/Users /Groups /Devices);
    is_deeply \%type, { map { $_->{id} => $_->{meta}{resourceType} } @all },
        'a query of the base URL has all resources of all types';
    is names_of($scim->get('/', query => { filter => 'meta.resourceType eq "Group"' })), 'Team',
        'meta.resourceType restricts it to one type';
    is names_of($scim->get('/', query => { filter => '(meta.resourceType eq "Group") or (meta.resourceType eq "Device")',
        sortBy => 'meta.resourceType' })), 'S2 Team', 'or to several';
    is names_of($scim->get('/', query => { filter => 'displayName pr and not (userName pr) or userName eq "alice"',
        sortBy => 'id' })), 'alice Team', 'filters of several types are read like others';
    for my $absent ('userName pr', 'userName eq "Team"', 'userName sw "T"', 'emails[value pr]', 'title gt "A"') {
        is names_of($scim->get('/', query => { filter => "($absent) and meta.resourceType eq \"Group\"" })), '',
            "$absent: an attribute that a type has not got has no value there";
    }
};

everywhere '3.4.2.2: expressions' => sub {
    is found(''), '400 invalidFilter', 'a filter without an expression is refused';
    is found($_), '400 invalidFilter', "$_: an expression without name, operator or value is refused"
        for 'userName', 'eq "x"', 'userName eq', 'pr', '()', 'and';
    is found('UserNAME EQ "bjensen"'), 'bjensen', 'names and operators have no case';
    is found('title pr and userType eq "Employee"'), 'bjensen mallory', 'expressions are combined with and';
    is found('title eq "Boss" or userType eq "Intern"'), 'Jsmith mallory', 'expressions are combined with or';
    is found('userName eq "bjensen" or userName eq "mallory" and title eq "none"'), 'bjensen', 'and comes before or';
    is found('(userName eq "bjensen" or userName eq "mallory") and title eq "none"'), '', 'parentheses come before and';
    is found('not (title pr) and userName eq "bjensen"'), '', 'not comes before and';
    is found('not (title pr and userName eq "bjensen")'), 'Jsmith mallory alice', 'unless it is outside of parentheses';
    is found('not (title pr) or userName eq "bjensen"'), 'bjensen Jsmith alice', 'not comes before or';

    is found('emails[type eq "work" and value co "@example.com"]'), 'bjensen',
        'what is in brackets has to hold for one value';
    is found('emails.type eq "work" and emails.value co "@example.com"'), 'bjensen Jsmith', 'without brackets any will do';
    is found('emails[(type eq "work" or type eq "other") and not (value co ".net")]'), 'bjensen',
        'expressions in brackets are nested';
    is found("emails[$_]"), '400 invalidFilter', "'$_' in brackets is refused"
        for '', 'userName eq "bjensen"', 'type', 'type eq "work" and', 'emails[type eq "work"]', 'name.givenName pr';
    is found($_), '400 invalidFilter', "$_: a complex attribute is not compared as a whole"
        for 'name eq "Barbara"', 'name co "B"', 'meta gt "2000-01-01T00:00:00Z"';
    is found('name.givenName eq "barbara"'), 'bjensen', 'but by its sub-attribute';
    is found('name.nothing eq "x"'), '400 invalidFilter', 'which has to be one';
};

everywhere '3.4.2.2: what is compared' => sub {
    is found('userType eq "Employee"'), 'bjensen mallory', 'only what matches is returned';
    for my $op (qw(gt ge lt le)) {
        is found($_), '400 invalidFilter', "$op of a boolean or binary attribute is refused: $_"
            for "active $op true", "x509Certificates.value $op \"YQ==\"", "emails[primary $op true]";
        unlike found("$_->[0] $op $_->[1]"), qr/^4/, "$op of others is not: $_->[0]" for ['userName', '"a"'],
            ['meta.created', '"2011-05-13T04:42:34Z"'];
    }
    my $r = error_is($scim->get('/Users', query => { filter => 'userName regex "b.*"' }), 400, 'invalidFilter',
        qr/operator 'regex' is not supported/, 'an operator that is unknown is refused, and named');
    is found('title pr or userName regex "b.*"'), '400 invalidFilter', 'also in a part that does not matter';

    is found('active pr'), 'bjensen Jsmith mallory alice', 'a defaulted value is present';
    is found('active eq true'), 'bjensen Jsmith alice', 'and compares as it was returned';

    is found('userName eq "JSMITH"'), 'Jsmith', 'an attribute that is not caseExact is compared without case';
    is found('externalId eq "mal"'), '', 'an attribute that is caseExact is compared with case';
    is found('externalId eq "Mal"'), 'mallory', 'and found as it is written';
    is found("schemas eq \"$enterprise\""), 'mallory', 'a filter of schemas finds who has an extension';
};

everywhere '3.4.2.2: Figure 2' => sub {
    my @rows = (
        ['userName eq "bjensen"', 'bjensen'],
        [q(name.familyName co "O'Malley"), 'bjensen'],
        ['userName sw "J"', 'Jsmith'],
        ["$user:userName sw \"J\"", 'Jsmith'],
        ['title pr', 'bjensen mallory'],
        ['meta.lastModified gt "2011-05-13T04:42:34Z"', 'bjensen Jsmith mallory alice'],
        ['meta.lastModified ge "2011-05-13T04:42:34Z"', 'bjensen Jsmith mallory alice'],
        ['meta.lastModified lt "2011-05-13T04:42:34Z"', ''],
        ['meta.lastModified le "2011-05-13T04:42:34Z"', ''],
        ['title pr and userType eq "Employee"', 'bjensen mallory'],
        ['title pr or userType eq "Intern"', 'bjensen Jsmith mallory'],
        ["schemas eq \"$enterprise\"", 'mallory'],
        ['userType eq "Employee" and (emails co "example.com" or emails.value co "example.org")', 'bjensen'],
        ['userType ne "Employee" and not (emails co "example.com" or emails.value co "example.org")', 'alice'],
        ['userType eq "Employee" and (emails.type eq "work")', 'bjensen'],
        ['userType eq "Employee" and emails[type eq "work" and value co "@example.com"]', 'bjensen'],
        ['emails[type eq "work" and value co "@example.com"] or ims[type eq "xmpp" and value co "@foo.com"]',
            'bjensen Jsmith'],
    );
    for my $row (@rows) {
        is found($row->[0]), $row->[1], "an example of the RFC: $row->[0]";
    }
};

everywhere '3.4.2.5: attributes' => sub {
    for my $where ('/Users/{id}', '/Users', '/') {
        my $url = $where =~ s/\{id\}/$id{bjensen}/r;
        my $shown = sub {
            my $body = $scim->get($url, query => {
                $where =~ /id/ ? () : (filter => 'userName eq "bjensen"'), @_ })->json;
            return join ' ', sort keys %{ $body->{Resources} ? $body->{Resources}[0] : $body };
        };
        is $shown->(attributes => 'userName,name.givenName'), 'id name schemas userName',
            "attributes of GET $where: what is asked for, and what is always returned";
        is $shown->(attributes => 'USERNAME'), 'id schemas userName', 'names have no case';
        is $shown->(attributes => "$user:title"), 'id schemas title', 'and may be written in full';
        is $shown->(excludedAttributes => 'emails,name,meta,userType,active'), 'id schemas title userName',
            "excludedAttributes of GET $where: all but these";
        is $shown->(excludedAttributes => 'id,schemas,emails,name,meta,userType,active'), 'id schemas title userName',
            "excludedAttributes of GET $where: what is always returned stays";
        error_is($scim->get($url, query => { $_->[0] => $_->[1] }), 400, 'invalidPath', undef,
            "$_->[0] of GET $where: refused when it is no attribute name: $_->[1]")
            for map { my $name = $_; map { [ $name, $_ ] } 'user name', 'emails[type eq "work"]', 'a..b' }
            qw(attributes excludedAttributes);
    }
};

# ---- 3.4.3 -----------------------------------------------------------------------------

everywhere '3.4.3: /.search' => sub {
    my $search = sub {
        my ($path, %body) = @_;
        return $scim->post("$path/.search", { schemas => ["$messages:SearchRequest"], %body });
    };
    my $before = $scim->get('/', query => { count => 0 })->json->{totalResults};

    is_deeply $search->($_)->json, $scim->get($_ || '/')->json, "POST to $_/.search is a query like GET"
        for '', '/Users', '/Groups', '/Devices';
    is $scim->get('/', query => { count => 0 })->json->{totalResults}, $before, 'POST to /.search creates nothing';
    my %all = (filter => 'userName pr', sortBy => 'userName', sortOrder => 'descending', startIndex => 2, count => 2);
    for my $name (sort keys %all) {
        is_deeply $search->('/Users', $name => $all{$name})->json,
            $scim->get('/Users', query => { $name => $all{$name} })->json, "$name in the body does what it does in a URL";
    }
    is_deeply $search->('/Users', $_ => [ 'title', 'name' ])->json,
        $scim->get('/Users', query => { $_ => 'title,name' })->json,
        "$_ in the body does what it does in a URL, as an array" for qw(attributes excludedAttributes);
    is names_of($search->('/Users', %all)), 'Jsmith bjensen', 'all parameters at once';
    is names_of($search->('/Users', sortBy => 'userName')), 'alice bjensen Jsmith mallory',
        'sortBy orders by this attribute';
    my $bare = $search->('/Users', excludedAttributes => [ qw(id schemas userName name title emails ims meta active
        userType externalId groups), $enterprise ])->json->{Resources};
    is_deeply [ map { join ' ', sort keys %$_ } @$bare ], [ ('id schemas') x 4 ],
        'excludedAttributes cannot take away what is always returned';

    error_is($search->('/Users', $_ => ['user name']), 400, 'invalidPath', undef, "$_ that are no names are refused")
        for qw(attributes excludedAttributes);
    error_is($search->('/Users', filter => $_), 400, 'invalidFilter', undef, "a filter that is none is refused: '$_'")
        for '', 'userName', 'userName eq "x';
    error_is($search->('/Users', sortBy => $_), 400, 'invalidValue', undef, "sortBy that is no name is refused: $_")
        for 'user name', 'emails[type eq "work"]', 'nothing';
    error_is(client('strict')->post('/Users/.search', $_->[0]), 400, 'invalidSyntax', qr/SearchRequest/,
        "ScimDialect strict: a body with $_->[1] is refused")
        for [ {}, 'no schemas' ], [ { schemas => [] }, 'empty schemas' ],
        [ { schemas => ["$messages:ListResponse"] }, 'schemas of others' ];
    is client('auto')->post('/Users/.search', {})->code, 200, 'other dialects do without schemas';
};

$server->stop;
done_testing;
