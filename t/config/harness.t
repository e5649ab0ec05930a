# The tools of the tests themselves: servers start, restart, stop and never stay behind.
use strict;
use warnings;

use IO::Socket::INET;
use POSIX ();
use Test::More;

use Scim::Client;
use Scim::Process qw(group wait_until patience);
use Scim::Server;

my $config = <<'END';
<Location "/first">
    Redirect 410 /first
</Location>
END
my @plain = (without => ['scim']);

subtest 'a server of a test' => sub {
    my $server = Scim::Server->start(config => $config, @plain);
    my $scim   = $server->client(token => undef, path => '');

    is $scim->get('/first')->code,  410, 'runs this configuration';
    is $scim->get('/second')->code, 404, 'and no other';
    like $scim->raw("GET /first HTTP/1.1\r\nHost: x\r\n\r\n")->text, qr/Gone/, 'raw bytes';
    is $scim->raw("what\r\n\r\n")->code, 400, 'broken ones, too';

    my @before = $server->children;
    $server->reconfigure($config =~ s/first/second/gr)->graceful;
    is $scim->get('/second')->code, 410, 'graceful: the new configuration';
    my %now = map { $_ => 1 } $server->children;
    ok !(grep { $now{$_} } @before), 'and only new children';

    my ($port, $group) = ($server->port, $server->pid);
    $server->kill_all;
    is_deeply [group($group)], [], 'nothing is left after kill_all';
    $server->again;
    is $server->port, $port, 'started again on the same port';
    is $scim->get('/second')->code, 410, 'and answers';

    $group = $server->pid;
    is $server->stop, 0, 'stops with status 0';
    is_deeply [group($group)], [], 'and leaves nothing';
};

subtest 'a test that is killed' => sub {
    pipe my $in, my $out or die $!;
    my $pid = fork // die $!;
    if ($pid == 0) {
        my $server = Scim::Server->start(config => $config, @plain);
        syswrite $out, $server->pid . "\n";
        sleep 600;
    }
    close $out;
    chomp(my $group = readline $in);
    ok scalar(group($group)), 'has a server';
    kill KILL => $pid;
    waitpid $pid, 0;
    ok wait_until(patience(), sub { !group($group) }), 'that ends with it';
};

subtest 'httpd -t' => sub {
    my ($status, $output) = Scim::Server->run_t(config => $config, @plain);
    is $status, 0, 'a good configuration';
    like $output, qr/Syntax OK/, 'is fine';

    ($status, $output) = Scim::Server->run_t(config => "NoSuchThing on\n", @plain);
    isnt $status, 0, 'a wrong one is not';
    like $output, qr/NoSuchThing/, 'and httpd says why';
};

subtest 'a server that cannot start' => sub {
    ok !eval { Scim::Server->start(config => "NoSuchThing on\n", @plain) }, 'dies';
    like $@, qr/Invalid command 'NoSuchThing'/, 'with the reason';
};

subtest 'a connection that is closed without an answer' => sub {
    my $listen = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 5) // die $@;
    my $scim   = Scim::Client->new(base => 'http://127.0.0.1:' . $listen->sockport, token => undef);

    for my $method (qw(get put patch post delete)) {
        my $pid = fork // die $!;
        if ($pid == 0) {
            my $requests = 0;
            while (my $socket = $listen->accept) {
                my $line = readline $socket;
                last if $line =~ m{/end};
                1 while readline($socket) =~ /\S/;
                $requests++;
            }
            POSIX::_exit($requests);
        }
        ok !eval { $scim->$method('/x', $method =~ /^p/ ? {} : ()) }, "$method fails";
        like $@, qr/No response/, '... and says so';
        print { $scim->connect } "GET /end\r\n";
        waitpid $pid, 0;
        is $? >> 8, 1, '... and is not repeated';
    }
};

done_testing;
