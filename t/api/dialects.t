# Leniencies over the wire: what Okta and Entra ID send beyond the RFCs, with each dialect that is to
# bear it, and what auto makes of a client. t/api/okta*.t and t/api/entra.t have whole conversations.
use strict;
use warnings;

use Test::More;

use Scim::Client qw(true false null);
use Scim::Expect qw(status_is error_is endpoint);
use Scim::Server;

my $token = 'dialects-0123456789abcdefghijklmnopqrstuvwxyz';
my $core  = 'urn:ietf:params:scim:schemas:core:2.0';
my $enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
my $custom = 'urn:okta:app:1.0:user:custom';

my @dialects = qw(auto okta entra);
my @others   = qw(strict reject once flag group boss agent);
my $server = Scim::Server->start(config => join '', map({ endpoint("/$_", directory => $_,
        token => $token, extra => "ScimDialect $_\n") } @dialects, 'strict'),
    endpoint('/reject', directory => 'reject', token => $token,
        extra => "ScimUnknownAttributes reject\n"),
    map { endpoint("/$_", directory => $_, token => $token) } @others[2 .. $#others]);

sub client { return $server->client(path => "/$_[0]", token => $token) }

sub person
{
    my ($scim, $name, %more) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;

    return status_is($scim->post('/Users', { schemas => ["$core:User"], userName => $name, %more }), 201,
        "$name is there")->json;
}

sub group
{
    my ($scim, $name, @members) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;

    return status_is($scim->post('/Groups', { schemas => ["$core:Group"], displayName => $name,
        members => [map { { value => $_->{id} } } @members] }), 201, "$name is there")->json;
}

sub changed
{
    my ($scim, $id, $operations, $what) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;

    return status_is($scim->patch("/Users/$id", $operations), 200, $what)->json;
}

sub members
{
    my ($scim, $id) = @_;
    return join ' ', sort map { $_->{value} } @{ $scim->get("/Groups/$id")->json->{members} || [] };
}

sub found
{
    my ($scim, $path, $filter) = @_;
    return status_is($scim->get($path, query => { filter => $filter }), 200, $filter)->json->{totalResults};
}

# ---- what every dialect but strict bears -------------------------------------------------------------

for my $dialect (@dialects) {
    my $scim = client($dialect);

    subtest "$dialect: operations on users" => sub {
        my $id = person($scim, 'ada', title => 'Countess')->{id};
        my $r;

        $r = changed($scim, $id, [{ op => 'Replace', path => 'displayName', value => 'A' }], 'op: Replace');
        is $r->{displayName}, 'A', 'is done';
        $r = changed($scim, $id, [{ op => 'replace', value => { 'name.givenName' => 'Ada',
            "$enterprise:employeeNumber" => '42', "$core:User:nickName" => 'A',
            $enterprise => { 'manager.value' => '7' } } }], 'dotted and URN keys');
        is $r->{name}{givenName}, 'Ada', 'a dotted key';
        is $r->{nickName}, 'A', 'a key with the core URN';
        is_deeply $r->{$enterprise}, { employeeNumber => '42', manager => { value => '7' } },
            'keys of an extension';

        $r = changed($scim, $id, [
            { op => 'add', path => 'emails[type eq "work"].value', value => 'a@x' },
            { op => 'add', path => 'phoneNumbers[type eq "mobile"].value', value => '1' },
            { op => 'add', path => 'addresses[type eq "work"].locality', value => 'Oslo' },
        ], 'value paths that select nothing');
        is_deeply $r->{emails}, [{ type => 'work', value => 'a@x' }], 'an address is made';
        is_deeply $r->{phoneNumbers}, [{ type => 'mobile', value => '1' }], 'a number';
        is_deeply $r->{addresses}, [{ type => 'work', locality => 'Oslo' }], 'a postal address';
        $r = changed($scim, $id, [
            { op => 'Replace', path => 'emails[type eq "home"].value', value => 'h@x' },
            { op => 'Replace', path => 'phoneNumbers[type eq "work"].value', value => '2' },
            { op => 'Replace', path => 'addresses[type eq "home"].country', value => 'NO' },
        ], 'Replace with a value path that selects nothing');
        is_deeply $r->{emails}[1], { type => 'home', value => 'h@x' }, 'makes an address';
        is_deeply $r->{phoneNumbers}[1], { type => 'work', value => '2' }, 'a number ';
        is_deeply $r->{addresses}[1], { type => 'home', country => 'NO' }, 'a postal address ';

        $r = changed($scim, $id, [{ op => 'remove', path => 'emails', value => [{ value => 'H@x' }] }],
            'remove with a value');
        is_deeply $r->{emails}, [{ type => 'work', value => 'a@x' }], 'removes that alone';
        $r = changed($scim, $id, [
            { op => 'Replace', path => 'emails[type eq "work"].value', value => '' },
            { op => 'Remove', path => 'phoneNumbers[type eq "mobile"].value' },
            { op => 'replace', path => 'addresses[type eq "home"].country', value => null },
        ], 'values are cleared');
        is_deeply [@$r{qw(emails phoneNumbers addresses)}],
            [undef, [{ type => 'work', value => '2' }], [{ type => 'work', locality => 'Oslo' }]],
            'and the labels go with them';

        $r = changed($scim, $id, [{ op => 'add', path => "$enterprise:manager", value => '9' }],
            'a manager that is text');
        is_deeply $r->{$enterprise}{manager}, { value => '9' }, 'becomes an object';
        for my $nothing ('', null) {
            $r = changed($scim, $id, [{ op => 'add', path => "$enterprise:manager", value => '9' },
                { op => 'replace', path => "$enterprise:manager", value => $nothing }], 'no manager');
            ok !$r->{$enterprise}{manager}, 'the manager is gone';
        }

        my $role = '{"id":"1","value":"reader","displayName":"Reader"}';
        $r = changed($scim, $id, [{ op => 'Add', path => 'roles', value => [{ value => $role }] }],
            'a role as JSON text');
        is_deeply $r->{roles}, [{ value => $role }], 'stays text';
        $r = changed($scim, $id, [{ op => 'replace', path => 'emails', value => { value => 'one@x' } }],
            'one object for a list');
        is_deeply $r->{emails}, [{ value => 'one@x' }], 'is the list';
        $r = changed($scim, $id, [{ op => 'replace', path => 'emails', value => [
            { value => 'a@x', type => 'work', primary => true },
            { value => 'b@x', type => 'work', primary => true } ] }], 'two primary values of one type');
        is_deeply $r->{emails}, [{ value => 'a@x', type => 'work', primary => true },
            { value => 'b@x', type => 'work', primary => false }], 'the first is primary';

        $r = changed($scim, $id, [
            { op => 'replace', path => 'nickNames2', value => 'x' },
            { op => 'Replace', path => "$custom:foo", value => 'x' },
            { op => 'add', path => 'things[type eq "work"].value', value => 'x' },
            { op => 'remove', path => 'name.middleInitial' },
            { op => 'replace', value => { nickNames3 => 'x', $custom => { foo => 1 } } },
            { op => 'replace', path => 'title', value => 'Enchantress' },
        ], 'attributes that nobody knows');
        is $r->{title}, 'Enchantress', 'are left out, the others are not';
        like $server->error_log, qr/SCIM0002: tester: The attribute 'nickNames2' was ignored: User has none/,
            'the log tells';
        error_is($scim->patch("/Users/$id", [{ op => 'add', path => $_, value => 'x' }]), 400, 'invalidPath',
            qr/^Operation 1: Path/, "but syntax is syntax: $_") for 'nick names', 'emails[', 'x[type eq].value';
    };

    subtest "$dialect: whole users" => sub {
        my $bob = person($scim, 'bob', groups => [], password => 'x' x 100, active => true, roles => [],
            meta => { resourceType => 'User' }, externalId => "00u-$dialect",
            schemas => ["$core:User", $custom], $custom => { foo => 'bar' },
            emails => [{ primary => true, type => 'work', value => 'bob@x' }]);
        ok !exists $bob->{password} && !exists $bob->{$custom}, 'no password, nothing unknown';
        my $r = status_is($scim->put("/Users/$bob->{id}", { %$bob, title => 'T', password => 'x',
            groups => [{ value => 'nobody', display => 'x' }] }), 200, 'what was read comes back');
        is $r->json->{title}, 'T', 'with the change';
        $r = changed($scim, $bob->{id}, [{ op => 'replace', value => { active => false } }], 'deactivate');
        is $r->{active}, false, 'inactive';
        is found($scim, '/Users', 'userName eq "BOB"'), 1, 'but there, in any case';
        is found($scim, '/Users', "externalId eq \"00u-$dialect\""), 1, 'by externalId';
        is found($scim, '/Users', 'emails[type eq "work"].value eq "bob@x"'), 1, 'by a value path';
        is found($scim, '/Users', 'emails[type eq "work" and value eq "bob@x"]'), 1, 'by brackets';
        is found($scim, '/Users', "$core:User:userName eq \"bob\""), 1, 'by a full name';
        for my $query ('?', '&', '?&&', '&aadOptscim062020', '&unknown=1&') {
            status_is($scim->get("/Users?count=1$query"), 200, "stray $query");
        }
        $r = status_is($scim->get('/Users?filter=userName+eq+%22nobody%22&startIndex=1&count=100'), 200,
            'a miss');
        is_deeply [@{ $r->json }{qw(totalResults Resources)}], [0, []], 'is an empty list';
        like $r->text, qr/"totalResults":\s*0\b/, 'with a number';
    };

    subtest "$dialect: groups" => sub {
        my ($ada, $bob) = map { person($scim, "member-$_") } 1, 2;
        my $group = group($scim, 'editors', $ada, $bob);
        my $id = $group->{id};
        my $path = "/Groups/$id";
        my $patched = sub {
            my ($operations, @expected) = @_;
            local $Test::Builder::Level = $Test::Builder::Level + 1;
            my $what = pop @expected;
            status_is($scim->patch($path, $operations), 204, $what);
            is members($scim, $id), join(' ', sort map { $_->{id} } @expected), "... $what";
        };
        my ($first, $second) = ({ value => $ada->{id} }, { value => $bob->{id} });

        $patched->([{ op => 'Remove', path => 'members', value => [$first] }], $bob, 'Remove with a value');
        $patched->([{ op => 'Remove', path => 'members', value => [$first] }], $bob, 'once more');
        $patched->([{ op => 'Add', path => 'members', value => [{ '$ref' => null, %$first }, $second] }],
            $ada, $bob, 'Add, $ref: null, one again');
        $patched->([{ op => 'remove', path => "members[value eq \"$ada->{id}\"]" }], $bob,
            'remove with a filter');
        $patched->([{ op => 'remove', path => "members[value eq \"$bob->{id}\"]" },
            { op => 'add', path => 'members', value => [{ %$first, display => 'ada' }] },
            ], $ada, 'remove and add');
        $patched->([{ op => 'add', path => 'members', value => $second }], $ada, $bob, 'one object');
        $patched->([{ op => 'remove', path => 'members', value => { members => [$second] } }], $ada,
            'the list inside an object');
        $patched->([{ op => 'replace', path => 'members', value => [$second] }], $bob, 'replace');
        $patched->([{ op => 'Remove', path => 'members' }], 'Remove without a value');
        $patched->([{ op => 'replace', path => 'members', value => null }], 'members: null');
        is status_is($scim->put($path, { schemas => ["$core:Group"], displayName => 'editors',
            members => null }), 200, 'PUT with members: null')->json->{displayName}, 'editors', 'works';
        is found($scim, '/Groups', "id eq \"$id\" and members eq \"$ada->{id}\""), 0, 'no member';
        status_is($scim->patch($path, [{ op => 'add', path => 'members', value => [$first] }]), 204, 'add');
        is found($scim, '/Groups', "id eq \"$id\" and members eq \"$ada->{id}\""), 1, 'a member';
        my $r = status_is($scim->get("$path?excludedAttributes=members"), 200, 'without members');
        ok !exists $r->json->{members}, 'are not there';
        status_is($scim->delete($path), 204, 'delete');
    };
}

for my $dialect (qw(auto okta)) {
    my $scim = client($dialect);
    my $id = group($scim, 'old name')->{id};

    status_is($scim->patch("/Groups/$id", [{ op => 'replace', value => { id => $id, displayName => 'new' } }]),
        204, "$dialect: a new name, with the id");
    is $scim->get("/Groups/$id")->json->{displayName}, 'new', "$dialect: the new name";
}

for my $dialect (qw(auto entra)) {
    my $scim = client($dialect);
    my $id = person($scim, 'booleans', active => 'True', emails => [{ value => 'a', primary => 'TRUE' }])->{id};

    is changed($scim, $id, [{ op => 'Replace', path => 'active', value => 'False' }], "$dialect: \"False\"")
        ->{active}, false, "$dialect: active";
    my $r = changed($scim, $id, [
        { op => 'Add', path => 'roles[primary eq "True"].value', value => 'reader' },
        { op => 'Replace', path => 'emails[primary eq "true"].value', value => 'b' },
    ], "$dialect: \"True\" in a filter");
    is_deeply $r->{roles}, [{ primary => true, value => 'reader' }], "$dialect: a primary role";
    is_deeply $r->{emails}, [{ primary => true, value => 'b' }], "$dialect: a primary address";
    is found($scim, '/Users', 'active eq "False" and userName eq "booleans"'), 1, "$dialect: and in a query";
    status_is($scim->post('/Groups', { externalId => 'g', displayName => "$dialect group", schemas => ["$core:Group",
        'http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group'] }), 201,
        "$dialect: a schema of its own");
}

subtest 'auto: other names' => sub {
    my $scim = client('auto');
    my $id = person($scim, 'alias')->{id};
    my $manager = sub { $_[0]{$enterprise}{manager}{value} };

    is $manager->(changed($scim, $id, [{ op => 'add', path => "$enterprise:manager",
        value => { managerId => '5' } }], 'managerId in a value')), '5', 'the manager';
    is $manager->(changed($scim, $id, [{ op => 'replace', path => "$enterprise:manager.managerId",
        value => '6' }], 'managerId in a path')), '6', 'the manager in a path';
    is $manager->(changed($scim, $id, [{ op => 'replace', value => { $enterprise =>
        { manager => { managerId => '' } } } }], 'an empty managerId')), undef, 'no manager';
};

# ---- where nothing of it is borne -----------------------------------------------------------------------

for my $case (['strict', 'strict'], ['reject', 'ScimUnknownAttributes reject']) {
    my ($where, $what) = @$case;
    my $scim = client($where);
    my $id = person($scim, 'ada', emails => [{ type => 'work', value => 'a@x' }])->{id};

    error_is($scim->patch("/Users/$id", [{ op => 'replace', path => 'nickNames2', value => 'x' },
        { op => 'replace', path => 'title', value => 'x' }]), 400, 'invalidPath', qr/no attribute 'nickNames2'/,
        "$what: an unknown path");
    my $left = changed($scim, $id, [{ op => 'remove', path => 'emails[type eq "work"].value' }],
        "$what: a value removed")->{emails};
    is_deeply $left, $where eq 'strict' ? [{ type => 'work' }] : undef, "$what: and what is left";
    error_is($scim->patch("/Users/$id", [{ op => 'Replace', path => 'title', value => 'x' }]), 400,
        'invalidSyntax', qr/op/, 'strict: op in capitals') if $where eq 'strict';
}

# ---- what auto tells -------------------------------------------------------------------------------------

sub told
{
    my ($pattern) = @_;
    my $log = $server->error_log;
    return scalar(() = $log =~ /$pattern/g);
}

subtest 'auto names the client once' => sub {
    my %agent = ('User-Agent' => 'Okta SCIM Client 1.0.0');
    my $recognised = sub { qr/SCIM0005: tester: recognised by its requests; ScimDialect $_[0] / };
    my $before = told($recognised->('okta'));

    status_is(client($_)->get('/Users', %agent), 200, 'Okta') for ('agent') x 20;
    is told($recognised->('okta')), $before + 1, 'once for all requests and children';
    status_is(client('once')->get('/Users', %agent), 200, 'Okta elsewhere');
    is told($recognised->('okta')), $before + 2, 'once for each endpoint';

    $before = told($recognised->('entra'));
    status_is(client('agent')->get('/Users'), 200, 'somebody else');
    is told($recognised->('entra')), $before, 'nobody in particular';
    for (1 .. 5) {
        status_is(client('flag')->get('/Users?aadOptscim062020'), 200, 'the flag of Entra');
        client('group')->post('/Groups', { displayName => "g$_", schemas => ["$core:Group",
            'http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group'] });
    }
    my $id = person(client('boss'), 'ada')->{id};
    changed(client('boss'), $id, [{ op => 'Add', path => 'title', value => $_ }], "Add $_") for 1 .. 5;
    is told($recognised->('entra')), $before + 3, 'Entra by its flag, its schema and its op, once each';
    changed(client('flag'), person(client('flag'), 'eve')->{id},
        [{ op => 'Replace', path => 'title', value => 'x' }], 'Replace');
    is told($recognised->('entra')), $before + 3, 'and no more';
    is told(qr/SCIM0005.*ScimDialect (?:auto|strict)/), 0, 'nothing of what was configured';

    my $passwords = told(qr/SCIM0006/);
    person(client('once'), "with-password-$_", password => 'x') for 1 .. 5;
    is told(qr/SCIM0006: tester: a password was ignored/), $passwords + 1, 'an ignored password, once';
    $server->graceful;
    status_is(client('agent')->get('/Users', %agent), 200, 'Okta after a restart');
    cmp_ok told($recognised->('okta')), '>', 2, 'it is told again';
};

subtest 'Entra with its flag' => sub {
    my $scim = client('flag');
    my $id = person($scim, 'flagged')->{id};
    my $operations = [{ op => 'replace', path => 'emails[type eq "work"].value', value => 'x' }];

    error_is($scim->patch("/Users/$id", $operations), 400, 'noTarget', undef, 'who it is nobody knows');
    is status_is($scim->patch("/Users/$id?aadOptscim062020", $operations), 200, 'with the flag in the query')
        ->json->{emails}[0]{value}, 'x', 'replace makes the address';
};

done_testing;
