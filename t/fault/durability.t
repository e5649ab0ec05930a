# What was acknowledged stays: through graceful restarts, a stop, children and whole servers killed,
# all under load. What was not acknowledged may be there or not, but whole. Nothing hangs.
use strict;
use warnings;

use POSIX ();
use Test::More;
use Time::HiRes 'sleep';

use Scim::Client qw(true false);
use Scim::Connection;
use Scim::Expect qw(status_is endpoint total);
use Scim::Process qw(patience wait_until group);
use Scim::Server;

my $token   = 'durability-0123456789abcdefghijklmn';
my $user    = 'urn:ietf:params:scim:schemas:core:2.0:User';
my $writers = 4;
my $slow    = patience() > 60;    # under a sanitizer or valgrind
my $writes  = $slow ? 20 : 60;    # acknowledged ones that a round waits for

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

# ---- people -----------------------------------------------------------------------------------

# A person of a generation: every value tells which, so that half of one shows.
sub generation
{
    my ($name, $n) = @_;
    return {
        schemas     => [$user],
        userName    => $name,
        displayName => "generation $n",
        title       => "title $n",
        active      => $n % 2 ? true : false,
        name        => { givenName => "given $n", familyName => "family $n" },
        emails      => [map { { value => "$_.$n\@example.com", type => $_ } } qw(work home)],
    };
}

# The same as the operations of a PATCH.
sub operations
{
    my ($n) = @_;
    my $wanted = generation('', $n);
    return { Operations => [map { { op => 'replace', path => $_, value => $wanted->{$_} } }
        qw(title emails active displayName), 'name'] };
}

