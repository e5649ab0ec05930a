package Scim::Ledger;

# Writers at work, and a ledger of what they were told: what was acknowledged stays, what was not may
# be there or not, but whole. They create, replace, patch and delete people, put them into groups of
# their own and into one that all of them share, and take them out, also by bulk requests, of which all
# is done or nothing.
#
#     my $ledger = Scim::Ledger->new($dir, [$scim, ...], 4, later => 1, ctl => Scim::Ctl->new($server));
#                                       # the ledger is kept in this directory; so many writers, each
#                                       # with one of these clients. With `later`, a 503 with
#                                       # Retry-After is an answer that a writer may get. With `ctl`,
#                                       # scimctl check has to find everything in order, too
#     $ledger->start;                   # more people, by processes of their own
#     $ledger->wait_for($n);            # a test: so many more writes were acknowledged
#     $ledger->stop;                    # a test: all writers ended by themselves
#     $ledger->verify('after this');    # tests: everybody is there as they should, to all clients
#     $ledger->meanwhile('what', sub { ... });    # start, the sub, stop, verify
#     $ledger->count('done');           # lines that begin so: try, done, later, lost, refused, hang, wrong
#     my @lines = $ledger->lines;       # each an array: that, the request's number, ...
#     $ledger->tell;                    # a note of all counts
#     Scim::Ledger::generation($name, $n)         # a person: every value tells which generation it
#                                                 # is of, so that half of one shows

use strict;
use warnings;

use JSON::PP ();
use POSIX ();
use Test::More;

use Scim::Client qw(true false);
use Scim::Expect 'status_is';
use Scim::Ledger::Verdict;
use Scim::Ledger::Writer;
use Scim::Process qw(patience wait_until);

my $json  = JSON::PP->new->canonical;
my $crowd = 800;    # when there are more people, those who were looked at go

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

    delete @left{qw(id meta groups)};
    return $json->encode(\%left) eq $json->encode(generation($stored->{userName}, $n)) ? $n : undef;
}

# ---- writers ----------------------------------------------------------------------------------

sub stop_file { my ($self) = @_; return "$self->{dir}/stop" }
sub stopped   { my ($self) = @_; return -e $self->stop_file }

# The first time also makes the group that all writers share.
sub start
{
    my ($self) = @_;

    $self->{shared} //= status_is($self->{clients}[0]->post('/Groups',
        { schemas => ['urn:ietf:params:scim:schemas:core:2.0:Group'], displayName => 'shared' }), 201, 'a group for all')->json->{id};
    $self->{round}++;
    $self->{pids} = [map { $self->start_writer("r$self->{round}w$_", $_) } 1 .. $self->{writers}];
    return $self;
}

sub start_writer
{
    my ($self, $name, $number) = @_;
    my $client = $self->{clients}[$number % @{ $self->{clients} }];
    my $pid = fork // die "fork: $!";

    if ($pid == 0) {
        eval { Scim::Ledger::Writer->new($self, $client, $name, "$self->{dir}/ledger-$name")->work };
        print STDERR $@ if $@;
        POSIX::_exit($@ ? 1 : 0);
    }
    return $pid;
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

# Of a file, what was not read before; a line that is being written is left for the next time.
sub more_of
{
    my ($file, $at) = @_;

    open my $in, '<', $file or die "$file: $!";
    seek $in, $$at, 0;
    my @lines = grep { /\n\z/ } <$in>;
    $$at += length for @lines;
    return map { chomp; [split /\t/] } @lines;
}

sub lines
{
    my ($self) = @_;
    return map { my $at = 0; more_of($_, \$at) } sort glob "$self->{dir}/ledger-*";
}

# Those that were not asked for before, under this name.
sub new_lines
{
    my ($self, $name) = @_;
    my $at = $self->{read}{$name} //= {};
    return map { more_of($_, \($at->{$_} //= 0)) } sort glob "$self->{dir}/ledger-*";
}

sub count
{
    my ($self, $what) = @_;

    $self->{count}{ $_->[0] }++ for $self->new_lines('count');
    return $self->{count}{$what} // 0;
}

sub wait_for
{
    my ($self, $more) = @_;
    my $before = $self->count('done');

    return ok wait_until(patience(), sub { $self->count('done') >= $before + $more }),
        "$more more writes were acknowledged";
}

sub list_all { return Scim::Ledger::Verdict::list_all($_[0], '/Users') }

# Everything acknowledged is there, nothing is half, nobody else is there.
sub verify
{
    my ($self, $what) = @_;

    my $verdict = $self->{verdict} //= Scim::Ledger::Verdict->new($self->{shared});
    my @lines = $self->new_lines('verdict');
    is_deeply [map { "@$_" } grep { $_->[0] =~ /^(?:wrong|hang)$/ } @lines], [],
        "$what: no wrong answer, nothing hung";
    $verdict->hear(@lines);
    $verdict->holds_for($_, $what) for @{ $self->{clients} };
    if ($self->{ctl}) {
        my $r = $self->{ctl}->run('check');
        is $r->{status}, 0, "$what: scimctl check finds nothing" or diag $r->{out}, $r->{err};
    }
    $verdict->clear($self->{clients}[0]) if $verdict->people > $crowd;
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

sub tell
{
    my ($self) = @_;
    $self->count('done');
    my %count = %{ $self->{count} || {} };
    return note join ', ', map { "$_: $count{$_}" } sort keys %count;
}

1;
