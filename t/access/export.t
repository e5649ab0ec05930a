# ScimExport and %{SCIM:attribute}: what the application behind is told, and what nobody else may tell it.
use strict;
use warnings;

use IO::Socket::INET;
use Test::More;

use Scim::Client qw(true false);
use Scim::People;
use Scim::Process;
use Scim::Server;

# An application that answers with the request as it came.
sub application
{
    my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => Scim::Process::free_port(),
        Listen => 16, ReuseAddr => 1) or die "no application: $!";
    my $parent = $$;
    my $pid = fork // die "fork: $!";
    return ($pid, $listener->sockport) if $pid;
    $SIG{PIPE} = 'IGNORE';
    $SIG{ALRM} = sub { exit if getppid != $parent; alarm 1 };
    alarm 1;
    while (1) {
        my $client = $listener->accept or next;
        my $request = '';
        until ($request =~ /\r\n\r\n/) { sysread $client, $request, 65_536, length $request or last }
        syswrite $client, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\n$request";
        close $client;
    }
}

my ($pid, $port) = application();
END { kill TERM => $pid if $pid }

my $basic = Scim::People::basic();
my $enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
my $badge      = 'urn:example:params:scim:schemas:extension:badge:User';
my $server = Scim::Server->start(modules => [qw(rewrite cgid proxy proxy_http)], threads => 4,
    files => { htpasswd => Scim::People::htpasswd(qw(ada out stranger)) }, config => <<"END" . Scim::People::endpoint());
ScimSchema "$ENV{SCIM_SRCDIR}/t/data/schemas/badge.json"
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
    Header set X-Password "expr=%{SCIM:password}"
    Header set X-Pin "expr=%{SCIM:$badge:pin}"
</Location>
<Location "/cgi/open">
    AuthType None
    Require all granted
</Location>
<Location "/cgi/refused">
    ErrorDocument 401 /cgi/refused
    Header always set X-Refused "expr=%{SCIM:title}"
</Location>
<Location "/cgi/refused/broken">
    AuthUserFile "\@DIR\@/nosuch"
    ErrorDocument 500 /cgi/refused/broken
</Location>
<Location "/app">
    ProxyPass "http://127.0.0.1:$port/"
    $basic
    Require valid-user
    ScimExport header:X-Groups=groups.display "Header:X-Title=title" SCIM_ID
</Location>
<Location "/app/inner">
    ScimExport header:X-Name=displayName
</Location>
<Location "/app/open">
    AuthType None
    Require all granted
    ScimExport none
</Location>
END
mkdir $server->dir . '/cgi' or die "cgi: $!";
for my $name (qw(env open refused)) {
    my $file = $server->dir . "/cgi/$name";
    $server->write("cgi/$name", qq(#!$^X\nprint "Content-Type: text/plain\\n\\n", map { "\$_=\$ENV{\$_}\\n" } sort keys %ENV;\n));
    chmod 0755, $file;
}
my $people = Scim::People->new($server);
my $ada = $people->make(userName => 'ada', displayName => 'Ada; Countess %', title => "Line\nbreak", externalId => 'x1',
    roles  => [ { value => 'admin' }, { value => 'author' } ],
    emails => [ { value => 'ada@example.com', type => 'work' }, { value => 'ada@home.example', type => 'home' } ],
    schemas => [ $Scim::People::user, $enterprise, $badge ], $enterprise => { department => 'Engines' }, $badge => { pin => '4711' });
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
    for my $case ([ 'X-Password' => 'password' ], [ 'X-Pin' => "$badge:pin" ]) {
        is $r->header($case->[0]), '', "one that asks for what is shown to nobody: $case->[0]";
        like $server->error_log, qr/SCIM: '\Q$case->[1]\E' is shown to nobody/, "the log says so: $case->[0]";
    }
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

# What httpd sets before it knows whether it is true.
subtest 'the right name and a wrong password' => sub {
    for my $case ([ refused => 401 ], [ 'refused/broken' => 500 ]) {
        my ($path, $code) = @$case;
        my $r = $people->get(undef, "/cgi/$path", Scim::People::login('ada', 'wrong'));
        is $r->code, $code, $path;
        like $r->text, qr/^REDIRECT_STATUS=$code$/m, "$path: the page for that";
        unlike $r->text, qr/^(?:REDIRECT_)?(?:SCIM_|DEPARTMENT|WORK)/m, "$path: is told nothing of the person";
        is $r->header('X-Refused'), '', "$path: nor are expressions";
    }
    my $r = $people->get(ada => '/cgi/refused');
    is $r->code, 200, 'with the right one';
    is $r->header('X-Refused'), 'Line%0Abreak', 'they are';
};

# The headers X-Groups and so on, in any spelling, that the application gets.
sub arrives
{
    my ($name, $path, @lines) = @_;
    my %login = Scim::People::login($name);
    my $r = $server->client(token => undef)->raw(join "\r\n", "GET $path HTTP/1.1", 'Host: x', map({ "$_: $login{$_}" } keys %login),
        'Connection: close', @lines, '', '');
    is $r->code, 200, "$path @lines" or diag $server->error_log;
    return [ sort grep { /^x.(?:groups|title|name):/i } $r->text =~ /^(.*?)\r?$/mg ];
}

subtest 'headers' => sub {
    my @true = ('X-Groups: inner;outer', 'X-Title: Line%0Abreak');
    my @spellings = ('X-Groups', 'x-groups', 'X_Groups', 'X_GROUPS', 'x_groups', 'X.Groups', 'X~gRoups', q(X'Groups), 'X!Groups', 'x|title', 'X_Title');
    my @lies = map { "$_: wheel" } @spellings;

    is_deeply arrives('ada', '/app/', $_), \@true, 'none but what is true' for @lies;
    is_deeply arrives('ada', '/app/', 'X_Groups: a', 'X-Groups: b', 'X_Groups: c', 'X-Groups: d', 'x-groups:e', 'X-GROUPS:'), \@true, 'nor of many';
    is_deeply arrives('ada', '/app/', @lies, @lies), \@true, 'nor of all of them';
    is_deeply arrives($_, '/app/', @lies), [], "$_: none" for qw(out stranger);
    is_deeply arrives('ada', '/app/inner/', @lies, 'X_Name: root'), ['X-Name: Ada%3B Countess %25'], 'an inner section says something else';
    is_deeply arrives(undef, '/app/open/', @lies), [], 'or nothing';
    is_deeply arrives('ada', '/app/', $_), \@true, 'nobody has them left out' for 'Connection: X-Groups, x_title', 'Connection: keep-alive , X-GROUPS,,X-Title', 'Proxy-Connection: X-Groups';
    my $r = $people->get(ada => '/app/', 'X-Groupsy' => 'other', XGroups => 'other');
    like $r->text, qr/^$_: other\r$/mi, "what is called otherwise arrives: $_" for qw(X-Groupsy XGroups);
};

done_testing;
