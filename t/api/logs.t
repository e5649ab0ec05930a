# What the logs say, and what they must not.

use strict;
use warnings;

use Digest::SHA 'sha256_hex';
use Test::More;
use Scim::Client;
use Scim::Server;

my %token  = %Scim::Client::token;
my %digest = map { $_ => 'sha256:' . sha256_hex($token{$_}) } keys %token;

my $server = Scim::Server->start(config => <<"END");
LogFormat "%m %U|%>s|%u|%{SCIM_OPERATION}e|%{SCIM_RESOURCE}e|%{SCIM_CLIENT}e|%{SCIM_ERROR}e" scim
CustomLog "\@DIR\@/access_log" scim
<Location "/scim/v2">
    SetHandler scim
    ScimDirectory logs
    ScimBearerToken onelogin $digest{full}
    ScimBearerToken reader $digest{read} scope=read
    ScimBearerToken former $digest{expired} expires=2020-01-01T00:00:00Z
    Require all granted
</Location>
<Location "/strict/v2">
    SetHandler scim
    ScimDirectory logs
    ScimDialect strict
    ScimBearerToken onelogin $digest{full}
    Require all granted
</Location>
<Location "/traced/v2">
    SetHandler scim
    ScimDirectory logs
    ScimBearerToken onelogin $digest{full}
    LogLevel scim:trace1
    Require all granted
</Location>
END

my $scim    = $server->client($token{full});
my $schemas = ['urn:ietf:params:scim:schemas:core:2.0:User'];
my $nobody  = '0190b0e0-0000-7000-8000-000000000000';

# The lines of both logs that `do` adds.
sub lines_of
{
    my ($do) = @_;

    my @before = map { length slurp($_) } $server->log_file, $server->dir . '/access_log';
    my $r = $do->();
    Scim::Process::wait_until(Scim::Process::patience(),
        sub { length(slurp($server->dir . '/access_log')) > $before[1] });
    my $errors = substr slurp($server->log_file), $before[0];
    my $access = substr slurp($server->dir . '/access_log'), $before[1];
    chomp $access;
    return ($r, $access, grep { /SCIM/ } split /\n/, $errors);
}

sub slurp
{
    my ($file) = @_;
    open my $in, '<', $file or return '';
    local $/;
    return readline($in) // '';
}

my $id;

subtest 'a change' => sub {
    my ($r, $access, @lines) = lines_of(sub { $scim->post('/Users', { schemas => $schemas, userName => 'logs-ada',
        name => { familyName => 'Lovelace' }, password => 'correct horse' }) });
    is $r->code, 201, 'create';
    $id = $r->json->{id};
    is $access, "POST /scim/v2/Users|201|onelogin|create|User/$id|onelogin|-", 'access log';
    like shift @lines, qr{SCIM0006: onelogin: a password was ignored, as all are: ScimPasswords is ignore}, 'what was ignored';
    is scalar(@lines), 1, 'one line for the change' or diag @lines;
    like $lines[0], qr{scim:info\b.*SCIM0003: onelogin: create User/\Q$id\E$}, 'client, operation, resource';

    ($r, $access, @lines) = lines_of(sub { $scim->patch("/Users/$id",
        [{ op => 'replace', path => 'title', value => 'Countess' }]) });
    is $r->code, 200, 'patch';
    is scalar(@lines), 1, 'one line';
    like $lines[0], qr{SCIM0003: onelogin: \w+ User/\Q$id\E$}, 'client, operation, resource';
    unlike slurp($server->log_file), qr/logs-ada|Lovelace|Countess|correct horse/, 'but no values';
};

subtest 'a bulk request' => sub {
    my ($r, $access, @lines) = lines_of(sub { $scim->post('/Bulk', {
        schemas    => ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'],
        Operations => [ { method => 'DELETE', path => "/Users/$nobody" } ] }) });
    is $r->code, 200, 'bulk';
    is $access, 'POST /scim/v2/Bulk|200|onelogin|bulk|-|onelogin|-', 'access log';
    like $lines[-1], qr{SCIM0003: onelogin: bulk$}, 'the request as a whole is about no resource';
};

subtest 'reading' => sub {
    my ($r, $access, @lines) = lines_of(sub { $scim->get("/Users/$id") });
    is $access, "GET /scim/v2/Users/$id|200|onelogin|read|User/$id|onelogin|-", 'one user';
    is_deeply \@lines, [], 'nothing in the error log';
    ($r, $access, @lines) = lines_of(sub { $scim->get('/Users') });
    is $access, 'GET /scim/v2/Users|200|onelogin|list|User|onelogin|-', 'all users';
    is_deeply \@lines, [], 'nothing in the error log';
    ($r, $access, @lines) = lines_of(sub { $scim->get('/Schemas') });
    is $access, 'GET /scim/v2/Schemas|200|onelogin|discover|-|onelogin|-', 'discovery';
    is_deeply \@lines, [], 'nothing in the error log';
};

