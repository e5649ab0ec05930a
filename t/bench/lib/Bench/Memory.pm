package Bench::Memory;

# What a child needs after a mix of everything, and whether that grows.

use strict;
use warnings;

use List::Util qw(max);
use Time::HiRes 'time';

use Bench::Growth;
use Bench::Load;
use Bench::Progress 'say_now';
use Bench::Row qw(measured);

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

sub memory
{
    my ($bench) = @_;
    my $world = $bench->another_world;
    my $host  = $world->host($bench->{size});
    my $end   = time + ($bench->{hour} ? 3600 : 0);
    my (@points, @counters);

    do {
        mix($world, $host, \@counters, $bench->{seconds} / 4);
        push @points, $world->memory / $mebi;
        say_now(sprintf 'memory: %.1f MiB, %d s to go', $points[-1], max(0, $end - time));
    } while (time < $end || @points < 3);
    my @rows = measured('memory of a child after all of it', 'MiB', $points[-1], target => 32, at_most => 1,
        points => \@points);
    return @rows unless $bench->{hour};
    return (@rows, measured('memory after an hour', 'x after a tenth of it', $points[-1] / $points[ @points / 10 ],
            target => 1.02, at_most => 1));
}

1;
