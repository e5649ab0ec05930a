# Configurations that are right, and those that are only suspicious: a warning, and httpd starts.
use strict;
use warnings;

use Test::More;

use Scim::Database;
use Scim::Server;

Scim::Database::only('sqlite');    # as the shipped files have it

my $digest = 'a' x 64;
my $token  = "ScimBearerToken idp sha256:$digest";

sub location
{
    my ($path, @lines) = @_;
    return join "\n", "<Location \"$path\">", 'SetHandler scim', @lines, '</Location>', '';
}

sub endpoint { return location('/scim/v2', 'ScimDirectory default', $token, @_) }
sub host
{
    my ($port, @lines) = @_;
    return join "\n", "<VirtualHost *:$port>", @lines, '</VirtualHost>', '';
}

# The warnings are given by tag, in order; a tag stands for one line.
sub accepted
{
    my ($name, $config, $tags, %how) = @_;
    my ($status, $output) = Scim::Server->run_t(config => $config, %how);

    subtest $name => sub {
        is $status, 0, 'accepted' or diag $output;
        is_deeply [ $output =~ /^(SCIM\d+): /mg ], $tags || [], 'warnings' or diag $output;
    };
    return $output;
}

# ---- endpoints ------------------------------------------------------------------------

accepted('an endpoint',             endpoint());
accepted('a slash at the end',      location('/scim/v2/', 'ScimDirectory default', $token));
accepted('the whole server',        location('/', 'ScimDirectory default', $token));
accepted('provider named',          location('/scim', 'ScimDirectory staff dbd', $token));
accepted('the default directory',   location('/scim', $token));
accepted('in a virtual host',       host(80, endpoint()));
accepted('in <IfModule>',           "<IfModule mod_scim.c>\n" . endpoint() . "</IfModule>\n");
accepted('<IfModule> in it',
    endpoint("<IfModule mod_scim.c>\nScimDeleteUsers off\n</IfModule>"));
accepted('two Locations with one path', endpoint() . location('/scim/v2', 'ScimDeleteUsers off'));
accepted('beside each other', endpoint() . location('/scim/v3', 'ScimDirectory other', $token));
accepted('one with a path that begins alike',
    endpoint() . location('/scim/v21', 'ScimDirectory other', $token));
accepted('a Location in an endpoint',
    endpoint() . "<Location /scim/v2/Users>\nScimMaxResults 5\n$token\n</Location>\n");
accepted('SetHandler in capitals', "<Location /scim>\nSetHandler SCIM\nScimDirectory default\n$token\n</Location>");
accepted('SetHandler in another section',
    "<Location /scim/v2>\nScimDirectory default\n$token\n</Location>\n"
        . "<LocationMatch ^/scim/>\nSetHandler \"scim\"\n</LocationMatch>\n");
accepted('mod_scim without an endpoint', '');
accepted('... and without mod_dbd', '', undef, without => ['dbd']);

# ---- values ---------------------------------------------------------------------------

accepted($_, endpoint($_))
    for map({ my $name = $_; map { "Scim${name}Users $_" } qw(on off ignore ON Off) }
        qw(Create Update Enable Disable Delete)),
    'ScimDeleteUsers disable',
    'ScimUnknownAttributes ignore', 'ScimUnknownAttributes reject',
    map({ "ScimDialect $_" } qw(auto onelogin okta entra strict OneLogin)),
    'ScimUserNameRewrite none', 'ScimUserNameRewrite "(.*)@.*" "$1"', 'ScimUserNameRewrite @.* ""',
    'ScimUserNameRewrite ^x$ "$0$$"', "ScimUserNameRewrite a b\nScimUserNameRewrite b c",
    'ScimDefaultRole none', 'ScimDefaultRole "chief editor"', "ScimDefaultRole R\xc3\xa9dacteur",
    'ScimRoles any', 'ScimRoles a "b c" d', 'ScimRoles ' . join(' ', 1 .. 200),
    "ScimRoles a\nScimRoles b\nScimDefaultRole a",
    "ScimRoles " . join(' ', 1 .. 100) . "\nScimDefaultRole 100",
    map({ "ScimBaseURL $_" } 'https://id.example.com/scim/v2', 'http://127.0.0.1:8080',
        'HTTPS://X/', 'https://[::1]:65535/a/', 'https://id.example.com///'),
    'ScimMaxResults 1', 'ScimMaxResults 10000', 'ScimMaxResults 007', 'ScimMaxScan 1',
    'ScimMaxScan 10000000', 'ScimMaxOperations 1', 'ScimMaxOperations 10000', 'ScimPasswords STORE',
    'ScimPasswords ignore', 'ScimMe read', 'ScimMe Write', 'ScimPasswordCost 4', 'ScimPasswordCost 17', 'ScimMaxPayload 1024', 'ScimMaxPayload 67108864',
    map({ "$token $_" } 'scope=read', 'scope=write,users', 'scope=Read,WRITE,users,groups',
        'expires=2099-12-31', 'expires=2099-12-31T18:00:00Z', 'expires=2099-12-31T18:00:00.5+01:00',
        'expires=2099-12-31T18:00:00', 'expires=2099-01-01 scope=groups'),
    "$token\n$token", "ScimBearerToken 0.a_b-C sha256:$digest";

