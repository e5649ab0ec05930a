package Scim::Process;

# Processes and ports, for the test runner and for Scim::Server.
#
#     my $port  = free_port();               nobody listens there now, on 127.0.0.1; none that the
#                                            system gives to connections and no other test gets, so
#                                            that a server that is down for a moment finds it free again
#     my $guard = guard($group);             kills the process group when this process is gone,
#                                            however it ended; undef $guard to dismiss
#     wait_until($seconds, sub { ... })      polls; the value, or false when the time is over
#     my @pids  = group($pgid);              living processes of a group
#     my @pids  = descendants($pid);         living children, their children, and so on
#     lives($pid)                            it is there, and no zombie
#     my $time  = patience();                seconds that a wait may last here

use strict;
use warnings;

use Exporter 'import';
use IO::Socket::INET;
use IO::Socket::UNIX;
use POSIX ();
use Time::HiRes qw(sleep time);

our @EXPORT_OK = qw(free_port guard wait_until group descendants lives patience);

sub patience { return $ENV{SCIM_PATIENCE} || 60 }

sub free_port
{
    my $highest = 32_767;

    if (open my $in, '<', '/proc/sys/net/ipv4/ip_local_port_range') {
        my ($first) = split ' ', <$in>;
        $highest = $first - 1 if $first > 12_000;
    }
    for (1 .. 1000) {
        my $port = 10_000 + int rand $highest - 10_000;
        return $port
            if take($port) && IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => $port, Listen => 1);
    }
    die "no free port: $!\n";
}

my %taken;

# A name in Linux's abstract namespace, for as long as this process or one that it has forked is there:
# no other test is given the port while a server is down. Elsewhere it is left to chance.
sub take
{
    my ($port) = @_;

    return 1 if $^O ne 'linux';
    return 0 if $taken{$port};
    $taken{$port} = IO::Socket::UNIX->new(Local => "\0mod_scim test $port", Listen => 1);
    return $taken{$port};
}

sub wait_until
{
    my ($seconds, $ready) = @_;
    my $end  = time + $seconds;
    my $step = 0.005;

    while (1) {
        my $value = $ready->();
        return $value if $value;
        return if time > $end;
        sleep $step;
        $step *= 1.5 if $step < 0.1;
    }
}

# pid => [parent, group] of all processes that are not zombies
sub table
{
    my %table;

    for my $file (glob '/proc/[0-9]*/stat') {
        open my $in, '<', $file or next;
        my $line = <$in> // next;
        my ($pid, $state, $parent, $group) = $line =~ /^(\d+) \(.*\) (\S) (\d+) (\d+)/s or next;
        $table{$pid} = [$parent, $group] unless $state =~ /[ZX]/;
    }
    return \%table;
}

sub group
{
    my ($pgid) = @_;
    my $table = table();
    return grep { $table->{$_}[1] == $pgid } keys %$table;
}

sub descendants
{
    my @found;
    my @parents = @_;
    my $table   = table();

    while (defined(my $parent = shift @parents)) {
        my @children = grep { $table->{$_}[0] == $parent } keys %$table;
        push @found,   @children;
        push @parents, @children;
    }
    return @found;
}

sub lives { my ($pid) = @_; return exists table()->{$pid} }

# A process that waits for the end of a pipe whose other end this process holds: it ends with this
# process even when that is killed.
sub guard
{
    my ($group) = @_;

    pipe my $waiting, my $held or die "pipe: $!\n";
    my $pid = fork // die "fork: $!\n";
    if ($pid == 0) {
        POSIX::setsid();
        $SIG{$_} = 'IGNORE' for qw(INT TERM HUP PIPE);
        close $held;
        POSIX::dup2(POSIX::open('/dev/null', POSIX::O_RDWR()), $_) for 0, 1, 2;
        sysread $waiting, my $nothing, 1;
        kill KILL => -$group;
        POSIX::_exit(0);
    }
    close $waiting;
    return bless { pid => $pid, held => $held, owner => $$ }, __PACKAGE__;
}

sub DESTROY
{
    my ($self) = @_;

    return if $self->{owner} != $$;
    local ($?, $!);
    kill KILL => $self->{pid};
    waitpid $self->{pid}, 0;
}

1;
