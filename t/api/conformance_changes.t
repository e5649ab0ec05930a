# PUT, PATCH and DELETE, rule by rule (RFC 7644 3.5 and 3.6), in the dialect that bends nothing and in
# that which there is by default. docs/conformance.md names these tests.

use strict;
use warnings;

use JSON::PP ();
use Test::More;

use Scim::Client qw(true false null);
use Scim::Expect qw(status_is error_is endpoint);
use Scim::Server;

my $token = 'conformance-changes-0123456789abcdef';
my $urn   = 'urn:ietf:params:scim:schemas:core:2.0';
my $user  = "$urn:User";
my $own   = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
my $rules = 'urn:example:params:scim:schemas:extension:rules:User';
my $op    = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
my $nobody = '0190b0e0-0000-7000-8000-000000000000';
my $serial = 0;

# An extension with each mutability.
my $schemas = JSON::PP->new->encode([
    { schemas => ["$urn:Schema"], id => $rules, name => 'Rules', attributes => [
        { name => 'badge',   type => 'string',  mutability => 'immutable' },
        { name => 'state',   type => 'string',  mutability => 'readOnly' },
        { name => 'pin',     type => 'string',  mutability => 'writeOnly', returned => 'never' },
        { name => 'floors',  type => 'integer', multiValued => true },
    ] },
    { schemas => ["$urn:ResourceType"], name => 'User',
        schemaExtensions => [{ schema => $rules, required => false }] },
]);

my $server = Scim::Server->start(files => { 'rules.json' => $schemas }, config => join '',
    "ScimSchema \"\@DIR\@/rules.json\"\n",
    map { my $dialect = $_; map { endpoint("/$dialect-$_->[0]/v2", directory => "$dialect-$_->[0]", token => $token,
            extra => "ScimDialect $dialect\n$_->[1]\n") }
        [plain => "ScimPasswords store\nScimPasswordCost 4"], [roles => 'ScimDefaultRole member'],
        [hiding => 'ScimDeleteUsers disable'] } qw(strict auto));
my ($scim, $roles, $hiding, $strict);

# A subtest in each dialect.
sub both
{
    my ($what, $code) = @_;

    for my $dialect (qw(strict auto)) {
        $strict = $dialect eq 'strict';
        ($scim, $roles, $hiding) = map { $server->client(token => $token, path => "/$dialect-$_/v2") }
            qw(plain roles hiding);
        subtest "$what, $dialect" => $code;
    }
}

sub person
{
    my ($client, %more) = @_;
    my @schemas = ($user, grep { /:/ } sort keys %more);
    my $r = $client->post('/Users', { schemas => \@schemas, userName => 'u' . ++$serial, %more });

    $r->code == 201 or die $r->text;
    return $r->json;
}

sub group
{
    my ($client, @ids) = @_;
    my $r = $client->post('/Groups', { schemas => ["$urn:Group"], displayName => 'g' . ++$serial,
        members => [map { { value => $_ } } @ids] });

    $r->code == 201 or die $r->text;
    return $r->json;
}

sub stored { return $scim->get("/Users/$_[0]")->json }

# What is stored of somebody after these operations, which have to succeed; without its meta.
sub patched
{
    my ($before, @operations) = @_;
    my $person = person($scim, %$before);
    my $r = $scim->patch("/Users/$person->{id}", \@operations);

    return $r->code . ' ' . $r->text if $r->code != 200;
    my $after = stored($person->{id});
    delete @$after{qw(id meta userName active schemas)};
    return $after;
}

# One of those who are there and of whom this can be said.
sub found
{
    my ($id, $filter) = @_;
    my $r = $scim->get('/Users', query => { filter => "id eq \"$id\" and $filter" });

    return $r->code == 200 ? $r->json->{totalResults} : $r->text;
}

# PATCH is refused, and everything is as it was.
sub refused
{
    my ($person, $message, $code, $type, $name) = @_;
    my $r = $scim->patch("/Users/$person->{id}", $message);

    local $Test::Builder::Level = $Test::Builder::Level + 1;
    error_is($r, $code, $type, undef, $name);
    is_deeply stored($person->{id}), $person, '... and nothing has changed';
}

my $a = { value => 'a@example.com', type => 'work' };
my $b = { value => 'b@example.com', type => 'home' };

# ---- 3.5.1 ---------------------------------------------------------------------------------

