# The database's file cannot be written, read or found: 503 with Retry-After and a reason in the log,
# nothing half-applied, and everything works again as soon as the cause is gone, without a restart.
use strict;
use warnings;

use Cwd ();
use Fcntl qw(F_SETLK F_WRLCK F_UNLCK);
use File::Copy ();
use File::Temp 'tempdir';
use Test::More;

use Scim::Client qw(true false);
use Scim::Expect qw(status_is error_is error_problem endpoint total);
use Scim::Process qw(patience wait_until);
use Scim::Database;
use Scim::Server;

Scim::Database::only('sqlite');

my $library = "$ENV{SCIM_SRCDIR}/t/fault/full_disk.so";
my $token   = 'storage-0123456789abcdefghijklmnopq';
my $user    = 'urn:ietf:params:scim:schemas:core:2.0:User';
my $home    = tempdir('disk-XXXXXX', DIR => Cwd::getcwd(), CLEANUP => 1);
my $disk    = "$home/disk";
my $db      = "$disk/scim.db";
my $order   = "$home/order";

mkdir $disk or die $!;

# One process, so that the disk counts the calls of all.
my $few = <<'END';
StartServers 1
<IfModule mpm_prefork_module>
    MinSpareServers 1
    MaxSpareServers 1
    MaxRequestWorkers 1
</IfModule>
<IfModule !mpm_prefork_module>
    ServerLimit 1
    ThreadsPerChild 4
    MinSpareThreads 1
    MaxSpareThreads 4
    MaxRequestWorkers 4
</IfModule>
END

sub start_server
{
    my ($file, $config) = @_;
    return Scim::Server->start(
        env    => { LD_PRELOAD => $library, SCIM_DISK_FILES => $disk, SCIM_DISK_ORDER => $order },
        config => "$config\nDBDParams \"$file\"\n"
            . endpoint('/scim/v2', directory => 'people', token => $token));
}

my $server = start_server($db, $few);
my $scim   = $server->client($token);

# ---- people, and what has to be stored of them ------------------------------------------------

my %people;    # id => resource
my $names = 0;

sub generation
{
    my ($name, $n) = @_;
    return { schemas => [$user], userName => $name, displayName => "display $n", title => "title $n",
        active => true, name => { familyName => "family $n" } };
}

sub operations
{
    my ($n) = @_;
    return [{ op => 'replace', path => 'displayName', value => "display $n" },
        { op => 'replace', path => 'title', value => "title $n" },
        { op => 'replace', path => 'name.familyName', value => "family $n" }];
}

# Notes what was acknowledged.
sub noted
{
    my ($r) = @_;
    $people{ $r->json->{id} } = $r->json if $r->code =~ /^20[01]$/;
    return $r;
}

sub create { return noted($scim->post('/Users', generation('person' . $names++, 1))) }

sub stored
{
    my $r = $scim->get('/Users', query => { count => 200 });
    return $r->code == 200 ? { map { $_->{id} => $_ } @{ $r->json->{Resources} } } : $r->code;
}

# Everything acknowledged is there, whole, and nothing else.
sub all_there
{
    my ($what) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    is_deeply stored(), \%people, "$what: what was acknowledged is stored, and nothing else";
}

# Waits until a row of writes succeeds, on whatever connections they are.
sub recovers
{
    my ($what) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my ($row, $n) = (0, 1000);
    my ($id) = sort keys %people;

    ok wait_until(patience(), sub {
        my $r = noted($scim->patch("/Users/$id", operations($n++)));
        $row = $r->code == 200 ? $row + 1 : 0;
        return $row >= 8;
    }), "$what: everything works again" or diag substr new_log(), 0, 2000;
    all_there($what);
}

# ---- faults -----------------------------------------------------------------------------------

my $log_seen = 0;

sub new_log
{
    my $log = $server->error_log;
    my $new = substr $log, $log_seen;
    $log_seen = length $log;
    return $new;
}

