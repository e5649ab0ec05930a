# No statement of those that clients send all day walks through a table, whatever the planner of the
# database knows: nothing yet, or all; for one statement, or for all that will come like it. What is
# counted is what they look at as they really run.
use strict;
use warnings;

use Cwd ();
use List::Util 'sum0';
use Test::More;

use Scim::Client qw(true false);
use Scim::Connection;
use Scim::Database;
use Scim::Expect qw(status_is endpoint);
use Scim::Process 'patience';
use Scim::Server;

plan skip_all => 'valgrind keeps an account of its own' if $ENV{VALGRIND};

my $kind    = Scim::Database::kind();
my $token   = 'plans-0123456789abcdefghijklmnopqrst';
my $urn     = 'urn:ietf:params:scim:schemas:core:2.0';
my $message = 'urn:ietf:params:scim:api:messages:2.0';
my $people  = 3000;
my $rounds  = 8;        # PostgreSQL makes a plan for all values after five times
my $account = Cwd::getcwd() . "/plans-$$";

# Rows that a statement may look at; in SQLite, steps of its machine, of which each row takes some.
my $bound = $kind eq 'sqlite' ? 6000 : 300;

# ---- what statements look at -------------------------------------------------------------------

my %accounts = (
    sqlite => { read => \&read_steps },
    postgresql => { read => \&read_plans, log => 'log', options => [ map { ('-c', $_) }
        'session_preload_libraries=auto_explain', 'auto_explain.log_min_duration=0', 'auto_explain.log_analyze=on',
        'auto_explain.log_timing=off', 'auto_explain.log_nested_statements=on', 'log_line_prefix=', 'autovacuum=off' ] },
    mariadb => { read => \&read_slow, log => 'slow', options => [ '--slow-query-log=1', "--slow-query-log-file=$account/slow",
        '--long-query-time=0', '--innodb-stats-auto-recalc=0' ] },
);
my ($how, $at) = ($accounts{$kind}, 0);

# Pairs of text and count.
sub read_steps { return map { [ (split /\t/)[3, 2] ] } split /\n/, $_[0] }

