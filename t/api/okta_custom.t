# A custom app of Okta (made with the App Integration Wizard): requests as they go over the wire,
# and what the directory holds after them.
use strict;
use warnings;

use JSON::PP ();
use Test::More;

use Scim::Client qw(true false);
use Scim::Expect qw(status_is error_is endpoint);
use Scim::Replay;
use Scim::Server;
use Scim::State qw(state_is member in_group);

my $token = 'okta-custom-0123456789abcdefghijklmnopqrstuv';
my $list  = 'urn:ietf:params:scim:api:messages:2.0:ListResponse';
my $json  = JSON::PP->new->utf8->canonical;

my @dialects = qw(auto okta);
my $server = Scim::Server->start(config => join '', map {
    my $dialect = $_;
    map { endpoint("/$dialect/$_", directory => "$dialect-$_", token => $token,
        extra => "ScimDialect $dialect\n") } qw(life import spec)
} @dialects);

sub okta
{
    return Scim::Replay->new('okta', $server->client(path => "/$_[0]/$_[1]", token => $token));
}

# Sends one request whose words may name what is kept.
sub ask
{
    my ($talk, $code, $request, %words) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;

    $words{$_} = $talk->fill($words{$_}) for keys %words;
    my $r = status_is($talk->send($request, %words), $code, join ' ', $request, map { $words{$_} }
            grep { $_ ne 'merged' } sort keys %words);
    is $r->header('Content-Type'), 'application/scim+json', '... of the type that was asked for'
        if $code != 204;
    return $r;
}

# Okta reads the person, lays its own profile over that, and sends all of it back.
sub push_profile
{
    my ($talk, $word, %profile) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $read = ask($talk, 200, 'custom-read', id => "{$word}")->json;
    my $r = ask($talk, 200, 'custom-replace', id => "{$word}",
        merged => $json->encode({ %$read, %profile }));

    is $r->json->{id}, $read->{id}, '... answered with the person';
    is_deeply $r->json->{$_}, $profile{$_}, "... and the new $_" for sort keys %profile;
    return $r;
}

sub create
{
    my ($talk, $word, $given, $family, $external) = @_;
    my $name = "$word\@example.com";
    my $r = ask($talk, 200, 'custom-lookup', name => $name);

    is $r->json->{totalResults}, 0, "$word is not known";
    is_deeply $r->json->{Resources}, [], '... and an empty list says so';
    $r = ask($talk, 201, 'custom-create', name => $name, given => $given, family => $family,
        external => $external);
    ok !exists $r->json->{password}, '... and no answer has the password';
    $talk->keep($word => $r);
    return {
        userName    => $name,
        name        => { givenName => $given, familyName => $family },
        emails      => [{ primary => true, value => $name, type => 'work' }],
        displayName => "$given $family",
        locale      => 'en-US',
        externalId  => $external,
        active      => true,
    };
}

sub members_json { return join ',', map { "{\"value\":\"{$_}\",\"display\":\"$_\@example.com\"}" } @_ }

