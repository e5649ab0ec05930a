# Groups as OneLogin provisions them, from the first role that is mapped to the last person who
# leaves: requests as they go over the wire, and what the directory holds after them.
use strict;
use warnings;

use Test::More;

use Scim::Client qw(true false);
use Scim::Expect qw(status_is error_is endpoint);
use Scim::Replay;
use Scim::Server;
use Scim::State qw(state_is member in_group);

my $token = 'onelogin-groups-0123456789abcdefghijklmnop';
my $enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';

# one directory for each dialect and version of SCIM that the connector speaks
my @cases = map { my $dialect = $_; map { [$dialect, $_] } 2, 1 } qw(auto onelogin);
my $server = Scim::Server->start(config => join '', map {
    endpoint("/$_->[0]/$_->[1]", directory => "$_->[0]-$_->[1]", token => $token,
        extra => "ScimDialect $_->[0]\n")
} @cases);

sub onelogin
{
    return Scim::Replay->new('onelogin', $server->client(path => "/$_[0]/$_[1]", token => $token));
}

# Who `create` makes, who `create-obsolete` does, and what an update leaves of the first.
my %base = (
    active => true,
    name   => { givenName => ' Ada', familyName => 'Lovelace', formatted => 'Ada Lovelace' },
    emails => [{ value => 'ada@example.com', type => 'work', primary => true }],
    $enterprise => { department => 'R&D', manager => { value => '4711' } },
);
my %ada = (%base, userName => 'ada', displayName => 'Ada Lovelace', title => 'Countess');
my %bob = (%base, userName => 'bob');
my %king = (
    userName    => 'ada',
    displayName => 'Ada King',
    name        => { givenName => 'Ada', familyName => 'King', formatted => 'Ada King' },
    emails      => [{ value => 'ada.king@example.com', type => 'work', primary => true }],
    $enterprise => { department => 'Engines' },
);

# As an administrator sees it after Enable, and the first two people of a role.
sub begin
{
    my ($talk) = @_;

    status_is($talk->send('credential-test'), 200, 'the credential test');
    my $r = status_is($talk->send('list-groups'), 200, 'Entitlements, Refresh');
    is $r->json->{totalResults}, 0, 'no group yet';
    is_deeply $r->json->{Resources}, [], 'but a list of them';
    is $r->header('Content-Type'), 'application/json', 'of the type that OneLogin wants';
    for (['ada', 'create'], ['bob', 'create-obsolete']) {
        my ($name, $create) = @$_;
        is $talk->send('lookup', name => $name)->json->{totalResults}, 0, "$name is not known";
        $talk->keep($name => status_is($talk->send($create, name => $name), 201, "$name is"));
    }
}

sub create_group
{
    my ($talk, $request, $word, $name) = @_;
    my $r = status_is($talk->send($request, name => $name), 201, "the role $name is mapped");

    is $r->json->{displayName}, $name, "... under its name";
    $talk->keep($word => $r);
    error_is($talk->send($request, name => uc $name), 409, 'uniqueness', qr/\U$name/,
        "$name is there once, in any case");
}

sub change_group
{
    my ($talk, $request, $group, %words) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $r = $talk->send($request, group => $talk->fill("{$group}"),
        map { $_ => $talk->fill($words{$_}) } keys %words);

    status_is($r, 204, "$request: $group " . join ' ', sort values %words);
    is $r->text, '', '... without a body';
}

# Everybody goes: suspended first, then removed, which ends what they are members of.
sub leave
{
    my ($talk, $group, $name) = @_;

    status_is($talk->send('suspend', id => $talk->fill('{ada}'), name => 'ada'), 200, 'ada is suspended');
    state_is($talk, 'the suspended are members still',
        users => {
            ada => { %king, active => false, groups => [in_group($group, $name)] },
            bob => { %bob, groups => [in_group($group, $name)] },
        },
        groups => {
            $group => { displayName => $name,
                members => [member('ada', 'Ada King'), member('bob', 'bob')] },
        });
    status_is($talk->send('delete', id => $talk->fill('{ada}')), 204, 'ada leaves');
    state_is($talk, 'who has left is no member',
        users  => { bob    => { %bob, groups => [in_group($group, $name)] } },
        groups => { $group => { displayName => $name, members => [member('bob', 'bob')] } });
    status_is($talk->send('delete', id => $talk->fill('{bob}')), 204, 'bob leaves');
    state_is($talk, 'OneLogin never deletes the group',
        users => {}, groups => { $group => { displayName => $name } });

    $talk->keep(ada => status_is($talk->send('create', name => 'ada'), 201, 'ada comes back'));
    state_is($talk, 'and has to be added again',
        users => { ada => \%ada }, groups => { $group => { displayName => $name } });
}

