# Groups and their members over HTTP.
use strict;
use warnings;

use JSON::PP ();
use Test::More;

use Scim::Client qw(true false null);
use Scim::Expect qw(status_is error_is endpoint);
use Scim::Server;

my $token = 'groups-0123456789abcdefghijklmnopqrs';
my $urn   = 'urn:ietf:params:scim:schemas:core:2.0';
my $patch = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';

my $server = Scim::Server->start(config => join '',
    endpoint('/scim/v2', directory => 'plain', tokens => [['tester', $token],
        ['reader', "read-$token", 'scope=read'], ['people', "people-$token", 'scope=read,write,users']]),
    endpoint('/strict/v2', directory => 'strict', token => $token, extra => "ScimDialect strict\n"),
    endpoint('/hide/v2', directory => 'hide', token => $token, extra => "ScimDeleteUsers disable\n"),
    map({ endpoint("/$_->[0]/v2", directory => 'policy', token => $token, extra => "$_->[1]\n") }
        ['open', ''],
        ['create-off', 'ScimCreateGroups off'],
        ['update-off', 'ScimUpdateGroups off'],
        ['update-ignore', 'ScimUpdateGroups ignore'],
        ['delete-off', 'ScimDeleteGroups off'],
        ['delete-ignore', 'ScimDeleteGroups ignore']));

sub client { return $server->client(token => $token, path => "/$_[0]/v2") }

my $scim   = client('scim');
my $strict = client('strict');

# People of a directory: ids by name.
sub people
{
    my ($client, @names) = @_;
    return map {
        my $r = status_is($client->post('/Users', { schemas => ["$urn:User"], userName => $_ }), 201, $_);
        $r->json->{id};
    } @names;
}

sub group
{
    my ($client, $name, @ids) = @_;
    my $r = $client->post('/Groups', { schemas => ["$urn:Group"], displayName => $name,
        members => [map { { value => $_ } } @ids] });
    status_is($r, 201, "group $name");
    return $r->json->{id};
}

sub ids { return [map { $_->{value} } @{ $_[0]->json->{members} || [] }] }
sub members { my ($client, $id) = @_; return ids($client->get("/Groups/$id")) }
sub values_of { return [map { { value => $_ } } @_] }

my ($ada, $bob, $eve) = people($scim, qw(ada bob eve));

subtest 'the life of a group' => sub {
    my $r = status_is($scim->post('/Groups', { schemas => ["$urn:Group"], displayName => 'Editors',
        externalId => 'e1', members => [{ value => $ada, display => 'whatever', type => 'Group' }] }),
        201, 'create');
    my $id = $r->json->{id};
    my $url = $scim->base . "/Groups/$id";
    is $r->header('Location'), $url, 'Location';
    is $r->header('ETag'), 'W/"1"', 'ETag';
    my $member = { value => $ada, '$ref' => $scim->base . "/Users/$ada", display => 'ada', type => 'User' };
    is_deeply $r->json->{members}, [$member], 'members';
    is_deeply $r->json->{schemas}, ["$urn:Group"], 'schemas';
    is $r->json->{meta}{resourceType}, 'Group', 'meta';

    $r = status_is($scim->get("/Groups/$id"), 200, 'read');
    is_deeply $r->json->{members}, [$member], 'the same members';
    ok defined $r->header('Content-Length'), 'Content-Length';
    is $scim->get("/Groups/$id", 'If-None-Match' => 'W/"1"')->code, 304, 'not modified';
    is $scim->head("/Groups/$id")->header('Content-Length'), $r->header('Content-Length'), 'HEAD';

    $r = status_is($scim->patch("/Groups/$id", [{ op => 'add', path => 'members', value => values_of($bob) }]),
        204, 'PATCH answers without a body');
    is $r->text, '', 'nothing';
    is $r->header('ETag'), 'W/"2"', 'but a version';
    is $r->header('Location'), $url, 'and where it is';
    is $r->header('Content-Type'), undef, 'of no type';
    $r = status_is($scim->patch("/Groups/$id?attributes=displayName",
        [{ op => 'remove', path => "members[value eq \"$ada\"]" }]), 200, 'PATCH that asks for attributes');
    is_deeply [sort keys %{ $r->json }], [qw(displayName id schemas)], 'has these';
    is_deeply members($scim, $id), [$bob], 'one is left';
    is $scim->patch("/Groups/$id", [{ op => 'remove', path => "members[value eq \"$ada\"]" }])->header('ETag'),
        'W/"3"', 'what changes nothing leaves the version';
    error_is($scim->patch("/Groups/$id", [{ op => 'remove', path => 'members' }], 'If-Match' => 'W/"2"'), 412,
        undef, qr/W\/"3"/, 'If-Match');
    is_deeply members($scim, $id), [$bob], 'nothing changed';

    $r = status_is($scim->put("/Groups/$id", { schemas => ["$urn:Group"], displayName => 'Editors',
        members => values_of($ada, $eve) }), 200, 'PUT');
    is_deeply [sort @{ ids($r) }], [sort $ada, $eve], 'shows the new members';
    is $r->header('ETag'), 'W/"4"', 'one version more';
    $r = status_is($scim->put("/Groups/$id", $r->json), 200, 'PUT what was read');
    is $r->header('ETag'), 'W/"4"', 'changes nothing';

    error_is($scim->post('/Groups', { schemas => ["$urn:Group"], displayName => 'EDITORS' }), 409,
        'uniqueness', qr/EDITORS/, 'a name is taken once');
    $r = $scim->get('/Groups', query => { filter => 'displayName eq "editors"', excludedAttributes => 'members' });
    is $r->json->{totalResults}, 1, 'found by name';
    ok !exists $r->json->{Resources}[0]{members}, 'without members';
    is $scim->get("/Users/$id")->code, 404, 'it is no user';
    is $scim->get("/Groups/$ada")->code, 404, 'nor is she a group';

    status_is($scim->delete("/Groups/$id"), 204, 'DELETE');
    is $scim->get("/Groups/$id")->code, 404, 'gone';
    ok !exists $scim->get("/Users/$ada")->json->{groups}, 'nobody is in it';
};

