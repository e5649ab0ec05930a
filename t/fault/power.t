# The power fails, under load: the disk has what was synced, and of the rest some, or nothing. What was
# acknowledged is there, and the file is whole.
#
# SCIM_KILLS=50 cuts the power so many times.
use strict;
use warnings;

use Cwd ();
use Test::More;

use Scim::Ctl;
use Scim::Database;
use Scim::Expect 'endpoint';
use Scim::Ledger;
use Scim::Process 'patience';
use Scim::Server;

Scim::Database::only('sqlite');

my $token  = 'power-0123456789abcdefghijklmnopqrst';
my $slow   = patience() > 60;    # under a sanitizer or valgrind
my $kills  = $ENV{SCIM_KILLS} || ($slow ? 2 : 6);
my $seed   = $ENV{SCIM_SEED} // $$ ^ time;
my $block  = 4096;
my $home   = Cwd::getcwd() . "/power-$$";
my $db     = "$home/disk/scim.db";
my $synced = "$home/synced";

srand $seed;
note "SCIM_SEED=$seed";
-e "$ENV{SCIM_SRCDIR}/t/fault/power.so" or plan skip_all => 'no library that keeps what was synced';
mkdir $_ or die "$_: $!" for $home, "$home/disk", $synced;

# Several processes and threads, so that writers meet at the commit.
my $server = Scim::Server->start(
    env    => { LD_PRELOAD => "$ENV{SCIM_SRCDIR}/t/fault/power.so", SCIM_POWER_FILES => $db, SCIM_POWER_SYNCED => $synced },
    config => <<"END" . endpoint('/scim/v2', directory => 'people', token => $token));
DBDParams "$db"
LogLevel warn
<IfModule mpm_prefork_module>
    StartServers 8
    MinSpareServers 8
    MaxRequestWorkers 12
</IfModule>
<IfModule !mpm_prefork_module>
    StartServers 2
    ServerLimit 4
    ThreadsPerChild 4
    MinSpareThreads 8
    MaxRequestWorkers 16
</IfModule>
END
my $scim   = $server->client($token);
my $ledger = Scim::Ledger->new($server->dir, [$scim], 8, ctl => Scim::Ctl->new($server));

sub slurp
{
    open my $in, '<:raw', $_[0] or return '';
    local $/;
    return readline($in) // '';
}

# Each block is from before the last writes, or from after them.
sub mixed
{
    my ($old, $new) = @_;
    my $text = '';

    for (my $at = 0; $at < length $old || $at < length $new; $at += $block) {
        my @both = grep { length } map { $at < length $_ ? substr $_, $at, $block : '' } $old, $new;
        $text .= $both[rand @both];
    }
    return $text;
}

# What is there when the power is back.
sub cut_power
{
    my ($some) = @_;

    unlink "$db-shm";
    for my $name ('scim.db', 'scim.db-wal') {
        my ($is, $was) = map { slurp("$_/$name") } "$home/disk", $synced;
        my $left = $some ? mixed($was, $is) : $was;
        for my $file ("$home/disk/$name", "$synced/$name") {
            open my $out, '>:raw', $file or die "$file: $!";
            print $out $left;
            close $out or die "$file: $!";
        }
    }
}

# ---- the tests --------------------------------------------------------------------------------

for my $time (1 .. $kills) {
    my $some = $time % 2 == 0;
    my $what = "time $time, " . ($some ? 'some of what was not synced is lost' : 'all of what was not synced is lost');

    $ledger->start;
    $ledger->wait_for($slow ? 20 : 60 + $time % 13);
    $server->kill_all;
    ok -s "$synced/scim.db-wal", "$what: something was synced";
    cut_power($some);
    $server->again;
    $ledger->wait_for(4);
    $ledger->stop;
    $ledger->verify($what);
    is Scim::Database::ask($db, 'PRAGMA integrity_check'), "ok\n", "$what: the file is whole";
}
$ledger->tell;
is $server->stop, 0, 'the server stops as it should';
unlike $server->error_log, qr/Assertion|AddressSanitizer|runtime error|malformed/, 'nothing crashed by itself';

done_testing;
