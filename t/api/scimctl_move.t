# scimctl export and import: everything comes over, in steps that may be interrupted anywhere.
use strict;
use warnings;

use Cwd ();
use Digest::SHA 'sha256_hex';
use JSON::PP;
use Test::More;

use Scim::Client qw(true false);
use Scim::Ctl;
use Scim::Database;
use Scim::Process qw(wait_until patience);
use Scim::Server;

my $token  = 'scimctl-0123456789abcdefghijklmnopqrst';
my $digest = sha256_hex($token);
my $json   = JSON::PP->new->canonical->utf8;
my $people = 300;
my $work   = Cwd::getcwd() . "/move-$$";
mkdir $work or die "$work: $!";

my $server = Scim::Server->start(config => <<"END");
ScimIndex nickName
<Location "/scim/v2">
    SetHandler scim
    ScimDirectory staff
    ScimUserNameRewrite "(.*)\@.*" "\$1"
    ScimPasswords store
    ScimPasswordCost 4
    ScimDeleteUsers disable
    ScimBearerToken test sha256:$digest
</Location>
END
my $scim = $server->client($token);
my $from = Scim::Ctl->new($server);
my $file = $server->dir . '/db/scim.db';

sub slurp { open my $in, '<', $_[0] or die "$_[0]: $!"; local $/; return scalar readline $in }
sub spew { open my $out, '>', $_[0] or die "$_[0]: $!"; print $out $_[1]; close $out or die $!; return $_[0] }

