# What the README shows is what works.
use strict;
use warnings;

use JSON::PP;
use Test::More;

use Scim::Server;

my $token  = 'readme-0123456789abcdefghijklmnopqrst';
my %tokens = map { $_ => "$token\n" } qw(onelogin.token onelogin-2.token);

open my $in, '<', "$ENV{SCIM_SRCDIR}/README.md" or die $!;
my $readme = do { local $/; readline $in };

sub block { my ($kind) = @_; return ($readme =~ /^```$kind\n(.*?)^```$/ms)[0] }

# Paths of a system become those of a test.
sub moved
{
    my ($text) = @_;

    $text =~ s{modules/mod_scim\.so}{"$ENV{SCIM_MODULE}"};
    $text =~ s{modules/(mod_\w+\.so)}{"\@MODULES\@/$1"}g;
    $text =~ s{/var/lib/mod_scim/}{\@DIR\@/db/}g;
    $text =~ s{/etc/mod_scim/}{\@DIR\@/}g;
    return $text;
}

my %how = (without => ['dbd', 'scim'], files => \%tokens);
my $config = block('apache');
cmp_ok scalar(() = $config =~ /\n/g), '<=', 12, 'a dozen lines';

my $server = Scim::Server->start(config => moved($config), %how);
my $scim   = $server->client($token);
is $scim->get('/Users')->code, 200, 'the configuration serves';
is $server->client('wrong' x 10)->get('/Users')->code, 401, 'those who have the token';

my $template = block('json');
(my $body = $template) =~ s/\{\$[\w.]+\.(\w+)\}/the $1/g;
isnt $body, $template, 'the template has macros';
my $r = $scim->post('/Users', $body);
is $r->code, 201, 'the template creates somebody' or diag $r->text;
is $r->json->{userName}, 'the scimusername', 'with this userName';
is $r->json->{'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User'}{department},
    'the department', 'and this department';
is_deeply [sort keys %{ $r->json }], [sort(keys %{ decode_json($body) }, qw(active id meta))],
    'nothing of it is lost';

(my $blank = $template) =~ s/\{\$[\w.]+\.(\w+)\}/$1 eq 'scimusername' ? 'bare' : ''/ge;
is $scim->post('/Users', $blank)->code, 201, 'also when nothing but the name is known';

my @lines = $readme =~ /^    (Scim\w+ .*)$/mg;
ok scalar(@lines), 'single lines to add';
(my $longer = $config) =~ s{(?=</Location>)}{join '', map { "$_\n" } @lines}e;
$longer =~ s/^ *ScimBearerToken onelogin file:\S*onelogin\.token\n//m;
my ($status, $output) = Scim::Server->run_t(config => moved($longer), %how);
is $status, 0, 'are right' or diag $output;

done_testing;
