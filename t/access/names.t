# Names that are nearly those of somebody: login modules, LDAP and databases may take one for the other, so the
# guard refuses them, and no Require line lets them in.
use strict;
use warnings;

use Test::More;

use Scim::Client qw(true false);
use Scim::People;
use Scim::Server;

my %name = (
    'blanks behind'             => 'out ',
    'a tab behind'              => "out\t",
    'many blanks behind'        => 'out' . ' ' x 600,
    'a no-break space'          => "out\xc2\xa0",
    'a space of East Asia'      => "\xe3\x80\x80out",
    'full-width letters'        => "\xef\xbd\x8fut",
    'no UTF-8'                  => "jos\xe9",
    'two blanks for one'        => 'two  words',
    'longer than a name can be' => 'x' x 600,
);
# ... and of somebody who is active, in other letters that fold to the same.
my %looks = (mike => "mi\xe2\x84\xaae", sam => "\xc5\xbfam", fiona => "\xef\xac\x81ona", strasse => "stra\xc3\x9fe", ada => "\xef\xbd\x81da");
my %known = ('upper case' => 'OUT', 'one blank' => 'two words');
my $basic = Scim::People::basic();
my $server = Scim::Server->start(
    files  => { htpasswd => Scim::People::htpasswd(values %name, values %known, %looks, 'gone@example.com', 'twin', 'again@example.com', 'José', 'stranger') },
    config => <<"END" . Scim::People::endpoint('ScimDeleteUsers disable'));
<Location "/guard">
    $basic
    Require valid-user
    ScimGuard on
</Location>
<Location "/rule">
    $basic
    Require scim-user
</Location>
<Location "/mail">
    $basic
    Require valid-user
    ScimGuard on
    ScimMatch emails.value
</Location>
<Location "/external">
    $basic
    Require valid-user
    ScimGuard on
    ScimMatch externalId
</Location>
END
for my $path (qw(guard rule mail external)) {
    mkdir $server->dir . "/htdocs/$path" or die "$path: $!";
    $server->write("htdocs/$path/page", 'hello');
}
my $people = Scim::People->new($server);

sub code { my ($name, $path) = @_; return $people->get($name, "/$path/page")->code }

$people->make(userName => $_, active => false) for 'out', "jos\x{e9}";
$people->make(userName => 'two words', active => false);

subtest 'nearly the name of somebody inactive' => sub {
    for my $how (sort keys %name) {
        is code($name{$how}, 'guard'), 403, $how;
        is code($name{$how}, 'rule'),  401, "$how, where a Require line asks";
    }
    is code($known{$_}, 'guard'), 403, $_ for sort keys %known;
    is code('stranger', 'guard'), 200, 'another name';
};

subtest 'nearly the name of somebody active' => sub {
    for my $name (sort keys %looks) {
        $people->make(userName => $name);
        is code($name, 'rule'), 200, $name;
        is code($looks{$name}, 'rule'),  401, "what looks like $name, or folds to it";
        is code($looks{$name}, 'guard'), 403, '... where the guard asks';
    }
};

subtest 'by an attribute' => sub {
    my $gone = $people->make(userName => 'gone', emails => [ { value => 'gone@example.com' } ]);
    is code('gone@example.com', 'mail'), 200, 'active';
    $people->scim->delete("/Users/$gone->{id}");
    is code('gone@example.com', 'mail'), 403, 'deleted by deactivation';
    my $old = $people->make(userName => 'old', emails => [ { value => 'again@example.com' } ]);
    $people->scim->delete("/Users/$old->{id}");
    $people->make(userName => 'new', emails => [ { value => 'again@example.com' } ]);
    is code('again@example.com', 'mail'), 200, 'whose address has been given to somebody else';
};

subtest 'two with the same externalId' => sub {
    $people->make(userName => 'twin1', externalId => 'twin');
    is code('twin', 'external'), 200, 'one';
    my $twin = $people->make(userName => 'twin2', externalId => 'twin');
    is code('twin', 'external'), 403, 'two are none';
    $people->set($twin, externalId => 'other');
    is code('twin', 'external'), 200, 'one again';
};

done_testing;
