# ScimExport and %{SCIM:attribute}: what the application behind is told, and what nobody else may tell it.
use strict;
use warnings;

use Test::More;

use Scim::Client qw(true false);
use Scim::People;
use Scim::Server;

my $basic = Scim::People::basic();
my $server = Scim::Server->start(modules => [qw(rewrite cgid)], threads => 4,
    files => { htpasswd => Scim::People::htpasswd(qw(ada out stranger)) }, config => <<"END" . Scim::People::endpoint());
<IfModule !cgid_module>
    LoadModule cgi_module "\@MODULES\@/mod_cgi.so"
</IfModule>
<IfModule cgid_module>
    ScriptSock "\@DIR\@/cgid.sock"
</IfModule>
ScriptAlias "/cgi" "\@DIR\@/cgi"
<Location "/cgi">
    $basic
    Require valid-user
    ScimExport all DEPARTMENT=urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department
    ScimExport "WORK=emails[type eq \\"work\\"].value"
    RequestHeader set X-Mail "%{SCIM_MAIL}e" env=SCIM_MAIL
    Header set X-Title "expr=%{SCIM:title}"
</Location>
<Location "/cgi/open">
    AuthType None
    Require all granted
</Location>
END
mkdir $server->dir . '/cgi' or die "cgi: $!";
for my $name (qw(env open)) {
    my $file = $server->dir . "/cgi/$name";
    $server->write("cgi/$name", qq(#!$^X\nprint "Content-Type: text/plain\\n\\n", map { "\$_=\$ENV{\$_}\\n" } sort keys %ENV;\n));
    chmod 0755, $file;
}
my $people = Scim::People->new($server);
my $ada = $people->make(userName => 'ada', displayName => 'Ada; Countess %', title => "Line\nbreak", externalId => 'x1',
    roles  => [ { value => 'admin' }, { value => 'author' } ],
    emails => [ { value => 'ada@example.com', type => 'work' }, { value => 'ada@home.example', type => 'home' } ],
    schemas => [ $Scim::People::user, 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User' ],
    'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User' => { department => 'Engines' });
$people->make(userName => 'out', active => false, displayName => 'Out');
$people->team('outer', $people->team('inner', $ada));

sub variables
{
    my ($name, $path, @headers) = @_;
    my $r = $people->get($name, $path, @headers);
    is $r->code, 200, $path or diag $server->error_log;
    return ({ $r->text =~ /^(\w+)=(.*)$/mg }, $r);
}

subtest 'somebody active' => sub {
    my ($env, $r) = variables('ada', '/cgi/env');
    is $env->{SCIM_ID}, $ada->{id}, 'id';
    is $env->{SCIM_EXTERNAL_ID}, 'x1', 'externalId';
    is $env->{SCIM_USER_NAME}, 'ada', 'userName';
    is $env->{SCIM_NAME}, 'Ada%3B Countess %25', 'displayName, escaped';
    is $env->{SCIM_MAIL}, 'ada@example.com;ada@home.example', 'all addresses';
    is $env->{SCIM_GROUPS}, 'inner;outer', 'groups, also those by way of others';
    is $env->{SCIM_ROLES}, 'admin;author', 'roles';
    is $env->{DEPARTMENT}, 'Engines', 'an attribute by its path';
    is $env->{WORK}, 'ada@example.com', 'a path with a filter';
    is $env->{HTTP_X_MAIL}, 'ada@example.com;ada@home.example', 'a header made of a variable';
    is $r->header('X-Title'), 'Line%0Abreak', 'an expression';
};

subtest 'spoofed' => sub {
    my @lies = ('Scim-Id' => 'root', SCIM_ID => 'root', 'scim-groups' => 'wheel', 'Department' => 'Treasury');
    my ($env) = variables('ada', '/cgi/env', @lies);
    is_deeply [ grep { /^HTTP_(?:SCIM_|DEPARTMENT)/ } sort keys %$env ], [], 'no such header comes through';
    for my $name ('out', 'stranger') {
        ($env) = variables($name, '/cgi/env', @lies);
        is_deeply [ grep { /SCIM_|DEPARTMENT|WORK/ } sort keys %$env ], [], "$name: nothing is said";
    }
    ($env) = variables(undef, '/cgi/open', @lies);
    is_deeply [ grep { /SCIM_|DEPARTMENT|WORK/ } sort keys %$env ], [], 'nobody: nothing is said';
};

done_testing;
