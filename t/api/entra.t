# Microsoft Entra ID: requests as they go over the wire, in the form that is its default and in that
# of the flag aadOptscim062020, and what the directory holds after them.
use strict;
use warnings;

use Test::More;

use Scim::Client qw(true false);
use Scim::Expect qw(status_is error_is endpoint);
use Scim::Replay;
use Scim::Server;
use Scim::State qw(state_is member in_group);

my $token = 'entra-0123456789abcdefghijklmnopqrstuvwxyz';
my $list  = 'urn:ietf:params:scim:api:messages:2.0:ListResponse';
my $enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';

my @dialects = qw(auto entra);
my @forms = (['default', ''], ['flag', '-flag']);
my $server = Scim::Server->start(config => join '', map {
    my $dialect = $_;
    map { endpoint("/$dialect/$_", directory => "$dialect-$_", token => $token,
        extra => "ScimDialect $dialect\n") } qw(default flag list)
} @dialects);

sub entra
{
    return Scim::Replay->new('entra', $server->client(path => "/$_[0]/$_[1]", token => $token));
}

sub ask
{
    my ($talk, $code, $request, %words) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;

    $words{$_} = $talk->fill($words{$_}) for keys %words;
    return status_is($talk->send($request, %words), $code,
        join ' ', $request, map { $words{$_} } sort keys %words);
}

# A look-up that has to find one of what is kept, or nobody.
sub finds
{
    my ($talk, $word, $request, %words) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $found = ask($talk, 200, $request, %words)->json;

    is_deeply $found->{schemas}, [$list], '... answered with a list';
    is $found->{totalResults}, $word ? 1 : 0, '... of ' . ($word || 'nobody');
    is_deeply [map { $_->{id} } @{ $found->{Resources} }], [$word ? $talk->fill("{$word}") : ()],
        '... and in it';
    return $found->{Resources}[0];
}

my %who = (
    ada => { name => 'ada@example.com', external => 'a-1', given => 'Ada', family => 'Lovelace',
        number => '1815' },
    bob => { name => "bob\@example.com", external => 'b-2', given => 'Bob', family => "O'Hara",
        number => '42' },
    eve => { name => 'eve@example.com', external => 'e-3', given => 'Eve', family => 'Sdropper' },
);
my %ada = (
    userName    => 'ada@example.com',
    externalId  => 'a-1',
    active      => true,
    displayName => 'Ada Lovelace',
    name        => { formatted => 'Ada Lovelace', givenName => 'Ada', familyName => 'Lovelace' },
    emails      => [{ primary => true, type => 'work', value => 'ada@example.com' }],
    $enterprise => { employeeNumber => '1815' },
);
my %bob = (
    userName    => 'bob@example.com',
    externalId  => 'b-2',
    active      => true,
    displayName => "Bob O'Hara",
    name        => { formatted => "Bob O'Hara", givenName => 'Bob', familyName => "O'Hara" },
    emails      => [{ primary => true, type => 'work', value => 'bob@example.com' }],
    $enterprise => { employeeNumber => '42' },
);
my %eve = (
    userName   => 'eve@example.com',
    externalId => 'e-3',
    active     => true,
    name       => { givenName => 'Eve', familyName => 'Sdropper' },
);
my %king = (
    %ada,
    displayName  => 'Ada King',
    name         => { formatted => 'Ada Lovelace', givenName => 'Ada', familyName => 'King' },
    emails       => [{ primary => true, type => 'work', value => 'ada.king@example.com' }],
    phoneNumbers => [{ type => 'mobile', value => '+44 20 7946 0000' }],
    addresses    => [{ type => 'work', locality => 'London', country => 'GB' }],
    $enterprise  => {
        employeeNumber => '1843',
        department     => 'Engines',
        manager        => { value => '{bob}' },
    },
);

sub begin
{
    my ($talk, $form) = @_;

    finds($talk, '', "test-connection$form");
    for my $word (sort keys %who) {
        my %is = %{ $who{$word} };
        finds($talk, '', 'lookup-name', name => $is{name});
        finds($talk, '', 'lookup-external', external => $is{external});
        finds($talk, '', 'lookup-email', email => $is{name});
        my $r = ask($talk, 201, $is{number} ? 'create' : 'create-bare', %is);
        $talk->keep($word => $r);
        error_is($talk->send($is{number} ? 'create' : 'create-bare', %is, name => uc $is{name}), 409,
            'uniqueness', qr/\U$word\E\@EXAMPLE/, "$word is there once");
        finds($talk, $word, 'lookup-name', name => uc $is{name});
        finds($talk, $word, 'lookup-external', external => $is{external});
        finds($talk, $is{number} ? $word : '', 'lookup-email', email => uc $is{name});
        finds($talk, $word, 'lookup-both', name => $is{name}, external => $is{external});
        finds($talk, '', 'lookup-both', name => $is{name}, external => 'x');
        is ask($talk, 200, 'read', id => "{$word}")->json->{id}, $talk->fill("{$word}"), '... and read';
    }
    state_is($talk, 'three people as they were sent',
        users => { ada => \%ada, bob => \%bob, eve => \%eve }, groups => {});
}

