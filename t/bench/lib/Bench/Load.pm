package Bench::Load;

# Runs of the load driver.
#
#     my $run = Bench::Load::run($world, $host, request => 'GET /scim/v2/Users/@v@', values => $file,
#         connections => 8, seconds => 1);
#
# The arguments are bench_load's, and `authorization` in the place of the token; `steps` is a list of hashes with request, body, item, items and status
# in the place of these. The result is what bench_load prints, and
#
#     cpu_each    microseconds of the processor for each turn, of httpd and the database
#     share       of its core that the driver needed
#
#     my $pair = Bench::Load::pair($rounds, sub { run of ours }, sub { run of the reference });
#
# runs them in turn, so that both see the same machine: ratio, the median of the rounds' ratios of
# rates; least, most; ours and theirs, the median runs; cpu_ratio, the same of processor time. The
# functions get true when they are only to warm up. `series` runs several and gives back all runs.

use strict;
use warnings;

use Carp 'croak';
use JSON::PP 'decode_json';
use List::Util qw(min max);
use POSIX ();

our $busiest = 0;    # the greatest share so far
our $profile;        # whether to record where the time goes; `profile` of a run is the text

my %of_step = map { $_ => 1 } qw(request body item items status);

sub start
{
    my ($world, $host, %how) = @_;

    my $authorization = delete $how{authorization} // "Bearer $Bench::World::token";
    my %step  = map { $_ => delete $how{$_} } grep { exists $how{$_} } keys %of_step;
    my @steps = @{ delete $how{steps} || [ \%step ] };
    my @arguments = (
        '--port', $world->port, '--header', "Host: $host->{name}",
        '--header', "Authorization: $authorization",
        '--header', 'Content-Type: application/scim+json',
        (map { ("--$_", $how{$_}) } sort keys %how),
        map { step_arguments(%$_) } @steps);
    open my $out, '-|', $world->place->program('bench_load'), @arguments or die "bench_load: $!\n";
    return $out;
}

sub step_arguments
{
    my (%step) = @_;
    return ('--request', delete $step{request}, map { ("--$_", $step{$_}) } sort keys %step);
}

sub finish
{
    my ($out) = @_;

    local $/;
    my $text = <$out>;
    close $out or croak 'bench_load failed';
    my $run = decode_json($text);
    croak "$run->{errors} wrong responses; the first:\n$run->{problem}\n" if $run->{errors};
    $run->{share} = $run->{cpu} / $run->{seconds};
    return $run;
}

sub run
{
    my ($world, $host, %how) = @_;

    my $perf = $profile && start_profile($world);
    my $cpu  = $world->cpu;
    my $run  = finish(start($world, $host, %how));
    $run->{profile} = finish_profile($perf) if $perf;
    $run->{cpu_each} = ($world->cpu - $cpu) * 1e6 / ($run->{turns} || 1);
    $busiest = max($busiest, $run->{share}) if $run->{responses} > 1000;
    return $run;
}

# Where the processor of httpd is: the libraries, then the functions that need most.
sub start_profile
{
    my ($world) = @_;

    unlink 'perf.data';
    my $perf = fork // die "fork: $!\n";
    if ($perf == 0) {
        open STDERR, '>', '/dev/null';
        exec 'perf', 'record', '-q', '-o', 'perf.data', '-p', $world->child or POSIX::_exit(127);
    }
    Scim::Process::wait_until(5, sub { -s 'perf.data' });
    return $perf;
}

sub finish_profile
{
    my ($perf) = @_;

    kill INT => $perf;
    waitpid $perf, 0;
    return report('--sort dso', 5) . report('--sort dso,symbol', 15);
}

sub report
{
    my ($how, $count) = @_;
    my @lines = grep { /\S/ && !/^#/ } `perf report -i perf.data --stdio $how 2>/dev/null`;

    s/(?:\s+-)*\s*$/\n/ for @lines;
    return join '', splice @lines, 0, $count;
}

sub median
{
    my @sorted = sort { $a <=> $b } @_;
    return $sorted[ $#sorted / 2 ];
}

# The run in the middle by its rate.
sub middle
{
    my @sorted = sort { $a->{rate} <=> $b->{rate} } @_;
    return $sorted[ $#sorted / 2 ];
}

# The runs of several functions, in turn and each round in another order.
sub series
{
    my ($rounds, @functions) = @_;
    my @runs = map { [] } @functions;

    $_->(1) for @functions;    # warm
    for my $round (0 .. $rounds - 1) {
        my @order = map { ($_ + $round) % @functions } 0 .. $#functions;
        push @{ $runs[$_] }, $functions[$_]->(0) for @order;
    }
    return @runs;
}

# How the runs of one compare with those of another: `rate` is better when it is greater.
sub compare
{
    my ($ours, $theirs) = @_;
    my @ratios = map { $ours->[$_]{rate} / $theirs->[$_]{rate} } 0 .. $#$ours;

    return { ratio => median(@ratios), least => min(@ratios), most => max(@ratios),
        ours => middle(@$ours), theirs => middle(@$theirs),
        cpu_ratio => median(map { $theirs->[$_]{cpu_each} / ($ours->[$_]{cpu_each} || 1) } 0 .. $#$ours) };
}

sub pair { return compare(series(@_)) }

1;
