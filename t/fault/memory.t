# Thousands of requests of every kind leave the memory of the process that serves them as it was.
use strict;
use warnings;

use List::Util 'min';
use Test::More;

use Scim::Client qw(true false);
use Scim::Connection;
use Scim::Expect qw(endpoint total);
use Scim::Server;

plan skip_all => 'valgrind keeps an account of its own' if $ENV{VALGRIND};

my $token = 'memory-0123456789abcdefghijklmnopq';
my $user  = 'urn:ietf:params:scim:schemas:core:2.0:User';
my $own   = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';

my ($warm_up, $requests) = (4000, 10_000);
my $bound = 512;    # KiB; the least of some looks is compared, for the heap breathes

# One process, and few threads in it, each with pools of its own that have to warm up.
my $server = Scim::Server->start(threads => 4, config => <<'END' . endpoint('/scim/v2', token => $token));
LogLevel warn
END

my ($child, @others) = $server->children;
is_deeply \@others, [], 'one child serves all';
if (Scim::Server::slurp("/proc/$child/maps") =~ /libasan/) {
    done_testing;
    exit;    # what was freed stays there for a while
}

# ---- requests, and what they are answered with ------------------------------------------------

# Connections in turn, so that all threads but one have work; one of prefork's would block the other.
my $client = $server->client($token);
my @lines  = map { Scim::Connection->new($client) } 1 .. ($ENV{SCIM_MPM} eq 'prefork' ? 1 : 3);
my (@ids, @wrong);
my $n = 0;

sub body
{
    my ($name) = @_;
    return {
        schemas  => [$user, $own],
        userName => $name,
        name     => { givenName => "Ada $n", familyName => "L\x{f6}velace" },
        emails   => [map { { value => "$name.$_\@example.com", type => $_ } } qw(work home other)],
        title    => 'x' x ($n % 500),
        $own     => { department => "Engines $n", manager => { value => '4711' } },
    };
}

sub path { return '/Users/' . $ids[$n % @ids] }

# A name that is somebody's, spelt in another way.
sub taken { return body('Person' . $n % @ids) }

my @kinds = (
    [200, sub { (GET => path()) }],
    [200, sub { (GET => path() . '?attributes=emails.value,name') }],
    [304, sub { (GET => path(), undef, 'If-None-Match' => '*') }],
    [200, sub { (GET => '/Users?filter=userName+eq+%22person' . $n % @ids . '%22') }],
    [200, sub { (GET => '/Users?count=10&filter=emails%5Btype+eq+%22work%22+and+value+co+%22'
        . $n % 10 . '%22%5D') }],
    [200, sub { (GET => '/Users?count=20&startIndex=' . (1 + $n % 10)) }],
    [200, sub { (PUT => path(), body('person' . $n % @ids)) }],
    [200, sub { (PATCH => path(), { Operations => [
        { op => 'replace', path => 'title', value => "t$n" },
        { op => 'add', path => 'emails', value => [{ value => 'more@example.com' }] },
        { op => 'replace', path => 'emails[type eq "work"].display', value => "d$n" },
        { op => 'replace', value => { active => $n % 2 ? true : false, "$own:division" => "v$n" } } ] }) }],
    [201, sub { (POST => '/Users', body("passing$n")) }],
    [204, sub { (DELETE => '/Users/' . pop @ids) }],
    [404, sub { (GET => '/Users/00000000-0000-7000-8000-000000000000') }],
    [404, sub { (DELETE => '/Users/nobody') }],
    [404, sub { (GET => "/nothing/$n") }],
    [405, sub { (PUT => '/Users', '{}') }],
    [409, sub { (POST => '/Users', taken()) }],
    [412, sub { (DELETE => path(), undef, 'If-Match' => '"0"') }],
    [400, sub { (POST => '/Users', '{"userName":' . '[' x ($n % 100)) }],
    [400, sub { (POST => '/Users', { userName => "x$n", emails => [{ value => { a => 1 } }] }) }],
    [400, sub { (PATCH => path(), { Operations => [
        { op => 'replace', path => 'title', value => 'x' },
        { op => 'replace', path => 'emails[type eq', value => 'x' } ] }) }],
    [400, sub { (GET => "/Users?filter=userName+regex+%22$n%22") }],
    [400, sub { (GET => '/Users?filter=(((title+pr') }],
    [400, sub { (GET => "/Users?count=$n&count=1") }],
    [415, sub { (POST => '/Users', '<x/>', 'Content-Type' => 'text/xml') }],
    [401, sub { (GET => '/Users', undef, Authorization => "Bearer wrong$n") }],
    [401, sub { (POST => '/Users', body("x$n"), Authorization => undef) }],
    [200, sub { (GET => '/Schemas') }],
    [200, sub { (GET => '/ServiceProviderConfig') }],
);

sub ask
{
    my ($code, $request) = @{ $kinds[$n % @kinds] };
    my @request = $request->();
    my $r = $lines[$n % @lines]->send(@request);

    push @wrong, "$request[0] $request[1]: " . $r->code . ' ' . $r->text if $r->code != $code;
    push @ids, $r->json->{id} if $r->code == 201;
    $n++;
}

# Memory that the process has for itself, in KiB.
sub memory
{
    my $status = Scim::Server::slurp("/proc/$child/status");
    my ($memory) = $status =~ /^RssAnon:\s*(\d+)/m;
    ($memory) = $status =~ /^VmRSS:\s*(\d+)/m unless defined $memory;
    return $memory;
}

for (0 .. 29) {
    my $r = $lines[0]->send(POST => '/Users', body("person$_"));
    push @ids, $r->json->{id};
}
is scalar @ids, 30, 'people to begin with';

ask() for 1 .. $warm_up;
is_deeply [@wrong[0 .. ($#wrong > 4 ? 4 : $#wrong)]], [], 'every answer is the one that was due';
my @course = (memory());
for (1 .. 20) {
    ask() for 1 .. $requests / 20;
    push @course, memory();
}
is_deeply [@wrong[0 .. ($#wrong > 4 ? 4 : $#wrong)]], [], 'and so they stay';
cmp_ok min(@course[-5 .. -1]) - min(@course[0 .. 4]), '<', $bound,
    "$requests requests: less than $bound KiB more" or diag "@course";
note "KiB: @course";

is_deeply [$server->children], [$child], 'the same process served all';
is total($client), scalar @ids, 'people in the end';
is $server->stop, 0, 'the server stops as it should';

done_testing;
