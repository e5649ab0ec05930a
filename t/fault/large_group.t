# What a group costs does not depend on how many members it has: statements, what SQLite looks at for
# them, and memory. What does not show members does not read them.
#
#     SCIM_MEMBERS=100000    how many members the large group has
use strict;
use warnings;

use Cwd ();
use Socket;
use Test::More;

use Scim::Client qw(true false);
use Scim::Connection;
use Scim::Expect qw(status_is endpoint);
use Scim::Process 'patience';
use Scim::Database;
use Scim::Server;

Scim::Database::only('sqlite');

plan skip_all => 'valgrind keeps an account of its own' if $ENV{VALGRIND};

my $token   = 'large-0123456789abcdefghijklmnopqrs';
my $urn     = 'urn:ietf:params:scim:schemas:core:2.0';
my $message = 'urn:ietf:params:scim:api:messages:2.0';
my $slow    = patience() > 60;    # under a sanitizer
my $crowd   = $ENV{SCIM_MEMBERS} || ($slow ? 5000 : 20_000);
my $bound   = 16;                 # MiB that reading the group may take
my $account = Cwd::getcwd() . "/statements-$$";

# One process that serves all.
my $server = Scim::Server->start(
    threads => 2,
    env    => { LD_PRELOAD => "$ENV{SCIM_SRCDIR}/t/fault/statements.so", SCIM_STATEMENTS => $account },
    config => <<'END' . endpoint('/scim/v2', token => $token, extra => "ScimMaxPayload 4194304\n"));
LogLevel warn
KeepAliveTimeout 60
END

my $client  = $server->client($token);
my $scim    = Scim::Connection->new($client);
my ($child) = $server->children;
my $measured = Scim::Server::slurp("/proc/$child/maps") !~ /libasan/;

# ---- what is there -----------------------------------------------------------------------------

sub ask { return status_is($scim->send(@_[1 .. 3]), $_[0], "$_[1] " . substr $_[2], 0, 60) }

