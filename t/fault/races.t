# Many clients change the same things at the same time. No change is lost, names stay unique, and
# what a client was told is what is stored.
use strict;
use warnings;

use List::Util qw(shuffle uniq);
use Test::More;

use Scim::Client qw(true false);
use Scim::Crowd;
use Scim::Expect qw(status_is endpoint total);
use Scim::Process 'patience';
use Scim::Server;

my $token   = 'races-0123456789abcdefghijklmnopqrs';
my $urn     = 'urn:ietf:params:scim:schemas:core:2.0';
my $message = 'urn:ietf:params:scim:api:messages:2.0';
my $slow    = patience() > 60;    # under a sanitizer or valgrind
my $clients = $ENV{VALGRIND} ? 8 : 64;
my $turns   = $slow ? 6 : 20;     # of each client
my $rounds  = $slow ? 2 : 6;
my $seed    = $ENV{SCIM_SEED} // $$ ^ time;

srand $seed;
note "SCIM_SEED=$seed";

# As many workers as there are clients: all of them are served at the same time.
my $server = Scim::Server->start(
    config => <<"END" . join '', map { endpoint("/$_->[0]/v2", directory => $_->[1], token => $token, extra => "$_->[2]\n") }
LogLevel warn
DBDMax 32
KeepAliveTimeout 60
MaxKeepAliveRequests 0
<IfModule mpm_prefork_module>
    StartServers $clients
    MinSpareServers 1
    MaxSpareServers $clients
    ServerLimit 80
    MaxRequestWorkers 80
</IfModule>
<IfModule !mpm_prefork_module>
    StartServers 4
    ServerLimit 4
    ThreadsPerChild 20
    MinSpareThreads 80
    MaxSpareThreads 80
    MaxRequestWorkers 80
</IfModule>
END
    ['scim', 'people', ''], ['strict', 'people', 'ScimDialect strict'],
    ['hide', 'hidden', 'ScimDeleteUsers disable']);

my ($scim, $strict, $hide) = map { $server->client(token => $token, path => "/$_/v2") } qw(scim strict hide);

# ---- what is there -----------------------------------------------------------------------------

my $serial = 0;

sub person { return { schemas => ["$urn:User"], userName => 'person' . ++$serial, @_ } }

sub bulk
{
    return { schemas => ["$message:BulkRequest"], Operations => [@_] };
}

# What became of the operations of a bulk request.
sub operations
{
    my ($r) = @_;
    my $body = eval { $r->json } or return;
    return @{ $body->{Operations} || [] };
}

sub patch { return { schemas => ["$message:PatchOp"], Operations => [@_] } }

# So many new people; their ids.
sub people
{
    my ($count, %more) = @_;
    my $r = status_is($scim->post('/Bulk', bulk(map {
        { method => 'POST', path => '/Users', bulkId => "b$_", data => person(%more) }
    } 1 .. $count)), 200, "$count people");
    return map { $_->{location} =~ m{([^/]+)$} } @{ $r->json->{Operations} };
}

sub user
{
    my ($client, %more) = @_;
    return status_is($client->post('/Users', person(%more)), 201, 'somebody')->json->{id};
}

sub group
{
    my ($client, $name, @ids) = @_;
    return status_is($client->post('/Groups', { schemas => ["$urn:Group"], displayName => $name,
        members => [values_of(@ids)] }), 201, "group $name")->json->{id};
}

