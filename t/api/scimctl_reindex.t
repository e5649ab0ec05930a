# scimctl reindex: an index that was added is filled while httpd writes, may be killed anywhere, and is
# not complete when somebody wrote without it.
use strict;
use warnings;

use Digest::SHA 'sha256_hex';
use POSIX ();
use Test::More;

use Scim::Ctl;
use Scim::Database;
use Scim::Process qw(wait_until patience);
use Scim::Server;

my $token  = 'scimctl-0123456789abcdefghijklmnopqrst';
my $digest = sha256_hex($token);
my $people = 600;

sub config
{
    my ($indexes, $more) = @_;
    return $indexes . <<"END";
<Location "/scim/v2">
    SetHandler scim
    ScimDirectory staff
    ScimMaxScan 50
    ScimMaxOperations 1000
    ScimBearerToken test sha256:$digest
</Location>
END
}

my $server = Scim::Server->start(config => config(''));
my $scim   = $server->client($token);
my $ctl    = Scim::Ctl->new($server);
my $file   = $server->dir . '/db/scim.db';

sub sql { my $text = Scim::Ctl::ask($file, $_[0]); chomp $text; return $text }
sub state { return sql("SELECT complete FROM scim_indexes WHERE attribute = '$_[0]'") }
sub search { return $scim->get('/Users', query => { filter => $_[0], count => 3 }) }

my @ids;
for my $part (0 .. $people / 200 - 1) {
    my $r = $scim->post('/Bulk', { schemas => ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'], Operations => [
        map { { method => 'POST', path => '/Users', bulkId => "b$_", data => { userName => "person$_", nickName => "nick$_",
            title => 'T' . $_ % 2, phoneNumbers => [{ value => "+49$_" }] } } } $part * 200 + 1 .. $part * 200 + 200 ] });
    push @ids, map { $_->{location} =~ s{.*/}{}r } @{ $r->json->{Operations} };
}
is scalar(@ids), $people, 'people';
is search('nickName eq "nick77"')->code, 400, 'without an index there is too much to look at';

my $r = $ctl->run('reindex');
is "$r->{status} $r->{out}", "0 all indexes are complete\n", 'there is nothing to fill';

# ---- the order of an administrator ----------------------------------------------------------

$server->reconfigure(config("ScimIndex nickName phoneNumbers.value\n"));
$server->graceful;
is search('nickName eq "nick77"')->code, 400, 'a new index is not used';
is $scim->patch("/Users/$ids[0]", [{ op => 'replace', path => 'nickName', value => 'changed' }])->code, 200, '... but written';
is state('nickName'), 0, '... as what is not complete';
like $ctl->run('check')->{out}, qr/^note: the index User:nickName is not complete/m, '... check says so';

# A writer that goes on all the time.
my $stop = "$file.stop";
my $writer = fork // die $!;
if (!$writer) {
    my $own = $server->client($token);
    my $wrong = 0;
    for (my $i = 0; !-e $stop; $i++) {
        my $who = 1 + $i * 7 % ($people - 1);
        $own->patch("/Users/$ids[$who]", [{ op => 'replace', path => 'nickName', value => "w$i" }])->code == 200 or $wrong++;
        $own->post('/Users', { userName => "new$i", nickName => "fresh$i" })->code == 201 or $wrong++;
    }
    POSIX::_exit($wrong ? 1 : 0);
}

