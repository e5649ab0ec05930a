# Bulk requests (RFC 7644 3.7) through httpd and a real database.
use strict;
use warnings;

use Digest::SHA 'sha256_hex';
use Test::More;

use Scim::Client qw(true false);
use Scim::Server;

my $scim = Scim::Client->new;
my $run  = "bulk-$$";
my $user = 'urn:ietf:params:scim:schemas:core:2.0:User';
my $group = 'urn:ietf:params:scim:schemas:core:2.0:Group';
my $enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
my $serial = 0;

sub bulk
{
    my ($client, $operations, %more) = @_;
    return $client->post('/Bulk',
        { schemas => ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'], Operations => $operations, %more });
}

sub person
{
    my ($bulk_id, %more) = @_;
    return { method => 'POST', path => '/Users', bulkId => $bulk_id,
        data => { schemas => [$user], userName => "$run-" . ++$serial, %more } };
}

sub team
{
    my ($bulk_id, @members) = @_;
    return { method => 'POST', path => '/Groups', bulkId => $bulk_id,
        data => { schemas => [$group], displayName => "$run-" . ++$serial,
            members => [ map { { value => $_ } } @members ] } };
}

sub statuses { return join ' ', map { $_->{status} } @{ $_[0]->json->{Operations} } }
sub id       { return (split m{/}, $_[0]{location})[-1] }

subtest 'what is advertised' => sub {
    my $bulk = $scim->get('/ServiceProviderConfig')->json->{bulk};
    is_deeply $bulk, { supported => true, maxOperations => 1000, maxPayloadSize => 1048576 }, 'bulk';
    is $scim->get('/Bulk')->code, 405, 'GET';
    is $scim->get('/Bulk')->header('Allow'), 'POST, OPTIONS', 'Allow';
};

subtest 'people, a group of them, a manager' => sub {
    my $r = bulk($scim, [ team('g', 'bulkId:a', 'bulkId:b'), person('a'),
        person('b', $enterprise => { manager => { value => 'bulkId:a' } }) ]);
    is $r->code, 200, 'done';
    is $r->header('Content-Type'), 'application/scim+json', 'media type';
    is $r->header('Location'), undef, 'no location of its own';
    is_deeply $r->json->{schemas}, ['urn:ietf:params:scim:api:messages:2.0:BulkResponse'], 'schemas';
    is statuses($r), '201 201 201', 'all in one';
    my ($team, $ada, $bob) = map { id($_) } @{ $r->json->{Operations} };
    is $r->json->{Operations}[0]{location}, $scim->base . "/Groups/$team", 'location';
    is_deeply [ sort map { $_->{value} } @{ $scim->get("/Groups/$team")->json->{members} } ], [ sort $ada, $bob ], 'members';
    is $scim->get("/Users/$bob")->json->{$enterprise}{manager}{value}, $ada, 'manager';

    $r = bulk($scim, [
        { method => 'PUT', path => "/Users/$ada", version => 'W/"1"',
            data => { schemas => [$user], userName => "$run-ada", title => 'x' } },
        { method => 'PATCH', path => "/Users/$ada", version => 'W/"1"', data => {
            schemas => ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
            Operations => [ { op => 'replace', path => 'title', value => 'y' } ] } },
        { method => 'DELETE', path => "/Users/$bob" },
        { method => 'DELETE', path => "/Users/$bob" } ]);
    is statuses($r), '200 412 204 404', 'other methods';
    my @done = @{ $r->json->{Operations} };
    is $done[0]{version}, $scim->get("/Users/$ada")->header('ETag'), 'version';
    is $done[1]{response}{status}, '412', 'a response';
    is_deeply $done[1]{response}{schemas}, ['urn:ietf:params:scim:api:messages:2.0:Error'], 'that is an error';
    is $scim->get("/Users/$ada")->json->{title}, 'x', 'title';
    is_deeply [ map { $_->{value} } @{ $scim->get("/Groups/$team")->json->{members} } ], [$ada], 'a member less';
};

subtest 'a circle' => sub {
    my $r = bulk($scim, [ team('x', 'bulkId:y'), team('y', 'bulkId:x') ]);
    is statuses($r), '201 201', 'two groups in each other';
    my @ids = map { id($_) } @{ $r->json->{Operations} };
    is $scim->get("/Groups/$ids[$_]")->json->{members}[0]{value}, $ids[1 - $_], "group $_" for 0, 1;
    is $scim->get("/Groups/$ids[$_]")->header('ETag'), $r->json->{Operations}[$_]{version}, "version $_" for 0, 1;

    my $before = $scim->get('/Groups', query => { count => 0 })->json->{totalResults};
    $r = bulk($scim, [ team('x', 'bulkId:y'), team('y', 'bulkId:x', 'bulkId:bad'), { %{ person('bad') }, data => {} } ]);
    is statuses($r), '409 409 400', 'one that cannot be';
    is $scim->get('/Groups', query => { count => 0 })->json->{totalResults}, $before, 'leaves nothing';
};

subtest 'a thousand people' => sub {
    my $r = bulk($scim, [ map { person("p$_") } 1 .. 1000 ]);
    is $r->code, 200, 'done';
    is scalar(grep { $_->{status} eq '201' } @{ $r->json->{Operations} }), 1000, 'created';
    my $last = $r->json->{Operations}[-1];
    is $scim->get($last->{location})->code, 200, 'the last one';
    $r = bulk($scim, [ map { { method => 'DELETE', path => '/Users/' . id($_) } } @{ $r->json->{Operations} } ]);
    is scalar(grep { $_->{status} eq '204' } @{ $r->json->{Operations} }), 1000, 'deleted';
    is $scim->get($last->{location})->code, 404, 'the last one';
};

subtest 'limits' => sub {
    my $r = bulk($scim, [ (1) x 1001 ]);
    is $r->code, 413, 'operations';
    like $r->detail, qr/maxOperations \(1000\)/, 'the limit';
    $r = bulk($scim, [ { x => 'x' x (1024 * 1024) } ]);
    is $r->code, 413, 'bytes';
    like $r->detail, qr/1048576/, 'the limit';
    $r = bulk($scim, [ 7, person('a'), 8, person('b') ], failOnErrors => 2);
    is statuses($r), '400 201 400', 'failOnErrors';
};

subtest 'tokens' => sub {
    is bulk(Scim::Client->new(path => '/scopes/v2', token => $Scim::Client::token{read}), [ person('a') ])->code,
        403, 'one that may only read';
    my $r = bulk(Scim::Client->new(path => '/scopes/v2', token => $Scim::Client::token{users}),
        [ person('a'), team('b') ]);
    is statuses($r), '201 403', 'one for people';
    is bulk(Scim::Client->new(token => undef), [ person('a') ])->code, 401, 'none';
};

subtest 'policy, passwords and logs' => sub {
    my $token = 'bulk-test-0123456789abcdefghijklmnopqr';
    my $hash  = sha256_hex($token);
    my $server = Scim::Server->start(config => <<"END");
<Location "/scim/v2">
    SetHandler scim
    ScimDirectory bulk
    ScimBearerToken loader sha256:$hash
    ScimDeleteUsers off
    ScimMaxOperations 3
    ScimPasswords store
    ScimPasswordCost 4
    Require all granted
</Location>
END
    my $scim = $server->client($token);
    is bulk($scim, [ (7) x 4 ])->code, 413, 'a limit of its own';
    is $scim->get('/ServiceProviderConfig')->json->{bulk}{maxOperations}, 3, '... is advertised';
    is $scim->get('/ServiceProviderConfig')->json->{changePassword}{supported}, true, 'passwords, too';
    my $r = bulk($scim, [ person('a', password => 'Sesam-open'), 
        { method => 'DELETE', path => '/Users/bulkId:a' }, person('a2', password => 'x' x 73) ]);
    is statuses($r), '201 403 400', 'the policy counts for each operation';
    like $r->json->{Operations}[1]{response}{detail}, qr/ScimDeleteUsers is off/, 'and says so';
    unlike $r->text, qr/xxx/, 'a password is in no error';
    my $id = id($r->json->{Operations}[0]);
    unlike $scim->get("/Users/$id")->text, qr/password|\$2y\$/i, 'nor is it shown';
    is $scim->get("/Users", query => { filter => 'password pr' })->code, 400, 'nor found';
    is statuses(bulk($scim, [ { method => 'y' x 300, path => '/Users' } ])), '400', 'a method that nobody knows';
    my $log = $server->error_log;
    like $log, qr{SCIM0004: loader: operation 1: 'y{64}\.\.\.' \? failed: 400}, 'is in the log as far as it is of use';
    like $log, qr{SCIM0004: loader: operation 1: create User/$id}, 'what was done is in the log';
    like $log, qr{SCIM0004: loader: operation 2: DELETE User failed: 403}, 'what was not, too';
    unlike $log, qr/Sesam|xxx|\$2y\$/, 'passwords are not';
    $server->stop;
};

done_testing;
