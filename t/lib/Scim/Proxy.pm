package Scim::Proxy;

# Stands between httpd and the server of Scim::Database, on a port of 127.0.0.1, knows what goes
# through, and cuts a connection at the moment that it is told.
#
#     my $proxy = Scim::Proxy->start;
#     my $params = $proxy->params(Scim::Database::params($file));    # DBDParams that lead through it
#     $proxy->order(at => 'commit', how => 'answered');      # the next time; replaces what was ordered
#     $proxy->order(at => 'inside', how => 'before', skip => 3);         # three times not, then so
#     $proxy->order(at => 'any', how => [qw(before half)], one_in => 20);    # by chance, on and on
#     $proxy->calm;                    # nothing any more
#     $proxy->drop;                    # resets the connections that are silent
#     my $n = $proxy->struck;          # how often it has done something
#     $proxy->stop;                    # a process of its own, gone with the object
#
# at   begin    the begin of a transaction that writes
#      inside   what follows, up to
#      commit   its end
#      read     all else
#      any      all of it
#      connect  a new connection
# how  before   it does not get to the server: the connection is reset
#      answered the server has done it, its answer is lost: reset
#      half     half of the answer comes through: reset
#      after    the answer comes through: reset
#      silent   it does not get to the server, and no answer comes, ever
#      deaf     the server has done it, and no answer comes, ever

use strict;
use warnings;

use Carp 'croak';
use IO::Select;
use IO::Socket::INET;
use IO::Socket::UNIX;
use JSON::PP ();
use POSIX ();
use Socket qw(SOL_SOCKET SO_LINGER);

use Scim::Database;
use Scim::Process;

my $json = JSON::PP->new;

# ---- for tests --------------------------------------------------------------------------------

sub start
{
    my ($class) = @_;
    my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => Scim::Process::free_port(),
        Listen => 128, ReuseAddr => 1) // croak "no proxy: $!";
    my ($near, $far) = IO::Socket->socketpair(AF_UNIX, SOCK_STREAM, PF_UNSPEC);
    my $self = bless { port => $listener->sockport, control => $near, owner => $$ }, $class;

    $self->{pid} = fork // croak "fork: $!";
    if ($self->{pid} == 0) {
        close $near;
        eval { serve($listener, $far) };
        print STDERR "Scim::Proxy: $@" if $@;
        POSIX::_exit($@ ? 1 : 0);
    }
    close $far;
    return $self;
}

sub params
{
    my ($self, $params) = @_;

    $params =~ s/\bhost=\S+/host=127.0.0.1 port=$self->{port} sslmode=disable/
        or $params =~ s/\bsock=\S+/host=127.0.0.1 port=$self->{port}/ or croak "no way into '$params'";
    return $params;
}

sub ask
{
    my ($self, $question) = @_;

    $self->{control}->syswrite($json->encode($question) . "\n") or croak "the proxy is gone: $!";
    return readline($self->{control}) // croak 'the proxy is gone';
}

sub order { my ($self, %order) = @_; return $self->ask(\%order) }
sub calm { my ($self) = @_; return $self->ask({}) }
sub struck { my ($self) = @_; chomp(my $n = $self->ask({ struck => 1 })); return $n }

sub drop { my ($self) = @_; return $self->ask({ drop => 1 }) }

sub stop
{
    my ($self) = @_;

    return if $self->{owner} != $$ || !$self->{pid};
    local ($?, $!);
    kill KILL => $self->{pid};
    waitpid delete $self->{pid}, 0;
}

sub DESTROY { $_[0]->stop }

# ---- the process ------------------------------------------------------------------------------

my ($order, $struck, $select, %by);

