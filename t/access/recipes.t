# The recipes of docs/access.md, taken from there: somebody active gets in, nobody else does.
use strict;
use warnings;

use File::Path 'make_path';
use File::Temp 'tempdir';
use Test::More;

use Scim::Client qw(true false);
use Scim::OpenID;
use Scim::People;
use Scim::Process;
use Scim::SAML;
use Scim::Server;

sub text_of { my ($file) = @_; open my $in, '<', "$ENV{SCIM_SRCDIR}/$file" or die "$file: $!"; local $/; return scalar readline $in }

my $manual = text_of('docs/access.md');

# What is below a heading, up to the next one.
sub section { my ($heading) = @_; return ($manual =~ /^### \Q$heading\E\n(.*?)(?=^##|\z)/ms)[0] // die "no $heading" }
sub blocks  { my ($kind, $heading) = @_; return section($heading) =~ /^```$kind\n(.*?)^```$/msg }
sub modules { my ($heading) = @_; return section($heading) =~ /^Modules:\s+([^.]*)\./m ? $1 =~ /mod_(\w+)/g : () }

# Paths of a system become those of a test.
sub moved
{
    my ($text) = @_;

    $text =~ s{/etc/apache2/([\w.-]+)}{"\@DIR\@/$1"}g;
    $text =~ s{/var/lib/apache2/dav/}{\@DIR\@/db/}g;
    $text =~ s{"?/srv/([\w/]+)"?}{"\@DIR\@/srv/$1"}g;
    return $text;
}

# A server with this recipe and no modules but those that it names.
sub serve
{
    my ($heading, $group, %how) = @_;
    my $config = moved((blocks(apache => $heading))[0]);

    $config = $how{change}->($config) if $how{change};
    return serve_text($config, $group, %how, modules => [ modules($heading), @{ $how{modules} || [] } ]);
}

# `out` is inactive and in the same group.
sub serve_text
{
    my ($config, $group, %how) = @_;
    my %named = map { $_ => 1 } @{ $how{modules} || [] };
    my %given = map { $_ => 1 } @Scim::Server::default_modules;
    my $server = Scim::Server->start(
        without => [ grep { !$named{$_} } qw(authz_host authz_user authn_file auth_basic alias headers) ],
        modules => [ grep { !$given{$_} } @{ $how{modules} || [] } ],
        threads => 4,
        files   => $how{files},
        port    => $how{port},
        config  => "LogLevel scim:info\nScimPasswordCost 4\n" . $config . Scim::People::endpoint($how{endpoint} // 'ScimPasswords store'));
    my $people = Scim::People->new($server);
    my %person = map { $_ => $people->make(userName => $_, password => 'pw', active => $_ eq 'out' ? false : true,
            emails => [ { value => "$_\@example.com" } ]) } qw(ada bob out);
    $people->team($group, @person{qw(ada out)}) if $group;
    return ($server, $people, \%person);
}

# A subtest, unless httpd has not all modules, or a program is missing.
sub recipe
{
    my ($heading, $code, @programs) = @_;

    subtest $heading => sub {
        my $built_in = `'$ENV{SCIM_HTTPD}' -l`;
        my @missing  = ((map { "mod_$_" } grep { !-e "$ENV{SCIM_MODULES}/mod_$_.so" && $built_in !~ /\bmod_$_\.c/ } modules($heading)),
            grep { my $program = $_; !grep { -x "$_/$program" } split /:/, $ENV{PATH} } @programs);
        if (@missing) {
            my $why = "@missing: not installed; ./quickstart test installs it";
            return fail $why if ($ENV{DB} || '') eq 'all';
            plan skip_all => $why;
        }
        $code->($heading);
    };
    return;
}

sub page
{
    my ($server, $path, $text) = @_;
    (my $directory = $server->dir . "/$path") =~ s{/[^/]*$}{};

    make_path($directory);
    $server->write($path, $text // 'hello');
    return;
}

sub ask
{
    my ($server, $method, $name, $path, $body, %headers) = @_;
    return $server->client(token => undef, path => '')->request($method, $path, $body, Scim::People::login($name), %headers);
}

# Those of people, by an authority, and that of the server by itself.
sub certificates
{
    my $dir = tempdir('recipes-XXXXXX', TMPDIR => 1, CLEANUP => 1);
    my $new = 'openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes';

    for my $name (qw(people-ca server)) {
        system("$new -x509 -days 2 -subj /CN=$name -keyout $dir/$name.key -out $dir/$name.pem 2>/dev/null") == 0 or die 'openssl';
    }
    for my $name (qw(ada out stranger)) {
        system("$new -subj /CN=$name -keyout $dir/$name.key 2>/dev/null | openssl x509 -req -days 2 -CAcreateserial"
                . " -CA $dir/people-ca.pem -CAkey $dir/people-ca.key -out $dir/$name.pem 2>/dev/null") == 0 or die 'openssl';
    }
    return map { s{.*/}{}r => Scim::Server::slurp($_) } glob "$dir/*.{pem,key}";
}

recipe 'Basic, with provisioned passwords' => sub {
    my ($server, $people, $person) = serve($_[0], undef, endpoint => '');
    page($server, 'htdocs/wiki/page');
    is $people->get(ada => '/wiki/page')->code, 200, 'somebody active, with the password that was provisioned';
    is $people->get(out => '/wiki/page')->code, 401, 'inactive';
    is $people->get(stranger => '/wiki/page')->code, 401, 'unknown';
    is $people->get(undef, '/wiki/page')->code, 401, 'no login';
    $people->set($person->{ada}, active => false);
    is $people->get(ada => '/wiki/page')->code, 401, 'disabled';
};

recipe 'Basic, with a htpasswd file' => sub {
    my ($server, $people, $person) = serve($_[0], undef, files => { htpasswd => Scim::People::htpasswd(qw(ada out stranger)) });
    page($server, 'htdocs/wiki/page');
    is $people->get(ada => '/wiki/page')->code, 200, 'somebody active';
    is $people->get(out => '/wiki/page')->code, 403, 'inactive';
    is $people->get(stranger => '/wiki/page')->code, 200, 'somebody in the file alone, as ever';
    is $people->get(bob => '/wiki/page')->code, 401, 'somebody in the directory alone';
    $people->set($person->{ada}, active => false);
    is $people->get(ada => '/wiki/page')->code, 403, 'disabled';
};

recipe 'Sites with .htaccess files' => sub {
    my ($server, $people, $person) = serve($_[0], 'team', modules => [qw(alias authn_file authz_user)],
        change => sub { qq(Alias "/sites" "\@DIR\@/srv/www/sites"\n$_[0]) },
        files => { htpasswd => Scim::People::htpasswd(qw(ada out)) });
    my $dir = $server->dir;
    my $htaccess = (blocks(apache => $_[0]))[1];
    my $file = qq(AuthType Basic\nAuthName x\nAuthBasicProvider file\nAuthUserFile "$dir/htpasswd"\nRequire valid-user\n);

    page($server, "srv/www/sites/$_/page") for qw(team old sly);
    page($server, 'srv/www/sites/team/.htaccess', $htaccess);
    page($server, 'srv/www/sites/old/.htaccess', $file);
    page($server, 'srv/www/sites/sly/.htaccess', "${file}ScimGuard off\n");
    is $people->get(ada => '/sites/team/page')->code, 200, 'of the group';
    is $people->get($_ => '/sites/team/page')->code, 401, "$_ is not, or not any more" for qw(bob out);
    is $people->get(ada => '/sites/old/page')->code, 200, 'another site, with a login of its own';
    is $people->get(out => '/sites/old/page')->code, 403, 'which is guarded too';
    is $people->get(ada => '/sites/sly/page')->code, 500, 'the guard cannot be turned off there';
    $people->set($person->{ada}, active => false);
    is $people->get(ada => '/sites/team/page')->code, 401, 'disabled';
};

# The application is an httpd that says what it was told.
recipe 'An application behind mod_proxy' => sub {
    my $application = Scim::Server->start(without => [qw(scim dbd)],
        config => qq(Header echo "^(?i)(?:scim|x.forwarded.email|authorization)"\n));
    page($application, 'htdocs/page');
    my ($server, $people, $person) = serve($_[0], 'app-users',
        change => sub { $_[0] =~ s{http://127\.0\.0\.1:3000}{$application->base_url}ger });
    my @lies = ('Scim-Groups' => 'wheel', 'scim_user_name' => 'root', 'SCIM_GROUPS' => 'wheel', 'X-Forwarded-Email' => 'root@example.com', X_Forwarded_Email => 'root@example.com');
    my $r = $people->get(ada => '/app/page', @lies);
    is $r->code, 200, 'of the group' or diag $server->error_log;
    is $r->text, 'hello', 'the application answers';
    my %told = map { $_ => $r->header($_) } grep { /^(?:scim|x.forwarded.email|authorization)/ } keys %{ $r->headers };
    is_deeply \%told, { 'scim-user-name' => 'ada', 'scim-groups' => 'app-users', 'x-forwarded-email' => 'ada@example.com' },
        'it is told who that is, neither what the client says of itself nor the password';
    is $people->get($_ => '/app/page')->code, 401, "$_: refused" for qw(bob out);
    $people->set($person->{ada}, emails => []);
    $r = $people->get(ada => '/app/page', @lies);
    is $r->header('X-Forwarded-Email'), undef, 'what is not known is no header';
    my %login = Scim::People::login('ada');
    $r = $server->client->raw("GET /app/page HTTP/1.1\r\nHost: x\r\nAuthorization: $login{Authorization}\r\nConnection: close, Scim-Groups\r\n\r\n");
    is $r->code, 200, 'a client that calls a header one of the connection';
    is $r->header('Scim-Groups'), 'app-users', 'cannot have it left out';
    is $r->header('Scim-User-Name'), 'ada', 'nor another one';
    $people->set($person->{ada}, active => false);
    is $people->get(ada => '/app/page')->code, 401, 'disabled';
};

recipe 'WebDAV' => sub {
    my ($server, $people, $person) = serve($_[0], 'writers', modules => ['alias']);
    my @new = (PUT => '/files/new', 'text', 'Content-Type' => 'text/plain');

    sub dav { my ($server, $name, $method, $path, @more) = @_; return ask($server, $method, $name, $path, @more)->code }
    page($server, 'srv/dav/page');
    for my $name (qw(ada bob)) {
        is dav($server, $name, GET => '/files/page'), 200, "$name reads";
        is dav($server, $name, PROPFIND => '/files/', undef, Depth => 1), 207, "$name lists";
    }
    is dav($server, 'bob', @new), 403, 'a reader does not write';
    is dav($server, 'bob', $_ => '/files/page', undef, Destination => $server->base_url . '/files/other'), 403, "not by $_" for qw(COPY MOVE);
    is dav($server, 'bob', $_ => '/files/page'), 403, "not by $_" for qw(DELETE LOCK MKCOL PROPPATCH POST);
    is dav($server, 'ada', @new), 201, 'a writer does';
    is dav($server, 'ada', MOVE => '/files/new', undef, Destination => $server->base_url . '/files/newer'), 201, 'and moves';
    is dav($server, 'bob', GET => '/files/newer'), 200, 'and others read it';
    is dav($server, 'out', $_ => '/files/page'), 401, "inactive: no $_" for qw(GET PROPFIND PUT DELETE);
    $people->set($person->{ada}, active => false);
    is dav($server, 'ada', @new), 401, 'disabled: no PUT';
    is dav($server, 'ada', GET => '/files/page'), 401, 'disabled: no GET';
};

recipe 'Subversion' => sub {
    my ($heading) = @_;
    my ($server, $people, $person) = serve($heading, 'committers');
    my $dir = $server->dir;
    my $developers = $people->team('developers', @{$person}{qw(ada bob out)});

    make_path("$dir/srv/svn", "$dir/home");
    system('svnadmin', 'create', "$dir/srv/svn/project") == 0 or die 'svnadmin';
    my $svn = sub {
        my ($name, $command, @arguments) = @_;
        return system("svn $command --config-dir '$dir/home' --non-interactive --no-auth-cache --username $name --password pw @arguments >'$dir/svn.out' 2>&1") == 0;
    };
    my $said = sub { open my $in, '<', "$dir/svn.out" or die "svn.out: $!"; local $/; return scalar readline $in };
    my $url  = $server->base_url . '/svn/project';

    ok $svn->(ada => 'mkdir', '-m', 'Begin', "$url/trunk"), 'a committer makes a directory' or diag $said->();
    ok $svn->($_ => 'checkout', "$url/trunk", "'$dir/copy-$_'"), "$_ checks out" or diag $said->() for qw(ada bob);
    for my $name (qw(ada bob)) {
        $server->write("copy-$name/of-$name", "hello\n");
        system('svn', 'add', '-q', '--config-dir', "$dir/home", "$dir/copy-$name/of-$name") == 0 or die 'svn add';
    }
    ok $svn->(ada => 'commit', '-m', 'More', "'$dir/copy-ada'"), 'a committer commits' or diag $said->();
    ok !$svn->(bob => 'commit', '-m', 'More', "'$dir/copy-bob'"), 'a developer does not';
    like $said->(), qr/forbidden/i, 'and is told so';
    ok $svn->(bob => 'update', "'$dir/copy-bob'"), 'but updates' or diag $said->();
    ok -e "$dir/copy-bob/of-ada", 'and has what was committed';
    ok !$svn->(out => 'checkout', "$url/trunk", "'$dir/copy-out'"), 'inactive: no checkout';

    $people->set($person->{ada}, active => false);
    $server->write('copy-ada/of-ada', "again\n");
    ok !$svn->(ada => 'commit', '-m', 'Again', "'$dir/copy-ada'"), 'disabled: no commit';
    ok !$svn->(ada => 'update', "'$dir/copy-ada'"), 'disabled: no update';
    $people->leave($developers, $person->{bob});
    ok !$svn->(bob => 'update', "'$dir/copy-bob'"), 'out of the group: no update';

    my @more = qw(authz_svn authn_file authz_user);
    return if grep { !-e "$ENV{SCIM_MODULES}/mod_$_.so" } @more;
    ($server, $people, $person) = serve_text(moved((blocks(apache => $heading))[1]), undef, modules => [ modules($heading), @more ],
        files => { htpasswd => Scim::People::htpasswd(qw(ada bob out stranger)), 'svn.access' => "[/]\n* = r\n" });
    $dir = $server->dir;
    make_path("$dir/srv/svn");
    system('svnadmin', 'create', "$dir/srv/svn/project") == 0 or die 'svnadmin';
    is $people->get(ada => '/svn/project/')->code, 200, 'with an access file: somebody active';
    is $people->get($_ => '/svn/project/')->code, 403, "with an access file: $_" for qw(out stranger);
    is ask($server, MKCOL => 'ada', '/svn/project/new')->code, 403, 'which says what nobody may';

    my %line = ('Require scim-active' => 1, 'Require valid-user' => 0, '<Limit GET>' => 1, 'Require not scim-group banned' => 1);
    for my $line (sort keys %line) {
        my $more = $line =~ /^</ ? "$line\nRequire scim-active\n</Limit>" : $line;
        my ($status, $output) = Scim::Server->run_t(modules => [ grep { !/^auth[nz]_(?:core|file|user)$/ } modules($heading), @more ],
            config => qq(<Location "/svn">\nAuthzSVNAccessFile /nowhere\n<RequireAll>\nRequire valid-user\n$more\n</RequireAll>\n</Location>\n));
        is $status ? 1 : 0, $line{$line}, "$line beside an access file";
        like $output, qr/SCIM0069: \S+:\d+: Require scim-[\w ]+: nobody would ask it/, 'says why' if $line{$line};
    }
} => qw(svn svnadmin);

recipe 'A form and a session cookie' => sub {
    my ($heading) = @_;
    my %seen;

    for my $site ('', "AuthFormSitePassphrase secret\n") {
        my ($server, $people, $person) = serve($heading, undef,
            files => { 'session.passphrase' => "0123456789abcdef\n" },
            change => sub { $_[0] =~ s/(?=AuthFormProvider)/$site/r });
        my $form = sub {
            my ($name, $password) = @_;
            return ask($server, POST => undef, '/members/login', "httpd_username=$name&httpd_password=$password",
                'Content-Type' => 'application/x-www-form-urlencoded');
        };
        my $visit = sub { my ($cookie) = @_; return ask($server, GET => undef, '/members/page', undef, Cookie => $cookie) };
        my $which = $site ? ' (site passphrase)' : '';

        page($server, $_) for 'htdocs/members/page', 'htdocs/login.html';
        my $r = $visit->(undef);
        is $r->code, 302, "without a cookie$which";
        is $r->header('Location'), '/login.html', "to the form$which";
        is ask($server, GET => undef, '/login.html')->code, 200, "which is open to all$which";

        $r = $form->(ada => 'pw');
        is $r->header('Location'), '/members/', "logged in$which" or diag $server->error_log;
        my ($cookie) = ($r->header('Set-Cookie') // '') =~ /(session=[^;]+)/;
        ok $cookie, "with a cookie$which";
        is $visit->($cookie)->code, 200, "that lets her in$which";
        isnt $form->(@$_)->header('Location'), '/members/', "$_->[0] $_->[1]: no$which" for [ada => 'wrong'], [out => 'pw'], [stranger => 'pw'];

        $people->set($person->{ada}, active => false);
        is $visit->($cookie)->code, ($site ? 401 : 302), "the cookie of somebody disabled$which";
        $people->set($person->{ada}, active => true, password => 'other');
        is $visit->($cookie)->code, ($site ? 200 : 302), "a new password$which";
    }
};

recipe 'A header of a proxy in front' => sub {
    my ($heading) = @_;
    my ($script) = blocks(lua => $heading);

    for my $proxy ('127.0.0.1', '192.0.2.7') {
        my ($server, $people, $person) = serve($heading, undef, files => { 'forwarded-user.lua' => $script },
            change => sub { $_[0] =~ s/192\.0\.2\.7/$proxy/r });
        my $visit = sub { return ask($server, GET => undef, '/app/page', undef, @_)->code };

        page($server, 'htdocs/app/page');
        is $visit->('X-Forwarded-User' => 'ada'), ($proxy eq '127.0.0.1' ? 200 : 403), "somebody active, from $proxy";
        is $visit->('X-Forwarded-User' => $_), 403, "'$_', from $proxy" for qw(out stranger);
        is $visit->('X-Forwarded-User' => ''), 403, "nobody, from $proxy";
        is $visit->(), 403, "no header, from $proxy";
        $people->set($person->{ada}, active => false);
        is $visit->('X-Forwarded-User' => 'ada'), 403, "disabled, from $proxy";
    }
};

recipe 'OpenID Connect' => sub {
    my ($heading) = @_;
    my $provider = Scim::OpenID->start;
    my ($server, $people, $person) = serve($heading, 'editors', change => sub {
        $_[0] =~ s/^OIDC(?:Provider|Client|Crypto|Scope).*\n//mgr =~ s{https://www\.example\.com}{http://127.0.0.1:\@PORT\@}r
            =~ s/^/$provider->configuration/er;
    });
    my %browser = map { $_ => $provider->browser($_) } qw(ada bob out stranger);
    my $visit = sub { my ($name, $path) = @_; return $browser{$name}->get($server->base_url . $path)->code };

    page($server, "htdocs/app/$_") for 'page', 'editing/page';
    is $visit->(ada => '/app/page'), 200, 'somebody active logs in';
    is $visit->(ada => '/app/editing/page'), 200, 'and is in the group';
    is $visit->(bob => '/app/page'), 200, 'somebody else';
    is $visit->(bob => '/app/editing/page'), 403, 'who is not';
    is $visit->(out => '/app/page'), 403, 'inactive';
    is $visit->(stranger => '/app/page'), 200, 'unknown';
    $people->set($person->{ada}, active => false);
    is $visit->(ada => $_), 403, "disabled, with the session: $_" for '/app/page', '/app/editing/page';

    for my $more ('', (blocks(apache => $heading))[1]) {
        $server->reconfigure("$server->{config}ScimGuardUnknown deny\n$more");
        $server->graceful;
        is $visit->(stranger => '/app/page'), 403, 'unknown, where that is refused';
        is $visit->(bob => '/app/back?jwks=rsa'), ($more ? 200 : 403), "the module's own page" . ($more ? ', which is excepted' : '');
    }
};

recipe 'Client certificates' => sub {
    my ($heading) = @_;
    my $port = Scim::Process::free_port();
    my ($server, $people, $person) = serve($heading, undef, files => { certificates() },
        change => sub { "Listen 127.0.0.1:$port\n" . $_[0] =~ s/\*:443/127.0.0.1:$port/r });
    my $rule = (blocks(apache => $heading))[1];
    my $dir = $server->dir;
    my $visit = sub {
        my ($name) = @_;
        my $mine = $name ? "--cert '$dir/$name.pem' --key '$dir/$name.key'" : '';
        return `curl -q -s --noproxy '*' -k -o '$dir/curl.out' -w '%{http_code}' $mine https://127.0.0.1:$port/app/page`;
    };

    page($server, 'htdocs/app/page');
    is $visit->('ada'), 200, 'somebody active';
    is $visit->($_), 403, $_ for qw(out stranger);
    is $visit->('server'), '000', 'a certificate that others have made';
    $people->set($person->{ada}, active => false);
    is $visit->('ada'), 403, 'disabled';
    is $visit->(), '000', 'no certificate';

    $people->set($person->{ada}, active => true);
    $server->reconfigure($server->{config} =~ s/SSLVerifyClient require/SSLVerifyClient optional/r =~ s/Require scim-active/$rule/r);
    $server->graceful;
    is $visit->('ada'), 200, 'where none is needed: somebody active';
    is $visit->(), 403, 'where none is needed: no certificate';
} => qw(openssl curl);

# Somebody with a browser: of a name, they log in by way of the provider; without one, they go to a page as they are.
sub visitor
{
    my ($server, $provider) = @_;
    my $base = $server->base_url;
    my $cookie;
    my $visit = sub {
        my ($method, $url, $body, @headers) = @_;
        my $r = ask($server, $method => undef, $url =~ s/^\Q$base//r, $body, @headers, Cookie => $cookie);
        $cookie = $1 if ($r->header('Set-Cookie') // '') =~ /(mellon[^=]*=[^;]+)/;
        return $r;
    };

    return sub {
        my ($path, $name) = @_;
        $cookie = undef if $name;
        my $r = $visit->(GET => $path);
        return $r->code unless $name;
        $r = $visit->(GET => $r->header('Location')) while ($r->header('Location') // '') =~ /^\Q$base/;
        return $r->code unless $r->header('Location');
        my ($url, $form) = $provider->answer($r->header('Location'), $name);
        $r = $visit->(POST => $url, $form, 'Content-Type' => 'application/x-www-form-urlencoded');
        return $r->header('Location') ? $visit->(GET => $r->header('Location'))->code : $r->code;
    };
}

recipe 'SAML' => sub {
    my ($heading) = @_;
    my $provider = Scim::SAML->new;
    my $port = Scim::Process::free_port();
    my ($server, $people, $person) = serve($heading, 'editors', port => $port, files => { $provider->files("http://127.0.0.1:$port/saml") });
    my $visit = visitor($server, $provider);

    page($server, "htdocs/$_") for 'page', 'editing/page';
    is $visit->('/page', 'out'), 403, 'inactive';
    is $visit->('/page', 'stranger'), 200, 'unknown';
    is $visit->('/page', 'bob'), 200, 'active';
    is $visit->('/editing/page'), 403, 'and not in the group';
    is $visit->('/page', 'ada'), 200, 'somebody else';
    is $visit->('/editing/page'), 200, 'who is';
    $people->set($person->{ada}, active => false);
    is $visit->($_), 403, "the session of somebody disabled: $_" for '/page', '/editing/page';
    $people->set($person->{ada}, active => true);
    is $visit->('/page'), 200, 'it is still there';

    for my $more ('', (blocks(apache => $heading))[1]) {
        $server->reconfigure("$server->{config}ScimGuardUnknown deny\n$more");
        $server->graceful;
        is $visit->('/page', 'bob'), ($more ? 200 : 403), "where unknown people are refused, the module's own page" . ($more ? ' is excepted' : '');
    }
    is $visit->('/page', 'stranger'), 403, 'and they are';
} => 'openssl';

subtest 'The README' => sub {
    my ($config) = text_of('README.md') =~ /^## Who gets in\n.*?^```apache\n(.*?)^```$/ms;
    my ($server, $people, $person) = serve_text(moved($config), 'editors', modules => [qw(auth_basic authn_file)],
        files => { htpasswd => Scim::People::htpasswd(qw(ada bob out)) });

    page($server, 'htdocs/wiki/page');
    is $people->get(ada => '/wiki/page')->code, 200, 'of the group';
    is $people->get($_ => '/wiki/page')->code, 401, "$_: refused" for qw(bob out);
    $people->set($person->{ada}, active => false);
    is $people->get(ada => '/wiki/page')->code, 401, 'disabled';
};

subtest 'What is shown besides' => sub {
    my ($text) = $manual =~ /(.*?)^## Recipes$/ms;
    my @blocks = $text =~ /^```apache\n(.*?)^```$/msg;
    my $config = join '', map { /^<Location/ ? $_ : "<Location \"/shown\">\n$_</Location>\n" } @blocks;
    my $login  = Scim::People::basic();

    cmp_ok scalar(@blocks), '>', 4, 'blocks';
    my $server = Scim::Server->start(modules => ['ssl'], threads => 4, files => { htpasswd => Scim::People::htpasswd(qw(ada bob)) },
        config => Scim::People::endpoint() . <<"END" . $config . <<"END");
<Location "/projects">
    $login
</Location>
<Location "/shown">
    $login
    Header echo "^(?i)x[-_]"
</Location>
END
<Location "/shown">
    Require valid-user
    AuthMerging Off
</Location>
END
    my $people = Scim::People->new($server);
    my $enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
    my $ada = $people->make(userName => 'ada', schemas => [ $Scim::People::user, $enterprise ], $enterprise => { department => 'Engines' });
    $people->make(userName => 'bob');
    $people->team('project-atlas', $ada);
    page($server, "htdocs/$_/page") for 'projects/atlas', 'projects/orion', 'shown';
    is $people->get(ada => '/projects/atlas/page')->code, 200, 'a group for each project: hers';
    is $people->get(ada => '/projects/orion/page')->code, 401, 'another one';
    is $people->get(bob => '/projects/atlas/page')->code, 401, 'somebody else';
    my @lies = ('X-Groups' => 'wheel', X_Groups => 'wheel');
    my %said = %{ $people->get(ada => '/shown/page', @lies)->headers };
    is_deeply [ @said{qw(x-user x-groups x-department)} ], [qw(ada project-atlas Engines)], 'headers' or diag explain \%said;
    %said = %{ $people->get(bob => '/shown/page', @lies)->headers };
    is_deeply [ @said{qw(x-user x-groups)} ], ['bob', undef], 'what is not known is no header';
    is $said{x_groups}, undef, 'nor what a client says';
};

done_testing;
