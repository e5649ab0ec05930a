# A database that is not there: clean refusals, and recovery without a restart.

use strict;
use warnings;

use Digest::SHA 'sha256_hex';
use Test::More;
use Scim::Client;
use Scim::Database;
use Scim::Server;

Scim::Database::only('sqlite');

my $token = $Scim::Client::token{full};

my $server = Scim::Server->start(config => <<"END");
DBDParams "\@DIR\@/later/scim.db"
<Location "/scim/v2">
    SetHandler scim
    ScimDirectory unreachable
    ScimBearerToken tester sha256:${\ sha256_hex($token)}
    Require all granted
</Location>
END

my $scim   = $server->client($token);
my $nobody = '0190b0e0-0000-7000-8000-000000000000';
my $ada    = { schemas => ['urn:ietf:params:scim:schemas:core:2.0:User'], userName => 'ada' };

sub is_unavailable
{
    my ($r, $name) = @_;

    subtest $name => sub {
        is $r->code, 503, 'status';
        is $r->header('Content-Type'), 'application/scim+json', 'media type';
        is $r->header('Retry-After'), 10, 'when to try again';
        is $r->json->{status}, '503', 'a SCIM error';
        unlike $r->text, qr/sqlite|dbd|later|\.db/i, 'that says nothing of what is behind';
    };
}

sub is_refused_throughout
{
    is_unavailable($scim->get('/Users'), 'list');
    is_unavailable($scim->get("/Users/$nobody"), 'read');
    is_unavailable($scim->post('/Users', $ada), 'create');
    is_unavailable($scim->put("/Users/$nobody", $ada), 'replace');
    is_unavailable($scim->delete("/Users/$nobody"), 'delete');
    is $scim->get('/Schemas')->code, 200, 'discovery needs no database';
    is $scim->get('/Users/x')->code, 404, 'nor does what cannot be';
    is $server->client('wrong')->get('/Users')->code, 401, 'nor does a stranger';
}

like $server->error_log, qr{SCIM0043: the main server: DBDParams: there is no directory '\S+/later/'}, 'the start warns';
subtest 'before it is there' => \&is_refused_throughout;
like $server->error_log, qr/scim:error\b.*SCIM0020: tester: create: 503: .*Cause: /, 'the log says why';

mkdir $server->dir . '/later' or die $!;
is $scim->get('/Users')->code, 200, 'a list, once it is there';
is $scim->post('/Users', $ada)->code, 201, 'a create';
is $scim->get('/Users')->json->{totalResults}, 1, 'which was done once';

$server->restart;
is $scim->get('/Users')->json->{totalResults}, 1, 'still there after a restart';

done_testing;