subtest 'people know their groups' => sub {
    my $inner = group($scim, 'Inner', $ada);
    my $outer = group($scim, 'Outer', $inner, $bob);
    my $r = $scim->get("/Users/$ada");
    is_deeply $r->json->{groups}, [
        { value => $inner, '$ref' => $scim->base . "/Groups/$inner", display => 'Inner', type => 'direct' },
        { value => $outer, '$ref' => $scim->base . "/Groups/$outer", display => 'Outer', type => 'indirect' } ],
        'direct and indirect';
    $r = status_is($scim->put("/Users/$ada", { %{ $r->json }, groups => [] }), 200, 'sent back, and changed');
    like $r->header('ETag'), qr{^W/"1-}, 'that is ignored';
    is scalar @{ $r->json->{groups} }, 2, 'and answered';
    my ($listed) = grep { $_->{id} eq $ada } @{ $scim->get('/Users')->json->{Resources} };
    is scalar @{ $listed->{groups} }, 2, 'lists have them';
    for my $filter ("groups.value eq \"$outer\"", 'groups.display eq "outer"', 'groups pr') {
        is $scim->get('/Users', query => { filter => $filter })->json->{totalResults}, 2, $filter;
    }
    for my $filter ("members.value eq \"$inner\"", "members eq \"$bob\"", "members[value eq \"$bob\"]",
        'members.type eq "Group"', "id eq \"$outer\" and members eq \"$bob\"")
    {
        my $found = $scim->get('/Groups', query => { filter => $filter })->json;
        is $found->{totalResults}, 1, $filter;
        is $found->{Resources}[0]{id}, $outer, '... finds the group';
    }
    status_is($scim->patch("/Groups/$inner", [{ op => 'add', path => 'members', value => values_of($outer) }]),
        204, 'a circle');
    is scalar @{ $scim->get("/Users/$ada")->json->{groups} }, 2, 'has an end';
    error_is($scim->patch("/Groups/$inner", [{ op => 'add', path => 'members', value => values_of($inner) }]),
        400, 'invalidValue', qr/itself/, 'but not alone');
    status_is($scim->delete("/Users/$bob"), 204, 'somebody goes');
    is_deeply members($scim, $outer), [$inner], 'and is no member';
    status_is($scim->delete("/Groups/$_"), 204, 'a group goes') for $outer, $inner;
};

subtest 'who is deleted and created again' => sub {
    my $hide = client('hide');
    my ($one, $two) = people($hide, 'one', 'two');
    my $inner = group($hide, 'Inner', $one, $two);
    my $outer = group($hide, 'Outer', $inner);
    my $version = $hide->get("/Groups/$inner")->header('ETag');
    my $now;

    status_is($hide->delete("/Users/$one"), 204, 'ScimDeleteUsers disable');
    is_deeply members($hide, $inner), [$two], 'leaves the group';
    isnt $now = $hide->get("/Groups/$inner")->header('ETag'), $version, '... which is another version of it';
    my $again = status_is($hide->post('/Users', { schemas => ["$urn:User"], userName => 'One' }), 201,
        'somebody of that name')->json;
    is $again->{id}, $one, 'is the same';
    ok !$again->{groups}, 'in no group';
    ok !$hide->get("/Users/$one")->json->{groups}, 'nor later';
    is_deeply members($hide, $inner), [$two], 'nor as the group tells it';
    is $hide->get("/Groups/$inner")->header('ETag'), $now, '... which nothing has changed';
    is $hide->get($_->[0], query => { filter => $_->[1] })->json->{totalResults}, 0, "nor by $_->[1]"
        for ['/Groups', "members.value eq \"$one\""], ['/Users', "groups.value eq \"$outer\" and userName eq \"one\""];
    status_is($hide->patch("/Groups/$inner", [{ op => 'add', path => 'members', value => values_of($one) }]),
        204, 'who is granted it again');
    is_deeply members($hide, $inner), [sort $one, $two], 'has it';
};

subtest 'nobody' => sub {
    my ($one) = people($strict, 'one');
    my $nobody = '0190b0e0-0000-7000-8000-000000000000';
    my $id = group($strict, 'Team', $one);
    error_is($strict->patch("/Groups/$id", [{ op => 'add', path => 'members', value => values_of($nobody) }]),
        400, 'invalidValue', qr/$nobody/, 'the strict hear of it');
    error_is($strict->post('/Groups', { schemas => ["$urn:Group"], displayName => 'x',
        members => values_of($one, 'no-id') }), 400, 'invalidValue', qr/'no-id'/, 'in a create, too');
    is $strict->get('/Groups')->json->{totalResults}, 1, 'which comes to nothing';
    $id = group($scim, 'Team');
    status_is($scim->patch("/Groups/$id", [{ op => 'add', path => 'members', value => values_of($ada, $nobody) }]),
        204, 'the lenient do not');
    is_deeply members($scim, $id), [$ada], 'who is there is added';
    like $server->error_log, qr/SCIM0002: tester: No user or group has the id '\Q$nobody\E'/, 'the log tells';
    error_is($strict->patch("/Groups/$id", []), 400, 'invalidSyntax', undef, 'no operations');
    status_is($scim->delete("/Groups/$id"), 204, 'gone');
};

subtest 'how much one request may look for' => sub {
    my $id = group($scim, 'Large', people($scim, map { "large$_" } 1 .. 60));
    my $filter = join ' or ', ('type eq "x"') x 130;
    my $look = sub { [ ({ op => 'remove', path => "members[$filter]" }) x $_[0] ] };
    status_is($scim->patch("/Groups/$id", $look->(128)), 204, 'almost a million comparisons');
    error_is($scim->patch("/Groups/$id", $look->(129)), 400, 'tooMany', qr/Operation 129: .*too many members/,
        'more');
    is @{ members($scim, $id) }, 60, 'nobody has left';
    status_is($scim->delete("/Groups/$id"), 204, 'and the group goes');
};

subtest 'OneLogin with SCIM 1.1' => sub {
    my $id = group($scim, 'Old', $ada);
    my $r = status_is($scim->patch("/Groups/$id", { schemas => ['urn:scim:schemas:core:1.0'],
        members => [{ value => $eve, operation => 'add' }, { value => $ada, operation => 'delete' }] }), 204,
        'members with operations');
    is_deeply members($scim, $id), [$eve], 'are added and deleted';
    status_is($scim->delete("/Groups/$id"), 204, 'gone');
};

subtest 'policy' => sub {
    my $open = client('open');
    my ($one, $two) = people($open, 'one', 'two');
    my $id = group($open, 'Team', $one);
    my $add = [{ op => 'add', path => 'members', value => values_of($two) }];

    error_is(client('create-off')->post('/Groups', { schemas => ["$urn:Group"], displayName => 'x' }), 403,
        undef, qr/ScimCreateGroups/, 'no create');
    error_is(client('update-off')->patch("/Groups/$id", $add), 403, undef, qr/ScimUpdateGroups/, 'no update');
    status_is(client('update-ignore')->patch("/Groups/$id", $add), 204, 'an update ignored');
    is_deeply members($open, $id), [$one], 'none was';
    error_is(client('delete-off')->delete("/Groups/$id"), 403, undef, qr/ScimDeleteGroups/, 'no delete');
    status_is(client('delete-ignore')->delete("/Groups/$id"), 204, 'a delete ignored');
    is_deeply members($open, $id), [$one], 'all is as it was';
};

subtest 'scopes' => sub {
    my $reader = $server->client(token => "read-$token");
    my $people = $server->client(token => "people-$token");
    is $reader->get('/Groups')->code, 200, 'reading';
    is $reader->post('/Groups', {})->code, 403, '... is not writing';
    is $people->get('/Groups')->code, 403, 'people are not groups';
};

subtest 'discovery' => sub {
    is $scim->get('/ResourceTypes/Group')->json->{endpoint}, '/Groups', 'a type';
    is $scim->get("/Schemas/$urn:Group")->json->{name}, 'Group', 'a schema';
};

done_testing;