sub serve
{
    my ($listener, $control) = @_;

    $SIG{PIPE} = 'IGNORE';
    ($order, $struck, $select) = ({}, 0, IO::Select->new($listener, $control));
    while (1) {
        for my $ready ($select->can_read) {
            if    ($ready == $listener) { welcome($listener->accept // next) }
            elsif ($ready == $control)  { obey($control) or return }
            elsif ($by{$ready})         { $by{$ready}{client} == $ready ? from_client($by{$ready}) : from_server($by{$ready}) }
        }
    }
}

sub obey
{
    my ($control) = @_;
    my $new = $json->decode(readline($control) // return);

    $order = $new unless $new->{struck};
    for my $line ($new->{drop} ? grep { $_->{deaf} } values %{ { %by } } : ()) {
        reset_line($line) unless $line->{gone};
    }
    $control->syswrite("$struck\n");
    return 1;
}

sub server_socket
{
    my $home = $ENV{SCIM_DB_HOME};
    return IO::Socket::UNIX->new(Scim::Database::kind() eq 'postgresql' ? "$home/.s.PGSQL.5432" : "$home/s");
}

sub welcome
{
    my ($client) = @_;
    my $how = strikes('connect');
    my $server = $how ? undef : server_socket();
    my $line = { client => $client, server => $server, in => '', prepared => {}, deaf => $how && $how =~ /silent|deaf/ };

    $line->{waits_for_start} = 1 if Scim::Database::kind() eq 'postgresql';
    $by{$_} = $line for grep { $_ } $client, $server;
    return reset_line($line) if !$server && !$line->{deaf};
    $select->add(grep { $_ } $client, $server);
}

sub hang_up
{
    my ($line) = @_;

    for my $socket (grep { $_ } @$line{qw(client server)}) {
        $select->remove($socket);
        delete $by{$socket};
        close $socket;
    }
    $line->{gone} = 1;
}

sub reset_line
{
    my ($line) = @_;

    setsockopt $line->{client}, SOL_SOCKET, SO_LINGER, pack 'ii', 1, 0;
    hang_up($line);
}

# How this moment is to be used; nothing: let it pass.
sub strikes
{
    my ($moment) = @_;
    my $at = $order->{at} // return;

    return if $at ne $moment && !($at eq 'any' && $moment ne 'connect');
    return if $order->{one_in} && int rand $order->{one_in};
    return if $order->{skip} && $order->{skip}--;
    my $how = ref $order->{how} ? $order->{how}[rand @{ $order->{how} }] : $order->{how};
    $order = {} unless $order->{one_in};
    $struck++;
    return $how;
}

# ---- what clients say -------------------------------------------------------------------------

sub from_client
{
    my ($line) = @_;

    sysread($line->{client}, $line->{in}, 65_536, length $line->{in}) or return hang_up($line);
    if ($line->{deaf}) {
        $line->{in} = '';
        return;
    }
    while (!$line->{gone} && defined(my $length = round($line))) {
        pass_on($line, substr($line->{in}, 0, $length, ''));
    }
}

# The length of the next messages that belong together, if all of it is there; $line->{text} is the SQL.
sub round
{
    my ($line) = @_;

    $line->{text} = '';
    return Scim::Database::kind() eq 'postgresql' ? postgresql_round($line) : mariadb_round($line);
}

sub postgresql_round
{
    my ($line) = @_;
    my ($in, $at) = (\$line->{in}, 0);

    if ($line->{waits_for_start}) {    # without a type
        return if length $$in < 8;
        my ($length, $code) = unpack 'NN', $$in;
        return if length $$in < $length;
        delete $line->{waits_for_start} if $code == 196_608;
        return $length;
    }
    while (length $$in >= $at + 5) {
        my ($type, $length) = unpack 'aN', substr $$in, $at, 5;
        return if length $$in < $at + 1 + $length;
        postgresql_text($line, $type, substr $$in, $at + 5, $length - 4);
        $at += 1 + $length;
        return $at if $type =~ /[QSHXpF]/;
    }
    return;
}

sub postgresql_text
{
    my ($line, $type, $body) = @_;

    $line->{text} .= "$body;" if $type eq 'Q';
    $line->{prepared}{$1} = $2 if $type eq 'P' && $body =~ /^([^\0]*)\0([^\0]*)/;
    $line->{text} .= ($line->{prepared}{$1} // '') . ';' if $type eq 'B' && $body =~ /^[^\0]*\0([^\0]*)/;
}

# A command begins with the number 0; the answers to what the server asks at first do not.
sub mariadb_round
{
    my ($line) = @_;
    my $in = \$line->{in};

    return if length $$in < 5;
    my ($low, $high, $number, $command) = unpack 'vCCC', $$in;
    my $length = $low + ($high << 16);
    return if length $$in < 4 + $length;
    my $body = substr $$in, 5, $length - 1;
    delete $line->{preparing};
    if ($number == 0) {
        $line->{text} = $body if $command == 3;
        $line->{preparing} = $body if $command == 0x16;
        $line->{text} = $line->{prepared}{ unpack 'V', $body } // '' if $command == 0x17;
    }
    return 4 + $length;
}

sub moment
{
    my ($line) = @_;
    my $text = $line->{text};

    if ($text =~ /\bBEGIN\b|\bSTART TRANSACTION\b/ && $text !~ /\bREAD ONLY\b/) {
        $line->{writes} = 1;
        return 'begin' unless $text =~ /\bCOMMIT\b/;
    }
    return 'read' unless $line->{writes};
    return 'inside' unless $text =~ /\bCOMMIT\b|\bROLLBACK\b/;
    $line->{writes} = 0;
    return $text =~ /\bCOMMIT\b/ ? 'commit' : 'read';
}

sub pass_on
{
    my ($line, $bytes) = @_;
    my $how = length $line->{text} ? strikes(moment($line)) : undef;

    if ($how && $how eq 'before') {
        return reset_line($line);
    }
    if ($how && $how eq 'silent') {
        $line->{deaf} = 1;
        return;
    }
    @$line{qw(plan answer)} = ($how, '');
    send_all($line->{server}, $bytes) or hang_up($line);
}

sub send_all
{
    my ($socket, $bytes) = @_;

    while (length $bytes) {
        my $done = syswrite $socket, $bytes or return;
        substr $bytes, 0, $done, '';
    }
    return 1;
}

# ---- what the server says ---------------------------------------------------------------------

sub from_server
{
    my ($line) = @_;

    sysread($line->{server}, my $bytes, 65_536) or return hang_up($line);
    return if $line->{deaf};
    note_number($line, $bytes);
    my $plan = $line->{plan};
    if (!$plan) {
        send_all($line->{client}, $bytes) or hang_up($line);
        return;
    }
    $line->{answer} .= $bytes;
    return if $plan ne 'half' && !is_whole($line->{answer});
    $line->{deaf} = 1 if $plan eq 'deaf';
    send_all($line->{client}, substr $line->{answer}, 0, int(length($line->{answer}) / 2)) if $plan eq 'half';
    send_all($line->{client}, $line->{answer}) if $plan eq 'after';
    reset_line($line) unless $plan eq 'deaf';
}

# MariaDB numbers the statements that it prepares.
sub note_number
{
    my ($line, $bytes) = @_;

    $line->{prepared}{ unpack 'V', substr $bytes, 5, 4 } = $line->{preparing}
        if defined $line->{preparing} && length $bytes >= 9 && ord(substr $bytes, 4, 1) == 0;
    delete $line->{preparing};
}

# PostgreSQL says when it is ready for more. Of MariaDB's answers the first bytes are enough: it does
# one command after the other.
sub is_whole
{
    my ($answer) = @_;
    my $at = 0;

    return 1 if Scim::Database::kind() ne 'postgresql';
    while (length $answer >= $at + 5) {
        my ($type, $length) = unpack 'aN', substr $answer, $at, 5;
        return 1 if $type eq 'Z';
        $at += 1 + $length;
    }
    return;
}

1;
