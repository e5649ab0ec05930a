# An app of Okta's catalogue (the Okta Integration Network): what it sends that custom apps do not,
# as it goes over the wire, and what the directory holds after it.
use strict;
use warnings;

use Test::More;

use Scim::Client qw(true false);
use Scim::Expect qw(status_is error_is endpoint);
use Scim::Replay;
use Scim::Server;
use Scim::State qw(state_is member in_group);

my $token = 'okta-catalogue-0123456789abcdefghijklmnopqrs';

my @dialects = qw(auto okta);
my %server = map { $_ => Scim::Server->start(config => endpoint('/scim/v2', token => $token,
    extra => "ScimDialect $_\nScimPasswords store\nScimPasswordCost 4\n")) } @dialects;

my %person = map { my ($word, $given, $family) = @$_; $word => {
    userName    => "$word\@example.com",
    name        => { givenName => $given, familyName => $family },
    emails      => [{ primary => true, value => "$word\@example.com", type => 'work' }],
    displayName => "$given $family",
    locale      => 'en-US',
    externalId  => "00u-$word",
    active      => true,
} } ['ada', 'Ada', 'Lovelace'], ['bob', 'Bob', 'Builder'], ['eve', 'Eve', 'Sdropper'];

sub ask
{
    my ($talk, $code, $request, %words) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;

    $words{$_} = $talk->fill($words{$_}) for keys %words;
    return status_is($talk->send($request, %words), $code,
        join ' ', $request, map { $words{$_} } sort keys %words);
}

sub members_json { return join ',', map { "{\"value\":\"{$_}\",\"display\":\"$_\@example.com\"}" } @_ }

# All people and one group of these members.
sub members_are
{
    my ($talk, $what, $name, @members) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my %is = map { $_ => 1 } @members;

    state_is($talk, $what,
        users => { map { $_ => { %{ $person{$_} }, $is{$_} ? (groups => [in_group('team', $name)]) : () } }
                keys %person },
        groups => {
            team  => { displayName => $name,
                @members ? (members => [map { member($_, $person{$_}{displayName}) } @members]) : () },
            other => { displayName => 'Other' },
        });
}

# How many people have this password.
sub has_password
{
    my ($server, $password) = @_;
    my @hashes = Scim::Expect::rows($server) =~ m{(\$2[aby]\$04\$[./\w]{53})}g;

    return scalar grep { crypt($password, $_) eq $_ } @hashes;
}

for my $dialect (@dialects) {
    subtest "ScimDialect $dialect" => sub {
        my $server = $server{$dialect};
        my $talk = Scim::Replay->new('okta', $server->client(token => $token));
        for my $word (sort keys %person) {
            my $is = $person{$word};
            is ask($talk, 200, 'custom-lookup', name => $is->{userName})->json->{totalResults}, 0,
                "$word is not known";
            $talk->keep($word => ask($talk, 201, 'custom-create', name => $is->{userName},
                given => $is->{name}{givenName}, family => $is->{name}{familyName},
                external => $is->{externalId}));
        }

        subtest 'active and password, without a path' => sub {
            for my $active (false, false, true, false) {
                my $word = $active ? 'true' : 'false';
                my $r = ask($talk, 200, 'catalogue-active', id => '{ada}', active => $word);
                is $r->json->{active}, $active, '... answered with the person';
            }
            state_is($talk, 'one is inactive',
                users  => { %person, ada => { %{ $person{ada} }, active => false } }, groups => {});
            ask($talk, 200, 'catalogue-active', id => '{ada}', active => 'true');

            my $r = ask($talk, 200, 'catalogue-password', id => '{ada}', password => 'Synced 0815');
            unlike $r->text, qr/password|Synced/, 'the answer to a password is without it';
            SKIP: {
                skip 'there is no sqlite3', 2 unless Scim::Expect::rows($server);
                is has_password($server, 'Synced 0815'), 1, 'one has the password that was synced';
                is has_password($server, '1mz050nq'), 2, 'the others the placeholders';
            }
            unlike $server->error_log, qr/Synced 0815|1mz050nq/, 'the log has neither';
            state_is($talk, 'a password is not seen', users => \%person, groups => {});
        };

        is ask($talk, 200, 'custom-find-group', name => 'Engines')->json->{totalResults}, 0, 'no group yet';
        $talk->keep(team  => ask($talk, 201, 'custom-push-group', name => 'Engines'));
        $talk->keep(other => ask($talk, 201, 'custom-push-group', name => 'Other'));
        members_are($talk, 'an empty group', 'Engines');

        my %team = (group => '{team}', name => 'Engines');
        my $r = ask($talk, 204, 'catalogue-add-members', %team, members => members_json(qw(ada bob)));
        is $r->text, '', 'no list of members comes back';
        members_are($talk, 'the name was sent along and is the same', 'Engines', qw(ada bob));
        ask($talk, 204, 'catalogue-add-members', %team, members => members_json(qw(bob ada)));
        members_are($talk, 'who is in it already is in it once', 'Engines', qw(ada bob));
        ask($talk, 204, 'catalogue-change-members', %team, remove => '{ada}',
            members => members_json('eve'));
        members_are($talk, 'one goes and one comes', 'Engines', qw(bob eve));
        ask($talk, 204, 'catalogue-change-members', %team, remove => '{ada}',
            members => members_json('ada'));
        members_are($talk, 'who was no member is removed and then added', 'Engines', qw(ada bob eve));

        ask($talk, 204, 'catalogue-rename-group', %team, name => 'Analytical Engines');
        members_are($talk, 'a new name', 'Analytical Engines', qw(ada bob eve));
        ask($talk, 204, 'catalogue-change-members', %team, name => 'Difference Engines',
            remove => '{eve}', members => members_json('ada'));
        members_are($talk, 'a new name with a change of members', 'Difference Engines', qw(ada bob));
        error_is($talk->send('catalogue-change-members', name => 'OTHER', group => $talk->fill('{team}'),
            remove => $talk->fill('{ada}'), members => $talk->fill(members_json('eve'))), 409, 'uniqueness',
            qr/OTHER/, 'a name that is taken');
        members_are($talk, 'stops all of the request', 'Difference Engines', qw(ada bob));

        ask($talk, 204, 'catalogue-replace-members', group => '{team}', members => members_json(qw(eve bob)));
        members_are($talk, 'replaced by all who are members now', 'Difference Engines', qw(bob eve));
        ask($talk, 204, 'catalogue-replace-members', group => '{team}', members => '');
        members_are($talk, 'or by nobody', 'Difference Engines');
        ask($talk, 204, 'catalogue-add-members', %team, members => members_json('ada'));
        ask($talk, 204, 'custom-unlink-group', group => "{$_}") for qw(team other);
        state_is($talk, 'unlinked', users => \%person, groups => {});
    };
}

done_testing;
