# Configurations that httpd -t refuses, each with one sentence: the directive, the bad value, what
# is allowed.
use strict;
use warnings;

use Test::More;

use Scim::Server;

my $digest = 'a' x 64;

sub location { return join "\n", '<Location "/scim/v2">', 'SetHandler scim', @_, '</Location>', '' }

sub endpoint { return location("ScimDirectory default", "ScimBearerToken idp sha256:$digest", @_) }

sub refused
{
    my ($name, $config, $sentence, %how) = @_;
    my ($status, $output) = Scim::Server->run_t(config => $config, %how);

    subtest $name => sub {
        isnt $status, 0, 'refused';
        ok index($output, $sentence) >= 0, $sentence or diag $output;
        unlike $output, qr/Syntax OK/, 'and not called right';
    };
}

# ---- values -------------------------------------------------------------------------

my @values = (
    ['ScimCreateUsers yes',     "ScimCreateUsers: 'yes' is not one of on, off, ignore"],
    ['ScimUpdateUsers 1',       "ScimUpdateUsers: '1' is not one of on, off, ignore"],
    ['ScimEnableUsers disable', "ScimEnableUsers: 'disable' is not one of on, off, ignore"],
    ['ScimDisableUsers maybe',  "ScimDisableUsers: 'maybe' is not one of on, off, ignore"],
    ['ScimDeleteUsers never',   "ScimDeleteUsers: 'never' is not one of on, off, ignore, disable"],
    ['ScimCreateGroups yes',    "ScimCreateGroups: 'yes' is not one of on, off, ignore"],
    ['ScimUpdateGroups all',    "ScimUpdateGroups: 'all' is not one of on, off, ignore"],
    ['ScimDeleteGroups disable', "ScimDeleteGroups: 'disable' is not one of on, off, ignore"],
    ['ScimUnknownAttributes accept',
        "ScimUnknownAttributes: 'accept' is not one of ignore, reject"],
    ['ScimDialect google',
        "ScimDialect: 'google' is not one of auto, onelogin, okta, entra, strict"],
    ['ScimMaxResults 0',    "ScimMaxResults: '0' is not a number between 1 and 10000"],
    ['ScimMaxResults -1',   "ScimMaxResults: '-1' is not a number between 1 and 10000"],
    ['ScimMaxResults 10001', "ScimMaxResults: '10001' is not a number between 1 and 10000"],
    ['ScimMaxResults 10k',  "ScimMaxResults: '10k' is not a number between 1 and 10000"],
    ['ScimMaxResults " 5"', "ScimMaxResults: ' 5' is not a number between 1 and 10000"],
    ['ScimMaxResults 99999999999999999999999',
        "ScimMaxResults: '99999999999999999999999' is not a number between 1 and 10000"],
    ['ScimMaxScan 10000001', "ScimMaxScan: '10000001' is not a number between 1 and 10000000"],
    ['ScimMaxOperations 0', "ScimMaxOperations: '0' is not a number between 1 and 10000"],
    ['ScimMaxOperations 10001', "ScimMaxOperations: '10001' is not a number between 1 and 10000"],
    ['ScimPasswordCost 3',  "ScimPasswordCost: '3' is not a number between 4 and 17"],
    ['ScimPasswordCost 18', "ScimPasswordCost: '18' is not a number between 4 and 17"],
    ['ScimMe on',           "ScimMe: 'on' is not one of off, read, write"],
    ['ScimPasswords on',    "ScimPasswords: 'on' is not one of ignore, store"],
    ['ScimMaxPayload 1023', "ScimMaxPayload: '1023' is not a number between 1024 and 67108864"],
    ['ScimMaxPayload 67108865',
        "ScimMaxPayload: '67108865' is not a number between 1024 and 67108864"],
    ['ScimMaxResults',      'ScimMaxResults takes one argument'],
    ['ScimMaxResults 1 2',  'ScimMaxResults takes one argument'],
    ['ScimDirectory "a b"', "ScimDirectory: 'a b' is not a name of 1 to 64 letters, digits, "],
    ['ScimDirectory ../x',  "ScimDirectory: '../x' is not a name of 1 to 64 letters, digits, "],
    ['ScimDirectory ' . 'n' x 65, "ScimDirectory: '" . 'n' x 64 . "...' is not a name of 1 to 64"],
    ['ScimDirectory staff ldap',
        "ScimDirectory: 'ldap' is not one of the directory providers, which are dbd"],
    ['ScimUserNameRewrite "(.*"',
        q{ScimUserNameRewrite: '"(.*"' is not a regular expression and a replacement, }
            . 'both in quotes, or none'],
    ['ScimUserNameRewrite "(.*)@.*" "$1" "$2"', 'ScimUserNameRewrite: '],
    ['ScimUserNameRewrite "(.*" "$1"',
        "ScimUserNameRewrite: '(.*' is not a regular expression: missing closing parenthesis"],
    ['ScimUserNameRewrite "(.*)@.*" "$2"', 'ScimUserNameRewrite: '],
    ['ScimDefaultRole ""',     'ScimDefaultRole takes one argument'],
    ["ScimDefaultRole \"a\tb\"",
        "ScimDefaultRole: 'a?b' is not a role's name of 1 to 255 bytes without control characters"],
    ['ScimRoles',              "ScimRoles: '' is not a list of roles or any"],
    ['ScimRoles admin any',    "ScimRoles: 'any' cannot stand beside other roles"],
    ["ScimRoles admin \xff",   "ScimRoles: '?' is not a role's name of 1 to 255 bytes"],
    ['ScimRoles admin ""',     "ScimRoles: '' is not a role's name of 1 to 255 bytes"],
    map({ ["ScimBaseURL \"$_\"", "ScimBaseURL: '$_' is not an http or https URL such as "] }
        'id.example.com/scim', '/scim/v2', 'ftp://id.example.com/', 'https://', 'https:///scim',
        'https://ada:pw@id.example.com/', 'https://ada@id.example.com/',
        'https://id.example.com/?a=b', 'https://id.example.com/#a',
        'https://id.example.com:0/', 'https://id.example.com:65536/', 'https://id.example.com:/',
        'https://id.example.com/a b', 'https://id.example.com/<a>'),
);
refused($_->[0], endpoint($_->[0]), $_->[1]) for @values;

