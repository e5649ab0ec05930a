# sortBy and sortOrder (RFC 7644 3.4.2.3).

use strict;
use warnings;
use utf8;

use Test::More;
use Scim::Client qw(true false);
use Scim::Expect qw(status_is error_is);

my $scim       = Scim::Client->new(path => '/sort/v2');
my $user       = 'urn:ietf:params:scim:schemas:core:2.0:User';
my $enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';

sub person
{
    my ($name, %more) = @_;
    my $r = $scim->post('/Users', {
        schemas => [$user, exists $more{$enterprise} ? $enterprise : ()], userName => $name, %more });
    status_is($r, 201, $name);
    return $r->json->{id};
}

# The userNames of the answer, one line.
sub order_of
{
    my ($by, %more) = @_;
    my %query = (defined $by ? (sortBy => $by) : (), %more);
    my $r = status_is($scim->get('/Users', query => \%query), 200, join ' ', %query);
    return join ' ', map { $_->{userName} } @{ $r->json->{Resources} };
}

my %id;
$id{$_->[0]} = person(@$_) for (
    ['Delta', title => 'boss', externalId => 'b', name => { familyName => 'Émile' },
        emails => [{ value => 'z@example.com' }, { value => 'a@example.com', primary => true }],
        $enterprise => { department => 'R' }],
    ['alpha', title => 'Boss', externalId => 'B', name => { familyName => 'emile' }, active => false,
        emails => [{ value => 'M@example.com', type => 'work' }, { value => 'a@example.org', type => 'home' }]],
    ['Charlie', externalId => 'a', name => { givenName => 'C' }, $enterprise => { department => 'Q' }],
    ['bravo', title => 'apprentice', name => { familyName => 'Zola' }, active => false,
        emails => [{ value => 'n@example.com' }]],
    ['Echo', title => 'Straße', externalId => 'C', name => { familyName => 'Zoë' }],
    ['foxtrot', title => 'strasse', name => { familyName => 'ZOE' }, $enterprise => { department => 'q' }],
);

subtest 'one attribute' => sub {
    my @rows = (
        [userName => 'alpha bravo Charlie Delta Echo foxtrot', 'without regard to case'],
        [USERNAME => 'alpha bravo Charlie Delta Echo foxtrot', 'its name in any case'],
        ["$user:userName" => 'alpha bravo Charlie Delta Echo foxtrot', 'its name in full'],
        [id => 'Delta alpha Charlie bravo Echo foxtrot', 'as they were created'],
        ['meta.created' => 'Delta alpha Charlie bravo Echo foxtrot', 'a dateTime'],
        [title => 'bravo Delta alpha Echo foxtrot Charlie', 'the same by id, none last'],
        ['name.familyName' => 'alpha foxtrot bravo Echo Delta Charlie', 'within another, by code points'],
        [externalId => 'alpha Echo Charlie Delta bravo foxtrot', 'with regard to case'],
        [emails => 'Delta alpha bravo Charlie Echo foxtrot', 'the primary value or the first'],
        ['emails.value' => 'Delta alpha bravo Charlie Echo foxtrot', 'the same, named'],
        ['emails.type' => 'alpha Delta Charlie bravo Echo foxtrot', 'another part'],
        ["$enterprise:department" => 'Charlie foxtrot Delta alpha bravo Echo', 'of an extension'],
        [active => 'alpha bravo Delta Charlie Echo foxtrot', 'false before true'],
        [nickName => 'Delta alpha Charlie bravo Echo foxtrot', 'what nobody has'],
    );
    for my $row (@rows) {
        my ($by, $expected, $what) = @$row;
        is order_of($by), $expected, "$by: $what";
        is order_of($by, sortOrder => 'ascending'), $expected, 'ascending is the default';
        is order_of($by, sortOrder => 'descending'), join(' ', reverse split / /, $expected), 'descending';
    }
};

