# Two directories in one database never see each other, a token of one endpoint is nobody at the
# other, and a token does no more than its scope says.
use strict;
use warnings;

use Test::More;

use Scim::Client qw(true false);
use Scim::Expect qw(status_is error_is endpoint total);
use Scim::Server;

my %token = map { $_ => "isolation-$_-0123456789abcdefghijkl" }
    qw(red blue both red-read red-write red-users red-groups);
my $user = 'urn:ietf:params:scim:schemas:core:2.0:User';

my $server = Scim::Server->start(config => join '',
    endpoint('/red/v2', directory => 'red', tokens => [
        [red => $token{red}], [both => $token{both}],
        map { ["red-$_", $token{"red-$_"}, "scope=$_"] } qw(read write users groups),
    ]),
    endpoint('/blue/v2', directory => 'blue', tokens => [[blue => $token{blue}], [both => $token{both}]]),
    endpoint('/hidden/v2', directory => 'red', token => $token{both},
        extra => "ScimDeleteUsers disable\n"),
    # a path that starts as another's does
    endpoint('/red/v22', directory => 'blue', token => $token{blue}),
    # other databases of the same names
    "<VirtualHost 127.0.0.1:\@PORT\@>\nServerName elsewhere\nDBDParams \"\@DIR\@/db/elsewhere.db\"\n",
    endpoint('/red/v2', directory => 'red', token => $token{red}),
    "</VirtualHost>\n",
    "<VirtualHost 127.0.0.1:\@PORT\@>\nServerName 127.0.0.1\n</VirtualHost>\n",
);

sub client { my ($where, $token) = @_; return $server->client(path => "/$where", token => $token{$token}) }

my $red  = client('red/v2',  'red');
my $blue = client('blue/v2', 'blue');

sub person
{
    my ($scim, $name, %more) = @_;
    return status_is($scim->post('/Users', { schemas => [$user], userName => $name,
        externalId => "X-$name", emails => [{ value => "$name\@example.com", type => 'work' }], %more }),
        201, "$name is there")->json;
}

sub ids { return [map { $_->{id} } @{ $_[0]->json->{Resources} }] }

my @red  = map { person($red,  $_, title => 'red') } qw(ada bob eve);
my @blue = map { person($blue, $_, title => 'blue') } qw(ada bob);

subtest 'lists' => sub {
    is_deeply ids($red->get('/Users')),  [map { $_->{id} } @red],  'red sees red';
    is_deeply ids($blue->get('/Users')), [map { $_->{id} } @blue], 'blue sees blue';
    is $blue->get('/Users', query => { count => 1 })->json->{totalResults}, 2, 'and counts them only';
    is_deeply ids($red->get('/Users', query => { startIndex => 3, count => 5 })), [$red[2]{id}],
        'pages are of one directory';

    for my $filter ('userName eq "eve"', 'externalId eq "X-eve"', 'title eq "red"',
        'emails.value eq "eve@example.com"', 'emails[value eq "eve@example.com"]',
        "id eq \"$red[0]{id}\"", 'userName sw "e"', 'not (title eq "blue")', 'title ne "blue"',
        'userName gt "c"', "meta.created eq \"$red[2]{meta}{created}\" and title eq \"red\"",
        'active eq true and title co "ed"', 'title eq "red" or title eq "nobody"') {
        is total($blue, $filter), 0, "blue does not find $filter";
        cmp_ok total($red, $filter), '>', 0, 'red does';
    }
    is_deeply ids($red->get('/Users',  query => { filter => 'userName eq "ada"' })), [$red[0]{id}],
        'red\'s ada';
    is_deeply ids($blue->get('/Users', query => { filter => 'userName eq "ada"' })), [$blue[0]{id}],
        'blue\'s ada';
    is total($_, 'userName pr'), $_ == $red ? 3 : 2, 'all of one' for $red, $blue;
};

subtest 'ids of the other' => sub {
    for my $case ([$red, \@blue, 'blue'], [$blue, \@red, 'red']) {
        my ($scim, $theirs, $whose) = @$case;
        my $owner = $scim == $red ? $blue : $red;
        for my $person (@$theirs) {
            my $path = "/Users/$person->{id}";
            my @r = (
                $scim->get($path), $scim->get("$path?attributes=id"),
                $scim->get($path, 'If-None-Match' => $person->{meta}{version}),
                $scim->put($path, { schemas => [$user], userName => 'mallory' }),
                $scim->put($path, { schemas => [$user], userName => $person->{userName} },
                    'If-Match' => $person->{meta}{version}),
                $scim->patch($path, [{ op => 'replace', path => 'title', value => 'mine' }]),
                $scim->patch($path, [{ op => 'replace', path => 'active', value => false }]),
                $scim->delete($path), $scim->delete($path, 'If-Match' => '*'),
                $scim->delete($path, 'If-Match' => $person->{meta}{version}),
            );
            my @bad = grep { $_->code != 404 } @r;
            ok !@bad, "$whose\'s $person->{userName}: 404 for whatever is tried"
                or diag map { $_->code . ' ' . $_->text . "\n" } @bad;
            unlike $r[0]->text, qr/$whose|$person->{userName}/, 'and nothing is told';
            is_deeply $owner->get($path)->json, $person, 'nothing changed';
        }
    }
};

