# The life of a person as OneLogin provisions it: requests as seen on the wire, replayed against
# endpoints with every setting of the policy.
use strict;
use warnings;

use Digest::SHA 'sha256_hex';
use Test::More;

use Scim::Client qw(true false);
use Scim::Replay;
use Scim::Server;

my $token = 'onelogin-test-0123456789abcdefghijklmnop';
my $hash  = sha256_hex($token);
my $enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';

# endpoint => directives; /NAME has the directives, /open/NAME the same directory and none
my %policy = (
    clean    => '',
    obsolete => '',
    scim1    => '',
    strings  => '',
    again    => '',
    onelogin => 'ScimDialect onelogin',
    rewrite  => 'ScimUserNameRewrite "(.*)@.*" "$1"',
    roles    => "ScimDefaultRole member\n    ScimRoles member editor",
    unknown  => 'ScimUnknownAttributes reject',
    map({ ("$_-off" => "Scim\u${_}Users off", "$_-ignore" => "Scim\u${_}Users ignore") }
        qw(create update enable disable delete)),
    'delete-disable' => 'ScimDeleteUsers disable',
    'return-off'     => "ScimDeleteUsers disable\n    ScimEnableUsers off",
    'return-ignore'  => "ScimDeleteUsers disable\n    ScimEnableUsers ignore",
);

sub endpoint
{
    my ($path, $directory, $directives) = @_;
    return <<"END";
<Location "$path">
    SetHandler scim
    ScimDirectory $directory
    ScimBearerToken onelogin sha256:$hash
    $directives
</Location>
END
}

my $server = Scim::Server->start(config => join '',
    map { endpoint("/$_", $_, $policy{$_}) . endpoint("/open/$_", $_, '') } sort keys %policy);

sub client { return $server->client(path => $_[0], token => $token) }
sub replay { return Scim::Replay->new('onelogin', client($_[0])) }

sub status_is
{
    my ($r, $code, $what) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    is $r->code, $code, $what or diag $r->text;
    return $r;
}

# What is stored, seen through the endpoint without policy.
sub stored
{
    my ($directory, $id) = @_;
    my $r = client("/open/$directory")->get("/Users/$id");
    return $r->code == 200 ? $r->json : undef;
}

sub person
{
    my ($directory, $name) = @_;
    return status_is(replay("/open/$directory")->send('create', name => $name), 201,
        "$directory: somebody is there")->json->{id};
}

sub refused
{
    my ($r, $directive) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    status_is($r, 403, "$directive off: refused");
    like $r->detail, qr/$directive is off/, 'the refusal names the directive';
    is $r->json->{status}, '403', 'status in the body';
}

# ---- the whole life, for each template and dialect -----------------------------------------------

