# A group with thousands of members is sent in parts: memory stays as it is, and a reply that cannot
# be finished is seen to be broken.
use strict;
use warnings;

use Cwd ();
use File::Temp 'tempdir';
use IO::Uncompress::Gunzip 'gunzip';
use List::Util 'max';
use Socket;
use Test::More;

use Scim::Client qw(true false);
use Scim::Connection;
use Scim::Database;
use Scim::Expect qw(status_is endpoint);
use Scim::Process qw(patience wait_until);
use Scim::Server;

plan skip_all => 'valgrind keeps an account of its own' if $ENV{VALGRIND};

my $token = 'stream-0123456789abcdefghijklmnopq';
my $urn   = 'urn:ietf:params:scim:schemas:core:2.0';
my $home  = tempdir('disk-XXXXXX', DIR => Cwd::getcwd(), CLEANUP => 1);
my $order = "$home/order";

my ($crowd, $bound) = (20_000, 3 * 1024);    # members; KiB that reading them may take

mkdir "$home/disk" or die $!;

# One process, and a kernel that keeps little of what a slow client does not take.
my $server = Scim::Server->start(
    threads => 2,
    modules => ['filter', 'deflate'],
    env     => { LD_PRELOAD => "$ENV{SCIM_SRCDIR}/t/fault/full_disk.so",
        SCIM_DISK_FILES => "$home/disk", SCIM_DISK_ORDER => $order },
    config => <<"END" . endpoint('/scim/v2', token => $token));
DBDParams "$home/disk/scim.db"
LogLevel warn
SendBufferSize 16384
Timeout 20
AddOutputFilterByType DEFLATE application/scim+json
END

my $client = $server->client($token);
my $scim   = Scim::Connection->new($client);
my ($child) = $server->children;
my $measured = Scim::Server::slurp("/proc/$child/maps") !~ /libasan/;

# ---- the crowd --------------------------------------------------------------------------------

sub group
{
    my ($name) = @_;
    my $r = status_is($scim->send(POST => '/Groups', { schemas => ["$urn:Group"], displayName => $name }), 201, $name);
    return $r->json->{id};
}

sub add
{
    my ($group, @ids) = @_;
    my $r = $scim->send(PATCH => "/Groups/$group", {
        schemas    => ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
        Operations => [{ op => 'add', path => 'members', value => [map { { value => $_ } } @ids] }],
    });
    return $r->code;
}

