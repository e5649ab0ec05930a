# Behind mod_auth_openidc: its sessions live on for hours, and somebody disabled is refused all the same.
use strict;
use warnings;

use Test::More;

use Scim::Client qw(true false);
use Scim::OpenID;
use Scim::People;
use Scim::Server;

Scim::Server::needs('auth_openidc');

my $provider = Scim::OpenID->start;
my $oidc = "AuthType openid-connect\n    Require valid-user";
my $server = Scim::Server->start(modules => [qw(auth_openidc cgid)], config => $provider->configuration . <<"END" . Scim::People::endpoint('ScimGuard off'));
LogLevel scim:info
OIDCRedirectURI "http://127.0.0.1:\@PORT\@/app/back"
OIDCRemoteUserClaim email
OIDCInfoHook userinfo
ScimMatch emails.value
ScimGuard on
<IfModule !cgid_module>
    LoadModule cgi_module "\@MODULES\@/mod_cgi.so"
</IfModule>
<IfModule cgid_module>
    ScriptSock "\@DIR\@/cgid.sock"
</IfModule>
ScriptAlias "/cgi" "\@DIR\@/cgi"
<Location "/app">
    $oidc
</Location>
<Location "/team">
    AuthType openid-connect
    Require scim-group editors
</Location>
<Location "/rule">
    AuthType openid-connect
    Require scim-active
    AuthzSendForbiddenOnFailure on
    ScimGuard off
</Location>
<Location "/free">
    $oidc
    ScimGuard off
</Location>
<Location "/strict">
    $oidc
    ScimGuardUnknown deny
</Location>
<Location "/cgi">
    $oidc
    ScimExport all
</Location>
<Location "/maybe">
    $oidc
    OIDCUnAuthAction pass
</Location>
<Location "/maybe/strict">
    ScimGuardUnknown deny