sub bulk
{
    my (@operations) = @_;
    my $r = $scim->send(POST => '/Bulk', { schemas => ["$message:BulkRequest"], Operations => \@operations });
    return ($r->code, $r->text =~ m{/(?:Users|Groups)/([-0-9a-f]{36})"}g);
}

# So many resources by as few bulk requests as can be; their ids.
sub create
{
    my ($endpoint, $count, $make) = @_;
    my (@ids, @codes);

    for (my $n = 0; $n < $count; $n += 1000) {
        my $last = $n + 999 < $count ? $n + 999 : $count - 1;
        my ($code, @some) = bulk(map { { method => 'POST', path => $endpoint, bulkId => "b$_", data => $make->($_) } } $n .. $last);
        push @ids, @some;
        push @codes, $code;
    }
    is_deeply [grep { $_ != 200 } @codes], [], "$count of $endpoint";
    return @ids;
}

sub patch { return { schemas => ["$message:PatchOp"], Operations => [@_] } }

sub group
{
    my ($name) = @_;
    return ask(201, POST => '/Groups', { schemas => ["$urn:Group"], displayName => $name })->json->{id};
}

# As many members at a time as one body may have.
sub fill
{
    my ($group, @ids) = @_;
    my @codes;

    while (my @some = splice @ids, 0, 10_000) {
        push @codes, $scim->send(PATCH => "/Groups/$group", patch({ op => 'add', path => 'members',
            value => [map { { value => $_ } } @some] }))->code;
    }
    is_deeply [grep { $_ != 204 } @codes], [], 'members are taken';
}

my @people = create('/Users', $crowd, sub { { schemas => ["$urn:User"], userName => "person$_[0]" } });
is scalar @people, $crowd, 'people';
my ($small, $large) = (group('Small'), group('Large'));
fill($small, @people[0 .. 9]);
fill($large, @people);

my @groups = create('/Groups', 1000, sub { { schemas => ["$urn:Group"], displayName => "Group $_[0]",
    members => [{ value => $people[1] }] } });
is scalar @groups, 1000, 'groups';
my ($outsider) = create('/Users', 1, sub { { schemas => ["$urn:User"], userName => 'outsider' } });

# ---- statements --------------------------------------------------------------------------------

# What a request does in the database: [rows, changes, steps, text] for each statement. A connection
# asks some things when it is first used, so every request is preceded by one that does the same.
sub statements_of
{
    my (@request) = @_;
    open my $out, '>', $account or die "$account: $!";
    my $r = $scim->send(@request);
    my @lines = map { [split /\t/, $_, 4] } split /\n/, Scim::Server::slurp($account);
    unlink $account;
    return ($r, @lines);
}

sub sum { my ($column, @lines) = @_; my $sum = 0; $sum += $_->[$column] for @lines; return $sum }

sub text_of { return [map { $_->[3] } @_] }

# Every record is read with whether it is in a group: one look into an index, at nobody who is in it;
# and a page with whether anybody is in any group, which is one look, too.
my $own_groups = qr/\(SELECT member_number FROM scim_members WHERE member_number = number LIMIT 1\)/;
my $any_group  = qr/EXISTS \(SELECT 1 FROM scim_members\)/;

sub of_members { return grep { $_->[3] =~ s/$own_groups|$any_group//gr =~ /scim_members/ } @_ }

# The same request on the small and on the large group: the same statements, which give and change
# as many rows, and look at as much for them. The first time is for what is prepared then; `undo`
# takes back what it did.
sub costs_the_same
{
    my ($what, $request, %more) = @_;
    my ($warm) = statements_of($request->($small));
    statements_of($more{undo}->($small)) if $more{undo};
    my ($r, @few)  = statements_of($request->($small));
    my ($s, @many) = statements_of($request->($large));

    subtest $what => sub {
        like join(' ', map { $_->code } $warm, $r, $s), qr/^(20[04]) \1 \1$/, 'succeeds';
        cmp_ok scalar @few, '>', 0, 'takes statements';
        is_deeply text_of(@many), text_of(@few), 'the same for the large group';
        is sum(0, @many), sum(0, @few), 'as many rows are read';
        is sum(1, @many), sum(1, @few), 'and changed';
        is sum(1, @many), $more{changes} // 0, 'which are those that have to be';
        is sum(2, @many), sum(2, @few), 'and as many steps are taken';
        is_deeply text_of(of_members(@few, @many)), [], 'nobody looks at members' if $more{blind};
        cmp_ok scalar of_members(@many), '>', 0, 'members are looked at' unless $more{blind};
    };
    note sprintf '%s: %d statements, %d rows read, %d changed, %d steps', $what, scalar @many,
        map { sum($_, @many) } 0 .. 2;
}

# Requests to a group that change one member of it.
sub change
{
    my (@operations) = @_;
    return sub { my ($group) = @_; return (PATCH => "/Groups/$group", patch(@operations)) };
}

sub entry { return { op => $_[0], path => 'members', value => [{ value => $_[1] }] } }

subtest 'one member of many' => sub {
    my $add    = change(entry(add    => $outsider));
    my $remove = change(entry(remove => $outsider));
    my $filter = change({ op => 'remove', path => "members[value eq \"$outsider\"]" });
    my @two    = (changes => 2);    # a member, and the group's version

    costs_the_same('adding one', $add, undo => $remove, @two);
    costs_the_same('adding one who is in', $add);
    costs_the_same('removing one by a filter', $filter, undo => $add, @two);
    costs_the_same('removing one who is not in', $filter);
    costs_the_same('adding one again', $add, undo => $remove, @two);
    costs_the_same('removing one from a list', $remove, undo => $add, @two);
    costs_the_same('replacing one by another', change(entry(add => $outsider), entry(remove => $people[7])),
        undo => change(entry(remove => $outsider), entry(add => $people[7])), changes => 3);
    my $n = 0;
    costs_the_same('changing something else', sub { change({ op => 'replace', path => 'externalId',
        value => 'x' . ++$n })->(@_) }, blind => 1, changes => 1);
};

subtest 'what does not show members' => sub {
    for my $view ('excludedAttributes=members', 'attributes=displayName', 'attributes=id,meta',
        'excludedAttributes=members,meta') {
        costs_the_same("?$view", sub { (GET => "/Groups/$_[0]?$view") }, blind => 1);
        costs_the_same("a list with $view", sub {
            (GET => "/Groups?$view&filter=displayName+eq+%22" . ($_[0] eq $small ? 'Small' : 'Large') . '%22') }, blind => 1);
        my ($r, @lines) = statements_of(GET => "/Groups?$view&count=200");
        is $r->json->{itemsPerPage}, 200, 'a page';
        ok scalar(grep { $_->{id} eq $large } @{ $r->json->{Resources} }), 'with the large group';
        cmp_ok scalar @lines, '<', 20, 'by few statements';
        is_deeply text_of(of_members(@lines)), [], 'of which none looks at members';
    }
    costs_the_same('who is in it', sub {
        (GET => "/Groups?attributes=id&filter=id+eq+%22$_[0]%22+and+members.value+eq+%22$people[3]%22") });
};

# ---- memory ------------------------------------------------------------------------------------

sub memory
{
    my ($name) = @_;
    my ($memory) = Scim::Server::slurp("/proc/$child/status") =~ /^$name:\s*(\d+)/m;
    return $memory;
}

# The largest memory of the child from now on: what the kernel kept, where it does.
sub forget_peak
{
    open my $out, '>', "/proc/$child/clear_refs" or return;
    print $out 5;
    close $out;
}

# A request on a connection of its own; the reply is read as it comes.
sub drain
{
    my ($path) = @_;
    my $socket = $client->connect;
    my ($text, $peak, $looked) = ('', 0, 0);
    local $SIG{ALRM} = sub { die 'no complete response in time' };

    alarm patience();
    print $socket "GET /scim/v2$path HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer $token\r\nConnection: close\r\n\r\n";
    $socket->flush;
    while (sysread $socket, $text, 65_536, length $text) {
        next if length $text < $looked + 500_000;
        $looked = length $text;
        my $now = memory('VmRSS');
        $peak = $now if $now > $peak;
    }
    alarm 0;
    my $highest = memory('VmHWM') // 0;
    return ($text, $highest > $peak ? $highest : $peak);
}

subtest 'memory' => sub {
    delete $scim->{socket};    # prefork has one process for all
    drain("/Groups/$small") for 1 .. 3;
    for my $path ("/Groups/$large", '/Groups?filter=displayName+eq+%22Large%22', "/Groups/$large?attributes=members.value") {
        forget_peak();
        my $before = memory('VmRSS');
        my ($text, $peak) = drain($path);
        like $text, qr{^HTTP/1\.1 200 }, 'read';
        like $text, qr/^(?:Transfer-Encoding: chunked|Content-Length: \d+)\r$/im, 'with chunks or a length';
        like $text, qr/\}\r\n0\r\n\r\n\z|\}\z/, 'to its end';
        (my $body = $text) =~ s/\r\n[0-9a-f]+\r\n//g;    # chunks begin wherever they want
        is scalar(() = $body =~ /"value":"[-0-9a-f]{36}"/g), $crowd, 'all members';
        SKIP: {
            skip 'what was freed stays there for a while', 1 unless $measured;
            cmp_ok(($peak - $before) / 1024, '<', $bound, "less than $bound MiB more");
        }
        note sprintf '%s: %d KiB of text, %d KiB more memory', substr($path, 0, 20), length($text) / 1024, $peak - $before;
    }
};

# ---- somebody in many groups --------------------------------------------------------------------

subtest 'groups of a person' => sub {
    my $path = "/Users/$people[1]";

    statements_of(GET => $path);
    my ($r, @lines) = statements_of(GET => $path);
    is scalar @{ $r->json->{groups} }, 1002, 'all groups are shown';
    my %shown = map { $_->{value} => $_->{type} } @{ $r->json->{groups} };
    is_deeply \%shown, { map { $_ => 'direct' } @groups, $small, $large }, 'these';
    my (undef, @other) = statements_of(GET => "/Users/$people[50]");
    is_deeply text_of(@lines), text_of(@other), 'by the statements that one group takes';
    note sprintf 'groups: %d statements, %d rows read, %d steps', scalar @lines, sum(0, @lines), sum(2, @lines);
    cmp_ok sum(2, @lines), '<', 200 * 1002, 'which look at those groups only';

    for my $view ('attributes=userName', 'excludedAttributes=groups') {
        my ($s, @less) = statements_of(GET => "$path?$view");
        is $s->code, 200, $view;
        is_deeply text_of(of_members(@less)), [], 'reads no memberships';
    }
};

subtest 'deleting' => sub {
    is ask(204, DELETE => "/Users/$people[1]")->text, '', 'somebody in 1002 groups';
    my $r = ask(200, GET => "/Groups/$groups[7]");
    is_deeply $r->json->{members} // [], [], 'is in none of them';
    ask(204, DELETE => "/Groups/$large");
    $r = ask(200, GET => "/Users/$people[20]");
    is_deeply $r->json->{groups} // [], [], 'nobody is in a group that is gone';
};

is_deeply [$server->children], [$child], 'the same process served all';
is $server->stop, 0, 'the server stops as it should';

done_testing;
