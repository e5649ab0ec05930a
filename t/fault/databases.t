# A database server that is killed, cut off, locked, full, read-only: what was acknowledged stays,
# nothing is half, nobody waits for ever, and when the trouble is over httpd serves by itself.
#
# SCIM_KILLS=20 kills the database server so many times.
use strict;
use warnings;
use utf8;

use Cwd ();
use Test::More;
use Time::HiRes qw(sleep time);

use Scim::Client;
use Scim::Ctl;
use Scim::Database;
use Scim::Expect qw(status_is error_problem endpoint);
use Scim::Ledger;
use Scim::Process qw(patience wait_until);
use Scim::Server;

Scim::Database::only('postgresql', 'mariadb');

my $postgresql = Scim::Database::kind() eq 'postgresql';
my $token = 'databases-0123456789abcdefghijklmnop';
my $slow  = patience() > 60;    # under a sanitizer or valgrind
my $kills = $ENV{SCIM_KILLS} || 2;
my $home  = Cwd::getcwd() . "/own-base-$$";
my $order = "$home.order";

Scim::Database::start(
    $home,
    env => { LD_PRELOAD => "$ENV{SCIM_SRCDIR}/t/fault/full_disk.so", SCIM_DISK_FILES => "$home/data",
        SCIM_DISK_ORDER => $order },
    options => $postgresql ? [] : ['--innodb-use-native-aio=0', '--skip-stack-trace']);

# A user without privileges over the server, as it should be.
my $name   = 'people.db';
my $params = Scim::Database::params($name);
my ($base) = $params =~ /dbname=(\w+)/;

if ($postgresql) {
    Scim::Database::administer('CREATE ROLE keeper LOGIN');
    Scim::Database::administer("ALTER DATABASE $base OWNER TO keeper");
}
else {
    Scim::Database::administer("CREATE USER keeper\@localhost");
    Scim::Database::administer("GRANT ALL ON $base.* TO keeper\@localhost");
}
$params =~ s/user=\w+/user=keeper/;

# What a client has from elsewhere must not count: not for connections that the driver makes again, either.
if (!$postgresql) {
    mkdir "$home.home" or die $!;
    open my $out, '>', "$home.home/.my.cnf" or die $!;
    print $out "[keeper]\ndefault-character-set=latin1\n";
    close $out or die $!;
    $params .= ' group=keeper';
}

my $workers = 16;
my $config  = <<"END";
<IfModule mpm_prefork_module>
    MaxRequestWorkers $workers
</IfModule>
<IfModule !mpm_prefork_module>
    StartServers 2
    ServerLimit 2
    ThreadsPerChild 8
    MinSpareThreads 8
    MaxRequestWorkers $workers
</IfModule>
LogLevel warn
DBDMax 8
DBDParams "$params"
END
my $server = Scim::Server->start(env => { HOME => "$home.home", PGCLIENTENCODING => 'LATIN1' },
    config => $config . endpoint('/scim/v2', directory => 'people', token => $token));
my $scim   = $server->client($token);
my $ledger = Scim::Ledger->new($server->dir, [$scim], 4, later => 1, ctl => Scim::Ctl->new($server));
my $serial = 0;

sub person { return { schemas => ['urn:ietf:params:scim:schemas:core:2.0:User'], userName => shift, @_ } }

# A person that is whole, outside of the ledger; gone again at the end of the code.
sub with_somebody
{
    my ($code) = @_;
    my $r = status_is($scim->post('/Users', person('extra' . ++$serial)), 201, 'somebody');
    my $path = '/Users/' . $r->json->{id};

    $code->($path, $r->json->{id});
    status_is($scim->delete($path), 204, 'who is not needed any more');
}

sub title { return [{ op => 'replace', path => 'title', value => shift }] }

# A request in a process of its own; its answer is asked for later: (code, seconds, text).
sub meanwhile
{
    my @request = @_;
    my $started = time;

    pipe my $in, my $out or die $!;
    my $pid = fork // die $!;
    if ($pid == 0) {
        my $method = shift @request;
        my $r = eval { $scim->$method(@request) };
        print $out $r ? join "\n", $r->code, $r->header('Retry-After') // '', time - $started, $r->text : "0\n\n0\n$@";
        close $out;
        POSIX::_exit(0);
    }
    close $out;
    return sub {
        local $/;
        my @answer = split /\n/, readline($in), 4;
        waitpid $pid, 0;
        return @answer;
    };
}