for my $dialect (qw(auto onelogin)) {
    subtest "SCIM 2.0, ScimDialect $dialect" => sub {
        my $talk = onelogin($dialect, 2);
        begin($talk);
        create_group($talk, 'create-group', 'engines', 'engines');
        create_group($talk, 'create-group', 'dn', 'CN=Eng A&B,OU=Groups,DC=example');
        state_is($talk, 'two people, two groups',
            users  => { ada => \%ada, bob => \%bob },
            groups => {
                engines => { displayName => 'engines' },
                dn      => { displayName => 'CN=Eng A&B,OU=Groups,DC=example' },
            });

        change_group($talk, 'add-member', 'engines', member => '{ada}');
        change_group($talk, 'add-member', 'engines', member => '{bob}');
        change_group($talk, 'add-member', 'engines', member => '{ada}');
        change_group($talk, 'add-member', 'dn',      member => '{bob}');
        my $r = status_is($talk->send('list-groups'), 200, 'Refresh');
        is $r->json->{totalResults}, 2, 'both groups, not paged';
        is scalar @{ $r->json->{Resources} }, 2, 'in one list';
        state_is($talk, 'members, each once',
            users => {
                ada => { %ada, groups => [in_group('engines', 'engines')] },
                bob => { %bob, groups => [in_group('engines', 'engines'),
                    in_group('dn', 'CN=Eng A&B,OU=Groups,DC=example')] },
            },
            groups => {
                engines => { displayName => 'engines',
                    members => [member('ada', 'Ada Lovelace'), member('bob', 'bob')] },
                dn => { displayName => 'CN=Eng A&B,OU=Groups,DC=example',
                    members => [member('bob', 'bob')] },
            });

        change_group($talk, 'remove-member', 'dn', member => '{bob}');
        change_group($talk, 'remove-member', 'dn', member => '{bob}');
        change_group($talk, 'remove-member-filter', 'engines', member => '{ada}');
        state_is($talk, 'removed, in either form, and nobody else',
            users => {
                ada => \%ada,
                bob => { %bob, groups => [in_group('engines', 'engines')] },
            },
            groups => {
                engines => { displayName => 'engines', members => [member('bob', 'bob')] },
                dn      => { displayName => 'CN=Eng A&B,OU=Groups,DC=example' },
            });

        change_group($talk, 'replace-members', 'dn', member => '{ada}', other => '{bob}');
        change_group($talk, 'remove-member', 'engines', member => '{bob}');
        change_group($talk, 'rename-group', 'dn', name => 'eng');
        status_is($talk->send('update', id => $talk->fill('{ada}'), name => 'ada'), 200, 'ada marries');
        state_is($talk, 'a new name for the group and for a member',
            users => {
                ada => { %king, active => true, groups => [in_group('dn', 'eng')] },
                bob => { %bob, groups => [in_group('dn', 'eng')] },
            },
            groups => {
                engines => { displayName => 'engines' },
                dn      => { displayName => 'eng',
                    members => [member('ada', 'Ada King'), member('bob', 'bob')] },
            });
        status_is($talk->client->delete('/Groups/' . $talk->fill('{engines}')), 204,
            'the administrator deletes a group');
        is $talk->send('add-member', group => $talk->fill('{engines}'), member => $talk->fill('{bob}'))->code,
            404, 'which OneLogin learns when it uses it';
        is $talk->send('list-groups')->json->{totalResults}, 1, 'and from Refresh';
        leave($talk, 'dn', 'eng');
    };

    subtest "SCIM 1.1, ScimDialect $dialect" => sub {
        my $talk = onelogin($dialect, 1);
        begin($talk);
        create_group($talk, 'create-group-scim1', 'engines', 'engines');
        change_group($talk, 'add-member-scim1', 'engines', member => '{ada}');
        change_group($talk, 'add-member-scim1', 'engines', member => '{ada}');
        state_is($talk, 'no operation means add',
            users => {
                ada => { %ada, groups => [in_group('engines', 'engines')] },
                bob => \%bob,
            },
            groups => {
                engines => { displayName => 'engines', members => [member('ada', 'Ada Lovelace')] },
            });
        change_group($talk, 'change-members-scim1', 'engines', member => '{bob}', other => '{ada}');
        change_group($talk, 'change-members-scim1', 'engines', member => '{bob}', other => '{ada}');
        state_is($talk, 'one added, one removed',
            users => {
                ada => \%ada,
                bob => { %bob, groups => [in_group('engines', 'engines')] },
            },
            groups => {
                engines => { displayName => 'engines', members => [member('bob', 'bob')] },
            });
        change_group($talk, 'rename-group-scim1', 'engines', name => 'eng', member => '{ada}');
        change_group($talk, 'rename-group-only-scim1', 'engines', name => 'Eng');
        status_is($talk->send('update', id => $talk->fill('{ada}'), name => 'ada'), 200, 'ada marries');
        state_is($talk, 'renamed, with and without a new member',
            users => {
                ada => { %king, active => true, groups => [in_group('engines', 'Eng')] },
                bob => { %bob, groups => [in_group('engines', 'Eng')] },
            },
            groups => {
                engines => { displayName => 'Eng',
                    members => [member('ada', 'Ada King'), member('bob', 'bob')] },
            });
        leave($talk, 'engines', 'Eng');
    };
}

done_testing;
