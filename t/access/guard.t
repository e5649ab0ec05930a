# ScimGuard: whoever is logged in and not active is refused everywhere, whatever the Require lines say.
use strict;
use warnings;

use Test::More;

use Scim::Client qw(true false);
use Scim::Connection;
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
<Location "/page">
    $open
    ErrorDocument 401 /page/refused
</Location>
<Location "/broken">
    $basic
    <RequireAll>
        Require valid-user
        Require expr "%{SCIM:nosuch} == ''"
    </RequireAll>
    ErrorDocument 500 /broken/sorry
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
for my $path (qw(plain strict mail page broken except public either)) {
    mkdir $server->dir . "/htdocs/$path" or die "$path: $!";
    $server->write("htdocs/$path/page", 'hello');
}
$server->write('htdocs/sorry', 'so sorry');
$server->write('htdocs/page/refused', 'who are you?');
$server->write('htdocs/broken/sorry', 'oh dear');

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

subtest 'the right name and a wrong password' => sub {
    my %seen;
    for my $name (qw(ada out gone stranger nobody)) {
        my $r = $people->get(undef, '/page/page', Scim::People::login($name, 'wrong'));
        my %header = %{ $r->headers };
        delete $header{date};
        $seen{ join "\n", $r->code, $r->text, map { "$_: $header{$_}" } sort keys %header }++;
    }
    my ($seen) = keys %seen;
    is keys %seen, 1, 'one answer for all' or diag explain \%seen;
    like $seen, qr/^401\nwho are you\?/, 'the page for that';
    is code(ada => 'page'), 200, 'with the right one';
    is code(out => 'page'), 403, 'inactive';
    is $people->get(undef, '/page/refused')->code, 401, 'the page by itself';
};

# The name was proved before it came to that.
subtest 'the page for another error' => sub {
    for my $name (qw(ada out)) {
        my $r = $people->get($name, '/broken/page');
        is $r->code, 500, $name;
        is $r->text =~ /oh dear/, $name eq 'ada', "$name: who is shown the page";
    }
};

subtest 'the next request' => sub {
    my $connection = Scim::Connection->new($server->client(token => undef, path => ''));
    my $code = sub { return $connection->send(GET => '/plain/page', undef, Scim::People::login('ada'))->code };
    is $code->(), 200, 'active';
    $people->set($ada, active => false);
    is $code->(), 403, 'disabled';
    $people->set($ada, active => true);
    is $code->(), 200, 'enabled';
    is $connection->opened, 1, 'all on one connection';
};

subtest 'the log' => sub {
    like $server->error_log, qr/\[scim:info\].*SCIM0064: 'out' is inactive; refused by ScimGuard/, 'says who and why';
};

subtest 'the endpoint itself' => sub {
    is $people->scim->get('/Users')->code, 200, 'clients with a token are no people';
};

done_testing;