for my $case (['clean', 'create'], ['obsolete', 'create-obsolete'], ['onelogin', 'create-obsolete']) {
    my ($where, $create) = @$case;
    my $onelogin = replay("/$where");
    my $r;

    subtest "life of a person: $where" => sub {
        $r = status_is($onelogin->send('credential-test'), 200, 'credential test');
        is $r->json->{totalResults}, 0, 'finds nobody';
        is_deeply $r->json->{Resources}, [], 'Resources is there and empty';
        is $r->header('Content-Type'), 'application/json', 'no Accept: plain JSON for OneLogin';

        $r = status_is($onelogin->send('lookup', name => 'ada'), 200, 'look-up before');
        is $r->json->{totalResults}, 0, 'a miss';

        $r = status_is($onelogin->send($create, name => 'ada'), 201, 'create');
        my $ada = $r->json;
        my $id  = $ada->{id};
        like $id, qr/^[0-9a-f]{8}-[0-9a-f]{4}-7/, 'the server chose an id';
        is $r->header('Location'), $ada->{meta}{location}, 'Location is meta.location';
        like $ada->{meta}{location}, qr{/$where/Users/$id$}, 'meta.location';
        is $r->header('ETag'), $ada->{meta}{version}, 'ETag is meta.version';
        is $ada->{meta}{created}, $ada->{meta}{lastModified}, 'never modified yet';
        is_deeply [sort @{ $ada->{schemas} }],
            ['urn:ietf:params:scim:schemas:core:2.0:User', $enterprise], 'schemas of today';
        is $ada->{userName}, 'ada', 'userName';
        is $ada->{name}{givenName}, ' Ada', 'text is kept as it was sent';
        is $ada->{name}{familyName}, 'Lovelace', 'familyName';
        is_deeply $ada->{emails}, [{ value => 'ada@example.com', type => 'work', primary => true }],
            'emails is an array';
        is $ada->{active}, true, 'active unless said otherwise';
        is_deeply $ada->{$enterprise}, { department => 'R&D', manager => { value => '4711' } },
            'enterprise extension';
        ok !exists $ada->{title} || length $ada->{title}, 'a blank is no value';

        $r = status_is($onelogin->send('lookup', name => 'ADA'), 200, 'look-up after');
        is $r->json->{totalResults}, 1, 'a hit, in any case';
        is $r->json->{Resources}[0]{id}, $id, 'the id';
        is_deeply $r->json->{Resources}[0], $ada, 'the whole person';

        $r = status_is($onelogin->send('update', id => $id, name => 'ada'), 200, 'update');
        my $updated = $r->json;
        is $updated->{name}{familyName}, 'King', 'a changed name';
        is_deeply $updated->{$enterprise}, { department => 'Engines' }, 'a blank manager is gone';
        is $updated->{active}, true, 'active stays when it is not sent';
        is $updated->{meta}{created}, $ada->{meta}{created}, 'created stays';
        isnt $updated->{meta}{version}, $ada->{meta}{version}, 'a new version';
        is_deeply status_is($onelogin->send('update', id => $id, name => 'ada'), 200, 'once more')
            ->json, $updated, 'the same PUT again changes nothing, not even the version';

        is status_is($onelogin->send('suspend', id => $id, name => 'ada'), 200, 'suspend')
            ->json->{active}, false, 'inactive';
        is status_is($onelogin->send('read', id => $id), 200, 'an inactive person is readable')
            ->json->{active}, false, 'and says so';
        is $onelogin->send('lookup', name => 'ada')->json->{totalResults}, 1, 'and is found';
        is status_is($onelogin->send('reactivate', id => $id, name => 'ada'), 200, 'reactivate')
            ->json->{active}, true, 'active again';

        $r = status_is($onelogin->send('delete', id => $id), 204, 'delete');
        is $r->text, '', 'without a body';
        status_is($onelogin->send('read', id => $id), 404, 'gone');
        status_is($onelogin->send('delete', id => $id), 404, 'deleting again finds nobody');
        status_is($onelogin->send('update', id => $id, name => 'ada'), 404, 'nor does updating');
        is $onelogin->send('lookup', name => 'ada')->json->{totalResults}, 0, 'nor looking up';

        $r = status_is($onelogin->send($create, name => 'ada'), 201, 'create again');
        isnt $r->json->{id}, $id, 'under a new id';
        $r = status_is($onelogin->send($create, name => 'Ada'), 409, 'and once more: taken');
        is $r->json->{scimType}, 'uniqueness', 'uniqueness, whatever the case';
        like $r->detail, qr/'Ada'.*taken/, 'says which name';
    };
}

subtest 'a template of SCIM 1.1, with things nobody knows' => sub {
    my $r = status_is(replay('/scim1')->send('create-scim1', name => 'ada'), 201, 'created');
    my $ada = $r->json;
    is_deeply [sort keys %$ada], [qw(active emails id meta name schemas userName)],
        'what is known was kept, blanks and inventions were not';
    is_deeply $ada->{schemas}, ['urn:ietf:params:scim:schemas:core:2.0:User'], 'schemas';
    is $ada->{active}, true, 'active "1"';
    like $server->error_log, qr/user_mobile/, 'the log tells what was ignored';

    $r = status_is(replay('/unknown')->send('create-scim1', name => 'ada'), 400,
        'ScimUnknownAttributes reject');
    like $r->detail, qr/user_mobile|details|urn:example:own:1\.0/, 'names what is unknown';
    is $r->json->{scimType}, 'invalidSyntax', 'invalidSyntax';
    is client('/open/unknown')->get('/Users')->json->{totalResults}, 0, 'nothing was stored';
};

