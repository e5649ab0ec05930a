# Many write at once, and share transactions, while the disk fails to sync: no write is acknowledged that
# is not stored, none is stored that was refused, and everything works again as soon as the disk does.
use strict;
use warnings;

use Cwd ();
use IO::Handle;
use File::Temp 'tempdir';
use POSIX ();
use Test::More;

use Scim::Database;
use Scim::Expect qw(status_is endpoint);
use Scim::Process qw(patience wait_until);
use Scim::Server;

Scim::Database::only('sqlite');

my $writers = 8;
my $token   = 'company-0123456789abcdefghijklmnopq';
my $user    = 'urn:ietf:params:scim:schemas:core:2.0:User';
my $home    = tempdir('company-XXXXXX', DIR => Cwd::getcwd(), CLEANUP => 1);
my $order   = "$home/order";

mkdir "$home/disk" or die $!;
my $server = Scim::Server->start(
    mpm    => 'event',
    env    => { LD_PRELOAD => "$ENV{SCIM_SRCDIR}/t/fault/full_disk.so", SCIM_DISK_FILES => "$home/disk", SCIM_DISK_ORDER => $order },
    config => <<"END" . endpoint('/scim/v2', directory => 'people', token => $token));
DBDParams "$home/disk/scim.db"
DBDMax 16
StartServers 1
ServerLimit 1
ThreadsPerChild 16
MaxRequestWorkers 16
END
my $scim = $server->client($token);
my @pids;

# One who writes until it is told to stop, and notes in a line what became of each.
sub write_people
{
    my ($n) = @_;
    my $count = 0;

    open my $out, '>', "$home/writer$n" or die $!;
    $out->autoflush;
    my $told;
    local $SIG{TERM} = sub { $told = 1 };
    while (!$told) {
        my $name = "writer$n-" . ++$count;
        my $r = $scim->post('/Users', { schemas => [$user], userName => $name });
        print $out $r->code, " $name ", $r->json->{id} // '-', "\n";
    }
}

# The lines of all: [code, name, id].
sub lines
{
    my @lines;

    for my $n (1 .. $writers) {
        open my $in, '<', "$home/writer$n" or next;
        push @lines, map { [split] } grep { /\n/ } <$in>;
    }
    return @lines;
}

sub count { my ($code) = @_; return scalar grep { $_->[0] == $code } lines() }

# Waits until so many more have got this answer.
sub more
{
    my ($code, $number) = @_;
    my $before = count($code);

    return wait_until(patience(), sub { count($code) >= $before + $number });
}

sub disk
{
    my ($text) = @_;

    return unlink $order unless $text;
    open my $out, '>', "$order.new" or die $!;
    print $out $text;
    close $out or die $!;
    return rename "$order.new", $order;
}

sub start
{
    for my $n (1 .. $writers) {
        my $pid = fork // die "fork: $!";
        if (!$pid) {
            POSIX::_exit(eval { write_people($n); 1 } ? 0 : 1);
        }
        push @pids, $pid;
    }
}

# They end with their request: what was sent has an answer.
sub stop
{
    for my $pid (splice @pids) {
        kill TERM => $pid;
        waitpid $pid, 0;
    }
}

END { local $?; stop() }

# ---- the tests --------------------------------------------------------------------------------

start();
ok more(201, 5 * $writers), 'many write at once';
for my $after (0, 1, 2, 5) {
    disk("sync broken $after");
    ok more(503, $writers), "the disk cannot be synced after $after times: they are refused";
    disk();
    ok more(201, 3 * $writers), "... and not any more, when it can, $after";
}
stop();

my @lines  = lines();
my %stored = map { $_ => 1 } split /\n/, Scim::Database::ask("$home/disk/scim.db", "SELECT local_name FROM scim_resources");
my %sent   = map { $_->[1] => $_->[0] } @lines;
my @lost   = grep { $sent{$_} == 201 && !$stored{$_} } sort keys %sent;
my @kept   = grep { $sent{$_} == 503 && $stored{$_} } sort keys %sent;

is_deeply \@lost, [], 'everybody who was acknowledged is stored';
is_deeply \@kept, [], 'nobody who was refused is';
is_deeply [grep { $_->[0] !~ /^(?:201|503)$/ } @lines], [], 'there was no other answer';
like Scim::Database::ask("$home/disk/scim.db", 'PRAGMA integrity_check'), qr{^ok$}, 'the file is whole';
like $server->error_log, qr/SCIM0020: .*503.*Cause: .*I\/O/, 'the log says why';
is $server->stop, 0, 'the server stops as it should';

done_testing;
