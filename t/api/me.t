# /Me (RFC 7644 3.11): people who have logged in by other means (ScimMe).
use strict;
use warnings;

use Digest::SHA qw(sha1_base64 sha256_hex);
use MIME::Base64 'encode_base64';
use Test::More;

use Scim::Client qw(true false);
use Scim::Server;

my $token = 'me-test-0123456789abcdefghijklmnopqrstu';
my $hash  = sha256_hex($token);
my $user  = 'urn:ietf:params:scim:schemas:core:2.0:User';
my $enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
my $htpasswd = join '', map { "$_:{SHA}" . sha1_base64("pw-$_") . "=\n" } qw(ada ADA bob nobody out);

sub endpoint
{
    my ($path, $more, $me) = @_;
    my $nested = $me ? "<Location \"$path/Me\">\n$me\n</Location>\n" : '';
    return <<"END" . $nested;
<Location "$path">
    SetHandler scim
    ScimDirectory people
    ScimBearerToken it sha256:$hash
    ScimUserNameRewrite "(.*)\@.*" "\$1"
    $more
</Location>
END
}

my $basic = <<'END';
    AuthType Basic
    AuthName "People"
    AuthBasicProvider file
    AuthUserFile "@DIR@/htpasswd"
END
my $open = "AuthType None\n    Require all granted";
my $server = Scim::Server->start(files => { htpasswd => $htpasswd }, config => join '',
    endpoint('/scim/v2',   $open, "$basic    Require valid-user\n    ScimMe write\n    ScimPasswords store\n    ScimPasswordCost 4"),
    endpoint('/read/v2',   $open, "$basic    Require valid-user\n    ScimMe read"),
    endpoint('/off/v2',    $open, "$basic    Require valid-user"),
    endpoint('/lax/v2',    "$basic    Require all granted\n    ScimMe write"),
    endpoint('/whole/v2',  "$basic    Require valid-user\n    ScimMe write"),
    endpoint('/fixed/v2',  $open, "$basic    Require valid-user\n    ScimMe write\n    ScimUpdateUsers off"));
my $scim = $server->client($token);

