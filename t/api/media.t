# Media types: what is asked for, what is sent, and in which coding.

use strict;
use warnings;

use Compress::Zlib 'memGzip';
use Test::More;
use Scim::Client;

my $scim     = Scim::Client->new;
my $onelogin = Scim::Client->new(path => '/onelogin/v2');
my ($s, $j)  = ('application/scim+json', 'application/json');
my ($host)   = $scim->base =~ m{^http://([^/]+)};

subtest 'Accept' => sub {
    my @cases = (
        # Accept                                            type, and of the onelogin dialect
        [undef,                                             $s, $j],
        ['',                                                $s, $j],
        ['*/*',                                             $s, $j],
        ['application/*',                                   $s, $j],
        [$s,                                                $s, $s],
        [$j,                                                $j, $j],
        ["$j, $s;q=0.9",                                    $j, $j],
        ["$j;q=0.5, $s",                                    $s, $s],
        ["$j;q=0.5, */*",                                   $s, $s],
        ["$s;q=0, */*",                                     $j, $j],
        ['application/json; charset=utf-8',                 $j, $j],
        ['text/html',                                       $s, $j],
        ['text/html,application/xhtml+xml,*/*;q=0.8',       $s, $j],
        ['nonsense;;;===,,"',                               $s, $j],
    );
    for (@cases) {
        my ($accept, $type, $plain) = @$_;
        my $name = 'Accept: ' . ($accept // '(none)');
        my %send = ('User-Agent' => 'test', Accept => $accept);
        is $scim->get('/Users', %send)->header('Content-Type'), $type, $name;
        is $scim->get('/Nothing', %send)->header('Content-Type'), $type, "$name, an error";
        is $onelogin->get('/Users', %send)->header('Content-Type'), $plain, "$name, onelogin";
    }
    is $scim->get('/Users')->header('X-Content-Type-Options'), 'nosniff', 'types are meant';
};

subtest 'a client like OneLogin is recognised' => sub {
    my $get = "GET /scim/v2/Users HTTP/1.1\r\nHost: $host\r\nConnection: close\r\n"
        . 'Authorization: Bearer ' . $scim->token . "\r\n";
    is $scim->raw("$get\r\n")->header('Content-Type'), $j, 'no User-Agent, no Accept';
    is $scim->raw("${get}User-Agent:\r\n\r\n")->header('Content-Type'), $j, 'an empty User-Agent';
    is $scim->raw("${get}User-Agent: curl\r\n\r\n")->header('Content-Type'), $s, 'but not others';
};

subtest 'Content-Type' => sub {
    # An empty object is refused for what it lacks, once its type is accepted.
    for my $type ($s, $j, uc $j, "$j; charset=utf-8", "$j;charset=\"UTF-8\"", "$s; odata=verbose", undef) {
        my $r = $scim->post('/Users', '{}', 'Content-Type' => $type);
        is $r->code, 400, 'fine: ' . ($type // '(none)') or diag $r->text;
    }
    for my $type ('text/plain', 'text/json', 'application/xml', 'application/x-www-form-urlencoded',
        'multipart/form-data; boundary=x', 'application/jsonp', 'json', "$j; charset=iso-8859-1",
        "$s; charset=utf-16")
    {
        my $r = $scim->post('/Users', '{}', 'Content-Type' => $type);
        is $r->code, 415, "refused: $type";
        my ($named) = $type =~ /charset=(\S+)/ ? $1 : $type =~ /^([^;]+)/;
        like $r->detail, qr/'\Q$named\E'/, 'and named';
    }
    is $scim->get('/Users', 'Content-Type' => 'text/plain')->code, 200, 'who cares without a body';
};

subtest 'Content-Encoding' => sub {
    my $body = memGzip('{"userName":"media-gzip"}');
    my $r = $scim->post('/Users', $body, 'Content-Encoding' => 'gzip');
    is $r->code, 415, 'a compressed body';
    like $r->detail, qr/'gzip'/, 'the coding is named';
    is $scim->post('/Users', '{}', 'Content-Encoding' => 'identity')->code, 400, 'identity is none';
};

subtest 'Range' => sub {
    my $whole = $scim->get('/Schemas')->text;
    my $r = $scim->get('/Schemas', Range => 'bytes=0-9');
    is $r->code, 200, 'a part is not to be had';
    is $r->text, $whole, 'the whole comes';
};

subtest 'bytes that are no text' => sub {
    my %bodies = (
        'broken UTF-8'  => "{\"userName\":\"\xff\xfe\"}",
        'UTF-16'        => "\xff\xfe{\0}\0",
        'a NUL'         => "{\"userName\":\"a\0b\"}",
        'an escaped NUL' => '{"userName":"a\u0000b"}',
        'a byte order mark' => "\xef\xbb\xbf{\"userName\":\"\"}",
        'an array'      => '[]',
        'a string'      => '"x"',
        'two objects'   => '{}{}',
        'half an object' => '{"userName":',
        'a name twice'  => '{"userName":"a","userName":"b"}',
        'blanks'        => "  \r\n ",
        'nothing'       => '',
        'deep nesting'  => '{"a":' . ('[' x 40) . (']' x 40) . '}',
        'very deep nesting' => ('[' x 500_000),
    );
    for my $what (sort keys %bodies) {
        my $r = $scim->post('/Users', $bodies{$what});
        is $r->code, 400, $what;
        like $r->json->{scimType}, qr/^invalid(Syntax|Value)$/, 'scimType';
    }
};

done_testing;
