# Writers queue for an SQLite database. One that stops in the middle of its turn holds up nobody for
# ever, and no reader at all.

use strict;
use warnings;

use Digest::SHA 'sha256_hex';
use IO::Select;
use Test::More;
use Time::HiRes qw(sleep time);
use Scim::Client;
use Scim::Database;
use Scim::Process 'patience';
use Scim::Server;

Scim::Database::only('sqlite');

my $soon = patience() / 30;
$soon < 10 or plan skip_all => 'everything is slow today';

my $token = $Scim::Client::token{full};
my $wait  = 20;    # how long a writer waits for its turn

my $server = Scim::Server->start(mpm => 'prefork', config => <<"END");
StartServers 6
MinSpareServers 6
<Location "/scim/v2">
    SetHandler scim
    ScimDirectory queue
    ScimBearerToken tester sha256:${\ sha256_hex($token)}
    Require all granted
</Location>
END

my $scim   = $server->client($token);
my $serial = 0;

sub person { return { userName => "queue-$$-" . ++$serial, displayName => shift // 'x' } }

# Processes that write until they are told to stop.
sub storm
{
    my @pids;
    for (1 .. 4) {
        my $pid = fork // die "fork: $!";
        if (!$pid) {
            local $SIG{TERM} = 'DEFAULT';
            while (1) { eval { $scim->post('/Users', person()) } }
        }
        push @pids, $pid;
    }
    return @pids;
}

# Whether a write does not come to its end at once. Its connection, with the reply outstanding.
sub stuck
{
    my $body   = sprintf '{"userName":"queue-probe-%d-%d"}', $$, ++$serial;
    my $socket = $scim->connect;
    print $socket "POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\nUser-Agent: test\r\nConnection: close\r\n",
        "Authorization: Bearer $token\r\nContent-Length: ", length $body, "\r\n\r\n$body";
    $socket->flush;
    return IO::Select->new($socket)->can_read($soon) ? undef : $socket;
}

is $scim->post('/Users', person())->code, 201, 'somebody';

my ($stopped, $since, @waiting);
for (1 .. 50) {
    my @pids = storm();
    sleep 0.1 + rand 0.1;
    my @children = $server->children;
    $stopped = $children[rand @children];
    kill STOP => $stopped;
    kill KILL => @pids;
    waitpid $_, 0 for @pids;
    $since = time;
    @waiting = grep { $_ } stuck(), stuck();    # the stopped one may have been given one of them
    last if @waiting == 2;
    kill CONT => $stopped;
}

SKIP: {
    skip 'no writer could be stopped in the middle', 6 unless @waiting == 2;
    is $scim->get('/Users', query => { count => 0 })->code, 200, 'readers are not held up';
    my ($answered) = IO::Select->new(@waiting)->can_read(patience()) or die "nobody is answered\n";
    my $r = Scim::Response->receive($answered);
    is $r->code, 503, 'a writer is told to come back';
    is $r->header('Retry-After'), 10, 'and when';
    cmp_ok abs(time - $since - $wait), '<', 3 + $soon, 'after the time that is said';
    kill KILL => $stopped;
    my $before = time;
    is $scim->post('/Users', person())->code, 201, 'once the other is dead, writing goes on';
    cmp_ok time - $before, '<', 3 + $soon, 'at once';
}
kill CONT => $stopped unless @waiting == 2;
is $scim->post('/Users', person())->code, 201, 'all is well';

done_testing;
