package Scim::OpenID;

# A small OpenID provider on a port of 127.0.0.1: whoever has its cookie is logged in, and sent back
# at once. It asks for no password and remembers nothing.
#
#     my $provider = Scim::OpenID->start;
#     $provider->issuer                 http://127.0.0.1:PORT; metadata is where it belongs below that
#     $provider->configuration          lines for mod_auth_openidc, without OIDCRedirectURI
#     $provider->stop                   a process of its own, gone with the object
#
#     my $browser = $provider->browser('ada');     has the cookie of ada, whose mail address is
#                                                  ada@example.com; undef: of nobody
#     my $r = $browser->get($url, %headers);       a Scim::Response; follows redirects, keeps cookies
#     $browser->visited                            the URLs of this, without their queries
#
# Tokens are signed with the client's secret (HS256).

use strict;
use warnings;

use Carp 'croak';
use Digest::SHA 'hmac_sha256';
use IO::Select;
use IO::Socket::INET;
use JSON::PP ();
use MIME::Base64 qw(encode_base64url decode_base64url);
use POSIX ();

use Scim::Client;
use Scim::Process;

my $json   = JSON::PP->new->utf8->canonical;
my $secret = 'a secret of the provider and the one client that it has';

sub start
{
    my ($class) = @_;
    my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => Scim::Process::free_port(),
        Listen => 16, ReuseAddr => 1) // croak "no provider: $!";
    my $self = bless { issuer => 'http://127.0.0.1:' . $listener->sockport, owner => $$ }, $class;

    pipe my $waiting, $self->{held} or croak "pipe: $!";
    $self->{pid} = fork // croak "fork: $!";
    return $self if $self->{pid};
    close $self->{held};
    eval { $self->serve($listener, $waiting) };
    print STDERR "Scim::OpenID: $@" if $@;
    POSIX::_exit($@ ? 1 : 0);
}

sub issuer { return $_[0]{issuer} }

sub configuration
{
    my ($self) = @_;
    return <<"END";
OIDCProviderMetadataURL "$self->{issuer}/.well-known/openid-configuration"
OIDCClientID people
OIDCClientSecret "$secret"
OIDCIDTokenSignedResponseAlg HS256
OIDCCryptoPassphrase "for the tests alone"
OIDCScope "openid email"
END
}

sub browser { my ($self, $name) = @_; return Scim::OpenID::Browser->new($self->{issuer}, $name) }

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

my %pages = (
    '/.well-known/openid-configuration' => \&metadata,
    '/authorize'                        => \&authorize,
    '/token'                            => \&token,
    '/userinfo'                         => \&userinfo,
    '/jwks'                             => sub { return { keys => [] } },
);

# Until who started it is gone.
sub serve
{
    my ($self, $listener, $waiting) = @_;
    my $select = IO::Select->new($listener, $waiting);

    local $SIG{PIPE} = 'IGNORE';
    while (1) {
        for my $ready ($select->can_read) {
            return if $ready == $waiting;
            my $client = $listener->accept // next;
            $self->answer($client);
            close $client;
        }
    }
}