subtest 'active as text' => sub {
    my $onelogin = replay('/strings');
    my $id = person('strings', 'ada');
    my @steps = (
        ['suspend-string',    false, '"false"'],
        ['reactivate-string', true,  '"True"'],
        ['suspend-digit',     false, '"0"'],
        ['reactivate',        true,  'true'],
    );
    for (@steps) {
        my ($request, $active, $what) = @$_;
        is status_is($onelogin->send($request, id => $id, name => 'ada'), 200, $what)->json->{active},
            $active, "active $what";
        is stored('strings', $id)->{active}, $active, 'and stored';
    }
};

# ---- toggles ---------------------------------------------------------------------------------------

subtest 'ScimCreateUsers' => sub {
    refused(replay('/create-off')->send('create', name => 'ada'), 'ScimCreateUsers');
    is client('/open/create-off')->get('/Users')->json->{totalResults}, 0, 'nobody was created';

    my $r = status_is(replay('/create-ignore')->send('create', name => 'ada'), 201, 'ignore: success');
    is $r->json->{userName}, 'ada', 'with the person that would have been';
    is client('/open/create-ignore')->get('/Users')->json->{totalResults}, 0, 'but nobody is there';
    like $server->error_log, qr/ScimCreateUsers is ignore/, 'the log tells';

    my $id = person('create-off', 'bob');
    status_is(replay('/create-off')->send('update', id => $id, name => 'bob'), 200,
        'people who are there can be updated');
};

subtest 'ScimUpdateUsers' => sub {
    my $id = person('update-off', 'ada');
    my $before = stored('update-off', $id);
    refused(replay('/update-off')->send('update', id => $id, name => 'ada'), 'ScimUpdateUsers');
    refused(replay('/update-off')->send('suspend', id => $id, name => 'ada'), 'ScimUpdateUsers');
    is_deeply stored('update-off', $id), $before, 'nothing changed';
    my $r = client('/update-off')->patch("/Users/$id",
        [{ op => 'replace', path => 'active', value => false }]);
    is status_is($r, 200, 'disabling alone is no update')->json->{active}, false, 'inactive';

    $id = person('update-ignore', 'ada');
    $before = stored('update-ignore', $id);
    $r = status_is(replay('/update-ignore')->send('update', id => $id, name => 'ada'), 200,
        'ignore: success');
    is $r->json->{name}{familyName}, 'Lovelace', 'the answer is what is stored';
    is $r->header('ETag'), $before->{meta}{version}, 'with its version';
    is_deeply stored('update-ignore', $id), $before, 'nothing changed';
    like $server->error_log, qr/ScimUpdateUsers is ignore/, 'the log tells';
    $r = status_is(replay('/update-ignore')->send('suspend', id => $id, name => 'ada'), 200,
        'an update that disables');
    is $r->json->{active}, false, 'disables';
    is $r->json->{name}{familyName}, 'Lovelace', 'and does not update';
};

subtest 'ScimDisableUsers' => sub {
    my $id = person('disable-off', 'ada');
    my $before = stored('disable-off', $id);
    refused(replay('/disable-off')->send('suspend', id => $id, name => 'ada'), 'ScimDisableUsers');
    is_deeply stored('disable-off', $id), $before, 'nothing changed: half a request is none';
    status_is(replay('/disable-off')->send('update', id => $id, name => 'ada'), 200,
        'updates are allowed');

    $id = person('disable-ignore', 'ada');
    my $r = status_is(replay('/disable-ignore')->send('suspend', id => $id, name => 'ada'), 200,
        'ignore: success');
    is $r->json->{active}, true, 'still active';
    is $r->json->{name}{familyName}, 'King', 'the rest was updated';
    like $server->error_log, qr/ScimDisableUsers is ignore/, 'the log tells';
};