for my $dialect (@dialects) {
    subtest "people and pushed groups, ScimDialect $dialect" => sub {
        my $talk = okta($dialect, 'life');
        is ask($talk, 200, 'custom-test-users')->json->{totalResults}, 0, 'nobody yet';
        is ask($talk, 200, 'custom-list-groups', start => 1)->json->{totalResults}, 0, 'nor a group';

        my $ada = create($talk, 'ada', 'Ada', 'Lovelace', '00u1');
        my $bob = create($talk, 'bob', 'Bob', 'Builder',  '00u2');
        error_is($talk->send('custom-create', name => 'ADA@example.com', given => 'A', family => 'L',
            external => '00u9'), 409, 'uniqueness', qr/ADA\@example\.com/, 'ada is there once');
        my $hit = ask($talk, 200, 'custom-lookup', name => 'ADA@EXAMPLE.COM')->json;
        is $hit->{totalResults}, 1, 'and found';
        is $hit->{Resources}[0]{id}, $talk->fill('{ada}'), '... by any case of her name';
        state_is($talk, 'two people', users => { ada => $ada, bob => $bob }, groups => {});

        # Push Groups: looked for by name, made empty, then filled
        is ask($talk, 200, 'custom-find-group', name => 'Engines')->json->{totalResults}, 0,
            'no such group';
        $talk->keep(team => ask($talk, 201, 'custom-push-group', name => 'Engines'));
        error_is($talk->send('custom-push-group', name => 'Engines'), 409, 'uniqueness', qr/Engines/,
            'pushed twice');
        ask($talk, 200, 'custom-replace-group', group => '{team}', name => 'Engines',
            members => members_json(qw(ada bob)));
        state_is($talk, 'the group has the whole list',
            users => {
                ada => { %$ada, groups => [in_group('team', 'Engines')] },
                bob => { %$bob, groups => [in_group('team', 'Engines')] },
            },
            groups => {
                team => { displayName => 'Engines',
                    members => [member('ada', 'Ada Lovelace'), member('bob', 'Bob Builder')] },
            });

        # profile changes: what was read goes back, groups and meta with it
        push_profile($talk, 'ada', displayName => 'Ada King',
            name => { givenName => 'Ada', familyName => 'King' });
        $ada = { %$ada, displayName => 'Ada King', name => { givenName => 'Ada', familyName => 'King' } };
        my $version = $talk->client->get('/Users/' . $talk->fill('{ada}'))->header('ETag');
        is push_profile($talk, 'ada')->header('ETag'), $version, 'the same again changes nothing';
        ask($talk, 200, 'custom-replace-group', group => '{team}', name => 'Analytical Engines',
            members => members_json('ada'));
        state_is($talk, 'a new name for a person and her group, and one member less',
            users  => { ada => { %$ada, groups => [in_group('team', 'Analytical Engines')] }, bob => $bob },
            groups => {
                team => { displayName => 'Analytical Engines', members => [member('ada', 'Ada King')] },
            });

        # unassigned, and assigned again
        push_profile($talk, 'ada', active => false);
        is ask($talk, 200, 'custom-lookup', name => 'ada@example.com')->json->{Resources}[0]{active},
            false, 'the inactive are found';
        state_is($talk, 'deactivated',
            users => {
                ada => { %$ada, active => false, groups => [in_group('team', 'Analytical Engines')] },
                bob => $bob,
            },
            groups => {
                team => { displayName => 'Analytical Engines', members => [member('ada', 'Ada King')] },
            });
        push_profile($talk, 'ada', active => true);
        ask($talk, 200, 'custom-replace-group', group => '{team}', name => 'Analytical Engines',
            members => members_json('bob', 'ada'));
        ask($talk, 200, 'custom-replace-group', group => '{team}', name => 'Analytical Engines',
            members => '');
        state_is($talk, 'reactivated, and the group emptied',
            users  => { ada  => $ada, bob => $bob },
            groups => { team => { displayName => 'Analytical Engines' } });

        ask($talk, 204, 'custom-unlink-group', group => '{team}');
        ask($talk, 404, 'custom-read-group', group => '{team}');
        state_is($talk, 'unlinked', users => { ada => $ada, bob => $bob }, groups => {});
    };
}

# ---- import ----------------------------------------------------------------------------------------

sub made
{
    my ($scim, $path, %resource) = @_;
    my $type = $path eq '/Users' ? 'User' : 'Group';
    my $r = $scim->post($path,
        { schemas => ["urn:ietf:params:scim:schemas:core:2.0:$type"], %resource });

    return $r->code == 201 ? $r->json->{id} : die $r->text;
}

sub ids { return [map { $_->{id} } @_] }

# All resources, a page of a hundred at a time; `between` runs after each page.
sub import_all
{
    my ($talk, $request, $between) = @_;
    my ($start, $total, @all) = (1);

    do {
        my $r = $talk->send($request, start => $start);
        my $page = status_is($r, 200, "$request from $start")->json;
        is_deeply $page->{schemas}, [$list], '... is a list';
        like $r->text, qr/"$_":\d/, "... with the number $_"
            for qw(totalResults startIndex itemsPerPage);
        is $page->{startIndex}, $start, '... from there';
        is $page->{itemsPerPage}, scalar @{ $page->{Resources} }, '... as long as it says';
        push @all, @{ $page->{Resources} };
        $total //= $page->{totalResults};
        $between->($start) if $between;
        $start += 100;
    } while ($start <= $total);
    return @all;
}

