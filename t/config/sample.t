# conf.d/scim.conf as it is shipped: closed, until a token is set.
use strict;
use warnings;

use Digest::SHA 'sha256_hex';
use Test::More;

use Scim::Database;
use Scim::Server;

Scim::Database::only('sqlite');

my $token = 'sample-0123456789abcdef';

open my $in, '<', 'conf.d/scim.conf' or die "conf.d/scim.conf: $!";
my $sample = do { local $/; readline $in };
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

done_testing;
