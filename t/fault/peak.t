# No single request takes much memory, however large what is stored and however it is asked for.
use strict;
use warnings;

use Test::More;

use Scim::Client;
use Scim::Expect qw(status_is endpoint);
use Scim::Server;

plan skip_all => 'valgrind keeps an account of its own' if $ENV{VALGRIND};

my $token = 'peak-0123456789abcdefghijklmnopqrs';
my $bound = 120;    # MiB, beyond what the process has before

sub finish
{
    my ($why) = @_;

    note $why;
    done_testing;
    exit;
}

# One process that answers.
my $endpoint = endpoint('/scim/v2', token => $token, extra => "ScimMaxScan 20000\n");
my $server   = Scim::Server->start(threads => 2, config => <<'END' . $endpoint);
LogLevel warn
END

my $scim = $server->client($token);
is $scim->get('/Users')->code, 200, 'it answers';
my ($child) = $server->children;
finish('what was freed stays there for a while')
    if Scim::Server::slurp("/proc/$child/maps") =~ /libasan/;
-w "/proc/$child/clear_refs" && Scim::Server::slurp("/proc/$child/status") =~ /VmHWM/
    or finish('the system does not tell');

sub mebibytes
{
    my ($name) = @_;
    my ($kibibytes) = Scim::Server::slurp("/proc/$child/status") =~ /^$name:\s*(\d+)/m;
    return $kibibytes >> 10;
}

# A request that makes the process grow by less than the bound.
sub modest
{
    my ($what, $code, $request) = @_;

    open my $out, '>', "/proc/$child/clear_refs" or die "clear_refs: $!";
    print $out 5;    # the peak is what there is now
    close $out or die "clear_refs: $!";
    my $before = mebibytes('VmRSS');
    my $r = status_is($request->(), $code, $what);
    my $growth = mebibytes('VmHWM') - $before;
 cmp_ok $growth, '<', $bound, "... for less than $bound MiB";
    return $r;
}

# A batch of small ones tells nothing of the size of the next.
$scim->post('/Users', { userName => "small$_" }) for 1 .. 200;
$scim->post('/Users', { userName => "large$_", nickName => 'x' x 1_000_000 }) for 1 .. 200;
my $last = $scim->post('/Users', { userName => 'many',
    emails => [map { { value => "e$_\@example.com", type => 'work' } } 1 .. 1000] })->json->{id};

my $r = modest('a search through all', 200,
    sub { $scim->get('/Users', query => { filter => 'title eq "x"' }) });
is $r->json->{totalResults}, 0, 'finds nobody';
$r = modest('a search that finds them', 200,
    sub { $scim->get('/Users', query => { filter => 'nickName ew "xxx"', count => 2, attributes => 'userName' }) });
is $r->json->{totalResults}, 200, 'counts all of them';
is_deeply [map { $_->{userName} } @{ $r->json->{Resources} }], [qw(large1 large2)], 'and has the first ones';
$r = modest('a page of large people', 200,
    sub { $scim->get('/Users', query => { startIndex => 201, count => 200 }) });
my $count = $r->json->{itemsPerPage};
cmp_ok $count, '<', 200, 'has not all of them';
cmp_ok $count, '>', 10, 'but many';
is scalar @{ $r->json->{Resources} }, $count, 'as it says';
$r = modest('a page of their names', 200,
    sub { $scim->get('/Users', query => { startIndex => 201, count => 200, attributes => 'userName' }) });
cmp_ok $r->json->{itemsPerPage}, '>', 10, 'has as many as can be held at a time';

my @others = map { { value => "x$_\@example.com", type => 'work' } } 1 .. 1000;
modest('1000 values to remove of 1000', 200,
    sub { $scim->patch("/Users/$last", [{ op => 'remove', path => 'emails', value => \@others }]) });
modest('a long text for 1000 values', 400,
    sub { $scim->patch("/Users/$last", [{ op => 'replace', path => 'emails[type eq "work"].display',
        value => 'x' x 900_000 }]) });
for my $many ([201, 100_000], [400, 340_000]) {
    my ($code, $count) = @$many;
    modest("a body of $count pairs of brackets", $code, sub { $scim->post('/Users',
        '{"userName":"x","junk":[' . join(',', ('{}') x $count) . ']}') });
}

done_testing;