for my $dialect (@dialects) {
    for my $case (@forms) {
        my ($name, $form) = @$case;
        my $talk = entra($dialect, $name);

        subtest "people, ScimDialect $dialect, $name form" => sub {
            begin($talk, $form);
            my $r = ask($talk, 200, "update$form", id => '{ada}', manager => '{bob}');
            is $r->json->{id}, $talk->fill('{ada}'), 'answered with the person';
            state_is($talk, 'each attribute changed, made or left as it was',
                users => { ada => \%king, bob => \%bob, eve => \%eve }, groups => {});
            my $version = $r->header('ETag');
            is ask($talk, 200, "update$form", id => '{ada}', manager => '{bob}')->header('ETag'), $version,
                'a second time changes nothing';
            finds($talk, 'ada', 'manager-check', id => '{ada}', manager => '{bob}');
            finds($talk, '', 'manager-check', id => '{ada}', manager => '{eve}');

            ask($talk, 200, 'email', id => '{eve}', op => $form ? 'add' : 'Add', email => 'eve@example.com');
            my %mailed = (%eve, emails => [{ type => 'work', value => 'eve@example.com' }]);
            finds($talk, 'eve', 'lookup-email', email => 'eve@example.com');
            ask($talk, 200, "clear$form", id => '{ada}');
            my %cleared = (%king, $enterprise => { employeeNumber => '1843' });
            delete $cleared{phoneNumbers};
            ask($talk, 200, "disable$form", id => '{ada}');
            ask($talk, 200, "disable$form", id => '{ada}');
            is finds($talk, 'ada', 'lookup-name', name => 'ada@example.com')->{active}, false,
                'who is deleted softly is found, and inactive';
            is ask($talk, 200, 'read', id => '{ada}')->json->{active}, false, 'and read';
            state_is($talk, 'cleared, disabled, and an e-mail address made',
                users => { ada => { %cleared, active => false }, bob => \%bob, eve => \%mailed },
                groups => {});
            is ask($talk, 200, "enable$form", id => '{ada}')->json->{active}, true, 'restored';

            # app roles are text that happens to be JSON
            my ($add, $replace) = $form ? qw(add replace) : qw(Add Replace);
            ask($talk, 200, 'roles', id => '{bob}', op => $_->[0], role => $_->[1])
                for [$add, 'Reader'], [$add, 'Reader'], [$add, 'Writer'], [$replace, 'Admin'], [$add, 'Reader'];
            my %roles = (%bob, roles => [map {
                { value => qq({"id":"06b07648","value":"$_","displayName":"$_"}) } } qw(Admin Reader)]);

            ask($talk, 204, 'delete', id => '{eve}');
            ask($talk, 404, 'read', id => '{eve}');
            ask($talk, 404, "disable$form", id => '{eve}');
            finds($talk, '', 'lookup-name', name => 'eve@example.com');
            state_is($talk, 'who is deleted for good is gone',
                users => { ada => \%cleared, bob => \%roles }, groups => {});
            $talk->keep(eve => ask($talk, 201, 'create-bare', %{ $who{eve} }));
            my %made = (id => '{eve}', email => 'eve@example.org');
            ask($talk, 200, "email$form", %made, $form ? () : (op => 'Replace'));
            state_is($talk, 'and can come back',
                users => {
                    ada => \%cleared,
                    bob => \%roles,
                    eve => { %eve, emails => [{ type => 'work', value => 'eve@example.org' }] },
                },
                groups => {});
            ask($talk, 204, 'delete', id => "{$_}") for qw(ada bob eve);
        };

        subtest "groups, ScimDialect $dialect, $name form" => sub {
            $talk->keep($_ => ask($talk, 201, 'create', %{ $who{$_} })) for qw(ada bob);
            $talk->keep(eve => ask($talk, 201, 'create-bare', %{ $who{eve} }));
            finds($talk, '', 'lookup-group', name => 'Engines');
            my $r = ask($talk, 201, 'create-group', name => 'Engines', external => 'g-1');
            $talk->keep(team => $r);
            error_is($talk->send('create-group', name => 'ENGINES', external => 'g-2'), 409, 'uniqueness',
                qr/ENGINES/, 'a name for one group');
            ok !exists finds($talk, 'team', 'lookup-group', name => 'engines')->{members},
                'found without members';

            my %team = (group => '{team}');
            $r = ask($talk, 204, "add-members$form", %team, one => '{ada}', two => '{bob}');
            is $r->text, '', 'no list of members comes back';
            ask($talk, 204, "add-members$form", %team, one => '{bob}', two => '{eve}');
            ask($talk, 204, "add-members$form", %team, one => '{bob}', two => '{eve}');
            my @in = (groups => [in_group('team', 'Engines')]);
            my %in = (ada => { %ada, @in }, bob => { %bob, @in }, eve => { %eve, @in });
            my %named = (displayName => 'Engines', externalId => 'g-1');
            state_is($talk, 'all are members, once',
                users  => \%in,
                groups => { team => { %named, members => [member('ada', 'Ada Lovelace'),
                    member('bob', "Bob O'Hara"), member('eve', 'eve@example.com')] } });
            ok !exists finds($talk, 'team', 'lookup-group', name => 'Engines')->{members},
                'the list is without members';
            $r = ask($talk, 200, 'read-group', %team);
            is_deeply [sort keys %{ $r->json }], [qw(displayName externalId id meta schemas)],
                'and so is the group';
            finds($talk, 'team', 'member-check', %team, one => '{ada}');

            ask($talk, 204, "remove-member$form", %team, one => '{ada}');
            ask($talk, 204, "remove-member$form", %team, one => '{ada}');
            finds($talk, '', 'member-check', %team, one => '{ada}');
            finds($talk, 'team', 'member-check', %team, one => '{eve}');
            state_is($talk, 'one was removed, not all',
                users  => { %in, ada => \%ada },
                groups => { team => { %named,
                    members => [member('bob', "Bob O'Hara"), member('eve', 'eve@example.com')] } });

            ask($talk, 204, "rename-group$form", %team, name => 'Difference Engines');
            ask($talk, 200, "disable$form", id => '{bob}');
            ask($talk, 204, 'delete', id => '{eve}');
            my %bob_in = (%bob, groups => [in_group('team', 'Difference Engines')]);
            state_is($talk, 'renamed; the disabled are members, the deleted are not',
                users  => { ada => \%ada, bob => { %bob_in, active => false } },
                groups => { team => { displayName => 'Difference Engines', externalId => 'g-1',
                    members => [member('bob', "Bob O'Hara")] } });
            ask($talk, 204, "remove-member$form", %team, one => '{bob}');
            ask($talk, 200, "enable$form", id => '{bob}');
            state_is($talk, 'the last member gone, the group is there',
                users  => { ada => \%ada, bob => \%bob },
                groups => { team => { displayName => 'Difference Engines', externalId => 'g-1' } });
            ask($talk, 204, 'delete-group', %team);
            ask($talk, 404, 'read-group', %team);
            state_is($talk, 'and gone when it is deleted',
                users => { ada => \%ada, bob => \%bob }, groups => {});
        };
    }
}