subtest 'a refused request' => sub {
    my ($r, $access, @lines) = lines_of(sub { $scim->post('/Users', { schemas => $schemas, userName => 'LOGS-ada' }) });
    is $r->code, 409, 'a name that is taken';
    is $access, 'POST /scim/v2/Users|409|onelogin|create|User|onelogin|uniqueness', 'access log';
    is scalar(@lines), 1, 'one line' or diag @lines;
    like $lines[0], qr{scim:info\b.*SCIM0020: onelogin: create: 409 uniqueness: .*'\.\.\.'},
        'what was sent is left out';
    like $r->detail, qr/'LOGS-ada'/, 'the client is told';

    ($r, $access, @lines) = lines_of(sub { $scim->get("/Users/$nobody") });
    is $access, "GET /scim/v2/Users/$nobody|404|onelogin|read|User/$nobody|onelogin|404", 'an unknown id';
    ($r, $access, @lines) = lines_of(sub { $scim->get('/Nothing') });
    is $access, 'GET /scim/v2/Nothing|404|onelogin|-|-|onelogin|404', 'an unknown path';
    like $lines[0], qr/SCIM0020: onelogin: GET: 404: /, 'in the error log';

    ($r, $access, @lines) = lines_of(sub {
        $server->client(token => $token{full}, path => '/traced/v2')->post('/Users', { schemas => $schemas, userName => 'LOGS-ada' });
    });
    is scalar(@lines), 2, 'at trace1 there are two lines';
    like $lines[1], qr{scim:trace1\b.*SCIM0021: .*'LOGS-ada'}, 'the second has what was sent';
};

subtest 'values of all types' => sub {
    my %wrong = (displayName => 5551234, active => 5551234, emails => [{ value => 5551234.5 }], nickName => 'x');
    for my $name (sort keys %wrong) {
        my ($r, $access, @lines) = lines_of(sub {
            $server->client(token => $token{full}, path => '/strict/v2')->post('/Users',
                { schemas => $schemas, userName => '', $name => $wrong{$name} });
        });
        is $r->code, 400, "$name is refused";
        unlike "@lines", qr/5551234/, 'and not in the log';
    }
};

subtest 'a refused client' => sub {
    my ($r, $access, @lines) = lines_of(sub { $server->client('not-the-token')->get('/Users') });
    is $access, 'GET /scim/v2/Users|401|-|-|-|-|401', 'access log';
    is scalar(@lines), 1, 'one line' or diag @lines;
    like $lines[0], qr/scim:info\b.*SCIM0010: 127\.0\.0\.1 refused: unknown bearer token$/, 'address and reason';

    ($r, $access, @lines) = lines_of(sub { $server->client($token{expired})->get('/Users') });
    is scalar(@lines), 1, 'an expired token: one line';
    like $lines[0], qr/scim:warn\b.*SCIM0011: 127\.0\.0\.1 refused: the token 'former' has expired$/,
        'a warning with its label';
    ($r, $access, @lines) = lines_of(sub { $server->client(undef)->get('/Users') });
    like $lines[0], qr/SCIM0010: 127\.0\.0\.1 refused: no bearer token$/, 'no token';

    ($r, $access, @lines) = lines_of(sub { $server->client($token{read})->post('/Users', {}) });
    is $access, 'POST /scim/v2/Users|403|reader|create|User|reader|403', 'a scope that is missing';
    like $lines[0], qr/scim:info\b.*SCIM0020: reader: create: 403: .*scope write users/, 'is named';
};

subtest 'what a client may not do to the log' => sub {
    my ($r, $access, @lines) = lines_of(sub { $scim->get("/%0a[fake]%20line%1b[31m") });
    is $r->code, 404, 'a path with control characters';
    unlike join("\n", @lines), qr/^\[fake\]|\x1b/m, 'they do not reach the log';
    unlike $r->text, qr/[\x00-\x1f]/, 'nor the error';
};

$server->client('not-the-token')->get("/Users?filter=userName%20eq%20%22logs-ada%22");
unlike slurp($server->log_file), qr/$_/, 'no token in the error log'
    for values %token, values %digest, 'not-the-token';

done_testing;
