# Where nothing can be known nothing is granted: no database, no tables, no directory, half a configuration.
use strict;
use warnings;

use JSON::PP 'encode_json';
use Test::More;

use Scim::Client qw(true false);
use Scim::Database;
use Scim::People;
use Scim::Server;

my $basic = Scim::People::basic();
my %rule = (
    active  => 'Require scim-active',
    group   => 'Require scim-group editors',
    filter  => 'Require scim-filter userName pr',
    not     => "<RequireAll>\n Require valid-user\n Require not scim-group banned\n</RequireAll>",
    any     => "<RequireAny>\n Require scim-group editors\n Require user nobody-else\n</RequireAny>",
);

sub rules { return join '', map { "<Location \"$_[0]/$_\">\n$basic$rule{$_}\n$_[1]\n</Location>\n" } sort keys %rule }

sub places
{
    my ($server) = @_;
    my $dir = $server->dir;

    for my $path (map({ ("$_", "other/$_") } sort keys %rule), 'guard', 'lax', 'own', 'password', 'expr', 'export') {
        system('mkdir', '-p', "$dir/htdocs/$path") == 0 or die $path;
        $server->write("htdocs/$path/page", 'hello');
    }
}

my $more = <<"END";
<Location "/guard">
    $basic
    Require valid-user
    ScimGuard on
</Location>
<Location "/lax">
    $basic
    Require valid-user
    ScimGuard on
    ScimGuardUnavailable allow
</Location>
<Location "/password">
    AuthType Basic
    AuthName x
    AuthBasicProvider scim file
    AuthUserFile "\@DIR\@/htpasswd"
    Require valid-user
</Location>
<Location "/expr">
    $basic
    <RequireAll>
        Require valid-user
        Require expr "%{SCIM:userType} != 'contractor'"
    </RequireAll>
</Location>
<Location "/export">
    $basic
    Require valid-user
    ScimExport all
    Header set X-Id "expr=%{SCIM:id}"
</Location>
END

my $server = Scim::Server->start(files => { htpasswd => Scim::People::htpasswd(qw(ada bob)) },
    config => "LogLevel scim:info\nAccessFileName .none\n" . Scim::People::endpoint() . rules('', '') . rules('/other', 'ScimAccessDirectory elsewhere') . $more);
places($server);
my $people = Scim::People->new($server);
my $ada = $people->make(userName => 'ada');
$people->team('editors', $ada);

sub code { my ($name, $path) = @_; return $people->get($name, "/$path/page")->code }

subtest 'as it should be' => sub {
    is code(ada => $_), 200, "ada: $_" for sort(keys %rule), 'guard', 'lax', 'expr', 'export';
    is code(bob => 'expr'), 200, 'bob, of whom expressions know nothing, is no contractor';
    is code(bob => $_), ($_ eq 'not' ? 200 : 401), "bob: $_" for sort keys %rule;
};

subtest 'another directory has other people' => sub {
    is code(ada => "other/$_"), ($_ eq 'not' ? 200 : 401), "ada: $_" for sort keys %rule;
};

subtest 'without tables' => sub {
    my $file = $server->dir . '/db/scim.db';
    Scim::Database::ask($file, "ALTER TABLE scim_$_ RENAME TO lost_$_") for qw(resources members);
    for my $name (qw(ada bob)) {
        is code($name => $_), 500, "$name: $_" for sort keys %rule;
        is code($name => 'guard'), 503, "$name: guard";
        is code($name => 'lax'), 200, "$name: guard that is told to let pass";
        is code($name => 'password'), 500, "$name: password, and no other provider is asked";
        is code($name => 'expr'), 500, "$name: an expression";
        is code($name => 'export'), 200, "$name: variables are no permission";
    }
    is $people->get('ada', '/guard/page')->header('Retry-After'), 5, 'when to try again';
    like $server->error_log, qr/scim:error\b.*SCIM0060: the directory cannot be asked about 'ada', so nothing is granted/, 'the log says why';
    like $server->error_log, qr/SCIM0063: 'bob' passes though the directory cannot be asked/, 'and who has passed';
    Scim::Database::ask($file, "ALTER TABLE lost_$_ RENAME TO scim_$_") for qw(resources members);
    $server->graceful;
    is code(ada => 'guard'), 200, 'when they are back';
};