# A page gives the data to be shown, or text: where to go from here.
sub answer
{
    my ($self, $client) = @_;
    my ($path, $request) = read_request($client) or return;
    my $page   = $pages{$path};
    my $answer = $page ? $page->($self, $request) : undef;
    my $goes   = defined $answer && !ref $answer;
    my $body   = $goes ? '' : $json->encode($answer // { error => 'invalid_request' });

    print {$client} join "\r\n", 'HTTP/1.1 ' . ($goes ? '302 Found' : $answer ? '200 OK' : '400 Bad Request'),
        $goes ? "Location: $answer" : 'Content-Type: application/json', 'Content-Length: ' . length $body,
        'Connection: close', '', $body;
    $client->flush;
}

# The path, and what was sent: headers by their names in lower case, parameters of query and body.
sub read_request
{
    my ($client) = @_;
    my ($path, $query) = (readline($client) // '') =~ m{^\w+ ([^ ?]+)\??(\S*)} or return;
    my (%header, $body);

    while (defined(my $line = readline $client)) {
        $line =~ /^([^:\s]+):\s*(.*?)\s*$/ or last;
        $header{ lc $1 } = $2;
    }
    read $client, $body, $header{'content-length'} if $header{'content-length'};
    return ($path, { header => \%header, map { parameter($_) } split /&/, join '&', $query, $body // () });
}

sub parameter
{
    my ($name, $value) = split /=/, $_[0], 2;

    return unless defined $value;
    $value =~ tr/+/ /;
    $value =~ s/%([0-9a-f]{2})/chr hex $1/gie;
    return ($name => $value);
}

# ---- what it says -----------------------------------------------------------------------------

sub metadata
{
    my ($self) = @_;
    my $issuer = $self->{issuer};

    return {
        issuer                                => $issuer,
        authorization_endpoint                => "$issuer/authorize",
        token_endpoint                        => "$issuer/token",
        userinfo_endpoint                     => "$issuer/userinfo",
        jwks_uri                              => "$issuer/jwks",
        response_types_supported              => ['code'],
        subject_types_supported               => ['public'],
        id_token_signing_alg_values_supported => ['HS256'],
        token_endpoint_auth_methods_supported => ['client_secret_basic'],
        scopes_supported                      => [qw(openid email)],
    };
}

# The code says who it is, and is the access token later.
sub authorize
{
    my ($self, $request) = @_;
    my ($name) = ($request->{header}{cookie} // '') =~ /\bwho=([^;\s]+)/ or return;
    my $code = encode_base64url($json->encode({ name => $name, nonce => $request->{nonce}, time => time }));

    return "$request->{redirect_uri}?code=$code&state=" . Scim::Client::escape($request->{state});
}

sub token
{
    my ($self, $request) = @_;
    my $login = said($request->{code}) or return;

    return {
        access_token => $request->{code},
        token_type   => 'Bearer',
        expires_in   => 3600,
        id_token     => signed({
            iss => $self->{issuer}, aud => 'people', sub => $login->{name}, nonce => $login->{nonce},
            iat => time, exp => time + 3600, auth_time => $login->{time},
        }),
    };
}

sub userinfo
{
    my ($self, $request) = @_;
    my ($token) = ($request->{header}{authorization} // '') =~ /^Bearer (\S+)/ or return;
    my $login = said($token) or return;

    return { sub => $login->{name}, email => "$login->{name}\@example.com" };
}

sub said { my ($code) = @_; return eval { $json->decode(decode_base64url($code)) } }

sub signed
{
    my ($claims) = @_;
    my $text = join '.', map { encode_base64url($json->encode($_)) } { alg => 'HS256', typ => 'JWT' }, $claims;

    return $text . '.' . encode_base64url(hmac_sha256($text, $secret));
}

package Scim::OpenID::Browser;

use Carp 'croak';

sub new
{
    my ($class, $issuer, $name) = @_;
    my ($host) = $issuer =~ m{^http://(.*)};

    return bless { cookies => { defined $name ? ($host => { who => $name }) : () },
        web => Scim::Client->new(base => '', token => undef) }, $class;
}

sub visited { my ($self) = @_; return @{ $self->{visited} } }

sub get
{
    my ($self, $url, %headers) = @_;

    $self->{visited} = [];
    for (1 .. 10) {
        my ($origin, $host, $path) = $url =~ m{^(http://([^/]+))([^?]*)} or croak "no URL: $url";
        my $r = $self->{web}->get($url, Accept => 'text/html', Cookie => $self->cookies($host), %headers);
        push @{ $self->{visited} }, "$origin$path";
        $self->keep($host, $r);
        return $r if $r->code !~ /^30[1237]$/;
        $url = $r->header('Location');
        $url = "$origin$url" if $url =~ m{^/};
    }
    croak "no end of redirects: $url";
}

# All of a host and its port, whatever their paths.
sub cookies
{
    my ($self, $host) = @_;
    my $all = $self->{cookies}{$host} || {};

    return join('; ', map { "$_=$all->{$_}" } sort keys %$all) || undef;
}

sub keep
{
    my ($self, $host, $r) = @_;
    my $set = $r->headers->{'set-cookie'} // return;

    for my $line (ref $set ? @$set : $set) {
        my ($name, $value) = $line =~ /^([^=;\s]+)=([^;]*)/ or next;
        my $ends = $line =~ /;\s*expires=[^;]*\b1970\b/i;
        $ends ? delete $self->{cookies}{$host}{$name} : ($self->{cookies}{$host}{$name} = $value);
    }
}

1;