# ---- ScimDefaultRole and ScimRoles --------------------------------------------------------

accepted('the role is among the roles', endpoint('ScimRoles a b', 'ScimDefaultRole b'));
accepted('roles of the server are replaced',
    "ScimRoles a b\n" . endpoint('ScimRoles c', 'ScimDefaultRole c'));
accepted('roles of the server are lifted',
    "ScimRoles a b\n" . endpoint('ScimRoles any', 'ScimDefaultRole c'));
accepted('role of the server is taken back',
    "ScimDefaultRole c\n" . endpoint('ScimRoles a b', 'ScimDefaultRole none'));
accepted('the virtual host mends it',
    "ScimRoles a b\n" . host(80, 'ScimRoles c', endpoint('ScimDefaultRole c')));
accepted('other endpoints do not matter',
    endpoint('ScimRoles a') . location('/other', 'ScimDirectory x', $token, 'ScimDefaultRole b'));
accepted('roles any after others', endpoint('ScimRoles a', 'ScimRoles any', 'ScimDefaultRole b'));

# ---- warnings ---------------------------------------------------------------------------

my $output = accepted('no token', location('/scim', 'ScimDirectory default'), ['SCIM0035']);
like $output, qr{^SCIM0035: \S+/httpd\.conf:\d+: <Location "/scim">: the endpoint has no Sci}m,
    'names file, line and Location';
accepted('no token, many virtual hosts',
    location('/scim', 'ScimDirectory default') . join('', map { host($_) } 80 .. 89), ['SCIM0035']);

$output = accepted('no SetHandler', "<Location /scim>\nScimDirectory default\n$token\n</Location>",
    ['SCIM0034']);
like $output, qr{httpd\.conf:\d+: <Location "/scim">: the endpoint has no SetHandler}, 'says so';
accepted('another handler', "<Location /scim>\nSetHandler server-status\n$token\n</Location>",
    ['SCIM0034']);
accepted('SetHandler taken away later',
    endpoint() . "<Location /scim>\nSetHandler none\n</Location>", ['SCIM0034']);

# What other paths of the endpoint go around.
for my $rule ('ScimDeleteUsers off', 'ScimUpdateGroups ignore', 'ScimUserNameRewrite "(.*)@.*" "$1"', 'ScimRoles a',
    'ScimDefaultRole a', 'ScimUnknownAttributes reject', 'ScimPasswords store') {
    for my $path ('/scim/v2/Users', '/scim/v2/Bulk', '/scim/v2/Menu') {
        $output = accepted("$rule for $path", endpoint() . "<Location $path>\n$rule\n</Location>", ['SCIM0042']);
        my ($name) = split ' ', $rule;
        like $output, qr{^SCIM0042: \S+:\d+: <Location "$path">: $name: .* the endpoint '/scim/v2', so}m, "$rule for $path: names both";
    }
    accepted("$rule for /Me", endpoint('ScimMe write') . "<Location /scim/v2/Me>\n$rule\n</Location>");
    accepted("$rule for /Me with a slash", endpoint('ScimMe write') . "<Location /scim/v2/Me/>\n$rule\n</Location>");
    accepted("$rule for the endpoint with a slash", endpoint() . "<Location /scim/v2/>\n$rule\n</Location>");
}
accepted('a rule in an endpoint of many virtual hosts',
    endpoint() . "<Location /scim/v2/Users>\nScimDeleteUsers off\n</Location>\n" . join('', map { host($_) } 80 .. 84), ['SCIM0042']);
accepted('a rule in an endpoint of the whole server', location('/', $token) . "<Location /Users>\nScimDeleteUsers off\n</Location>", ['SCIM0042']);

