# Who may use an endpoint: bearer tokens and their scopes.

use strict;
use warnings;

use Digest::SHA 'sha256_hex';
use Test::More;
use Scim::Client;
use Scim::Server;

my $nobody = '0190b0e0-0000-7000-8000-000000000000';
my $scim   = Scim::Client->new;
my $token  = $scim->token;
my ($host) = $scim->base =~ m{^http://([^/]+)};

sub ask
{
    my ($headers, $path) = @_;

    $path //= '/scim/v2/ServiceProviderConfig';
    return $scim->raw("GET $path HTTP/1.1\r\nHost: $host\r\nConnection: close\r\n$headers\r\n");
}

sub refused
{
    my ($r, $challenge, $name) = @_;

    subtest $name => sub {
        is $r->code, 401, 'status';
        is $r->header('WWW-Authenticate'), $challenge, 'challenge';
        is $r->json->{status}, '401', 'a SCIM error';
        unlike $r->text, qr/\Q$token\E/, 'that does not repeat the token';
    };
}

subtest 'the header' => sub {
    my $none    = 'Bearer realm="SCIM"';
    my $invalid = 'Bearer realm="SCIM", error="invalid_token"';

    for my $header ("Authorization: Bearer $token", "authorization: bearer $token",
        "AUTHORIZATION:BEARER $token", "Authorization:  Bearer    $token  ")
    {
        is ask("$header\r\n")->code, 200, "'$header'";
    }
    my %no_token = (
        'no header'              => '',
        'an empty header'        => "Authorization:\r\n",
        'another scheme'         => "Authorization: Basic dGVzdGVyOng=\r\n",
        'a token without scheme' => "Authorization: $token\r\n",
        'a longer scheme'        => "Authorization: Bearers $token\r\n",
        'a scheme without token' => "Authorization: Bearer\r\n",
        'blanks for a token'     => "Authorization: Bearer   \r\n",
        'another header'         => "X-Authorization: Bearer $token\r\n",
        'a proxy header'         => "Proxy-Authorization: Bearer $token\r\n",
        'a cookie'               => "Cookie: access_token=$token\r\n",
    );
    refused(ask($no_token{$_}), $none, $_) for sort keys %no_token;
    my %bad = (
        'an unknown token'       => "Authorization: Bearer wrong\r\n",
        'the beginning of one'   => 'Authorization: Bearer ' . substr($token, 0, -1) . "\r\n",
        'more than one'          => "Authorization: Bearer ${token}x\r\n",
        'padding'                => "Authorization: Bearer ${token}=\r\n",
        'another case'           => 'Authorization: Bearer ' . uc($token) . "\r\n",
        'two headers'            => "Authorization: Bearer $token\r\n" x 2,
        'a second scheme'        => "Authorization: Bearer $token\r\nAuthorization: Basic eDp4\r\n",
        'two tokens'             => "Authorization: Bearer $token $token\r\n",
        'a list'                 => "Authorization: Bearer $token, Bearer $token\r\n",
        'a comma'                => "Authorization: Bearer $token,\r\n",
        'quotes'                 => "Authorization: Bearer \"$token\"\r\n",
        'bytes beyond ASCII'     => "Authorization: Bearer \xc3\xa9\r\n",
        'a very long one'        => 'Authorization: Bearer ' . ('a' x 8000) . "\r\n",
        'the digest of it'       => 'Authorization: Bearer sha256:' . ('0' x 64) . "\r\n",
        'a token of another endpoint' => "Authorization: Bearer $Scim::Client::token{other}\r\n",
    );
    refused(ask($bad{$_}), $invalid, $_) for sort keys %bad;
};

subtest 'elsewhere in the request' => sub {
    is ask('', "/scim/v2/Users?access_token=$token")->code, 401, 'in the query string';
    is ask("Authorization: Bearer wrong\r\n", "/scim/v2/Users?access_token=$token")->code, 401,
        'beside a wrong one';
    is ask("Authorization: Bearer $token\r\n", '/scim/v2/Users?access_token=wrong')->code, 200,
        'a parameter that nobody looks at';
    my $r = Scim::Client->new(token => undef)->post('/Users', "access_token=$token",
        'Content-Type' => 'application/x-www-form-urlencoded');
    is $r->code, 401, 'in a form';
};

subtest 'nothing is told before' => sub {
    my $stranger = Scim::Client->new(token => 'wrong');
    is $stranger->get($_)->code, 401, "GET $_"
        for '/Users', "/Users/$nobody", '/Users/x', '/Nothing', '/Schemas', '/Me', '/';
    is $stranger->request($_, '/Users')->code, 401, $_ for qw(HEAD PUT DELETE OPTIONS BREW);
    is $stranger->post('/Users', 'not JSON', 'Content-Type' => 'text/plain')->code, 401,
        'nor is the body looked at';
};

subtest 'an endpoint without a token' => sub {
    for my $try (undef, $token, '', 'x') {
        my $r = Scim::Client->new(path => '/closed/v2', token => $try)->get('/Users');
        is $r->code, 401, 'refuses ' . ($try // 'everybody');
        is $r->header('WWW-Authenticate'), 'Bearer realm="SCIM"', 'challenge';
    }
};

subtest 'several tokens' => sub {
    my %other = map { $_ => Scim::Client->new(path => '/other/v2', token => $Scim::Client::token{$_}) }
        qw(full other read);
    is $other{full}->get('/Users')->code, 200, 'the first';
    is $other{other}->get('/Users')->code, 200, 'the second';
    is $other{read}->get('/Users')->code, 401, 'a third, of another endpoint';
};

subtest 'a digest that differs in one digit' => sub {
    my @almost = map { my $digest = sha256_hex($token); substr($digest, $_, 1) =~ tr/0-9a-f/1-9a-f0/; $digest }
        0, 31, 32, 63;
    my $server = Scim::Server->start(config => join '', map { <<"END" } 0 .. $#almost);
<Location "/scim$_/v2">
    SetHandler scim
    ScimBearerToken almost sha256:$almost[$_]
    Require all granted
</Location>
END
    is $server->client(token => $token, path => "/scim$_/v2")->get('/Schemas')->code, 401, $almost[$_]
        for 0 .. $#almost;
};

subtest 'a token that has expired' => sub {
    my $r = Scim::Client->new(path => '/scopes/v2', token => $Scim::Client::token{expired})->get('/Users');
    refused($r, 'Bearer realm="SCIM", error="invalid_token"', 'is refused');
    like $r->detail, qr/expired/, 'and told why';
};

subtest 'scopes' => sub {
    my $reader = Scim::Client->new(path => '/scopes/v2', token => $Scim::Client::token{read});
    my $people = Scim::Client->new(path => '/scopes/v2', token => $Scim::Client::token{users});

    is $_->get('/Users')->code, 200, 'both may list' for $reader, $people;
    is $_->get("/Users/$nobody")->code, 404, 'both may read' for $reader, $people;
    is $_->get('/Schemas')->code, 200, 'both may discover' for $reader, $people;
    is $_->request('OPTIONS', '/Users')->code, 204, 'both may ask' for $reader, $people;

    my @writes = (['POST', '/Users', {}], map { [$_, "/Users/$nobody", {}] } qw(PUT PATCH DELETE));
    for (@writes) {
        my ($method, $path, $body) = @$_;
        my $r = $reader->request($method, $path, $body);
        is $r->code, 403, "reading does not include $method";
        is $r->header('WWW-Authenticate'),
            'Bearer realm="SCIM", error="insufficient_scope", scope="write users"', 'challenge';
        like $r->detail, qr/scope write users/, 'the scope is named';
        isnt $people->request($method, $path, $body)->code, 403, "writing includes $method";
    }
    is $reader->request('PUT', '/Users')->code, 405, 'what nobody may is 405';
};

done_testing;
