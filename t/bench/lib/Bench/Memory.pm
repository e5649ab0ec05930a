package Bench::Memory;

# What a child needs after a mix of everything, and whether that grows.

use strict;
use warnings;

use List::Util qw(max);
use Time::HiRes qw(sleep time);

use Bench::Growth;
use Bench::Load;
use Bench::Progress 'say_now';
use Bench::Row qw(measured);
use Bench::World;
use Bench::Writes;

my $mebi = 1024 * 1024;

sub mix
{
    my ($world, $host, $counters, $seconds) = @_;
    my $group = $host->{group} //= $world->group($host, $world->members($host));
    my @loads = (Bench::Growth::loads($world, $host),
        [ request => "GET /scim/v2/Groups/$group" ], [ request => 'GET /scim/v2/Users?cursor=@next@&count=200' ],
        [ $world->bulk('mixed', 1000), connections => 1 ]);

    for my $i (0 .. $#loads) {
        my $run = Bench::Load::run($world, $host, connections => 8, seconds => $seconds, @{ $loads[$i] },
            first => $counters->[$i] // 0);
        $counters->[$i] += $run->{turns};
    }
}

# Takes out who came in with the mix: what a directory needs that grows is not what a leak is.
sub forget
{
    my ($world, $host) = @_;
    my @ids = $world->members($host);
    my @newcomers = splice @ids, $host->{size};

    while (my @some = splice @newcomers, 0, 1000) {
        $world->remove($host, @some);
    }
}

# The last answer comes before the request's memory is freed.
sub settled
{
    my ($world) = @_;

    sleep 0.2;
    return map { $world->memory($_) / $mebi } 'Pss', 'Anonymous';
}

# What httpd, mod_dbd and the database's library need for the same without mod_scim.
sub floor
{
    my ($bench) = @_;
    my $world = $bench->another_world(sizes => []);
    my %write = Bench::Writes::bare_requests($world);
    my @loads = ($write{POST}, $write{PUT}, [ request => 'GET /bare/@v@', values => $world->bare_ids ]);

    my $sent = 0;

    for my $i (0 .. 8) {
        my $run = Bench::Load::run($world, Bench::World::bare_host(), connections => 8, first => $sent,
            seconds => $bench->{seconds} / 4, @{ $loads[ $i % 3 ] });
        $sent += $run->{turns};
    }
    return (settled($world))[0];
}

# The median of one of ten parts, since the memory breathes.
sub tenth
{
    my ($part, @points) = @_;
    my $size = int(@points / 10) || 1;

    return Bench::Load::median(@points[ $part * $size .. ($part + 1) * $size - 1 ]);
}

sub memory
{
    my ($bench) = @_;
    my $world = $bench->another_world;
    my $host  = $world->host($bench->{size});
    my $end   = time + ($bench->{hour} ? 3600 : 0);
    my (@points, @own, @counters);

    do {
        mix($world, $host, \@counters, $bench->{seconds} / 4);
        forget($world, $host) if $bench->{hour};
        my ($all, $own) = settled($world);
        push @points, $all;
        push @own,    $own;
        say_now(sprintf 'memory: %.1f MiB, %d s to go', $points[-1], max(0, $end - time));
    } while (time < $end || @points < 3);
    my @rows = (
        measured('memory of a child after all of it', 'MiB', $points[-1], target => 32, at_most => 1, points => \@points),
        measured('memory of a child with the bare module alone', 'MiB', floor($bench)));
    return @rows unless $bench->{hour};
    return (@rows, measured('memory of its own in the last tenth of an hour', 'x in the second tenth',
            tenth(9, @own) / tenth(1, @own), target => 1.02, at_most => 1, points => \@own));
}

1;
