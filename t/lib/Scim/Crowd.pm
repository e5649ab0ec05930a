package Scim::Crowd;

# Many clients at once, from one process: each has a connection of its own and one request under
# way, and all of them wait for their answers together.
#
#     my $crowd = Scim::Crowd->new($scim, 64);         # a Scim::Client, and how many
#     $crowd->run(sub {
#         my ($n, $r) = @_;         # which client; the answer to its last request, undef at first
#         return (GET => '/Users', $body, Header => 'value');      # its next request
#         return;                                                  # it is done
#     });
#     my @answers = $crowd->at_once(sub { my ($n) = @_; return (GET => '/Users') });
#                                       # one request each, which come in as close as can be
#     $crowd->repeated              # requests that were told to come back later, and did
#     $crowd->resent                # requests on a connection that the server had closed by then
#     @{ $crowd->problems }         # what no client should see: a 503 without Retry-After, a 500
#
# A client that is answered 503 with Retry-After repeats its request; the sub never sees that.

use strict;
use warnings;

use Carp 'croak';
use Errno qw(EAGAIN EINTR);
use IO::Select;
use JSON::PP ();
use List::Util 'shuffle';
use Time::HiRes 'time';

use Scim::Client;
use Scim::Process 'patience';

my $json = JSON::PP->new->utf8->canonical;