# ---- what Microsoft asks of a service ----------------------------------------------------------------

for my $dialect (@dialects) {
    subtest "the list of what Entra needs, ScimDialect $dialect" => sub {
        my $talk = entra($dialect, 'list');
        my @order = qw(ada bob eve);
        my %now = (ada => { %ada }, bob => { %bob }, eve => { %eve });
        my $r;

        is ask($talk, 200, 'config')->json->{patch}{supported}, true, '1: PATCH, and so groups';
        finds($talk, '', 'test-connection');
        finds($talk, '', 'lookup-group', name => 'Engines');    # 3: a list for none, too
        for my $word (@order) {
            $r = ask($talk, 201, $word eq 'eve' ? 'create-bare' : 'create', %{ $who{$word} });
            $talk->keep($word => $r);
            like $r->json->{id}, qr/^[0-9a-f-]{36}$/, '2: an id';
        }
        finds($talk, 'bob', 'lookup-both', name => 'bob@example.com', external => 'b-2');    # 4: eq, and

        my $adds = 0;
        for my $op (qw(Add add ADD Replace replace REPLACE rEPLACE)) {
            my $value = "Ada " . ++$adds;
            $r = ask($talk, 200, 'display', id => '{ada}', op => $op, value => $value);
            is $r->json->{displayName}, $value, "5: op $op";
        }
        is $r->json->{id}, $talk->fill('{ada}'), '6: PATCH of a person answers with the person';
        $now{ada}{displayName} = 'Ada 7';

        $talk->keep(team => ask($talk, 201, 'create-group', name => 'Engines', external => 'g-1'));
        $r = ask($talk, 204, 'add-members', group => '{team}', one => '{ada}', two => '{eve}');
        is $r->text, '', '6: PATCH of a group answers with nothing';
        for my $request ('read-group', 'lookup-group') {
            $r = ask($talk, 200, $request, group => '{team}', name => 'Engines');
            unlike $r->text, qr/"members"/, "7: $request without members";
        }

        subtest '8: a list, page after page' => sub {
            my @seen;
            for my $start (1, 3) {
                my $page = ask($talk, 200, 'list', start => $start)->json;
                is $page->{totalResults}, 3, '... of all';
                is $page->{startIndex}, $start, '... from there';
                is $page->{itemsPerPage}, $start == 1 ? 2 : 1, '... as many as there are';
                push @seen, map { $_->{id} } @{ $page->{Resources} };
            }
            is_deeply \@seen, [map { $talk->fill("{$_}") } @order], 'everybody, once';
        };

        ask($talk, 200, 'disable', id => '{bob}');
        is ask($talk, 200, 'list', start => 1)->json->{Resources}[1]{active}, false,
            '9: who is deleted softly is listed';
        $now{bob}{active} = false;

        subtest '10: values as they are sent, or refused' => sub {
            for my $value ('  two  blanks  ', "\xe2\x80\x9cZo\xc3\xab\xe2\x80\x9d \xf0\x9f\x8c\x8d", '<b>&amp;%20+',
                '0', 'FALSE')
            {
                $r = ask($talk, 200, 'display', id => '{eve}', op => 'Replace', value => $value);
                utf8::decode(my $text = $value);
                is $r->json->{displayName}, $text, '... and so it is kept';
            }
            $now{eve}{displayName} = 'FALSE';
            error_is($talk->send('active', id => $talk->fill('{eve}'), value => 'maybe'), 400, 'invalidValue',
                qr/active.*maybe/, 'maybe is no boolean');
            ask($talk, 200, 'active', id => '{eve}', value => 'FALSE');
            $now{eve}{active} = false;
        };

        for my $email (qw(eve@example.com eve@example.net)) {
            ask($talk, 200, 'email', id => '{eve}', op => 'Add', email => $email);
        }
        $now{eve}{emails} = [{ type => 'work', value => 'eve@example.net' }];    # 11: one of a type
        error_is($talk->send('create-group', name => 'ENGINES', external => 'g-2'), 409, 'uniqueness',
            qr/ENGINES/, '12: displayName is for one group');

        subtest '13: /Schemas' => sub {
            $r = ask($talk, 200, 'schemas');
            is_deeply $r->json->{schemas}, [$list], 'a list';
            unlike $r->text, qr/:\s*null\b/, 'nothing is null';
            is_deeply [$r->text =~ /"name":\s*"([^"]*[^A-Za-z0-9\$" ][^"]*)"/g], [], 'names of one word';
            like $r->text, qr/"mutability":\s*"readWrite"/, 'and values in camel case';
            my %known = map { $_->{id} => 1 } @{ $r->json->{Resources} };
            ok $known{$_}, $_ for $enterprise, map { "urn:ietf:params:scim:schemas:core:2.0:$_" } qw(User Group);
        };

        # 14. Without a User-Agent, `auto` cannot tell Entra's GET from OneLogin's.
        my $type = $dialect eq 'entra' ? qr{^application/scim\+json$} : qr{^application/(scim\+)?json$};
        like ask($talk, 200, 'read', id => '{ada}')->header('Content-Type'), $type, '14: the media type';
        is ask($talk, 200, 'disable', id => '{bob}')->header('Content-Type'), 'application/scim+json',
            '14: and what a PATCH of Entra is answered in';
        error_is(ask($talk, 401, 'no-token'), 401, undef, undef, '15: a token, or nothing');

        my @in = (groups => [in_group('team', 'Engines')]);
        state_is($talk, 'and what it all comes to',
            users  => { ada => { %{ $now{ada} }, @in }, bob => $now{bob}, eve => { %{ $now{eve} }, @in } },
            groups => { team => { displayName => 'Engines', externalId => 'g-1',
                members => [member('ada', 'Ada 7'), member('eve', 'FALSE')] } });
    };
}

done_testing;
