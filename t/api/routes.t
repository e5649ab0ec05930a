# Paths and methods: what is where, what may be done there, and how a client is told otherwise.

use strict;
use warnings;

use Test::More;
use Scim::Client;

my $scim    = Scim::Client->new;
my $nobody  = '0190b0e0-0000-7000-8000-000000000000';
my $error   = 'urn:ietf:params:scim:api:messages:2.0:Error';
my $user    = 'urn:ietf:params:scim:schemas:core:2.0:User';
my ($host)  = $scim->base =~ m{^http://([^/]+)};
my $headers = "Host: $host\r\nAuthorization: Bearer " . $scim->token . "\r\n";

sub is_error
{
    my ($r, $code, $name) = @_;

    subtest $name => sub {
        is $r->code, $code, 'status';
        is $r->header('Content-Type'), 'application/scim+json', 'media type';
        is $r->header('Cache-Control'), 'no-store', 'not to be kept';
        is_deeply $r->json->{schemas}, [$error], 'an Error message';
        is $r->json->{status}, "$code", 'the status in it';
        ok !ref $r->json->{status} && $r->text =~ /"status":"/, 'as a string';
        like $r->detail, qr/^[A-Z\/].*\.$/, 'a sentence';
    };
    return $r;
}

subtest 'paths' => sub {
    my %status = (
        '/Users'                 => 200,
        '/Users/'                => 200,
        '//Users//'              => 200,
        '/./Users'               => 200,
        '/x/../Users'            => 200,
        '/%55sers'               => 200,
        '/Users?'                => 200,
        '/Users?&'               => 200,
        "/Users/$nobody"         => 404,
        "/Users/$nobody/"        => 404,
        "/Users/$nobody/x"       => 404,
        '/ServiceProviderConfig' => 200,
        '/ServiceProviderConfig/'   => 200,
        '/ServiceProviderConfig/x'  => 404,
        '/ResourceTypes'         => 200,
        '/ResourceTypes/User'    => 200,
        '/ResourceTypes/Nobody'  => 404,
        '/Schemas'               => 200,
        "/Schemas/$user"         => 200,
        "/Schemas/$user/x"       => 404,
        '/Schemas/x.gz'          => 404,
        ''                       => 200,
        '/'                      => 200,
        '/users'                 => 404,
        '/User'                  => 404,
        '/Usersx'                => 404,
        '/Nothing'               => 404,
        '/Nothing/.search'       => 404,
        '/Me'                    => 501,
        '/Bulk'                  => 405,
        '/.search'               => 405,
        '/Users/.search'         => 405,
        "/Users/$nobody/.search" => 404,
        '/Schemas/.search'       => 404,
    );
    for my $path (sort keys %status) {
        my $r = $scim->get($path);
        is $r->code, $status{$path}, "GET $path" or diag $r->text;
        is_error($r, $status{$path}, "GET $path: the error") if $status{$path} >= 400;
    }
    my $r = $scim->get('/Nothing');
    like $r->detail, qr{'/Nothing'}, 'the error names the path';
    is $r->header('Content-Encoding'), undef, 'no coding guessed from a path';
    is $scim->get('/Schemas/x.gz')->header('Content-Encoding'), undef, 'not even from this one';

    my ($top) = $scim->base =~ m{^(http://[^/]+)};
    is $scim->get("$top/scim/v2x/Users")->code, 404, 'a longer name is another place';
    unlike $scim->get("$top/scim/v2x/Users")->text, qr/\Q$error\E/, 'that is not ours';
};

subtest 'ids that cannot be ours' => sub {
    for my $id ('1', 'x', uc $nobody, "{$nobody}", "${nobody}0", substr($nobody, 1), "urn:uuid:$nobody",
        '..%2e', "$nobody%00", '%C3%A9', "$nobody'--", 'a' x 4000)
    {
        my $r = $scim->get("/Users/$id");
        is $r->code, 404, 'GET ' . substr $id, 0, 50;
        is $scim->delete("/Users/$id")->code, 404, 'DELETE ' . substr $id, 0, 50;
    }
    like $scim->get('/Users/x')->detail, qr/User with the id 'x'/, 'the error names it';
};

subtest 'methods' => sub {
    my $many = 'GET, HEAD, POST, OPTIONS';
    my $one  = 'GET, HEAD, PUT, PATCH, DELETE, OPTIONS';
    my $read = 'GET, HEAD, OPTIONS';
    my $post = 'POST, OPTIONS';
    my %allow = (
        '/Users'                 => $many,
        "/Users/$nobody"         => $one,
        '/.search'               => $post,
        '/Users/.search'         => $post,
        '/Bulk'                  => $post,
        '/'                      => $read,
        '/ServiceProviderConfig' => $read,
        '/ResourceTypes'         => $read,
        '/ResourceTypes/User'    => $read,
        '/Schemas'               => $read,
        "/Schemas/$user"         => $read,
    );
    for my $path (sort keys %allow) {
        for my $method (qw(POST PUT PATCH DELETE LOCK MKCOL PROPFIND)) {
            next if $allow{$path} =~ /\b$method\b/;
            my $r = is_error($scim->request($method, $path), 405, "$method $path");
            is $r->header('Allow'), $allow{$path}, 'Allow';
            like $r->detail, qr/$method.*\Q$allow{$path}\E/, 'the error names both';
        }
        my $r = is_error($scim->request('BREW', $path), 501, "a method that nobody knows on $path");
        is $r->header('Allow'), $allow{$path}, 'Allow';
        is_error($scim->request('get', $path), 501, 'methods have a case');

        $r = $scim->request('OPTIONS', $path);
        is $r->code, 204, "OPTIONS $path";
        is $r->header('Allow'), $allow{$path}, 'Allow';
        is $r->header($_), undef, "no $_" for 'Content-Type', 'Content-Length', 'Transfer-Encoding';
    }
    is_error($scim->request('OPTIONS', '/Nothing'), 404, 'OPTIONS of nothing');
    is_error($scim->request('PUT', '/Nothing'), 404, 'PUT to nothing');
    is $scim->get('/Nothing')->header('Allow'), undef, 'no Allow without a path';
    is $scim->get("/Users/$nobody")->header('Allow'), undef, 'no Allow for a missing resource';

    my $r = Scim::Client->new(token => undef)->request('OPTIONS', '/Users');
    is $r->code, 401, 'OPTIONS needs a token';
    is $r->header('Allow'), undef, 'and says nothing without';
};

subtest 'methods that are not offered yet' => sub {
    for my $path (qw(/Me)) {
        for my $method (qw(GET POST PUT PATCH DELETE OPTIONS)) {
            my $r = $scim->request($method, $path, $method =~ /^P/ ? {} : undef);
            is_error($r, 501, "$method $path");
        }
    }
};

subtest 'method override headers' => sub {
    for my $header (qw(X-HTTP-Method-Override X-HTTP-Method X-Method-Override)) {
        is $scim->post("/Users/$nobody", {}, $header => 'PATCH')->code, 405, "$header: PATCH";
        is $scim->get("/Users/$nobody", $header => 'DELETE')->code, 404, "$header: DELETE";
    }
};

subtest 'HEAD' => sub {
    for my $path ('/Users', '/Schemas', '/ServiceProviderConfig', "/Users/$nobody", '/Nothing', '/Me') {
        my ($get, $head) = ($scim->get($path), $scim->head($path));
        is $head->code, $get->code, "HEAD $path: status";
        is $head->text, '', 'no body';
        is $head->header($_), $get->header($_), $_
            for qw(Content-Length Content-Type ETag Location Cache-Control Allow);
    }
    my $socket = $scim->connect;
    print $socket "HEAD /scim/v2/Users HTTP/1.1\r\n$headers\r\n",
        "HEAD /scim/v2/Nothing HTTP/1.1\r\n$headers\r\n",
        "GET /scim/v2/Users HTTP/1.1\r\n${headers}Connection: close\r\n\r\n";
    is(Scim::Response->receive($socket, 1)->code, 200, 'first on a connection');
    is(Scim::Response->receive($socket, 1)->code, 404, 'second');
    is(Scim::Response->receive($socket)->json->{startIndex}, 1, 'third, with its body');
};

subtest 'only what works is advertised' => sub {
    my $types = $scim->get('/ResourceTypes')->json->{Resources};
    for my $type (@$types) {
        is $scim->get($type->{endpoint})->code, 200, "$type->{endpoint} works";
    }
    my %listed = map { $_->{endpoint} => 1 } @$types;
    ok $listed{'/Users'}, 'Users are listed';
    for my $endpoint (qw(/Users /Groups)) {
        is $scim->get($endpoint)->code, $listed{$endpoint} ? 200 : 404, "$endpoint: as listed";
    }
};

done_testing;
