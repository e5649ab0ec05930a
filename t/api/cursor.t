# Pages by cursor (RFC 9865), while others come and go.

use strict;
use warnings;

use MIME::Base64 'decode_base64url';
use Test::More;
use Scim::Client qw(true false);
use Scim::Expect qw(status_is error_is);

my $scim   = Scim::Client->new(path => '/cursor/v2');
my $again  = Scim::Client->new(path => '/cursor-again/v2');
my $others = Scim::Client->new(path => '/cursor-others/v2');
my $user   = 'urn:ietf:params:scim:schemas:core:2.0:User';
my $search = 'urn:ietf:params:scim:api:messages:2.0:SearchRequest';

sub person
{
    my ($name, %more) = @_;
    my $r = status_is($scim->post('/Users', { schemas => [$user], userName => $name, %more }), 201, $name);
    return $r->json->{id};
}

sub page
{
    my (%query) = @_;
    my $r = $scim->get('/Users', query => \%query);
    $r->code == 200 or diag($r->text), fail(join ' ', %query), return {};
    my $body = $r->json;
    is $body->{itemsPerPage}, scalar @{ $body->{Resources} }, 'itemsPerPage' if $body->{itemsPerPage} > 50;
    return $body;
}

sub names { return map { $_->{userName} } @{ $_[0]{Resources} } }

# All pages from the first to the last, each an array of names; then back again, which has to give
# the same ones.
sub walk
{
    my ($what, %query) = @_;
    my (@pages, @back);
    my $body = page(%query, cursor => '');

    ok !exists $body->{previousCursor}, "$what: no previousCursor with the first page";
    push @pages, [names($body)];
    while (defined $body->{nextCursor} && @pages < 100) {
        like $body->{nextCursor}, qr/^[A-Za-z0-9\-._~]+$/, 'unreserved characters' if @pages < 3;
        $body = page(%query, cursor => $body->{nextCursor});
        push @pages, [names($body)];
    }
    unshift @back, [names($body)];
    while (defined $body->{previousCursor} && @back < 100) {
        $body = page(%query, cursor => $body->{previousCursor});
        unshift @back, [names($body)];
        ok defined $body->{nextCursor}, 'a page that is not the last has nextCursor' if @back < 4;
    }
    is_deeply \@back, \@pages, "$what: the same back";
    return @pages;
}

subtest 'nobody' => sub {
    my $body = page(cursor => '');
    is_deeply [sort keys %$body], [sort qw(schemas totalResults itemsPerPage Resources)], 'members';
    is $body->{totalResults}, 0, 'total';
};

my @all = map { sprintf 'u%02d', $_ } 1 .. 23;
my %id;
for my $name (@all) {
    my ($n) = $name =~ /(\d+)/;
    $id{$name} = person($name, title => $n % 3 ? 'Tailor' . $n % 2 : undef, active => $n % 2 ? true : false,
        nickName => sprintf 'n%02d', 99 - $n);
}

subtest 'there and back' => sub {
    for my $count (1, 5, 7, 22, 23, 24, 50) {
        my @pages = walk("count $count", count => $count);
        is_deeply [map { @$_ } @pages], \@all, 'everybody, once, in order';
        is scalar @pages, int((23 + $count - 1) / $count), 'full pages';
    }
    my @pages = walk('no count');
    is scalar @pages, 1, 'as many as a page has';
    for my $query ({ sortBy => 'userName' }, { sortBy => 'title' }, { sortBy => 'nickName' },
        { sortBy => 'meta.created' }, { sortBy => 'meta.lastModified' }, { sortBy => 'id' },
        { sortBy => 'active' }, { sortBy => 'externalId' }, { filter => 'title pr' },
        { filter => 'active eq true', sortBy => 'title' }, { filter => 'userName sw "u1"', sortBy => 'nickName' })
    {
        for my $order (qw(ascending descending)) {
            my %query = (%$query, $query->{sortBy} ? (sortOrder => $order) : ());
            my @expected = names(page(%query));
            is_deeply [map { @$_ } walk(join(' ', map { "$_ $query{$_}" } sort keys %query),
                %query, count => 4)], \@expected, 'as without pages';
        }
    }
};

subtest 'the answer' => sub {
    my $first = page(cursor => '', count => 10, filter => 'title pr');
    is_deeply [sort keys %$first], [sort qw(schemas totalResults itemsPerPage nextCursor Resources)], 'first page';
    is $first->{totalResults}, 16, 'the total of all pages';
    is $first->{itemsPerPage}, 10, 'itemsPerPage';
    my $second = page(cursor => $first->{nextCursor}, count => 10, filter => 'title pr');
    is_deeply [sort keys %$second], [sort qw(schemas totalResults itemsPerPage previousCursor Resources)],
        'last page';
    is $second->{totalResults}, 16, 'the total of all pages';
    is $second->{itemsPerPage}, 6, 'itemsPerPage';
    my $empty = page(cursor => '', count => 0);
    is_deeply [sort keys %$empty], [sort qw(schemas totalResults itemsPerPage Resources)], 'count 0';
    is $empty->{totalResults}, 23, 'only the total';
    is scalar @{ page(cursor => '', count => 1000)->{Resources} }, 23, 'a count above the greatest';
    ok !exists page(count => 5)->{nextCursor}, 'by index there are no cursors';
    status_is($scim->get('/Users?cursor&count=1'), 200, 'a cursor without an equals sign');
};

