# ScimLoginTime: who was disabled and enabled again has to log in anew.
use strict;
use warnings;

use Test::More;

use Scim::Client qw(true false);
use Scim::People;
use Scim::Server;

my $basic = Scim::People::basic();
my $server = Scim::Server->start(files => { htpasswd => Scim::People::htpasswd(qw(ada bob carl stranger)) },
    config => <<"END" . Scim::People::endpoint('ScimDeleteUsers disable'));
LogLevel scim:info
ScimLoginTime "%{HTTP:X-Login}"
<Location "/guard">
    $basic
    Require valid-user
    ScimGuard on
</Location>
<Location "/rule">
    $basic
    Require scim-active
</Location>
END
for my $path (qw(guard rule)) {
    mkdir $server->dir . "/htdocs/$path" or die "$path: $!";
    $server->write("htdocs/$path/page", 'hello');
}
my $people = Scim::People->new($server);
my %person = map { $_ => $people->make(userName => $_) } qw(ada bob carl);
my $now    = time;

sub codes
{
    my ($name, $login) = @_;
    return join ' ', map { $people->get($name, "/$_/page", defined $login ? ('X-Login' => $login) : ())->code } qw(guard rule);
}

is codes('ada', 1),     '200 200', 'who was never disabled is not asked';
is codes('ada'),        '200 200', '... not even where nothing is known';
is codes('stranger', 1), '200 401', 'nor is a stranger';

$people->set($person{ada}, active => false);
is codes('ada', $now + 100), '403 401', 'disabled';
$people->set($person{ada}, active => true, title => 'Countess');
is codes('ada', $now - 100), '403 401', 'enabled again: a session of before';
is codes('ada', $now + 100), '200 200', 'one of after that';
is codes('ada', $now + 100 . '.25'), '200 200', 'with a part of a second';
is codes('ada', $_ // undef), '403 401', 'said ' . ($_ // 'nothing') for undef, '', 'soon', '-1', $now + 100 . 'x', '99999999999999999999999x';
$people->set($person{ada}, title => 'Lady');
is codes('ada', $now + 100), '200 200', 'another change is no return';
is codes('ada', $now - 100), '403 401', '... and no forgetting';
like $server->error_log, qr/SCIM0064: 'ada' is active again since they have logged in; refused by ScimGuard/, 'the log says why';

$people->scim->delete("/Users/$person{bob}{id}");
my $bob = $people->make(userName => 'bob');
is $bob->{id}, $person{bob}{id}, 'deleted and created again: the same person';
is codes('bob', $now - 100), '403 401', 'a session of before';
is codes('bob', $now + 100), '200 200', 'one of after that';

$people->change('Users', $person{carl}, { op => 'replace', value => { active => false } }, { op => 'replace', value => { active => true } });
is codes('carl', 1), '200 200', 'there and back within one change is none';

done_testing;