# Some hundreds of people in one request; returns their ids.
sub people
{
    my (@numbers) = @_;
    my $r = status_is($scim->send(POST => '/Bulk', {
        schemas    => ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'],
        Operations => [map { { method => 'POST', path => '/Users', bulkId => "b$_",
            data => { schemas => ["$urn:User"], userName => "person$_" } } } @numbers],
    }), 200, 'people');
    return $r->text =~ m{/Users/([-0-9a-f]{36})"}g;
}

my @ids = map { people($_ * 1000 + 1 .. $_ * 1000 + 1000) } 0 .. $crowd / 1000 - 1;
is scalar @ids, $crowd, 'all of them';

my ($few, $all) = (group('Few'), group('All'));
is add($few, @ids[0 .. 699]), 204, 'a group with some of them';
my @codes;
push @codes, add($all, @ids[$_ * 2000 .. $_ * 2000 + 1999]) for 0 .. $crowd / 2000 - 1;
is_deeply \@codes, [(204) x @codes], 'a group with all of them';

# ---- reading -------------------------------------------------------------------------------------

# Ids of members in a text; the parser of JSON takes its time for thousands.
sub ids { return [sort $_[0] =~ /"value":"([-0-9a-f]{36})"/g] }

sub memory
{
    my ($memory) = Scim::Server::slurp("/proc/$child/status") =~ /^RssAnon:\s*(\d+)/m;
    return $memory;
}

# A connection whose other side keeps little, and the request on it.
sub ask
{
    my ($path, $version, @headers) = @_;
    socket my $socket, PF_INET, SOCK_STREAM, 0 or die $!;
    setsockopt $socket, SOL_SOCKET, SO_RCVBUF, 8192 or die $!;
    connect $socket, pack_sockaddr_in($server->port, inet_aton('127.0.0.1')) or die $!;
    my $request = join "\r\n", "GET /scim/v2$path HTTP/$version", "Host: 127.0.0.1",
        "Authorization: Bearer $token", 'Accept: application/scim+json', @headers, '', '';
    syswrite $socket, $request;
    return $socket;
}

# All that comes from it; $watch is called now and then.
sub drain
{
    my ($socket, $watch) = @_;
    my ($text, $looked) = ('', 0);
    local $SIG{ALRM} = sub { die 'no complete response in time' };
    alarm patience();
    while (sysread $socket, $text, 16384, length $text) {
        if ($watch && length $text > $looked + 100_000) {
            $looked = length $text;
            $watch->();
        }
    }
    alarm 0;
    return $text;
}

is_deeply ids($scim->send(GET => "/Groups/$few")->text), [sort @ids[0 .. 699]], 'some are read';
$scim->send(GET => "/Groups/$few") for 1 .. 20;

sub ended { return $_[0] =~ /\r\n0\r\n\r\n\z/ }

my $before = memory();
my @course;
my $text = drain(ask("/Groups/$all", '1.1', 'Connection: close'), sub { push @course, memory() });
like $text, qr/\r\nTransfer-Encoding: chunked\r\n/i, 'the reply is chunked';
ok ended($text), 'and has an end';
cmp_ok @course, '>', 20, 'it took a while';
SKIP: {
    skip 'what was freed stays there for a while', 1 unless $measured;
    cmp_ok max(@course) - $before, '<', $bound, "less than $bound KiB more memory"
        or diag "$before: @course";
}

my $r = status_is($scim->send(GET => "/Groups/$all"), 200, 'read');
my $opened = $scim->opened;
is $scim->send(GET => "/Groups/$few")->code, 200, 'the connection';
is $scim->opened, $opened, 'goes on';
is scalar @{ $r->json->{members} }, $crowd, 'it is JSON';
is_deeply ids($r->text), [sort @ids], 'all of them are there, once';

$r = status_is($scim->send(GET => "/Groups?attributes=members.value"), 200, 'a list of both');
is scalar @{ ids($r->text) }, 700 + $crowd, 'has all members';

$r = status_is($scim->send(HEAD => "/Groups/$all"), 200, 'HEAD');
is $r->header('Content-Length'), undef, 'does not know how long it is';
like $r->header('Content-Type'), qr{^application/}, 'but what it is';

$text = drain(ask("/Groups/$all", '1.0'));
ok $text !~ /^Transfer-Encoding/mi, 'HTTP/1.0 has no chunks';
is_deeply ids($text), [sort @ids], 'and all members';

my $plain;
$r = status_is($client->get("/Groups/$all", 'Accept-Encoding' => 'gzip'), 200, 'compressed');
is $r->header('Content-Encoding'), 'gzip', 'is gzip';
gunzip(\$r->text, \$plain);
is_deeply ids($plain), [sort @ids], 'with all members';

# ---- failing -------------------------------------------------------------------------------------

# Reads until some of the body has come.
sub begin
{
    my ($socket) = @_;
    my $got = '';
    while (length $got < 100_000) {
        sysread($socket, $got, 16384, length $got) or last;
    }
    return $got;
}

{
    my $socket = ask("/Groups/$all", '1.1', 'Connection: close');
    begin($socket);
    close $socket;
}
is $scim->send(GET => "/Groups/$few")->code, 200, 'a client that goes away';
unlike $server->error_log, qr/SCIM0024/, 'is none of our failures';

if (Scim::Database::kind() eq 'sqlite') {
    my $socket = ask("/Groups/$all", '1.1');
    my $got = begin($socket);
    open my $out, '>', $order or die $!;
    print $out "read broken 0\n";
    close $out;
    $got .= drain($socket);
    unlink $order;
    is substr($got, 9, 3), 200, 'a disk that fails too late for an error';
    ok !ended($got), 'leaves the reply without an end';
    ok $got !~ /\}\]/, 'and the list';
    ok $server->wait_log(qr/SCIM0024: the reply was broken off: .* Cause: /), 'which the log tells';
}
# Whether a reply is an error, broken off, or right.
sub kind_of
{
    my ($got) = @_;
    my ($head, $body) = split /\r\n\r\n/, $got, 2;

    return 'error' if $head =~ m{^HTTP/1\.1 503 } && $head !~ /^(?:ETag|Location|Content-Location):/mi
        && $body =~ /"status":"503"/;
    return 'broken off' if $head =~ m{^HTTP/1\.1 200 } && !ended($got);
    return 'right' if ended($got) && @{ ids($body) } == $crowd;
    return substr $got, 0, 1000;
}

my %kinds;
for my $reads (0 .. 15) {
    drain(ask("/Groups/$all", '1.1', 'Connection: close'));    # its end is what is in memory now
    open my $out, '>', "$order.new" or die $!;
    print $out 'read broken ', $reads * 4, "\n";
    close $out;
    rename "$order.new", $order or die $!;
    $kinds{ kind_of(drain(ask("/Groups/$all", '1.1', 'Connection: close'))) }++;
    unlink $order;
}
is_deeply [grep { !/^(?:error|broken off|right)$/ } keys %kinds], [], 'whenever it fails';
note join ', ', map { "$_: $kinds{$_}" } sort keys %kinds;
ok wait_until(patience(), sub { $scim->send(GET => "/Groups/$few")->code == 200 }), 'it works again';
is_deeply [$server->children], [$child], 'the same process served all';
is $server->stop, 0, 'the server stops as it should';

done_testing;
