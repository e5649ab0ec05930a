# The samples of conf.d as they are shipped: closed, until a token is set.
use strict;
use warnings;

use Digest::SHA 'sha256_hex';
use Test::More;

use Scim::Database;
use Scim::Server;

Scim::Database::only('sqlite');

my $token = 'sample-0123456789abcdef';

sub slurp
{
    my ($file) = @_;

    open my $in, '<', $file or die "$file: $!";
    local $/;
    return readline $in;
}

my $sample = slurp('conf.d/scim.conf');
$sample =~ s{"/var/lib/mod_scim/scim\.db"}{"\@DIR\@/db/sample.db"} or die 'no database in the sample';

my $server = Scim::Server->start(config => $sample);
is $server->client($_)->get('/Users')->code, 401, 'closed' for undef, $token, '';

$sample =~ s/#(ScimBearerToken \S+ )sha256:PUT.*/$1 . 'sha256:' . sha256_hex($token)/e
    or die 'no token in the sample';
$server->reconfigure($sample)->graceful;
my $scim = $server->client($token);
is $scim->get('/Users')->code, 200, 'open for the token';
is $scim->post('/Users', { userName => 'ada' })->code, 201, 'and working';
is $server->client($_)->get('/Users')->code, 401, 'closed for others' for undef, 'another-0123456789';
ok -s $server->dir . '/db/sample.db', 'the database is where the sample says';

for my $name (qw(onelogin okta entra)) {
    my $config = slurp("conf.d/$name.conf");
    $config =~ s/<VirtualHost \*:443>/<VirtualHost *:\@PORT\@>/ or die "no virtual host in $name.conf";
    my $host = Scim::Server->start(config => $config);
    is $host->client($_)->get('/Users')->code, 401, "$name: closed" for undef, $token;

    $config =~ s/#(ScimBearerToken $name )file:\S+/$1 . 'sha256:' . sha256_hex($token)/e
        or die "no token in $name.conf";
    $host->reconfigure($config)->graceful;
    my $r = $host->client($token)->post('/Users', { userName => 'ada', password => 'secret' });
    is $r->code, 201, "$name: open for the token";
    my $path = '/Users/' . $r->json->{id};
    $r = $host->client($token)->patch($path, [{ op => 'replace', value => { active => \0 } }]);
    is $r->json->{userName} . $r->code, 'ada200', "$name: and working";
    is $host->client($token)->delete($path)->code, $name eq 'okta' ? 403 : 204, "$name: its rule for DELETE";
}

done_testing;