# ---- tokens -------------------------------------------------------------------------

my @tokens = (
    ['ScimBearerToken',      'ScimBearerToken: 0 arguments are not a label and a secret'],
    ['ScimBearerToken idp',  'ScimBearerToken: 1 arguments are not a label and a secret'],
    ["ScimBearerToken a:b sha256:$digest", 'ScimBearerToken: the first argument is not a label of '
        . "1 to 32 letters, digits, '.', '_' and '-'"],
    ['ScimBearerToken ' . 'l' x 33 . " sha256:$digest", 'the first argument is not a label'],
    ["ScimBearerToken -idp sha256:$digest",   'the first argument is not a label'],
    ["ScimBearerToken idp sha256:$digest scope=admin",
        "ScimBearerToken: 'admin' is not one of read, write, users, groups"],
    ["ScimBearerToken idp sha256:$digest scope=",
        "ScimBearerToken: '' is not one of read, write, users, groups"],
    ["ScimBearerToken idp sha256:$digest scope=read,,users",
        "ScimBearerToken: '' is not one of read, write, users, groups"],
    ["ScimBearerToken idp sha256:$digest scope=read scope=write", 'ScimBearerToken: the arguments '
        . 'after the secret are not scope=LIST and expires=DATE, each at most once'],
    ["ScimBearerToken idp sha256:$digest read", 'ScimBearerToken: the arguments after the secret'],
    map({ ["ScimBearerToken idp sha256:$digest expires=$_", "ScimBearerToken: '$_' after expires= "
        . 'is not a day such as 2031-12-31 or a time such as 2031-12-31T18:00:00Z'] }
        'tomorrow', '', '2031-02-29', '2031-13-01', '31.12.2031', '2031-12-31T25:00:00Z',
        '2031-12-31T18:00', '1969-12-31'),
);
refused($_->[0], location($_->[0]), $_->[1]) for @tokens;

# ---- places -------------------------------------------------------------------------

for my $line ('ScimDirectory default', "ScimBearerToken idp sha256:$digest") {
    my ($name) = split / /, $line;
    my %place = (
        "server config"            => [$line, "'server config'"],
        'virtual host' => ["<VirtualHost *:80>\n$line\n</VirtualHost>",    "'<VirtualHost>'"],
        LocationMatch  => ["<LocationMatch /a>\n$line\n</LocationMatch>", "'<LocationMatch>'"],
        'Location with expression' => ["<Location ~ /a>\n$line\n</Location>", "'<Location ~ /a>'"],
        'Location with wildcard'   => ["<Location /a/*>\n$line\n</Location>", "'<Location /a/*>'"],
        'Location without slash'   => ["<Location a>\n$line\n</Location>", "'<Location a>'"],
        Directory                  => ["<Directory />\n$line\n</Directory>", "'<Directory>'"],
        Files                      => ["<Files x>\n$line\n</Files>", "'<Files>'"],
        If                         => ["<If true>\n$line\n</If>", "'<If>'"],
        'If in Location'  => [location("<If true>\n$line\n</If>"),       "'<If>'"],
        'Limit in Location' => [location("<Limit GET>\n$line\n</Limit>"), "'<Limit>'"],
    );

    refused("$name: $_", "$place{$_}[0]\n",
        "$name: $place{$_}[1] is not a place for it; allowed is <Location \"/path\">")
        for sort keys %place;
}