subtest 'half a configuration' => sub {
    my $alone = Scim::Server->start(files => { htpasswd => Scim::People::htpasswd('ada') }, config => rules('', '') . $more);
    places($alone);
    my $anybody = Scim::People->new($alone);
    is $anybody->get('ada', "/$_/page")->code, 500, "no directory at all: $_" for sort keys %rule;
    is $anybody->get('ada', '/guard/page')->code, 503, 'guard';
    like $alone->error_log, qr/SCIM0060: .*there is no directory for this place/, 'the log says what is missing';

    my $two = Scim::Server->start(files => { htpasswd => Scim::People::htpasswd('ada') },
        config => rules('', '') . Scim::People::endpoint() . Scim::People::endpoint('', '/two/v2', 'second'));
    places($two);
    $anybody = Scim::People->new($two);
    is $anybody->get('ada', '/active/page')->code, 500, 'two directories, and no word which';
};

subtest 'virtual hosts' => sub {
    my $hosts = Scim::Server->start(files => { htpasswd => Scim::People::htpasswd('ada') }, config => <<"END");
<VirtualHost *>
    ServerName apps
    <Location "/">
        $basic
        Require scim-active
    </Location>
</VirtualHost>
<VirtualHost *>
    ServerName id
    DBDParams "\@DIR\@/db/of-id.db"
    @{[Scim::People::endpoint()]}
</VirtualHost>
END
    $hosts->write('htdocs/page', 'hello');
    my $ask = sub {
        my ($host, $method, $path, $body, @headers) = @_;
        my $text = $body ? encode_json($body) : '';
        return $hosts->client(token => undef)->raw(join "\r\n", "$method $path HTTP/1.1", "Host: $host", 'Connection: close',
            'Content-Type: application/scim+json', 'Content-Length: ' . length $text, @headers, '', $text);
    };
    my @token = ("Authorization: Bearer $Scim::People::token");
    my @login = ('Authorization: ' . { Scim::People::login('ada') }->{Authorization});
    my $r = $ask->('id', POST => '/scim/v2/Users', { schemas => [$Scim::People::user], userName => 'ada' }, @token);
    is $r->code, 201, 'an endpoint of another host' or diag $r->text;
    is $ask->('apps', GET => '/page', undef, @login)->code, 200, 'its people are known here, by its database';
    $ask->('id', PATCH => '/scim/v2/Users/' . $r->json->{id},
        { schemas => [$Scim::People::patch], Operations => [ { op => 'replace', path => 'active', value => false } ] }, @token);
    is $ask->('apps', GET => '/page', undef, @login)->code, 401, 'disabled there, refused here';
};

# Two hosts have a directory of the same name, and one has none.
subtest 'the same name in another database' => sub {
    for my $case ([ 'of-one', 500 ], [ 'of-id', 200 ]) {
        my ($database, $code) = @$case;
        my $hosts = Scim::Server->start(files => { htpasswd => Scim::People::htpasswd('ada') }, config => <<"END");
<VirtualHost *>
    ServerName id
    DBDParams "\@DIR\@/db/of-id.db"
    @{[Scim::People::endpoint()]}
    <Location "/own">
        $basic
        Require scim-active
        ScimAccessDirectory people
    </Location>
</VirtualHost>
<VirtualHost *>
    ServerName one
    DBDParams "\@DIR\@/db/$database.db"
    @{[Scim::People::endpoint()]}
</VirtualHost>
<VirtualHost *>
    ServerName apps
    <Location "/named">
        $basic
        Require scim-active
        ScimAccessDirectory people
    </Location>
    <Location "/only">
        $basic
        Require scim-active
    </Location>
</VirtualHost>
END
        for my $path (qw(own named only)) {
            mkdir $hosts->dir . "/htdocs/$path" or die "$path: $!";
            $hosts->write("htdocs/$path/page", 'hello');
        }
        my $anybody = Scim::People->new($hosts);
        $anybody->make(userName => 'ada');
        my %login = Scim::People::login('ada');
        is $anybody->get(ada => '/own/page')->code, 200, "$database: a host with a directory of its own";
        for my $path (qw(named only)) {
            my $r = $hosts->client(token => undef)->raw("GET /$path/page HTTP/1.1\r\nHost: apps\r\nConnection: close\r\nAuthorization: $login{Authorization}\r\n\r\n");
            is $r->code, $code, "$database: one without, $path";
        }
        my @said = $hosts->output =~ m{(SCIM0045: .*)}g;
        is scalar(@said) > 0, $code == 500, "$database: what the log says";
        like $_, qr/<VirtualHost> apps: ScimAccessDirectory: 'people' is a directory of .*<VirtualHost> (?:id|one) and another one of .*<VirtualHost> (?:id|one),/, "$database: which" for @said;
    }
};