subtest 'by POST' => sub {
    my %search = (schemas => [$search], attributes => ['userName'], sortBy => 'userName', count => 9);
    my $r = status_is($scim->post('/Users/.search', { %search, cursor => '' }), 200, 'first');
    is_deeply [names($r->json)], [@all[0 .. 8]], 'first page';
    $r = status_is($scim->post('/Users/.search', { %search, cursor => $r->json->{nextCursor} }), 200, 'next');
    is_deeply [names($r->json)], [@all[9 .. 17]], 'next page';
    my $get = $scim->get('/Users', query => { sortBy => 'userName', count => 9, cursor => $r->json->{nextCursor} });
    is_deeply [names(status_is($get, 200, 'goes on by GET')->json)], [@all[18 .. 22]], 'last page';
};

subtest 'the same query' => sub {
    my $next = page(cursor => '', count => 2, filter => 'title pr and active eq true')->{nextCursor};
    my @rest = names(page(cursor => $next, count => 2, filter => 'title pr and active eq true'));
    is_deeply [names(page(cursor => $next, count => 2, filter => 'TITLE pr  and (Active Eq true)'))], \@rest,
        'the filter may be written in another way';
    is_deeply [names(page(cursor => $next, count => 2, filter => 'title pr and active eq true',
        attributes => 'userName'))], \@rest, 'and other attributes be shown';
    my $r = $again->get('/Users', query => { cursor => $next, count => 2, filter => 'title pr and active eq true' });
    is_deeply [names(status_is($r, 200, 'the directory at another address')->json)], \@rest, 'goes on there';
};

subtest 'cursors that are none' => sub {
    status_is($scim->post('/Groups', { schemas => ['urn:ietf:params:scim:schemas:core:2.0:Group'],
        displayName => "g$_" }), 201, "g$_") for 1 .. 3;
    status_is($others->post('/Users', { schemas => [$user], userName => "o$_" }), 201, "o$_") for 1 .. 3;

    my %query = (count => 2, filter => 'title pr', sortBy => 'title');
    my $next  = page(%query, cursor => '')->{nextCursor};
    my $last  = substr $next, -1;
    my $plain = page(count => 2, cursor => '')->{nextCursor};
    my $refused = sub {
        my ($cursor, $what, $client, $path, %other) = @_;
        error_is(($client || $scim)->get($path || '/Users', query => { %query, %other, cursor => $cursor }), 400,
            'invalidCursor', qr/none that was given out for this query/, $what);
    };
    $refused->($_, "'$_'") for 'x', '0', ' ', '..', 'AAAA', "$next$next", "${next}A", "A$next", "$next=", ' ' . $next;
    $refused->(substr($next, 0, $_), "cut to $_") for 1, 12, 28, 40, length($next) - 1;
    for my $at (0, 11, 12, 20, 30, length($next) - 2, length($next) - 1) {
        my $flipped = $next;
        substr $flipped, $at, 1, substr($flipped, $at, 1) eq 'A' ? 'B' : 'A';
        $refused->($flipped, "another letter at $at");
    }
    $refused->($next, 'another filter',    undef, undef, filter => 'title pr and active eq true');
    $refused->($next, 'another sortBy',    undef, undef, sortBy => 'userName');
    $refused->($next, 'another sortOrder', undef, undef, sortOrder => 'descending');
    $refused->($plain, 'of a query without filter and order');
    %query = (count => 2);
    $refused->($next, 'used for a query without filter and order');
    $refused->($plain, 'of users, for groups', undef, '/Groups');
    $refused->($plain, 'of users, for all', undef, '/');
    $refused->($plain, 'of another directory', $others);
    error_is($scim->post('/Groups/.search', { schemas => [$search], count => 2, cursor => $plain }), 400,
        'invalidCursor', undef, 'by POST');
    error_is($scim->get('/Users', query => { count => 2, cursor => 'A' x 5000 }), 400, 'invalidCursor', undef, 'long');
    error_is($scim->post('/Users/.search', { schemas => [$search], count => 2, cursor => 'A' x 100_000 }), 400,
        'invalidCursor', undef, 'very long');

    error_is($scim->get('/Users', query => { count => 3, cursor => $plain }), 400, 'invalidCount',
        qr/another count/, 'another count');
    error_is($scim->get('/Users', query => { cursor => $plain }), 400, 'invalidCount', undef, 'no count any more');
    error_is($scim->get('/Users?cursor&count=two'), 400, 'invalidCount', qr/count is 'two'/, 'a count that is none');
    error_is($scim->get('/Users', query => { cursor => '', startIndex => 1 }), 400, 'invalidValue',
        qr/cursor and startIndex exclude each other/, 'with startIndex');
    error_is($scim->get('/Users', query => { cursor => $plain, count => 2, startIndex => 3 }), 400, 'invalidValue',
        qr/exclude/, 'with startIndex on the way');
    error_is($scim->post('/Users/.search', { schemas => [$search], cursor => '', startIndex => 1 }), 400,
        'invalidValue', qr/exclude/, 'by POST');
    unlike $_, qr/u02|\Q$id{u02}\E/, 'a cursor does not show where it is' for decode_base64url($plain);
};

