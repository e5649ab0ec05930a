# What a client sends wrong in a body gets one clean SCIM error that says what and where, stores
# nothing, and neither crashes the server nor puts a token into its log.
use strict;
use warnings;

use Test::More;

use Scim::Client;
use Scim::Expect qw(status_is error_is endpoint harmless short);
use Scim::Server;

my $token = 'badinput-0123456789ABCDEFabcdef';
my $user  = 'urn:ietf:params:scim:schemas:core:2.0:User';
my $own   = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
my $patch = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';

my $server = Scim::Server->start(config => endpoint('/scim/v2', directory => 'plain', token => $token)
        . endpoint('/strict/v2', directory => 'strict', token => $token,
        extra => "ScimDialect strict\nScimUnknownAttributes reject\n"));
my $scim   = $server->client($token);
my $strict = $server->client(path => '/strict/v2', token => $token);
my $both   = [$scim, $strict];

# One person in each directory: what is wrong must not change them either.
my %ada = (schemas => [$user], userName => 'ada', title => 'Countess');
my $id = status_is($scim->post('/Users', \%ada), 201, 'somebody is there')->json->{id};
my $strict_id = status_is($strict->post('/Users', \%ada), 201, 'and in the strict one')->json->{id};

# ---- bodies -----------------------------------------------------------------------------------

my $where = qr/line \d+, column \d+/;

