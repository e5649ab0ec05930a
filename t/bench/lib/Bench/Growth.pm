package Bench::Growth;

# The same with more people, and with more members.

use strict;
use warnings;

use Bench::Load;
use Bench::Reads;
use Bench::Row qw(row measured each_new);
use Bench::World;
use Bench::Writes;

# ---- people ------------------------------------------------------------------------------

my $by_name = 'GET /scim/v2/Users?filter=userName%20eq%20%22user';
my $end     = '%40example.com%22';

my @operations = (    # name, target, connections
    ['GET /Users/{id}', 0.85, 8],
    ['look-up by userName, found', 0.85, 8],
    ['look-up by userName, nobody', 0.85, 8],
    ['first page of 100 with its total', 0.5, 8],
    ['filter on an index with its total', 0.5, 8],
    ['POST /Users', 0.85, 1],
    ['PUT /Users/{id}', 0.85, 1],
    ['PATCH active', 0.85, 1],
);

# The filter finds about 100 of them everywhere.
sub loads
{
    my ($world, $host) = @_;
    my %write  = Bench::Writes::requests($world, $host);
    my $sevens = '7' x (length($host->{size}) - 3);

    return (
        [ request => 'GET /scim/v2/Users/@v@', values => $host->{ids} ],
        [ request => "$by_name\@w\@$end", values => $host->{ids} ],
        [ request => "${by_name}less-\@n\@$end" ],
        [ request => 'GET /scim/v2/Users?count=100' ],
        [ request => 'GET /scim/v2/Users?count=100&filter=' . Bench::Reads::escape(qq(userName sw "user$sevens")) ],
        @write{qw(POST PUT PATCH)},
    );
}

# What a request costs, for the plot.
sub points
{
    my ($runs, @sizes) = @_;
    return [ map { [ $sizes[$_], Bench::Load::median(map { $_->{cpu_each} } @{ $runs->[$_] }) ] } 0 .. $#sizes ];
}

sub people
{
    my ($bench) = @_;
    my $world = $bench->world;
    my @hosts = map { $world->host($_) } @{ $bench->{sizes} };
    my @loads = map { [ loads($world, $_) ] } @hosts;
    my ($base) = grep { $hosts[$_]{size} == 10_000 } 0 .. $#hosts;
    my @rows;

    for my $i (0 .. $#operations) {
        my ($name, $target, $connections) = @{ $operations[$i] };
        my @runs = Bench::Load::series($bench->{rounds},
            map { each_new($bench, $hosts[$_], @{ $loads[$_][$i] }, connections => $connections) } 0 .. $#hosts);
        push @rows, { %{ row("$name at $hosts[-1]{size} people", "$hosts[$base]{size} people", $target,
                    Bench::Load::compare($runs[-1], $runs[$base])) },
            plot => 'people', series => $name, points => points(\@runs, map { $_->{size} } @hosts) };
    }
    return @rows;
}

sub seeding
{
    my ($bench) = @_;

    $bench->world->host($_) for @{ $bench->{sizes} };
    return map { measured("$_->{size} people through Bulk", 'people per second', $_->{rate},
            ours => { cpu_each => $_->{cpu} * 1e6 / $_->{size} }) } @{ $bench->world->{seeded} };
}

# ---- members -----------------------------------------------------------------------------

# Each addition is of another member: to a large group always, to small ones in turn.
sub additions
{
    my ($bench, $world, $host, $size, $outsiders) = @_;
    my @people = $world->members($host);
    my $count  = $size <= 1000 ? int(@$outsiders / 20) : 1;
    my @groups = map { $world->group($host, @people[ 0 .. $size - 1 ]) } 1 .. $count;
    my @lines  = map { "$groups[$_ % $count]|$outsiders->[$_]" } 0 .. $#$outsiders;

    my $add    = '{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],'
        . '"Operations":[{"op":"add","path":"members","value":[{"value":"@w@"}]}]}';

    return [ request => 'PATCH /scim/v2/Groups/@v@', status => 204, body => $world->write_file("add$size", $add),
        values   => $world->write_file("group$size", join "\n", @lines, ''),
        requests => int(@$outsiders / ($bench->{rounds} + 1)) ];
}

sub members
{
    my ($bench) = @_;
    my @sizes = @{ $bench->{members} };
    my $world = $bench->another_world(sizes => [ $sizes[-1] ]);
    my $host  = $world->host($sizes[-1]);
    my @outsiders = $world->outsiders($host, 200 * ($bench->{rounds} + 1));
    my @loads = map { additions($bench, $world, $host, $_, \@outsiders) } @sizes;
    my @runs  = Bench::Load::series($bench->{rounds}, map { my $load = $_; my $first = 0; sub {
            my $run = Bench::Load::run($world, $host, @$load, first => $first);
            $first += $run->{turns};
            return $run;
        } } @loads);

    my $pair  = Bench::Load::compare($runs[-1], $runs[0]);
    return { %{ row("add a member to a group of $sizes[-1]", "a group of $sizes[0]", 0.95, $pair) },
        plot => 'members', series => 'add a member', points => points(\@runs, @sizes) };
}

1;
