package Scim::Ledger;

# Writers at work, and a ledger of what they were told: what was acknowledged stays, what was not may
# be there or not, but whole.
#
#     my $ledger = Scim::Ledger->new($dir, [$scim, ...], 4, later => 1);
#                                       # the ledger is kept in this directory; so many writers, each
#                                       # with one of these clients. With `later`, a 503 with
#                                       # Retry-After is an answer that a writer may get
#     $ledger->start;                   # more people, by processes of their own
#     $ledger->wait_for($n);            # a test: so many more writes were acknowledged
#     $ledger->stop;                    # a test: all writers ended by themselves
#     $ledger->verify('after this');    # tests: everybody is there as they should, to all clients
#     $ledger->meanwhile('what', sub { ... });    # start, the sub, stop, verify
#     $ledger->count('done');           # lines that begin so: try, done, later, lost, refused, hang, wrong
#     my @lines = $ledger->lines;       # each an array: that, the name, the generation, ...
#     Scim::Ledger::generation($name, $n)         # a person: every value tells which generation it
#                                                 # is of, so that half of one shows

use strict;
use warnings;

use JSON::PP ();
use POSIX ();
use Test::More;
use Time::HiRes 'sleep';

use Scim::Client qw(true false);
use Scim::Connection;
use Scim::Expect qw(status_is total);
use Scim::Process qw(patience wait_until);

my $json = JSON::PP->new->canonical;

sub new
{
    my ($class, $dir, $clients, $writers, %how) = @_;
    return bless { dir => $dir, clients => $clients, writers => $writers, round => 0, %how }, $class;
}

# ---- people -----------------------------------------------------------------------------------