subtest 'ScimEnableUsers' => sub {
    for my $way (qw(off ignore)) {
        my $id = person("enable-$way", 'ada');
        status_is(replay("/enable-$way")->send('suspend', id => $id, name => 'ada'), 200,
            'disabling is allowed');
        my $before = stored("enable-$way", $id);
        my $r = replay("/enable-$way")->send('reactivate-string', id => $id, name => 'ada');
        if ($way eq 'off') {
            refused($r, 'ScimEnableUsers');
        }
        else {
            is status_is($r, 200, 'ignore: success')->json->{active}, false, 'still inactive';
            like $server->error_log, qr/ScimEnableUsers is ignore/, 'the log tells';
        }
        is_deeply stored("enable-$way", $id), $before, 'nothing changed';
    }
};

subtest 'ScimDeleteUsers off and ignore' => sub {
    my $id = person('delete-off', 'ada');
    refused(replay('/delete-off')->send('delete', id => $id), 'ScimDeleteUsers');
    ok stored('delete-off', $id), 'still there';

    $id = person('delete-ignore', 'ada');
    my $before = stored('delete-ignore', $id);
    status_is(replay('/delete-ignore')->send('delete', id => $id), 204, 'ignore: success');
    is_deeply stored('delete-ignore', $id), $before, 'still there, unchanged';
    like $server->error_log, qr/ScimDeleteUsers is ignore/, 'the log tells';
};

subtest 'ScimDeleteUsers disable' => sub {
    my $onelogin = replay('/delete-disable');
    my $id = person('delete-disable', 'ada');
    my $created = stored('delete-disable', $id)->{meta}{created};

    status_is($onelogin->send('delete', id => $id), 204, 'delete');
    status_is($onelogin->send('read', id => $id), 404, 'gone for the client');
    status_is($onelogin->send('update', id => $id, name => 'ada'), 404, 'and for its updates');
    status_is($onelogin->send('delete', id => $id), 404, 'and its deletes');
    is $onelogin->send('lookup', name => 'ada')->json->{totalResults}, 0, 'and its look-ups';
    is client('/delete-disable')->get('/Users')->json->{totalResults}, 0, 'and its lists';

    my $r = status_is($onelogin->send('create-obsolete', name => 'ADA'), 201, 'create again');
    is $r->json->{id}, $id, 'the old id';
    is $r->json->{active}, true, 'active';
    is $r->json->{userName}, 'ADA', 'with what was sent now';
    is $r->json->{meta}{created}, $created, 'created when they were';
    ok !exists $r->json->{title}, 'and nothing of before';
    is $onelogin->send('lookup', name => 'ada')->json->{totalResults}, 1, 'found again';

    my $scim = client('/delete-disable');
    $r = status_is($scim->post('/Users', { schemas => ['urn:ietf:params:scim:schemas:core:2.0:User'],
        userName => 'grace', externalId => 'X-7' }), 201, 'somebody with an externalId');
    my $grace = $r->json->{id};
    status_is($scim->delete("/Users/$grace"), 204, 'deleted');
    $r = status_is($scim->post('/Users', { schemas => ['urn:ietf:params:scim:schemas:core:2.0:User'],
        userName => 'grace.hopper', externalId => 'X-7' }), 201, 'returns under another userName');
    is $r->json->{id}, $grace, 'with the old id, by externalId';
    status_is($scim->post('/Users', { schemas => ['urn:ietf:params:scim:schemas:core:2.0:User'],
        userName => 'grace' }), 201, 'the name of before is free');
};

subtest 'coming back where enabling is not allowed' => sub {
    my $id = person('return-off', 'ada');
    status_is(replay('/return-off')->send('delete', id => $id), 204, 'delete');
    refused(replay('/return-off')->send('create', name => 'ada'), 'ScimEnableUsers');
    status_is(replay('/return-off')->send('read', id => $id), 404, 'still gone');

    $id = person('return-ignore', 'ada');
    status_is(replay('/return-ignore')->send('delete', id => $id), 204, 'delete');
    my $r = status_is(replay('/return-ignore')->send('create', name => 'ada'), 201, 'comes back');
    is $r->json->{id}, $id, 'with the old id';
    is $r->json->{active}, false, 'but inactive';
};

