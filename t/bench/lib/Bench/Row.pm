package Bench::Row;

# Rows of the result.
#
#     row($name, $against, $target, $pair)                 a ratio that should be at least the target
#     measured($name, $unit, $value, target => 200, at_most => 1, ours => $run)      another figure
#     against_static($bench, $name, $target, $path, %load)    a load beside a static file that has
#                                                             the text of this path; the world may
#                                                             be another one
#     each_new($bench, $host, %load)                       runs that go on counting where the last one
#                                                          stopped, so that no request comes twice

use strict;
use warnings;

use Exporter 'import';

use Bench::Load;

our @EXPORT_OK = qw(row measured against_static each_new);

sub row
{
    my ($name, $against, $target, $pair) = @_;
    return { name => $name, against => $against, target => $target, unit => 'ratio', value => $pair->{ratio}, %$pair };
}

sub measured
{
    my ($name, $unit, $value, %more) = @_;
    return { name => $name, unit => $unit, value => $value, %more };
}

sub against_static
{
    my ($bench, $name, $target, $path, %load) = @_;
    my $world  = delete $load{world} || $bench->world;
    my $host   = $world->host($bench->{size});
    my $static = $world->static($host, $path);

    my $one = sub {
        my ($warm, @what) = @_;
        return Bench::Load::run($world, $host, connections => 8, seconds => $warm ? 0.1 : $bench->{seconds}, @what);
    };
    return row($name, 'static file', $target, Bench::Load::pair($bench->{rounds},
        sub { $one->(@_, %load) }, sub { $one->(@_, request => "GET $static") }));
}

sub each_new
{
    my ($bench, $host, %load) = @_;

    return sub {
        my ($warm) = @_;
        my $counter = \$bench->{counters}{"$host->{name} $load{request}"};
        my $run = Bench::Load::run($bench->world, $host, first => $$counter // 0,
            $load{requests} ? () : (seconds => $warm ? 0.1 : $bench->{seconds}), %load);
        $$counter += $run->{turns};
        return $run;
    };
}

1;