both 'PUT' => sub {
    my $people = sub { $scim->get('/Users', query => { count => 0 })->json->{totalResults} };
    my $before = $people->();
    error_is($scim->put("/Users/$nobody", { schemas => [$user], userName => 'nobody' }), 404, undef, undef,
        'a PUT to the id of nobody is not found');
    is $people->(), $before, 'a PUT creates nobody';

    my %ada = (externalId => 'x1', title => 'Countess', active => false, emails => [$a, $b],
        name => { givenName => 'Ada', familyName => 'King' }, $own => { division => 'Engines' });
    my $ada = person($scim, %ada);
    my $r = $scim->put("/Users/$ada->{id}", { %$ada, title => 'Lady' });
    status_is($r, 200, 'a PUT with all that was read, whatever its mutability, is taken');
    is_deeply { %{ $r->json }, meta => 0 }, { %$ada, title => 'Lady', meta => 0 },
        'a PUT answers with the whole resource as it is now';

    my $sent = { schemas => [$user], userName => $ada->{userName}, title => 'Dr.', name => { givenName => 'A.' },
        emails => [{ value => 'c@example.com' }] };
    $scim->put("/Users/$ada->{id}", $sent);
    my $now = stored($ada->{id});
    is_deeply { map { $_ => $now->{$_} } qw(title name emails) },
        { map { $_ => $sent->{$_} } qw(title name emails) },
        'values that a PUT has replace those of before, whole lists and objects too';
    ok !exists $now->{$own}, 'an extension that a PUT leaves out is cleared';
    is_deeply [@$now{qw(active externalId)}], [false, 'x1'], 'active and externalId stay when a PUT leaves them out';
    $scim->put("/Users/$ada->{id}", { schemas => [$user], userName => $ada->{userName} });
    $now = stored($ada->{id});
    is_deeply [grep { exists $now->{$_} } qw(title name emails)], [], 'what a PUT leaves out is cleared';
    $scim->put("/Users/$ada->{id}", { %$sent, title => null, emails => [], externalId => null });
    $now = stored($ada->{id});
    is_deeply [grep { exists $now->{$_} } qw(title emails)], [], 'a PUT with null or an empty array clears';
    is exists $now->{externalId}, !$strict, 'null clears what would stay otherwise, if the dialect is strict';

    my $bob = person($roles, roles => [{ value => 'editor' }]);
    $r = $roles->put("/Users/$bob->{id}", { schemas => [$user], userName => $bob->{userName} });
    is_deeply $r->json->{roles}, [{ value => 'member' }], 'what a PUT leaves out may get a default';
    error_is($scim->put("/Users/$ada->{id}", { schemas => [$user], title => 'x' }), 400, 'invalidValue',
        qr/userName is required/, 'a PUT without a required attribute is refused');
};

both 'PUT and mutability' => sub {
    my $eve = person($scim, password => 'one', $rules => { badge => 'B1', pin => '1' });
    my $put = sub {
        my ($extension, %more) = @_;
        return $scim->put("/Users/$eve->{id}", { schemas => [$user, $rules], userName => $eve->{userName},
            $rules => $extension, %more });
    };
    status_is($put->({ badge => 'B1' }), 200, 'an immutable value that matches is taken');
    error_is($put->({ badge => 'B2' }), 400, 'mutability', qr/badge/, 'another immutable value is refused by PUT');
    error_is($put->({ badge => null }), 400, 'mutability', qr/badge/, 'no immutable value is cleared by PUT') if $strict;
    is $put->({ floors => [1] })->json->{$rules}{badge}, 'B1', 'an immutable value stays when a PUT leaves it out';

    my $new = person($scim, $rules => { floors => [1] });
    my $r = $scim->put("/Users/$new->{id}", { %$new, $rules => { badge => 'B3' } });
    is $r->json->{$rules}{badge}, 'B3', 'an immutable attribute without a value gets that of a PUT';

    my $group = group($scim, $eve->{id});
    $eve = stored($eve->{id});
    $r = $put->({ %{ $eve->{$rules} }, state => 'x' }, id => $nobody, groups => [], meta => { version => 'x', created => 'x' });
    status_is($r, 200, 'a PUT may have readOnly values');
    is_deeply $r->json, $eve, 'readOnly values of a PUT are ignored';

    my $version = sub { $put->({ badge => 'B1', floors => [1], @_ }, password => 'one')->header('ETag') };
    my $first = $version->();
    is $version->(), $first, 'the same password again is no change';
    isnt $put->({ badge => 'B1', floors => [1] }, password => 'two')->header('ETag'), $first,
        'a writeOnly value of a PUT replaces that of before';
};

