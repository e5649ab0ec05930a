# Under load: from the first request that is sent after a change was answered, everybody decides by it.
use strict;
use warnings;

use IO::Socket::INET;
use List::Util 'sum';
use POSIX ();
use Test::More;
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC sleep);

use Scim::Client qw(true false);
use Scim::People;
use Scim::Server;

my $clients = 16;
my $rounds  = $ENV{SCIM_ROUNDS} || 100;
my $basic   = Scim::People::basic();
my $server  = Scim::Server->start(files => { htpasswd => Scim::People::htpasswd(qw(ada)) }, config => <<"END" . Scim::People::endpoint());
MaxKeepAliveRequests 0
KeepAliveTimeout 60
<Location "/guard">
    $basic
    Require valid-user
    ScimGuard on
</Location>
<Location "/group">
    $basic
    Require scim-group editors
</Location>
END
for my $path (qw(guard group)) {
    mkdir $server->dir . "/htdocs/$path" or die "$path: $!";
    $server->write("htdocs/$path/page", 'x' x 1000);
}
my $people = Scim::People->new($server);
my $ada  = $people->make(userName => 'ada');
my $team = $people->team('editors', $ada);

sub now { return clock_gettime(CLOCK_MONOTONIC) }

# One client: requests on one connection, one after the other. Each is a line of the file: when it was
# sent, when its answer was there, its status.
sub ask_on
{
    my ($path, $file) = @_;
    my %login   = Scim::People::login('ada');
    my $request = "GET /$path/page HTTP/1.1\r\nHost: localhost\r\nAuthorization: $login{Authorization}\r\n\r\n";
    my ($socket, $ended);

    local $SIG{TERM} = sub { $ended = 1 };
    open my $out, '>', $file or die "$file: $!";
    until ($ended) {
        $socket //= IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $server->port) or die "connect: $!";
        my $sent = now();
        syswrite $socket, $request;
        my $answer = '';
        while ($answer !~ /\r\n\r\n/ || length($answer) < $+[0] + ($answer =~ /^Content-Length: (\d+)/mi ? $1 : 0)) {
            last unless sysread $socket, $answer, 65_536, length $answer;
            $answer =~ /\r\n\r\n/;
        }
        my ($status) = $answer =~ m{^HTTP/1\.1 (\d+)};
        printf {$out} "%.6f %.6f %s\n", $sent, now(), $status // 'none';
        undef $socket if !defined $status || $answer =~ /^Connection: close/mi;
    }
    close $out;
}

sub crowd
{
    my ($path) = @_;
    my @pids;

    for my $i (1 .. $clients) {
        my $pid = fork // die "fork: $!";
        if ($pid == 0) {
            eval { ask_on($path, $server->dir . "/$path.$i") };
            print STDERR $@ if $@;
            POSIX::_exit($@ ? 1 : 0);
        }
        push @pids, $pid;
    }
    return @pids;
}

sub percent
{
    my ($part, @sorted) = @_;
    return $sorted[ int($part * $#sorted) ] * 1000;
}

# Takes it away and gives it back; what was sent and answered between is certain.
sub certain
{
    my ($path, $refused, $take, $give) = @_;
    my @pids = crowd($path);
    my (@spans, %count);

    for my $round (1 .. $rounds) {
        for my $change ([ $refused, $take ], [ 200, $give ]) {
            my $asked = now();
            $spans[-1][1] = $asked if @spans;
            $change->[1]->();
            push @spans, [ now(), undef, $change->[0] ];
            sleep 0.01;
        }
    }
    $spans[-1][1] = now();
    kill TERM => @pids;
    waitpid $_, 0 for @pids;

    my @wrong;
    my @took;
    for my $i (1 .. $clients) {
        open my $in, '<', $server->dir . "/$path.$i" or die "$path.$i: $!";
        my $at = 0;
        while (my ($sent, $answered, $status) = split ' ', <$in> // '') {
            push @took, $answered - $sent;
            $at++ while $at < $#spans && $spans[$at][1] < $sent;
            next if $sent <= $spans[$at][0] || $answered >= $spans[$at][1];
            $count{ $spans[$at][2] }++;
            push @wrong, "$status in the place of $spans[$at][2]" if $status ne $spans[$at][2];
        }
    }
    @took = sort { $a <=> $b } @took;
    note sprintf '%s: %d requests; %d certainly behind a refusal, %d behind a permission; answered in ms: '
        . 'half %.2f, 90%% %.2f, 99%% %.2f, all %.2f', $path, scalar @took, $count{$refused} // 0, $count{200} // 0,
        map { percent($_, @took) } 0.5, 0.9, 0.99, 1;
    ok $count{$_}, "$path: some requests were sent and answered while the answer had to be $_" for $refused, 200;
    is scalar(@wrong), 0, "$path: none of them was answered otherwise in $rounds rounds" or diag join "\n", @wrong[ 0 .. ($#wrong > 9 ? 9 : $#wrong) ];
}

certain('guard', 403, sub { $people->set($ada, active => false) }, sub { $people->set($ada, active => true) });
certain('group', 401, sub { $people->leave($team, $ada) },
    sub { $people->change('Groups', $team, { op => 'add', path => 'members', value => [ { value => $ada->{id} } ] }) });

done_testing;