subtest 'httpd -t' => sub {
    my @wrong = (
        ['Require scim-filter title xx "y"', qr/scim-filter: .*'xx'/],
        ['Require scim-filter nothing pr', qr/scim-filter: .*nothing/],
        [q(Require scim-filter 'title eq "%{nosuch:x}"'), qr/scim-filter: '%\{nosuch:x\}' is not an expression/],
        ["</Location>\n<AuthzProviderAlias scim-group eds editors>\n</AuthzProviderAlias>\n<Location /y>", qr/cannot stand in <AuthzProviderAlias>/],
        ["<Limit POST>\nScimGuard off\n</Limit>", qr/ScimGuard cannot occur within <Limit>/],
        ['ScimLoginTime "%{nosuch:x}"', qr/ScimLoginTime: '%\{nosuch:x\}' is not an expression/],
        ['Require scim-group', qr/nothing follows it; name one or more/],
        ['Require scim-active now', qr/'now' is too much/],
        ['Require scim-group "%{nosuch:x}"', qr/is not an expression/],
        ['ScimMatch title', qr/ScimMatch: 'title' is not indexed; add ScimIndex title/],
        ['ScimMatch nosuch', qr/ScimMatch: .*nosuch/],
        ['ScimGuard maybe', qr/ScimGuard must be On or Off/],
        ['ScimGuardUnknown maybe', qr/ScimGuardUnknown: 'maybe' is not one of allow, deny/],
        ['ScimGuardUnavailable maybe', qr/ScimGuardUnavailable: 'maybe' is not one of deny, allow/],
        ['ScimExport MAIL', qr/ScimExport: 'MAIL' has no attribute; write MAIL=attribute, or one of SCIM_ID/],
        ['ScimExport header:X-Mail', qr/ScimExport: 'header:X-Mail' has no attribute; write header:X-Mail=attribute/],
        ['ScimExport header:X_Mail=emails', qr/ScimExport: 'X_Mail' is not a header's name/],
        ['ScimExport header:=emails', qr/ScimExport: '' is not a header's name/],
        ['ScimExport header:content-length=title', qr/ScimExport: the header 'content-length' is HTTP's own/],
        ['ScimExport header:X-PW=password', qr/ScimExport: 'password' is shown to nobody/],
        ['ScimExport HTTP_MAIL=emails', qr/ScimExport: 'HTTP_MAIL' is not a variable's name/],
        ['ScimExport MAIL=nosuch', qr/ScimExport: .*nosuch/],
        ['ScimExport PW=password', qr/ScimExport: 'password' is shown to nobody/],
        ['ScimAccessDirectory "a b"', qr/ScimAccessDirectory: 'a b' is not a name/],
        ['ScimAccessDirectory a nosuch', qr/ScimAccessDirectory: 'nosuch' is not one of the directory providers/],
    );
    for my $case (@wrong) {
        my ($status, $output) = Scim::Server->run_t(config => Scim::People::endpoint() . "<Location \"/x\">\n$case->[0]\n</Location>\n");
        isnt $status, 0, $case->[0];
        like $output, $case->[1], 'says why';
    }
    my ($status, $output) = Scim::Server->run_t(config => "<Location \"/x\">\nRequire scim-filter urn:example:device:serial pr\nRequire scim-filter title pr\n</Location>\n" . Scim::People::endpoint());
    isnt $status, 0, 'an attribute of no schema';
};

done_testing;