# One client walks, another one adds and removes: who is there all the time is seen exactly once.
sub walk_among
{
    my ($what, $disturb, %query) = @_;

    subtest $what => sub {
        my %seen;
        my ($cursor, $pages) = ('', 0);
        while (defined $cursor && $pages++ < 60) {
            my $body = page(%query, cursor => $cursor);
            $seen{$_}++ for names($body);
            $cursor = $body->{nextCursor};
            $disturb->($pages, $body);
        }
        cmp_ok $pages, '<', 60, 'it ends';
        is_deeply [grep { $seen{$_} > 1 } sort keys %seen], [], 'nobody twice';
        is_deeply [grep { !$seen{$_} } @all], [], 'everybody who was there';
    };
}

my $serial = 0;
for my $query ({}, { sortBy => 'userName' }, { sortBy => 'title', sortOrder => 'descending' },
    { sortBy => 'nickName', filter => 'userName sw "u"' })
{
    my $what = join(' ', map { "$_ $query->{$_}" } sort keys %$query) || 'by id';
    my @guests = map { person("u99guest$$-" . ++$serial, title => "t$_", nickName => "n$_") } 0 .. 9;

    walk_among("$what: others come", sub {
        push @guests, person("u0$_[0]guest$$-" . ++$serial, nickName => "n0$_[0]") if @guests < 20;
    }, %$query, count => 3);
    walk_among("$what: others go", sub {
        $scim->delete('/Users/' . pop @guests) if @guests;
    }, %$query, count => 3);

    $scim->delete("/Users/$_") for splice @guests;

    # whoever the position is that of goes
    @guests = map { person("u$_-guest$$-" . ++$serial, title => "Tailor$_", nickName => "n$_") } '05' .. '20';
    my %guest = map { $_ => 1 } @guests;
    walk_among("$what: the last one of the page goes", sub {
        my $last = $_[1]{Resources}[-1] or return;
        $scim->delete("/Users/$last->{id}") if delete $guest{ $last->{id} };
    }, %$query, count => 3);
    $scim->delete("/Users/$_") for keys %guest;
}

subtest 'back, when all in front is gone' => sub {
    my @guests = map { person("a$_-guest$$") } 1 .. 3;
    my %query  = (sortBy => 'userName', count => 3);
    my $second = page(%query, cursor => page(%query, cursor => '')->{nextCursor});
    is_deeply [names($second)], [@all[0 .. 2]], 'behind the guests';
    $scim->delete("/Users/$_") for @guests;
    my $front = page(%query, cursor => $second->{previousCursor});
    is_deeply [names($front)], [], 'nobody is left in front';
    ok !exists $front->{previousCursor}, 'and nothing in front of that';
    my $forth = page(%query, cursor => $front->{nextCursor});
    is_deeply [names($forth)], [@all[0 .. 2]], 'but the way forth is there';
    ok !exists $forth->{previousCursor}, 'which is the first page';
};

subtest 'forth, when all behind is gone' => sub {
    my @guests = map { person("z$_-guest$$") } 1 .. 2;
    my %query  = (sortBy => 'userName', count => 23);
    my $first  = page(%query, cursor => '');
    ok defined $first->{nextCursor}, 'there are guests behind';
    $scim->delete("/Users/$_") for @guests;
    my $end = page(%query, cursor => $first->{nextCursor});
    is_deeply [names($end)], [], 'nobody is left';
    ok !exists $end->{nextCursor}, 'it ends';
    is $end->{totalResults}, 23, 'with the total as it is';
    my $back = page(%query, cursor => $end->{previousCursor});
    is_deeply [names($back)], \@all, 'but the way back is there';
    ok !exists $back->{$_}, "and no $_ any more" for qw(nextCursor previousCursor);

    @guests = map { person("z$_-guest$$") } 1 .. 2;
    %query  = (sortBy => 'userName', count => 5);
    my $page = page(%query, cursor => '');
    $page = page(%query, cursor => $page->{nextCursor}) for 1 .. 3;
    is_deeply [names($page)], [@all[15 .. 19]], 'the last page but one';
    my $next = $page->{nextCursor};
    $scim->delete("/Users/$_->{id}") for @{ page(%query, cursor => $next)->{Resources} };
    $page = page(%query, cursor => $next);
    is_deeply [names($page)], [], 'of which the last is gone';
    $page = page(%query, cursor => $page->{previousCursor});
    is_deeply [names($page)], [@all[15 .. 19]], 'back to what is the last now';
    ok !exists $page->{nextCursor}, 'with nothing behind';
    is_deeply [names(page(%query, cursor => $page->{previousCursor}))], [@all[10 .. 14]], 'and more in front';
};

done_testing;
