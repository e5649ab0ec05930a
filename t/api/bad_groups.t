# Members that are none: what a client sends wrong in a group gets one clean error that names it,
# and changes no membership; what the lenient let pass is left out, and changes nothing either.
use strict;
use warnings;

use JSON::PP ();
use Test::More;

use Scim::Client qw(true false null);
use Scim::Expect qw(status_is error_is endpoint untouched short);
use Scim::Server;

my $token = 'badgroups-0123456789ABCDEFabcdefgh';
my $core  = 'urn:ietf:params:scim:schemas:core:2.0';
my $json  = JSON::PP->new->utf8->canonical->allow_nonref;
my $nobody = '0190b0e0-0000-7000-8000-000000000000';

my $large = "ScimMaxPayload 16777216\n";
my $server = Scim::Server->start(config => join '',
    endpoint('/scim/v2', directory => 'plain', token => $token, extra => $large),
    endpoint('/strict/v2', directory => 'strict', token => $token, extra => "ScimDialect strict\n$large"),
    endpoint('/usual/v2', directory => 'plain', token => $token));
my $scim   = $server->client($token);
my $strict = $server->client(path => '/strict/v2', token => $token);
my $usual  = $server->client(path => '/usual/v2', token => $token);
my $both   = [$scim, $strict];

sub group_of { my ($name, @members) = @_;
    return { schemas => ["$core:Group"], displayName => $name, members => \@members } }
sub values_of { return map { { value => $_ } } @_ }
sub operation { my ($op, $path, @value) = @_; return [{ op => $op, path => $path, @value ? (value => $value[0]) : () }] }

# In each directory Ada and Bob, a team with Ada in it, and a group with the team in it.
sub people
{
    my ($client) = @_;
    my %id;

    $id{$_} = status_is($client->post('/Users', { schemas => ["$core:User"], userName => $_ }), 201, $_)->json->{id}
        for qw(ada bob);
    $id{team} = status_is($client->post('/Groups', group_of('Team', values_of($id{ada}))), 201, 'team')->json->{id};
    $id{outer} = status_is($client->post('/Groups', group_of('Outer', values_of($id{team}))), 201, 'outer')->json->{id};
    return \%id;
}

my ($lenient, $other) = map { people($_) } @$both;

# The same members by every way in; the errors of PATCH begin with the number of the operation.
sub refused
{
    my ($client, $id, $members, $status, $type, $detail, $what) = @_;
    my $team = "/Groups/$id->{team}";

    error_is($client->post('/Groups', { %{ group_of('x') }, members => $members }), $status, $type, $detail, "POST $what");
    error_is($client->put($team, { %{ group_of('Team') }, members => $members }), $status, $type, $detail, "PUT $what");
    my $numbered = qr/Operation 1: .*$detail/;
    error_is($client->patch($team, operation($_ => 'members', $members)), $status, $type, $numbered, "PATCH $_ $what")
        for qw(add replace);
    error_is($client->patch($team, [{ op => 'add', value => { members => $members } }]), $status, $type, $numbered, "PATCH without a path $what");
}

