package Bench::Report;

# The results as a table for people, and as JSON.

use strict;
use warnings;

use JSON::PP ();

my $format = "%-34s %-12s %7s %13s %7s %s  %9s %9s %8s %8s %9s %9s\n";

sub number { my ($value) = @_; return !defined $value ? '' : $value >= 100 ? sprintf('%.0f', $value) : sprintf '%.2f', $value }

sub mark
{
    my ($row) = @_;

    return ' ' unless defined $row->{target};
    return ($row->{least_is_best} ? $row->{value} <= $row->{target} : $row->{value} >= $row->{target}) ? ' ' : '!';
}

sub table
{
    my @rows = @_;

    return join '', sprintf($format, 'workload', 'against', 'result', 'from..to', 'target', ' ', 'per s', 'ref per s', 'p50 us', 'p99 us', 'cpu us', 'ref cpu'),
        map { my $row = $_; sprintf $format, $row->{name}, $row->{against} // '', number($row->{value}),
            defined $row->{least} ? sprintf('%.2f..%.2f', @{$row}{qw(least most)}) : '', number($row->{target}), mark($row),
            (map { number($_) } $row->{ours}{rate}, $row->{theirs}{rate}, $row->{ours}{p50}, $row->{ours}{p99},
                $row->{ours}{cpu_each}, $row->{theirs}{cpu_each}) } @rows;
}

sub json { return JSON::PP->new->canonical->pretty->encode($_[0]) }

1;