# ---- 3.5.2 ---------------------------------------------------------------------------------

both 'PATCH messages' => sub {
    my $ada = person($scim, title => 'x', emails => [$a]);
    my $add = { op => 'add', path => 'title', value => 'y' };
    my $raw = sub { qq({"schemas":["$op"],"Operations":[$_[0]]}) };

    ok $scim->get('/ServiceProviderConfig')->json->{patch}{supported}, 'PATCH is supported, it is said';
    if ($strict) {
        refused($ada, { Operations => [$add] }, 400, 'invalidSyntax', 'a PATCH without schemas is refused');
        refused($ada, { schemas => [$user], Operations => [$add] }, 400, 'invalidSyntax',
            'a PATCH with other schemas is refused');
    }
    refused($ada, { schemas => [$op] }, 400, 'invalidSyntax', 'a PATCH without Operations is refused');
    refused($ada, [], 400, 'invalidSyntax', 'a PATCH with no operation at all is refused');
    refused($ada, [{ path => 'title', value => 'y' }], 400, 'invalidSyntax', 'an operation without op is refused');
    refused($ada, $raw->('{"op":"add","op":"remove","path":"title","value":"y"}'), 400, 'invalidSyntax',
        'an operation with two op members is refused');
    refused($ada, [{ op => $_, path => 'title', from => 'nickName', value => 'y' }], 400, 'invalidSyntax',
        "there is no op $_") for qw(move copy test);
    refused($ada, [{ op => 'remove' }], 400, 'noTarget', 'remove without a path has no target');
    is_deeply patched({}, { op => 'add', value => { title => 'x' } }), { title => 'x' }, 'add needs no path';
    is_deeply patched({ title => 'x' }, { op => 'replace', value => { title => 'y' } }), { title => 'y' },
        'replace needs no path';
};

both 'PATCH and the schema' => sub {
    my $ada = person($scim, title => 'x', $rules => { badge => 'B1' });
    my %refused = (
        'PATCH of a readOnly attribute is refused'     => [groups => []],
        'PATCH of an id is refused'                    => [id => $nobody],
        'PATCH of a readOnly attribute of an extension is refused' => ["$rules:state" => 'x'],
        'PATCH of an immutable value is refused'       => ["$rules:badge" => 'B2'],
    );
    for my $name (sort keys %refused) {
        my ($path, $value) = @{ $refused{$name} };
        refused($ada, [{ op => $_, path => $path, value => $value }], 400, 'mutability', $name)
            for qw(add replace);
        refused($ada, [{ op => 'remove', path => $path }], 400, 'mutability', "$name: remove");
    }
    refused($ada, [{ op => 'add', path => 'active', value => 'maybe' }], 400, 'invalidValue',
        'PATCH with a value of another type is refused');
    my $nonsense = [{ op => 'add', path => 'nonsense', value => 'x' }];
    refused($ada, $nonsense, 400, 'invalidPath', 'PATCH of what no schema has is refused') if $strict;
    is_deeply $scim->patch("/Users/$ada->{id}", $nonsense)->json, $ada, 'or ignored, if the dialect is not strict'
        if !$strict;
    is_deeply patched({}, { op => 'add', path => "$rules:badge", value => 'B7' }), { $rules => { badge => 'B7' } },
        'an immutable attribute without a value can be added';

    is_deeply patched({}, { op => 'add', path => 'name.givenName', value => 'A' },
        { op => 'add', path => "$user:name.familyName", value => 'K' }),
        { name => { givenName => 'A', familyName => 'K' } }, 'paths without a URN are of the core schema';
    my $r = $scim->patch("/Users/$ada->{id}", [{ op => 'add', path => "$own:employeeNumber", value => '7' },
        { op => 'add', value => { $own => { division => 'D' } } }]);
    is_deeply $r->json->{schemas}, [$user, $own, $rules], 'an attribute of an extension brings its URN into schemas';
    is_deeply $r->json->{$own}, { employeeNumber => '7', division => 'D' },
        'later operations find the extension that an earlier one brought';
    $r = $scim->patch("/Users/$ada->{id}", [{ op => 'remove', path => $own }]);
    is_deeply $r->json->{schemas}, [$user, $rules], 'an extension that goes takes its URN from schemas';
    $r = $scim->patch("/Users/$ada->{id}", [{ op => 'add', path => 'schemas', value => [$own] },
        { op => 'add', path => "$own:division", value => 'E' }]);
    is_deeply [@{ $r->json }{'schemas', $own}], [[$user, $own, $rules], { division => 'E' }],
        'operations may add to schemas what a later one has values of';
};