sub as
{
    my ($name, $path) = @_;
    my $client = $server->client(token => undef, path => $path // '/scim/v2');
    return sub {
        my ($method, $where, $body, %headers) = @_;
        return $client->request($method, $where, $body,
            Authorization => 'Basic ' . encode_base64("$name:pw-$name", ''), %headers);
    };
}

my $ada = $scim->post('/Users', { schemas => [ $user, $enterprise ], userName => 'ada@example.com', title => 'Countess',
    externalId => 'x1', roles => [ { value => 'editor' } ], $enterprise => { department => 'Engines' } })->json;
my $out = $scim->post('/Users', { schemas => [$user], userName => 'out@example.com', active => false })->json;
my $team = $scim->post('/Groups', { schemas => ['urn:ietf:params:scim:schemas:core:2.0:Group'], displayName => 'team', members => [ { value => $ada->{id} } ] })->json;
my $me = as('ada');

subtest 'reading' => sub {
    my $r = $me->('GET', '/Me');
    is $r->code, 200, 'GET' or diag $r->text;
    is $r->json->{id}, $ada->{id}, 'oneself';
    is $r->json->{userName}, 'ada@example.com', 'under the name that clients use';
    is $r->json->{groups}[0]{display}, 'team', 'groups';
    is $r->header('Location'), $scim->base . "/Users/$ada->{id}", 'the permanent location';
    is $me->('GET', '/Me', undef, 'If-None-Match' => $r->header('ETag'))->code, 304, 'not modified';
    is $me->('GET', '/Me', undef, 'If-None-Match' => $r->header('ETag'))->header('Location'), $r->header('Location'), 'location';
    is $me->('HEAD', '/Me')->code, 200, 'HEAD';
    is_deeply [ sort keys %{ $me->('GET', '/Me?attributes=title')->json } ], [qw(id schemas title)], 'a part';
    is $me->('GET', '/Me/')->code, 200, 'with a slash';
    is as('ADA')->('GET', '/Me')->json->{id}, $ada->{id}, 'names have no case';
    is as('nobody')->('GET', '/Me')->code, 404, 'somebody who is not in the directory';
    is as('bob')->('GET', '/Me')->code, 404, 'nor bob';
    $r = as('out')->('GET', '/Me');
    is $r->code, 403, 'somebody inactive';
    is $r->header('Location'), $scim->base . "/Users/$out->{id}", 'location of errors';
};

subtest 'nothing but oneself' => sub {
    is $me->($_->[0], $_->[1], $_->[2])->code, 401, "$_->[0] $_->[1]" for [ GET => '/Users' ], [ GET => "/Users/$ada->{id}" ],
        [ GET => '/Schemas' ], [ POST => '/Bulk', {} ], [ GET => '/' ];
    is $me->('GET', '/Me/x')->code, 401, 'GET /Me/x';
    is as('ada', '/whole/v2')->('GET', '/Me')->code, 200, 'all of an endpoint behind a login: /Me';
    my $r = as('ada', '/whole/v2')->('GET', '/Users');
    is $r->code, 401, 'the rest needs a token';
    like $r->header('WWW-Authenticate'), qr/^Bearer/, 'says so';
    is $me->('DELETE', '/Me')->code, 405, 'DELETE';
    is $me->('POST', '/Me', {})->header('Allow'), 'GET, HEAD, PUT, PATCH, OPTIONS', 'POST';
    is $me->('OPTIONS', '/Me')->code, 204, 'OPTIONS';
};

subtest 'without a login' => sub {
    my $nobody = $server->client(token => undef);
    my $r = $nobody->get('/Me');
    is $r->code, 401, 'nobody';
    like $r->header('WWW-Authenticate'), qr/^Basic/, 'is asked to log in';
    is $nobody->get('/Me', Authorization => 'Basic ' . encode_base64('ada:wrong', ''))->code, 401, 'a wrong password';
    is as('ada', '/lax/v2')->('GET', '/Me')->code, 401, 'where no login is required, a name is none';
    is $server->client(token => $token, path => '/lax/v2')->get('/Me')->code, 501, 'a token is no person';
    is $server->client(token => $token, path => '/lax/v2')->get('/Users')->code, 200, 'but a token';
    is as('ada', '/off/v2')->('GET', '/Me')->code, 401, 'ScimMe off';
    is $scim->get('/Me', Authorization => "Bearer $token")->code, 401, 'a token where people log in';
};

subtest 'writing' => sub {
    my $r = $me->('PATCH', '/Me', [ { op => 'replace', path => 'title', value => 'Lady' }, { op => 'add', path => 'password', value => 'new' } ]);
    is $r->code, 200, 'PATCH' or diag $r->text;
    is $r->json->{title}, 'Lady', 'changed';
    is $r->header('Location'), $scim->base . "/Users/$ada->{id}", 'location';
    my $all = $r->json;
    $all->{nickName} = 'A';
    $r = $me->('PUT', '/Me', $all, 'If-Match' => $r->header('ETag'));
    is $r->code, 200, 'PUT' or diag $r->text;
    is $r->json->{nickName}, 'A', 'changed';
    is $me->('PUT', '/Me', $all, 'If-Match' => 'W/"1"')->code, 412, 'of another version';
    my %fixed = (
        userName     => 'bob@example.com',
        active       => false,
        roles        => [ { value => 'admin' } ],
        entitlements => [ { value => 'all' } ],
        externalId   => 'x2',
        "$enterprise:department" => 'Board',
    );
    for my $name (sort keys %fixed) {
        my $r = $me->('PATCH', '/Me', [ { op => 'replace', path => $name, value => $fixed{$name} } ]);
        is $r->code, 403, "not $name";
        my ($top) = $name =~ /^(urn:.*):/ ? $1 : $name;
        like $r->detail, qr/'\Q$top\E'/, 'says so';
        is $r->header('Location'), $scim->base . "/Users/$ada->{id}", 'location';
    }
    is $me->('PUT', '/Me', { schemas => [$user], userName => 'ada@example.com' })->code, 403, 'nor by leaving them out';
    is $me->('PATCH', '/Me', [ { op => 'replace', path => 'roles', value => [ { value => 'editor' } ] } ])->code, 200, 'the same is no change';
    is_deeply $scim->get("/Users/$ada->{id}")->json->{roles}, [ { value => 'editor' } ], 'roles';
    is as('ada', '/read/v2')->('GET', '/Me')->code, 200, 'ScimMe read';
    $r = as('ada', '/read/v2')->('PATCH', '/Me', [ { op => 'replace', path => 'title', value => 'x' } ]);
    is $r->code, 405, 'lets nobody write';
    is $r->header('Allow'), 'GET, HEAD, OPTIONS', 'Allow';
    is as('ada', '/fixed/v2')->('PATCH', '/Me', [ { op => 'replace', path => 'title', value => 'x' } ])->code, 403, 'the policy counts';
    is as('out')->('PATCH', '/Me', [ { op => 'replace', path => 'title', value => 'x' } ])->code, 403, 'nobody inactive';
    like $server->error_log, qr{SCIM0003: ada: change User/$ada->{id}}, 'the log names the person';
};

# Where people log in with an address, whoever could change theirs could be anybody.
subtest 'what ScimMatch names' => sub {
    my $matching = Scim::Server->start(files => { htpasswd => $htpasswd }, config => <<"END");
ScimIndex nickName
@{[endpoint('/scim/v2', $open, "$basic    Require valid-user\n    ScimMe write")]}
<Location "/mail">
    ScimMatch Emails.Value
</Location>
<VirtualHost *>
    ServerName other
    <Location "/nick">
        ScimMatch nickName
    </Location>
</VirtualHost>
END
    my @emails = ({ value => 'ada@example.com', type => 'work' }, { value => 'ada@home.example', type => 'home' });
    my $ada = $matching->client($token)->post('/Users', { schemas => [$user], userName => 'ada@example.com', nickName => 'A', emails => \@emails })->json;
    my $client = $matching->client(token => undef);
    my $me = sub {
        my ($method, $body) = @_;
        return $client->request($method, '/Me', $body, Authorization => 'Basic ' . encode_base64('ada:pw-ada', ''));
    };
    my %wrong = (
        'another address'  => [ { op => 'add', path => 'emails', value => [ { value => 'bob@example.com' } ] } ],
        'one for another'  => [ { op => 'replace', path => 'emails[type eq "home"].value', value => 'bob@example.com' } ],
        'no path'          => [ { op => 'replace', value => { emails => [ { value => 'bob@example.com' } ] } } ],
        'none any more'    => [ { op => 'remove', path => 'emails' } ],
        'one less'         => [ { op => 'remove', path => 'emails[type eq "home"]' } ],
        'one in capitals'  => [ { op => 'replace', path => 'emails[type eq "home"].value', value => 'ADA@home.example' } ],
    );
    for my $name (sort keys %wrong) {
        my $r = $me->(PATCH => $wrong{$name});
        is $r->code, 403, $name;
        like $r->detail, qr/'emails\.value'/, "$name: says what";
    }
    my $r = $me->(PUT => { schemas => [$user], userName => 'ada@example.com', nickName => 'A' });
    is $r->code, 403, 'PUT without them';
    like $r->detail, qr/'emails\.value'/, 'says what';
    $r = $me->(PATCH => [ { op => 'replace', path => 'nickName', value => 'B' } ]);
    is $r->code, 403, 'what another host matches';
    like $r->detail, qr/'nickName'/, 'says what';
    is_deeply $matching->client($token)->get("/Users/$ada->{id}")->json->{emails}, $ada->{emails}, 'nothing has changed';

    is $me->(PATCH => [ { op => 'replace', path => 'emails[type eq "home"].display', value => 'At home' } ])->code, 200, 'what else an address has';
    is $me->(PATCH => [ { op => 'replace', path => 'title', value => 'Lady' } ])->code, 200, 'another attribute';
    is $me->(PUT => { schemas => [$user], userName => 'ada@example.com', nickName => 'A', emails => [ reverse @emails ] })->code, 200, 'the same in another order';
    $r = $matching->client($token)->patch("/Users/$ada->{id}", [ { op => 'replace', path => 'nickName', value => 'B' } ]);
    is $r->code, 200, 'a client may';
};

$server->stop;
done_testing;
