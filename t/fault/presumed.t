# /Me is for who has logged in: a module that names a user without asking for a login, as mod_ssl does
# for a certificate (SSLUserName), opens it to nobody.
use strict;
use warnings;

use Digest::SHA qw(sha1_base64 sha256_hex);
use MIME::Base64 'encode_base64';
use Test::More;

use Scim::Client qw(true false);
use Scim::Expect qw(status_is error_is);
use Scim::Server;

my $token = 'presumed-0123456789abcdefghijklmnopq';
my $hash  = sha256_hex($token);
my $user  = 'urn:ietf:params:scim:schemas:core:2.0:User';

my $basic = <<'END';
    AuthType Basic
    AuthName "People"
    AuthBasicProvider file
    AuthUserFile "@DIR@/htpasswd"
END
my $anybody = '<RequireAny>
        Require valid-user
        Require ip 127.0.0.1
    </RequireAny>';

# What stands in the section of /Me: those where nobody has to log in, and those where one has to.
my %open = (
    none    => 'AuthType None
    Require all granted',
    granted => "$basic    Require all granted",
    local   => "$basic    Require local",
    any     => "$basic    $anybody",
    satisfy => "$basic    Satisfy any\n    Allow from all\n    Require valid-user",
    nothing => '',
);
my %closed = (
    valid => "$basic    Require valid-user",
    named => "$basic    Require user ada",
    off   => "$basic    Require valid-user\n    ScimMe off",
);

sub endpoint
{
    my ($path, $section) = @_;
    return <<"END";
<Location "/$path/v2">
    SetHandler scim
    ScimDirectory people
    ScimBearerToken it sha256:$hash
    ScimMe write
    AuthType None
    Require all granted
</Location>
<Location "/$path/v2/Me">
    $section
</Location>
END
}

my $server = Scim::Server->start(
    modules => ['access_compat'],
    files   => { htpasswd => join '', map { "$_:{SHA}" . sha1_base64("pw-$_") . "=\n" } qw(ada eve) },
    config  => "LoadModule presume_module \"$ENV{SCIM_SRCDIR}/t/fault/presume.so\"\n"
        . join '', map { endpoint($_, $open{$_} // $closed{$_}) } sort keys %open, keys %closed);

my $it = $server->client(token => $token, path => '/none/v2');
my %id = map { $_ => status_is($it->post('/Users', { schemas => [$user], userName => $_, title => "of $_" }), 201, $_)->json->{id} }
    qw(ada eve);

sub ask
{
    my ($where, $method, $body, %headers) = @_;
    return $server->client(token => undef, path => "/$where/v2")->request($method, '/Me', $body, %headers);
}

sub login { return (Authorization => 'Basic ' . encode_base64("$_[0]:pw-$_[0]", '')) }

my @hooks  = qw(read header access fixup);
my $change = [{ op => 'replace', path => 'title', value => 'mine' }];

# What every such request ends with: an error that says nothing of anybody.
sub refused
{
    my ($r, $what) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;

    error_is($r, 401, undef, undef, $what);
    like $r->header('WWW-Authenticate'), qr/^Bearer/, '... and asks for a token';
    is $r->header('Location'), undef, '... and tells of nobody';
    unlike $r->text, qr/of (?:ada|eve)|\Q$id{ada}\E/, '... nor in its text';
}

for my $section (sort keys %open) {
    subtest "where nobody has to log in: $section" => sub {
        for my $hook (@hooks) {
            my @name = (Presume => "$hook ada");
            refused(ask($section, 'GET', undef, @name), "$hook: GET");
            refused(ask($section, 'PATCH', $change, @name), "$hook: PATCH");
            refused(ask($section, 'GET', undef, @name, Authorization => 'Bearer wrong-0123456789abcdefgh'), "$hook: a wrong token");
            error_is(ask($section, 'GET', undef, @name, Authorization => "Bearer $token"), 501, undef, undef,
                "$hook: a right token is no person");
        }
    };
}

# httpd asks for the login itself before the handler, where the name comes later than that.
subtest 'where one has to log in' => sub {
    for my $section (qw(valid named)) {
        my $r = status_is(ask($section, 'GET', undef, Presume => 'fixup ada'), 401, "$section: a name after the login");
        like $r->header('WWW-Authenticate'), qr/^Basic/, '... which httpd asks for';
        unlike $r->text, qr/of ada/, '... and tells of nobody';
        refused(ask($section, 'GET', undef, Presume => 'access ada'), "$section: a name in the place of the login");
        refused(ask($section, 'GET', undef, Presume => 'access ada', login('ada')), "$section: also of who could log in");
        is status_is(ask($section, 'GET', undef, login('ada')), 200, "$section: a login")->json->{id}, $id{ada}, '... is who it is';
    }
    refused(ask('off', 'GET', undef, Presume => "$_ ada"), "ScimMe off, $_") for qw(read header access);
    refused(ask('off', 'GET', undef, login('ada')), 'ScimMe off, a login');
};

# A name that is there before httpd looks at Require is one that Require accepts: whoever loads
# such a module has it log people in (REMOTE_USER).
subtest 'a module that logs people in' => sub {
    for my $hook (qw(read header)) {
        is status_is(ask('valid', 'GET', undef, Presume => "$hook ada"), 200, "$hook: whom Require accepts")->json->{id},
            $id{ada}, '... is who it is';
        status_is(ask('named', 'GET', undef, Presume => "$hook eve"), 403, "$hook: whom Require does not accept");
    }
};

subtest 'in the end' => sub {
    is $it->get("/Users/$id{$_}")->json->{title}, "of $_", "$_ is as before" for qw(ada eve);
    is $server->stop, 0, 'the server stops as it should';
};

done_testing;