# ---- names and roles ----------------------------------------------------------------------------------

subtest 'ScimUserNameRewrite' => sub {
    my $onelogin = replay('/rewrite');
    my $before = person('rewrite', 'ada');

    my $r = status_is($onelogin->send('lookup', name => 'ada@example.com'), 200, 'look-up');
    is $r->json->{totalResults}, 1, 'finds the person who was there before';
    is $r->json->{Resources}[0]{id}, $before, 'ada';
    is $r->json->{Resources}[0]{userName}, 'ada', 'by the name of before';

    $r = status_is($onelogin->send('update', id => $before, name => 'ada@example.com'), 200, 'update');
    is $r->json->{userName}, 'ada@example.com', 'taken over: the wire name is in answers';
    is $onelogin->send('lookup', name => $_)->json->{totalResults}, 1, "found as $_"
        for 'ada@example.com', 'ADA@EXAMPLE.COM', 'ada', 'ada@example.org';
    is client('/rewrite')->get('/Users', query => { filter => 'userName ew "example.com"' })
        ->json->{totalResults}, 1, 'other operators see the wire name';
    is client('/rewrite')->get('/Users', query => { filter => 'userName ne "ada@example.org"' })
        ->json->{totalResults}, 0, 'ne is the opposite of eq';

    $r = status_is($onelogin->send('create', name => 'ada@example.org'), 409,
        'another wire name with the same local name');
    is $r->json->{scimType}, 'uniqueness', 'uniqueness';
    like $r->detail, qr/'ada\@example\.org'.*'ada'/, 'says both names';

    my $bob = status_is($onelogin->send('create', name => 'bob@example.com'), 201, 'somebody else')
        ->json->{id};
    $r = status_is($onelogin->send('update', id => $bob, name => 'Ada@example.net'), 409,
        'nor by an update');
    is client('/rewrite')->get("/Users/$bob")->json->{userName}, 'bob@example.com', 'who stays';
    $r = status_is($onelogin->send('create', name => '@example.com'), 400, 'a rule that leaves nothing');
    is $r->json->{scimType}, 'invalidValue', 'invalidValue';
    is $onelogin->send('lookup', name => '@example.com')->json->{totalResults}, 0, 'finds nobody';
};

subtest 'ScimDefaultRole and ScimRoles' => sub {
    my $scim = client('/roles');
    my $r = status_is(replay('/roles')->send('create', name => 'ada'), 201, 'no role sent');
    my $id = $r->json->{id};
    is_deeply $r->json->{roles}, [{ value => 'member' }], 'the default role';
    $r = status_is($scim->patch("/Users/$id", [{ op => 'replace', path => 'roles',
        value => [{ value => 'editor' }] }]), 200, 'a role that is allowed');
    is_deeply $r->json->{roles}, [{ value => 'editor' }], 'assigned';
    for my $role ('owner', 'Editor', 'editor ') {
        $r = status_is($scim->patch("/Users/$id", [{ op => 'replace', path => 'roles',
            value => [{ value => $role }] }]), 400, "'$role' is not");
        is $r->json->{scimType}, 'invalidValue', 'invalidValue';
        like $r->detail, qr/'\Q$role\E'.*member.*editor/, 'names it and those allowed';
    }
    is_deeply $scim->get("/Users/$id")->json->{roles}, [{ value => 'editor' }], 'nothing changed';
    $r = status_is($scim->post('/Users', { schemas => ['urn:ietf:params:scim:schemas:core:2.0:User'],
        userName => 'bob', roles => ['editor'] }), 201, 'a bare role');
    is_deeply $r->json->{roles}, [{ value => 'editor' }], 'is its value';
};

done_testing;