my $url = 'ScimBaseURL https://id.example.com/scim/v2';
accepted('one URL for one endpoint', "$url\n" . endpoint());
accepted('one URL for an endpoint and a Location in it',
    endpoint($url) . "<Location /scim/v2/Users>\nScimMaxResults 5\n</Location>");
accepted('one URL for two endpoints',
    endpoint($url) . location('/b', $token, "$url/"), ['SCIM0036']);
accepted('one URL for two endpoints, of the server',
    "$url\n" . endpoint() . location('/b', $token), ['SCIM0036']);
accepted('one URL in two virtual hosts', host(80, endpoint($url)) . host(81, endpoint($url)));

# ---- databases ----------------------------------------------------------------------------

my @bare    = (bare => 1);
my $modules = Scim::Server->prepare->load_modules;
my $sqlite  = "DBDriver sqlite3\nDBDParams \@DIR\@/db/x.db";

accepted('a database of the virtual host', $modules . host(80, $sqlite, endpoint()), undef, @bare);
accepted('a database for all', "$modules$sqlite\n" . host(80, endpoint()), undef, @bare);
accepted('a database in <IfModule>',
    "$modules<IfModule mod_dbd.c>\n$sqlite\n</IfModule>\n" . endpoint(), undef, @bare);
$output = accepted('a database of one virtual host, endpoint of all',
    $modules . endpoint() . host(80, $sqlite) . host(81), ['SCIM0038', 'SCIM0038'], @bare);
like $output, qr/^SCIM0038: the main server: ScimDirectory: there is no data/m, 'main server';
like $output, qr/^SCIM0038: \S+:\d+: <VirtualHost> .*: ScimDirectory: there is/m, 'virtual host';

my %complaint = (
    'no DBDParams'          => ['',                      'it has to name a file for SQLite'],
    'a database in memory'  => ['DBDParams :memory:',    'it has to name a file for SQLite'],
    'a relative path'       => ['DBDParams scim.db',     'it does not begin with a slash'],
    'what PostgreSQL wants' => ['DBDParams "host=h password=s3cret"', 'it does not begin with a slash'],
    'no directory'          => ['DBDParams @DIR@/no/x',  q{there is no directory '\S+/no/'}],
    'a directory'           => ['DBDParams @DIR@/db',    q{'\S+/db' is not a file}],
);
for my $name (sort keys %complaint) {
    my ($line, $says) = @{$complaint{$name}};
    $output = accepted("SQLite, $name", "${modules}DBDriver sqlite3\n$line\n" . endpoint(), ['SCIM0043'], @bare);
    like $output, qr/^SCIM0043: the main server: DBDParams: $says/m, "SQLite, $name: what is wrong";
    unlike $output, qr/s3cret/, "SQLite, $name: without secrets";
}

# ---- samples ------------------------------------------------------------------------------

sub slurp
{
    my ($file) = @_;

    open my $in, '<', $file or die "$file: $!";
    local $/;
    return readline $in;
}

my $sample = slurp('conf.d/scim.conf');
$sample =~ s{/var/lib/mod_scim/}{\@DIR\@/db/} or die 'no database in the sample';
accepted('conf.d/scim.conf', $modules . $sample, ['SCIM0035'], @bare);
accepted('conf.d/scim.conf without mod_scim', $sample, undef, without => ['scim']);
(my $open = $sample) =~ s/^( +)#(ScimBearerToken \S+ sha256:)PUT_\w+/$1$2$digest/m;
isnt $open, $sample, 'conf.d/scim.conf has a token commented out';
accepted('conf.d/scim.conf with a token', $modules . $open, undef, @bare);
(my $all = $open) =~ s/^( +)#(Scim(?!BearerToken)[A-Z].*)/$1$2/mg;
$all =~ s{/etc/mod_scim(?=/badge)}{$ENV{SCIM_SRCDIR}/t/data/schemas};
accepted('conf.d/scim.conf with every line', $modules . $all, undef, @bare);

for my $name (qw(onelogin okta entra)) {
    my $client = slurp("conf.d/$name.conf");
    accepted("conf.d/$name.conf", $client, ['SCIM0035']);
    accepted("conf.d/$name.conf and scim.conf", $modules . $sample . $client,
        ['SCIM0035', 'SCIM0035'], @bare);
    (my $more = $client) =~ s/^( +)#(Scim(?!Schema).*)/$1$2/mg;
    $more =~ s/file:\S+/sha256:$digest/g;
    accepted("conf.d/$name.conf with every line", $more);
}

done_testing;
