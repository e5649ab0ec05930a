# scimctl beside a running httpd: making, checking and repairing what it keeps, and tokens.
use strict;
use warnings;

use Digest::SHA 'sha256_hex';
use Test::More;

use Scim::Ctl;
use Scim::Database;
use Scim::Server;

my $token  = 'scimctl-0123456789abcdefghijklmnopqrst';
my $digest = sha256_hex($token);

sub config
{
    my ($more) = @_;
    return <<"END" . ($more // '');
<Location "/scim/v2">
    SetHandler scim
    ScimDirectory staff
    ScimUserNameRewrite "(.*)\@.*" "\$1"
    ScimPasswords store
    ScimPasswordCost 4
    ScimBearerToken test sha256:$digest
</Location>
END
}

my $server = Scim::Server->start(config => config());
my $scim   = $server->client($token);
my $ctl    = Scim::Ctl->new($server);
my $file   = $server->dir . '/db/scim.db';
my $direct = Scim::Ctl->new(database => $file);

sub sql { return Scim::Ctl::ask($file, $_[0]) }

# ---- making --------------------------------------------------------------------------

my $r = $ctl->run('check');
is $r->{status}, 3, 'before anybody came there is nothing to check';
like $r->{err}, qr/^scimctl: .*(?:there are no tables|cannot be found)/, '... which it says';

$r = $ctl->run('init');
is $r->{status}, 0, 'init';
like $r->{out}, qr/^made the tables: .*\nmade the directory: staff$/m, '... makes what httpd is configured for';
$r = $ctl->run('init');
is "$r->{status} $r->{err}", '0 ', 'init once more';
like $r->{out}, qr/^the tables were there: .*\nthe directory was there: staff$/m, '... finds it there';
$r = $direct->run('--directory', 'other', 'init');
like $r->{out}, qr/^the tables were there: .*\nmade the directory: other$/m, 'init of one more directory';
$r = $ctl->run('migrate');
is $r->{status}, 0, 'migrate';
like $r->{out}, qr/of version 2, which is the newest/, '... has nothing to do';

my %id;
for my $name (qw(ada bob eve)) {
    $r = $scim->post('/Users', { userName => "$name\@example.com", externalId => "x-$name", password => "secret $name",
        displayName => ucfirst $name, emails => [{ value => "$name\@example.com", type => 'work' }] });
    $id{$name} = $r->json->{id};
}
$r = $scim->post('/Groups', { displayName => 'Editors', members => [map { { value => $_ } } values %id] });
is $r->code, 201, 'httpd goes on with it';
$id{group} = $r->json->{id};

# ---- checking ------------------------------------------------------------------------

$r = $ctl->run('check');
is "$r->{status} $r->{err}", '0 ', 'check';
is $r->{out}, "4 resources of the directory staff are in order\n", '... finds nothing wrong';
$r = $direct->run('check');
is $r->{status}, 2, 'check of one of two directories';
like $r->{err}, qr/--directory: other, staff/, '... has to know of which';

# what => [SQL that does the damage, what is found, 1 when it can be repaired]
my @damage = (
    ['a wrong total', 'UPDATE scim_totals SET total = total + 7',
        qr/^total of User: \d+ is noted, there are 3; repaired$/m, 1],
    ['no total', 'DELETE FROM scim_totals', qr/^total of Group: 0 is noted, there are 1; repaired$/m, 1],
    ['a wrong local_key', "UPDATE scim_resources SET local_key = 'zed' WHERE id = '$id{ada}'",
        qr/^User $id{ada}: the document does not agree with: local_key; repaired$/m, 1],
    ['a wrong wire_key', "UPDATE scim_resources SET wire_key = 'zed' WHERE id = '$id{ada}'",
        qr/^User $id{ada}: .*: wire_key; repaired$/m, 1],
    ['no local name', "UPDATE scim_resources SET local_key = NULL, local_name = NULL WHERE id = '$id{eve}'",
        qr/^User $id{eve}: .*: local_name, local_key; repaired$/m, 1],
    ['a wrong externalId', "UPDATE scim_resources SET external_id = NULL WHERE id = '$id{bob}'",
        qr/^User $id{bob}: .*: external_id; repaired$/m, 1],
    ['a person who is not active', "UPDATE scim_resources SET active = 0 WHERE id = '$id{bob}'",
        qr/^User $id{bob}: .*: active; repaired$/m, 1],
    ['another display name', "UPDATE scim_resources SET display = 'Zed' WHERE id = '$id{group}'",
        qr/^Group $id{group}: .*: display; repaired$/m, 1],
    ['no terms', "DELETE FROM scim_terms WHERE term = 'bob\@example.com'",
        qr/^User $id{bob}: 1 terms of its indexes are missing, 0 are too many; repaired$/m, 1],
    ['a wrong term', "UPDATE scim_terms SET term = 'zed' WHERE term = 'bob\@example.com'",
        qr/^User $id{bob}: 1 terms of its indexes are missing, 1 are too many; repaired$/m, 1],
    ['terms of nobody', 'INSERT INTO scim_terms (index_number, term, resource) SELECT MIN(number), \'zed\', 99999 FROM scim_indexes',
        qr/^1 terms are of resources or indexes that do not exist; repaired$/m, 1],
    ['a member under another id', "UPDATE scim_members SET member_id = '$id{group}' WHERE member_id = '$id{ada}'",
        qr/^group $id{group}: the member $id{group} is noted under a wrong id or as of a wrong type; repaired$/m, 1],
    ['a member of another type', "UPDATE scim_members SET nested = 1 WHERE member_id = '$id{ada}'",
        qr/^group $id{group}: the member $id{ada} is noted under a wrong id or as of a wrong type; repaired$/m, 1],
);
push @damage, ['a member who was deleted and is kept', "UPDATE scim_resources SET deleted = 1 WHERE id = '$id{ada}'",
    qr/^group $id{group}: the member $id{ada} is deleted; repaired$/m, 1];
push @damage, ['a member who does not exist', "UPDATE scim_members SET member_number = 99999 WHERE member_id = '$id{eve}'",
    qr/^group $id{group}: the member $id{eve} does not exist; repaired$/m, 1],
    ['a group that does not exist', "UPDATE scim_members SET group_number = 99999 WHERE member_id = '$id{bob}'",
    qr/^a group that does not exist has the member $id{bob}; repaired$/m, 1]
    if Scim::Database::kind() eq 'sqlite';    # elsewhere foreign keys do not let it happen

for my $damage (@damage) {
    my ($what, $sql, $found) = @$damage;

    sql($sql);
    $r = $ctl->run('check');
    is $r->{status}, 1, "$what: found";
    (my $plain = "$found") =~ s/; repaired//;
    like $r->{out}, qr/$plain/, "$what: ... and named";
    $r = $ctl->run('check', '--repair');
    is $r->{status}, 0, "$what: repaired" or diag $r->{out}, $r->{err};
    like $r->{out}, $found, "$what: ... which is said";
    $r = $ctl->run('check');
    is $r->{status}, 0, "$what: nothing is wrong any more" or diag $r->{out};
}
is sql('SELECT MAX(version) FROM scim_resources'), "1\n", 'repairs make no versions';
sql("UPDATE scim_resources SET deleted = 0 WHERE id = '$id{ada}'");
is $scim->get("/Users/$id{ada}")->json->{groups}, undef, 'who was deleted while a member comes back as none';

my $document = sql("SELECT document FROM scim_resources WHERE id = '$id{ada}'");
chomp $document;
sql("UPDATE scim_resources SET document = '{\"schemas\":[' WHERE id = '$id{ada}'");
$r = $ctl->run('check', '--repair');
is $r->{status}, 1, 'a document that cannot be read is beyond repair';
like $r->{out}, qr/^User $id{ada}: the document of $id{ada} is damaged/m, '... and named';
sql("UPDATE scim_resources SET document = '$document' WHERE id = '$id{ada}'");
is $ctl->run('check')->{status}, 0, 'the document is back';
sql("UPDATE scim_resources SET type = 'Robot' WHERE id = '$id{eve}'");
$r = $ctl->run('check');
is $r->{status}, 1, 'a type that is not configured';
like $r->{out}, qr/^Robot $id{eve}: there is no such resource type/m, '... is named';
sql("UPDATE scim_resources SET type = 'User' WHERE id = '$id{eve}'");
$ctl->run('check', '--repair');

# ---- tokens --------------------------------------------------------------------------

my $none = Scim::Ctl->new;
$r = $none->run('token', 'new', '--label', 'onelogin', '--quiet');
my ($new, $line) = split /\n/, $r->{out};
is $line, 'ScimBearerToken onelogin sha256:' . sha256_hex($new), 'a token and its line';
isnt $none->run('token', 'new', '--quiet')->{out}, $r->{out}, '... which is another each time';
$server->reconfigure(config() =~ s/(?=^<\/Location>)/    $line\n/mr);
$server->graceful;
is $server->client($new)->get('/Users')->code, 200, '... httpd takes it';

# ---- what httpd tells --------------------------------------------------------------------

my $dump = qx("$ENV{SCIM_HTTPD}" -t -f "@{[$server->conf_file]}" -D DUMP_SCIM 2>/dev/null);
like $dump, qr/"directories":\["staff"\]/, 'httpd tells what it is configured for';
unlike $dump, qr/"params"|scim\.db|$digest/, '... but no parameters and no tokens';

# ---- hostile arguments -----------------------------------------------------------------

my $long = 'x' x 100_000;
my @wrong = (
    [2, qr/there is no command;/],
    [2, qr/no command 'explode'/, 'explode'],
    [2, qr/no option '--explode'/, '--explode'],
    [2, qr/no command 'x{64}\.\.\.'/, $long],
    [2, qr/no command '\?\[31m\?'/, "\e[31m\n"],
    [2, qr/there is no value behind '--driver'/, '--driver'],
    [2, qr/too much behind the command: 'twice'/, 'check', 'twice'],
    [2, qr/--repair is not for init/, 'init', '--repair'],
    [2, qr/--driver: 'oracle' is none of .*sqlite3/, '--driver', 'oracle', '--params', 'x', 'check'],
    [2, qr/--driver was given twice/, '--driver', 'sqlite3', '--driver', 'sqlite3', 'check'],
    [2, qr/say which database/, 'check'],
    [2, qr/say which database/, '--driver', 'sqlite3', 'check'],
    [2, qr/--label: 'a b' is not/, 'token', 'new', '--label', 'a b'],
    [2, qr/--label: '' is not/, 'token', 'new', '--label', ''],
    [2, qr/there has to be: new/, 'token', 'old'],
    [3, qr/cannot be found/, '--driver', 'sqlite3', '--params', '/nowhere/at/all.db', 'check'],
    [3, qr/httpd does not accept/, '--httpd', $ENV{SCIM_HTTPD}, '--config', '/nowhere/httpd.conf', 'check'],
    [3, qr{the httpd /nowhere/httpd cannot be run}, '--httpd', '/nowhere/httpd', 'check'],
    [3, qr/pgsql cannot connect to the database/, '--driver', 'pgsql', '--params',
        'host=/nowhere password=geheim', 'check'],
);
for my $wrong (@wrong) {
    my ($status, $says, @arguments) = @$wrong;
    my $name = substr(join(' ', @arguments), 0, 60) =~ s/[^ -~]/?/gr || 'nothing';

    $r = $none->run(@arguments);
    is $r->{status}, $status, "$name: refused" or diag $r->{err};
    like $r->{err}, qr/^scimctl: .*$says/, "... $name: with a reason";
    unlike $r->{err} . $r->{out}, qr/geheim/, "... $name: which tells no secret";
}
$r = $direct->run('--directory', "'; DROP TABLE scim_meta; --", 'check');
is $r->{status}, 3, 'a directory with an evil name is not there';
is $ctl->run('check')->{status}, 0, '... and did no harm';
for my $index ('members', 'userName', 'nothing', 'emails', 'Group:', ':', $long) {
    $r = $direct->run('--directory', 'staff', '--index', $index, 'check');
    my $fine = $index eq 'emails';
    is $r->{status}, $fine ? 0 : 2, '--index ' . substr($index, 0, 20) . ($fine ? ' is one of its values' : ' is refused');
}
for my $command (qw(init migrate check token)) {
    $r = $none->run($command, '--help');
    is $r->{status}, 0, "$command explains itself";
    like $r->{out}, qr/^  scimctl .*$command/m, "... $command with an example";
}

done_testing;