both 'PATCH as a whole' => sub {
    my $c = { value => 'c@example.com', primary => true };
    my $primary = sub { [map { $_->{primary} ? $_->{value} : () } @{ $_[0]{emails} }] };
    for my $operation (
        { op => 'add', path => 'emails', value => [$c] },
        { op => 'replace', path => 'emails[type eq "home"]', value => $c },
        { op => 'add', path => 'emails[type eq "home"].primary', value => true },
        { op => 'add', value => { emails => [$c] } },
    ) {
        my $after = patched({ emails => [{ %$a, primary => true }, $b] }, $operation);
        my $where = $operation->{path} // 'no path';
        is scalar @{ $primary->($after) }, 1, "one value is primary after $operation->{op}, $where";
        is $after->{emails}[0]{primary}, false, 'a new primary value makes that of before none';
    }

    my $ada = person($scim, title => 'x', emails => [$a]);
    refused($ada, [{ op => 'replace', path => 'title', value => 'y' }, { op => 'add', path => 'nickName', value => 'n' },
        { op => 'replace', path => 'emails[type eq "none"].value', value => 'z' }], 400, 'noTarget',
        'an operation that fails fails all of a PATCH');
    is_deeply patched({ title => 'x' }, { op => 'add', path => 'emails', value => [$a] },
        { op => 'replace', path => 'emails[type eq "work"].type', value => 'home' },
        { op => 'remove', path => 'emails[type eq "home"].type' }), { title => 'x', emails => [{ value => $a->{value} }] },
        'each operation works on what the one before it made';

    my $r = $scim->patch("/Users/$ada->{id}", [{ op => 'replace', path => 'title', value => 'y' }]);
    status_is($r, 200, 'PATCH of a user answers 200');
    is_deeply $r->json, stored($ada->{id}), 'PATCH of a user answers with all of it';
    is $r->header('ETag'), $r->json->{meta}{version}, 'and its version';
    $r = $scim->patch("/Users/$ada->{id}", [{ op => 'replace', path => 'title', value => 'z' }],
        query => { attributes => 'title' });
    is_deeply status_is($r, 200, 'PATCH that asks for attributes answers 200')->json,
        { schemas => [$user], id => $ada->{id}, title => 'z' }, 'PATCH answers with the attributes asked for';

    my $group = group($scim);
    $r = $scim->patch("/Groups/$group->{id}", [{ op => 'add', path => 'members', value => [{ value => $ada->{id} }] }]);
    status_is($r, 204, 'PATCH of a group answers 204');
    is_deeply [$r->text, $r->header('ETag')], ['', $scim->get("/Groups/$group->{id}")->header('ETag')],
        '204 has no body, and the version in a header';
    $r = $scim->patch("/Groups/$group->{id}", [{ op => 'remove', path => 'members' }], query => { attributes => 'members' });
    status_is($r, 200, 'PATCH of a group that asks for attributes answers 200');
};

# ---- 3.5.2.1 to 3.5.2.3 ------------------------------------------------------------------------

both 'add' => sub {
    my $ada = person($scim, title => 'x', emails => [$a, $b], name => { givenName => 'A' }, $rules => { floors => [1, 2] });
    refused($ada, [{ op => 'add', path => 'title' }], 400, 'invalidValue', 'add without a value is refused');
    refused($ada, [{ op => 'add', path => 'name', value => 'A' }], 400, 'invalidValue',
        'add of text to a complex attribute is refused');
    is_deeply patched({ name => { givenName => 'A' } }, { op => 'add', path => 'name', value => { familyName => 'K' } }),
        { name => { givenName => 'A', familyName => 'K' } }, 'add takes sub-attributes for a complex attribute';
    is_deeply patched({}, { op => 'add', path => 'title', value => 'x' },
        { op => 'add', path => 'emails', value => [$a] }, { op => 'add', path => "$rules:floors", value => [3] }),
        { title => 'x', emails => [$a], $rules => { floors => [3] } }, 'add takes text, numbers and objects';

    my $r = $scim->patch("/Users/$ada->{id}", [
        { op => 'add', path => 'title', value => 'x' }, { op => 'add', path => 'emails', value => [$b] },
        { op => 'add', path => 'name', value => { givenName => 'A' } },
        { op => 'add', path => 'emails[type eq "work"].value', value => $a->{value} },
        { op => 'add', value => { emails => [$a], $rules => { floors => [2] } } } ]);
    status_is($r, 200, 'add of what is there is a success');
    is_deeply $r->json, $ada, 'add of what is there changes nothing, not even lastModified';
    my $group = group($scim, $ada->{id});
    $r = $scim->patch("/Groups/$group->{id}", [{ op => 'add', path => 'members', value => [{ value => $ada->{id} }] }]);
    status_is($r, 204, 'add of a member who is there is a success');
    is_deeply $scim->get("/Groups/$group->{id}")->json, $group, 'add of a member who is there changes nothing';
    $r = $scim->patch("/Users/$ada->{id}", [{ op => 'add', path => 'title', value => 'x' },
        { op => 'add', path => 'title', value => 'y' }]);
    isnt $r->json->{meta}{version}, $ada->{meta}{version}, 'unless other operations change something';
};

