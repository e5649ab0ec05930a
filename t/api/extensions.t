# ScimSchema and ScimIndex: resource types and extensions that the administrator brings.
use strict;
use warnings;

use Digest::SHA 'sha256_hex';
use Test::More;

use Scim::Client qw(true false);
use Scim::Server;

my $token = 'extensions-test-0123456789abcdefghijkl';
my $hash  = sha256_hex($token);
my $data  = "$ENV{SCIM_SRCDIR}/t/data/schemas";
my $user  = 'urn:ietf:params:scim:schemas:core:2.0:User';
my $badge = 'urn:example:params:scim:schemas:extension:badge:User';
my $device = 'urn:example:params:scim:schemas:Device';
my $radio  = 'urn:example:params:scim:schemas:extension:radio:Device';
my $endpoint = <<"END";
<Location "/scim/v2">
    SetHandler scim
    ScimDirectory things
    ScimBearerToken it sha256:$hash
    ScimBearerToken groups sha256:${\ sha256_hex("groups-$token") } scope=groups
    ScimDialect strict
    Require all granted
</Location>
END

my $server = Scim::Server->start(config => <<"END");
ScimIndex Device:deviceDisplayName Device:addresses "$badge:badge"
ScimIndex Device:weight title
ScimSchema "$data/devices.json"
ScimSchema "$data/badge.json"
$endpoint
END
my $scim = $server->client($token);

sub ids { return [ map { $_->{id} } @{ $_[0]->json->{Resources} || [] } ] }
sub found
{
    my ($path, $filter, %more) = @_;
    my $r = $scim->get($path, query => { filter => $filter, %more });
    is $r->code, 200, $filter or diag $r->text;
    return ids($r);
}