my %example = (
    ScimCreateUsers       => 'off',
    ScimUpdateUsers       => 'off',
    ScimEnableUsers       => 'off',
    ScimDisableUsers      => 'off',
    ScimDeleteUsers       => 'disable',
    ScimCreateGroups      => 'off',
    ScimUpdateGroups      => 'ignore',
    ScimDeleteGroups      => 'off',
    ScimUserNameRewrite   => '"(.*)@.*" "$1"',
    ScimDefaultRole       => 'none',
    ScimRoles             => 'any',
    ScimDialect           => 'auto',
    ScimUnknownAttributes => 'reject',
    ScimBaseURL           => 'https://id.example.com/',
    ScimMaxResults        => 5,
    ScimMaxScan           => 5,
    ScimMaxPayload        => 5000,
    ScimMaxOperations     => 5,
    ScimMe                => 'read',
    ScimPasswords         => 'store',
    ScimPasswordCost      => 12,
);
my %section = (Directory => '/', Files => 'x', If => 'true', LimitExcept => 'GET');
for my $name (sort keys %example) {
    for my $section (sort keys %section) {
        my $lines = "<$section $section{$section}>\n$name $example{$name}\n</$section>\n";

        refused("$name in $section", $section eq 'LimitExcept' ? endpoint($lines) : $lines,
            "$name: '<$section>' is not a place for it; allowed are the server, <VirtualHost>, "
                . '<Location> and <LocationMatch>');
    }
}

# ---- rules across directives ----------------------------------------------------------

my $in = qr/httpd\.conf:\d+: <Location "[^"]+">/;

sub refused_by_check
{
    my ($name, $config, $pattern, %how) = @_;
    my ($status, $output) = Scim::Server->run_t(config => $config, %how);

    subtest $name => sub {
        isnt $status, 0, 'refused';
        like $output, $pattern, 'with the sentence';
        my @all = $output =~ /($pattern)/g;
        is @all, 1, 'once';
    };
}

my $wrong_role = qr/$in: ScimDefaultRole: 'guest' is not one of the ScimRoles, which are a, b\n/;
refused_by_check('default role in one Location', endpoint('ScimRoles a b', 'ScimDefaultRole guest'),
    $wrong_role);
refused_by_check('default role of the server',
    "ScimDefaultRole guest\n" . endpoint('ScimRoles a b'), $wrong_role);
refused_by_check('roles of the server', "ScimRoles a b\n" . endpoint('ScimDefaultRole guest'),
    $wrong_role);
refused_by_check('roles of the virtual host',
    "<VirtualHost *:80>\nScimRoles a b\n" . endpoint('ScimDefaultRole guest') . '</VirtualHost>',
    $wrong_role);
refused_by_check('a Location for all virtual hosts',
    endpoint('ScimDefaultRole guest') . "<VirtualHost *:80>\nScimRoles a b\n</VirtualHost>",
    $wrong_role);
refused_by_check('a Location in the endpoint',
    endpoint('ScimRoles a b')
        . "<Location /scim/v2/Users>\nScimDefaultRole guest\n</Location>",
    $wrong_role);
refused_by_check('a LocationMatch that matches it',
    endpoint('ScimRoles a b') . "<LocationMatch ^/scim>\nScimDefaultRole guest\n</LocationMatch>",
    $wrong_role);
refused_by_check('one LocationMatch',
    "<LocationMatch /U>\nScimRoles a b\nScimDefaultRole guest\n</LocationMatch>", $wrong_role);
refused_by_check('both of the server', "ScimRoles a b\nScimDefaultRole guest\n",
    qr/httpd\.conf:\d+: ScimDefaultRole: 'guest' is not one of the ScimRoles, which are a, b\n/);

refused_by_check("SetHandler alone: $_", "<Location \"/scim/v2\">\nSetHandler $_\n</Location>\n",
    qr/$in: SetHandler scim alone is not an endpoint, add ScimDirectory and ScimBearerToken\n/)
    for qw(scim SCIM);
refused_by_check('an endpoint in an endpoint',
    endpoint() . "<Location /scim/v2/test>\nSetHandler scim\nScimDirectory test\n</Location>",
    qr{$in: ScimDirectory: this Location lies in the endpoint '/scim/v2', which has a directory; }
);
refused_by_check('an endpoint in an endpoint, written first',
    "<Location /scim/v2/test>\nSetHandler scim\nScimDirectory test\n</Location>\n" . endpoint(),
    qr{"/scim/v2/test">: ScimDirectory: this Location lies in the endpoint '/scim/v2'});

my $needs_dbd = qr/$in: ScimDirectory: the provider 'dbd' needs mod_dbd, which is not loaded; run /;
refused_by_check('without mod_dbd', endpoint(), qr/${needs_dbd}a2enmod dbd/, without => ['dbd']);
refused_by_check(
    'without mod_dbd, by default',
    location("ScimBearerToken idp sha256:$digest"),
    $needs_dbd, without => ['dbd']
);

my $modules = Scim::Server->prepare->load_modules;
refused_by_check('without a database', $modules . endpoint(),
    qr/the main server: ScimDirectory: there is no database for the provider 'dbd'; add DBDriver/,
    bare => 1);
refused_by_check(
    'a database in the wrong virtual host',
    $modules
        . "<VirtualHost *:80>\nDBDriver sqlite3\n</VirtualHost>\n"
        . "<VirtualHost *:81>\n"
        . endpoint()
        . "</VirtualHost>\n",
    qr/httpd\.conf:\d+: <VirtualHost>.*: ScimDirectory: there is no database/,
    bare => 1
);

done_testing;
