# Require scim-active, scim-user, scim-group, scim-role and scim-filter, and what they say when negated.
use strict;
use warnings;

use Digest::SHA qw(sha1_base64 sha256_hex);
use MIME::Base64 'encode_base64';
use Test::More;

use Scim::Client qw(true false);
use Scim::Server;

my $token = 'access-test-0123456789abcdefghijklmnop';
my $hash  = sha256_hex($token);
my $user  = 'urn:ietf:params:scim:schemas:core:2.0:User';
my $group = 'urn:ietf:params:scim:schemas:core:2.0:Group';
my @names = ('ada', 'ADA', 'bob', 'carl', 'out', 'gone', 'stranger', "\xef\xbd\x81da", q(o'brien "x" %41), 'x' x 10_240);
my $htpasswd = join '', map { "$_:{SHA}" . sha1_base64('pw') . "=\n" } @names;

my $basic = <<'END';
    AuthType Basic
    AuthName "People"
    AuthBasicProvider file
    AuthUserFile "@DIR@/htpasswd"
END

# path => what is required there
my %rule = (
    active     => 'Require scim-active',
    anybody    => 'Require scim-user',
    called     => 'Require scim-user ada carl',
    group      => 'Require scim-group editors',
    quoted     => 'Require scim-group "the authors" nobody',
    byid       => 'Require scim-group @GROUP@',
    role       => 'Require scim-role admin',
    filter     => q(Require scim-filter 'title eq "Countess"'),
    bare       => 'Require scim-filter title eq "Countess"',
    grouped    => q(Require scim-filter 'groups.display eq "editors"'),
    expression => 'Require scim-group "%{tolower:EDITORS}"',
    header     => 'Require scim-group "%{HTTP:X-Team}"',
    said       => q(Require scim-filter 'title eq "%{HTTP:X-Title}" and active eq true'),
    starts     => q(Require scim-filter 'title sw "%{HTTP:X-Title}"'),
    notstarts  => qq(<RequireAll>\n Require valid-user\n Require not scim-filter 'title sw "%{HTTP:X-Title}"'\n</RequireAll>),
    any        => "<RequireAny>\n Require scim-role admin\n Require scim-group editors\n</RequireAny>",
    all        => "<RequireAll>\n Require scim-role admin\n Require scim-group editors\n</RequireAll>",
    not        => "<RequireAll>\n Require valid-user\n Require not scim-group editors\n</RequireAll>",
    none       => "<RequireAll>\n Require valid-user\n <RequireNone>\n  Require scim-group editors\n </RequireNone>\n</RequireAll>",
    sleeping   => "<RequireAll>\n Require valid-user\n Require not scim-active\n</RequireAll>",
);

sub config
{
    my ($id) = @_;
    return <<"END" . join '', map { my $rule = $rule{$_} =~ s/\@GROUP\@/$id/r; "<Location \"/$_\">\n$basic$rule\n</Location>\n" } sort keys %rule;
LogLevel scim:info
LimitRequestFieldSize 16384
Alias "/ht" "\@DIR\@/ht"
<Directory "\@DIR\@/ht">
    AllowOverride AuthConfig
</Directory>
<Location "/scim/v2">
    SetHandler scim
    ScimDirectory people
    ScimBearerToken it sha256:$hash
    ScimDeleteUsers disable
    AuthType None
    Require all granted
</Location>
END
}

my $htaccess = <<'END';
AuthType Basic
AuthName "People"
AuthBasicProvider file
AuthUserFile "@DIR@/htpasswd"
Require scim-filter 'title eq "Countess"'
END
my $server = Scim::Server->start(config => config('none'), files => { htpasswd => $htpasswd });
my $dir = $server->dir;
mkdir "$dir/ht" or die "ht: $!";
$server->write('ht/page', 'hello');
$server->write('ht/.htaccess', $htaccess =~ s/\@DIR\@/$dir/gr);
for my $path (sort keys %rule) {
    mkdir "$dir/htdocs/$path" or die "$path: $!";
    $server->write("htdocs/$path/page", 'hello');
}
my $scim = $server->client($token);

sub make { return $scim->post('/Users', { schemas => [$user], @_ })->json }

sub team { my ($name, @members) = @_; return $scim->post('/Groups', { schemas => [$group], displayName => $name, members => [ map { { value => $_->{id} } } @members ] })->json }

sub get
{
    my ($name, $path, @headers) = @_;
    my $file = $path eq 'ht' ? '/ht/page' : "/$path/page";
    return $server->client(token => undef, path => '')->request('GET', $file, undef,
        defined $name ? (Authorization => 'Basic ' . encode_base64("$name:pw", '')) : (), @headers)->code;
}

sub answers
{
    my ($path, %wanted) = @_;
    is get($_, $path), $wanted{$_}, "$path: $_" for sort keys %wanted;
}

my $ada  = make(userName => 'ada', title => 'Countess', roles => [ { value => 'admin' } ]);
my $bob  = make(userName => 'bob');
my $carl = make(userName => 'carl');
my $out  = make(userName => 'out', title => 'Countess', roles => [ { value => 'admin' } ], active => false);
my $gone = make(userName => 'gone');
my $authors = team('The Authors', $bob);
my $editors = team('Editors', $ada, $authors, $out);
$scim->delete("/Users/$gone->{id}");
$server->reconfigure(config($editors->{id}));
$server->graceful;

subtest 'who is let in' => sub {
    answers(active     => ada => 200, ADA => 200, bob => 200, carl => 200, out => 401, gone => 401, stranger => 401);
    answers(anybody    => ada => 200, bob => 200, out => 401, stranger => 401);
    answers(called     => ada => 200, ADA => 200, bob => 401, carl => 200, out => 401);
    answers(group      => ada => 200, bob => 200, carl => 401, out => 401, stranger => 401);
    answers(quoted     => ada => 401, bob => 200, carl => 401);
    answers(byid       => ada => 200, bob => 200, carl => 401, out => 401);
    answers(role       => ada => 200, bob => 401, out => 401);
    answers(filter     => ada => 200, bob => 401, out => 401);
    answers(bare       => ada => 200, bob => 401, out => 401);
    answers(ht         => ada => 200, bob => 401, out => 401);
    answers(grouped    => ada => 200, bob => 200, carl => 401, out => 401);
    answers(expression => ada => 200, bob => 200, carl => 401, out => 401);
    answers(any        => ada => 200, bob => 200, carl => 401, out => 401);
    answers(all        => ada => 200, bob => 401, carl => 401, out => 401);
};

subtest 'negated' => sub {
    for my $path (qw(not none)) {
        answers($path => ada => 401, bob => 401, carl => 200, out => 401, stranger => 200);
    }
    answers(sleeping => ada => 401, carl => 401, out => 200, stranger => 200);
};

subtest 'an expression is one word' => sub {
    is get('ada', 'header', 'X-Team' => 'editors'), 200, 'the group';
    is get('ada', 'header', 'X-Team' => 'x" "editors'), 401, 'quotes';
    is get('ada', 'header', 'X-Team' => 'x editors'), 401, 'blanks';
    is get('ada', 'header'), 401, 'nothing';
};

subtest 'an expression in a filter is text' => sub {
    is get('ada', 'said', 'X-Title' => 'Countess'), 200, 'the title';
    is get('ada', 'said', 'X-Title' => $_), 401, $_ for '', 'Count', 'x" or title pr or title eq "', '\\', 'x\\" or title pr or title eq \\"';
    is get('bob', 'said', 'X-Title' => 'Countess'), 401, 'of somebody else';
    is get('ada', 'starts', 'X-Title' => 'Count'), 200, 'the beginning of the title';
    is get('ada', 'starts'), 401, 'nothing is no beginning';
    is get('carl', 'notstarts', 'X-Title' => 'Count'), 200, 'another title, negated';
    is get($_, 'notstarts'), 401, "nothing, negated, lets in nobody who is known: $_" for qw(ada carl);
};

subtest 'strange names' => sub {
    is get("\xef\xbd\x81da", 'active'), 401, 'a full-width letter is another';
    is get(q(o'brien "x" %41), 'active'), 401, 'quotes and percent signs';
    is get('x' x 10_240, 'active'), 401, '10 kB';
    is get(undef, 'active'), 401, 'nobody';
    unlike join('', grep { /SCIM00/ } split /^/, $server->error_log), qr/x{100}/, 'a long name is cut in our lines of the log';
    my $made = make(userName => q(o'brien "x" %41));
    is get(q(o'brien "x" %41), 'active'), 200, 'when there is such a person';
};

subtest 'the next request' => sub {
    $scim->patch("/Users/$bob->{id}", { schemas => ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
            Operations => [ { op => 'replace', path => 'active', value => false } ] });
    answers(group => ada => 200, bob => 401);
    $scim->patch("/Groups/$editors->{id}", { schemas => ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
            Operations => [ { op => 'remove', path => qq(members[value eq "$ada->{id}"]) } ] });
    answers(group => ada => 401);
};

done_testing;
