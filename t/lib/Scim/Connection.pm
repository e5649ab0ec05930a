package Scim::Connection;

# A client whose connection stays open from one request to the next: thousands of requests a
# second. Where the server closed it, the next request opens another one; a server may do that just
# when a request is under way (RFC 7230 6.3.1), which is sent again then.
#
#     my $connection = Scim::Connection->new($client);           # a Scim::Client
#     my $r = $connection->send(GET => '/Users?count=1');        # a Scim::Response
#     my $r = $connection->send(POST => '/Users', { userName => 'ada' });    # or text
#     my $r = $connection->send(GET => '/Users', undef, Authorization => 'Bearer wrong');
#     $connection->opened                                        # connections so far

use strict;
use warnings;

use Carp 'croak';
use JSON::PP ();

use Scim::Client;
use Scim::Process 'patience';

my $json = JSON::PP->new->utf8->canonical;

sub new
{
    my ($class, $client) = @_;
    my ($host, $path) = $client->base =~ m{^http://([^/]+)(.*)};

    return bless { client => $client, host => $host, path => $path, opened => 0 }, $class;
}

sub opened { return $_[0]{opened} }

sub socket
{
    my ($self) = @_;

    return $self->{socket} //= do { $self->{opened}++; $self->{client}->connect };
}

sub head
{
    my ($self, $method, $path, $length, %more) = @_;
    my %header = (Host => $self->{host});

    $header{Authorization}    = 'Bearer ' . $self->{client}->token if defined $self->{client}->token;
    $header{'Content-Type'}   = 'application/scim+json' if defined $length;
    $header{'Content-Length'} = $length                 if defined $length;
    %header = (%header, %more);
    return "$method $self->{path}$path HTTP/1.1\r\n"
        . join('', map { defined $header{$_} ? "$_: $header{$_}\r\n" : () } sort keys %header)
        . "\r\n";
}

sub send
{
    my ($self, $method, $path, $body, %more) = @_;

    $body = $json->encode($body) if ref $body;
    my $bytes = $self->head($method, $path, defined $body ? length $body : undef, %more)
        . ($body // '');
    my $reused = $self->{socket};
    my $r = $self->exchange($bytes);
    return $r->code == 0 && $reused ? $self->exchange($bytes) : $r;
}

sub exchange
{
    my ($self, $bytes) = @_;
    my $socket = $self->socket;

    local $SIG{PIPE} = 'IGNORE';
    local $SIG{ALRM} = sub { croak 'no complete response in time' };
    alarm patience();
    print $socket $bytes;
    $socket->flush;
    my $r = Scim::Response->receive($socket, $bytes =~ /^HEAD /);
    alarm 0;
    delete $self->{socket}
        if $r->code == 0 || ($r->header('Connection') // '') =~ /close/i;
    return $r;
}

1;