both 'remove' => sub {
    my @rows = (
        ['a single value that is removed is unassigned', { title => 'x' }, 'title', 'title pr'],
        ['a complex value that is removed is unassigned', { name => { givenName => 'A' } }, 'name', 'name pr'],
        ['a list that is removed is unassigned', { emails => [$a, $b] }, 'emails', 'emails pr'],
        ['a list without its last value is unassigned', { emails => [$a] }, 'emails[value eq "a@example.com"]', 'emails pr'],
        ['a list without its last record is unassigned', { emails => [$a] },
            'emails[type eq "work" and value ew "example.com"]', 'emails pr'],
        ['a simple list without its last value is unassigned', { $rules => { floors => [1] } },
            "$rules:floors[value eq 1]", "$rules:floors pr"],
        ['a sub-attribute that is removed is unassigned', { name => { givenName => 'A' } }, 'name.givenName', 'name.givenName pr'],
    );
    for my $row (@rows) {
        my ($name, $before, $path, $filter) = @$row;
        my $person = person($scim, %$before);
        is found($person->{id}, $filter), 1, "before: $filter";
        my $r = $scim->patch("/Users/$person->{id}", [{ op => 'remove', path => $path }]);
        my ($top) = grep { $_ ne 'schemas' } keys %$before;
        ok $r->code == 200 && !exists $r->json->{$top}, $name or diag $r->text;
        is found($person->{id}, $filter), 0, "after: not $filter";
    }
    is_deeply patched({ emails => [$a, $b] }, { op => 'remove', path => 'emails[type eq "work"]' }), { emails => [$b] },
        'the values that a filter matches are removed, others stay';
    is_deeply patched({ emails => [$a, $b] }, { op => 'remove', path => 'emails[type eq "work"].type' }),
        { emails => [{ value => $a->{value} }, $b] }, 'a sub-attribute of the matching records is unassigned';
    is_deeply patched({ emails => [$a, $b] }, { op => 'remove', path => 'emails[type eq "work"].value' }),
        { emails => [$strict ? { type => 'work' } : (), $b] },
        'a record of which but its labels are removed stays, if the dialect is strict';
    my $ada = person($scim, title => 'x');
    refused($ada, [{ op => 'remove', path => 'userName' }], 400, 'mutability', 'a required attribute cannot be removed');
    refused($ada, [{ op => 'remove', path => $_ }], 400, 'mutability', 'a readOnly attribute cannot be removed')
        for qw(id meta groups meta.created);
    my $group = group($scim);
    error_is($scim->patch("/Groups/$group->{id}", [{ op => 'remove', path => 'displayName' }]), 400, 'mutability', undef,
        'nor the name of a group');
};