subtest 'a change' => sub {
    status_is($scim->patch("/Users/$id{alpha}", [{ op => 'replace', path => 'title', value => 'zz' }]),
        200, 'a change');
    is order_of('title'), 'bravo Delta Echo foxtrot alpha Charlie', 'moves';
    like order_of('meta.lastModified'), qr/ alpha$/, 'and makes it the latest';
    like order_of('meta.lastModified', sortOrder => 'descending'), qr/^alpha /, 'or the first';
    status_is($scim->patch("/Users/$id{alpha}", [{ op => 'replace', path => 'title', value => 'Boss' }]),
        200, 'and back');
};

subtest 'with other parameters' => sub {
    is order_of('userName', filter => 'title pr and active eq true'), 'Delta Echo foxtrot', 'a filter';
    is order_of('title', filter => 'userName sw "b" or userName sw "c"'), 'bravo Charlie', 'an indexed one';
    is order_of('name.familyName', attributes => 'userName'),
        'alpha foxtrot bravo Echo Delta Charlie', 'sorted by what is not shown';
    for my $by (qw(userName title emails meta.created id)) {
        for my $order (qw(ascending descending)) {
            for my $count (1 .. 4) {
                my @pages = map { order_of($by, sortOrder => $order, count => $count, startIndex => $_) }
                    grep { ($_ - 1) % $count == 0 } 1 .. 6;
                is "@pages", order_of($by, sortOrder => $order), "$by $order, pages of $count";
            }
        }
    }
    is order_of(undef, sortOrder => 'descending'), order_of(), 'sortOrder alone means nothing';
    is order_of('userName', sortOrder => 'DESCENDING'), 'foxtrot Echo Delta Charlie bravo alpha', 'any case';
    is order_of(''), order_of(), 'a blank sortBy is none';
    is order_of('title', sortOrder => ''), order_of('title'), 'a blank sortOrder is none';
};

subtest 'by POST' => sub {
    my $r = $scim->post('/Users/.search', {
        schemas => ['urn:ietf:params:scim:api:messages:2.0:SearchRequest'],
        sortBy => 'title', sortOrder => 'descending', attributes => ['userName'], count => 3 });
    status_is($r, 200, 'search');
    is join(' ', map { $_->{userName} } @{ $r->json->{Resources} }), 'Charlie foxtrot Echo', 'sorted';
};

subtest 'what nothing can be sorted by' => sub {
    my @rows = (
        [{ sortBy => 'nonsense' }, qr/sortBy is 'nonsense': .*User has no attribute 'nonsense'/],
        [{ sortBy => 'name.nonsense' }, qr/name has no sub-attribute 'nonsense'/],
        [{ sortBy => 'department' }, qr/write urn:ietf:params:scim:schemas:extension:enterprise/],
        [{ sortBy => 'name' }, qr/is complex; name an attribute within it/],
        [{ sortBy => 'meta' }, qr/is complex/],
        [{ sortBy => 'groups' }, qr/memberships/],
        [{ sortBy => 'groups.display' }, qr/memberships/],
        [{ sortBy => 'password' }, qr/never returned/],
        [{ sortBy => $enterprise }, qr/one attribute/],
        [{ sortBy => 'emails[type eq "work"].value' }, qr/one attribute/],
        [{ sortBy => 'userName,title' }, qr/sortBy/],
        [{ sortBy => 'userName desc' }, qr/sortBy/],
        [{ sortBy => 'userName.x' }, qr/no sub-attributes/],
        [{ sortBy => '"userName"' }, qr/sortBy/],
        [{ sortBy => 'x' x 4000 }, qr/sortBy/],
        [{ sortBy => 'userName', sortOrder => 'up' }, qr/sortOrder is 'up'; allowed are ascending and descending/],
        [{ sortOrder => 'asc' }, qr/sortOrder/],
    );
    for my $row (@rows) {
        my ($query, $detail) = @$row;
        error_is($scim->get('/Users', query => $query), 400, 'invalidValue', $detail,
            substr join(' ', %$query), 0, 60);
    }
    error_is($scim->get('/Groups', query => { sortBy => 'members' }), 400, 'invalidValue', qr/memberships/,
        'members');
    error_is($scim->get('/Users?sortBy=title&sortBy=title'), 400, 'invalidValue', qr/twice/, 'twice');
};

is_deeply $scim->get('/ServiceProviderConfig')->json->{sort}, { supported => true }, 'advertised';

done_testing;
