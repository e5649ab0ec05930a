# startIndex and count (RFC 7644 3.4.2.4).

use strict;
use warnings;

use Test::More;
use Scim::Client qw(true false);
use Scim::Expect qw(status_is error_is);

my $scim = Scim::Client->new(path => '/paging/v2');
my $user = 'urn:ietf:params:scim:schemas:core:2.0:User';
my $list = 'urn:ietf:params:scim:api:messages:2.0:ListResponse';

sub page
{
    my (%query) = @_;
    my $what = join ' ', %query;
    my $body = status_is($scim->get('/Users', query => \%query), 200, $what || 'no parameters')->json;

    is_deeply $body->{schemas}, [$list], 'a ListResponse';
    is $body->{itemsPerPage}, scalar @{ $body->{Resources} }, 'itemsPerPage is how many there are';
    is_deeply [sort keys %$body], [sort qw(schemas totalResults startIndex itemsPerPage Resources)],
        'its members' unless $query{cursor};
    return $body;
}

sub names { return join ' ', map { $_->{userName} } @{ $_[0]{Resources} } }

is page()->{totalResults}, 0, 'nobody';
is_deeply page()->{Resources}, [], 'an empty array';
status_is($scim->post('/Users', { schemas => [$user], userName => "u$_", title => $_ % 2 ? 'odd' : 'even' }),
    201, "u$_") for 1 .. 8;

my @rows = (
    [{}, 1, 'u1 u2 u3 u4 u5', 'as many as a page has'],
    [{ startIndex => 1 }, 1, 'u1 u2 u3 u4 u5', 'from the first'],
    [{ startIndex => 0 }, 1, 'u1 u2 u3 u4 u5', '0 is 1'],
    [{ startIndex => -7 }, 1, 'u1 u2 u3 u4 u5', 'what is less is 1'],
    [{ startIndex => 6 }, 6, 'u6 u7 u8', 'the rest'],
    [{ startIndex => 8 }, 8, 'u8', 'the last'],
    [{ startIndex => 9 }, 9, '', 'one past the end'],
    [{ startIndex => 1_000_000 }, 1_000_000, '', 'far past the end'],
    [{ startIndex => '9223372036854775807' }, '9223372036854775807', '', 'as far as can be'],
    [{ startIndex => '99999999999999999999' }, '9223372036854775807', '', 'and farther'],
    [{ count => 1 }, 1, 'u1', 'one'],
    [{ count => 3, startIndex => 4 }, 4, 'u4 u5 u6', 'a page in the middle'],
    [{ count => 3, startIndex => 7 }, 7, 'u7 u8', 'the last page'],
    [{ count => 5 }, 1, 'u1 u2 u3 u4 u5', 'as many as are allowed'],
    [{ count => 6 }, 1, 'u1 u2 u3 u4 u5', 'one more than are allowed'],
    [{ count => '99999999999999999999' }, 1, 'u1 u2 u3 u4 u5', 'many more'],
    [{ count => 0 }, 1, '', 'only the total'],
    [{ count => -1 }, 1, '', 'what is less is 0'],
    [{ count => 0, startIndex => 5 }, 5, '', 'only the total, from anywhere'],
);
for my $row (@rows) {
    my ($query, $start, $names, $what) = @$row;
    my $body = page(%$query);
    is names($body), $names, $what;
    is $body->{totalResults}, 8, 'the total is that of all pages';
    is $body->{startIndex}, $start, 'startIndex';

    my $filtered = page(%$query, filter => 'title eq "odd" or title eq "even"');
    is_deeply $filtered, $body, 'the same by a filter without an index';
    $filtered = page(%$query, filter => 'userName sw "u"');
    is_deeply $filtered, $body, 'the same by a filter with one';
    my $sorted = page(%$query, sortBy => 'userName');
    is_deeply $sorted, $body, 'the same sorted';
    my $search = $scim->post('/Users/.search', {
        schemas => ['urn:ietf:params:scim:api:messages:2.0:SearchRequest'],
        map { ($_ => length $query->{$_} < 18 ? 0 + $query->{$_} : $query->{$_}) } keys %$query });
    is_deeply $search->json, $body, 'the same by POST';
}

my $odd = page(filter => 'title eq "odd"', count => 3, startIndex => 2);
is names($odd), 'u3 u5 u7', 'what a filter finds is counted, not what it passes by';
is $odd->{totalResults}, 4, 'and is what the total is of';
is page(filter => 'title eq "neither"')->{totalResults}, 0, 'nobody found is no error';

for my $row (['count=ten', qr/count is 'ten'; an integer is due/], ['count=', qr/count is ''/],
    ['startIndex=1.5', qr/startIndex is '1\.5'/], ['count=1&count=1', qr/count is given twice/])
{
    error_is($scim->get("/Users?$row->[0]"), 400, 'invalidValue', $row->[1], $row->[0]);
}

my $config = $scim->get('/ServiceProviderConfig')->json;
is_deeply $config->{pagination}, {
    cursor => true, index => true, defaultPaginationMethod => 'index', defaultPageSize => 5,
    maxPageSize => 5, cursorTimeout => 3600
}, 'RFC 9865 4: what is advertised';
is $config->{filter}{maxResults}, 5, 'and by RFC 7643';

my ($schema) = grep { $_->{id} =~ /ServiceProviderConfig$/ } @{ $scim->get('/Schemas')->json->{Resources} };
my ($pagination) = grep { $_->{name} eq 'pagination' } @{ $schema->{attributes} };
is_deeply [sort map { $_->{name} } @{ $pagination->{subAttributes} }], [sort keys %{ $config->{pagination} }],
    'the schema describes it';

done_testing;