both 'replace' => sub {
    my $ada = person($scim, emails => [$a, { %$a, value => 'c@example.com' }, $b]);
    my $work = 'emails[type eq "work"]';
    refused($ada, [{ op => 'replace', value => $_ }], 400, 'invalidValue', 'replace without a path needs attributes')
        for 'x', ['x'], null;
    is_deeply patched({ title => 'x', nickName => 'n' }, { op => 'replace', value => { title => 'y', emails => [$b] } }),
        { title => 'y', nickName => 'n', emails => [$b] }, 'replace without a path replaces the attributes it has';
    is_deeply patched({}, { op => 'replace', path => 'title', value => 'x' }, { op => 'replace', path => 'emails', value => [$a] },
        { op => 'replace', path => 'name.givenName', value => 'A' }), { title => 'x', emails => [$a], name => { givenName => 'A' } },
        'replace of what is not there adds it';
    is_deeply patched({ name => { givenName => 'A', familyName => 'K' } },
        { op => 'replace', path => 'name', value => { givenName => 'B', middleName => 'M' } }),
        { name => { givenName => 'B', familyName => 'K', middleName => 'M' } },
        'replace takes sub-attributes for a complex attribute, others stay';
    refused($ada, [{ op => 'replace', path => 'name', value => 'A' }], 400, 'invalidValue',
        'replace of a complex attribute with text is refused');
    is_deeply patched({ emails => $ada->{emails} }, { op => 'replace', path => "$work.display", value => 'D' }),
        { emails => [{ %$a, display => 'D' }, { %$a, value => 'c@example.com', display => 'D' }, $b] },
        'replace reaches a sub-attribute of all matching records';
    is_deeply patched({ addresses => [{ type => 'work', locality => 'Oslo' }, { type => 'work', region => 'NO' }, { type => 'home' }] },
        { op => 'replace', path => 'addresses[type eq "work"]', value => { type => 'other', locality => 'Rome' } }),
        { addresses => [{ type => 'other', locality => 'Rome' }, { type => 'home' }] },
        'replace reaches all matching records, and what is then the same is one';
    refused($ada, [{ op => 'replace', path => 'emails[type eq "none"]' . $_->[0], value => $_->[1] }], 400, 'noTarget',
        'replace with a filter that matches nothing has no target') for ['', $a], ['.value', 'x'];
};

# ---- 3.6 -----------------------------------------------------------------------------------

for my $how (qw(deleted hidden)) {
    both "DELETE, $how" => sub {
        my $client = $how eq 'hidden' ? $hiding : $scim;
        my $ada = person($client, externalId => "delete-$serial", title => 'x');
        my $group = group($client, $ada->{id});
        my $r = $client->delete("/Users/$ada->{id}");
        status_is($r, 204, 'DELETE answers 204');
        is $r->text, '', 'and nothing else';

        my $path = "/Users/$ada->{id}";
        my $change = [{ op => 'replace', path => 'title', value => 'y' }];
        error_is($client->get($path), 404, undef, undef, 'GET of somebody deleted is not found');
        is $client->head($path)->code, 404, 'nor is HEAD';
        error_is($client->get($path, 'If-None-Match' => $ada->{meta}{version}), 404, undef, undef, 'nor is a conditional GET');
        error_is($client->put($path, { schemas => [$user], userName => $ada->{userName} }), 404, undef, undef, 'nor is PUT');
        error_is($client->patch($path, $change), 404, undef, undef, 'nor is PATCH');
        error_is($client->patch($path, $change, 'If-Match' => '*'), 404, undef, undef, 'nor is a conditional PATCH');
        error_is($client->delete($path), 404, undef, undef, 'nor is another DELETE');
        $r = $client->post('/Bulk', { schemas => ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'], Operations => [
            { method => 'DELETE', path => $path },
            { method => 'PATCH', path => $path, data => { schemas => [$op], Operations => $change } } ] });
        is join(' ', map { $_->{status} } @{ $r->json->{Operations} }), '404 404', 'nor are operations of a bulk request';
        $r = $client->patch("/Groups/$group->{id}",
            [{ op => 'add', path => 'members', value => [{ value => $ada->{id} }] }]);
        is $r->code, $strict ? 400 : 204, 'somebody deleted cannot become a member';

        for my $filter (undef, "id eq \"$ada->{id}\"", "userName eq \"$ada->{userName}\"",
            "externalId eq \"$ada->{externalId}\"", 'title eq "x"', "userName sw \"$ada->{userName}\"")
        {
            my %query = defined $filter ? (query => { filter => $filter }) : ();
            for my $where ('/Users', '/') {
                my $ids = join ' ', map { $_->{id} } @{ $client->get($where, %query)->json->{Resources} };
                unlike $ids, qr/\Q$ada->{id}\E/, "no query has somebody deleted: $where, " . ($filter // 'no filter');
            }
        }
        $r = $client->get("/Groups/$group->{id}");
        ok !exists $r->json->{members}, 'no group has somebody deleted' or diag $r->text;

        $r = $client->post('/Users', { schemas => [$user], userName => $ada->{userName} });
        status_is($r, 201, 'the userName of somebody deleted is free');
        my $group_again = { schemas => ["$urn:Group"], displayName => $group->{displayName} };
        status_is($client->delete("/Groups/$group->{id}"), 204, 'DELETE of a group answers 204');
        error_is($client->get("/Groups/$group->{id}"), 404, undef, undef, 'a deleted group is not found');
        status_is($client->post('/Groups', $group_again), 201, 'the name of a deleted group is free');
    };
}

done_testing;