sub refused_problem
{
    my ($r) = @_;
    my $problem = error_problem($r, 503, undef, qr/directory/i);
    return $problem if $problem;
    return 'Retry-After' if ($r->header('Retry-After') // '') !~ /^\d+$/;
    return 'a name of a file' if $r->text =~ m{\Q$home\E|scim\.db|/db|-wal|disk-};
    return;
}

# Every write is refused as it should be; reads are refused too, or right.
sub refused
{
    my ($what, $reason) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my ($ada, $bob) = sort keys %people;

    new_log();
    my %r = (
        POST   => $scim->post('/Users', generation('refused' . $names++, 1)),
        PUT    => $scim->put("/Users/$ada", generation($people{$ada}{userName}, 99)),
        PATCH  => $scim->patch("/Users/$ada", operations(99)),
        DELETE => $scim->delete("/Users/$bob"),
    );
    my @problems = map { my $p = refused_problem($r{$_}); $p ? "$_: $p: " . $r{$_}->text : () }
        sort keys %r;
    is_deeply \@problems, [], "$what: writes are refused";
    my @reasons = grep { /\[scim:error\].*SCIM0020: .*503.*Cause: / } split /\n/, new_log();
    cmp_ok scalar @reasons, '>=', 4, "$what: a line of the log for each";
    is_deeply [grep { !/Cause: .*$reason/ } @reasons], [], "$what: that says why";

    my $r = $scim->get("/Users/$ada");
    $r->code == 200 ? is_deeply($r->json, $people{$ada}, "$what: what can be read is right")
        : ok(!refused_problem($r), "$what: reads are refused") || diag $r->text;
    $r = $scim->get('/Users', query => { filter => 'userName sw "person"' });
    $r->code == 200 ? is($r->json->{totalResults}, scalar keys %people, "$what: so are lists")
        : ok(!refused_problem($r), "$what: lists are refused") || diag $r->text;
    status_is($scim->get('/ServiceProviderConfig'), 200, "$what: what needs no database works");
}

# Tells the disk what to do; nothing: to work.
sub disk
{
    my ($text) = @_;

    unlink $order;
    return unless $text;
    open my $out, '>', "$order.new" or die $!;
    print $out $text;
    close $out or die $!;
    rename "$order.new", $order or die $!;
}

sub fails_while
{
    my ($what, $text, $reason) = @_;

    subtest $what => sub {
        disk($text);
        refused($what, $reason);
        disk();
        recovers($what);
    };
}

status_is(create(), 201, 'somebody is there') for 1 .. 3;
all_there('to begin with');

fails_while('a full disk', 'write full 0', qr/full|I\/O|unable to open/);
fails_while('a disk that cannot be written', 'write broken 0', qr/I\/O|unable to open/);
fails_while('a disk that cannot be synced', 'sync broken 0', qr/I\/O|unable to open/);

subtest 'a disk that cannot be read' => sub {
    my ($ada) = sort keys %people;
    my %codes;

    disk('read broken 0');
    for my $n (1 .. 6) {
        my $r = $scim->get("/Users/$ada");
        $r->code == 200 ? is_deeply($r->json, $people{$ada}, 'what can be read is right')
            : ok(!refused_problem($r), 'refused') || diag $r->text;
        $r = noted($scim->patch("/Users/$ada", operations($n)));
        ok $r->code == 200 || !refused_problem($r), 'written or refused' or diag $r->text;
    }
    disk();
    recovers('readable again');
};

# The disk is full after so many writes, in the middle of a transaction: all of it is there, or none.
subtest 'full at any moment' => sub {
    my $big = 'x' x 60_000;
    my ($passed, %codes) = (0);

    for (my $after = 0; $passed < 2 && $after < 200; $after += $after < 12 ? 1 : 7) {
        my ($ada) = sort keys %people;
        disk("write full $after");
        my $patch = noted($scim->patch("/Users/$ada", [@{ operations($after) },
            { op => 'replace', path => 'nickName', value => $big . $after }]));
        disk("write full $after");
        my $post = noted($scim->post('/Users', { %{ generation('person' . $names++, 1) },
            nickName => $big }));
        disk();
        my @odd = grep { $_->code !~ /^20[01]$/ && refused_problem($_) } $patch, $post;
        ok !@odd, "after $after writes" or diag map { $_->text } @odd;
        $codes{ $_->code }++ for $patch, $post;
        $passed++ if $patch->code == 200 && $post->code == 201;
        all_there("after $after writes");
        if ($post->code == 201) {
            is noted($scim->delete('/Users/' . $post->json->{id}))->code, 204, 'away again';
            delete $people{ $post->json->{id} };
        }
    }
    cmp_ok $passed, '>', 1, 'in the end there were writes enough';
    cmp_ok $codes{503} // 0, '>', 1, 'and at first there were not';
    recovers('full at any moment');
};

subtest 'broken at any moment' => sub {
    my ($ada) = sort keys %people;

    for my $kind ('write broken', 'sync broken') {
        for my $after (0 .. 4) {
            disk("$kind $after");
            my $r = noted($scim->patch("/Users/$ada", operations("$kind $after")));
            disk();
            ok $r->code == 200 || !refused_problem($r), "$kind after $after calls" or diag $r->text;
            all_there("$kind after $after calls");
        }
    }
    recovers('broken at any moment');
};

# ---- other processes --------------------------------------------------------------------------

# Somebody else writes to the database for long: the lock of writers is byte 120 of the index.
subtest 'locked by another program' => sub {
    open my $index, '+<', "$db-shm" or return ok 0, "no -shm: $!";
    my $lock = sub { fcntl $index, F_SETLK, pack 's s x![q] q q i x![q]', $_[0], 0, 120, 1, 0 };

    ok $lock->(F_WRLCK), 'the lock is held';
    new_log();
    my $r = $scim->post('/Users', generation('refused' . $names++, 1));
    ok !refused_problem($r), 'a write is refused' or diag $r->text;
    like new_log(), qr/503.*Cause: .*(?:lock|busy|turn)/, 'the log says why';
    my ($ada) = sort keys %people;
    is_deeply status_is($scim->get("/Users/$ada"), 200, 'reading goes on')->json, $people{$ada}, 'right';
    ok $lock->(F_UNLCK), 'the lock is released';
    recovers('unlocked');
};

subtest 'a file that is taken away' => sub {
    rename $db, "$home/away.db" or die $!;
    refused('gone', qr/gone|removed/);
    rename "$home/away.db", $db or die $!;
    recovers('put back');

    rename $disk, "$home/away" or die $!;
    refused('with its directory', qr/gone|removed|reached/);
    rename "$home/away", $disk or die $!;
    recovers('directory put back');
};

subtest 'a file that turns read-only while it is open' => sub {
    chmod 0444, $db or die $!;
    my ($ada) = sort keys %people;
    for my $n (1 .. 8) {
        my $r = noted($scim->patch("/Users/$ada", operations($n)));
        ok $r->code == 200 || !refused_problem($r), 'stored or refused' or diag $r->text;
    }
    chmod 0644, $db or die $!;
    recovers('writable again');
};

subtest 'a file that is read-only' => sub {
    is $server->stop, 0, 'stopped';
    ok !-s "$db-wal", 'nothing is left in the log of the database';
    chmod 0444, $db or die $!;
    $server->again;
    like $server->error_log, qr/SCIM0043: .*: DBDParams: .* may not write the file '\S+'/, 'the start warns of the file';
    refused('read-only', qr/readonly|read-only|unable to open|reached/);
    chmod 0644, $db or die $!;
    recovers('writable again');
};

subtest 'a directory that is read-only' => sub {
    is $server->stop, 0, 'stopped';
    chmod 0555, $disk or die $!;
    $server->again;
    like $server->error_log, qr/SCIM0043: .*: DBDParams: .* may not write in the directory '\S+'/, 'the start warns of the directory';
    refused('read-only', qr/readonly|read-only|unable to open|reached/);
    chmod 0755, $disk or die $!;
    recovers('writable again');
};

subtest 'a file that is replaced' => sub {
    is $server->stop, 0, 'stopped';
    File::Copy::copy($db, "$home/backup.db") or die $!;
    my %before = %people;
    $server->again;
    status_is(create(), 201, 'somebody who is not in the backup') for 1 .. 2;
    all_there('before');

    File::Copy::copy("$home/backup.db", "$home/copy.db") or die $!;
    rename "$home/copy.db", $db or die $!;
    %people = %before;
    recovers('replaced by a backup');
    status_is(create(), 201, 'somebody new');
    is $server->stop, 0, 'stopped';
    $server->again;
    all_there('what was written to the new file is there after a restart');

    for my $case (['nothing', ''], ['what is no database', 'no database ' x 1000]) {
        my ($what, $content) = @$case;
        open my $out, '>', "$home/other.db" or die $!;
        print $out $content;
        close $out or die $!;
        rename $db, "$home/right.db" or die $!;
        rename "$home/other.db", $db or die $!;
        refused("replaced by $what", qr/empty|not a database|I\/O|malformed/);
        rename "$home/right.db", $db or die $!;
        recovers("after $what, the right one again");
    }
};

subtest 'a directory that is not there yet' => sub {
    my $early = start_server("$disk/later/scim.db", $few);
    my $client = $early->client($token);

    my $r = $client->post('/Users', generation('eve', 1));
    ok !refused_problem($r), 'refused' or diag $r->text;
    like $early->error_log, qr/SCIM0020: .*503.*Cause: /, 'the log says why';
    ok !refused_problem($client->get('/Users')), 'reading, too';
    mkdir "$disk/later" or die $!;
    ok wait_until(patience(), sub { $client->get('/Users')->code == 200 }), 'there: it works';
    status_is($client->post('/Users', generation('eve', 1)), 201, 'and takes people');
    is $early->stop, 0, 'stops as it should';
    $early->again;
    is total($client), 1, 'who stay';
    is $early->stop, 0, 'stops as it should';
};

subtest 'in the end' => sub {
    all_there('in the end');
    is $server->stop, 0, 'the server stops as it should';
    $server->again;
    all_there('after a restart');
    is $server->stop, 0, 'and stops';
    unlike $server->error_log, qr/exit signal|Assertion|AddressSanitizer|runtime error/, 'no crash';
    unlike $server->error_log, qr/\Q$token\E/, 'no token';
};

done_testing;
