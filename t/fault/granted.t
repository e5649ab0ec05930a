# Tables made by hand, and a user who may do no more than read and write rows.
use strict;
use warnings;

use Test::More;

use Scim::Database;
use Scim::Expect qw(status_is error_problem endpoint total);
use Scim::Server;

Scim::Database::only('postgresql', 'mariadb');

my $postgresql = Scim::Database::kind() eq 'postgresql';
my $token = 'granted-0123456789abcdefghijklmnopqr';
my $urn   = 'urn:ietf:params:scim:schemas:core:2.0';
my $role  = "granted$$";

Scim::Database::administer($postgresql ? "CREATE ROLE $role LOGIN" : "CREATE USER $role\@localhost");

sub httpd
{
    my ($file) = @_;
    (my $params = Scim::Database::params($file)) =~ s/user=\w+/user=$role/;
    my $server = Scim::Server->start(config => "LogLevel warn\nScimIndex title\nDBDParams \"$params\"\n"
            . endpoint('/scim/v2', directory => 'people', token => $token));
    return ($server, $server->client($token));
}

sub grant
{
    my ($file) = @_;
    my ($base) = Scim::Database::params($file) =~ /dbname=(\w+)/;

    Scim::Database::ask($file, $postgresql ? "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO $role"
        : "GRANT SELECT, INSERT, UPDATE, DELETE ON $base.* TO $role\@localhost");
}

subtest 'without tables' => sub {
    grant('empty.db');
    my ($server, $scim) = httpd('empty.db');
    my $r = $scim->post('/Users', { schemas => ["$urn:User"], userName => 'ada' });
    ok !error_problem($r, 503, undef), 'cannot make them' or diag $r->text;
    like $server->error_log, qr/SCIM0020: .*503.*(?:permission denied|denied to user)/, 'the log says why';

    Scim::Database::script('empty.db', "$ENV{SCIM_SRCDIR}/mod_scim/directory/dbd/sql/" . Scim::Database::kind() . '.sql');
    grant('empty.db');
    status_is($scim->post('/Users', { schemas => ["$urn:User"], userName => 'ada' }), 201, 'when they are made, it works');
};

subtest 'with tables' => sub {
    Scim::Database::script('made.db', "$ENV{SCIM_SRCDIR}/mod_scim/directory/dbd/sql/" . Scim::Database::kind() . '.sql');
    grant('made.db');
    my ($server, $scim) = httpd('made.db');
    my @ids = map {
        status_is($scim->post('/Users', { schemas => ["$urn:User"], userName => "user$_", title => "Title $_" }), 201, 'made')->json->{id}
    } 1 .. 3;
    my $group = status_is($scim->post('/Groups', { schemas => ["$urn:Group"], displayName => 'all',
        members => [map { { value => $_ } } @ids] }), 201, 'a group')->json->{id};

    is total($scim, 'title eq "title 2"'), 1, 'found by an index of our own';
    is total($scim), 3, 'counted';
    status_is($scim->patch("/Users/$ids[0]", [{ op => 'replace', path => 'title', value => 'Title 2' }]), 200, 'changed');
    is total($scim, 'title eq "title 2"'), 2, 'and found';
    status_is($scim->delete("/Users/$ids[1]"), 204, 'deleted');
    is total($scim), 2, 'and not counted';
    is scalar @{ $scim->get("/Groups/$group")->json->{members} }, 2, 'nor a member';
    status_is($scim->delete("/Groups/$group"), 204, 'a group is deleted');
    is Scim::Database::ask('made.db', "SELECT COUNT(*) FROM scim_terms WHERE resource NOT IN (SELECT number FROM scim_resources)"),
        "0\n", 'no term is left';
    is Scim::Database::ask('made.db', 'SELECT SUM(total) FROM scim_totals'), "2\n", 'the totals agree';
    is Scim::Database::ask('made.db', 'SELECT COUNT(*) FROM scim_directories'), "1\n", 'there is one directory';
    unlike $server->error_log, qr/SCIM/, 'not a word in the log';
};

done_testing;
