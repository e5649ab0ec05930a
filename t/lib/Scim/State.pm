package Scim::State;

# What a directory holds, to the last attribute.
#
#     state_is($replay, 'after the rename',
#         users  => { ada => { userName => 'ada', active => true, groups => [in_group('team', 'Team')] } },
#         groups => { team => { displayName => 'Team', members => [member('ada', 'ada')] } });
#
# Each user and group is whole but for `id` and `meta`, which are looked at for their form, and the
# core `schemas`, which are implied. The keys are words that the Scim::Replay keeps ids under; words
# in braces stand for what is kept. Nobody and nothing else may be there. Members, and the groups of
# a person, are compared in any order.
#
#     member('ada', 'Ada')               a person in `members`, and the display name there
#     in_group('team', 'Team')           a group in `groups`; a third argument 'indirect'

use strict;
use warnings;

use Exporter 'import';
use Test::More;

our @EXPORT_OK = qw(state_is member in_group);

my $core = 'urn:ietf:params:scim:schemas:core:2.0';
my $uuid = qr/[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/;
my $time = qr/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z/;
my %type = (users => ['Users', 'User'], groups => ['Groups', 'Group']);

sub member
{
    my ($word, $display) = @_;
    return { value => "{$word}", '$ref' => "{url}/Users/{$word}", display => $display,
        type => 'User' };
}

sub in_group
{
    my ($word, $display, $type) = @_;
    return { value => "{$word}", '$ref' => "{url}/Groups/{$word}", display => $display,
        type => $type // 'direct' };
}

sub everything
{
    my ($client, $path) = @_;
    my (@all, $list);

    do {
        $list = $client->get($path, query => { startIndex => 1 + @all, count => 100 })->json;
        push @all, @{ $list->{Resources} };
    } while (@{ $list->{Resources} } && @all < $list->{totalResults});
    return @all;
}

# A resource as text for what cannot be foretold, checked for its form.
sub formed
{
    my ($resource, $url, $type) = @_;
    my %copy = %$resource;
    my $meta = delete $copy{meta};

    $copy{id} = 'no UUID' unless ($copy{id} // '') =~ /^$uuid$/;
    $copy{meta} = join ' ', sort keys %$meta;
    $copy{meta} .= " of no $type" if ($meta->{resourceType} // '') ne $type;
    $copy{meta} .= ' at another place' if ($meta->{location} // '') ne "$url/$copy{id}";
    $copy{meta} .= ' of no version' if ($meta->{version} // '') !~ m{^W/"\d+"$};
    $copy{meta} .= ' of no time'
        if grep { ($meta->{$_} // '') !~ /^$time$/ } qw(created lastModified);
    $copy{meta} .= ' changed before it was there'
        if ($meta->{created} // '') gt($meta->{lastModified} // '');
    return sorted(\%copy);
}

sub sorted
{
    my ($resource) = @_;

    for my $name (qw(members groups)) {
        $resource->{$name} = [sort { $a->{value} cmp $b->{value} } @{ $resource->{$name} }]
            if $resource->{$name};
    }
    $resource->{schemas} = [sort @{ $resource->{schemas} }];
    return $resource;
}

sub due
{
    my ($replay, $word, $resource, $type) = @_;
    my @extensions = grep { /^urn:/ } keys %$resource;

    return sorted({
        %{ $replay->fill($resource) },
        id      => $replay->fill("{$word}"),
        schemas => ["$core:$type", @extensions],
        meta    => 'created lastModified location resourceType version',
    });
}

sub state_is
{
    my ($replay, $what, %state) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $client = $replay->client;
    my (%got, %due);

    for my $kind (sort keys %type) {
        my ($path, $type) = @{ $type{$kind} };
        my $url = $client->base . "/$path";
        my %word = map { $replay->fill("{$_}") => $_ } keys %{ $state{$kind} };

        $due{$kind} = { map { $_ => due($replay, $_, $state{$kind}{$_}, $type) }
                keys %{ $state{$kind} } };
        for my $resource (everything($client, "/$path")) {
            my $word = $word{ $resource->{id} } // "also there: $resource->{id}";
            my $read = $client->get("/$path/$resource->{id}")->json;
            $word .= ' twice' if $got{$kind}{$word};
            $got{$kind}{$word} = formed($resource, $url, $type);
            $got{$kind}{"$word, read alone"} = formed($read, $url, $type)
                if !eq_hash($read, $resource);
        }
        $got{$kind} //= {};
    }
    return is_deeply(\%got, \%due, $what);
}

1;