# Killed in the middle, and gone on with.
my $pid;
for my $try (1 .. 50) {
    $pid = $ctl->start('reindex');
    wait_until(patience(), sub {
        my ($done) = sql("SELECT value FROM scim_meta WHERE name LIKE 'filled %'") =~ /^(\d+)/;
        return $done || state('nickName') eq '1' });
    kill KILL => $pid;
    $ctl->finish($pid);
    last if state('nickName') == 2;
    sql("UPDATE scim_indexes SET complete = 0 WHERE attribute IN ('nickName', 'phoneNumbers.value')"); # too quick
}
cmp_ok sql("SELECT MAX(value) FROM scim_meta WHERE name LIKE 'filled %'"), '>', 0, 'reindex notes how far it is';
isnt state('nickName'), 1, '... killed, it is not complete';
is search('nickName eq "nick77"')->code, 400, '... and not used';
like $ctl->run('check')->{out}, qr/^note: the index User:nickName is being filled/m, '... check says so, too';
$r = $ctl->run('reindex');
is $r->{status}, 0, 'the same again goes on while others write' or diag $r->{err};
like $r->{out}, qr/^complete: User:nickName, User:phoneNumbers\.value \((\d+) resources written\)$/m, '... to the end';
Scim::Ctl::write_file($stop, '');
waitpid $writer, 0;
is $?, 0, 'the writer was not disturbed';
unlink $stop;
is state('nickName'), 1, 'the index is complete';
is sql("SELECT COUNT(*) FROM scim_meta WHERE name LIKE 'filled %'"), 0, '... nothing of the filling is left';
$r = search('nickName eq "changed"');
is $r->code, 200, 'it is used';
is $r->json->{totalResults}, 1, '... and finds who has it';
is search("phoneNumbers.value eq \"+49$people\"")->json->{totalResults}, 1, '... so is the other one';
$r = $ctl->run('check');
is $r->{status}, 0, 'check finds all terms of all writers' or diag substr $r->{out}, 0, 2000;

# ---- whoever writes without it -----------------------------------------------------------------

$server->reconfigure(config("ScimIndex nickName phoneNumbers.value title\n"));
my $old = $scim->get("/Users/$ids[3]")->code;    # a child with the configuration of before
my $config = $server->dir . '/new.conf';
Scim::Ctl::write_file($config, Scim::Ctl::slurp($server->conf_file));
my $new = Scim::Ctl->new;
my @new = ('--config', $config, '--httpd', $ENV{SCIM_HTTPD});
$r = $new->run(@new, 'reindex');
is $r->{status}, 0, 'an index that httpd does not know yet is filled' or diag $r->{err};
is state('title'), 1, '... and complete';
is $scim->patch("/Users/$ids[4]", [{ op => 'replace', path => 'title', value => 'old' }])->code, 200,
    'a child that was not restarted writes';
is state('title'), 0, '... which ends the index';
is state('nickName'), 1, '... but not the others';
$pid = $new->start(@new, 'reindex');
wait_until(patience(), sub { state('title') ne '0' }) or diag 'it did not begin';    # it may have ended, too
my $code = $scim->patch("/Users/$ids[5]", [{ op => 'replace', path => 'title', value => 'old' }])->code;
$r = $new->finish($pid);
is $code, 200, 'it writes while the index is filled';
if ($r->{status}) {
    is $r->{status}, 1, '... reindex notices';
    like $r->{err}, qr/somebody wrote without User:title/, '... and says so';
} else {
    pass '... after it was complete';
    pass '... so reindex did not notice';
}
is state('title'), 0, '... the index is not complete in any case';
$server->graceful;
is $ctl->run('reindex')->{status}, 0, 'with the new configuration it is filled again';
is $scim->patch("/Users/$ids[4]", [{ op => 'replace', path => 'title', value => 'new' }])->code, 200, '... httpd writes';
is state('title'), 1, '... and it stays';
is search('title eq "new"')->json->{totalResults}, 1, '... and is used';
is $ctl->run('check')->{status}, 0, '... and in order';

# ---- the rest -----------------------------------------------------------------------------------

my $direct = Scim::Ctl->new(database => $file);
$r = $direct->run('reindex');
is $r->{status}, 2, 'without --config it has to be said which';
like $r->{err}, qr/--config or --index/, '... by these options';
sql('UPDATE scim_indexes SET complete = 0');
is $direct->run('--index', 'title', 'reindex')->{status}, 0, 'one is named';
is join(' ', state('title'), state('nickName')), '1 0', '... and filled, but not others';

sql('UPDATE scim_indexes SET complete = 0');
$pid = $ctl->start('reindex');
wait_until(patience(), sub { state('nickName') ne '0' });
kill INT => $pid;
$r = $ctl->finish($pid);
if ($r->{status}) {
    is $r->{status}, 4, 'SIGINT ends it between two units';
    like $r->{err}, qr/stopped; the same again goes on/, '... which it says';
} else {
    pass 'SIGINT came too late';
    pass '... to end it';
}
is $ctl->run('reindex')->{status}, 0, '... and it does';
is $ctl->run('check')->{status}, 0, 'all is in order';

done_testing;
