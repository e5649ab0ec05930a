# Two httpds and one database: what one of them is told, the other knows, and neither takes what the
# other has given away.
use strict;
use warnings;

use List::Util 'shuffle';
use POSIX ();
use Test::More;

use Scim::Client;
use Scim::Database;
use Scim::Expect qw(status_is endpoint total);
use Scim::Ledger;
use Scim::Process qw(patience wait_until);
use Scim::Proxy;
use Scim::Server;

Scim::Database::only('postgresql', 'mariadb');

my $token  = 'farm-0123456789abcdefghijklmnopqrstu';
my $urn    = 'urn:ietf:params:scim:schemas:core:2.0';
my $rounds = patience() > 60 ? 2 : 6;
my $params = Scim::Database::params('farm.db');

# What is in this one and not in the others.
sub httpd
{
    my ($more, $other) = @_;
    return Scim::Server->start(config => 'DBDParams "' . ($other // $params) . "\"\nLogLevel warn\n$more"
            . endpoint('/scim/v2', directory => 'people', token => $token));
}

my @servers = (httpd("ScimIndex title\n"), httpd(''));
my @both    = map { $_->client($token) } @servers;

# So many processes, each with a client of one of the two, begin at the same moment; what each
# returns, a text without line ends.
sub at_once
{
    my ($count, $code) = @_;

    pipe my $gate, my $open or die $!;
    my @readers = map {
        my $n = $_;
        my $pid = open(my $reader, '-|') // die $!;
        if ($pid == 0) {
            close $open;
            sysread $gate, my $nothing, 1;    # until it is opened
            print eval { $code->($n, $both[$n % 2]) } // "died: $@";
            close STDOUT;
            POSIX::_exit(0);
        }
        $reader;
    } shuffle 0 .. $count - 1;
    close $gate;
    close $open;
    return map { my $text = readline $_; close $_; $text } @readers;
}

sub counts
{
    my %count;

    $count{$_}++ for @_;
    return join ', ', map { "$_ x $count{$_}" } sort keys %count;
}

sub kind { my ($r) = @_; return $r->code . ($r->code >= 400 && $r->json->{scimType} ? " $_[0]{json}{scimType}" : '') }
sub person { return { schemas => ["$urn:User"], userName => shift, @_ } }
sub team { return { schemas => ["$urn:Group"], displayName => shift, @_ } }
sub patch { return [{ op => $_[0], path => $_[1], value => $_[2] }] }
sub created { my ($r) = @_; return status_is($r, 201, 'made')->json->{id} }

# Readers and writers, all of them the first.
subtest 'both find an empty database' => sub {
    my @answers = at_once(16, sub {
        my ($n, $scim) = @_;
        return kind($n % 4 < 2 ? $scim->get('/Users') : $scim->post('/Users', person("first$n")));
    });
    is counts(@answers), '200 x 8, 201 x 8', 'all are served';
    is total($_), 8, 'everybody is there' for @both;
    is Scim::Database::ask('farm.db', 'SELECT COUNT(*) FROM scim_directories'), "1\n", 'one directory was made';
    is Scim::Database::ask('farm.db', 'SELECT COUNT(*) FROM scim_meta'), "1\n", 'and its tables, once';
};

# One of them stays silent in the middle of making the tables.
subtest 'who comes second waits for the tables' => sub {
    my $proxy = Scim::Proxy->start;
    my $other = Scim::Database::params('slow.db');
    my ($first, $second) = map { $_->client($token) } my @two = (httpd('', $proxy->params($other)), httpd('', $other));
    my $waiting = sub { 0 + Scim::Database::command($ENV{SCIM_DB_ADMIN}, Scim::Database::kind() eq 'postgresql'
        ? "SELECT COUNT(*) FROM pg_stat_activity WHERE wait_event = 'advisory'"
        : "SELECT COUNT(*) FROM information_schema.processlist WHERE state = 'User lock'") };
    my $begin = sub {
        my ($code) = @_;
        my $pid = open(my $answer, '-|') // die $!;
        return $answer if $pid;
        print $code->()->code;
        close STDOUT;
        POSIX::_exit(0);
    };

    $proxy->order(at => 'inside', how => 'silent', skip => 4);
    my $one = $begin->(sub { $first->get('/Users') });
    ok wait_until(patience(), sub { $proxy->struck }), 'the first one is silent';
    my $two = $begin->(sub { $second->post('/Users', person('second')) });
    ok wait_until(patience() / 4, $waiting), 'the second one waits';
    $proxy->drop;
    like readline $one, qr/^(?:200|503)$/, 'the first one is done, or told to come again';
    like readline $two, qr/^(?:201|503)$/, 'so is the second one';
    status_is($second->post('/Users', person('third')), 201, 'and there are tables');
    is total($first), total($second), 'that both know';
    is Scim::Database::ask('slow.db', 'SELECT COUNT(*) FROM scim_meta'), "1\n", 'once';
};

subtest 'a name is given once' => sub {
    for my $round (1 .. $rounds) {
        my @users = at_once(8, sub { kind($_[1]->post('/Users', person("Only$round"))) });
        is counts(@users), '201 x 1, 409 uniqueness x 7', 'to one person';
        my @groups = at_once(8, sub { kind($_[1]->post('/Groups', team("Only $round"))) });
        is counts(@groups), '201 x 1, 409 uniqueness x 7', 'to one group';

        my @ids = map { created($both[$_]->post('/Users', person("before$round.$_"))) } 0, 1;
        my @renamed = at_once(2, sub {
            my ($n, $scim) = @_;
            return kind($scim->patch("/Users/$ids[$n]", patch(replace => 'userName', "after$round")));
        });
        is counts(@renamed), '200 x 1, 409 uniqueness x 1', 'to one who is renamed';
        is total($_, "userName eq \"AFTER$round\""), 1, 'as both know' for @both;
    }
};

subtest 'If-Match' => sub {
    my $id = created($both[0]->post('/Users', person('matched')));
    for my $round (1 .. $rounds) {
        my $version = $both[$round % 2]->get("/Users/$id")->header('ETag');
        my @answers = at_once(6, sub {
            my ($n, $scim) = @_;
            return kind($scim->patch("/Users/$id", patch(replace => 'nickName', "$round.$n"), 'If-Match' => $version));
        });
        is counts(@answers), '200 x 1, 412 x 5', 'one of those who saw the same version changes it';
        my @now = map { $_->get("/Users/$id")->json } @both;
        is_deeply $now[0]{nickName}, $now[1]{nickName}, 'both tell the same';
        is $now[0]{meta}{version}, sprintf('W/"%d"', $round + 1), 'one version further';
    }
};

subtest 'members' => sub {
    my @ids = map { created($both[$_ % 2]->post('/Users', person("member$_"))) } 0 .. 7;
    my $group = created($both[1]->post('/Groups', team('Members')));

    for my $round (1 .. $rounds) {
        my @joined = at_once(8, sub {
            my ($n, $scim) = @_;
            return $scim->patch("/Groups/$group", patch(add => 'members', [{ value => $ids[$n] }]))->code;
        });
        is counts(@joined), '204 x 8', 'all join at once';
        is_deeply [sort map { $_->{value} } @{ $both[$_]->get("/Groups/$group")->json->{members} }], [sort @ids],
            "nobody is lost, says $_" for 0, 1;
        my @left = at_once(8, sub {
            my ($n, $scim) = @_;
            return $scim->patch("/Groups/$group", [{ op => 'remove', path => "members[value eq \"$ids[$n]\"]" }])->code;
        });
        is counts(@left), '204 x 8', 'and leave at once';
        is $both[$_]->get("/Groups/$group")->json->{members}, undef, "nobody stays, says $_" for 0, 1;
    }
    my @last = at_once(8, sub {
        my ($n, $scim) = @_;
        return 'deleted ' . $scim->delete("/Users/$ids[$n]")->code if $n < 4;
        my $code = $scim->patch("/Groups/$group", patch(add => 'members', [{ value => $ids[$n - 4] }]))->code;
        return $code =~ /^(?:204|400|404)$/ ? 'joined, or too late' : "joined $code";
    });
    is counts(@last), 'deleted 204 x 4, joined, or too late x 4', 'deleted while they join';
    is $both[$_]->get("/Groups/$group")->json->{members}, undef, "no member that is not there, says $_" for 0, 1;
};

subtest 'cursors' => sub {
    my ($cursor, $n, @seen) = ('', 0);
    while (defined $cursor) {
        my $page = status_is($both[$n++ % 2]->get('/Users', query => { cursor => $cursor, count => 2 }), 200, 'a page')->json;
        push @seen, map { $_->{id} } @{ $page->{Resources} };
        $cursor = $page->{nextCursor};
    }
    is_deeply [sort @seen], [sort map { $_->{id} } Scim::Ledger::list_all($both[0])], 'of one are good at the other';
};

# The first one indexes title, the second one does not.
subtest 'different ScimIndex' => sub {
    my $found = sub { join ' ', map { total($_, 'title eq "judge"') . '+' . total($_, 'title sw "jud"') } @both };

    created($both[0]->post('/Users', person('judge1', title => 'Judge')));
    is $found->(), '1+1 1+1', 'written with the index, both find it';
    created($both[1]->post('/Users', person('judge2', title => 'judge')));
    is $found->(), '2+2 2+2', 'written without';
    my $id = created($both[0]->post('/Users', person('judge3', title => 'clerk')));
    status_is($both[1]->patch("/Users/$id", patch(replace => 'title', 'JUDGE')), 200, 'changed without');
    is $found->(), '3+3 3+3', 'both find it';
    status_is($both[1]->patch("/Users/$id", patch(replace => 'title', 'clerk')), 200, 'and back');
    is $found->(), '2+2 2+2', 'neither finds what is not there';
    $servers[0]->restart;
    status_is($both[0]->patch("/Users/$id", patch(replace => 'title', 'judge')), 200, 'after a restart');
    is $found->(), '3+3 3+3', 'the same';
    is Scim::Database::ask('farm.db', "SELECT complete FROM scim_indexes WHERE attribute = 'title'"), "0\n",
        'the index is not used until it is made complete';
};

subtest 'both under load, and killed in turn' => sub {
    status_is($both[0]->delete("/Users/$_->{id}"), 204, 'away') for Scim::Ledger::list_all($both[0]);
    my $ledger = Scim::Ledger->new($servers[0]->dir, \@both, 4);
    for my $n (0, 1) {
        $ledger->meanwhile("killed $n", sub {
            $ledger->wait_for(40);
            $servers[$n]->kill_all;
            $servers[$n]->again;
            $ledger->wait_for(10);
        });
    }
};

done_testing;
