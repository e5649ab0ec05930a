# The disk under the database is full, really: writes are refused, nobody hangs, what was acknowledged
# stays, and when there is room again httpd serves without a restart.
#
# SCIM_FILLS=20 fills it so many times. Where the tests do not start as root, or may not mount, there is
# no small disk; storage.t and databases.t then have only one that is made believe.
use strict;
use warnings;

use Test::More;
use Time::HiRes 'sleep';

use Scim::Ctl;
use Scim::Database;
use Scim::Expect qw(status_is error_problem endpoint);
use Scim::Ledger;
use Scim::Process qw(patience wait_until);
use Scim::Server;

my $disk = $ENV{SCIM_SMALL_DISK} or plan skip_all => 'there is no small disk: not started by root, or no right to mount';

my $token  = 'small-0123456789abcdefghijklmnopqrst';
my $fills  = $ENV{SCIM_FILLS} || 2;
my $kind   = Scim::Database::kind();
my $home   = "$disk/$kind-$$";
my $filler = "$disk/filler-$$";
my $params = "$home/scim.db";

if ($kind eq 'sqlite') {
    mkdir $home or die "$home: $!";
}
else {
    Scim::Database::start($home, options => $kind eq 'postgresql'
        ? ['-c', 'min_wal_size=32MB', '-c', 'max_wal_size=32MB'] : ['--innodb-log-file-size=8M', '--skip-stack-trace']);
    $params = Scim::Database::params('small.db');
}

my $server = Scim::Server->start(
    config => "LogLevel warn\nDBDMax 8\nDBDParams \"$params\"\n" . endpoint('/scim/v2', directory => 'people', token => $token));
my $scim   = $server->client($token);
my $ledger = Scim::Ledger->new($server->dir, [$scim], 4, later => 1, ctl => Scim::Ctl->new($server));

# Takes all the room that there is.
sub fill
{
    open my $out, '>>:raw', $filler or return;
    for my $size (1 << 20, 1 << 12, 1 << 8) {
        1 while (syswrite $out, "\0" x $size) // 0;
    }
    close $out;
}

# The server may have ended over it; it may not begin again before there is room.
sub make_room
{
    unlink $filler;
    return if $kind eq 'sqlite';
    wait_until(patience(), sub { !Scim::Database::running() || defined Scim::Database::command($ENV{SCIM_DB_ADMIN}, 'SELECT 1') })
        or diag 'the server of the database does not come to itself';
    Scim::Database::launch() unless Scim::Database::running();
}

for my $time (1 .. $fills) {
    $ledger->meanwhile("time $time", sub {
        $ledger->wait_for(20 + $time % 7);
        my $before = $ledger->count('later');
        ok wait_until(patience(), sub { fill(); $ledger->count('later') > $before }), "time $time: writes are refused";
        my $r = $scim->get('/Users', query => { count => 1 });
        ok $r->code == 200 || !error_problem($r, 503, undef), "time $time: reading goes on, or is refused" or diag $r->text;
        status_is($scim->get('/ServiceProviderConfig'), 200, "time $time: what needs no database goes on");
        make_room();
        $ledger->wait_for(20);
    });
}
$ledger->tell;
like $server->error_log, qr/SCIM0020: .*503.*Cause: /, 'the log says why';
is $server->stop, 0, 'the server stops as it should';
unlike $server->error_log, qr/exit signal|Assertion|AddressSanitizer|runtime error/, 'nothing crashed';
Scim::Database::stop();
system 'rm', '-rf', $home;

done_testing;
