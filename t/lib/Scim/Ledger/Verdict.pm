package Scim::Ledger::Verdict;

# What is stored, held against a Scim::Ledger.
#
#     my $verdict = Scim::Ledger::Verdict->new($shared, @lines);   # the id of the group of all, the ledger
#     $verdict->holds_for($scim, 'what');          # tests: all of it is as it should be, says this client

use strict;
use warnings;

use JSON::PP ();
use Test::More;

use Scim::Expect qw(status_is total);
use Scim::Ledger::World 'SHARED';

my $json = JSON::PP->new->canonical;

# The state of everybody that is certain, and requests of which nobody knows.
sub new
{
    my ($class, $shared) = @_;
    return bless { shared => $shared, state => {}, ids => { SHARED() => $shared }, named => {}, tried => {}, bumps => 1,
        in => {}, people => 0 }, $class;
}

sub hear
{
    my ($self, @lines) = @_;
    my $tried = $self->{tried};

    for my $line (@lines) {
        my ($what, $serial, @words) = @$line;
        if ($what eq 'try') {
            $tried->{$serial} = { serial => $serial, what => $words[0], effects => $json->decode($words[1]) };
            $self->{named}{$_} = 1 for keys %{ $tried->{$serial}{effects} };
        }
        elsif ($what eq 'done') {
            $self->apply(delete $tried->{$serial});
            my $ids = $json->decode($words[0]);
            @{ $self->{ids} }{ keys %$ids } = values %$ids;
        }
        elsif ($what eq 'refused') {
            delete $tried->{$serial};    # nobody was there to hear it
        }
    }
}

sub apply
{
    my ($self, $request) = @_;
    my %effects = %{ $request->{effects} };
    my $shared = delete $effects{ SHARED() };

    $self->{state}{$_} = $effects{$_} for keys %effects;
    return unless $shared;
    $self->{bumps} += $shared->{bumps};
    $self->{in}{$_} = 1 for @{ $shared->{in} };
    delete $self->{in}{$_} for @{ $shared->{out} };
}

# ---- what is stored ---------------------------------------------------------------------------

sub list_all
{
    my ($scim, $path) = @_;
    my @all;

    while (1) {
        my $r = $scim->get($path, query => { startIndex => @all + 1, count => 200 });
        return status_is($r, 200, 'the list') unless $r->code == 200;
        my $page = $r->json;
        push @all, @{ $page->{Resources} || [] };
        return @all if @all >= $page->{totalResults} || !@{ $page->{Resources} || [] };
    }
}

sub version { my ($stored) = @_; return Scim::Ledger::World::version($stored->{meta}{version}) }

sub person_state
{
    my ($stored) = @_;
    my $n = Scim::Ledger::whole($stored);

    return Scim::Ledger::World::person_state($n, version($stored)) if defined $n;
    return 'half: ' . $json->encode($stored);
}

