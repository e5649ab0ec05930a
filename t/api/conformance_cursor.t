# Rules of RFC 9865 that are shown best one by one; docs/conformance.md names the test of each rule.
use strict;
use warnings;

use Test::More;

use Scim::Client qw(true false);
use Scim::Expect qw(status_is error_is endpoint);
use Scim::Server;

my $token = 'conformance-0123456789abcdefghijklmnop';
my $core  = 'urn:ietf:params:scim:schemas:core:2.0';
my $list  = 'urn:ietf:params:scim:api:messages:2.0:ListResponse';

# An endpoint of ten users and three groups; its two other tokens have the scopes that are given.
sub config
{
    my ($first, $second) = @_;
    return join '',
        endpoint('/scim/v2', directory => 'shared', extra => "ScimMaxResults 8\n", tokens => [ ['all', $token],
            ['first', "first-$token", "scope=$first"], ['second', "second-$token", "scope=$second"] ]),
        endpoint('/other/v2', directory => 'other', token => $token);
}

my $server = Scim::Server->start(config => config('read,users', 'read,users,groups'));
sub client { my ($as, $path) = @_; return $server->client(path => $path // '/scim/v2', token => ($as // '') . $token) }

my ($scim, $first, $second) = (client(), client('first-'), client('second-'));
my $other = client('', '/other/v2');
status_is($scim->post('/Users', { schemas => ["$core:User"], userName => "u$_", title => 'T' }), 201, "u$_") for 0 .. 9;
status_is($scim->post('/Groups', { schemas => ["$core:Group"], displayName => "g$_" }), 201, "g$_") for 0 .. 2;
status_is($other->post('/Users', { schemas => ["$core:User"], userName => "o$_" }), 201, "o$_") for 0 .. 9;

sub names { return map { $_->{userName} // $_->{displayName} } @{ $_[0]{Resources} } }
sub page { my ($client, $path, %query) = @_; return $client->get($path, query => \%query) }

subtest '2: count' => sub {
    my $body = page($scim, '/Users', cursor => '', count => -3)->json;
    is_deeply $body, { schemas => [$list], totalResults => 10, itemsPerPage => 0, Resources => [] },
        'a count below 0 is 0: nothing but the total';
    is_deeply page($scim, '/Users', cursor => '', count => 0)->json, $body, 'as is a count of 0';
    is scalar(names(page($scim, '/Users', cursor => '', count => $_)->json)), $_, "a page has no more than its count: $_"
        for 1, 3, 8;
    is scalar(names(page($scim, '/Users', cursor => '', count => 9)->json)), 8, 'and fewer when the server allows fewer';
    is scalar(names(page($scim, '/Users', cursor => '')->json)), 8, 'which is also the size without a count';
};

subtest '2: cursors of a walk' => sub {
    my (@forth, @back);
    my $next = '';
    while (defined $next && @forth < 9) {
        my $body = status_is(page($scim, '/Users', cursor => $next, count => 3), 200, 'a page')->json;
        push @forth, $body;
        $next = $body->{nextCursor};
    }
    is_deeply [ map { scalar names($_) } @forth ], [ 3, 3, 3, 1 ], 'nextCursor leads through all pages';
    is_deeply [ map { exists $_->{nextCursor} ? 1 : 0 } @forth ], [ 1, 1, 1, 0 ],
        'every page but the last has nextCursor, and the last has none';
    is_deeply [ map { exists $_->{previousCursor} ? 1 : 0 } @forth ], [ 0, 1, 1, 1 ],
        'every page but the first has previousCursor, and the first has none';
    is_deeply [ map { $_->{totalResults} } @forth ], [ (10) x 4 ], 'totalResults is never left out';
    my $back = $forth[-1]{previousCursor};
    while (defined $back && @back < 9) {
        my $body = status_is(page($scim, '/Users', cursor => $back, count => 3), 200, 'a page')->json;
        unshift @back, $body;
        $back = $body->{previousCursor};
    }
    is_deeply [ map { [ names($_) ] } @back ], [ map { [ names($_) ] } @forth[0 .. 2] ],
        'previousCursor leads back through them';
    ok !exists $back[0]{previousCursor}, 'the first page has no previousCursor either when it is reached from behind';

    my $full = page($scim, '/Users', cursor => '', count => 5)->json;
    $full = page($scim, '/Users', cursor => $full->{nextCursor}, count => 5)->json;
    is scalar(names($full)), 5, 'a last page that is full';
    ok !exists $full->{nextCursor}, 'has no nextCursor';
};

subtest '2.1: errors' => sub {
    my @rows = (
        ['a cursor that is none', 'invalidCursor', cursor => 'x'],
        ['a count that is none', 'invalidCount', cursor => '', count => 'ten'],
        ['another count on the way', 'invalidCount', count => 4,
            cursor => page($scim, '/Users', cursor => '', count => 3)->json->{nextCursor}],
        ['cursor and startIndex', 'invalidValue', cursor => '', startIndex => 1],
    );
    for my $row (@rows) {
        my ($what, $type, %query) = @$row;
        error_is(page($scim, '/Users', %query), 400, $type, undef, "2.1: $what is answered with 400 and $type");
        error_is($scim->post('/Users/.search', \%query), 400, $type, undef, "by POST, too: $what");
    }
};

subtest '2.3, 2.4: the method without a parameter' => sub {
    my $body = page($scim, '/Users')->json;
    is_deeply [ sort keys %$body ], [ sort qw(schemas totalResults startIndex itemsPerPage Resources) ],
        'without cursor and startIndex, pages are by index and have no nextCursor';
    is $body->{startIndex}, 1, 'beginning with the first';
    is_deeply [ names(page($scim, '/Users', startIndex => 9)->json) ], [qw(u8 u9)], 'startIndex alone reaches all results';
    is $scim->get('/ServiceProviderConfig')->json->{pagination}{defaultPaginationMethod}, 'index',
        'and the configuration says that index is the default';
};

subtest '4: what is advertised' => sub {
    my $pagination = $scim->get('/ServiceProviderConfig')->json->{pagination};
    is $pagination->{$_}, true, "pagination.$_ is true" for qw(cursor index);
    is $pagination->{$_}, 8, "pagination.$_ is what ScimMaxResults says" for qw(defaultPageSize maxPageSize);
    is $pagination->{cursorTimeout}, 3600, 'pagination.cursorTimeout is an hour';
};

# The first pages of somebody who may see all, with cursors to more.
my %cursor = map { $_ => page($scim, $_, cursor => '', count => 2)->json->{nextCursor} } qw(/Users /Groups /);
sub follow { my ($client, $path, $as) = @_; return page($client, $path, cursor => $cursor{ $as // $path }, count => 2) }

subtest '5.2: the cursor of somebody else' => sub {
    my $r = follow($first, '/Users');
    is_deeply [ names(status_is($r, 200, 'users')->json) ], [qw(u2 u3)],
        'shows who has the right to see these what it would anyway';
    error_is(follow($first, '/Groups'), 403, undef, undef, 'a cursor of groups gives no right to see groups');
    my ($cursor, @seen) = ('');
    while (defined $cursor && @seen < 30) {
        my $body = page($first, '/', cursor => $cursor, count => 2)->json;
        push @seen, names($body);
        $cursor = $body->{nextCursor};
    }
    is "@seen", 'u0 u1 u2 u3 u4 u5 u6 u7 u8 u9', 'a walk through all types shows only those of the scope';
    error_is(follow($first, '/'), 400, 'invalidCursor', undef, 'the cursor of a walk through more types is none for it');
    is(client('wrong')->get('/Users', query => { cursor => $cursor{'/Users'}, count => 2 })->code, 401,
        'a cursor does not stand in for a token');
};

subtest '5.2: errors that tell nothing' => sub {
    my $nonsense = page($scim, '/Users', cursor => 'nonsense', count => 2)->text;
    is follow($other, '/Users')->text, $nonsense,
        'a cursor of another directory is refused in the words for one that never was';
    is follow($scim, '/Groups', '/Users')->text, $nonsense, 'as is one of another type';
    is page($scim, '/Users', filter => 'title pr', cursor => $cursor{'/Users'}, count => 2)->text, $nonsense,
        'and one of another filter';
    is follow($first, '/Groups', $_)->text, page($first, '/Groups', cursor => 'nonsense', count => 2)->text,
        "where the scope ends, every cursor is refused alike: $_" for qw(/Users /Groups);
};

subtest '5.2: rights that change' => sub {
    my $all = page($second, '/', cursor => '', count => 2)->json;
    my $groups = page($second, '/Groups', cursor => '', count => 2)->json->{nextCursor};
    is $all->{totalResults}, 13, 'users and groups, at first';
    $server->reconfigure(config('read,users', 'read,users'));
    $server->graceful;
    error_is(page($second, '/', cursor => $all->{nextCursor}, count => 2), 400, 'invalidCursor', undef,
        'a cursor is void when the token may see less types than it was made for');
    is page($second, '/', cursor => '', count => 2)->json->{totalResults}, 10, 'the total is that of what may be seen now';
    error_is(page($second, '/Groups', cursor => $groups, count => 2), 403, undef, undef,
        'a cursor from before shows nothing that may not be seen any more');
    $server->reconfigure(config('read,users', 'write,users'));
    $server->graceful;
    is page($second, '/', cursor => $all->{nextCursor}, count => 2)->code, 403, 'nor without the right to read';
};

$server->stop;
done_testing;