</Location>
END
for my $path (qw(app team rule free strict maybe maybe/strict)) {
    mkdir $server->dir . "/htdocs/$path" or die "$path: $!";
    $server->write("htdocs/$path/page", 'hello');
}
mkdir $server->dir . '/cgi' or die "cgi: $!";
$server->write('cgi/env', qq(#!$^X\nprint "Content-Type: text/plain\\n\\n", map { "\$_=\$ENV{\$_}\\n" } sort keys %ENV;\n));
chmod 0755, $server->dir . '/cgi/env';

my $people = Scim::People->new($server);
my %person = map { $_ => $people->make(userName => $_, displayName => ucfirst, emails => [ { value => "$_\@example.com" } ]) } qw(ada bob);
my $team = $people->team('editors', $person{ada});
my %browser = map { $_ => $provider->browser($_) } qw(ada bob stranger);
$browser{nobody} = $provider->browser;

sub get { my ($name, $path, @headers) = @_; return $browser{$name}->get($server->base_url . $path, @headers) }

sub code { my ($name, $place) = @_; return get($name, "/$place/page")->code }

# Without a look at the provider: the session was there.
sub in_session
{
    my ($name, $place) = @_;
    my $code = code($name => $place);
    my @elsewhere = grep { $_ ne $server->base_url . "/$place/page" } $browser{$name}->visited;

    return @elsewhere ? "$code, by way of @elsewhere" : $code;
}

subtest 'login' => sub {
    my $r = get(ada => '/app/page');
    is $r->code, 200, 'the page' or diag $r->text;
    is $r->text, 'hello', 'what it says';
    is_deeply [ $browser{ada}->visited ],
        [ $server->base_url . '/app/page', $provider->issuer . '/authorize', $server->base_url . '/app/back', $server->base_url . '/app/page' ],
        'by way of the provider';
    is in_session(ada => 'app'), 200, 'then with the session alone';
    is get(nobody => '/app/page')->code, 400, 'somebody whom the provider does not know stays there';
};

subtest 'who is let in' => sub {
    is code(bob => 'app'), 200, 'somebody else';
    is in_session(ada => $_), 200, "ada: $_" for qw(team rule free strict);
    is in_session(bob => $_), 200, "bob: $_" for qw(rule free strict);
    is in_session(bob => 'team'), 401, 'bob is in no group';
    is code(stranger => 'app'), 200, 'somebody unknown passes the guard';
    is in_session(stranger => 'strict'), 403, 'unless it is told otherwise';
    is in_session(stranger => 'team'), 401, 'the Require line refuses them: team';
    is in_session(stranger => 'rule'), 403, 'with AuthzSendForbiddenOnFailure: rule';
};

subtest 'disabled' => sub {
    is get(ada => '/app/back?info=json')->code, 200, 'what the module tells of a session';
    $people->set($person{ada}, active => false);
    is in_session(ada => $_), 403, "the guard: $_" for qw(app strict);
    is in_session(ada => 'team'), 401, 'a Require line: team';
    is in_session(ada => 'rule'), 403, 'a Require line: rule';
    is in_session(ada => 'free'), 200, 'the session lives: where there is no guard it is good';
    is get(ada => '/app/back?info=json')->code, 403, 'the module tells nothing of it';
    is get(ada => '/cgi/env')->code, 403, 'no program runs';
    like $server->error_log, qr/SCIM0064: 'ada\@example\.com' is inactive; refused by ScimGuard/, 'the log says who';

    my $other = $provider->browser('ada');
    is $other->get($server->base_url . '/app/page')->code, 403, 'a new login does not help';
    is $other->get($server->base_url . '/app/back?logout=get')->code, 200, 'they can log out';
    $other->get($server->base_url . '/free/page');
    is_deeply [ grep { /authorize/ } $other->visited ], [ $provider->issuer . '/authorize' ], 'then the session is gone';
    is in_session(bob => 'app'), 200, 'others stay';
    $people->set($person{ada}, active => true);
    is in_session(ada => $_), 200, "enabled again, the same session: $_" for qw(app team rule);
};

subtest 'out of the group' => sub {
    $people->leave($team, $person{ada});
    is in_session(ada => 'team'), 401, 'refused where the group is asked for';
    is in_session(ada => 'app'), 200, 'and nowhere else';
};

subtest 'variables' => sub {
    my $r = get(ada => '/cgi/env', 'Scim-Id' => 'root', 'Scim-Mail' => 'root@example.com', 'OIDC-CLAIM-email' => 'root@example.com');
    my %env = $r->text =~ /^(\w+)=(.*)$/mg;
    is $r->code, 200, 'a program' or diag $server->error_log;
    is $env{REMOTE_USER}, 'ada@example.com', 'REMOTE_USER';
    is $env{SCIM_ID}, $person{ada}{id}, 'ours: SCIM_ID';
    is $env{SCIM_NAME}, 'Ada', 'SCIM_NAME';
    is $env{OIDC_CLAIM_email}, 'ada@example.com', 'its own: OIDC_CLAIM_email';
    is $env{OIDC_CLAIM_sub}, 'ada', 'OIDC_CLAIM_sub';
    like $env{"OIDC_CLAIM_$_"}, qr/^\d{10,}$/, "OIDC_CLAIM_$_ tells a time" for qw(iat auth_time);
    is_deeply [ grep { $env{$_} =~ /^root/ } sort keys %env ], [], 'what the client says reaches nobody';
};

subtest 'where nobody has to log in' => sub {
    is in_session(nobody => 'maybe'), 200, 'a visitor without a session';
    is in_session(nobody => 'maybe/strict'), 403, 'has an empty name, which nobody has';
    is in_session(ada => 'maybe/strict'), 200, 'somebody with one';
    $people->set($person{ada}, active => false);
    is in_session(ada => 'maybe'), 403, 'disabled, even there';
};

subtest 'the recipe of the manual' => sub {
    my ($recipe) = Scim::Server::slurp("$ENV{SCIM_SRCDIR}/docs/access.md") =~ /^### OpenID Connect\n.*?^```apache\n(.*?)^```/ms;
    my $lines = join '|', map { /^(\w+)/ } split /\n/, $provider->configuration;
    $recipe =~ s/^(?:$lines) .*\n//mg;
    $recipe =~ s{https://www.example.com}{http://127.0.0.1:\@PORT\@};
    my $other = Scim::Server->start(modules => ['auth_openidc'], config => $provider->configuration . $recipe . Scim::People::endpoint());
    for my $path ('app', 'app/editing') {
        mkdir $other->dir . "/htdocs/$path" or die "$path: $!";
        $other->write("htdocs/$path/page", 'hello');
    }
    my $there = Scim::People->new($other);
    my %made = map { $_ => $there->make(userName => $_, emails => [ { value => "$_\@example.com" } ]) } qw(ada bob);
    my %visitor = map { $_ => $provider->browser($_) } qw(ada bob);
    my $at = sub { my ($name, $path) = @_; return $visitor{$name}->get($other->base_url . "/$path/page")->code };
    $there->team('editors', $made{ada});
    is $at->($_, 'app'), 200, "$_ comes in" for qw(ada bob);
    is $at->(ada => 'app/editing'), 200, 'somebody of the group';
    is $at->(bob => 'app/editing'), 403, 'somebody who is not';
    $there->set($made{ada}, active => false);
    is $at->(ada => $_), 403, "disabled: $_" for 'app', 'app/editing';
    is $at->(bob => 'app'), 200, 'others stay';
};

done_testing;