sub values_of { return map { { value => $_ } } @_ }
sub ids { return [sort map { $_->{value} } @{ $_[0]{members} || [] }] }
sub members { my ($client, $group) = @_; return ids($client->get("/Groups/$group")->json) }
sub version { my ($tag) = ($_[0] // '') =~ m{^W/"(\d+)"$}; return $tag // 0 }

# How many answers there are of each kind: "200 x 3".
sub kinds
{
    my %count;

    $count{ $_->code . ($_->code >= 400 && $_->json->{scimType} ? " $_->{json}{scimType}" : '') }++ for @_;
    return join ', ', map { "$_ x $count{$_}" } sort keys %count;
}

sub no_problems
{
    my ($crowd, $what) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;

    is_deeply $crowd->problems, [], "$what: no answer that a client could not deal with";
    note $crowd->repeated . ' requests were repeated after 503' if $crowd->repeated;
    note $crowd->resent . ' were sent again on a new connection' if $crowd->resent;
    $crowd->hang_up;
}

# ---- members of one group ----------------------------------------------------------------------

# Each client has people of its own, whom it takes in and out in all the ways there are. It knows
# who has to be a member in the end, and every change makes one version: none of them is made twice.
subtest 'members of one group' => sub {
    my $group = group($scim, 'Everybody');
    my @own = map { [people(3)] } 1 .. $clients;
    my @in = map { {} } @own;             # who is a member now
    my (@versions, @wrong, @planned, @turn, @looks);
    my ($path, $changes) = ("/Groups/$group", 0);

    my $step = sub {    # one operation on one person
        my ($n, $id) = @_;
        my $add = !$in[$n]{$id};
        $in[$n]{$id} = $add;
        return $add
            ? ({ op => 'add', path => 'members', value => [values_of($id)] },
               { op => 'add', value => { members => [values_of($id)] } })[rand 2]
            : ({ op => 'remove', path => "members[value eq \"$id\"]" },
               { op => 'remove', path => 'members', value => [values_of($id)] })[rand 2];
    };
    my $change = sub {
        my ($n) = @_;
        my @some = (shuffle @{ $own[$n] })[0 .. rand 3];
        my @steps = map { $step->($n, $_) } @some;
        $planned[$n] = $n % 4 ? 1 : @steps;
        $changes += $planned[$n];
        return (PATCH => $path, patch(@steps)) if $n % 4;
        return (POST => '/Bulk', bulk(map { { method => 'PATCH', path => $path, data => patch($_) } } @steps));
    };
    my $check = sub {
        my ($n, $r) = @_;
        if ($looks[$n]) {
            my %there = map { $_ => 1 } @{ ids($r->json) };
            push @wrong, "client $n does not see what it wrote"
                if grep { !$there{$_} != !$in[$n]{$_} } @{ $own[$n] };
            return;
        }
        my @tags = $n % 4 ? $r->header('ETag') : map { $_->{version} } operations($r);
        push @versions, map { version($_) } @tags;
        push @wrong, "client $n: " . $r->code . ' ' . $r->text
            if @tags != $planned[$n] || $r->code != ($n % 4 ? 204 : 200);
    };

    my $crowd = Scim::Crowd->new($scim, $clients)->run(sub {
        my ($n, $r) = @_;
        $check->($n, $r) if $r;
        $turn[$n]++ < $turns or return;
        $looks[$n] = $turn[$n] % 5 == 0;
        return $looks[$n] ? (GET => "$path?attributes=members.value") : $change->($n);
    });
    no_problems($crowd, 'members');
    is_deeply [@wrong[0 .. ($#wrong > 4 ? 4 : $#wrong)]], [], 'every answer is the one that was due';
    is_deeply members($scim, $group), [sort map { my $n = $_; grep { $in[$n]{$_} } @{ $own[$n] } } 0 .. $#own],
        'those are members who have to be: no change was lost';
    is_deeply [sort { $a <=> $b } @versions], [2 .. $changes + 1], "each of $changes changes has a version of its own";
    is version($scim->get("$path?attributes=id")->header('ETag')), $changes + 1, 'and the last one is what there is';
};

subtest 'the same member by all' => sub {
    my $crowd = Scim::Crowd->new($scim, $clients);
    my ($person) = people(1);
    my $group = group($scim, 'Contested');

    for my $round (1 .. $rounds) {
        my @added = $crowd->at_once(sub { (PATCH => "/Groups/$group",
            patch({ op => 'add', path => 'members', value => [values_of($person)] })) });
        is kinds(@added), "204 x $clients", 'added by all';
        is_deeply members($scim, $group), [$person], 'once';
        my @removed = $crowd->at_once(sub { (PATCH => "/Groups/$group",
            patch({ op => 'remove', path => "members[value eq \"$person\"]" })) });
        is kinds(@removed), "204 x $clients", 'removed by all';
        is_deeply members($scim, $group), [], 'gone';
        is version($scim->get("/Groups/$group")->header('ETag')), 1 + 2 * $round, 'two changes';
    }
    no_problems($crowd, 'one member');
};

# ---- names -------------------------------------------------------------------------------------

sub one_wins
{
    my ($what, @answers) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;
    my @made = grep { $_->code == 201 } @answers;

    is kinds(@answers), '201 x 1, 409 uniqueness x ' . (@answers - 1), "$what: one is made";
    return $made[0]->json->{id};
}

subtest 'one name for many' => sub {
    my $crowd = Scim::Crowd->new($scim, $clients);

    for my $round (1 .. $rounds) {
        my $id = one_wins("user $round", $crowd->at_once(sub {
            my $name = "same$round\@example.com";
            return (POST => '/Users', person(userName => $_[0] % 2 ? $name : uc $name, title => "t$_[0]"));
        }));
        is total($scim, "userName eq \"same$round\@example.com\""), 1, 'and found';
        is $scim->get("/Users/$id")->code, 200, 'by its id, too';

        $id = one_wins("group $round", $crowd->at_once(sub {
            return (POST => '/Groups', { schemas => ["$urn:Group"], displayName => "Same $round" });
        }));
        is $scim->get('/Groups', query => { filter => "displayName eq \"same $round\"" })->json->{totalResults}, 1,
            'and found';
    }
    no_problems($crowd, 'names');
};

# Half of them are in the operations of bulk requests.
subtest 'one name, also in bulk' => sub {
    my $crowd = Scim::Crowd->new($scim, $clients);

    for my $round (1 .. $rounds) {
        my @answers = $crowd->at_once(sub {
            my ($n) = @_;
            my $wanted = person(userName => "bulk$round");
            return (POST => '/Users', $wanted) if $n % 2;
            return (POST => '/Bulk', bulk(
                { method => 'POST', path => '/Users', bulkId => 'a', data => person(userName => "own$round.$n") },
                { method => 'POST', path => '/Users', bulkId => 'b', data => $wanted },
                { method => 'POST', path => '/Groups', bulkId => 'c', data => { schemas => ["$urn:Group"],
                    displayName => "Own $round.$n", members => [{ value => 'bulkId:a' }] } }));
        });
        my @single = map { $_->code } grep { !operations($_) } @answers;
        my @bulks = map { [map { $_->{status} } operations($_)] } grep { operations($_) } @answers;
        is scalar @bulks, $clients / 2, 'bulk requests were answered as such';
        my @all = sort @single, map { $_->[1] } @bulks;
        is "@all", join(' ', 201, (409) x ($clients - 1)), 'one has the name';
        is_deeply [uniq map { "$_->[0] $_->[2]" } @bulks], ['201 201'], 'the other operations of bulks are done';
        is total($scim, "userName sw \"own$round.\""), $clients / 2, 'all of them';
        is total($scim, "userName eq \"bulk$round\""), 1, 'and one of that name';
    }
    no_problems($crowd, 'bulk');
};

subtest 'one name for people who have one' => sub {
    my $crowd = Scim::Crowd->new($scim, $clients);
    my @ids = people($clients);

    for my $round (1 .. $rounds) {
        my @answers = $crowd->at_once(sub { (PATCH => "/Users/$ids[$_[0]]",
            patch({ op => 'replace', path => 'userName', value => "renamed$round" })) });
        is kinds(@answers), '200 x 1, 409 uniqueness x ' . ($clients - 1), 'one gets it';
        my ($winner) = grep { $answers[$_]->code == 200 } 0 .. $#answers;
        is $scim->get('/Users', query => { filter => "userName eq \"renamed$round\"" })->json->{Resources}[0]{id},
            $ids[$winner], 'the one that was told so';
    }
    no_problems($crowd, 'renaming');
};

# ---- conditional writes ------------------------------------------------------------------------

# All count on one attribute: whoever was overtaken begins anew.
subtest 'If-Match' => sub {
    my $writers = $slow ? 4 : 16;
    my $each    = $slow ? 2 : 6;
    my $id = user($scim, title => '0');
    my (@done, @got, %codes, @values);

    my $crowd = Scim::Crowd->new($scim, $writers)->run(sub {
        my ($n, $r) = @_;
        if ($got[$n]) {
            $codes{ $r->code }++;
            push @values, $r->json->{title} if $r->code == 200;
            $done[$n]++ if $r->code == 200;
        }
        elsif ($r) {
            my $stored = $got[$n] = $r->json;
            my $next = $stored->{title} + 1;
            my @match = ('If-Match' => $r->header('ETag'));
            return (PATCH => "/Users/$id", patch({ op => 'replace', path => 'title', value => "$next" }), @match) if $n % 2;
            return (PUT => "/Users/$id", { %$stored, title => "$next" }, @match);
        }
        $got[$n] = undef;
        return ($done[$n] // 0) < $each ? (GET => "/Users/$id") : ();
    });
    my $all = $writers * $each;
    no_problems($crowd, 'If-Match');
    is_deeply [grep { !/^(?:200|412)$/ } keys %codes], [], 'stored or overtaken';
    note join ', ', map { "$_ x $codes{$_}" } sort keys %codes;
    my $r = $scim->get("/Users/$id");
    is $r->json->{title}, $all, "$all of them were stored, each on top of the one before";
    is version($r->header('ETag')), $all + 1, 'and each is a version';
    is_deeply [sort { $a <=> $b } @values], [1 .. $all], 'nothing was overwritten';
};

# A PUT sends all members: without If-Match it would take away those of others.
subtest 'If-Match and members' => sub {
    my $writers = $slow ? 4 : 16;
    my @ids = people($writers * 2);
    my $group = group($scim, 'Put');
    my (@left, @got, %codes);

    @left = map { [@ids[2 * $_, 2 * $_ + 1]] } 0 .. $writers - 1;
    my $crowd = Scim::Crowd->new($scim, $writers)->run(sub {
        my ($n, $r) = @_;
        if ($got[$n]) {
            $codes{ $r->code }++;
            shift @{ $left[$n] } if $r->code =~ /^20[04]$/;
        }
        elsif ($r) {
            my $stored = $got[$n] = $r->json;
            $stored->{members} = [values_of(@{ ids($stored) }, $left[$n][0])];
            return (PUT => "/Groups/$group", $stored, 'If-Match' => $r->header('ETag'));
        }
        $got[$n] = undef;
        return @{ $left[$n] } ? (GET => "/Groups/$group") : ();
    });
    no_problems($crowd, 'PUT');
    is_deeply [grep { !/^(?:20[04]|412)$/ } keys %codes], [], 'stored or overtaken';
    note join ', ', map { "$_ x $codes{$_}" } sort keys %codes;
    is_deeply members($scim, $group), [sort @ids], 'nobody was left out';
};

# A create has no If-None-Match in SCIM: what is there is never replaced by one.
subtest 'If-None-Match' => sub {
    my $crowd = Scim::Crowd->new($scim, $clients);
    my $id = user($scim, title => 'first');
    my $before = $scim->get("/Users/$id")->json;

    is kinds($crowd->at_once(sub { (PUT => "/Users/$id", person(title => "t$_[0]"), 'If-None-Match' => '*') })),
        "412 x $clients", 'PUT of what is there';
    is_deeply $scim->get("/Users/$id")->json, $before, 'changes nothing';
    my @made = $crowd->at_once(sub { (POST => '/Users', person(userName => 'none'), 'If-None-Match' => '*') });
    my $made = one_wins('POST', @made);
    my $away = '0190b0e0-0000-7000-8000-000000000000';
    is kinds($crowd->at_once(sub { (PUT => "/Users/$away", person(), 'If-None-Match' => '*') })),
        "404 x $clients", 'PUT creates nothing';
    no_problems($crowd, 'If-None-Match');
};

# ---- deleting ----------------------------------------------------------------------------------

# What most of the crowd do while two delete the same.
sub delete_against
{
    my ($crowd, $path, $request) = @_;
    my @answers = $crowd->at_once(sub { $_[0] % 6 ? $request->($_[0]) : (DELETE => $path) });

    return ([map { $answers[$_] } grep { $_ % 6 == 0 } 0 .. $#answers],
        [map { $answers[$_] } grep { $_ % 6 } 0 .. $#answers]);
}

for my $case ([$scim, 'delete against change'], [$hide, 'disable against change']) {
    my ($client, $what) = @$case;

    subtest $what => sub {
        my $crowd = Scim::Crowd->new($client, 12);
        my (%after, @wrong);

        for my $round (1 .. 3 * $rounds) {
            my $id = user($client, userName => "short.$round", title => 'x');
            my $path = "/Users/$id";
            my ($deletes, $changes) = delete_against($crowd, $path, sub {
                my ($n) = @_;
                my @steps = ({ op => 'replace', path => 'title', value => "t$n" }, { op => 'replace', path => 'active', value => $n % 2 ? true : false });
                return $n % 4 ? (PATCH => $path, patch(@steps)) : (PUT => $path, person(userName => "short.$round", title => "t$n"));
            });
            push @wrong, "round $round: deletes " . kinds(@$deletes)
                if kinds(@$deletes) !~ /^204 x 1(?:, 404 x \d+)?$/;
            push @wrong, "round $round: changes " . kinds(@$changes) if grep { $_->code !~ /^(?:200|404)$/ } @$changes;
            push @wrong, "round $round: came back" if $client->get($path)->code != 404 || total($client, "userName eq \"short.$round\"") != 0;
            $after{ $_->code }++ for @$changes;
        }
        is_deeply \@wrong, [], 'one deletes, and nobody changes what is gone';
        note 'changes: ', join ', ', map { "$_ x $after{$_}" } sort keys %after;
        no_problems($crowd, $what);
    };
}

for my $case ([$scim, 'lenient', qr/^204$/], [$strict, 'strict', qr/^(?:204|400)$/], [$hide, 'disabled', qr/^204$/]) {
    my ($client, $what, $fine) = @$case;

    subtest "delete against membership, $what" => sub {
        my $crowd = Scim::Crowd->new($client, 12);
        my $stays = user($client, userName => "stays.$what");
        my $group = group($client, "Short $what");
        my (@wrong, %codes);

        for my $round (1 .. 3 * $rounds) {
            my $id = user($client, userName => "member.$what.$round");
            my ($deletes, $adds) = delete_against($crowd, "/Users/$id", sub {
                my @both = values_of($id, $stays);
                return (PATCH => "/Groups/$group", patch({ op => 'add', path => 'members', value => [$both[0]] })) if $_[0] % 2;
                return (PUT => "/Groups/$group", { schemas => ["$urn:Group"], displayName => "Short $what", members => \@both });
            });
            $codes{ $_->code }++ for @$adds;
            push @wrong, "round $round: deletes " . kinds(@$deletes) if kinds(@$deletes) !~ /^204 x 1(?:, 404 x \d+)?$/;
            push @wrong, "round $round: adds " . kinds(@$adds)
                if grep { $_->code != 200 && $_->code !~ $fine || $_->code == 400 && $_->json->{scimType} ne 'invalidValue' } @$adds;
            my @members = grep { $_ ne $stays } @{ members($client, $group) };
            push @wrong, "round $round: dangling @members" if @members;
            push @wrong, "round $round: found" if $client->get('/Groups', query => { filter => "members.value eq \"$id\"", count => 0 })->json->{totalResults};
        }
        is_deeply \@wrong, [], 'nobody who is gone is a member';
        note 'adds: ', join ', ', map { "$_ x $codes{$_}" } sort keys %codes;
        no_problems($crowd, $what);
    };
}

subtest 'delete of a group against members' => sub {
    my $crowd = Scim::Crowd->new($scim, 12);
    my @ids = people(12);
    my @wrong;

    for my $round (1 .. 3 * $rounds) {
        my $group = group($scim, "Gone $round", @ids[0 .. 3]);
        my ($deletes, $adds) = delete_against($crowd, "/Groups/$group", sub { (PATCH => "/Groups/$group",
            patch({ op => 'add', path => 'members', value => [values_of($ids[$_[0]])] })) });
        push @wrong, "round $round: " . kinds(@$deletes) if kinds(@$deletes) !~ /^204 x 1(?:, 404 x \d+)?$/;
        push @wrong, "round $round: " . kinds(@$adds) if grep { $_->code !~ /^(?:204|404)$/ } @$adds;
        push @wrong, "round $round: there" if $scim->get("/Groups/$group")->code != 404;
    }
    is_deeply \@wrong, [], 'one deletes, and nobody changes what is gone';
    my @groups = map { @{ $scim->get("/Users/$_")->json->{groups} || [] } } @ids;
    is_deeply \@groups, [], 'nobody is in a group that is gone';
    no_problems($crowd, 'groups');
};

# ---- bulk requests -----------------------------------------------------------------------------

# Some move three people in and out by operations of one bulk request; nobody ever sees a part of it.
# A bulk request that fails at one of them has the others done.
subtest 'bulk against single requests' => sub {
    my $crowd = Scim::Crowd->new($scim, 24);
    my $group = group($scim, 'Moved');
    my @teams = map { [people(3)] } 0 .. 7;
    my @singles = people(8);
    my (@turn, @wrong, @in, $looks);

    $crowd->run(sub {
        my ($n, $r) = @_;
        my $role = $n % 3;
        if ($r && $role == 2) {
            my %there = map { $_ => 1 } @{ ids($r->json) };
            my @parts = grep { $_ != 0 && $_ != 3 } map { scalar grep { $there{$_} } @$_ } @teams;
            push @wrong, 'a part of a bulk request is seen' if @parts;
            $looks++;
        }
        elsif ($r) {
            my $codes = $role ? $r->code : join ' ', map { $_->{status} } @{ $r->json->{Operations} };
            push @wrong, "client $n: $codes" if $codes ne ($role ? 204 : '204 204 404 204');
        }
        return if $turn[$n]++ >= $turns;
        return (GET => "/Groups/$group?attributes=members.value") if $role == 2;
        my $add = $in[$n] = !$in[$n];
        my $data = sub { patch($add ? { op => 'add', path => 'members', value => [values_of(@_)] } : { op => 'remove', path => "members[value eq \"$_[0]\"]" }) };
        return (PATCH => "/Groups/$group", $data->($singles[$n / 3])) if $role == 1;
        my @steps = map { { method => 'PATCH', path => "/Groups/$group", data => $data->($_) } } @{ $teams[$n / 3] };
        splice @steps, 2, 0, { method => 'DELETE', path => '/Users/0190b0e0-0000-7000-8000-000000000000' };
        return (POST => '/Bulk', bulk(@steps));
    });
    is_deeply [uniq @wrong], [], 'every answer is the one that was due';
    cmp_ok $looks, '>', 20, 'and many looked';
    my @expected = map { my $n = $_; !$in[$n] ? () : $n % 3 == 0 ? @{ $teams[$n / 3] } : $n % 3 == 1 ? $singles[$n / 3] : () } 0 .. 23;
    is_deeply members($scim, $group), [sort @expected], 'those are members who have to be';
    is version($scim->get("/Groups/$group")->header('ETag')), 1 + 8 * $turns + 8 * 3 * $turns, 'each change is a version';
    no_problems($crowd, 'bulk');
};

subtest 'in the end' => sub {
    is $server->stop, 0, 'the server stops as it should';
    my @odd = grep { /exit signal|Assertion|AddressSanitizer|runtime error|:(?:crit|alert|emerg)\]/ } split /\n/, $server->error_log;
    is_deeply \@odd, [], 'nothing crashed';
    open my $check, '-|', 'sqlite3', $server->dir . '/db/scim.db', 'PRAGMA integrity_check' or return;
    is readline($check) // "ok\n", "ok\n", 'the database is sound';
};

done_testing;