sub new
{
    my ($class, $scim, $count) = @_;
    my ($host, $path) = $scim->base =~ m{^http://([^/]+)(.*)};

    return bless {
        scim => $scim, host => $host, path => $path, repeated => 0, resent => 0, problems => [],
        clients => [map { { n => $_ } } 0 .. $count - 1],
    }, $class;
}

sub repeated { return $_[0]{repeated} }
sub resent   { return $_[0]{resent} }
sub problems { return $_[0]{problems} }

# ---- one client ---------------------------------------------------------------

sub bytes
{
    my ($self, $method, $path, $body, %header) = @_;

    $body = $json->encode($body) if ref $body;
    %header = (
        'Host'          => $self->{host},
        'Authorization' => 'Bearer ' . $self->{scim}->token,
        defined $body
        ? ('Content-Type' => 'application/scim+json', 'Content-Length' => length $body)
        : (),
        %header,
    );
    return "$method $self->{path}$path HTTP/1.1\r\n"
        . join('', map { "$_: $header{$_}\r\n" } sort keys %header) . "\r\n" . ($body // '');
}

sub ask
{
    my ($self, $client, @request) = @_;

    @$client{qw(request left got sent tries)} = ($self->bytes(@request), undef, '', 0, 0);
    $client->{left} = $client->{request};
}

sub open_line
{
    my ($self, $client) = @_;

    $client->{socket} = $self->{scim}->connect;
    $client->{socket}->blocking(0);
    $client->{fresh} = 1;
}

sub again
{
    my ($client) = @_;

    @$client{qw(left got sent)} = ($client->{request}, '', 0);
}

# Sends what is left of the request but the last $hold bytes.
sub push_out
{
    my ($self, $client, $hold) = @_;

    local $SIG{PIPE} = 'IGNORE';
    while (length $client->{left} > $hold) {
        my $done = syswrite $client->{socket}, $client->{left}, length($client->{left}) - $hold;
        if (!defined $done) {
            return if $! == EAGAIN || $! == EINTR;
            return $self->lost($client);
        }
        substr $client->{left}, 0, $done, '';
    }
}

# The server may close a connection that is idle just when it is used (RFC 7230 6.3.1), which event
# does when all its threads are busy. It is none of ours when it had begun to answer, or was new.
sub lost
{
    my ($self, $client) = @_;

    push @{ $self->{problems} }, "client $client->{n}: the connection was lost"
        if $client->{fresh} || length $client->{got};
    croak "client $client->{n}: no answer to " . substr $client->{request}, 0, 300
        if $client->{tries}++ > 5;
    $self->{resent}++;
    $self->open_line($client);
    again($client);
    return;
}

sub take_in
{
    my ($self, $client) = @_;
    my $done = sysread $client->{socket}, $client->{got}, 65_536, length $client->{got};

    return if !defined $done && ($! == EAGAIN || $! == EINTR);
    return $self->lost($client) unless $done;
    return $self->whole($client);
}

# The response, when all of it is there.
sub whole
{
    my ($self, $client) = @_;

    $client->{got} =~ /\r\n\r\n/ or return;
    my ($head, $body) = (substr($client->{got}, 0, $-[0]), substr $client->{got}, $+[0]);
    my ($status, @lines) = split /\r\n/, $head;
    my ($code) = $status =~ m{^HTTP/1\.1 (\d{3})} or croak "no answer: $status";
    my %header = map { /^([^:]+):\s*(.*)/ ? (lc $1 => $2) : () } @lines;

    if (($header{'transfer-encoding'} // '') =~ /chunked/i) {
        $body =~ /(?:^|\r\n)0\r\n\r\n\z/ or return;
        $body = unchunked($body);
    }
    elsif ($code != 204 && $code != 304) {
        length $body >= ($header{'content-length'} // croak "no length: $head") or return;
    }
    if (($header{connection} // '') =~ /close/i) { delete $client->{socket} }
    else                                         { $client->{fresh} = 0 }
    return Scim::Response->new($code, \%header, $body);
}

sub unchunked
{
    my ($body) = @_;
    my $text = '';

    while ($body =~ /\G(?:\r\n)?([0-9a-fA-F]+)\r\n/gc and hex $1) {
        $text .= substr $body, pos $body, hex $1;
        pos($body) += hex $1;
    }
    return $text;
}

# ---- all of them --------------------------------------------------------------

# What comes next for a client that was answered: the same once more, or what the sub says.
sub answered
{
    my ($self, $client, $r, $next) = @_;
    my $later = $r->header('Retry-After');

    if ($r->code == 503 && defined $later && $client->{tries}++ < 20) {
        $self->{repeated}++;
        again($client);
        return 1;
    }
    push @{ $self->{problems} }, "client $client->{n}: " . $r->code . ' ' . $r->text
        if $r->code >= 500;
    my @request = $next->($client->{n}, $r);
    $self->ask($client, @request) if @request;
    return scalar @request;
}

sub run
{
    my ($self, $next) = @_;

    for my $client (@{ $self->{clients} }) {
        my @request = $next->($client->{n});
        $client->{busy} = @request ? 1 : 0;
        $self->ask($client, @request) if @request;
    }
    return $self->work($next);
}

# Until every client is done.
sub work
{
    my ($self, $next) = @_;
    my $heard = time;

    while (my @busy = grep { $_->{busy} } @{ $self->{clients} }) {
        my %by;
        for my $client (shuffle @busy) {
            $self->open_line($client) unless $client->{socket};
            $self->push_out($client, 0) if length $client->{left};
            $by{ fileno $client->{socket} } = $client;
        }
        my $reading = IO::Select->new(map { $_->{socket} } @busy);
        my $writing = IO::Select->new(map { $_->{socket} } grep { length $_->{left} } @busy);
        my ($readable) = IO::Select->select($reading, $writing, undef, 1);
        $heard = time if $readable && @$readable;
        croak 'no answer in time' if time > $heard + patience();
        for my $client (map { $by{ fileno $_ } } @{ $readable || [] }) {
            my $r = $self->take_in($client) or next;
            $client->{busy} = $self->answered($client, $r, $next);
        }
    }
    return $self;
}

# All send everything but the last byte of their request; then that.
sub at_once
{
    my ($self, $request) = @_;
    my @answers;

    for my $client (shuffle @{ $self->{clients} }) {
        $self->ask($client, $request->($client->{n}));
        $client->{busy} = 1;
        $self->open_line($client) unless $client->{socket};
        $self->push_out($client, 1);
    }
    $self->work(sub { my ($n, $r) = @_; $answers[$n] = $r; return });
    return @answers;
}

# Closes all connections: one that stays open may be one that a process waits for.
sub hang_up
{
    my ($self) = @_;

    delete $_->{socket} for @{ $self->{clients} };
    return $self;
}

1;
