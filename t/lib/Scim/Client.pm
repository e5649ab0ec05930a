package Scim::Client;

# A SCIM client for tests.
#
#     my $scim = Scim::Client->new;                          # /scim/v2 of the shared server
#     my $scim = Scim::Client->new(path => '/strict/v2');    # another of its endpoints
#     my $scim = Scim::Client->new(base => 'http://127.0.0.1:8000/scim/v2', token => 'secret');
#     my $scim = Scim::Client->new(token => undef);          # no Authorization header
#
#     my $r = $scim->post('/Users', { userName => 'ada' });
#     my $r = $scim->get('/Users', query => { filter => 'userName eq "ada"', count => 1 });
#     my $r = $scim->patch("/Users/$id", [ { op => 'replace', path => 'active', value => false } ],
#         'If-Match' => 'W/"1"');
#     $r->code  $r->header('Location')  $r->text  $r->json->{userName}  $r->detail
#
# A body that is a hash is sent as JSON; an array is the Operations of a PatchOp message; text is
# sent as it is. Header => undef leaves a header out. Nothing is repaired or retried, redirects are
# not followed, each request has a connection of its own.
#
#     my $r = $scim->raw("GET /scim/v2/Users HTTP/1.1\r\n\r\n");    # these bytes
#     my $r = $scim->raw($bytes, shut => 1);         # and no more: the sending side is closed
#     $r->interim                                     # statuses of 1xx responses before it
#
# Tokens that the shared server knows: $Scim::Client::token{full}, {read}, {users}, {expired},
# {other}.

use strict;
use warnings;

use Carp 'croak';
use Exporter 'import';
use HTTP::Tiny;
use IO::Socket::INET;
use JSON::PP ();

use Scim::Process 'patience';

our @EXPORT_OK = qw(true false null);

our %token = map { $_ => "shared-$_-0123456789abcdefghijklmnopqrstuvwxyz" }
    qw(full read users expired other);

sub true  { return JSON::PP::true }
sub false { return JSON::PP::false }
sub null  { return JSON::PP::null }

my $json = JSON::PP->new->utf8->canonical->allow_nonref;

