# AuthBasicProvider scim: passwords that were provisioned.
use strict;
use warnings;

use Cwd ();
use Test::More;

use Scim::Client qw(true false);
use Scim::People;
use Scim::Process;
use Scim::Server;

my $scim_basic = <<'END';
    AuthType Basic
    AuthName "People"
    ScimPasswordCost 4
    Require valid-user
END
my $server = Scim::Server->start(files => { htpasswd => Scim::People::htpasswd(qw(out plain stranger)) },
    config => <<"END" . Scim::People::endpoint("ScimPasswords store\n    ScimPasswordCost 4"));
LogLevel scim:info
<Location "/alone">
    AuthBasicProvider scim
    $scim_basic
</Location>
<Location "/first">
    AuthBasicProvider scim file
    AuthUserFile "\@DIR\@/htpasswd"
    $scim_basic
</Location>
<Location "/mail">
    ScimMatch emails.value
    AuthBasicProvider scim
    $scim_basic
</Location>
END
my $people = Scim::People->new($server);
for my $path (qw(alone first mail)) {
    mkdir $server->dir . "/htdocs/$path" or die "$path: $!";
    $server->write("htdocs/$path/page", 'hello');
}

sub code
{
    my ($path, $name, $password) = @_;
    return $people->get(undef, "/$path/page", Scim::People::login($name, $password))->code;
}

my $ada = $people->make(userName => 'ada', password => "s\xe9cret", emails => [ { value => 'ada@example.com' } ]);
$people->make(userName => 'out', password => 'pw2', active => false);
$people->make(userName => 'plain');
$people->make(userName => 'twin1', password => 'pw', emails => [ { value => 'twin@example.com' } ]);
$people->make(userName => 'twin2', password => 'pw', emails => [ { value => 'twin@example.com' } ]);

subtest 'alone' => sub {
    is code(alone => 'ada', "s\xc3\xa9cret"), 200, 'the password';
    is code(alone => 'ADA', "s\xc3\xa9cret"), 200, 'names have no case';
    is code(alone => 'ada', "se\xcc\x81cret"), 200, 'the same letters, written otherwise';
    is code(alone => 'ada', $_), 401, "not '$_'" for 'wrong', '', "s\xc3\xa9cretx", 'x' x 4000;
    is code(alone => 'out', 'pw2'), 401, 'inactive';
    is code(alone => 'plain', ''), 401, 'somebody without a password';
    is code(alone => 'nobody', 'pw'), 401, 'somebody unknown';
    is code(alone => '', ''), 401, 'no name';
};

subtest 'with another provider behind' => sub {
    is code(first => 'ada', "s\xc3\xa9cret"), 200, 'ours';
    is code(first => 'stranger', 'pw'), 200, 'whom we do not know, that may';
    is code(first => 'plain', 'pw'), 200, 'of whom we have no password, too';
    is code(first => 'out', 'pw'), 401, 'but not let in somebody inactive';
};

subtest 'by another attribute' => sub {
    is code(mail => 'ada@example.com', "s\xc3\xa9cret"), 200, 'the mail';
    is code(mail => 'ada', "s\xc3\xa9cret"), 401, 'not the name';
    is code(mail => 'twin@example.com', 'pw'), 401, 'an address that two people have is nobody\'s';
    is code(mail => 'x" or userName pr or userName eq "', 'pw'), 401, 'a name is no filter';
};

subtest 'the next request' => sub {
    $people->set($ada, active => false);
    is code(alone => 'ada', "s\xc3\xa9cret"), 401, 'disabled';
    $people->set($ada, active => true, password => 'quite-other');
    is code(alone => 'ada', 'quite-other'), 200, 'enabled, with a new password';
    is code(alone => 'ada', "s\xc3\xa9cret"), 401, 'the old one';
};

# Whoever is not here would be known by that, if it took another time.
subtest 'the hash of nobody' => sub {
    my $hashes = Cwd::getcwd() . "/hashes-$$";
    my $other  = Scim::Server->start(env => { LD_PRELOAD => "$ENV{SCIM_SRCDIR}/t/fault/hashes.so", SCIM_HASHES => $hashes },
        config => <<"END");
<VirtualHost *>
    ServerName id
    ${\ Scim::People::endpoint("ScimPasswords store\n    ScimPasswordCost 6")}
    ${\ Scim::People::endpoint('ScimPasswordCost 9', '/other/v2', 'others')}
    <Location "/page">
        AuthType Basic
        AuthName "People"
        AuthBasicProvider scim
        ScimAccessDirectory people
        ScimPasswordCost 4
        Require valid-user
    </Location>
</VirtualHost>
<VirtualHost *>
    ServerName apps
    <Location "/page">
        AuthType Basic
        AuthName "People"
        AuthBasicProvider scim
        ScimAccessDirectory people
        Require valid-user
    </Location>
</VirtualHost>
END
    $other->write('htdocs/page', 'hello');
    my $those = Scim::People->new($other);
    $those->make(userName => 'ada', password => 'pw');
    $those->make(userName => 'plain');
    for my $host (qw(id apps)) {
        for my $name (qw(ada plain nobody)) {
            my %login = Scim::People::login($name, 'wrong');
            open my $file, '>', $hashes or die "$hashes: $!";
            my $r = $other->client(token => undef)->raw("GET /page HTTP/1.1\r\nHost: $host\r\nConnection: close\r\nAuthorization: $login{Authorization}\r\n\r\n");
            is $r->code, 401, "$host: $name";
            next if Scim::Process::patience() > 60;    # a sanitizer stands between the module and crypt()
            is Scim::Server::slurp($hashes), "\$2y\$06\$\n", "$host: $name takes as long as anybody";
        }
    }
    unlink $hashes;
};

unlike $server->error_log, qr/quite-other|s\xc3\xa9cret/, 'no password in the log';

done_testing;
