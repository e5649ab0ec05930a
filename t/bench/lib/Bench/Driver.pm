package Bench::Driver;

# Whether the load driver is fast enough: against a program that answers without a thought, and how
# much of its core it needed in the measurements.

use strict;
use warnings;

use Bench::Load;
use Bench::Row 'measured';

sub driver
{
    my ($bench) = @_;
    my $world = $bench->world;
    my $place = $world->place;
    my $busiest = $Bench::Load::busiest;    # here it has nothing to wait for

    $place->for_server;
    open my $hold, '|-', $place->program('bench_respond') . ' 1000 > responder' or die "bench_respond: $!\n";
    $place->for_load;
    Scim::Process::wait_until(10, sub { -s 'responder' }) or die "bench_respond does not start\n";
    open my $in, '<', 'responder' or die "responder: $!\n";
    chomp(my $port = <$in>);
    my ($runs) = Bench::Load::series($bench->{rounds}, sub {
        Bench::Load::run($world, { name => 'x' }, port => $port, request => 'GET /@n@', connections => 8,
            seconds => $bench->{seconds});
    });
    close $hold;
    my $run = Bench::Load::middle(@$runs);
    return (
        measured('the load driver, against a trivial responder', 'per second', $run->{rate}, ours => $run),
        measured('the most of its core that it needed', 'share', $busiest, target => 0.8, at_most => 1),
    );
}

1;
