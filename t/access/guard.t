# ScimGuard: whoever is logged in and not active is refused everywhere, whatever the Require lines say.
use strict;
use warnings;

use Test::More;

use Scim::Client qw(true false);
use Scim::People;
use Scim::Server;

my $basic = Scim::People::basic();
my $open  = "$basic    Require valid-user";
my $server = Scim::Server->start(modules => ['rewrite'],
    files => { htpasswd => Scim::People::htpasswd(qw(ada out gone stranger ada@example.com), "\xef\xbd\x8fut", "\xef\xbd\x81da\@example.com", 'out ', "ada \t") }, config => <<"END" . Scim::People::endpoint('ScimDeleteUsers disable'));
LogLevel scim:info
ScimGuard on
ErrorDocument 403 /sorry
<Location "/plain">
    $open
</Location>
<Location "/strict">
    $open
    ScimGuardUnknown deny
</Location>
<Location "/mail">
    $open
    ScimMatch emails.value
</Location>
<Location "/except">
    $open
    ScimGuard off
</Location>
<Location "/public">
    Require all granted
</Location>
<Location "/either">
    $basic
    <RequireAny>
        Require valid-user
        Require all granted
    </RequireAny>
</Location>
END
my $people = Scim::People->new($server);
for my $path (qw(plain strict mail except public either)) {
    mkdir $server->dir . "/htdocs/$path" or die "$path: $!";
    $server->write("htdocs/$path/page", 'hello');
}
$server->write('htdocs/sorry', 'so sorry');

sub code { my ($name, $path) = @_; return $people->get($name, "/$path/page")->code }

my $ada  = $people->make(userName => 'ada', emails => [ { value => 'other@example.com' }, { value => 'Ada@example.com' } ]);
my $out  = $people->make(userName => 'out', active => false);
my $gone = $people->make(userName => 'gone');
$people->scim->delete("/Users/$gone->{id}");

subtest 'who passes' => sub {
    is code(ada => $_), 200, "active: $_" for qw(plain strict except public);
    is code(out => $_), 403, "inactive: $_" for qw(plain strict);
    is code(gone => 'plain'), 403, 'deleted by deactivation';
    is code(out => 'except'), 200, 'inactive, where there is no guard';
    is code(stranger => 'plain'), 200, 'unknown';
    is code(stranger => 'strict'), 403, 'unknown, where that is refused';
    is code(out => 'public'), 200, 'where nobody logs in, nobody is asked';
    is code(undef, 'public'), 200, 'no login';
    is code(undef, 'plain'), 401, 'no login where one is needed';
    is code("\xef\xbd\x8fut", 'plain'), 403, 'a name that looks like that of somebody inactive';
    is code($_, 'plain'), 403, "blanks around a name: '$_'" for 'out ', "ada \t";
    is code('ada@example.com', 'mail'), 200, 'by address';
    is code("\xef\xbd\x81da\@example.com", 'mail'), 403, 'an address that looks like it';
    is $people->get('out', '/plain/page')->text, 'so sorry', 'the page that httpd shows for that';
};

subtest 'the next request' => sub {
    my $connection = $server->client(token => undef, path => '');
    $people->set($ada, active => false);
    is code(ada => 'plain'), 403, 'disabled';
    $people->set($ada, active => true);
    is code(ada => 'plain'), 200, 'enabled';
};

subtest 'the log' => sub {
    like $server->error_log, qr/\[scim:info\].*SCIM0064: 'out' is inactive; refused by ScimGuard/, 'says who and why';
};

subtest 'the endpoint itself' => sub {
    is $people->scim->get('/Users')->code, 200, 'clients with a token are no people';
};

done_testing;
