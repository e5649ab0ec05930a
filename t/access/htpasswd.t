# scimctl import --format htpasswd and htgroup: the people and groups of httpd's own files.
use strict;
use warnings;

use Test::More;

use Scim::Client qw(true false);
use Scim::Ctl;
use Scim::People;
use Scim::Server;

my $server = Scim::Server->start(config => <<'END' . Scim::People::endpoint("ScimPasswords store\n    ScimPasswordCost 4"));
<Location "/app">
    AuthType Basic
    AuthName "App"
    AuthBasicProvider scim
    ScimPasswordCost 4
    Require scim-group "the authors" editors
</Location>
END
mkdir $server->dir . '/htdocs/app' or die "app: $!";
$server->write('htdocs/app/page', 'hello');
my $people = Scim::People->new($server);
my $there  = $people->make(userName => 'there', password => 'mine');
my $ctl    = Scim::Ctl->new($server);

sub hashed { return "$_[0]:" . (crypt($_[1], '$2y$04$abcdefghijklmnopqrstuu') // '') }

plan skip_all => "the system's crypt() knows no bcrypt" unless hashed('x', 'y') =~ /^x:\$2y/;

sub file { my ($name, $text) = @_; $server->write($name, $text); return $server->dir . "/$name" }

my $users = file('users', join "\n", '# people', hashed('ada', 'pw-ada') . "\r", '', hashed('Bob Smith', 'pw-bob'), hashed('there', 'theirs'),
    'weak:{SHA}fEqNCco3Yq9h5ZUglD3CZJT4lBs=', 'no colon here', hashed('last', 'pw-last'));
my $groups = file('groups', qq(editors: ada nobody-here\r\nThe Authors: "Bob Smith" last there \r\n));

my $r = $ctl->run('import', '--format', 'htpasswd', $users);
is $r->{status}, 1, 'people' or diag $r->{err};
like $r->{out}, qr/4 resources imported, 1 were there, 2 findings/, 'how many';
like $r->{err}, qr/line 6: 'weak' gets no password: its hash is neither bcrypt/, 'a hash that is no protection is not taken';
like $r->{err}, qr/line 7: There is no name and colon/, 'what is no line of such a file';
unlike $r->{err} . $r->{out}, qr/\$2y|\{SHA\}/, 'no hash is shown';

$r = $ctl->run('import', '--format', 'htgroup', $groups);
is $r->{status}, 1, 'groups' or diag $r->{err};
like $r->{out}, qr/2 resources imported, 0 were there, 1 findings, 4 new memberships/, 'how many';
like $r->{err}, qr/line 1: 'editors': not in the directory: 'nobody-here'/, 'who is not there';

sub code { my ($name, $password) = @_; return $people->get(undef, '/app/page', Scim::People::login($name, $password))->code }

is code('ada', 'pw-ada'), 200, 'a password and a group that came over';
is code('Bob Smith', 'pw-bob'), 200, 'a name with a blank';
is code('last', 'pw-last'), 200, 'a last line without an end';
is code('there', 'mine'), 200, 'who was there before keeps the password';
is code('there', 'theirs'), 401, 'and does not get another';
is code('weak', 'pw'), 401, 'no password';

$r = $ctl->run('import', '--format', 'htpasswd', $users);
like $r->{out}, qr/0 resources imported, 5 were there/, 'once more: nothing new';
$r = $ctl->run('import', '--format', 'htgroup', $groups);
like $r->{out}, qr/0 resources imported, 2 were there, 1 findings, 0 new memberships/, 'no group either';
$r = $ctl->run('import', '--format', 'nosuch', $users);
is $r->{status}, 2, 'another format';
like $r->{err}, qr/--format: 'nosuch' is not one of scim, htpasswd, htgroup/, 'says what there is';
is $ctl->run('check')->{status}, 0, 'nothing is damaged';

done_testing;
