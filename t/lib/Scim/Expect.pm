package Scim::Expect;

# What tests expect of answers, and endpoints to ask.
#
#     my $r = status_is($scim->get('/Users'), 200, 'a list');         returns the response
#     error_is($r, 400, 'invalidSyntax', qr/line 1/, 'what');         a clean SCIM Error message;
#                                        scimType undef: there must be none
#     my $conf = endpoint('/scim/v2', directory => 'staff', token => $token,
#         extra => "ScimDialect strict\n");       a <Location>; tokens => [...] for several,
#                                        each a token or [label, token, 'scope=read']
#     my $n = total($scim);              totalResults of all users
#     total($scim, 'title pr');          of those that a filter finds
#     harmless('what', [$scim, ...], sub { ... });   a subtest that leaves all users of these
#                                        clients' directories as they were
#     untouched('what', $server, [$scim, ...], sub { ... });    the same for all resources of
#                                        these clients, and for each row of the server's database
#                                        (members, indexes, totals) where there is sqlite3
#     short($text)                       for a test's name: printable, and not long

use strict;
use warnings;

use Digest::SHA 'sha256_hex';
use Exporter 'import';
use Test::More;

our @EXPORT_OK = qw(status_is error_is error_problem endpoint total harmless untouched
    short);

sub status_is
{
    my ($r, $code, $what) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;

    is $r->code, $code, $what or diag substr $r->text, 0, 500;
    return $r;
}

# Why a response is not the error message that is due; nothing when it is.
sub error_problem
{
    my ($r, $code, $type, $detail) = @_;
    my $body = eval { $r->json };

    return "status " . $r->code . ", not $code" if $r->code != $code;
    return "Content-Type '" . ($r->header('Content-Type') // '') . "'"
        unless ($r->header('Content-Type') // '') =~ m{^application/(?:scim\+)?json$};
    return 'no JSON object' unless ref $body eq 'HASH';
    return "schemas $body->{schemas}"
        unless ref $body->{schemas} eq 'ARRAY'
        && "@{ $body->{schemas} }" eq 'urn:ietf:params:scim:api:messages:2.0:Error';
    return 'status is not a string' unless $r->text =~ /"status":\s*"$code"/;
    return 'scimType ' . ($body->{scimType} // 'missing')
        unless ($body->{scimType} // '') eq ($type // '');
    my @others = grep { !/^(?:schemas|status|scimType|detail)$/ } keys %$body;
    return "members @others" if @others;
    return detail_problem($r->detail, $detail);
}

sub detail_problem
{
    my ($text, $pattern) = @_;

    return 'no detail' unless length $text;
    return 'control characters in the detail' if $text =~ /[\x00-\x1f\x7f-\x9f\p{Cf}\p{Zl}\p{Zp}]/;
    return 'a detail of ' . length($text) . ' characters' if length $text > 1000;
    return 'a detail with SQL or a file name'
        if $text =~ /\bSELECT\b|\bINSERT\b|\bUPDATE\b|(?i:sqlite)|\.db\b/;
    return "the detail does not match $pattern" if $pattern && $text !~ $pattern;
    return;
}

sub error_is
{
    my ($r, $code, $type, $detail, $what) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $problem = error_problem($r, $code, $type, $detail);

    ok !$problem, $what or diag "$problem: " . $r->code . ' ' . substr $r->text, 0, 500;
    return $r;
}

sub endpoint
{
    my ($path, %how) = @_;
    my @tokens = @{ $how{tokens} || [$how{token} // ()] };
    my $lines = '';

    for my $token (@tokens) {
        my ($label, $secret, @options) = ref $token ? @$token : ('tester', $token);
        $lines .= "ScimBearerToken $label sha256:" . sha256_hex($secret) . " @options\n";
    }
    $lines .= "ScimDirectory $how{directory}\n" if $how{directory};
    $lines .= $how{extra} // '';
    return "<Location \"$path\">\nSetHandler scim\nRequire all granted\n$lines</Location>\n";
}

sub total
{
    my ($scim, $filter) = @_;
    my $r = $scim->get('/Users', query => { count => 0, defined $filter ? (filter => $filter) : () });

    return $r->code == 200 ? $r->json->{totalResults} : 'status ' . $r->code;
}

sub harmless
{
    my ($what, $clients, $code) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $all = sub { join "\n", map { $_->get('/Users', query => { count => 200 })->text } @$clients };
    my $before = $all->();

    return subtest $what => sub {
        $code->();
        is $all->(), $before, 'nothing was stored or changed';
    };
}

# The rows of a server's database as text; nothing where sqlite3 is not installed.
sub rows
{
    my ($server) = @_;
    no warnings 'exec';

    return '' unless -e $server->dir . '/db/scim.db';    # in another database
    open my $dump, '-|', 'sqlite3', '-readonly', $server->dir . '/db/scim.db', '.dump' or return '';
    local $/;
    return readline($dump) // '';
}

sub untouched
{
    my ($what, $server, $clients, $code) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my $all = sub { join "\n", rows($server), map { $_->get('/', query => { count => 200 })->text } @$clients };
    my $before = $all->();

    return subtest $what => sub {
        like $before, qr/"totalResults":[1-9]/, 'somebody is there';
        $code->();
        my $after = $all->();
        ok $after eq $before, 'nothing was stored or changed' or diag substr $after, 0, 4000;
    };
}

sub short
{
    my ($text) = @_;

    $text = substr($text, 0, 60) . '...' if length $text > 60;
    $text =~ s/([^ -~])/sprintf '\\x{%x}', ord $1/ge;
    return $text;
}

1;
