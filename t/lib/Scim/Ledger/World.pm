package Scim::Ledger::World;

# What a writer of a Scim::Ledger believes to be stored of the people and the group that it is at
# work with, and what a request will make of that. Every write of something, and every change of
# what a group shows of its members, is a version.
#
#     my $world = Scim::Ledger::World->new;
#     my $next  = $world->copy;              # and then what the request does, in its order:
#     $next->make($name, $n)                 # a person of generation $n
#     $next->change($name, $n)   $next->remove($name)
#     $next->gather($group, $n, @names)      # makes a group, or replaces it
#     $next->join($group, @names)   $next->leave($group, @names)   $next->dissolve($group)
#     my $effects = $next->since($world);    # { name => state behind it, '' when it is gone }
#
# The group SHARED is that of all writers: of it are only known those of the own people who are in
# it, and how often it was changed. Its state is { bumps => 2, in => [names], out => [names] }.

use strict;
use warnings;

use Exporter 'import';

use constant SHARED => 'shared';

our @EXPORT_OK = qw(SHARED);

sub new { return bless { people => {}, groups => { SHARED() => { n => 1, version => 1, members => {} } } }, shift }

sub copy
{
    my ($self) = @_;
    my ($people, $groups) = @$self{qw(people groups)};

    return bless {
        people => { map { $_ => { %{ $people->{$_} } } } keys %$people },
        groups => { map { $_ => { %{ $groups->{$_} }, members => { %{ $groups->{$_}{members} } } } } keys %$groups },
    }, ref $self;
}

sub person { my ($self, $name) = @_; return $self->{people}{$name} }
sub group  { my ($self, $name) = @_; return $self->{groups}{$name} }

# ---- changes ----------------------------------------------------------------------------------

sub make { my ($self, $name, $n) = @_; $self->{people}{$name} = { n => $n, version => 1 } }

sub groups_of
{
    my ($self, $name) = @_;
    return grep { $_->{members}{$name} } values %{ $self->{groups} };
}

sub change
{
    my ($self, $name, $n) = @_;
    my $person = $self->person($name);

    $person->{n} = $n;
    $_->{version}++ for $person, $self->groups_of($name);
}

sub remove
{
    my ($self, $name) = @_;

    for my $group ($self->groups_of($name)) {
        delete $group->{members}{$name};
        $group->{version}++;
    }
    delete $self->{people}{$name};
}

sub gather
{
    my ($self, $name, $n, @names) = @_;
    my $group = $self->{groups}{$name} //= { version => 0 };

    $group->{n} = $n;
    $group->{members} = { map { $_ => 1 } @names };
    $group->{version}++;
}

sub join
{
    my ($self, $name, @names) = @_;
    my $group = $self->group($name);

    @{ $group->{members} }{@names} = (1) x @names;
    $group->{version}++;
}

sub leave
{
    my ($self, $name, @names) = @_;
    my $group = $self->group($name);

    delete @{ $group->{members} }{@names};
    $group->{version}++;
}

sub dissolve { my ($self, $name) = @_; delete $self->{groups}{$name} }

# ---- states -----------------------------------------------------------------------------------

# The number in an ETag; behind it may stand which groups a person shows.
sub version
{
    my ($etag) = @_;
    return $etag =~ m{^W/"(\d+)(?:-[0-9a-f]{16})?"$} ? $1 : "'$etag'";
}

sub person_state { my ($n, $version) = @_; return "generation $n, version $version" }

sub group_state
{
    my ($n, $version, @names) = @_;
    return person_state($n, $version) . ', with ' . (CORE::join(' ', sort @names) || 'nobody');
}

sub states
{
    my ($self) = @_;
    my %states = map { $_ => person_state(@{ $self->{people}{$_} }{qw(n version)}) } keys %{ $self->{people} };

    for my $name (grep { $_ ne SHARED } keys %{ $self->{groups} }) {
        my $group = $self->group($name);
        $states{$name} = group_state(@$group{qw(n version)}, keys %{ $group->{members} });
    }
    return \%states;
}

sub since
{
    my ($self, $before) = @_;
    my ($old, $new) = ($before->states, $self->states);
    my %effects = map { $_ => $new->{$_} // '' }
        grep { ($old->{$_} // '') ne ($new->{$_} // '') } keys %{ { %$old, %$new } };
    my ($was, $is) = map { $_->group(SHARED) } $before, $self;

    $effects{ SHARED() } = {
        bumps => $is->{version} - $was->{version},
        in    => [sort grep { !$was->{members}{$_} } keys %{ $is->{members} }],
        out   => [sort grep { !$is->{members}{$_} } keys %{ $was->{members} }],
    } if $is->{version} != $was->{version};
    return \%effects;
}

1;