sub bulk
{
    my @operations = map { { method => 'POST', path => $_->[0], bulkId => $_->[1], data => $_->[2] } } @_;
    my $r = $scim->post('/Bulk', { schemas => ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'], Operations => \@operations });
    return map { $_->{location} =~ s{.*/}{}r } @{ $r->json->{Operations} };
}

my @ids = bulk(map { ['/Users', "u$_", { userName => sprintf('person%04d@example.com', $_), nickName => "nick $_",
    displayName => "Person \x{fc} $_", active => $_ % 7 ? true : false, externalId => "x$_",
    emails => [{ value => "p$_\@example.com", type => 'work', primary => true }],
    'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User' => { department => "D$_" },
    $_ <= 3 ? (password => "secret word $_") : () }] } 1 .. $people);
is scalar(@ids), $people, 'people';
my ($all, $few) = bulk(['/Groups', 'g1', { displayName => 'All', members => [map { { value => $_ } } @ids] }],
    ['/Groups', 'g2', { displayName => 'Few', members => [map { { value => $_ } } @ids[0 .. 2]] }]);
$scim->patch("/Groups/$few", [{ op => 'add', path => 'members', value => [{ value => $all }] }]);
$scim->patch("/Users/$ids[5]", [{ op => 'replace', path => 'title', value => "Dr. $_" }]) for 1 .. 3;
is $scim->delete("/Users/$ids[9]")->code, 204, '... one of whom is gone, and keeps the name';

# ---- out -----------------------------------------------------------------------------

my $r = $from->run('export', '--quiet', "$work/whole");
is "$r->{status} $r->{err}", '0 ', 'export';
my @lines = split /\n/, slurp("$work/whole");
is scalar(@lines), $people + 2, '... a line for each resource';
is((stat "$work/whole")[2] & 0777, 0600, '... which only their owner may read');
my %line = map { my $of = $json->decode($_); ($of->{id} => $of) } @lines;
is $line{$ids[5]}{userName}, 'person0006@example.com', '... with what they are called';
is $line{$ids[5]}{meta}{version}, 'W/"4"', '... their versions';
like $line{$ids[5]}{meta}{created}, qr/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/, '... their times';
is $line{$ids[5]}{'urn:mod_scim:stored:1.0'}{localName}, 'person0006', '... their local names';
is $line{$ids[9]}{'urn:mod_scim:stored:1.0'}{deleted}, true, '... that they are hidden';
is scalar(@{ $line{$all}{members} }), $people - 1, '... and groups have their members';
unlike slurp("$work/whole"), qr/passwordHash|\$2y/, 'no passwords, unless asked for';
is $from->run('export', "$work/whole")->{status}, 3, 'a file that is there is not written over';
$r = $from->run({ to => "$work/out" }, 'export', '--quiet', '--passwords');
is $r->{status}, 0, 'export to standard output, with passwords';
like slurp("$work/out"), qr/"passwordHash":"\$2y\$04\$/, '... which are hashes';

# ---- cut off and gone on with ----------------------------------------------------------

my $whole = slurp("$work/whole");
for my $cut (0, 1, 40, 1000, length($lines[0]) + 1, 20_000, length($whole) - 400, length($whole) - 1, length $whole) {
    spew("$work/cut", substr $whole, 0, $cut);
    $r = $from->run('export', '--quiet', '--continue', "$work/cut");
    is $r->{status}, 0, "an export that was cut off after $cut bytes is gone on with" or diag $r->{err};
    ok slurp("$work/cut") eq $whole, "... and is the same after $cut bytes";
}
$r = $from->run('export', '--quiet', '--continue', spew("$work/other", "hello\n"));
is $r->{status}, 3, 'what is no export is not gone on with';
is slurp("$work/other"), "hello\n", '... and stays as it is';

# ---- in ------------------------------------------------------------------------------

my $to = Scim::Ctl->new(database => "$work/to.db");
$r = $to->run('import', "$work/out");
is $r->{status}, 3, 'there has to be a directory';
$to->run('--directory', 'moved', '--index', 'nickName', 'init');
$r = $to->run('import', "$work/out");
is $r->{status}, 0, 'import' or diag $r->{err};
is $r->{out}, sprintf("%d resources imported, 0 were there, 0 findings, %d new memberships\n", $people + 2, $people - 1 + 4 ),
    '... of all';
$r = $to->run({ to => "$work/back" }, 'export', '--quiet', '--passwords');
is join("\n", sort split /\n/, slurp("$work/back")), join("\n", sort split /\n/, slurp("$work/out")),
    'what was imported is what was exported';
is $to->run('check')->{status}, 0, '... and in order';
$r = $to->run({ from => "$work/out" }, 'import');
is $r->{out}, sprintf("0 resources imported, %d were there, 0 findings, 0 new memberships\n", $people + 2),
    'the same again, from standard input, changes nothing';

# Killed anywhere, it is gone on with.
my $third = Scim::Ctl->new(database => "$work/third.db");
$third->run('--directory', 'moved', 'init');
my $killed = 0;
for (1 .. 5) {
    my $had = Scim::Ctl::ask("$work/third.db", 'SELECT COUNT(*) FROM scim_resources');
    my $pid = $third->start('import', "$work/out");
    wait_until(patience(), sub {
        waitpid($pid, 1) == $pid
            || Scim::Ctl::ask("$work/third.db", 'SELECT COUNT(*) FROM scim_resources') > $had + 20 });
    $killed++ if kill KILL => $pid;
    $third->finish($pid);
    is $third->run('check')->{status}, 0, "a killed import leaves no damage, $_";
}
cmp_ok $killed, '>', 0, 'it was killed';
is $third->run('import', "$work/out")->{status}, 0, 'it is gone on with after it was killed';
$third->run({ to => "$work/back3" }, 'export', '--quiet', '--passwords');
is join("\n", sort split /\n/, slurp("$work/back3")), join("\n", sort split /\n/, slurp("$work/out")), '... and complete';

# A group with more members than one line holds.
my $big = sprintf '01990000-0000-7000-8000-%012d', 999_999;
my @many = map { sprintf '01990000-0000-7000-8000-%012d', $_ } 1 .. 2500;
my $meta = '"created":"2026-01-02T03:04:05.678901Z","lastModified":"2026-01-02T03:04:05.678901Z","version":"W/\"7\""';
my ($user, $group) = map { qq("schemas":["urn:ietf:params:scim:schemas:core:2.0:$_"]) } qw(User Group);
my @input = map { sprintf '{"id":"%s",' . $user . ',"userName":"m%s","meta":{"resourceType":"User",%s}}', $_, substr($_, -6), $meta } @many;
unshift @input, sprintf('{"id":"%s",' . $group . ',"displayName":"Big","members":[%s],"meta":{"resourceType":"Group",%s}}', $big,
    join(',', map { qq({"value":"$_"}) } @many), $meta);
my $fourth = Scim::Ctl->new(database => "$work/fourth.db");
$fourth->run('init');
$r = $fourth->run({ in => join "\n", @input, '' }, 'import');
is $r->{out}, "2501 resources imported, 0 were there, 0 findings, 2500 new memberships\n", 'a group in front of its members';
$r = $fourth->run('export', '--quiet', "$work/big");
my @big = grep { /"resourceType":"Group"/ } split /\n/, slurp("$work/big");
is join(' ', map { scalar @{ $json->decode($_)->{members} } } @big), '1000 1000 500', '... comes in several lines';
my $fifth = Scim::Ctl->new(database => "$work/fifth.db");
$fifth->run('init');
is $fifth->run('import', "$work/big")->{status}, 0, '... which are imported';
$fifth->run('export', '--quiet', "$work/big5");
is slurp("$work/big5"), slurp("$work/big"), '... and come out the same';
my $text = slurp("$work/big");
for my $cut (length($text) - 100, length($text) - 30_000, length($text) - 100_000) {
    spew("$work/cut", substr $text, 0, $cut);
    is $fifth->run('export', '--quiet', '--continue', "$work/cut")->{status}, 0, "cut off among the members, at $cut";
    ok slurp("$work/cut") eq $text, "... and gone on with, at $cut";
}

# ---- hostile input ---------------------------------------------------------------------

my $good = qq({"id":"01990000-0000-7000-8000-00000000000a",$user,"userName":"good","meta":{"resourceType":"User",$meta}});
my %bad = (
    'no JSON'            => 'hello',
    'nothing'            => '',
    'an array'           => '[]',
    'a NUL'              => "{\"id\":\"\0\"}",
    'no id'              => $good =~ s/"id":"[^"]*",//r,
    'an id that is none' => $good =~ s/000a"/000A"/r,
    'a path for an id'   => $good =~ s/01990000-[^"]*/..\/..\/etc/r,
    'no meta'            => '{"id":"01990000-0000-7000-8000-00000000000a","userName":"x"}',
    'an unknown type'    => $good =~ s/"User"/"Robot"/r,
    'no time'            => $good =~ s/"created":"[^"]*"/"created":"yesterday"/r,
    'no version'         => $good =~ s/W\/\\"7\\"/7/r,
    'a large version'    => $good =~ s/W\/\\"7\\"/W\/\\"99999999999999999999\\"/r,
    'no name'            => $good =~ s/"userName":"good",//r,
    'a wrong type'       => $good =~ s/"userName"/"active":"maybe","userName"/r,
    'an unknown attribute' => $good =~ s/"userName"/"robot":1,"userName"/r,
    'a password'         => $good =~ s/"userName"/"password":"geheim","userName"/r,
    'a hash that is none' => $good =~ s/"userName"/"urn:mod_scim:stored:1.0":{"passwordHash":"geheim"},"userName"/r,
    'a long name'        => $good =~ s/"good"/'"' . 'x' x 600 . '"'/er,
    'a long local name'  => $good =~ s/"userName"/'"urn:mod_scim:stored:1.0":{"localName":"' . 'x' x 600 . '"},"userName"'/er,
    'deep nesting'       => '{"id":' x 1000,
    'a line of 5 MB'     => 'x' x 5_000_000,
    'members of text'    => qq({"id":"01990000-0000-7000-8000-00000000000a","displayName":"g","members":"x","meta":{"resourceType":"Group",$meta}}),
);
my $sixth = Scim::Ctl->new(database => "$work/sixth.db");
$sixth->run('init');
for my $name (sort keys %bad) {
    $r = $sixth->run({ in => "$bad{$name}\n$good\n" }, 'import');
    is $r->{status}, 1, "$name: refused" or diag $r->{err};
    like $r->{err}, qr/^scimctl: line 1: \S/, "... $name: with the line and a reason";
    unlike $r->{err}, qr/geheim/, "... $name: and no secret";
    like $r->{out}, qr/1 findings/, "... $name: and the next line is read";
}
$r = $sixth->run({ in => $good }, 'import');
like $r->{err}, qr/line 1: it has no end: the file was cut off/, 'a line without its end is not read';
(my $same = $good) =~ s/000a"/000b"/;
$r = $sixth->run({ in => "$same\n" }, 'import');
is $r->{status}, 1, 'a name that is taken';
like $r->{err}, qr/line 1: the name of the User \S+b is that of \S+a, who is there/, '... is told';
$r = $sixth->run({ in => qq({"id":"$big",$group,"displayName":"Big","members":[{"value":"$many[0]"}],"meta":{"resourceType":"Group",$meta}}\n) }, 'import');
is $r->{status}, 1, 'a member who is nowhere';
like $r->{err}, qr/group $big: the member $many[0] does not exist/, '... is told';
$sixth->run('--directory', 'second', 'init');
$r = $sixth->run({ in => "$good\n" }, '--directory', 'second', 'import');
like $r->{err}, qr/belongs to a resource of another directory/, 'ids are unique over all directories';
is $sixth->run('--directory', 'default', 'check')->{status}, 0, 'nothing of this did any harm';

system 'rm', '-rf', $work;
done_testing;