sub group_state
{
    my ($stored, $name_of) = @_;
    my ($n) = $stored->{displayName} =~ / generation (\d+)$/;

    return Scim::Ledger::World::group_state($n, version($stored), map { $name_of->{ $_->{value} } // $_->{value} }
        @{ $stored->{members} || [] });
}

# People show the groups that show them, and groups show people as they are now.
sub disagreement
{
    my ($people, $groups) = @_;
    my %display = map { $_->{id} => $_->{displayName} } @$people;
    my %shown;

    for my $group (@$groups) {
        for my $member (grep { ($_->{type} // '') eq 'User' } @{ $group->{members} || [] }) {
            $shown{"$member->{value} in $group->{id}"} = 1;
            return "$group->{displayName} shows $member->{value} as " . ($member->{display} // 'nobody')
                if ($member->{display} // '') ne ($display{ $member->{value} } // 'nobody');
        }
    }
    for my $person (@$people) {
        for my $group (grep { $_->{type} eq 'direct' } @{ $person->{groups} || [] }) {
            return "$person->{userName} shows a group which does not show them"
                unless delete $shown{"$person->{id} in $group->{value}"};
        }
    }
    return %shown ? 'not shown by those who are in it: ' . join ', ', sort keys %shown : ();
}

# Name => state, of everybody; and a state of the group of all.
sub look
{
    my ($self, $scim) = @_;
    my @people = list_all($scim, '/Users');
    my @groups = list_all($scim, '/Groups');
    my %name_of = map { $_->{id} => $_->{userName} } @people;
    my %seen = (state => {}, ids => {}, wrong => [disagreement(\@people, \@groups)], people => \@people, groups => \@groups);
    my $note = sub {
        my ($name, $stored, $state) = @_;
        push @{ $seen{wrong} }, "$name is there twice" if exists $seen{state}{$name};
        push @{ $seen{wrong} }, "nobody knows $name" unless $self->{named}{$name};
        $seen{state}{$name} = $state;
        $seen{ids}{$name} = $stored->{id};
    };

    $note->($_->{userName}, $_, person_state($_)) for @people;
    for my $group (@groups) {
        my ($name) = $group->{displayName} =~ /^(r\d+w\d+\.\d+g) generation/;
        $note->($name, $group, group_state($group, \%name_of)) if $name;
        @seen{qw(version members)} = (version($group), [sort map { $name_of{ $_->{value} } // $_->{value} } @{ $group->{members} || [] }])
            if $group->{id} eq $self->{shared};
    }
    return \%seen;
}

# ---- the verdict ------------------------------------------------------------------------------

# What a request that was not answered has come to: done, or not, but not half.
sub settle
{
    my ($self, $request, $seen) = @_;
    my %effects = %{ $request->{effects} };
    my $shared = delete $effects{ SHARED() };
    my %came = map { $_ => ($seen->{state}{$_} // '') eq $effects{$_} ? 1 : 0 } keys %effects;
    my %of = map { $_ => 1 } @{ $seen->{members} };

    $came{"$_ in"} = $of{$_} ? 1 : 0 for @{ $shared->{in} || [] };
    $came{"$_ out"} = $of{$_} ? 0 : 1 for @{ $shared->{out} || [] };
    my %kinds = map { $_ => 1 } values %came;
    if (keys %kinds > 1) {
        push @{ $seen->{wrong} }, "$request->{what} is half: "
            . join ', ', map { "$_ " . ($came{$_} ? 'done' : 'not done') } sort keys %came;
    }
    $self->apply($request) if $kinds{1};
}

sub judge
{
    my ($self, $seen) = @_;
    my ($state, $ids) = @$self{qw(state ids)};
    my @wrong;

    for my $name (sort keys %{ { %$state, %{ $seen->{state} } } }) {
        my ($is, $should) = ($seen->{state}{$name} // '', $state->{$name} // '');
        push @wrong, "$name: " . ($is || 'not there') . '; should be: ' . ($should || 'not there') if $is ne $should;
        push @wrong, "$name has another id" if $is && ($ids->{$name} //= $seen->{ids}{$name}) ne $seen->{ids}{$name};
    }
    my $members = join ' ', sort keys %{ $self->{in} };
    push @wrong, "the members of all are @{ $seen->{members} }; should be: $members" if "@{ $seen->{members} }" ne $members;
    push @wrong, "the group of all has the version $seen->{version}, not $self->{bumps}" if $seen->{version} ne $self->{bumps};
    return @wrong;
}

# What one client settles is to be found by the others.
sub holds_for
{
    my ($self, $scim, $what) = @_;
    my $seen = $self->look($scim);

    $self->settle(delete $self->{tried}{$_}, $seen) for sort keys %{ $self->{tried} };
    $self->{people} = @{ $seen->{people} };
    my @wrong = (@{ $seen->{wrong} }, $self->judge($seen));
    ok !@wrong, "$what: all of " . keys(%{ $self->{named} }) . ' are as they should be' or diag map { "$_\n" } @wrong;
    $self->look_up($scim, $seen);
    count_up($scim, $seen);
}

sub people { my ($self) = @_; return $self->{people} }

sub clear
{
    my ($self, $scim) = @_;
    my $state = $self->{state};
    my @names = grep { $state->{$_} } sort keys %$state;

    while (my @some = splice @names, 0, 200) {
        my $r = status_is($scim->post('/Bulk', { schemas => ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'],
            Operations => [map { { method => 'DELETE', path => (/g$/ ? '/Groups/' : '/Users/') . $self->{ids}{$_} } } @some] }),
            200, scalar(@some) . ' of them go');
        is_deeply [grep { $_->{status} ne '204' } @{ $r->json->{Operations} }], [], 'all of these';
    }
    $self->{bumps} += keys %{ $self->{in} };
    @$self{qw(state named ids in people)} = ({}, {}, { SHARED() => $self->{shared} }, {}, 0);
}

# By id and by name the same is found as in the list.
sub look_up
{
    my ($self, $scim, $seen) = @_;
    my @names = grep { /^r\d+w\d+\.\d+[a-f]?$/ } sort keys %{ $self->{named} };
    my $step = 1 + int(@names / 40);
    my (@wrong, $i);

    for my $name (grep { $i++ % $step == 0 } @names) {
        my $id = $self->{ids}{$name} // '00000000-0000-7000-8000-000000000000';
        my $there = $seen->{state}{$name};
        my $code = $scim->get("/Users/$id")->code;
        my $found = total($scim, "userName eq \"$name\"");
        push @wrong, "$name by id: $code" if $code != ($there && $self->{ids}{$name} ? 200 : 404);
        push @wrong, "$name by name: $found" if $found ne ($there ? 1 : 0);
    }
    is_deeply \@wrong, [], 'found by id and by name';
}

# What is counted is what is there.
sub count_up
{
    my ($scim, $seen) = @_;
    my @people = @{ $seen->{people} };

    is total($scim), scalar @people, 'the total of people is that of the list';
    is total($scim, 'active eq false'), scalar(grep { !$_->{active} } @people), '... also of those who are not active';
    is $scim->get('/Groups', query => { count => 0 })->json->{totalResults}, scalar @{ $seen->{groups} },
        '... and that of groups';
}

1;
