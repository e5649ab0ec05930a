# The absolute URLs in replies, and where they come from.

use strict;
use warnings;

use Digest::SHA 'sha256_hex';
use Test::More;
use Scim::Client;
use Scim::Server;

my $token   = $Scim::Client::token{full};
my $secret  = 'sha256:' . sha256_hex($token);
my $schemas = ['urn:ietf:params:scim:schemas:core:2.0:User'];

sub location
{
    my ($path, @lines) = @_;
    return join "\n", "<Location \"$path\">", 'SetHandler scim', 'ScimDirectory urls',
        "ScimBearerToken tester $secret", 'Require all granted', @lines, "</Location>\n";
}

my $server = Scim::Server->start(config => join '',
    "ServerName scim.example.org:8443\n",
    location('/scim/v2'),
    location('/behind/v2', 'ScimBaseURL https://id.example.com/prefix/v2/'),
    location('/canonical', 'UseCanonicalName On'),
    location('/trailing/'),
    location("/a b/\xc3\xa9"));

my $top  = $server->base_url;
my $port = $server->port;

# The URLs in the replies to a create and to reads of what it made.
sub urls_of
{
    my ($path, %headers) = @_;

    my $scim = Scim::Client->new(base => "$top$path", token => $token);
    my $r = $scim->post('/Users', { schemas => $schemas, userName => "urls-$path-" . join('', %headers) },
        %headers);
    is $r->code, 201, "create at $path" or diag $r->text;
    my $id = $r->json->{id};
    my %urls = ($r->header('Location') => 1, $r->header('Content-Location') => 1,
        $r->json->{meta}{location} => 1);
    $r = $scim->get("/Users/$id", %headers);
    $urls{ $r->header('Content-Location') } = $urls{ $r->json->{meta}{location} } = 1;
    $r = $scim->put("/Users/$id", { schemas => $schemas, userName => 'urls-' . $id }, %headers);
    $urls{ $r->header('Content-Location') } = $urls{ $r->json->{meta}{location} } = 1;
    $r = $scim->get('/Users', %headers, query => { filter => "id eq \"$id\"" });
    $urls{ $r->json->{Resources}[0]{meta}{location} } = 1;
    $scim->delete("/Users/$id");
    return join ' ', map { s{/Users/\Q$id\E$}{}r } sort keys %urls;
}

is urls_of('/scim/v2'), "$top/scim/v2", 'the address that was asked';
is urls_of('/behind/v2'), 'https://id.example.com/prefix/v2', 'ScimBaseURL';
is urls_of('/trailing'), "$top/trailing", 'no slash twice';
is urls_of('/a%20b/%C3%A9'), "$top/a%20b/%c3%a9", 'a path that needs escapes';

my %forwarded = (
    'X-Forwarded-Host'   => 'evil.example',
    'X-Forwarded-Proto'  => 'https',
    'X-Forwarded-Port'   => '666',
    'X-Forwarded-Prefix' => '/evil',
    'X-Original-URL'     => '/evil',
    'X-Rewrite-URL'      => '/evil',
    Forwarded            => 'host=evil.example;proto=https',
);
is urls_of('/scim/v2', %forwarded), "$top/scim/v2", 'forwarded headers are nothing to go by';

my $config = 'ServiceProviderConfig';

sub raw_location
{
    my ($uri, $version, @host) = @_;

    my $r = $server->client($token)->raw(join "\r\n", "GET $uri HTTP/$version", @host,
        'Connection: close', "Authorization: Bearer $token", '', '');
    return $r->code == 200 ? $r->json->{meta}{location} : $r->code;
}

is raw_location("/scim/v2/$config", '1.1', 'Host: Example.NET:81'), "http://example.net:81/scim/v2/$config",
    'the name that was asked';
is raw_location("/scim/v2/$config", '1.1', 'Host: [::1]:8000'), "http://[::1]:8000/scim/v2/$config", 'an address';
is raw_location("/canonical/$config", '1.1', 'Host: example.net'),
    "http://scim.example.org:8443/canonical/$config", 'the name of the server, if UseCanonicalName says so';
is raw_location("http://absolute.example:82/scim/v2/$config", '1.1', 'Host: other'),
    "http://absolute.example:82/scim/v2/$config", 'a request for an absolute URL';
is raw_location("/scim/v2/$config", '1.0'), "http://scim.example.org:8443/scim/v2/$config", 'no Host at all';
is raw_location("/scim/v2/$config", '1.1', "Host: $_"), 400, "Host: $_ is none"
    for 'a b', 'a/b', 'a@b', "a\tb", 'a:b', '"';

for my $type (qw(/ResourceTypes /Schemas)) {
    my $scim = Scim::Client->new(base => "$top/behind/v2", token => $token);
    for (@{ $scim->get($type)->json->{Resources} }) {
        is $_->{meta}{location}, "https://id.example.com/prefix/v2$type/$_->{id}", "$type: $_->{name}";
    }
}

done_testing;