subtest 'discovery' => sub {
    my $type = $scim->get('/ResourceTypes/Device')->json;
    is $type->{endpoint}, '/Devices', 'a new type';
    is_deeply [ map { $_->{schema} } @{ $scim->get('/ResourceTypes/User')->json->{schemaExtensions} } ],
        [ 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User', $badge ], 'users have one more extension';
    is $scim->get('/ResourceTypes/User')->json->{endpoint}, '/Users', 'and the rest';
    is $scim->get("/Schemas/$_")->json->{id}, $_, $_ for $device, $radio, $badge;
    is_deeply [ map { $_->{name} } @{ $scim->get('/ResourceTypes')->json->{Resources} } ], [qw(User Group Device)], 'all';
};

my ($lamp, $door);

subtest 'the life of a device' => sub {
    my $r = $scim->post('/Devices', { schemas => [ $device, $radio ], serialNumber => 'A-1', adminState => true,
        deviceDisplayName => 'Lamp', weight => 1.5, ports => 2, seen => '2026-01-02T03:04:05Z', notes => 'n', onboardingKey => 'topsecret',
        addresses => [ { value => '10.0.0.1', type => 'ipv4', primary => true }, { value => 'fe80::1', type => 'ipv6' } ],
        $radio => { macAddress => '00:11', channels => [ 1, 6 ] } });
    is $r->code, 201, 'create' or diag $r->text;
    $lamp = $r->json->{id};
    is $r->header('Location'), $scim->base . "/Devices/$lamp", 'location';
    is $r->json->{meta}{resourceType}, 'Device', 'resourceType';
    ok !exists $r->json->{onboardingKey}, 'returned never';
    ok !exists $r->json->{notes}, 'returned request';
    is_deeply $scim->get("/Devices/$lamp")->json, $r->json, 'read';
    is $scim->get("/Devices/$lamp", query => { attributes => 'notes,onboardingKey' })->json->{notes}, 'n', 'asked for';
    unlike $scim->get("/Devices/$lamp", query => { attributes => 'notes,onboardingKey' })->text, qr/topsecret/, 'never';

    is $scim->post('/Devices', { schemas => [$device], serialNumber => 'A-2' })->code, 400, 'adminState is missing';
    like $scim->post('/Devices', { schemas => [$device], serialNumber => 'A-2', adminState => 'x' })->detail, qr/adminState/, 'of a wrong type';
    is $scim->post('/Devices', { schemas => [ $device, $radio ], serialNumber => 'A-2', adminState => true, $radio => { channels => [1] } })->code,
        400, 'macAddress is missing';
    $r = $scim->post('/Devices', { schemas => [$device], serialNumber => 'A-1', adminState => true });
    is $r->code, 409, 'the serial number is taken';
    is $r->json->{scimType}, 'uniqueness', 'scimType';
    like $r->detail, qr/serialNumber 'A-1' is taken by another Device/, 'detail';
    $r = $scim->post('/Devices', { schemas => [$device], serialNumber => 'a-1', adminState => false, deviceDisplayName => 'Door', weight => 20 });
    is $r->code, 201, 'another in lower case: it is caseExact' or diag $r->text;
    $door = $r->json->{id};

    $r = $scim->patch("/Devices/$lamp", [ { op => 'replace', path => 'ports', value => 3 },
        { op => 'add', path => "$radio:channels", value => [11] },
        { op => 'replace', path => 'addresses[type eq "ipv6"].value', value => 'fe80::2' } ]);
    is $r->code, 200, 'patch' or diag $r->text;
    is_deeply $r->json->{$radio}{channels}, [ 1, 6, 11 ], 'an extension';
    is $r->json->{addresses}[1]{value}, 'fe80::2', 'a value path';
    $r = $scim->patch("/Devices/$lamp", [ { op => 'replace', path => 'serialNumber', value => 'B' } ]);
    is $r->json->{scimType}, 'mutability', 'immutable';
    is $scim->patch("/Devices/$lamp", [ { op => 'replace', path => 'ports', value => 'x' } ])->code, 400, 'no number';
    $r = $scim->put("/Devices/$door", { schemas => [$device], serialNumber => 'a-1', adminState => true, deviceDisplayName => 'Gate' },
        'If-Match' => 'W/"1"');
    is $r->code, 200, 'replace';
    ok !exists $r->json->{weight}, 'what is not sent is gone';
};

subtest 'finding devices' => sub {
    is_deeply ids($scim->get('/Devices')), [ $lamp, $door ], 'all';
    is_deeply found('/Devices', 'serialNumber eq "A-1"'), [$lamp], 'its own name';
    is_deeply found('/Devices', 'deviceDisplayName eq "gate"'), [$door], 'indexed';
    is_deeply found('/Devices', 'addresses.value eq "FE80::2"'), [$lamp], 'indexed, multi-valued';
    is_deeply found('/Devices', 'addresses[type eq "ipv4" and value sw "10."]'), [$lamp], 'value path';
    is_deeply found('/Devices', 'weight gt 1'), [$lamp], 'a number';
    is_deeply found('/Devices', "$radio:channels eq 11"), [$lamp], 'in an extension';
    is_deeply found('/Devices', 'seen lt "2027-01-01T00:00:00Z"'), [$lamp], 'a time';
    is $scim->get('/Devices', query => { filter => 'onboardingKey eq "topsecret"' })->code, 400, 'not what is never returned';
    is_deeply ids($scim->get('/Devices', query => { sortBy => 'deviceDisplayName' })), [ $door, $lamp ], 'sorted';
    is_deeply ids($scim->get('/Devices', query => { sortBy => 'weight', sortOrder => 'descending' })), [ $door, $lamp ], 'by an index';
    is_deeply [ sort @{ ids($scim->get('/', query => { filter => 'meta.resourceType eq "Device"' })) } ], [ sort $lamp, $door ], 'among all';
};

subtest 'many values of an indexed attribute' => sub {
    my @addresses = map { "10.9.0.$_" } 1 .. 20;
    my $r = $scim->post('/Devices', { schemas => [$device], adminState => true, serialNumber => 'many', deviceDisplayName => 'Router',
        addresses => [ map { { value => $_ } } @addresses ] });
    my $router = $r->json->{id};

    is $r->code, 201, 'in a new resource' or diag $r->text;
    is_deeply found('/Devices', qq{addresses.value eq "$_"}), [$router], "it is found by $_" for @addresses;
    is_deeply found('/Devices', 'deviceDisplayName eq "router"'), [$router], '... and by another one';
    is $scim->post('/Devices', { schemas => [$device], adminState => true, serialNumber => 'many', addresses => [ { value => '10.9.1.1' } ] })->code,
        409, 'where the name is taken';
    is_deeply found('/Devices', 'addresses.value eq "10.9.1.1"'), [], '... nothing is found';
    is $scim->delete("/Devices/$router")->code, 204, 'and it is gone';
};

subtest 'an extension of users' => sub {
    my $r = $scim->post('/Users', { schemas => [ $user, $badge ], userName => 'ada',
        $badge => { badge => 'B7', floors => [ 1, 2 ], pin => '4711', remarks => 'r', office => { building => 'Main', room => 7 } } });
    is $r->code, 201, 'create' or diag $r->text;
    my $id = $r->json->{id};
    is_deeply $r->json->{$badge}, { badge => 'B7', floors => [ 1, 2 ], office => { building => 'Main', room => 7 } }, 'what is shown';
    is_deeply $r->json->{schemas}, [ $user, $badge ], 'schemas';
    is $scim->get("/Users/$id", query => { attributes => "$badge:remarks" })->json->{$badge}{remarks}, 'r', 'asked for';
    is_deeply found('/Users', "$badge:badge eq \"B7\""), [$id], 'indexed';
    is_deeply found('/Users', "$badge:badge eq \"b7\""), [], 'caseExact';
    is_deeply found('/Users', "$badge:office.building eq \"main\" and $badge:floors gt 1"), [$id], 'not indexed';
    is $scim->get('/Users', query => { filter => "$badge:pin eq \"4711\"" })->code, 400, 'not the pin';
    $r = $scim->patch("/Users/$id", [ { op => 'remove', path => "$badge:floors" }, { op => 'replace', path => "$badge:office.room", value => 8 } ]);
    is_deeply $r->json->{$badge}, { badge => 'B7', office => { building => 'Main', room => 8 } }, 'patched';
    is $scim->post('/Users', { schemas => [ $user, $badge ], userName => 'bob', $badge => { floors => ['x'] } })->code, 400, 'validated';
};

# RFC 7643 4.2: users and groups are.
subtest 'a device is no member of a group' => sub {
    my $group = 'urn:ietf:params:scim:schemas:core:2.0:Group';
    my $id = $scim->post('/Devices', { schemas => [$device], serialNumber => 'M-1', adminState => true })->json->{id};
    my $ada = $scim->post('/Users', { schemas => [$user], userName => 'member-ada' })->json->{id};
    my $sent = { schemas => [$group], displayName => 'mixed', members => [ { value => $ada }, { value => $id } ] };
    my $r = $scim->post('/Groups', $sent);
    is join(' ', $r->code, $r->json->{scimType} // ''), '400 invalidValue', 'refused';
    like $r->detail, qr/No user or group has the id '\Q$id\E'/, 'as if it were not there';

    my $bearing = Scim::Server->start(config => qq(ScimSchema "$data/devices.json"\n) . $endpoint =~ s/strict/okta/r);
    my $client = $bearing->client($token);
    $id  = $client->post('/Devices', { schemas => [$device], serialNumber => 'M-1', adminState => true })->json->{id};
    $ada = $client->post('/Users', { schemas => [$user], userName => 'ada' })->json->{id};
    $r = $client->post('/Groups', { %$sent, members => [ { value => $ada }, { value => $id } ] });
    is $r->code, 201, 'left out where unknown ids are' or diag $r->text;
    is_deeply [ map { $_->{value} } @{ $r->json->{members} } ], [$ada], 'the others are members';
    $bearing->stop;
    $scim->delete("/Users/$_") for @{ found('/Users', 'userName eq "member-ada"') };
    $scim->delete("/Devices/$_") for @{ found('/Devices', 'serialNumber eq "M-1"') };
};

subtest 'bulk and tokens' => sub {
    my $r = $scim->post('/Bulk', { schemas => ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'], Operations => [
        { method => 'POST', path => '/Devices', bulkId => 'd', data => { schemas => [$device], serialNumber => 'C', adminState => true,
            owner => { value => 'bulkId:u' } } },
        { method => 'POST', path => '/Users', bulkId => 'u', data => { schemas => [$user], userName => 'eve' } } ] });
    is join(' ', map { $_->{status} } @{ $r->json->{Operations} }), '201 201', 'a device and its owner';
    my ($id, $owner) = map { (split m{/}, $_->{location})[-1] } @{ $r->json->{Operations} };
    is $scim->get("/Devices/$id")->json->{owner}{value}, $owner, 'owner';
    is $server->client("groups-$token")->get('/Devices')->code, 403, 'a token for groups alone';
    is $scim->delete("/Devices/$id")->code, 204, 'delete';
    is $scim->get("/Devices/$id")->code, 404, 'gone';
};

subtest 'after a restart without indexes' => sub {
    $server->reconfigure("ScimSchema '$data/devices.json'\nScimSchema '$data/badge.json'\n$endpoint");
    $server->graceful;
    is_deeply found('/Devices', 'deviceDisplayName eq "gate"'), [$door], 'not indexed any more';
    is $scim->patch("/Devices/$door", [ { op => 'replace', path => 'deviceDisplayName', value => 'Fence' } ])->code, 200, 'a change';
    $server->reconfigure("ScimIndex Device:deviceDisplayName\nScimSchema '$data/devices.json'\nScimSchema '$data/badge.json'\n$endpoint");
    $server->graceful;
    is_deeply found('/Devices', 'deviceDisplayName eq "fence"'), [$door], 'indexed again';
    is_deeply found('/Devices', 'deviceDisplayName eq "gate"'), [], 'without old values';
};

$server->stop;
subtest 'two kinds of groups' => sub {
    my $group = 'urn:ietf:params:scim:schemas:core:2.0:Group';
    my $server = Scim::Server->start(config => "ScimSchema \@DIR\@/team.json\n$endpoint",
        files => { 'team.json' => qq({"name": "Team", "endpoint": "/Teams", "schema": "$group"}) });
    my $scim = $server->client($token);
    my $ada = $scim->post('/Users', { schemas => [$user], userName => 'ada' })->json->{id};
    my $inner = $scim->post('/Groups', { schemas => [$group], displayName => 'inner', members => [ { value => $ada } ] })->json->{id};
    my $outer = $scim->post('/Teams', { schemas => [$group], displayName => 'outer', members => [ { value => $inner } ] })->json->{id};
    is_deeply [ map { "$_->{value} $_->{type}" } @{ $scim->get("/Users/$ada")->json->{groups} } ],
        [ "$inner direct", "$outer indirect" ], 'of which one is in the other';
    is_deeply ids($scim->get('/Users', query => { filter => qq(groups.value eq "$outer") })), [$ada], 'who is in it is found';
    $server->stop;
};

done_testing;
