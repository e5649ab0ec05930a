# What was acknowledged stays: through graceful restarts, a stop, children and whole servers killed,
# all under load. What was not acknowledged may be there or not, but whole. Nothing hangs.
#
# SCIM_KILLS=50 kills the whole server so many times.
use strict;
use warnings;

use Test::More;

use Scim::Ctl;
use Scim::Expect qw(status_is endpoint);
use Scim::Ledger;
use Scim::Process qw(patience group);
use Scim::Server;

my $token   = 'durability-0123456789abcdefghijklmn';
my $slow    = patience() > 60;    # under a sanitizer or valgrind
my $writes  = $slow ? 20 : 60;    # acknowledged ones that a round waits for
my $kills   = $ENV{SCIM_KILLS} || ($slow ? 2 : 4);    # of the whole server

my $server = Scim::Server->start(
    modules => ['log_config'],
    config  => <<'END' . endpoint('/scim/v2', directory => 'people', token => $token));
<IfModule mpm_prefork_module>
    StartServers 3
    MinSpareServers 2
    MaxSpareServers 6
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
my $scim = $server->client($token);

my $ledger = Scim::Ledger->new($server->dir, [$scim], 4, ctl => Scim::Ctl->new($server));

# ---- the tests --------------------------------------------------------------------------------

subtest 'graceful restarts' => sub {
    $ledger->start;

    for my $time (1 .. 3) {
        $ledger->wait_for($writes / 3);
        ok eval { $server->graceful; 1 }, "graceful restart $time" or diag $@;
    }
    $ledger->wait_for($writes / 3);
    $ledger->stop;
    my @failed = map { "@$_" } grep { $_->[0] !~ /^(?:try|done)$/ } $ledger->lines;
    is_deeply \@failed, [], 'no request was refused or lost'
        or diag grep { /:(?:notice|warn|error|crit)\]/ } map { "$_\n" } split /\n/, $server->error_log;
    $ledger->verify('graceful');
};

subtest 'kill -9 of the whole server' => sub {
    for my $time (1 .. $kills) {
        $ledger->start;
        $ledger->wait_for($writes);
        my $group = $server->pid;
        $server->kill_all;
        is_deeply [group($group)], [], "time $time: nothing of it is left";
        $server->again;
        $ledger->wait_for(4);
        $ledger->stop;
        $ledger->verify("time $time");
    }
};

subtest 'kill -9 of children' => sub {
    $ledger->start;

    for my $time (1 .. 6) {
        $ledger->wait_for($writes / 6);
        my @children = $server->children;
        kill KILL => $children[$time % @children];
    }
    $ledger->wait_for($writes / 3);
    kill KILL => $server->children;
    $ledger->wait_for($writes / 3);
    $ledger->stop;
    $ledger->verify('children killed');
};

subtest 'stop' => sub {
    $ledger->start;
    $ledger->wait_for($writes);
    is $server->stop, 0, 'the server stops as it should';
    $server->again;
    $ledger->wait_for(4);
    $ledger->stop;
    $ledger->verify('stopped');
};

subtest 'after all this' => sub {
    is $server->stop, 0, 'the server stops as it should';
    $server->again;
    $ledger->verify('once more');
    my $r = status_is($scim->post('/Users', Scim::Ledger::generation('last', 1)), 201, 'it still takes people');
    status_is($scim->delete('/Users/' . $r->json->{id}), 204, 'and deletes them');
    cmp_ok $ledger->count('done'), '>', 5 * $writes, 'there was load';
    $ledger->tell;
    my @odd = grep { !/exit signal Killed/ && /exit signal|Assertion|AddressSanitizer|runtime error/ }
        split /\n/, $server->error_log;
    is_deeply \@odd, [], 'nothing crashed by itself';
};

done_testing;