subtest 'the same names' => sub {
    error_is($red->post('/Users', { schemas => [$user], userName => 'ADA' }), 409, 'uniqueness', undef,
        'red has one already');
    my $eve = person($blue, 'eve', id => $red[2]{id}, meta => { version => 'W/"9"' }, title => 'blue');
    isnt $eve->{id}, $red[2]{id}, 'an id cannot be brought along';
    status_is($blue->patch("/Users/$eve->{id}", [{ op => 'replace', path => 'userName', value => 'zoe' }]),
        200, 'renamed in one');
    is_deeply $red->get("/Users/$red[2]{id}")->json, $red[2], 'not in the other';
    status_is($blue->delete("/Users/$eve->{id}"), 204, 'deleted in one');
    is_deeply $red->get("/Users/$red[2]{id}")->json, $red[2], 'not in the other';
};

subtest 'those who were hidden' => sub {
    my $hidden = client('hidden/v2', 'both');
    my $gone = person($hidden, 'ghost');
    status_is($hidden->delete("/Users/$gone->{id}"), 204, 'deleted by deactivation');

    my $new = person($blue, 'ghost');
    isnt $new->{id}, $gone->{id}, 'the other directory has a ghost of its own';
    status_is($blue->delete("/Users/$new->{id}"), 204, 'away');
    status_is($_->get("/Users/$gone->{id}"), 404, 'nobody sees the hidden one') for $red, $blue, $hidden;
    is person($hidden, 'ghost')->{id}, $gone->{id}, 'who comes back in the own one';
    status_is(client('red/v2', 'both')->delete("/Users/$gone->{id}"), 204, 'away');
};

subtest 'tokens' => sub {
    for my $case (['red/v2', 'blue'], ['blue/v2', 'red'], ['hidden/v2', 'red'], ['blue/v2', 'red-read']) {
        my ($where, $token) = @$case;
        my $scim = client($where, $token);
        my $path = "/Users/$red[0]{id}";
        my @r = ($scim->get('/Users'), $scim->get($path), $scim->delete($path),
            $scim->post('/Users', { userName => 'mallory' }), $scim->get('/ServiceProviderConfig'),
            $scim->patch($path, [{ op => 'remove', path => 'title' }]));
        is_deeply [map { $_->code } @r], [(401) x @r], "$token at $where: nobody";
    }
    status_is(client('red/v2',  'both')->get("/Users/$red[0]{id}"), 200, 'a token of both, at red');
    status_is(client('blue/v2', 'both')->get("/Users/$red[0]{id}"), 404, 'does not carry people over');
    is_deeply ids(status_is(client('red/v22', 'blue')->get('/Users'), 200, 'a path that starts alike')),
        ids($blue->get('/Users')), 'is another endpoint';
    status_is(client('red/v22', 'red')->get('/Users'), 401, 'with tokens of its own');
};

subtest 'another database' => sub {
    my $there = Scim::Client->new(base => $server->base_url . '/red/v2', token => $token{red});
    my $ask = sub {
        my ($method, $path, $body) = @_;
        $body //= '';
        return $there->raw("$method /red/v2$path HTTP/1.1\r\nHost: elsewhere\r\nConnection: close\r\n"
            . "Authorization: Bearer $token{red}\r\nContent-Length: " . length($body) . "\r\n\r\n$body");
    };

    is $ask->(GET => '/Users')->json->{totalResults}, 0, 'the directory of that name is empty there';
    status_is($ask->(GET => "/Users/$red[0]{id}"), 404, 'nobody by id');
    my $r = status_is($ask->(POST => '/Users', '{"userName":"ada"}'), 201, 'an ada of its own');
    status_is($red->get('/Users/' . $r->json->{id}), 404, 'is not here');
    is total($red), 3, 'nor counted';
};

subtest 'scopes' => sub {
    my %scope = map { $_ => client('red/v2', "red-$_") } qw(read write users groups);
    my $path = "/Users/$red[0]{id}";
    my $title = [{ op => 'replace', path => 'title', value => 'x' }];

    status_is($scope{read}->get('/Users'), 200, 'read lists');
    status_is($scope{read}->get($path), 200, 'and reads');
    status_is($scope{read}->get('/Schemas'), 200, 'and discovers');
    my %refused = (
        read   => [[POST => '/Users', { userName => 'x' }], [PUT => $path, { userName => 'x' }],
            [PATCH => $path, $title], [DELETE => $path]],
        write  => [[GET => '/Users'], [GET => $path], [GET => '/Schemas']],
        groups => [[GET => '/Users'], [GET => $path], [POST => '/Users', { userName => 'x' }],
            [PATCH => $path, $title], [DELETE => $path]],
    );
    for my $scope (sort keys %refused) {
        for my $request (@{ $refused{$scope} }) {
            my $r = error_is($scope{$scope}->request(@$request), 403, undef, qr/scope/,
                "$scope: no $request->[0] $request->[1]");
            like $r->header('WWW-Authenticate'), qr/error="insufficient_scope"/, 'says why';
        }
    }
    is_deeply $red->get($path)->json, $red[0], 'nothing changed';
    is total($red), 3, 'nobody came or went';
};

subtest 'the logs' => sub {
    is $server->stop, 0, 'the server stops as it should';
    unlike $server->error_log, qr/\Q$token{$_}\E/, "no token '$_'" for sort keys %token;
};

done_testing;
