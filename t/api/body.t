# Request bodies on the wire: lengths, chunks, broken ones, and Expect.

use strict;
use warnings;

use Test::More;
use Scim::Client;

my $scim   = Scim::Client->new;
my ($host) = $scim->base =~ m{^http://([^/]+)};
my $serial = 0;

sub head
{
    my ($headers, %how) = @_;

    my $token = exists $how{token} ? $how{token} : $scim->token;
    my $path  = $how{path} // '/Users';
    return ($how{method} // 'POST') . " /scim/v2$path HTTP/" . ($how{version} // '1.1') . "\r\n"
        . "Host: $host\r\nUser-Agent: test\r\n"
        . (defined $token ? "Authorization: Bearer $token\r\n" : '') . "$headers\r\n";
}

# A user in a body of exactly this many bytes.
sub person
{
    my ($length) = @_;

    my $body = sprintf '{"userName":"body-%d-%d"', $$, ++$serial;
    return $body . ' ' x ($length - length($body) - 1) . '}' if $length;
    return "$body}";
}

sub chunks { return join '', map { sprintf "%x\r\n%s\r\n", length, $_ } @_, '' }

sub lengthy { return 'Content-Length: ' . length($_[0]) . "\r\n" }

my $close   = "Connection: close\r\n";
my $chunked = "Transfer-Encoding: chunked\r\n";

subtest 'whole bodies' => sub {
    my $body = person();
    is $scim->raw(head($close . lengthy($body)) . $body)->code, 201, 'with a length';
    $body = person();
    is $scim->raw(head($close . lengthy($body), version => '1.0') . $body)->code, 201, 'HTTP/1.0';
    is $scim->raw(head($close . $chunked) . chunks(person()))->code, 201, 'one chunk';
    is $scim->raw(head($close . $chunked) . chunks(split //, person()))->code, 201, 'many chunks';
    (my $extended = chunks(person())) =~ s/\r\n/;name="value"\r\n/;
    is $scim->raw(head($close . $chunked) . $extended)->code, 201, 'a chunk extension';
    (my $trailed = chunks(person())) =~ s/\r\n$/X-Trailer: x\r\n\r\n/;
    is $scim->raw(head($close . $chunked) . $trailed)->code, 201, 'a trailer';

    my $socket = $scim->connect;
    for my $part (head($close . "Content-Length: 60\r\n"), unpack '(a7)*', person(60)) {
        print $socket $part;
        $socket->flush;
        select undef, undef, undef, 0.01;
    }
    is(Scim::Response->receive($socket)->code, 201, 'in small pieces');
};

subtest 'no body' => sub {
    for my $headers ('', "Content-Length: 0\r\n", $chunked) {
        my $r = $scim->raw(head($close . $headers) . ($headers eq $chunked ? chunks() : ''));
        is $r->code, 400, 'POST with ' . ($headers =~ /^(\S+)/ ? $1 : 'nothing');
        is $r->json->{scimType}, 'invalidSyntax', 'scimType';
    }
};

subtest 'how much is too much' => sub {
    my $limit = 1024 * 1024;
    my $r = $scim->raw(head($close . "Content-Length: $limit\r\n") . person($limit));
    is $r->code, 201, 'the longest that is taken';
    $r = $scim->raw(head($close . $chunked) . chunks(unpack '(a65536)*', person($limit)));
    is $r->code, 201, 'and in chunks';

    $r = $scim->raw(head('Content-Length: ' . ($limit + 1) . "\r\n"));
    is $r->code, 413, 'one byte more, said beforehand';
    like $r->detail, qr/\b$limit\b/, 'the limit is named';
    is $r->header('Connection'), 'close', 'the rest is not waited for';
    is $scim->raw(head("Content-Length: 99999999999\r\n"))->code, 413, 'far more';
    $r = $scim->raw(head($chunked) . chunks(unpack '(a65536)*', person($limit + 1)));
    is $r->code, 413, 'one byte more, in chunks';
    is $r->json->{status}, '413', 'a SCIM error';
};

subtest 'broken bodies' => sub {
    my %broken = (
        'a chunk size that is none'  => [head($chunked) . "zz\r\n{}\r\n0\r\n\r\n"],
        'a negative chunk size'      => [head($chunked) . "-1\r\n{}\r\n0\r\n\r\n"],
        'a chunk that is longer'     => [head($chunked) . "1\r\n{}\r\n0\r\n\r\n"],
        'a chunk that breaks off'    => [head($chunked) . "5\r\n{\"u", shut => 1],
        'chunks without an end'      => [head($chunked) . "2\r\n{}\r\n", shut => 1],
        'a body that breaks off'     => [head("Content-Length: 50\r\n") . '{"userName":', shut => 1],
        'a body that does not begin' => [head("Content-Length: 50\r\n"), shut => 1],
    );
    for my $what (sort keys %broken) {
        my ($bytes, %how) = @{ $broken{$what} };
        my $r = $scim->raw($bytes, %how);
        is $r->code, 400, $what;
        is scalar eval { $r->json->{status} }, '400', 'a SCIM error' or diag $r->text;
        is $r->header('Content-Type'), 'application/scim+json', 'media type';
        is $r->header('Connection'), 'close', 'the connection ends';
    }
    my $r = $scim->raw(head($chunked) . "fffffffffffffffff\r\n{}\r\n0\r\n\r\n");
    is $r->code, 413, 'a chunk size beyond all measure';
    is scalar eval { $r->json->{status} }, '413', 'a SCIM error';

    # httpd answers these itself, before it knows for whom.
    is $scim->raw(head("Content-Length: $_\r\n"))->code, 400, "Content-Length: $_" for 'x', '-1', '1,2';
    is $scim->raw(head("Transfer-Encoding: gzip\r\n") . 'x')->code, 400, 'Transfer-Encoding: gzip';
    is $scim->get('/Users')->code, 200, 'the server is well';
};

subtest 'both a length and chunks' => sub {
    # RFC 7230 3.3.3: chunks win; the connection is not trusted any more
    my $bytes = head("Content-Length: 3\r\n$chunked") . chunks('{}')
        . head($close, method => 'GET', path => '/Schemas');
    my $r = $scim->raw($bytes);
    is $r->code, 400, 'the chunks are read';
    is $r->json->{scimType}, 'invalidValue', 'as {}, which lacks userName';
    is $r->header('Connection'), 'close', 'and nothing behind';
};

subtest 'a body that nobody reads' => sub {
    my $socket = $scim->connect;
    my $body = 'x' x 100_000;
    print $socket head(lengthy($body), path => '/Nothing'), $body,
        head(lengthy($body), method => 'GET'), $body,
        head($chunked, method => 'DELETE', path => '/Users/x'), chunks($body, $body),
        head('', method => 'GET', path => '/ServiceProviderConfig');
    is(Scim::Response->receive($socket)->code, 404, 'of a POST to nothing');
    is(Scim::Response->receive($socket)->code, 200, 'of a GET');
    is(Scim::Response->receive($socket)->code, 404, 'of a DELETE, in chunks');
    is(Scim::Response->receive($socket)->code, 200, 'the connection lives on');
};

subtest 'Expect: 100-continue' => sub {
    my $expect = "Expect: 100-continue\r\nContent-Length: 60\r\n";
    my $socket = $scim->connect;
    print $socket head($close . $expect);
    $socket->flush;
    my $line = readline $socket;
    like $line, qr{^HTTP/1\.1 100 }, 'go on, the server says';
    readline $socket;
    print $socket person(60);
    $socket->flush;
    is(Scim::Response->receive($socket)->code, 201, 'and then does its part');

    my %refused = (
        'without a token'        => [401, head($expect, token => undef)],
        'with a wrong one'       => [401, head($expect, token => 'wrong')],
        'to nothing'             => [404, head($expect, path => '/Nothing')],
        'where there is no POST' => [405, head($expect, path => '/Schemas')],
        'to an id of nobody'     => [404, head($expect, path => '/Users/x', method => 'PUT')],
        'of another type'        => [415, head("${expect}Content-Type: text/plain\r\n")],
        'of too much'            => [413, head($expect =~ s/60/2000000/r)],
        'with a broken query'    => [400, head($expect, path => '/Users?count=x')],
        'with a broken If-Match' => [400, head("${expect}If-Match: \"\r\n")],
    );
    for my $what (sort keys %refused) {
        my ($status, $bytes) = @{ $refused{$what} };
        my $r = $scim->raw($bytes);
        is $r->code, $status, "a request $what";
        is_deeply [$r->interim], [], 'is not asked to go on';
        is $r->header('Connection'), 'close', 'and the connection is over';
    }
    my $r = $scim->raw(head("Expect: 200-maybe\r\nContent-Length: 2\r\n") . '{}');
    is $r->code, 417, 'an expectation that nobody knows';
};

done_testing;
