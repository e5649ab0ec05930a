# What a writer has read may change before it writes, where a database has several writers: here
# another session changes it at just that moment.
use strict;
use warnings;

use Test::More;

use Scim::Database;
use Scim::Expect qw(status_is endpoint);
use Scim::Process qw(patience wait_until);
use Scim::Server;

Scim::Database::only('postgresql', 'mariadb');

my $postgresql = Scim::Database::kind() eq 'postgresql';
my $token  = 'overtaken-0123456789abcdefghijklmnop';
my $server = Scim::Server->start(config => endpoint('/scim/v2', directory => 'people', token => $token,
    extra => "ScimDialect strict\nScimDeleteUsers disable\n"));
my $scim   = $server->client($token);
my $file   = $server->dir . '/db/scim.db';
my $urn    = 'urn:ietf:params:scim:schemas:core:2.0';
my $serial = 0;

sub user
{
    my $r = status_is($scim->post('/Users', { schemas => ["$urn:User"], userName => 'user' . ++$serial, @_ }), 201, 'somebody');
    return $r->json->{id};
}

sub group
{
    my @members = map { { value => $_ } } @_;
    my $r = status_is($scim->post('/Groups', { schemas => ["$urn:Group"], displayName => 'group' . ++$serial,
        members => \@members }), 201, 'a group');
    return $r->json->{id};
}

sub add { return [{ op => 'add', path => 'members', value => [{ value => shift }] }] }

# Whether a request waits for the row that we have.
sub waits
{
    my $sql = $postgresql
        ? "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        : "SELECT count(*) FROM information_schema.innodb_trx JOIN information_schema.processlist"
            . " ON id = trx_mysql_thread_id WHERE trx_state = 'LOCK WAIT' AND db = DATABASE()";
    return Scim::Database::ask($file, $sql) > 0;
}

# The answer to a request that is sent while we have the row of `id`, and change it by `sql` as soon
# as the request waits for it: its status, its scimType.
sub overtaken
{
    my ($id, $sql, $method, @request) = @_;
    my $other = Scim::Database::session($file);

    $other->run($postgresql ? "SET lock_timeout = '300ms'" : 'SET innodb_lock_wait_timeout = 1');
    $other->run('BEGIN');
    $other->run("SELECT number FROM scim_resources WHERE id = '$id' FOR UPDATE");
    pipe my $in, my $out or die "pipe: $!";
    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        my $r = eval { $scim->$method(@request) };
        print $out $r ? join ' ', $r->code, $r->code >= 400 ? $r->json->{scimType} // () : () : $@;
        close $out;
        POSIX::_exit(0);
    }
    close $out;
    ok wait_until(patience(), \&waits), 'a request waits for the row';
    $other->run($sql);
    $other->run('COMMIT');
    my $answer = readline $in;
    waitpid $pid, 0;
    return $answer;
}

sub memberships
{
    my ($id) = @_;
    return 0 + Scim::Database::ask($file, "SELECT count(*) FROM scim_members WHERE member_id = '$id'");
}

sub hidden { return "UPDATE scim_resources SET active = 0, deleted = 1, version = version + 1 WHERE id = '$_[0]'" }
sub gone { return "DELETE FROM scim_resources WHERE id = '$_[0]'" }

for my $case (['deactivated', \&hidden], ['deleted', \&gone]) {
    my ($what, $sql) = @$case;

    subtest "a member who is $what meanwhile" => sub {
        my ($ada, $bob) = (user(), user());
        my $group = group($bob);

        is overtaken($ada, $sql->($ada), patch => "/Groups/$group", add($ada)), '400 invalidValue', 'is nobody to add';
        is memberships($ada), 0, 'and no member';
        is $scim->get("/Groups/$group")->json->{meta}{version}, 'W/"1"', 'the group is as it was';
    };
}

subtest 'a member who has another name meanwhile' => sub {
    my $ada = user(displayName => 'Ada');
    my $group = group();

    is overtaken($ada, "UPDATE scim_resources SET display = 'Eve', version = version + 1 WHERE id = '$ada'",
        patch => "/Groups/$group", add($ada)), '204', 'is added';
    is $scim->get("/Groups/$group")->json->{members}[0]{display}, 'Eve', 'by that name';
};

# Who changes somebody changes the groups next, so they must not be held by who waits for the person.
subtest 'a member who is changed, and then the groups' => sub {
    my $ada = user();
    my $group = group($ada);

    is overtaken($ada, "UPDATE scim_resources SET version = version + 1 WHERE id = '$group'",
        patch => "/Groups/$group", add($ada)), '204', 'is added again';
    is $scim->get("/Groups/$group")->json->{meta}{version}, 'W/"2"', 'the groups were free';
};

subtest 'somebody who returns is back already' => sub {
    my $ada = user(externalId => 'e1', userName => 'ada');
    status_is($scim->delete("/Users/$ada"), 204, 'away');
    my $back = "UPDATE scim_resources SET active = 1, deleted = 0, version = version + 1 WHERE id = '$ada'";

    is overtaken($ada, $back, post => '/Users', { schemas => ["$urn:User"], userName => 'ada', externalId => 'e1' }),
        '409 uniqueness', 'the name is taken';
    is $scim->get("/Users/$ada")->json->{meta}{version}, 'W/"3"', 'nothing is written over';
};

subtest 'a change is of what is there' => sub {
    my $ada = user(title => 'a');

    is overtaken($ada, hidden($ada), patch => "/Users/$ada", [{ op => 'replace', path => 'title', value => 'b' }]),
        '404', 'nobody, when they are deactivated meanwhile';
    $ada = user(title => 'a');
    is overtaken($ada, "UPDATE scim_resources SET version = 7 WHERE id = '$ada'", patch => "/Users/$ada",
        [{ op => 'replace', path => 'title', value => 'b' }], 'If-Match' => 'W/"1"'), '412', 'of another version';
};

is $server->stop, 0, 'the server stops as it should';
done_testing;