# What is wrong for every client.
my @wrong = (
    [[['x']], qr/members has to be|an element of members|members.*array/i],
    [[{ value => { a => 1 } }], qr/members\.value has to be a string, not an object/],
    [[{ value => ['x'] }], qr/members\.value has to be a string, not an array/],
    [[{ value => [['x']] }], qr/members\.value/],
    [[{ value => $nobody, type => ['User'] }], qr/members\.type has to be/],
    [[{ value => $nobody, display => { a => 1 } }], qr/members\.display has to be/],
    [[{ value => $nobody, '$ref' => ['x'] }], qr/members\.\$ref has to be/],
);
# What is wrong for the strict.
my @strictly = (
    ['x', qr/members has to be an array, not a string/],
    [7, qr/members has to be an array, not a number/],
    [true, qr/members has to be an array, not a boolean/],
    [[7], qr/members has to be|element/],
    [[$nobody], qr/members has to be|element/],
    [[{ value => 7 }], qr/members\.value has to be a string, not the number '7'/],
    [[{ value => true }], qr/members\.value has to be a string, not a boolean/],
    [[{ type => 'User' }], qr/An element of members has no value/],
    [[{ value => null, display => 'x' }], qr/has no value/],
    [[{ value => '' }], qr/No user or group has the id ''|has no value/],
    [[{ value => ' ' }], qr/No user or group has the id ' '/],
    [[{ value => 'ada' }], qr/No user or group has the id 'ada'/],
    [[{ value => $nobody }], qr/No user or group has the id '$nobody', so it cannot be a member/],
    [[{ value => "$nobody\x{202e}" }], qr/No user or group has the id '$nobody/],
    [[{ value => 'x' x 5000 }], qr/No user or group has the id 'x+\.\.\.'/],
    [[values_of("'; DROP TABLE scim_members --")], qr/No user or group has the id/],
    [[values_of(map { "n$_" } 1 .. 7)], qr/id 'n1', 'n2', 'n3', 'n4', 'n5' and 2 more/],
);

untouched 'what is no member', $server, $both, sub {
    for my $row (@wrong) {
        my ($members, $detail) = @$row;
        refused($scim, $lenient, $members, 400, 'invalidValue', $detail, short($json->encode($members)));
        refused($strict, $other, $members, 400, 'invalidValue', $detail, 'strict ' . short($json->encode($members)));
    }
    for my $row (@strictly) {
        my ($members, $detail) = @$row;
        my $what = short($json->encode($members));
        my $team = "/Groups/$other->{team}";
        error_is($strict->post('/Groups', { %{ group_of('x') }, members => $members }), 400, 'invalidValue', $detail, "POST $what");
        error_is($strict->put($team, { %{ group_of('Team') }, members => $members }), 400, 'invalidValue', $detail, "PUT $what");
        error_is($strict->patch($team, operation(replace => 'members', $members)), 400, 'invalidValue',
            qr/Operation 1: .*(?:$detail)/, "PATCH $what");
        error_is($strict->post('/Groups', { %{ group_of('x') }, members => [{ value => $other->{ada} }, @$members] }), 400,
            'invalidValue', $detail, "POST with somebody in front $what") if ref $members eq 'ARRAY';
    }
};

untouched 'a group in itself', $server, $both, sub {
    for my $case ([$scim, $lenient], [$strict, $other]) {
        my ($client, $id) = @$case;
        my $team = "/Groups/$id->{team}";
        my $how  = $client == $strict ? 'strict: ' : '';
        for my $own ($id->{team}, uc $id->{team}) {
            my $what = $own eq $id->{team} ? 'its id' : 'its id in capitals';
            error_is($client->put($team, group_of('Team', values_of($id->{bob}, $own))), 400, 'invalidValue',
                qr/cannot be a member of itself/, "${how}PUT $what");
            error_is($client->patch($team, operation($_ => 'members', [values_of($id->{bob}, $own)])), 400, 'invalidValue',
                qr/Operation 1: A group cannot be a member of itself/, "${how}PATCH $_ $what") for qw(add replace);
        }
        error_is($client->patch($team, [@{ operation(add => 'members', [values_of($id->{bob})]) },
            @{ operation(remove => 'members', undef) }, @{ operation(add => 'members', [values_of($id->{team})]) }]), 400,
            'invalidValue', qr/Operation \d: /, "${how}behind others, which are undone");
    }
};

untouched 'paths', $server, $both, sub {
    my @rows = (
        [replace => 'members.value', 'x', 'mutability', qr/immutable/],
        [replace => 'members.display', 'x', 'mutability', qr/immutable/],
        [remove => 'members.type', undef, 'mutability', qr/immutable/],
        [add => 'members.$ref', 'x', 'mutability', qr/immutable/],
        [replace => 'members[value eq "ADA"].value', 'BOB', 'mutability', qr/immutable/],
        [replace => 'members[value eq "ADA"]', { value => 'BOB' }, 'mutability', qr/members\.value is immutable/],
        [replace => 'members[type eq "User"]', { value => 'BOB' }, 'mutability', qr/members\.value is immutable/],
        [replace => 'members[display eq "nobody"]', { type => 'User' }, 'noTarget', qr/selects no member/],
        [add => 'members[type eq "Device"]', { display => 'x' }, 'noTarget', qr/selects no member/],
        [replace => 'members[value eq "ADA"]', { value => ['x'] }, 'invalidValue', qr/members\.value/],
        [remove => 'members[value]', undef, 'invalidPath', qr/members/],
        [remove => 'members[', undef, 'invalidPath', undef],
        [remove => 'members[]', undef, 'invalidPath', undef],
        [remove => 'members[value eq ADA]', undef, 'invalidPath', undef],
        [remove => 'members[value eq "ADA"]x', undef, 'invalidPath', undef],
        [remove => 'members[members[value eq "ADA"]]', undef, 'invalidPath', undef],
        [remove => 'members[' . join(' or ', ('value eq "ADA"') x 300) . ']', undef, 'invalidPath', undef],
        [remove => 'displayName', undef, 'mutability', qr/displayName/],
        [replace => 'id', 'x', 'mutability', qr/read-only/],
    );
    for my $case ([$scim, $lenient], [$strict, $other]) {
        my ($client, $id) = @$case;
        for my $row (@rows) {
            my ($op, $path, $value, $type, $detail) = @$row;
            my $operation = $json->encode(operation($op, $path, defined $value ? $value : ()));
            $operation =~ s/ADA/$id->{ada}/g, $operation =~ s/BOB/$id->{bob}/g;
            my $what = ($client == $strict ? 'strict ' : '') . short("$op $path " . $json->encode($value));
            error_is($client->patch("/Groups/$id->{team}", $json->decode($operation)), 400, $type,
                $detail ? qr/Operation 1: .*$detail/ : qr/Operation 1: /, $what);
        }
    }
};

untouched 'paths to what no member has', $server, $both, sub {
    for my $path ('members[nothing eq "x"]', "members[value eq \"$other->{ada}\"].nothing", 'members.nothing', 'nothing[value eq "x"]') {
        error_is($strict->patch("/Groups/$other->{team}", operation(remove => $path)), 400, 'invalidPath', qr/Operation 1: .*nothing/, "strict: $path");
        status_is($scim->patch("/Groups/$lenient->{team}", operation(remove => $path =~ s/$other->{ada}/$lenient->{ada}/r)), 204, "left out: $path");
    }
};

untouched 'names', $server, $both, sub {
    for my $case ([$scim, $lenient], [$strict, $other]) {
        my ($client, $id) = @$case;
        my $how = $client == $strict ? 'strict: ' : '';
        for my $name (undef, '', ' ', [], {}) {
            my $what = $how . $json->encode($name);
            my %body = (%{ group_of('x') }, displayName => $name);
            error_is($client->post('/Groups', \%body), 400, 'invalidValue', qr/displayName/, "POST $what");
            error_is($client->put("/Groups/$id->{team}", \%body), 400, 'invalidValue', qr/displayName/, "PUT $what");
        }
        error_is($client->post('/Groups', { schemas => ["$core:Group"] }), 400, 'invalidValue', qr/displayName is required/, "${how}none");
        for my $taken ('OUTER', "\x{ff2f}uter") {
            error_is($client->post('/Groups', group_of($taken)), 409, 'uniqueness', qr/is taken/, $how . short("POST $taken"));
            error_is($client->put("/Groups/$id->{team}", group_of($taken)), 409, 'uniqueness', qr/is taken/, $how . short("PUT $taken"));
            error_is($client->patch("/Groups/$id->{team}", operation(replace => 'displayName', $taken)), 409, 'uniqueness',
                qr/is taken/, $how . short("PATCH $taken"));
        }
        error_is($client->post('/Groups', group_of('x' x 300_000)), 400, 'invalidValue', qr/displayName/, "${how}a long one")
            if $client == $strict;
    }
};

# ---- what is let pass ------------------------------------------------------------------------------

untouched 'what the lenient leave out', $server, $both, sub {
    my $team = "/Groups/$lenient->{team}";
    my @kept = values_of($lenient->{ada});
    my @rows = ([@kept, { value => $nobody }], [@kept, { value => 'x' }], [@kept, { value => 7 }], [@kept, { display => 'x' }],
        [@kept, { value => null }], [@kept, { value => '' }], [@kept, @kept, @kept], [{ %{ $kept[0] }, type => 'Group' }],
        [{ %{ $kept[0] }, type => 'Device', display => 'Eve', '$ref' => 'https://example.com/Eve' }],
        [{ value => uc $lenient->{ada} }]);
    for my $i (0 .. $#rows) {
        my $members = $rows[$i];
        my $what = "$i: " . short($json->encode($members));
        status_is($scim->put($team, { %{ group_of('Team') }, members => $members }), 200, "PUT $what");
        status_is($scim->patch($team, operation($_ => 'members', $members)), 204, "PATCH $_ $what") for qw(add replace);
    }
    status_is($scim->patch($team, operation(remove => 'members', [values_of($nobody, $lenient->{bob}, 'x')])), 204, 'removing who is no member');
    status_is($scim->patch($team, operation(remove => "members[value eq \"$_\"]")), 204, "removing $_") for $nobody, 'x', '';
    $team = "/Groups/$other->{team}";
    for my $type ('Group', 'Device') {
        my $r = status_is($strict->put($team, group_of('Team', { value => $other->{ada}, type => $type })), 200, "strict: a $type that is a user");
        is $r->json->{members}[0]{type}, 'User', "... is not shown as a $type";
    }
    status_is($strict->patch($team, operation(add => 'members', [values_of(($other->{ada}) x 100)])), 204, 'strict: a member a hundred times');
};

untouched 'a hundred thousand members', $server, $both, sub {
    my @strangers = values_of(map { sprintf '0190b0e0-0000-7000-8000-%012x', $_ } 1 .. 100_000);
    my $body = $json->encode({ schemas => ["$core:Group"], displayName => 'Team', members => \@strangers });
    error_is($usual->put("/Groups/$lenient->{team}", $body), 413, undef, qr/longer than the 1048576 bytes/, 'are too many bytes');
    my $r = $strict->put("/Groups/$other->{team}", $body);
    error_is($r, 400, 'invalidValue', qr/000000000001', .* and 99995 more, so it cannot be/, 'whom nobody knows, where that is refused');
    my $patch = $json->encode({ schemas => ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
        Operations => operation(add => 'members', \@strangers) });
    status_is($scim->patch("/Groups/$lenient->{team}", $patch), 204, 'are left out by the lenient');
    my $same = $json->encode({ schemas => ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
        Operations => operation(add => 'members', [values_of(($other->{ada}) x 100_000)]) });
    status_is($strict->patch("/Groups/$other->{team}", $same), 204, 'the same one each time');
    my $values = $json->encode({ schemas => ["$core:Group"], displayName => 'Team', members => [values_of((7) x 200_000)] });
    error_is($strict->put("/Groups/$other->{team}", $values), 400, 'invalidSyntax', qr/more than 600000 values/, 'more than a message may have');
};

# ---- circles ---------------------------------------------------------------------------------------

subtest 'circles of groups end' => sub {
    my @ring = map { status_is($scim->post('/Groups', group_of("Ring $_")), 201, "ring $_")->json->{id} } 0 .. 39;
    status_is($scim->patch("/Groups/$ring[$_]", operation(add => 'members', [values_of($ring[$_ - 1])])), 204, "link $_") for 0 .. 39;
    status_is($scim->patch("/Groups/$ring[7]", operation(add => 'members', [values_of($lenient->{bob})])), 204, 'somebody within');
    my $groups = status_is($scim->get("/Users/$lenient->{bob}"), 200, 'bob')->json->{groups};
    is scalar @$groups, 40, 'is in all of them, once';
    is scalar(grep { $_->{type} eq 'direct' } @$groups), 1, 'in one directly';
    status_is($scim->delete("/Groups/$ring[20]"), 204, 'one goes');
    my $left = $scim->get("/Users/$lenient->{bob}")->json->{groups};
    is scalar @$left, 13, 'and with it those behind it';
    status_is($scim->delete("/Groups/$_"), 204, "away: $_") for grep { $_ ne $ring[20] } @ring;
    ok !exists $scim->get("/Users/$lenient->{bob}")->json->{groups}, 'nobody is in what is gone';
};

subtest 'afterwards' => sub {
    is $server->stop, 0, 'the server stops as it should';
    my $log = $server->error_log;
    unlike $log, qr/exit signal|Assertion|AddressSanitizer|runtime error/, 'nothing crashed';
    unlike $log, qr/[^\n\t -~]/, 'the log has only printable characters';
    cmp_ok length $log, '<', 4_000_000, 'and says enough';
};

done_testing;