sub read_slow
{
    my @all;

    for my $entry (split /^# User\@Host/m, $_[0]) {
        my ($rows) = $entry =~ /Rows_examined: (\d+)/ or next;
        push @all, [ $entry =~ s/^(?:#|SET timestamp|use ).*\n?//mgr =~ s/^.*\[\].*\n//r, $rows ];
    }
    return @all;
}

sub read_plans
{
    my @all;

    for my $entry (split /^LOG:  duration: /m, $_[0]) {
        my ($text, $plan) = $entry =~ /Query Text: (.*?)\n((?:\t.*\n)+)/s or next;
        my ($rows, $loops) = (0, 1);

        for my $line (split /\n/, $plan) {
            $rows += $1 * ($loops = $2) if $line =~ /actual rows=(\d+) loops=(\d+)/;
            $rows += $1 * $loops if $line =~ /Rows Removed by [\w ]+: (\d+)/;
        }
        push @all, [ "$text\n$plan", $rows ];
    }
    return @all;
}

# The log since we looked last.
sub recent
{
    my $file = $how->{log} ? "$account/$how->{log}" : $account;

    open my $in, '<', $file or return '';
    seek $in, $at, 0;
    local $/;
    my $text = <$in> // '';
    $at = tell $in;
    return $text;
}

# ---- the server --------------------------------------------------------------------------------

if ($how->{options}) {
    Scim::Database::stop();
    delete @ENV{qw(SCIM_DB_DRIVER SCIM_DB_PARAMS SCIM_DB_ADMIN SCIM_DB_HOME)};
    Scim::Database::start($account, options => $how->{options});
}

END { $how->{options} and Scim::Database::stop() }

my %preload = $kind eq 'sqlite'
    ? (env => { LD_PRELOAD => "$ENV{SCIM_SRCDIR}/t/fault/statements.so", SCIM_STATEMENTS => $account }) : ();
my $server = Scim::Server->start(threads => 1, %preload,
    config => "LogLevel warn\nScimIndex title\n" . endpoint('/scim/v2', directory => 'people', token => $token,
        extra => "ScimMaxPayload 4194304\n"));
my $file = $server->dir . '/db/scim.db';
my $scim = Scim::Connection->new($server->client($token));

sub create
{
    my ($endpoint, @data) = @_;
    my @ids;

    while (my @some = splice @data, 0, 1000) {
        my $r = $scim->send(POST => '/Bulk', { schemas => ["$message:BulkRequest"], Operations => [map {
            { method => 'POST', path => $endpoint, bulkId => 'b' . $_, data => $some[$_] } } 0 .. $#some] });
        push @ids, $r->text =~ m{$endpoint/([-0-9a-f]{36})"}g;
    }
    return @ids;
}

sub person
{
    my ($n) = @_;
    return { schemas => ["$urn:User"], userName => "User$n", externalId => "e$n", displayName => "User $n", title => "t$n",
        name => { familyName => "f$n" }, emails => [{ value => "u$n\@example.com", primary => true }] };
}

sub members { return map { { value => $_ } } @_ }
sub patch { return { schemas => ["$message:PatchOp"], Operations => [@_] } }

my @first = create('/Users', map { person(-$_) } 1 .. 9);
my @ids = @first;
my @groups = create('/Groups', { schemas => ["$urn:Group"], displayName => 'First', members => [members(@ids[0, 1])] });

# Plans that were made for hardly anybody are there still when there are many.
sub begin_small
{
    my ($serial) = @_;
    my ($some, $group) = ($first[2], $groups[0]);
    my @requests = map { [GET => $_] } "/Users/$some", "/Users/$first[0]", "/Groups/$group", filter('userName eq "user-1"'),
        filter('externalId eq "e-1"'), filter('emails.value eq "u-1@example.com"'), filter('title eq "t-1"'), '/Users?count=20',
        filter('displayName eq "First"') =~ s/Users/Groups/r, '/Users?sortBy=userName&count=20';

    for my $turn (1 .. $rounds) {
        $scim->send(@$_) for @requests, [POST => '/Users', person($serial - $turn)],
            [PUT => "/Users/$some", { %{ person(-3) }, title => "x$turn" }],
            [PATCH => "/Groups/$group", patch({ op => $turn % 2 ? 'add' : 'remove', path => 'members', value => [members($some)] })];
    }
}

begin_small(-100);
@ids = create('/Users', map { person($_) } 1 .. $people);
is scalar @ids, $people, 'people';
begin_small(-200);    # and hardly any groups
@groups = create('/Groups', map { { schemas => ["$urn:Group"], displayName => "Group $_",
    members => [members(@ids[ $_ == 1 ? (0 .. 1499, 1701 .. 1999) : (2000 + $_) ], $_ < 6 ? $ids[1700] : ())] } } 1 .. 300);
is scalar @groups, 300, 'groups';

# ---- requests ----------------------------------------------------------------------------------

my ($some, $lonely, $in_groups, $large) = (@ids[1500, 1600, 1700], $groups[0]);
my $serial = $people;
my $cursor;

is scalar(grep { $_->{groups} } @{ $scim->send(GET => '/Users?startIndex=31&count=20')->json->{Resources} }), 20,
    'a page of people has only those who are in groups';

sub filter { return '/Users?filter=' . $_[0] =~ s/([^A-Za-z0-9])/sprintf '%%%02X', ord $1/ger }

my @requests = (
    ['GET of a person', GET => sub { "/Users/$some" }],
    ['GET of a person in groups', GET => sub { "/Users/$in_groups" }],
    ['GET of nobody', GET => sub { '/Users/' . '0' x 36 }, undef, 404],
    ['GET of a small group', GET => sub { "/Groups/$groups[7]" }],
    ['GET of a large group without its members', GET => sub { "/Groups/$large?excludedAttributes=members" }],
    ['look-up by userName', GET => sub { filter('userName eq "user1500"') }],
    ['look-up by a userName that nobody has', GET => sub { filter('userName eq "nobody"') }],
    ['look-up by externalId', GET => sub { filter('externalId eq "e1500"') }],
    ['look-up by an e-mail address', GET => sub { filter('emails.value eq "u1500@example.com"') }],
    ['look-up by an attribute of ScimIndex', GET => sub { filter('title eq "t1500"') }],
    ['look-up of a group by displayName', GET => sub { filter('displayName eq "Group 200"') =~ s/Users/Groups/r }],
    ['people changed a moment ago', GET => sub { filter('meta.lastModified gt "2999-01-01T00:00:00Z"') }],
    ['people who are not active', GET => sub { filter('active eq false') }],
    ['the first page', GET => sub { '/Users?count=20' }],
    ['a page of people in groups', GET => sub { '/Users?startIndex=31&count=20' }],
    ['the first page by cursor', GET => sub { '/Users?cursor&count=20' }],
    ['the next page by cursor', GET => sub { "/Users?count=20&cursor=$cursor" }],
    ['a sorted page', GET => sub { '/Users?sortBy=userName&count=20' }],
    ['POST of a person', POST => sub { '/Users' }, sub { person(++$serial) }, 201],
    ['POST of a name that is taken', POST => sub { '/Users' }, sub { person(10) }, 409],
    ['PUT of a person', PUT => sub { "/Users/$some" }, sub { my $p = person(1501); $p->{title} = 'x' . ++$serial; $p }],
    ['PATCH of a person', PATCH => sub { "/Users/$some" },
        sub { patch({ op => 'replace', path => 'active', value => $serial++ % 2 ? true : false }) }],
    ['a member who is added', PATCH => sub { "/Groups/$large" },
        sub { patch({ op => 'add', path => 'members', value => [members($lonely)] }) }, 204],
    ['a member who is removed', PATCH => sub { "/Groups/$large" },
        sub { patch({ op => 'remove', path => "members[value eq \"$lonely\"]" }) }, 204],
    ['DELETE of a person', DELETE => sub { "/Users/" . pop @ids }, undef, 204],
);

# The next page needs a place to begin.
sub look
{
    my ($what, $method, $path, $body, $code) = @{ $_[0] };

    if ($what eq 'the next page by cursor') {
        $cursor = $scim->send(GET => '/Users?cursor&count=20')->json->{nextCursor};
        recent();
    }
    my $r = $scim->send($method => $path->(), $body ? $body->() : ());
    is $r->code, $code // 200, $what or diag $r->text if $r->code != ($code // 200);
    return $how->{read}->(recent());
}

sub all_short
{
    my ($when) = @_;

    for my $request (@requests) {
        my @long = map { grep { $_->[1] > $bound } look($request) } 1 .. $rounds;

        is_deeply [map { $_->[1] } @long], [], "$request->[0], $when"
            or diag substr $long[0][0], 0, 3000;
    }
}

if ($kind eq 'sqlite') {
    open my $out, '>', $account or die "$account: $!";
    chmod 0666, $account;
}
recent();
all_short('when the database has not counted its rows');
unless ($kind eq 'sqlite') {    # mod_scim does without
    Scim::Database::ask($file, $kind eq 'mariadb' ? "ANALYZE TABLE $_" : "ANALYZE $_")
        for qw(scim_resources scim_members scim_terms scim_totals);
    recent();
    all_short('when it has');
}

# A plan for all values names them by their numbers. There is one, although the connection is from when
# there was hardly anybody.
if ($kind eq 'postgresql') {
    my @plans = map { $_->[0] =~ s/.*?\n//sr } look(['a GET', GET => sub { "/Users/$some" }]);

    ok scalar(@plans), 'a GET has plans';
    is_deeply [grep { !/Cond: .*\$1\b/ } @plans], [], 'plans are kept when there are many';
}

# That would be seen.
my @search = look(['a search', GET => sub { filter('nickName co "x"') }]);
cmp_ok sum0(map { $_->[1] } @search), '>=', $people, 'a search that no index answers looks at all';

unlink $account if $kind eq 'sqlite';
done_testing;