sub new
{
    my ($class, %self) = @_;

    $self{token} = $token{full} unless exists $self{token};
    $self{base} //= ($ENV{SCIM_URL} // croak 'no shared server: run through t/TEST')
        . ($self{path} // '/scim/v2');
    $self{http} = Scim::Client::Once->new(
        agent        => 'scim-test',
        keep_alive   => 0,
        max_redirect => 0,
        timeout      => patience(),
        http_proxy   => undef,
        all_proxy    => undef,
    );
    return bless \%self, $class;
}

sub base  { return $_[0]{base} }
sub token { return $_[0]{token} }

sub get    { return shift->request(GET    => shift, undef, @_) }
sub head   { return shift->request(HEAD   => shift, undef, @_) }
sub post   { return shift->request(POST   => @_) }
sub put    { return shift->request(PUT    => @_) }
sub patch  { return shift->request(PATCH  => @_) }
sub delete { return shift->request(DELETE => shift, undef, @_) }

sub request
{
    my ($self, $method, $path, $body, %headers) = @_;

    my $url = $self->url($path, delete $headers{query});
    $body = { schemas => ['urn:ietf:params:scim:api:messages:2.0:PatchOp'], Operations => $body }
        if ref $body eq 'ARRAY';
    $body = $json->encode($body) if ref $body && ref $body ne 'CODE';

    my %send;
    $send{authorization}  = "Bearer $self->{token}" if defined $self->{token};
    $send{'content-type'} = 'application/scim+json' if defined $body;
    $send{ lc $_ } = $headers{$_} for keys %headers;
    delete @send{ grep { !defined $send{$_} } keys %send };

    # HTTP::Tiny adds a Content-Type of its own to every body
    return $self->untyped($method, $url, $body, \%send)
        if defined $body && !exists $send{'content-type'};

    my $r = $self->{http}->request($method, $url,
        { headers => \%send, defined $body ? (content => $body) : () });
    croak "$method $url: $r->{content}" if $r->{status} == 599;
    return Scim::Response->new($r->{status}, $r->{headers}, $r->{content});
}

sub url
{
    my ($self, $path, $query) = @_;

    my $url = $path =~ m{^https?://} ? $path : $self->{base} . $path;
    return $url unless $query;
    return $url . '?' . join '&', map { escape($_) . '=' . escape($query->{$_}) } sort keys %$query;
}

sub escape
{
    my ($text) = @_;

    utf8::encode($text);
    $text =~ s/([^A-Za-z0-9\-._~])/sprintf '%%%02X', ord $1/ge;
    return $text;
}

sub untyped
{
    my ($self, $method, $url, $body, $headers) = @_;

    my ($host, $path) = $url =~ m{^http://([^/]+)(.*)} or croak "no URL: $url";
    my $head = join '', map { "$_: $headers->{$_}\r\n" } sort keys %$headers;
    my $length = length $body;
    return $self->raw("$method $path HTTP/1.1\r\nHost: $host\r\nConnection: close\r\n$head"
            . "Content-Length: $length\r\n\r\n$body");
}

# A connection to the server, for tests that talk by themselves.
sub connect
{
    my ($self) = @_;

    my ($address) = $self->{base} =~ m{^http://([^/]+)} or croak "no URL: $self->{base}";
    return IO::Socket::INET->new(PeerAddr => $address, Timeout => patience())
        // croak "$address: $@";
}

sub raw
{
    my ($self, $bytes, %how) = @_;

    my $socket = $self->connect;
    local $SIG{PIPE} = 'IGNORE';
    local $SIG{ALRM} = sub { croak 'no complete response in time' };
    alarm patience();
    print $socket $bytes;
    $socket->flush;
    $socket->shutdown(1) if $how{shut};
    my $response = Scim::Response->receive($socket, $bytes =~ /^HEAD /);
    alarm 0;
    return $response;
}

package Scim::Client::Once;

# HTTP::Tiny repeats GET, PUT, DELETE when the connection ends too early: it knows that by how the
# error begins.

use parent -norequire, 'HTTP::Tiny';

sub _request
{
    my ($self, @what) = @_;

    my $response = eval { $self->SUPER::_request(@what) };
    die ref $@ ? $@ : "No response: $@" if $@;
    return $response;
}

package Scim::Response;

use Carp 'croak';

sub new
{
    my ($class, $code, $headers, $text, @interim) = @_;
    return bless {
        code    => $code,
        headers => $headers,
        text    => $text // '',
        interim => \@interim,
    }, $class;
}

sub code    { return $_[0]{code} }
sub text    { return $_[0]{text} }
sub headers { return $_[0]{headers} }
sub interim { return @{ $_[0]{interim} } }

# A header's value; several of the same name joined by ", ".
sub header
{
    my ($self, $name) = @_;
    my $value = $self->{headers}{ lc $name };
    return ref $value ? join ', ', @$value : $value;
}

sub json
{
    my ($self) = @_;

    return $self->{json} //= eval { $json->decode($self->{text}) }
        // croak "no JSON in this response: $self->{code} " . substr $self->{text}, 0, 500;
}

# Of an error message, '' when it is none.
sub detail
{
    my ($self) = @_;
    my $data = eval { $self->json };
    return ref $data eq 'HASH' ? $data->{detail} // '' : '';
}

# Reads one response; code 0 when the server closed the connection without one.
sub receive
{
    my ($class, $socket, $headless, @interim) = @_;

    my ($code) = (readline($socket) // '') =~ m{^HTTP/1\.[01] (\d{3})};
    return $class->new($code // 0, {}, '', @interim) unless $code;

    my %headers;
    while (defined(my $line = readline $socket)) {
        $line =~ /^([^:\s]+):\s*(.*?)\s*$/ or last;
        my $name = lc $1;
        $headers{$name} = exists $headers{$name} ? "$headers{$name}, $2" : $2;
    }
    return $class->receive($socket, $headless, @interim, $code) if $code < 200;
    return $class->new($code, \%headers, '', @interim) if $headless || $code =~ /^(204|304)$/;
    return $class->new($code, \%headers, body($socket, \%headers), @interim);
}

sub body
{
    my ($socket, $headers) = @_;
    my $text = '';

    if (($headers->{'transfer-encoding'} // '') =~ /chunked/i) {
        while ((readline($socket) // '') =~ /^([0-9a-f]+)/i and hex $1) {
            read $socket, $text, hex $1, length $text;
            readline $socket;
        }
        1 while (readline($socket) // '') =~ /\S/;    # trailers, and the line that ends them
    }
    elsif (defined $headers->{'content-length'}) {
        read $socket, $text, $headers->{'content-length'};
    }
    else {
        local $/;
        $text = readline($socket) // '';
    }
    return $text;
}

1;