# What is no JSON, wherever a body is taken.
my @malformed = (
    ['',                                  qr/body is empty/],
    [' ',                                 $where],
    [q({),                                $where],
    [q(}),                                $where],
    [q({"userName"}),                     $where],
    [q({'userName':'eve'}),               $where],
    [q({userName:"eve"}),                 $where],
    [q({"userName":"eve",}),              $where],
    [q({"userName":"eve"),                $where],
    [q({"userName":"eve}),                $where],
    [q({"userName":"eve"} x),             $where],
    [q({"userName":"eve"}{"userName":"mallory"}), $where],
    [q({"userName":tru}),                 $where],
    [q({"userName":NaN}),                 $where],
    [q({"userName":Infinity}),            $where],
    [q({"userName":01}),                  $where],
    [q({"userName":1.}),                  $where],
    [q({"userName":.5}),                  $where],
    [q({"userName":+1}),                  $where],
    [q({"userName":0x10}),                $where],
    [q({"userName":1e999999}),            $where],
    [q({"userName":99999999999999999999999999}), $where],
    [q({"userName":"eve" "active":true}), $where],
    [q({"userName":"eve",,"active":true}), $where],
    [q({"userName":"\x41"}),              $where],
    [q({"userName":"\u12"}),              $where],
    [q({"userName":"\ud800"}),            $where],
    [q({"userName":"\udc00\ud800"}),      $where],
    [q({"userName":"\u0000"}),            $where],
    [qq({"userName":"e\tve"}),            $where],
    [qq({"userName":"e\nve"}),            $where],
    [q(/* who */ {"userName":"eve"}),     $where],
    [q([{"userName":"eve"}]),             qr/is an array; a JSON object is due/],
    [q([]),                               qr/is an array/],
    [q("eve"),                            qr/is a string/],
    [q(42),                               qr/is a number/],
    [q(null),                             qr/is null/],
    [q(true),                             qr/is a boolean/],
    [qq(\xef\xbb\xbf{"userName":"eve"}),  qr/$where|UTF-8/],
    [qq(\xff\xfe{\0}\0),                  qr/UTF-8/],
    [qq({"userName":"e\0ve"}),            qr/NUL/],
    [qq({"userName":"eve"}\0),            qr/NUL/],
    [qq({"userName":"\xff"}),             qr/UTF-8/],
    [qq({"userName":"\xc3"}),             qr/UTF-8/],
    [qq({"userName":"\xc0\x80"}),         qr/UTF-8/],
    [qq({"userName":"\xc1\xa1"}),         qr/UTF-8/],
    [qq({"userName":"\xed\xa0\x80"}),     qr/UTF-8/],
    [qq({"userName":"\xf5\x80\x80\x80"}), qr/UTF-8/],
    [qq({"userName":"\xf4\x90\x80\x80"}), qr/UTF-8/],
    [qq(\xe4{"userName":"eve"}),          qr/UTF-8/],
    ['userName=eve&active=true',          $where],
    ['<User><userName>eve</userName></User>', $where],
    [q({"userName":"eve","userName":"mallory"}), qr/$where/],
    [q({"userName":"eve","name":{"givenName":"E","givenName":"F"}}), $where],
    [q({"userName":"eve","unknown":{"x":1,"x":2}}), $where],
);

harmless 'malformed JSON', $both, sub {
    for my $case (@malformed) {
        my ($body, $detail) = @$case;
        error_is($scim->post('/Users', $body), 400, 'invalidSyntax', $detail, short("POST $body"));
    }
    for my $i (grep { $_ % 4 == 0 } 0 .. $#malformed) {
        my ($body, $detail) = @{ $malformed[$i] };
        error_is($scim->put("/Users/$id", $body), 400, 'invalidSyntax', $detail, short("PUT $body"));
        error_is($scim->patch("/Users/$id", $body), 400, 'invalidSyntax', $detail,
            short("PATCH $body"));
    }
    for my $body (
        q({"userName":"eve","USERNAME":"mallory"}),
        q({"userName":"eve","name":{"givenName":"E","GIVENNAME":"F"}}),
        qq({"userName":"eve","$own":{"department":"x"},"\U$own":{"department":"y"}}),
    ) {
        error_is($scim->post('/Users', $body), 400, 'invalidSyntax', qr/twice/, short($body));
    }
};

# Arrays in arrays, `depth` of them below the body's own object.
sub nested
{
    my ($depth, $key) = @_;
    return qq({"userName":"eve","$key":) . '[' x $depth . ']' x $depth . '}';
}

harmless 'depth', $both, sub {
    for my $depth (32, 1000, 500_000) {
        error_is($scim->post('/Users', nested($depth, $_)), 400, 'invalidSyntax',
            qr/more than 32 levels/, "$depth arrays in $_") for qw(unknown emails);
        error_is($scim->patch("/Users/$id",
            qq({"Operations":) . '[' x $depth . ']' x $depth . '}'), 400, 'invalidSyntax',
            qr/more than 32 levels/, "$depth arrays in a PATCH");
    }
    error_is($scim->post('/Users', '{"a":' x 1000 . '1' . '}' x 1000), 400, 'invalidSyntax',
        qr/more than 32 levels/, '1000 objects');
    error_is($scim->post('/Users', '[' x 100_000), 400, 'invalidSyntax', qr/more than 32 levels/,
        'nothing but brackets');
    error_is($scim->post('/Users', q({"userName":{"a":) . '[' x 29 . ']' x 29 . '}}'), 400,
        'invalidValue', qr/userName/, 'what may be so deep is judged for what it is');
};

harmless 'a body that is too long', $both, sub {
    my $long = '{"userName":"eve","title":"' . 'x' x (10 * 1024 * 1024) . '"}';
    my $text = qr/longer than the 1048576 bytes/;

    error_is($scim->post('/Users', $long), 413, undef, $text, '10 MiB');
    error_is($scim->put("/Users/$id", $long), 413, undef, $text, '10 MiB PUT');
    my @pieces = $long =~ /(.{1,65000})/gs;
    error_is($scim->post('/Users', sub { shift @pieces }), 413, undef, $text, '10 MiB in chunks');
    my $r = $scim->raw(join "\r\n", 'POST /scim/v2/Users HTTP/1.1', 'Host: x',
        "Authorization: Bearer $token", 'Content-Type: application/scim+json',
        'Content-Length: 10485760', 'Expect: 100-continue', '', '');
    error_is($r, 413, undef, $text, 'refused before the client sends it');
    is_deeply [$r->interim], [], 'and without asking for it';

    my $exact = '{"userName":""}';
    my $fit = ' ' x (1024 * 1024 - length $exact) . $exact;
    error_is($scim->post('/Users', $fit), 400, 'invalidValue', qr/userName/, 'just as long as may be');
    error_is($scim->post('/Users', " $fit"), 413, undef, $text, 'one more');
    error_is($scim->post('/Users', { %ada, userName => 'eve',
        emails => [map { { value => "e$_\@example.com" } } 1 .. 1001] }), 400, 'invalidValue',
        qr/emails has 1001 values/, 'too many values');
};

harmless 'media types', $both, sub {
    my $body = '{"userName":"eve"}';

    for my $type ('text/plain', 'application/xml', 'application/x-www-form-urlencoded', 'json',
        'multipart/form-data; boundary=x', 'application/scim', 'application/json-patch+json',
        'application/json; charset=utf-16', 'application/scim+json; charset=iso-8859-1',
        'text/plain, application/json', '/') {
        error_is($scim->post('/Users', $body, 'Content-Type' => $type), 415, undef,
            qr/application\/scim\+json|'(?:utf-16|iso-8859-1)'.*UTF-8/, $type);
    }
    error_is($scim->post('/Users', $body, 'Content-Encoding' => 'gzip'), 415, undef, qr/'gzip'/,
        'an encoding');
};

subtest 'media types that are fine' => sub {
    my $n = 0;

    for my $type (undef, 'application/json', 'APPLICATION/SCIM+JSON', 'application/json; x=y',
        'application/scim+json; charset=UTF-8', 'application/json;charset="utf-8"') {
        my $name = 'typed' . $n++;
        my $r = status_is($scim->post('/Users', { userName => $name }, 'Content-Type' => $type),
            201, $type // 'none');
        status_is($scim->delete('/Users/' . $r->json->{id}), 204, 'away again');
    }
};

# ---- values -----------------------------------------------------------------------------------

# Wrong for every client; the detail names the attribute.
my @wrong = (
    [userName    => { a => 1 }, ['x']],
    [externalId  => { a => 1 }, ['x']],
    [name        => 'Eve', 42, [{ givenName => 'Eve' }]],
    [displayName => { a => 1 }, ['x']],
    [nickName    => { value => 'x' }],
    [profileUrl  => { value => 'x' }, ['x'], "a\nb"],
    [title       => { a => 1 }, ['x']],
    [userType    => [['x']]],
    [preferredLanguage => { a => 1 }],
    [locale      => ['x']],
    [timezone    => { a => 1 }],
    [active      => 'maybe', 2, -1, 'yes', { value => 1 }, ['x']],
    [emails      => [['x']], [{ value => ['x'] }], [{ value => { a => 1 } }]],
    [phoneNumbers => [{ value => ['x'] }], { value => { a => 1 } }],
    [ims         => [{ type => ['x'] }]],
    [photos      => [{ value => { a => 1 } }], [{ value => "a\x07b" }]],
    [addresses   => 'Main Street', [{ formatted => ['x'] }], [42]],
    [entitlements => [{ value => { a => 1 } }]],
    [roles       => [{ value => ['x'] }]],
    [x509Certificates => [{ value => '%%%' }], [{ value => 'abcde' }]],
    [$own        => 'text', 42, ['x']],
);
my @wrong_below = (
    [name   => { givenName => { a => 1 } }, 'name.givenName'],
    [name   => { familyName => ['x'] }, 'name.familyName'],
    [emails => [{ value => 'e@x', primary => 'perhaps' }], 'emails.primary'],
    [emails => [{ value => 'e@x' }, { value => 'f@x', display => ['x'] }], 'emails.display'],
    [addresses => [{ country => { a => 1 } }], 'addresses.country'],
    [$own   => { employeeNumber => { a => 1 } }, 'employeeNumber'],
    [$own   => { manager => ['x'] }, 'manager'],
    [$own   => { manager => { value => ['x'] } }, 'manager.value'],
);
# Wrong in the strict dialect, where others are let pass.
my @strictly = (
    [userName => 42, Scim::Client::true],
    [title    => 42, Scim::Client::false],
    [active   => 'true', 'False', 1, 0, ''],
    [emails   => 'e@example.com', { value => 'e@example.com' }, ['e@example.com'],
        [{ value => 'a@x', primary => Scim::Client::true },
            { value => 'b@x', primary => Scim::Client::true }]],
    [roles    => ['editor'], 'editor'],
    [name     => { givenName => 42 }],
);

sub wrong_value
{
    my ($client, $attribute, $value, $named) = @_;
    my $what = "$attribute " . short(JSON::PP->new->canonical->allow_nonref->encode($value));
    my %body = (schemas => [$user], userName => 'eve', $attribute => $value);

    push @{ $body{schemas} }, $own if $attribute eq $own;
    my $detail = qr/\Q$named\E.*(?:has to be|has \d+ primary)/;
    error_is($client->post('/Users', \%body), 400, 'invalidValue', $detail, "POST $what");
    my $path = $client == $strict ? "/Users/$strict_id" : "/Users/$id";
    error_is($client->put($path, \%body), 400, 'invalidValue', $detail, "PUT $what");
    error_is($client->patch($path, [{ op => 'replace', value => { $attribute => $value } }]), 400,
        'invalidValue', qr/Operation 1: .*\Q$named\E/, "PATCH $what");
}

harmless 'values of the wrong type', $both, sub {
    for my $case (@wrong) {
        my ($attribute, @values) = @$case;
        wrong_value($scim, $attribute, $_, $attribute) for @values;
    }
    wrong_value($scim, @$_) for @wrong_below;
};

harmless 'values that only a strict endpoint refuses', $both, sub {
    for my $case (@strictly) {
        my ($attribute, @values) = @$case;
        wrong_value($strict, $attribute, $_, $attribute) for @values;
    }
};

harmless 'userName', $both, sub {
    error_is($scim->post('/Users', { schemas => [$user], title => 'nobody' }), 400, 'invalidValue',
        qr/userName is required/, 'missing');
    for my $blank (undef, '', '   ', "\t\n", [], {}) {
        error_is($scim->post('/Users', { userName => $blank }), 400, 'invalidValue',
            qr/userName is required/, 'blank');
        error_is($scim->put("/Users/$id", { userName => $blank }), 400, 'invalidValue',
            qr/userName is required/, 'blank in PUT');
        error_is($scim->patch("/Users/$id", [{ op => 'replace', path => 'userName',
            value => $blank }]), 400, 'mutability', qr/Operation 1: .*userName/, 'blank in PATCH');
    }
    error_is($scim->patch("/Users/$id", [{ op => 'remove', path => 'userName' }]), 400,
        'mutability', qr/userName/, 'removed');
    for my $long ('x' x 256, "\x{1f600}" x 64, 'x' x 100_000) {
        error_is($scim->post('/Users', { userName => $long }), 400, 'invalidValue',
            qr/userName.*255 bytes/, 'longer than 255 bytes');
        error_is($scim->patch("/Users/$id", [{ op => 'replace', path => 'userName',
            value => $long }]), 400, 'invalidValue', qr/userName.*255 bytes/, 'in PATCH');
    }
};

subtest 'a userName that is taken' => sub {
    my $bob = status_is($scim->post('/Users', { userName => 'bob' }), 201, 'somebody else')->json;
    for my $name ('ada', 'ADA', 'Ada', "\x{ff21}DA", "a\x{ad}da") {
        my $shown = short($name);
        error_is($scim->post('/Users', { userName => $name }), 409, 'uniqueness', qr/is taken/,
            "POST $shown");
        error_is($scim->put("/Users/$bob->{id}", { userName => $name }), 409, 'uniqueness',
            qr/is taken/, "PUT $shown");
        error_is($scim->patch("/Users/$bob->{id}", [{ op => 'replace', path => 'userName',
            value => $name }]), 409, 'uniqueness', qr/is taken/, "PATCH $shown");
    }
    is_deeply $scim->get("/Users/$bob->{id}")->json, $bob, 'bob stays bob';
    status_is($scim->delete("/Users/$bob->{id}"), 204, 'and leaves');
};

harmless 'schemas in the strict dialect', $both, sub {
    my %eve = (userName => 'eve');

    for my $case (
        [undef, qr/schemas' is null|missing/], [[], qr/is empty/], [$user, qr/is a string/],
        [{}, qr/is an object/], [[42], qr/a number/], [['urn:example:none'], qr/'urn:example:none'/],
        [[$own], qr/does not name \Q$user\E/], [[$user, $user], qr/twice/],
        [['urn:scim:schemas:core:1.0'], qr/urn:scim:schemas:core:1\.0/], [[$patch], qr/PatchOp/],
    ) {
        my ($schemas, $detail) = @$case;
        error_is($strict->post('/Users', { %eve, schemas => $schemas }), 400, 'invalidSyntax',
            $detail, "POST $detail");
    }
    error_is($strict->post('/Users', \%eve), 400, 'invalidSyntax', qr/schemas' is missing/, 'none');
    error_is($strict->patch("/Users/$strict_id", { Operations => [{ op => 'replace',
        path => 'title', value => 'x' }], schemas => [$user] }), 400, 'invalidSyntax', qr/PatchOp/,
        'of a PATCH');
    error_is($strict->post('/Users', { %eve, schemas => [$user], nickname2 => 'x' }), 400,
        'invalidSyntax', qr/'nickname2' is not known/, 'an unknown attribute where that is refused');
};

# ---- PATCH ------------------------------------------------------------------------------------

my @patches = (
    # message => scimType, detail
    [{},                                     'invalidSyntax', qr/Operations is missing/],
    [{ Operations => undef },                'invalidSyntax', qr/Operations is null/],
    [{ Operations => 'replace' },            'invalidSyntax', qr/Operations is a string/],
    [{ Operations => [] },                   'invalidSyntax', qr/Operations is empty/],
    [{ Operations => [42] },                 'invalidSyntax', qr/Operation 1: It is a number/],
    [[{}],                                   'invalidSyntax', qr/Operation 1: The op is nothing|missing/],
    [[{ op => 42 }],                         'invalidSyntax', qr/Operation 1: The op is a number/],
    [[{ op => 'move', path => 'title' }],    'invalidSyntax', qr/Operation 1: The op is 'move'/],
    [[{ op => "\0" }],                       'invalidSyntax', qr/NUL|\\u0000|line/],
    [[{ op => 'add', path => 'title' }],     'invalidValue',  qr/Operation 1: The value is missing/],
    [[{ op => 'replace', path => 'title' }], 'invalidValue',  qr/Operation 1: The value is missing/],
    [[{ op => 'replace', value => 'x' }],    'invalidValue',  qr/Operation 1: Without a path/],
    [[{ op => 'add', value => ['x'] }],      'invalidValue',  qr/Operation 1: Without a path/],
    [[{ op => 'remove' }],                   'noTarget',      qr/Operation 1: The path is missing/],
    [[{ op => 'remove', path => '' }],       'noTarget',      qr/Operation 1: The path is missing/],
    [[{ op => 'replace', path => 42, value => 1 }], 'invalidPath',
        qr/Operation 1: The path is a number/],
    [[{ op => 'replace', path => ['title'], value => 1 }], 'invalidPath',
        qr/Operation 1: The path is an array/],
    (map { [[{ op => 'replace', path => $_, value => 'x' }], 'invalidPath', qr/Operation 1: /] }
        '.title', 'title.', 'ti tle', 'emails[',
        'emails[]', 'emails]', 'emails[type eq "work"', 'emails[type eq]', 'emails[type]',
        'emails[type eq "work"]]', 'emails[type eq "work"].',
        'emails[type regex "w"]', 'emails[type eq "work"] x',
        'title[value eq "x"]', "$own:", 'userName eq "ada"',
        '/title', '..', "title\r\nX: y", "\x{202e}title", 'x' x 2100,
        'emails[' . '(' x 100 . 'type eq "x"' . ')' x 100 . ']'),
    (map { [[{ op => 'replace', path => $_, value => 'x' }], 'mutability', qr/Operation 1: .*read-only/] }
        'id', 'meta', 'meta.created', 'groups', 'groups[value eq "x"].display'),
    [[{ op => 'remove', path => 'id' }],     'mutability',    qr/Operation 1: .*id.*read-only/],
    [[{ op => 'replace', path => 'emails[type eq "none"].value', value => 'x' }], 'noTarget',
        qr/Operation 1: /],
    [[{ op => 'replace', path => 'active', value => 'maybe' }], 'invalidValue', qr/Operation 1: .*active/],
    [[{ op => 'add', path => 'name', value => 'Eve' }],         'invalidValue', qr/Operation 1: .*name/],
    [[{ op => 'add', path => 'emails', value => [{ value => { a => 1 } }] }], 'invalidValue',
        qr/Operation 1: .*emails\.value/],
    [[{ op => 'replace', path => 'x509Certificates', value => [{ value => '%' }] }], 'invalidValue',
        qr/Operation 1: .*x509Certificates\.value/],
    [[{ op => 'replace', path => 'title', value => 'Princess' }, { op => 'replace', path => 'emails[',
        value => 1 }], 'invalidPath', qr/Operation 2: /],
    [[{ op => 'replace', path => 'title', value => 'Princess' }, { op => 'remove', path => 'userName' }],
        'mutability', qr/Operation 2: /],
    [[map { { op => 'replace', path => 'title', value => "x$_" } } 1 .. 1001], 'invalidSyntax',
        qr/1001 operations; at most 1000/],
);

harmless 'PATCH messages', $both, sub {
    for my $case (@patches) {
        my ($message, $type, $detail) = @$case;
        error_is($scim->patch("/Users/$id", $message), 400, $type, $detail,
            short(JSON::PP->new->canonical->encode($message)));
    }
    for my $path ('nothing', 'title.value', 'name.nothing', 'emails[type eq "work"].nothing', 'emails[nothing eq "x"]',
        'urn:example:none:title', "$own:nothing", '$.title') {
        error_is($strict->patch("/Users/$strict_id", [{ op => 'replace', path => $path, value => 'x' }]), 400, 'invalidPath',
            qr/Operation 1: /, "strict: $path");
        status_is($scim->patch("/Users/$id", [{ op => 'replace', path => $path, value => 'x' }]), 200, "left out: $path");
    }
    error_is($strict->patch("/Users/$strict_id", [{ op => 'Replace', path => 'title',
        value => 'x' }]), 400, 'invalidSyntax', qr/'Replace'/, 'strict: a capital letter');
    error_is($strict->patch("/Users/$strict_id", [{ op => 'remove', path => 'emails',
        value => [{ value => 'x' }] }]), 400, 'invalidValue', qr/no value/, 'strict: remove a value');
    error_is($strict->patch("/Users/$strict_id", [{ op => 'replace',
        value => { id => 'x' } }]), 400, 'mutability', qr/id is read-only/, 'strict: id in a value');
};

# ---- afterwards ----------------------------------------------------------------------------------

subtest 'afterwards' => sub {
    my $r = status_is($scim->post('/Users', { userName => 'last' }), 201, 'the server still serves');
    status_is($scim->delete('/Users/' . $r->json->{id}), 204, 'and deletes');
    is $server->stop, 0, 'it stops as it should';

    my $log = $server->error_log;
    unlike $log, qr/exit signal|Assertion|AddressSanitizer|runtime error/, 'nothing crashed';
    unlike $log, qr/\Q$token\E/i, 'the log does not know the token';
    unlike $log, qr/[^\n\t -~]/, 'and has only printable characters';
    is_deeply [grep { !/^\[/ } split /\n/, $log], [], 'each line of it is the server\'s own';
};

done_testing;
