# Tables of version 1, with what is in them, become those of this version: when httpd first needs them, when
# several begin at once, and by scimctl.
use strict;
use warnings;

use Digest::SHA 'sha256_hex';
use POSIX ();
use Test::More;

use Scim::Client qw(true false);
use Scim::Ctl;
use Scim::Database;
use Scim::Server;

my $token  = 'upgrade-0123456789abcdefghijklmnopqrst';
my $kind   = Scim::Database::kind();
my $user   = 'urn:ietf:params:scim:schemas:core:2.0:User';
my $config = <<"END";
<Location "/scim/v2">
    SetHandler scim
    ScimDirectory people
    ScimBearerToken test sha256:@{[sha256_hex($token)]}
    AuthType None
    Require all granted
</Location>
END

sub slurp { open my $in, '<', $_[0] or die "$_[0]: $!"; local $/; return scalar readline $in }

sub version { return Scim::Database::ask($_[0], "SELECT value FROM scim_meta WHERE name = 'schema'") =~ s/\s+$//r }

# The tables of version 1, and somebody in them who came in with that.
sub old_tables
{
    my ($file) = @_;
    my $id = '01900000-0000-7000-8000-000000000001';

    my $script = "$ENV{SCIM_SRCDIR}/t/data/tables-1-$kind.sql";

    if ($kind eq 'sqlite') { system("sqlite3 -bail -cmd '.timeout 10000' '$file' < '$script'") == 0 or die $script }
    else                   { Scim::Database::script($file, $script) }
    Scim::Database::ask($file, $_) for
        qq(INSERT INTO scim_directories (name, secret) VALUES ('people', '@{['0123456789abcdef' x 4]}')),
        qq(INSERT INTO scim_resources (id, directory, type, local_name, local_key, wire_key, active, deleted, version, created, modified, display, document)
            SELECT '$id', number, 'User', 'ada', 'ada', 'ada', 1, 0, 3, 1700000000000000, 1700000000000000, 'ada', '{"schemas":["$user"],"userName":"ada","active":true}' FROM scim_directories);
    is version($file), 1, 'tables of version 1';
    return $id;
}

sub start
{
    my $server = Scim::Server->start(config => $config);
    my $file   = $server->dir . '/db/scim.db';
    return ($server, $file, old_tables($file));
}

subtest 'when httpd needs them' => sub {
    my ($server, $file, $id) = start();
    my @pids;

    for my $i (1 .. 8) {
        my $pid = fork // die "fork: $!";
        push @pids, $pid and next if $pid;
        my $r = eval { $server->client($token)->get("/Users/$id") };
        POSIX::_exit($r && $r->code == 200 ? 0 : 1);
    }
    is scalar(grep { waitpid $_, 0; $? == 0 } @pids), 8, 'eight at once find who is there';
    is version($file), 2, 'the tables are of version 2';
    my $scim = $server->client($token);
    is $scim->patch("/Users/$id", [ { op => 'replace', path => 'active', value => false } ])->code, 200, 'a change';
    is $scim->patch("/Users/$id", [ { op => 'replace', path => 'active', value => true } ])->code, 200, 'another';
    is $scim->get("/Users/$id")->header('ETag'), 'W/"5"', 'versions go on';
    isnt Scim::Database::ask($file, "SELECT not_before FROM scim_resources WHERE id = '$id'") + 0, 0, 'what is new is used';
    is $scim->post('/Users', { schemas => [$user], userName => 'bob' })->code, 201, 'somebody new';
    is(Scim::Ctl->new($server)->run('check')->{status}, 0, 'nothing is damaged');
};

subtest 'by scimctl' => sub {
    my ($server, $file, $id) = start();
    my $ctl = Scim::Ctl->new($server);
    my $r   = $ctl->run('migrate');

    is $r->{status}, 0, 'migrate' or diag $r->{err};
    is version($file), 2, 'the tables are of version 2';
    like $ctl->run('migrate')->{out}, qr/of version 2, which is the newest/, 'once more: nothing to do';
    is $server->client($token)->get("/Users/$id")->json->{userName}, 'ada', 'who was there is there';
};

subtest 'tables of a later version' => sub {
    my ($server, $file, $id) = start();

    Scim::Database::ask($file, "UPDATE scim_meta SET value = 99 WHERE name = 'schema'");
    is $server->client($token)->get("/Users/$id")->code, 503, 'are not touched';
    like $server->error_log, qr/version 99/, 'the log says why';
};

done_testing;
