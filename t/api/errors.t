# Errors that httpd itself makes inside an endpoint reach the client as SCIM errors.

use strict;
use warnings;

use Digest::SHA 'sha256_hex';
use Test::More;
use Scim::Client;
use Scim::Server;

my $token  = $Scim::Client::token{full};
my $digest = sha256_hex($token);
my $error  = 'urn:ietf:params:scim:api:messages:2.0:Error';

sub location
{
    my ($path, @lines) = @_;
    return join "\n", "<Location \"$path/v2\">", 'SetHandler scim', 'ScimDirectory errors',
        "ScimBearerToken tester sha256:$digest", @lines, "</Location>\n";
}

my $server = Scim::Server->start(files => { "mime.types" => "" }, modules => [qw(reqtimeout deflate filter mime rewrite)], config => join '',
    "RequestReadTimeout body=1\nTypesConfig \@DIR\@/mime.types\n",
    "AddEncoding x-gzip .gz\n",
    location('/plain',    'Require all granted'),
    location('/denied',   'Require all denied'),
    location('/address',  'Require ip 192.0.2.1'),
    location('/basic',    'AuthType Basic', 'AuthName "the front door"', 'AuthUserFile "@DIR@/users"',
        'Require valid-user'),
    location('/small',    'LimitRequestBody 100', 'Require all granted'),
    location('/methods',  '<Limit DELETE>', 'Require all denied', '</Limit>'),
    location('/expr',     '<If "%{HTTP:X-Deny} == \'1\'">', 'Require all denied', '</If>', 'Require all granted'),
    location('/document', 'ErrorDocument 403 "our own words"', 'Require all denied'),
    location('/page',     'ErrorDocument 403 /page.html', 'Require all denied'),
    location('/default',  'ErrorDocument 403 default', 'Require all denied'),
    location('/moved',    'Redirect 307 https://example.com/v2', 'Require all granted'),
    location('/settled',  'Redirect 308 https://example.com/v2', 'Require all granted'),
    location('/gone',     'Redirect gone', 'Require all granted'),
    location('/rewritten', 'RewriteEngine on', 'RewriteRule . - [F]', 'Require all granted'),
    location('/deflated', 'SetOutputFilter DEFLATE', 'Require all denied'),
    location('/inflating', 'SetInputFilter DEFLATE', 'Require all granted'),
    location('/headers',  'Header always set X-Ours yes', 'Require all denied'),
    "<Location /elsewhere>\nRequire all denied\n</Location>\n",
    "<Directory \"\@DIR\@/htdocs\">\nAllowOverride All\n</Directory>\n",
    "<Files \"*\">\nHeader always set X-File yes\n</Files>\n",
    "Alias /plain/v2/Schemas \"\@DIR\@/htdocs\"\n",
    "ErrorDocument 404 \"lost\"\n",
);
$server->write('users', '');
$server->write('htdocs/page.html', 'a page of our own');

sub client { return Scim::Client->new(base => $server->base_url . "$_[0]/v2", token => $token) }

sub is_ours
{
    my ($r, $code, $name) = @_;

    subtest $name => sub {
        is $r->code, $code, 'status';
        is $r->header('Content-Type'), 'application/scim+json', 'media type';
        is $r->header('Content-Length'), length $r->text, 'length';
        is $r->header('Cache-Control'), 'no-store', 'not to be kept';
        is_deeply scalar eval { $r->json->{schemas} }, [$error], 'an Error message' or diag $r->text;
        is scalar eval { $r->json->{status} }, "$code", 'the status in it';
        like $r->detail, qr/^[A-Z].*\.$/, 'a sentence';
        unlike $r->text, qr/</, 'nothing of HTML';
    };
    return $r;
}

subtest 'access control in front' => sub {
    is_ours(client('/denied')->get('/Users'), 403, 'Require all denied');
    is_ours(client('/address')->get('/Users'), 403, 'Require ip');
    is_ours(client('/expr')->get('/Users', 'X-Deny' => '1'), 403, 'in <If>');
    is(client('/expr')->get('/Users')->code, 200, 'and not otherwise');
    is_ours(client('/methods')->delete('/Users'), 403, 'in <Limit>');
    my $r = is_ours(client('/basic')->get('/Users'), 401, 'AuthType Basic');
    is $r->header('WWW-Authenticate'), 'Basic realm="the front door"', 'its challenge stays';
    $r = client('/denied')->get('/Users', Accept => 'application/json');
    is $r->header('Content-Type'), 'application/json', 'Accept is heard';
    is(client('/denied')->get('/Nothing')->code, 403, 'whatever the path');
    is_ours(client('/denied')->post('/Users', { userName => 'ada' }), 403, 'POST');
    is(client('/headers')->get('/Users')->header('X-Ours'), 'yes', 'mod_headers adds to it');
    is_ours(client('/headers')->get('/Users'), 403, 'which changes nothing else');
};