# The generation of a stored person, or nothing when it is not whole.
sub whole
{
    my ($stored) = @_;
    my ($n) = ($stored->{displayName} // '') =~ /^generation (\d+)$/ or return;
    my %left = %$stored;

    delete @left{qw(id meta)};
    my $json = JSON::PP->new->canonical;
    return $json->encode(\%left) eq $json->encode(generation($stored->{userName}, $n)) ? $n : undef;
}

# ---- writers ----------------------------------------------------------------------------------
#
# Each is a process with people of its own. What it is about to do and what was answered goes to a
# file, line by line: the ledger.

my $round = 0;

sub start_writers
{
    $round++;
    return map { start_writer("r${round}w$_") } 1 .. $writers;
}

sub start_writer
{
    my ($name) = @_;
    my $pid = fork // die "fork: $!";

    if ($pid == 0) {
        eval { write_all($name) };
        print STDERR $@ if $@;
        POSIX::_exit($@ ? 1 : 0);
    }
    return $pid;
}

sub ledger_file { my ($name) = @_; return $server->dir . "/ledger-$name" }
sub stop_file   { return $server->dir . '/stop' }

my $wire;

sub write_all
{
    my ($name) = @_;

    $wire = Scim::Connection->new($scim);    # which repeats nothing, as HTTP::Tiny does
    open my $ledger, '>>', ledger_file($name) or die $!;
    my $note = sub { syswrite $ledger, join("\t", @_) . "\n" };
    for (my $n = 1; !-e stop_file(); $n++) {
        live("$name.$n", $n, $note);
    }
}

# The life of a person: created, replaced, patched, and some are deleted. Ends early when an answer
# is missing, since nobody knows then what is stored.
sub live
{
    my ($name, $n, $note) = @_;

    my $r = try($note, $name, 1, POST => '/Users', generation($name, 1)) or return;
    my $path = '/Users/' . $r->json->{id};
    try($note, $name, 2, PUT => $path, generation($name, 2)) or return;
    try($note, $name, 3, PATCH => $path, operations(3)) or return;
    try($note, $name, 4, PATCH => $path, operations(4), 'If-Match' => 'W/"3"') or return;
    try($note, $name, 0, DELETE => $path) if $n % 3 == 0;
}

# One request on a connection of its own: what it leads to is noted before, what came of it behind.
sub try
{
    my ($note, $name, $generation, $method, $path, $body, %headers) = @_;

    return if -e stop_file();
    $note->('try', $name, $generation);
    my $r = eval { $wire->send($method, $path, $body, %headers, Connection => 'close') };
    if (!$r || !$r->code || length $r->text < ($r->header('Content-Length') // 0)) {
        my $why = $r ? 'lost' : $@ =~ /refused/ ? 'refused' : 'hang';
        $note->($why, $name, $generation, $r ? ($r->code, $r->text) : $@ =~ s/\s+/ /gr);
        sleep 0.01;
        return;
    }
    my $wanted = $generation == 0 ? 204 : $generation == 1 ? 201 : 200;
    my $stored = $generation ? eval { whole($r->json) } // 'half' : 0;
    if ($r->code != $wanted || $stored ne $generation) {
        $note->('wrong', $name, $generation, $r->code, $r->text =~ s/\s+/ /gr);
        return;
    }
    $note->('done', $name, $generation, $generation ? ($r->json->{id}, $r->header('ETag')) : ());
    return $r;
}

sub stop_writers
{
    my @pids = @_;

    open my $stop, '>', stop_file() or die $!;
    my $failed = 0;
    for my $pid (@pids) {
        wait_until(2 * patience(), sub { waitpid($pid, POSIX::WNOHANG()) == $pid })
            or (kill(KILL => $pid), waitpid $pid, 0);
        $failed++ if $?;
    }
    unlink stop_file();
    is $failed, 0, 'all writers ended by themselves';
}

# ---- the ledger -------------------------------------------------------------------------------

sub ledger_lines
{
    my ($from) = @_;
    my @lines;

    for my $file (sort glob ledger_file($from)) {
        open my $in, '<', $file or die $!;
        push @lines, map { chomp; [split /\t/] } <$in>;
    }
    return @lines;
}

sub count { my ($from, $what) = @_; return scalar grep { $_->[0] eq $what } ledger_lines($from) }

# Waits until so many more writes were acknowledged.
sub wait_for_writes
{
    my ($more) = @_;
    my $before = count('*', 'done');

    return ok wait_until(patience(), sub { count('*', 'done') >= $before + $more }),
        "$more more writes were acknowledged";
}

# What may be stored of each person: name => { generations => {0 or more}, id, etag }
sub expected
{
    my %people;

    for my $line (ledger_lines('*')) {
        my ($what, $name, $generation, $id, $etag) = @$line;
        my $person = $people{$name} //= { may => { 0 => 1 } };
        if ($what eq 'try') {
            $person->{may}{$generation} = 1;
            delete $person->{etag};
        }
        elsif ($what eq 'done') {
            $person->{may} = { $generation => 1 };
            $person->{id} //= $id;
            $person->{etag} = $etag;
        }
    }
    return \%people;
}

sub list_all
{
    my @all;

    while (1) {
        my $r = $scim->get('/Users', query => { startIndex => @all + 1, count => 200 });
        return status_is($r, 200, 'the list') unless $r->code == 200;
        my $page = $r->json;
        push @all, @{ $page->{Resources} };
        return @all if @all >= $page->{totalResults} || !@{ $page->{Resources} };
    }
}

# Everything acknowledged is there, nothing is half, nobody else is there.
sub verify
{
    my ($what) = @_;
    my $people = expected();
    my %stored;
    my @problems;

    for my $stored (list_all()) {
        my $name = $stored->{userName};
        push @problems, "$name is there twice" if $stored{$name};
        $stored{$name} = $stored;
        push @problems, "nobody knows $name" unless $people->{$name};
    }
    push @problems, map { person_problem($_, $people->{$_}, $stored{$_}) } sort keys %$people;
    ok !@problems, "$what: all of " . keys(%$people) . ' people are as they should be'
        or diag map { "$_\n" } @problems;
    is_deeply [map { "@$_" } grep { $_->[0] =~ /^(?:wrong|hang)$/ } ledger_lines('*')], [],
        "$what: no wrong answer, nothing hung";
    spot_check($people, \%stored);
}

sub person_problem
{
    my ($name, $person, $stored) = @_;
    my $n = $stored ? whole($stored) : 0;

    return "$name is half: " . JSON::PP->new->canonical->encode($stored) unless defined $n;
    return "$name is of generation $n, not " . join ' or ', sort keys %{ $person->{may} }
        unless $person->{may}{$n};
    return unless $stored;
    return "$name has another id" if $person->{id} && $person->{id} ne $stored->{id};
    return "$name has version $stored->{meta}{version}, not $person->{etag}"
        if $person->{etag} && $person->{etag} ne $stored->{meta}{version};
    return;
}

# By id and by name the same is found as in the list.
sub spot_check
{
    my ($people, $stored) = @_;
    my (@wrong, $i);

    for my $name (grep { $i++ % 7 == 0 } sort keys %$people) {
        my $id = $people->{$name}{id} // '00000000-0000-7000-8000-000000000000';
        my $r = $scim->get("/Users/$id");
        push @wrong, "$name by id: " . $r->code
            if $r->code != ($stored->{$name} && $people->{$name}{id} ? 200 : 404);
        my $found = total($scim, "userName eq \"$name\"");
        push @wrong, "$name by name: $found" if $found ne ($stored->{$name} ? 1 : 0);
    }
    is_deeply \@wrong, [], 'found by id and by name';
}

# ---- the tests --------------------------------------------------------------------------------

subtest 'graceful restarts' => sub {
    my @writers = start_writers();

    for my $time (1 .. 3) {
        wait_for_writes($writes / 3);
        ok eval { $server->graceful; 1 }, "graceful restart $time" or diag $@;
    }
    wait_for_writes($writes / 3);
    stop_writers(@writers);
    my @failed = map { "@$_" } grep { $_->[0] !~ /^(?:try|done)$/ } ledger_lines('*');
    is_deeply \@failed, [], 'no request was refused or lost'
        or diag grep { /:(?:notice|warn|error|crit)\]/ } map { "$_\n" } split /\n/, $server->error_log;
    verify('graceful');
};

subtest 'kill -9 of the whole server' => sub {
    for my $time (1 .. ($slow ? 2 : 4)) {
        my @writers = start_writers();
        wait_for_writes($writes);
        my $group = $server->pid;
        $server->kill_all;
        is_deeply [group($group)], [], "time $time: nothing of it is left";
        $server->again;
        wait_for_writes(4);
        stop_writers(@writers);
        verify("time $time");
    }
};

subtest 'kill -9 of children' => sub {
    my @writers = start_writers();

    for my $time (1 .. 6) {
        wait_for_writes($writes / 6);
        my @children = $server->children;
        kill KILL => $children[$time % @children];
    }
    wait_for_writes($writes / 3);
    kill KILL => $server->children;
    wait_for_writes($writes / 3);
    stop_writers(@writers);
    verify('children killed');
};

subtest 'stop' => sub {
    my @writers = start_writers();
    wait_for_writes($writes);
    is $server->stop, 0, 'the server stops as it should';
    $server->again;
    wait_for_writes(4);
    stop_writers(@writers);
    verify('stopped');
};

subtest 'after all this' => sub {
    is $server->stop, 0, 'the server stops as it should';
    $server->again;
    verify('once more');
    my $r = status_is($scim->post('/Users', generation('last', 1)), 201, 'it still takes people');
    status_is($scim->delete('/Users/' . $r->json->{id}), 204, 'and deletes them');
    cmp_ok count('*', 'done'), '>', 5 * $writes, 'there was load';
    my @odd = grep { !/exit signal Killed/ && /exit signal|Assertion|AddressSanitizer|runtime error/ }
        split /\n/, $server->error_log;
    is_deeply \@odd, [], 'nothing crashed by itself';
};

done_testing;
