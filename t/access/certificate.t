# Behind mod_ssl: who has a certificate, by SSLUserName and by FakeBasicAuth.
use strict;
use warnings;

use Cwd ();
use File::Temp ();
use IPC::Open2 'open2';
use MIME::Base64 'encode_base64';
use POSIX ();
use Test::More;

use Scim::Client qw(true false);
use Scim::People;
use Scim::Process;
use Scim::Server;

Scim::Server::needs('ssl');

# ---- certificates -----------------------------------------------------------------------------

my $made = File::Temp::tempdir('certificates-XXXXXX', DIR => Cwd::getcwd(), CLEANUP => 1);

sub openssl
{
    my (@arguments) = @_;

    my $pid = fork // die "fork: $!";
    if ($pid == 0) {
        open STDOUT, '>>', "$made/log";
        open STDERR, '>&', \*STDOUT;
        exec 'openssl', @arguments or POSIX::_exit(127);
    }
    waitpid $pid, 0;
    $? == 0 or die "openssl @arguments failed: ", Scim::Server::slurp("$made/log");
}

# NAME.pem and NAME.key; of the authority itself, unless it is there.
sub certificate
{
    my ($name, $subject) = @_;
    my @key = (qw(req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -utf8 -subj), $subject, '-keyout', "$made/$name.key");

    return openssl(@key, qw(-x509 -days 2 -out), "$made/$name.pem") if $name eq 'ca';
    openssl(@key, '-out', "$made/$name.csr");
    openssl(qw(x509 -req -days 2 -CAcreateserial -CA), "$made/ca.pem", '-CAkey', "$made/ca.key", '-in', "$made/$name.csr", '-out', "$made/$name.pem");
}

my %subject = (
    ca       => '/O=Tests/CN=Authority',
    server   => '/O=Tests/CN=127.0.0.1',
    ada      => '/O=Tests/CN=ada',
    bob      => '/O=Tests/CN=bob',
    stranger => '/O=Tests/CN=stranger',
    lookish  => "/O=Tests/CN=\xef\xbd\x81da",
    nameless => '/O=Tests',
);
certificate($_ => $subject{$_}) for 'ca', grep { $_ ne 'ca' } sort keys %subject;

# ---- the server -------------------------------------------------------------------------------

my $tls  = Scim::Process::free_port();
my $name = 'SSLUserName SSL_CLIENT_S_DN_CN';
my $fake = "SSLOptions +FakeBasicAuth +StrictRequire\n    " . Scim::People::basic() =~ s/htpasswd/fake/r;
my %place = (
    active => "$name\n    Require scim-active",
    group  => "$name\n    Require scim-group editors",
    guard  => "$name\n    Require all granted\n    ScimGuard on",
    strict => "$name\n    Require all granted\n    ScimGuard on\n    ScimGuardUnknown deny",
    valid  => "$name\n    Require valid-user\n    ScimGuard on",
    asked  => "$name\n    <RequireAll>\n        Require expr -n %{SSL_CLIENT_S_DN_CN}\n        Require scim-active\n    </RequireAll>",
    free   => "$name\n    Require all granted",
    fake   => "$fake\n    Require scim-active\n    ScimMatch externalId",
    faked  => "$fake\n    Require valid-user\n    ScimGuard on\n    ScimMatch externalId",
    both   => "$fake\n    $name\n    Require valid-user\n    ScimGuard on\n    ScimMatch externalId",
);
my $server = Scim::Server->start(modules => [qw(ssl socache_shmcb)],
    files => { fake => join '', map { "$subject{$_}:xxj31ZMTZzkVA\n" } qw(ada bob stranger) },
    config => "LogLevel scim:info\nKeepAliveTimeout 60\n" . Scim::People::endpoint() . <<"END" . join '', map { "<Location \"/$_\">\n    $place{$_}\n    Header set X-Name \"expr=%{SCIM:displayName}\"\n</Location>\n" } sort keys %place);
Listen 127.0.0.1:$tls
<VirtualHost 127.0.0.1:$tls>
    SSLEngine on
    SSLCertificateFile "$made/server.pem"
    SSLCertificateKeyFile "$made/server.key"
    SSLCACertificateFile "$made/ca.pem"
    SSLVerifyClient optional
</VirtualHost>
END
for my $path (sort keys %place) {
    mkdir $server->dir . "/htdocs/$path" or die "$path: $!";
    $server->write("htdocs/$path/page", 'hello');
}
my $people = Scim::People->new($server);
my %person = map { $_ => $people->make(userName => $_, displayName => ucfirst, externalId => $subject{$_}) } qw(ada bob);
my $team = $people->team('editors', $person{ada});

# ---- clients ----------------------------------------------------------------------------------