sub generation
{
    my ($name, $n) = @_;
    return {
        schemas     => ['urn:ietf:params:scim:schemas:core:2.0:User'],
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
    return $json->encode(\%left) eq $json->encode(generation($stored->{userName}, $n)) ? $n : undef;
}

# ---- writers ----------------------------------------------------------------------------------
#
# Each is a process with people of its own. What it is about to do and what was answered goes to a
# file, line by line.

sub stop_file { my ($self) = @_; return "$self->{dir}/stop" }

sub start
{
    my ($self) = @_;

    $self->{round}++;
    $self->{pids} = [map { $self->start_writer($_) } 1 .. $self->{writers}];
    return $self;
}

sub start_writer
{
    my ($self, $number) = @_;
    my $pid = fork // die "fork: $!";

    if ($pid == 0) {
        eval { $self->write_all($number) };
        print STDERR $@ if $@;
        POSIX::_exit($@ ? 1 : 0);
    }
    return $pid;
}

sub write_all
{
    my ($self, $number) = @_;
    my $name = "r$self->{round}w$number";

    # which repeats nothing, as HTTP::Tiny does
    $self->{wire} = Scim::Connection->new($self->{clients}[$number % @{ $self->{clients} }]);
    open $self->{file}, '>>', "$self->{dir}/ledger-$name" or die $!;
    for (my $n = 1; !-e $self->stop_file; $n++) {
        $self->live("$name.$n", $n);
    }
}

# The life of a person: created, replaced, patched, and some are deleted. Ends early when an answer
# is missing, since nobody knows then what is stored.
sub live
{
    my ($self, $name, $n) = @_;

    my $r = $self->try($name, 1, POST => '/Users', generation($name, 1)) or return;
    my $path = '/Users/' . $r->json->{id};
    $self->try($name, 2, PUT => $path, generation($name, 2)) or return;
    $self->try($name, 3, PATCH => $path, operations(3)) or return;
    $self->try($name, 4, PATCH => $path, operations(4), 'If-Match' => 'W/"3"') or return;
    $self->try($name, 0, DELETE => $path) if $n % 3 == 0;
}

sub record
{
    my ($self, @words) = @_;
    syswrite $self->{file}, join("\t", map { s/\s+/ /gr } @words) . "\n";
    return;
}

# One request on a connection of its own: what it leads to is noted before, what came of it behind.
sub try
{
    my ($self, $name, $generation, $method, $path, $body, %headers) = @_;

    return if -e $self->stop_file;
    $self->record('try', $name, $generation);
    my $r = eval { $self->{wire}->send($method, $path, $body, %headers, Connection => 'close') };
    my $why = $@;
    if (!$r || !$r->code || length $r->text < ($r->header('Content-Length') // 0)) {
        sleep 0.01;
        return $self->record($r ? 'lost' : $why =~ /refused/ ? 'refused' : 'hang', $name, $generation,
            $r ? ($r->code, $r->text) : $why);
    }
    if ($self->{later} && $r->code == 503 && $r->header('Retry-After')) {
        sleep 0.01;
        return $self->record('later', $name, $generation, $r->text);
    }
    my $wanted = $generation == 0 ? 204 : $generation == 1 ? 201 : 200;
    my $stored = $generation ? eval { whole($r->json) } // 'half' : 0;
    return $self->record('wrong', $name, $generation, $r->code, $r->text)
        if $r->code != $wanted || $stored ne $generation;
    $self->record('done', $name, $generation, $generation ? ($r->json->{id}, $r->header('ETag')) : ());
    return $r;
}

sub stop
{
    my ($self) = @_;
    my $failed = 0;

    open my $stop, '>', $self->stop_file or die $!;
    for my $pid (@{ $self->{pids} }) {
        wait_until(2 * patience(), sub { waitpid($pid, POSIX::WNOHANG()) == $pid })
            or (kill(KILL => $pid), waitpid $pid, 0);
        $failed++ if $?;
    }
    unlink $self->stop_file;
    return is $failed, 0, 'all writers ended by themselves';
}

# ---- the ledger -------------------------------------------------------------------------------

sub lines
{
    my ($self) = @_;
    my @lines;

    for my $file (sort glob "$self->{dir}/ledger-*") {
        open my $in, '<', $file or die $!;
        push @lines, map { chomp; [split /\t/] } <$in>;
    }
    return @lines;
}

sub count { my ($self, $what) = @_; return scalar grep { $_->[0] eq $what } $self->lines }

sub wait_for
{
    my ($self, $more) = @_;
    my $before = $self->count('done');

    return ok wait_until(patience(), sub { $self->count('done') >= $before + $more }),
        "$more more writes were acknowledged";
}

# What may be stored of each person: name => { may => { generation => 1 or 0 for nobody }, id, etag }
sub expected
{
    my ($self) = @_;
    my %people;

    for my $line ($self->lines) {
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
    my ($scim) = @_;
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
    my ($self, $what) = @_;

    is_deeply [map { "@$_" } grep { $_->[0] =~ /^(?:wrong|hang)$/ } $self->lines], [],
        "$what: no wrong answer, nothing hung";
    $self->verify_for($_, $what) for @{ $self->{clients} };
}

sub verify_for
{
    my ($self, $scim, $what) = @_;
    my $people = $self->expected;
    my %stored;
    my @problems;

    for my $stored (list_all($scim)) {
        my $name = $stored->{userName};
        push @problems, "$name is there twice" if $stored{$name};
        $stored{$name} = $stored;
        push @problems, "nobody knows $name" unless $people->{$name};
    }
    push @problems, map { person_problem($_, $people->{$_}, $stored{$_}) } sort keys %$people;
    ok !@problems, "$what: all of " . keys(%$people) . ' people are as they should be'
        or diag map { "$_\n" } @problems;
    spot_check($scim, $people, \%stored);
}

sub person_problem
{
    my ($name, $person, $stored) = @_;
    my $n = $stored ? whole($stored) : 0;

    return "$name is half: " . $json->encode($stored) unless defined $n;
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
    my ($scim, $people, $stored) = @_;
    my (@wrong, $i);

    my $step = 1 + int(keys(%$people) / 40);
    for my $name (grep { $i++ % $step == 0 } sort keys %$people) {
        my $id = $people->{$name}{id} // '00000000-0000-7000-8000-000000000000';
        my $r = $scim->get("/Users/$id");
        push @wrong, "$name by id: " . $r->code
            if $r->code != ($stored->{$name} && $people->{$name}{id} ? 200 : 404);
        my $found = total($scim, "userName eq \"$name\"");
        push @wrong, "$name by name: $found" if $found ne ($stored->{$name} ? 1 : 0);
    }
    is_deeply \@wrong, [], 'found by id and by name';
}

sub meanwhile
{
    my ($self, $what, $code) = @_;

    $self->start;
    my $done = eval { $code->(); 1 };
    my $why = $@;
    $self->stop;
    die $why unless $done;
    $self->verify($what);
}

1;
