package Bench::Workloads;

# What is measured. Each workload has a name, and a function that is given the run (see t/bench/run)
# and returns rows:
#
#     { name => 'GET /Users/{id}', against => 'static', ratio => 0.97, target => 0.90, ... }

use strict;
use warnings;

use Bench::Load qw();

our @all = (
    { name => 'reads',  rows => \&reads },
    { name => 'writes', rows => \&writes },
);

my $core = 'urn:ietf:params:scim:schemas:core:2.0:User';

# Rows begin with this; the pair's numbers follow.
sub row
{
    my ($name, $against, $target, $pair) = @_;

    return { name => $name, against => $against, target => $target, unit => 'ratio', value => $pair->{ratio}, %$pair };
}

# ---- reads -------------------------------------------------------------------------------

sub against_static
{
    my ($bench, $name, $target, $sample, %load) = @_;
    my $world  = $bench->world;
    my $host   = $world->host($bench->{size});
    my $static = $world->static($host, $sample);

    my $one = sub {
        my ($warm, @what) = @_;
        return Bench::Load::run($world, $host, connections => 8, seconds => $warm ? 0.2 : $bench->{seconds}, @what);
    };
    return row($name, 'static', $target, Bench::Load::pair($bench->{rounds},
        sub { $one->(@_, %load) }, sub { $one->(@_, request => "GET $static") }));
}

sub reads
{
    my ($bench) = @_;
    my $host   = $bench->world->host($bench->{size});
    my $filter = '/Users?filter=userName%20eq%20%22';

    return (
        against_static($bench, 'GET /Users/{id}', 0.90, "/Users/$host->{id}",
            request => 'GET /scim/v2/Users/@v@', values => $host->{ids}),
        against_static($bench, 'look-up by userName, found', 0.88, "$filter$host->{user}%22",
            request => "GET /scim/v2$filter\@w\@%22", values => $host->{ids}),
        against_static($bench, 'look-up by userName, nobody', 0.90, "${filter}nobody\@example.com%22",
            request => "GET /scim/v2${filter}nobody\@n\@%22"),
        against_static($bench, 'first page of 100', 0.65, '/Users?count=100',
            request => 'GET /scim/v2/Users?count=100'),
    );
}

# ---- writes ------------------------------------------------------------------------------

my $patch = '{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],'
    . '"Operations":[{"op":"replace","path":"active","value":@flip@}]}';

sub writes
{
    my ($bench) = @_;
    my $world = $bench->world;
    my $host  = $world->host($bench->{size});
    my $bare  = $world->bare_host;
    my $body  = $world->write_file('person', Bench::World::person('new'));
    my $put   = $world->write_file('replacement', Bench::World::person('user') =~ s/(?<="userName":")[^"]*/\@w\@/r =~ s/Analyst/Analyst \@n\@/r);
    my @rows;

    for my $connections (1, 8) {
        my @how = (connections => $connections);
        push @rows,
            against_bare($bench, "POST /Users, $connections", [ @how, status => 201, body => $body, request => 'POST /scim/v2/Users' ],
                [ @how, status => 201, body => $body, request => 'POST /bare' ]),
            against_bare($bench, "PUT /Users/{id}, $connections", [ @how, body => $put, request => 'PUT /scim/v2/Users/@v@', values => $host->{ids} ],
                [ @how, body => $put, request => 'PUT /bare/@v@', values => $world->bare_ids ]),
            against_bare($bench, "PATCH active, $connections",
                [ @how, body => $world->write_file('patch', $patch), request => 'PATCH /scim/v2/Users/@v@', values => $host->{ids} ],
                [ @how, body => $put, request => 'PUT /bare/@v@', values => $world->bare_ids ]);
    }
    return @rows;
}

# Each run goes on counting where the one before stopped, so that every request changes something.
sub against_bare
{
    my ($bench, $name, $ours, $theirs) = @_;
    my $world = $bench->world;
    my $host  = $world->host($bench->{size});

    my $one = sub {
        my ($warm, $at, %what) = @_;
        my $counter = \$bench->{counters}{"$at->{name} $what{request}"};
        my $run = Bench::Load::run($world, $at, first => $$counter // 0,
            seconds => $warm ? 0.2 : $bench->{seconds}, %what);
        $$counter += $run->{turns};
        return $run;
    };
    return row($name, 'bare module', 0.85, Bench::Load::pair($bench->{rounds},
        sub { $one->($_[0], $host, @$ours) }, sub { $one->($_[0], $world->bare_host, @$theirs) }));
}

1;
