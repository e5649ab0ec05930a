# What a large request needs does not stay with the process, neither with the thread that served it nor
# with the connection that it came on, and bulk requests do not write down what they might undo.
use strict;
use warnings;

use Test::More;

use Scim::Client;
use Scim::Connection;
use Scim::Database;
use Scim::Expect qw(status_is endpoint);
use Scim::Process qw(wait_until patience);
use Scim::Server;

plan skip_all => 'valgrind keeps an account of its own' if $ENV{VALGRIND};

my $token = 'given-back-0123456789abcdefghijklm';
my $bound = 6144;    # KiB; what one of the requests needs is more, and stays in pieces

my $server = Scim::Server->start(threads => 4, config => <<'END' . endpoint('/scim/v2', token => $token));
LogLevel warn
END
my $client = $server->client($token);
my ($child) = $server->children;

sub slurp { return Scim::Server::slurp("/proc/$child/$_[0]") }

plan skip_all => 'what was freed stays there for a while' if slurp('maps') =~ /libasan/;
plan skip_all => 'the C library is not glibc, or the system does not tell'
    unless slurp('maps') =~ m{/libc[.-]} && slurp('status') =~ /^RssAnon:/m;

sub memory
{
    my ($kibibytes) = slurp('status') =~ /^RssAnon:\s*(\d+)/m;
    return $kibibytes;
}

sub person
{
    my ($n) = @_;

    return { userName => "person$n", title => 'x' x 300, name => { familyName => "Lovelace $n", givenName => 'Ada' },
        emails => [map { { value => "$_.$n\@example.com", type => $_ } } qw(work home other)],
        phoneNumbers => [map { { value => "+44 20 $n", type => $_ } } qw(work home)] };
}

sub bulk
{
    my ($connection, $first) = @_;
    my @operations = map { { method => 'POST', path => '/Users', bulkId => "$_", data => person($_) } }
        $first .. $first + 799;
    my $r = $connection->send(POST => '/Bulk',
        { schemas => ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'], Operations => \@operations });
    return $r if $r->code != 200;
    my @failed = grep { $_->{status} ne '201' } @{ $r->json->{Operations} };
    is scalar @failed, 0, "people from $first on are created";
}

my @lines = map { Scim::Connection->new($client) } 1 .. 3;
is $lines[$_ % 3]->send(POST => '/Users', person("before$_"))->code, 201, "before$_" for 1 .. 6;
my $before = memory();

bulk($lines[$_], 1000 * ($_ + 1)) for 0 .. 2;
ok wait_until(patience(), sub { memory() - $before < $bound }),
    "the process is less than $bound KiB larger after three bulk requests" or diag $before, ' ', memory();

if (Scim::Database::kind() eq 'sqlite') {
    my ($written) = slurp('io') =~ /^syscw: (\d+)/m;
    bulk($lines[0], 9000);
    my ($then) = slurp('io') =~ /^syscw: (\d+)/m;
    cmp_ok $then - $written, '<', 10 * 800, 'fewer than ten writes for each operation';
}
done_testing;
