package Bench::Reads;

# One person, look-ups, pages, groups, searches.

use strict;
use warnings;

use Bench::Load;
use Bench::Row qw(row measured against_static);
use Bench::World;

sub escape { return $_[0] =~ s/([^A-Za-z0-9\-._~])/sprintf '%%%02X', ord $1/ger }

sub reads
{
    my ($bench) = @_;
    my $host   = $bench->world->host($bench->{size});
    my $filter = '/Users?filter=userName%20eq%20%22user';
    my $end    = '%40example.com%22';

    return (
        against_static($bench, 'GET /Users/{id}', 0.90, "/Users/$host->{id}",
            request => 'GET /scim/v2/Users/@v@', values => $host->{ids}),
        against_static($bench, 'look-up by userName, found', 0.88, "$filter$host->{serial}$end",
            request => "GET /scim/v2$filter\@w\@$end", values => $host->{ids}),
        against_static($bench, 'look-up by userName, nobody', 0.90, "${filter}less-1$end",
            request => "GET /scim/v2${filter}less-\@n\@$end"),
        against_static($bench, 'first page of 100', 0.65, '/Users?count=100',
            request => 'GET /scim/v2/Users?count=100'),
        bare($bench),
    );
}

# What one select of the same database costs.
sub bare
{
    my ($bench) = @_;
    my $world  = $bench->world;
    my $ids    = $world->bare_ids;
    my $static = $world->static($world->host($bench->{size}), '/Users/' . $world->host($bench->{size})->{id});
    my $one    = sub {
        my ($warm, $host, @what) = @_;
        return Bench::Load::run($world, $host, connections => 8, seconds => $warm ? 0.1 : $bench->{seconds}, @what);
    };

    return row('the bare module itself, one row', 'static file', undef, Bench::Load::pair($bench->{rounds},
        sub { $one->(@_, $world->bare_host, request => 'GET /bare/@v@', values => $ids) },
        sub { $one->(@_, $world->host($bench->{size}), request => "GET $static") }));
}

# ---- pages -------------------------------------------------------------------------------

# A walk through all pages in order; its rate is that of the last tenth.
sub walk
{
    my ($bench, $request) = @_;
    my $host  = $bench->world->host($bench->{size});
    my $pages = $bench->{size} / 100;

    return sub {
        my $run = Bench::Load::run($bench->world, $host, request => $request, requests => $pages,
            pages => "100:$bench->{size}", slice => $pages / 10);
        $run->{rate} = $pages / 10 / $run->{slices}[-1];
        return $run;
    };
}

sub pages
{
    my ($bench) = @_;
    my $host  = $bench->world->host($bench->{size});
    my $first = walk($bench, 'GET /scim/v2/Users?startIndex=1&count=100');

    return (
        row('last pages by startIndex', 'first page', 0.8, Bench::Load::pair($bench->{rounds},
            walk($bench, 'GET /scim/v2/Users?startIndex=@start@&count=100'), $first)),
        row('last pages by cursor', 'first page', 0.8, Bench::Load::pair($bench->{rounds},
            walk($bench, 'GET /scim/v2/Users?cursor=@next@&count=100'), $first)),
    );
}

# ---- groups ------------------------------------------------------------------------------

sub groups
{
    my ($bench) = @_;
    my $world = $bench->another_world;
    my $host  = $world->host($bench->{size});
    my $id    = $world->group($host, $world->members($host));
    my $path  = "/Groups/$id?excludedAttributes=members";

    return against_static($bench, 'group without its members', 0.90, $path, world => $world,
        request => "GET /scim/v2$path");
}

# ---- searches ----------------------------------------------------------------------------

# One in ten is found, by the last digit of what each has of its own.
sub search
{
    my ($bench, $world, $name, $attribute, $end, $target) = @_;
    my $host   = $world->host($bench->{size});
    my $filter = escape(qq($attribute\[type eq "work" and value ew "$end"])
            . ' and meta.lastModified gt "2020-01-01T00:00:00Z"');
    my $path   = "/Users?filter=$filter&count=100";
    my $found  = $world->request($host, 'GET', $path)->json->{totalResults};

    $found == $bench->{size} / 10 or die "$name: totalResults is $found.\n";
    my $search = sub {
        return Bench::Load::run($world, $host, request => "GET /scim/v2$path", seconds => $_[0] ? 0.1 : 2 * $bench->{seconds});
    };
    my ($runs) = Bench::Load::series($bench->{rounds}, $search);
    my $run = Bench::Load::middle(@$runs);
    return measured($name, 'per second and core', 1e6 / $run->{cpu_each}, target => $target, ours => $run);
}

# Not in the directory that the writes are in.
sub searches
{
    my ($bench) = @_;
    my $world = $bench->another_world;

    return (
        search($bench, $world, 'search that no index answers', 'phoneNumbers', '7', 15),
        search($bench, $world, 'the same in emails, whose values are indexed', 'emails', '7@example.com', 40),
    );
}

1;