sub refused_problem
{
    my ($r) = @_;
    return error_problem($r, 503, undef) || ($r->header('Retry-After') ? () : 'no Retry-After');
}

sub new_log { my $from = $server->{seen} // 0; my $log = $server->error_log; $server->{seen} = length $log; return substr $log, $from }

# How many transactions wait for a lock; their sessions.
sub waiting
{
    return split ' ', Scim::Database::administer($postgresql
        ? "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND usename = 'keeper'"
        : "SELECT id FROM information_schema.processlist JOIN information_schema.innodb_trx ON id = trx_mysql_thread_id WHERE user = 'keeper' AND trx_state = 'LOCK WAIT'");
}

sub sessions
{
    return split ' ', Scim::Database::administer($postgresql
        ? "SELECT pid FROM pg_stat_activity WHERE usename = 'keeper'"
        : "SELECT id FROM information_schema.processlist WHERE user = 'keeper'");
}

sub cut
{
    Scim::Database::command($ENV{SCIM_DB_ADMIN}, $postgresql ? "SELECT pg_terminate_backend($_)" : "KILL CONNECTION $_")
        for @_;
}

sub works
{
    my ($what) = @_;

    subtest $what => sub {
        with_somebody(sub { my ($path) = @_; status_is($scim->patch($path, title('works')), 200, 'a change') });
    };
}

# ---- the tests --------------------------------------------------------------------------------

subtest 'it begins' => sub {
    works('and works');
    is Scim::Database::ask($name, 'SELECT count(*) FROM scim_directories'), "1\n", 'in this database';
};

subtest 'graceful restarts' => sub {
    $ledger->meanwhile('restarted', sub {
        for my $time (1 .. 2) {
            $ledger->wait_for(20);
            ok eval { $server->graceful; 1 }, "graceful restart $time" or diag $@;
        }
        $ledger->wait_for(10);
    });
    my @failed = map { "@$_" } grep { $_->[0] !~ /^(?:try|done)$/ } $ledger->lines;
    is_deeply \@failed, [], 'no request was refused or lost';
};

subtest 'kill -9 of the database server' => sub {
    for my $time (1 .. $kills) {
        $ledger->meanwhile("time $time", sub {
            $ledger->wait_for(30 + $time % 7);
            Scim::Database::kill_server();
            my $r = $scim->get('/Users', query => { count => 1 });
            ok !refused_problem($r), "time $time: 503 while it is away" or diag $r->text;
            Scim::Database::launch();
            $ledger->wait_for(10);
        });
    }
    new_log();
    works('and nobody restarted httpd');
    is new_log(), '', 'without a word';
};

subtest 'kill -9 of both' => sub {
    $ledger->meanwhile('both', sub {
        $ledger->wait_for(30);
        Scim::Database::kill_server();
        $server->kill_all;
        Scim::Database::launch();
        $server->again;
        $ledger->wait_for(10);
    });
};

subtest 'connections are cut at any moment' => sub {
    $ledger->meanwhile('cut', sub {
        for my $time (1 .. ($slow ? 5 : 25)) {
            $ledger->wait_for(3);
            cut(sessions());
        }
        $ledger->wait_for(10);
    });
};

# A connection that the driver makes again by itself has none of our settings.
subtest 'connections are cut while nobody uses them' => sub {
    my $text = "Žofie 漢字 \x{1F600} 'x' \\";

    for my $time (1 .. 3) {
        $server->restart;
        status_is($scim->get('/Users', query => { count => 1 }), 200, 'all connections are new') for 1 .. 8;
        cut(sessions());
        with_somebody(sub {
            my ($path) = @_;
            cut(sessions());
            status_is($scim->patch($path, title($text)), 200, 'a change');
            cut(sessions());
            is $scim->get($path)->json->{title}, $text, 'is read';
            cut(sessions());
            is $scim->get('/Users', query => { filter => "title eq " . JSON::PP->new->encode($text) })->json->{totalResults},
                1, 'is found';
            is $scim->get($path)->json->{title}, $text, 'and read by others';
        });
    }
};

subtest 'cut between BEGIN and COMMIT' => sub {
    with_somebody(sub {
        my ($path, $id) = @_;
        my $other = Scim::Database::session($name);

        for my $time (1 .. 3) {
            $other->run("BEGIN");
            $other->run("SELECT number FROM scim_resources WHERE id = '$id' FOR UPDATE");
            my $answer = meanwhile(patch => $path, title("cut $time"));
            ok wait_until(patience(), sub { waiting() }), 'a transaction is open, and waits';
            cut(waiting());
            ok wait_until(patience(), sub { waiting() }), 'cut, it begins again';
            $other->run('COMMIT');
            my ($code, undef, undef, $text) = $answer->();
            is $code, 200, 'and comes to its end' or diag $text;
            is $scim->get($path)->json->{title}, "cut $time", 'once';
            is $scim->get($path)->json->{meta}{version}, sprintf('W/"%d"', $time + 1), 'only';
        }
    });
};

subtest 'a row that is locked for long' => sub {
    with_somebody(sub {
        my ($path, $id) = @_;
        my $other = Scim::Database::session($name);

        $other->run('BEGIN');
        $other->run("SELECT number FROM scim_resources WHERE id = '$id' FOR UPDATE");
        new_log();
        my $answer = meanwhile(patch => $path, title('late'));
        status_is($scim->get($path), 200, 'readers do not wait');
        works('nor do the others');
        my ($code, $later, $seconds, $text) = $answer->();
        is $code, 503, 'the writer is refused' or diag $text;
        ok $later, 'until later';
        cmp_ok $seconds, '<', patience() / 2, 'it did not wait for ever';
        my @said = grep { /SCIM0020/ } split /\n/, new_log();
        is @said, 1, 'the log says so once' or diag @said;
        like $said[0], qr/lock timeout|Lock wait timeout/, 'and why';
        $other->run('COMMIT');
        status_is($scim->patch($path, title('now')), 200, 'then it is let in');
    });
};

# With what was set for the session before, it would wait ten times as long: nothing that a write needs
# was prepared on this connection.
subtest 'a row that is locked, on a connection that the driver made again' => sub {
    my $alone = Scim::Server->start(config => <<"CONF" . endpoint('/scim/v2', directory => 'people', token => $token));
<IfModule mpm_prefork_module>
    StartServers 1
    MinSpareServers 1
    MaxSpareServers 1
    MaxRequestWorkers 1
</IfModule>
<IfModule !mpm_prefork_module>
    StartServers 1
    ServerLimit 1
    ThreadsPerChild 2
    MaxRequestWorkers 2
</IfModule>
DBDMin 1
DBDKeep 1
DBDMax 1
DBDParams "$params"
CONF
    my $client = $alone->client($token);
    my $other  = Scim::Database::session($name);

    with_somebody(sub {
        my ($path, $id) = @_;
        status_is($client->get($path), 200, 'read');
        cut(sessions());
        $other->run('BEGIN');
        $other->run("SELECT number FROM scim_resources WHERE id = '$id' FOR UPDATE");
        my $started = time;
        status_is($client->patch($path, title('late')), 503, 'refused');
        cmp_ok time - $started, '<', patience() / 2, 'when it has waited as long as others';
        $other->run('COMMIT');
    });
};

subtest 'a table that is locked for long' => sub {
    with_somebody(sub {
        my ($path) = @_;
        my $other = Scim::Database::session($name);

        $other->run($postgresql ? 'BEGIN; LOCK TABLE scim_resources, scim_directories, scim_meta IN ACCESS EXCLUSIVE MODE'
            : 'LOCK TABLES scim_resources WRITE, scim_directories WRITE, scim_meta WRITE');
        my @answers = (meanwhile(get => $path), meanwhile(patch => $path, title('late')));
        for my $answer (@answers) {
            my ($code, $later, $seconds, $text) = $answer->();
            is $code, 503, 'refused' or diag $text;
            ok $later, 'until later';
            cmp_ok $seconds, '<', patience() / 2, 'not for ever';
        }
        $other->run($postgresql ? 'COMMIT' : 'UNLOCK TABLES');
        status_is($scim->patch($path, title('now')), 200, 'then it is let in');
    });
};

# Deletes a member and the group's next version: two rows, in this order, against the other order.
subtest 'deadlocks' => sub {
    for my $time (1 .. 3) {
        my $member = $scim->post('/Users', person('member' . ++$serial))->json->{id};
        my $group = $scim->post('/Groups', { schemas => ['urn:ietf:params:scim:schemas:core:2.0:Group'],
            displayName => "group $serial", members => [{ value => $member }] })->json->{id};
        my %lock = map { $_ => "UPDATE scim_resources SET active = active + 0 WHERE id = '$_'" } $member, $group;
        my $other = Scim::Database::session($name);

        for my $first ($member, $group) {
            my ($second) = grep { $_ ne $first } $member, $group;
            $other->run('BEGIN');
            $other->run("SELECT number FROM scim_resources WHERE id = '$first' FOR UPDATE");
            my $answer = meanwhile(patch => "/Users/$member", [{ op => 'replace', path => 'displayName', value => "Name $first" }]);
            wait_until(patience(), sub { waiting() });
            $other->run("SELECT number FROM scim_resources WHERE id = '$second' FOR UPDATE");
            $other->run('COMMIT');
            my ($code, undef, undef, $text) = $answer->();
            is $code, 200, 'the change comes through' or diag $text;
            is $scim->get("/Groups/$group")->json->{members}[0]{display}, "Name $first", 'everywhere';
        }
        status_is($scim->delete("/$_"), 204, 'away') for "Groups/$group", "Users/$member";
    }
};

subtest 'read-only' => sub {
    my $set = sub {
        my ($on) = @_;
        Scim::Database::administer($_) for $postgresql
            ? ('ALTER SYSTEM SET default_transaction_read_only = ' . ($on ? 'on' : 'off'), 'SELECT pg_reload_conf()')
            : ('SET GLOBAL read_only = ' . ($on ? 1 : 0));
    };
    my $is_set = sub { my ($is) = @_; sub { ($scim->patch('/Users/0190b0e0-0000-7000-8000-000000000000', title('x'))->code == 503) == $is } };

    with_somebody(sub {
        my ($path) = @_;

        for my $fresh (0, 1) {
            my $what = $fresh ? 'after a restart of httpd: ' : '';
            $set->(1);
            $server->restart if $fresh;
            ok wait_until(patience(), sub { $scim->patch($path, title('still'))->code == 503 }), "${what}read-only";
            status_is($scim->get($path), 200, "${what}reading goes on");
            status_is($scim->get('/Users', query => { filter => 'userName pr', count => 3 }), 200, "${what}searching, too");
            new_log();
            my $r = $scim->patch($path, title('in vain'));
            ok !refused_problem($r), "${what}a write is refused" or diag $r->text;
            my @said = grep { /SCIM/ } split /\n/, new_log();
            is @said, 1, "${what}one line of the log" or diag @said;
            like $said[0], qr/SCIM0020: .*503.*read.only/, "${what}says why";
            $set->(0);
            ok wait_until(patience(), sub { $scim->patch($path, title("again $fresh"))->code == 200 }), "${what}and works again";
            is $scim->get($path)->json->{title}, "again $fresh", "${what}as it should";
        }
    });
};

# The disk of the server is full at any moment: it may refuse, and it may end.
subtest 'a full disk' => sub {
    -e "$ENV{SCIM_SRCDIR}/t/fault/full_disk.so" or plan skip_all => 'no library to make it full with';
    for my $after (0, 3, 17) {
        $ledger->meanwhile("full after $after writes", sub {
            $ledger->wait_for(10);
            my $before = $ledger->count('later');
            open my $out, '>', "$order.new" or die $!;
            print $out "write full $after";
            close $out;
            rename "$order.new", $order or die $!;
            ok wait_until(patience(), sub { $ledger->count('later') > $before }), 'writes are refused';
            unlink $order;
            sleep 0.1 while Scim::Database::running() && !defined Scim::Database::command($ENV{SCIM_DB_ADMIN}, 'SELECT 1');
            Scim::Database::launch() unless Scim::Database::running();
            $ledger->wait_for(10);
        });
    }
};

subtest 'in the end' => sub {
    works('it works');
    $ledger->verify('in the end');
    is $server->stop, 0, 'the server stops as it should';
    $ledger->tell;
    my $wrong = Scim::Database::ask($name, <<'SQL' =~ s/\s+/ /gr);
SELECT count(*) FROM (SELECT directory, type, SUM(total) AS counted FROM scim_totals GROUP BY directory, type) AS t
WHERE counted <> (SELECT count(*) FROM scim_resources r
WHERE r.directory = t.directory AND r.type = t.type AND r.deleted = 0)
SQL
    is $wrong, "0\n", 'the totals agree with what is there';
    is Scim::Database::ask($name, 'SELECT count(*) FROM scim_terms WHERE resource NOT IN (SELECT number FROM scim_resources)'),
        "0\n", 'no term without its resource';
    my @odd = grep { !/exit signal Killed/ && /exit signal|Assertion|AddressSanitizer|runtime error/ }
        split /\n/, $server->error_log;
    is_deeply \@odd, [], 'nothing crashed by itself';
    unlike $server->error_log, qr/\Q$token\E/, 'no token in the log';
};

Scim::Database::stop();
done_testing;