for my $dialect (@dialects) {
    subtest "import, ScimDialect $dialect" => sub {
        my $talk = okta($dialect, 'import');
        my $scim = $talk->client;
        my @people = map { made($scim, '/Users', userName => sprintf 'p%03d', 7 * $_ % 233) } 1 .. 230;
        my @groups = map {
            made($scim, '/Groups', displayName => sprintf('g%03d', 7 * $_ % 103),
                members => [{ value => $people[$_] }])
        } 1 .. 102;

        # neither changes nor newcomers disturb the order
        my @new;
        my @seen = import_all($talk, 'custom-list-users', sub {
            my ($start) = @_;
            for my $id ($people[3], $people[$start + 20]) {
                is $scim->patch("/Users/$id", [{ op => 'replace', path => 'userName',
                    value => "a$start-$id" }])->code, 200, '... somebody is renamed meanwhile';
            }
            push @new, made($scim, '/Users', userName => "0$start");
        });
        is_deeply [sort @{ ids(@seen) }], [sort @people, @new[0, 1]], 'everybody once, newcomers too';

        my @found = import_all($talk, 'custom-list-groups');
        is_deeply { map { $_->{id} => $_->{members}[0]{value} } @found },
            { map { $groups[$_ - 1] => $people[$_] } 1 .. 102 }, 'every group, and its member';
        is_deeply [import_all($talk, 'custom-list-groups')], \@found, 'the same in the same order again';
        is_deeply ids(import_all($talk, 'custom-list-users')), [@{ ids(@seen) }, $new[2]],
            'and people too, the last newcomer last';
    };
}

# ---- what Okta's own test suite asks for -------------------------------------------------------------

for my $dialect (@dialects) {
    subtest "the list of what Okta needs, ScimDialect $dialect" => sub {
        my $talk = okta($dialect, 'spec');
        my $ada  = create($talk, 'ada', 'Ada', 'Lovelace', '00u1');
        my $unknown = '00919288221112222';
        my ($r, $user);

        subtest '1: a list of one person' => sub {
            $r = ask($talk, 200, 'custom-spec-first');
            is_deeply $r->json->{schemas}, [$list], 'schemas';
            like $r->text, qr/"$_":1\b/, $_ for qw(itemsPerPage startIndex totalResults);
            $user = $r->json->{Resources}[0];
            ok length $user->{$_}, $_ for qw(id userName active);
            ok length $user->{name}{$_}, "name.$_" for qw(givenName familyName);
            ok length $user->{emails}[0]{value}, 'emails[0].value';
        };
        is_deeply ask($talk, 200, 'custom-read', id => $user->{id})->json, $user, '2: the same by id';
        is ask($talk, 200, 'custom-lookup', name => 'nobody@example.com')->json->{totalResults}, 0,
            '3: nobody of that name';
        error_is(ask($talk, 404, 'custom-read', id => $unknown), 404, undef, qr/$unknown/,
            '4: nor with that id');

        subtest '5 to 7: create, read again, create again' => sub {
            my $name = 'Runscope300@example.com';
            my %new = (userName => $name, name => { givenName => 'Runscope', familyName => 'Tester' },
                emails => [{ primary => true, value => $name, type => 'work' }],
                displayName => 'Runscope Tester', active => true);
            $talk->keep(new => ask($talk, 201, 'custom-spec-create', name => $name));
            state_is($talk, 'as it was sent, the case of the name too',
                users => { ada => $ada, new => \%new }, groups => {});
            error_is(ask($talk, 409, 'custom-spec-create', name => $name), 409, 'uniqueness',
                qr/Runscope300/, 'not twice');
            is ask($talk, 200, 'custom-lookup', name => 'RUNSCOPE300@EXAMPLE.COM')->json->{Resources}[0]{id},
                $talk->fill('{new}'), '8: found by capitals';
        };

        is_deeply ask($talk, 200, 'custom-spec-groups')->json->{Resources}, [], '9: groups, none';
        for my $request (qw(custom-spec-wrong-token custom-spec-no-token)) {
            $r = error_is(ask($talk, 401, $request), 401, undef, undef, "10: $request");
            ok $r->json->{status} == 401, '... status compares as a number';
        }
        $r = error_is(ask($talk, 404, 'custom-read', id => $unknown), 404, undef, qr/$unknown/,
            '11: nobody, again');
        ok $r->json->{status} == 404, '... status compares as a number';

        subtest '12: assigned, renamed, deactivated, reactivated, unassigned' => sub {
            push_profile($talk, 'new', name => { givenName => 'Another', familyName => 'Name' });
            for my $active (false, true, false) {
                push_profile($talk, 'new', active => $active);
                is ask($talk, 200, 'custom-read', id => '{new}')->json->{active}, $active,
                    'active is as it was pushed';
            }
            my $name = 'Runscope300@example.com';
            state_is($talk, 'there in the end, and inactive',
                users => {
                    ada => $ada,
                    new => { userName => $name, active => false, displayName => 'Runscope Tester',
                        name   => { givenName => 'Another', familyName => 'Name' },
                        emails => [{ primary => true, value => $name, type => 'work' }] },
                },
                groups => {});
        };
        error_is(ask($talk, 404, 'custom-read', id => uc $talk->fill('{new}') . 'X'), 404, undef, undef,
            '13: an id is what the server made');
    };
}

done_testing;