# A connection that stays, with the certificate of somebody or with none.
sub connection
{
    my ($who, $port) = @_;
    my @mine = defined $who ? ('-cert', "$made/$who.pem", '-key', "$made/$who.key") : ();
    my ($out, $in);

    open my $errors, '>&', \*STDERR;
    open STDERR, '>>', "$made/log";
    my $pid = open2($out, $in, qw(openssl s_client -quiet -CAfile), "$made/ca.pem", '-connect', "127.0.0.1:" . ($port // $tls), @mine);
    open STDERR, '>&', $errors;
    return { pid => $pid, out => $out, in => $in };
}

sub ask
{
    my ($connection, $place, @headers) = @_;

    local $SIG{ALRM} = sub { die "no answer from /$place\n" };
    alarm Scim::Process::patience();
    syswrite $connection->{in}, join "\r\n", "GET /$place/page HTTP/1.1", 'Host: 127.0.0.1', @headers, '', '';
    my $r = Scim::Response->receive($connection->{out});
    alarm 0;
    return $r;
}

sub hang_up
{
    my ($connection) = @_;

    close $connection->{in};
    kill TERM => $connection->{pid};
    waitpid $connection->{pid}, 0;
}

# A connection for each: httpd closes it after a 500.
sub answers
{
    my ($who, %wanted) = @_;

    for my $place (sort keys %wanted) {
        my $connection = connection($who);
        is ask($connection, $place)->code, $wanted{$place}, ($who // 'no certificate') . ": $place";
        hang_up($connection);
    }
}

# ---- tests ------------------------------------------------------------------------------------

subtest 'SSLUserName' => sub {
    answers(ada      => active => 200, group => 200, guard => 200, strict => 200, valid => 200, free => 200);
    answers(bob      => active => 200, group => 403, guard => 200, strict => 200, valid => 200, free => 200);
    answers(stranger => active => 403, group => 403, guard => 200, strict => 403, valid => 200, free => 200);
    answers(lookish  => active => 403, group => 403, guard => 403, strict => 403, valid => 403, free => 200);
    answers(nameless => active => 500, group => 500, guard => 200, strict => 200, valid => 500, free => 200);
    answers(undef,      active => 500, group => 500, guard => 200, strict => 200, valid => 500, free => 200);
    answers(nameless => asked => 403);
    answers(undef,      asked => 403);
};

subtest 'FakeBasicAuth' => sub {
    answers(ada      => fake => 200, faked => 200);
    answers(stranger => fake => 401, faked => 200);
    answers(nameless => fake => 401, faked => 401);
    answers(undef,      fake => 401, faked => 401);
    my $connection = connection();
    is ask($connection, 'fake', 'Authorization: Basic ' . encode_base64("$subject{ada}:password", ''))->code, 403,
        'a name and password that look like a certificate';
    hang_up($connection);
};

subtest 'the next request' => sub {
    my ($ada, $bob) = map { connection($_) } qw(ada bob);
    my @open = qw(active group guard strict valid fake faked both);
    is ask($ada, $_)->code, 200, "as it is: $_" for @open;
    is ask($ada, 'guard')->header('X-Name'), 'Ada', 'an expression knows who it is';
    is ask($ada, 'both')->header('X-Name'), 'Ada', 'SSLUserName changes nothing for FakeBasicAuth';
    is ask($bob, 'active')->code, 200, 'somebody else';

    $people->set($person{ada}, active => false);
    is ask($ada, $_)->code, (/^fake$/ ? 401 : 403), "disabled, on the same connection: $_" for @open;
    is ask($ada, 'free')->code, 200, 'where nobody asks the certificate is good';
    is ask($bob, 'active')->code, 200, 'somebody else stays';

    $people->set($person{ada}, active => true);
    is ask($ada, $_)->code, 200, "enabled, on the same connection: $_" for @open;
    $people->leave($team, $person{ada});
    is ask($ada, 'group')->code, 403, 'out of the group';
    hang_up($_) for $ada, $bob;
};

subtest 'the recipe of the manual' => sub {
    my ($recipe) = Scim::Server::slurp("$ENV{SCIM_SRCDIR}/docs/access.md") =~ /^### Client certificates\n.*?^```apache\n(.*?)^```/ms;
    my $port = Scim::Process::free_port();
    $recipe =~ s{\*:443}{127.0.0.1:$port};
    $recipe =~ s{/etc/apache2/(?:people-)?}{$made/}g;
    my $other = Scim::Server->start(modules => [qw(ssl socache_shmcb)], config => "Listen 127.0.0.1:$port\n$recipe" . Scim::People::endpoint());
    for my $path ('app', 'app/editing') {
        mkdir $other->dir . "/htdocs/$path" or die "$path: $!";
        $other->write("htdocs/$path/page", 'hello');
    }
    my $there = Scim::People->new($other);
    my %of = map { $_ => $there->make(userName => $_) } qw(ada bob);
    my %line = map { $_ => connection($_, $port) } qw(ada bob stranger);
    $there->team('editors', $of{ada});
    is ask($line{$_}, 'app')->code, 200, "$_ comes in" for qw(ada bob);
    is ask($line{ada}, 'app/editing')->code, 200, 'somebody of the group';
    is ask($line{bob}, 'app/editing')->code, 403, 'somebody who is not';
    is ask($line{stranger}, 'app')->code, 403, 'somebody unknown';
    $there->set($of{ada}, active => false);
    is ask($line{ada}, $_)->code, 403, "disabled: $_" for 'app', 'app/editing';
    is ask($line{bob}, 'app')->code, 200, 'others stay';
    hang_up($_) for values %line;
};

done_testing;