subtest 'HEAD and keep-alive' => sub {
    my $head = client('/denied')->head('/Users');
    is $head->code, 403, 'HEAD: status';
    is $head->text, '', 'no body';
    is $head->header('Content-Type'), 'application/scim+json', 'media type';
    is $head->header('Content-Length'), length client('/denied')->get('/Users')->text, 'length';

    my $socket = client('/denied')->connect;
    my $end = "Host: x\r\nUser-Agent: test\r\nAuthorization: Bearer $token\r\n";
    print $socket "HEAD /denied/v2/Users HTTP/1.1\r\n$end\r\n",
        "GET /denied/v2/Users HTTP/1.1\r\n$end\r\n",
        "POST /basic/v2/Users HTTP/1.1\r\n${end}Content-Length: 2\r\n\r\n{}",
        "GET /plain/v2/Users HTTP/1.1\r\n${end}Connection: close\r\n\r\n";
    is(Scim::Response->receive($socket, 1)->code, 403, 'HEAD');
    is_ours(Scim::Response->receive($socket), 403, 'GET behind it');
    is_ours(Scim::Response->receive($socket), 401, 'POST behind that');
    is(Scim::Response->receive($socket)->code, 200, 'and a good one behind all');
};

subtest 'limits of httpd' => sub {
    my $small = client('/small');
    my $long  = { userName => 'errors-' . 'x' x 200 };
    is_ours($small->post('/Users', $long), 413, 'LimitRequestBody');
    my ($host) = $small->base =~ m{^http://([^/]+)};
    my $head = "POST /small/v2/Users HTTP/1.1\r\nHost: $host\r\nUser-Agent: test\r\n"
        . "Authorization: Bearer $token\r\n";
    my $chunk = sprintf "%x\r\n%s\r\n", 200, ' ' x 200;
    is_ours($small->raw("${head}Transfer-Encoding: chunked\r\n\r\n${chunk}0\r\n\r\n"), 413, 'in chunks');
    is_ours($small->raw("${head}Transfer-Encoding: chunked\r\n\r\nzz\r\n"), 400, 'a broken chunk');
    is_ours($small->raw("${head}Content-Length: 50\r\n\r\n{"), 408, 'a body that does not come');
    is $small->post('/Users', { userName => 'errors' })->code, 201, 'all is well';
};

subtest 'an ErrorDocument goes first' => sub {
    is(client('/document')->get('/Users')->text, 'our own words', 'text');
    is(client('/page')->get('/Users')->text, 'a page of our own', 'a page');
    is_ours(client('/default')->get('/Users'), 403, 'none, explicitly');
    is_ours(client('/plain')->get('/Nothing'), 404, 'but our own errors are ours');
};

subtest 'other modules' => sub {
    my $r = client('/moved')->get('/Users');
    is $r->code, 307, 'a redirect stays one';
    is $r->header('Location'), 'https://example.com/v2', 'with its Location';
    like $r->header('Content-Type'), qr{^text/html}, 'and its words';
    $r = client('/settled')->get('/Users');
    is_deeply [$r->code, $r->header('Location')], [308, 'https://example.com/v2'], 'one for good, too';
    is_ours(client('/gone')->get('/Users'), 410, 'Redirect gone');
    is_ours(client('/rewritten')->get('/Users'), 403, 'RewriteRule [F]');
    is_ours(client('/deflated')->get('/Users', 'Accept-Encoding' => 'gzip'), 403,
        'an output filter of the Location');

    require Compress::Zlib;
    my $body = Compress::Zlib::memGzip('{"userName":"errors-gzip"}');
    is(client('/inflating')->post('/Users', $body, 'Content-Encoding' => 'gzip')->code, 201,
        'an input filter that inflates');
    $body = Compress::Zlib::memGzip(join '', map { chr 32 + rand 64 } 1 .. 1_200_000);
    is_ours(client('/inflating')->post('/Users', $body, 'Content-Encoding' => 'gzip'), 413,
        'what it makes of a small body is limited');
    is_ours(client('/inflating')->post('/Users', 'not gzip', 'Content-Encoding' => 'gzip'), 400,
        'broken compression');
};

subtest 'outside' => sub {
    my $r = Scim::Client->new(base => $server->base_url, token => undef)->get('/elsewhere');
    is $r->code, 403, 'another Location';
    like $r->header('Content-Type'), qr{^text/html}, 'has the errors of httpd';
    is(client('')->get('/x')->text, 'lost', 'or its ErrorDocument');
};

subtest 'the file system is not looked at' => sub {
    mkdir $server->dir . "/htdocs/$_" for qw(plain plain/v2 plain/v2/Users);
    $server->write('htdocs/plain/v2/Users/index.html', 'a trap');
    $server->write('htdocs/plain/v2/.htaccess', 'Nonsense');
    my $r = client('/plain')->get('/Users');
    is $r->code, 200, 'a directory of the same name';
    is $r->header('Content-Type'), 'application/scim+json', 'is not served';
    is(client('/plain')->get('/Users/')->code, 200, 'nor redirected to');
    is $r->header('X-File'), undef, 'nor is there a file for <Files>';
    is(client('/plain')->get('/Schemas')->code, 200, 'an Alias over it does not matter');
    is(client('/plain')->get('/Users/x.gz')->header('Content-Encoding'), undef,
        'what looks like a file extension is none');
};

is scalar(() = $server->error_log =~ /\[(?:emerg|alert|crit|error)\]|:error\] .*SCIM/g), 0,
    'nothing in the log is an error of ours' or diag $server->error_log;

done_testing;
