package Bench::Writes;

# Single writes, bulk requests, a first synchronisation, readers beside a writer.

use strict;
use warnings;

use List::Util qw(sum0);

use Bench::Load;
use Bench::Progress 'say_now';
use Bench::Row qw(row measured each_new);
use Bench::World;

my $patch = '{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],'
    . '"Operations":[{"op":"replace","path":"active","value":@flip@}]}';

# What is sent for a person: the requests of each kind of write.
sub requests
{
    my ($world, $host) = @_;
    my $put = Bench::World::person('user') =~ s/\@n\@/\@w\@/gr =~ s/Analyst/Analyst \@n\@/r =~ s/"active":true,//r;
    my @one = (request => 'PUT /scim/v2/Users/@v@', values => $host->{ids});

    return (
        POST  => [ request => 'POST /scim/v2/Users', status => 201,
            body => $world->write_file('person', Bench::World::person('new')) ],
        PUT   => [ @one, body => $world->write_file('replacement', $put) ],
        PATCH => [ @one, request => 'PATCH /scim/v2/Users/@v@', body => $world->write_file('patch', $patch) ],
    );
}

sub bare_requests
{
    my ($world) = @_;
    my @update = (request => 'PUT /bare/@v@', values => $world->bare_ids,
        body => $world->write_file('row', Bench::World::person('@n@')));

    return (POST => [ @update, request => 'POST /bare', status => 201 ], PUT => \@update, PATCH => \@update);
}

sub writes
{
    my ($bench) = @_;
    my $world = $bench->world;
    my $host  = $world->host($bench->{size});
    my %ours  = requests($world, $host);
    my %bare  = bare_requests($world);
    my %name  = (POST => 'POST /Users', PUT => 'PUT /Users/{id}', PATCH => 'PATCH active');
    my @rows;

    for my $connections (1, 8) {
        my $suffix = $connections == 1 ? '1 connection' : "$connections connections";
        push @rows, map { row("$name{$_}, $suffix", 'bare module', 0.85, Bench::Load::pair($bench->{rounds},
                each_new($bench, $host, @{ $ours{$_} }, connections => $connections),
                each_new($bench, $world->bare_host, @{ $bare{$_} }, connections => $connections))) } qw(POST PUT PATCH);
    }
    return (@rows, against_raw($bench, $bare{POST}));
}

# ---- commits without a web server ------------------------------------------------------------

sub commits
{
    my ($bench, $seconds, $connections) = @_;
    my $place = $bench->world->place;
    my $cpu   = $bench->world->cpu + processor();

    $place->for_server;
    open my $pipe, '-|', $place->program('bench_commits'), Scim::Database::driver(),
        Scim::Database::params($place->dir . '/commits.db'), $seconds, $connections or die "bench_commits: $!\n";
    my ($count, $time) = split ' ', <$pipe> // '';
    close $pipe or die "bench_commits failed\n";
    $place->for_load;
    return { rate => $count / $time, turns => $count, seconds => $time,
        cpu_each => ($bench->world->cpu + processor() - $cpu) * 1e6 / $count };
}

# Of programs that have ended.
sub processor
{
    my (undef, undef, $user, $system) = times;
    return $user + $system;
}

sub against_raw
{
    my ($bench, $post) = @_;
    my $world = $bench->world;

    return row('the bare module itself, 1 connection', 'raw commits', undef, Bench::Load::pair($bench->{rounds},
        each_new($bench, $world->bare_host, @$post), sub { commits($bench, $bench->{seconds}, 1) }));
}

# ---- many at once ----------------------------------------------------------------------------

sub bulk
{
    my ($bench) = @_;
    my $world = $bench->world;
    my $host  = $world->host($bench->{size});
    my ($runs) = Bench::Load::series($bench->{rounds}, each_new($bench, $host, $world->bulk('bulk', 1000), requests => 1));
    my $run    = Bench::Load::middle(@$runs);

    return measured('bulk request of 1,000 creates', 'ms of processor',
        Bench::Load::median(map { $_->{cpu_each} / 1000 } @$runs), target => 200, at_most => 1, ours => $run);
}

# People who come one after the other: a look-up, which finds nobody, and a create. It is done in
# five parts, and after each come as many commits without a web server, and two static requests
# for each person.
sub synchronisation
{
    my ($bench) = @_;
    my $world  = $bench->world;
    my $host   = $world->host(0);
    my $static = $world->static($world->host($bench->{size}), '/Users?filter=userName%20eq%20%22nobody%22');
    my $part   = $bench->{newcomers} / 5;
    my $body   = $world->write_file('newcomer', Bench::World::person('come'));
    my @steps  = ({ request => 'GET /scim/v2/Users?filter=userName%20eq%20%22come@n@%40example.com%22' },
        { request => 'POST /scim/v2/Users', status => 201, body => $body });
    my (@ours, @theirs, @slices);

    for my $at (map { $_ * $part } 0 .. 4) {
        say_now("synchronisation: $at people");
        my $run = Bench::Load::run($world, $host, steps => \@steps, first => $at, requests => $part, slice => $part / 2);
        my $raw = commits($bench, $part / ($run->{rate} * 2) + 0.2, 1);
        my $get = Bench::Load::run($world, $host, request => "GET $static", requests => 2 * $part);
        push @ours,   $run->{seconds};
        push @theirs, $part / $raw->{rate} + $get->{seconds};
        push @slices, @{ $run->{slices} };
    }
    return (
        measured("synchronisation of $bench->{newcomers} people", 'x raw commits and static requests',
            sum0(@ours) / sum0(@theirs), target => 1.7, at_most => 1, per_second => $bench->{newcomers} / sum0(@ours)),
        measured('its last tenth', 'speed of the first tenth', $slices[0] / $slices[-1]),
    );
}

# ---- readers beside a writer --------------------------------------------------------------------

sub beside
{
    my ($bench) = @_;
    my $world = $bench->world;
    my $host  = $world->host($bench->{size});
    my %write = requests($world, $host);
    my $first = 500_000_000;
    my $length = 2 * $bench->{seconds};

    my $read = sub {
        return Bench::Load::run($world, $host, request => 'GET /scim/v2/Users/@v@', values => $host->{ids},
            connections => 7, seconds => $length);
    };
    my $both = sub {
        my $writer = Bench::Load::start($world, $host, @{ $write{POST} }, first => $first, seconds => $length);
        my $run    = $read->();
        $first += ($run->{writer} = Bench::Load::finish($writer))->{turns};
        return $run;
    };
    my ($beside, $alone) = Bench::Load::series($bench->{rounds}, $both, $read);
    my @ratios = map { $beside->[$_]{p99} / $alone->[$_]{p99} } 0 .. $#$beside;
    return measured('p99 of GET beside one writer', 'x without the writer', Bench::Load::median(@ratios),
        target => 2, at_most => 1, ours => Bench::Load::middle(@$beside), theirs => Bench::Load::middle(@$alone));
}

1;
