# ScimSchema and ScimIndex: what httpd -t says of files and attributes.
use strict;
use warnings;

use JSON::PP ();
use POSIX ();
use Test::More;

use Scim::Server;

my $digest   = 'a' x 64;
my $data     = "$ENV{SCIM_SRCDIR}/t/data/schemas";
my $endpoint = "<Location /scim>\nSetHandler scim\nScimDirectory x\nScimBearerToken idp sha256:$digest\n</Location>\n";
my $schema   = 'urn:ietf:params:scim:schemas:core:2.0:Schema';
my $type     = 'urn:ietf:params:scim:schemas:core:2.0:ResourceType';
my $user     = 'urn:ietf:params:scim:schemas:core:2.0:User';
my $json     = JSON::PP->new->ascii->canonical->allow_nonref;

sub check
{
    my ($config, %files) = @_;
    return Scim::Server->run_t(config => "$config\n$endpoint", files => \%files);
}

sub refused
{
    my ($name, $sentence, $config, %files) = @_;
    my ($status, $output) = check($config, %files);

    isnt $status, 0, $name;
    like $output, $sentence, '... says why' or diag $output;
    my @said = $output =~ /^.*(?:ScimSchema|ScimIndex).*$/mg;
    is scalar @said, 1, '... in one line' or diag $output;
    unlike $output, qr/[^\n\t -~]/, '... of printable characters';
}

sub accepted
{
    my ($name, $config, %files) = @_;
    my ($status, $output) = check($config, %files);
    is $status, 0, $name or diag $output;
}

# A file of these definitions.
sub file
{
    my ($name, $sentence, $content) = @_;
    refused($name, qr{SCIM0041: \S+httpd\.conf:\d+: ScimSchema: \S+/my\.json: .*$sentence}, 'ScimSchema "@DIR@/my.json"',
        'my.json' => ref $content ? $json->encode($content) : $content);
}

sub definition { return { schemas => [$schema], id => 'urn:x:1', name => 'X', attributes => [ { name => 'a', type => 'string' } ], @_ } }
sub resource   { return { schemas => [$type], name => 'Thing', endpoint => '/Things', schema => 'urn:x:1', @_ } }

# ---- files ------------------------------------------------------------------------------

refused 'no file', qr/ScimSchema: '\S+none\.json' cannot be opened: No such file/, 'ScimSchema none.json';
refused 'a directory', qr/ScimSchema: '\S+' is not a file of up to 4194304 bytes/, 'ScimSchema "@DIR@"';
refused 'a place', qr/ScimSchema.*(not allowed|belongs)/, "<VirtualHost *:80>\nScimSchema x\n</VirtualHost>";
refused 'another place', qr/ScimIndex.*(not allowed|belongs)/, "<Location />\nScimIndex title\n</Location>";

# A FIFO would be waited for; a file that nobody may read is there, but not for us.
sub refused_file
{
    my ($name, $sentence, $make) = @_;
    my $server = Scim::Server->prepare(config => "ScimSchema \"\@DIR\@/x.json\"\n$endpoint");
    my $file = $server->dir . '/x.json';

    $make->($file);
    my ($status, $output) = Scim::Server->run_t(config => "ScimSchema \"$file\"\n$endpoint");
    isnt $status, 0, $name;
    like $output, qr/ScimSchema: '\Q$file\E' $sentence/, '... says why' or diag $output;
}

sub spill { my ($file, $text, $mode) = @_; open my $out, '>', $file or die "$file: $!"; print $out $text; close $out; chmod $mode // 0644, $file }

refused_file 'a FIFO', qr/is not a file of up to 4194304 bytes/, sub { POSIX::mkfifo($_[0], 0600) or die "mkfifo: $!" };
refused_file 'a link to nothing', qr/cannot be opened: No such file/, sub { symlink "$_[0].none", $_[0] or die "symlink: $!" };
refused_file 'a link to a device', qr/is not a file/, sub { symlink '/dev/zero', $_[0] or die "symlink: $!" };
refused_file 'a file that may not be read', qr/cannot be opened: Permission denied/, sub { spill($_[0], '[]', 0) };
refused_file 'a file that is too large', qr/is not a file of up to 4194304 bytes/, sub { spill($_[0], ' ' x (4 * 1024 * 1024 + 1)) };
refused "a name that is none: $_", qr/ScimSchema takes one argument/, $_ for 'ScimSchema', 'ScimSchema ""', 'ScimSchema a.json b.json';
refused 'a file twice', qr{SCIM0041: \S+httpd\.conf:\d+: ScimSchema: \S+/a\.json: The schema 'urn:x:1' is there already}, "ScimSchema \"\@DIR\@/a.json\"\nScimSchema \"\@DIR\@/a.json\"",
    'a.json' => $json->encode(definition());

file 'empty',         qr/The file is empty/,               '';
file 'no JSON',       qr/The file is not valid JSON: .* at line 2/, "{\n x }";
file 'a number',      qr/It has a number where a schema or a resource type is due/, '7';
file 'a list of numbers', qr/It has a number where/, '[7]';
file 'lists in lists', qr/It has an array where/, '[[]]';
file 'another message', qr/neither those of a schema nor those of a resource type/, { schemas => [$user], userName => 'ada' };
file 'a schema without id', qr/'id'/, definition(id => undef);
file 'a schema that is there', qr/The schema '\Q$user\E' is there already/, definition(id => $user);
file 'an attribute of an unknown type', qr/'texts?'/, definition(attributes => [ { name => 'a', type => 'texts' } ]);
file 'a type without its schema', qr/The resource type 'Thing' names the schema 'urn:x:1' in 'schema', which is not known/, resource();
file 'an endpoint that is taken', qr/'endpoint' '\/Users', which is in use/, [ definition(), resource(endpoint => '/Users') ];
file 'an endpoint that is reserved', qr/'endpoint' '\/Me', which is in use/, [ definition(), resource(endpoint => '/Me') ];
file 'an unknown extension', qr/'User' names the schema 'urn:x:2' in 'schemaExtensions'/,
    { schemas => [$type], name => 'User', schemaExtensions => [ { schema => 'urn:x:2' } ] };
file 'nothing to add', qr/'User' is there already, and no 'schemaExtensions' add to it/, { schemas => [$type], name => 'user' };
file 'another endpoint for users', qr/'User' is there already, and its 'endpoint' is '\/Users', not '\/People'/,
    [ definition(), { schemas => [$type], name => 'User', endpoint => '/People', schemaExtensions => [ { schema => 'urn:x:1' } ] } ];
file 'another schema for users', qr/its 'schema' is '\Q$user\E', not 'urn:x:1'/,
    [ definition(), { schemas => [$type], name => 'User', schema => 'urn:x:1', schemaExtensions => [ { schema => 'urn:x:1' } ] } ];
file 'an extension twice', qr/names the schema 'urn:x:1' twice/,
    [ definition(), { schemas => [$type], name => 'User', schemaExtensions => [ { schema => 'urn:x:1' }, { schema => 'urn:x:1' } ] } ];
my $group = 'urn:ietf:params:scim:schemas:core:2.0:Group';
my $enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
file 'a base schema as an extension', qr/The resource type 'User' names the schema '\Q$group\E' in 'schemaExtensions', which is the base schema of 'Group' and so cannot be an extension\./,
    { schemas => [$type], name => 'User', schemaExtensions => [ { schema => $group } ] };
file 'the base schema of an own type as an extension', qr/'Group' names the schema 'urn:x:1' .* base schema of 'Thing'/,
    [ definition(), resource(), { schemas => [$type], name => 'Group', schemaExtensions => [ { schema => 'urn:x:1' } ] } ];
file 'an extension as a base schema', qr/The resource type 'Thing' has the 'schema' '\Q$enterprise\E', which is an extension elsewhere\./,
    resource(schema => $enterprise);

# ---- what a schema says of its attributes --------------------------------------------------

sub attribute { my ($name, $sentence, @attributes) = @_;
    file "attribute: $name", qr/The schema 'urn:x:1'(?:: the attribute|) .*$sentence/, definition(attributes => [@attributes]) }
sub inner { return { name => 'a', type => 'complex', subAttributes => [@_] } }

file 'members twice', qr/The file is not valid JSON: .*(?:line|duplicate)/, '{"id":"urn:x:1","id":"urn:x:2","attributes":[{"name":"a"}]}';
file 'a NUL', qr/NUL/, "{\"id\":\"urn:x:1\0\"}";
file 'no UTF-8', qr/UTF-8/, "{\"id\":\"urn:x:\xff\"}";
file 'a byte order mark', qr/not valid JSON|UTF-8/, "\xef\xbb\xbf{}";
file 'JSON that is cut off', qr/not valid JSON: .*line 1/, '{"id":"urn:x:1","attributes":[{"name":"a"}';
file 'JSON with more behind it', qr/not valid JSON: .*line 1/, '{"id":"urn:x:1","attributes":[{"name":"a"}]} x';
file 'too many levels', qr/more than 32 levels/, '[' x 100 . ']' x 100;
for my $id ('x', '', ' ', 'urn:x 1', 'urn:x,1', 'urn:x:"1"', 'urn:x:[1]', "urn:x:\x{e4}", 'urn:' . 'x' x 600) {
    file 'the id ' . $json->encode(substr $id, 0, 20), qr/A schema has the 'id' '.*', but (?:a URN|it is too long)/, definition(id => $id);
}
file 'an id that is a number', qr/A schema needs its URN as a string in the member 'id'/, definition(id => 7);
file 'an id in other case', qr/The schema '\U$user\E' is there already/, definition(id => uc $user);
file 'a schema twice', qr/The schema 'urn:x:1' is there already/, [definition(), definition()];
file 'a schema with a member that nobody knows', qr/The schema 'urn:x:1' has the unknown member 'atributes'/, definition(atributes => []);
file 'a name that is a number', qr/The schema 'urn:x:1' has a number for 'name'; a string is due/, definition(name => 7);
file "attributes that are $_->[0]", qr/The schema 'urn:x:1' has $_->[1] for 'attributes'; an array of attributes is due/, definition(attributes => $_->[2])
    for ['none', 'an empty array', []], ['null', 'null', undef], ['text', 'a string', 'a'], ['an object', 'an object', { name => 'a' }];
file 'an attribute that is none', qr/The schema 'urn:x:1' has a string among its attributes; objects are due/, definition(attributes => ['a']);
file 'an attribute without a name', qr/The schema 'urn:x:1' has an attribute without a 'name'/, definition(attributes => [{ type => 'string' }]);
file 'a sub-attribute without a name', qr/The schema 'urn:x:1' has an attribute without a 'name' in a\b/, definition(attributes => [inner({ type => 'string' })]);
file 'more attributes than may be', qr/The schema 'urn:x:1' has too many attributes; 500 are allowed/, definition(attributes => [map { { name => "a$_" } } 1 .. 501]);
file 'more sub-attributes than may be', qr/has too many attributes; 500 are allowed/, definition(attributes => [map { { %{ inner(map { { name => "b$_" } } 1 .. 50) }, name => "a$_" } } 1 .. 10]);

attribute "the name '" . substr($_, 0, 20) . "'", qr/has a bad 'name'; a letter and then letters, digits/, { name => $_ }
    for '', ' ', '1a', 'a b', 'a.b', 'a:b', '_a', '$a', 'a"', "a\x{e4}", 'a' x 129;
attribute 'a name twice', qr/'b' is defined twice/, { name => 'a' }, { name => 'b' }, { name => 'b' };
attribute 'a name twice, in other case', qr/'A' is defined twice|'a' is defined twice/, { name => 'a' }, { name => 'A' };
attribute 'a sub-attribute twice', qr/'a\.b' is defined twice/, inner({ name => 'b' }, { name => 'b' });
attribute "$_->[0] '$_->[1]'", qr/'a' has '$_->[1]' for '$_->[0]'; one of $_->[2]/, { name => 'a', $_->[0] => $_->[1] }
    for [type => 'text', 'string, boolean, decimal, integer, dateTime, binary, reference, complex'], [type => 'String', 'string'], [type => '', 'string'],
        [mutability => 'writeonly', 'readWrite, readOnly, immutable, writeOnly'], [returned => 'maybe', 'default, always, never, request'],
        [uniqueness => 'local', 'none, server, global'];
attribute "$_ that is a number", qr/'a' has a number for '$_'/, { name => 'a', $_ => 7 } for qw(type mutability returned uniqueness description multiValued required caseExact canonicalValues);
attribute "$_ that is text", qr/'a' has a string for '$_'; true or false is due/, { name => 'a', $_ => 'true' } for qw(multiValued required caseExact);
attribute 'canonicalValues that are numbers', qr/'a' has a number in 'canonicalValues'; strings are due/, { name => 'a', canonicalValues => ['x', 7] };
attribute 'referenceTypes of text', qr/'a' has 'referenceTypes' but is of type string/, { name => 'a', type => 'string', referenceTypes => ['User'] };
attribute 'referenceTypes that are no list', qr/'a' has a string for 'referenceTypes'; an array of strings is due/, { name => 'a', type => 'reference', referenceTypes => 'User' };
attribute 'referenceTypes that are numbers', qr/'a' has a number in 'referenceTypes'/, { name => 'a', type => 'reference', referenceTypes => [7] };
attribute 'what is written only and returned', qr/'a' has 'mutability' writeOnly, so 'returned' has to be never/, { name => 'a', mutability => 'writeOnly', returned => 'always' };
attribute 'subAttributes of text', qr/'a' has 'subAttributes' but is of type string/, { name => 'a', type => 'string', subAttributes => [{ name => 'b' }] };
attribute "subAttributes that are $_->[0]", qr/'a' is complex and has $_->[0] for 'subAttributes'; an array/, { name => 'a', type => 'complex', @{ $_->[1] } }
    for ['nothing', []], ['an empty array', [subAttributes => []]], ['an object', [subAttributes => {}]];
attribute 'three levels', qr/'a\.b' is complex below a complex attribute/, inner({ name => 'b', type => 'complex', subAttributes => [{ name => 'c' }] });
attribute 'a member that nobody knows', qr/'a' has the unknown member 'multivalued2'; those of RFC 7643 7 are name, type/, { name => 'a', multivalued2 => 1 };

# ---- resource types ------------------------------------------------------------------------

sub type { my ($name, $sentence, %more) = @_; file "type: $name", qr/The resource type.* $sentence/, [definition(), resource(%more)] }

type "the name $_->[0]", qr/has $_->[1] for 'name'/, name => $_->[2] for ['nothing', 'null', undef], ["''", 'an empty string', ''], ['7', 'a number', 7],
    ["'a b'", "'a b'", 'a b'], ["'a/b'", "'a/b'", 'a/b'], ["'\x{e4}'", "'.*'", "\x{e4}"];
type "the endpoint '$_'", qr/has the 'endpoint' '\Q$_\E'; a slash and then letters/, endpoint => $_ for '/', 'Things', '/a/b', '/.search', '/a b', '//a', '/a?b', 'http://x/Things';
type 'no endpoint', qr/has null for 'endpoint'; a string is due/, endpoint => undef;
type "the endpoint $_ is taken", qr/has the 'endpoint' '$_', which is in use already/, endpoint => $_ for qw(/Users /Groups /Bulk /Me /Schemas /ResourceTypes /ServiceProviderConfig /bulk);
type 'the id of another', qr/has the 'id' 'user', which is that of 'User' already/, id => 'user';
type 'an id for no URL', qr/has 'a b' for 'id'; letters, digits/, id => 'a b';
type 'no schema', qr/has null for 'schema'; a string is due/, schema => undef;
type 'an unknown schema', qr/names the schema 'urn:x:9' in 'schema', which is not known/, schema => 'urn:x:9';
type 'its own schema as extension', qr/names the schema 'urn:x:1' twice/, schemaExtensions => [{ schema => 'urn:x:1' }];
type "extensions that are $_->[0]", qr/has $_->[0] $_->[1] 'schemaExtensions'/, schemaExtensions => $_->[2]
    for ['a string', 'for', 'x'], ['an object', 'for', { schema => 'urn:x:1' }], ['a string', 'in', ['urn:x:1']];
type 'an extension without a schema', qr/has nothing for 'schema'/, schemaExtensions => [{ required => JSON::PP::true }];
file 'two types of one endpoint', qr/The resource type 'Other' has the 'endpoint' '\/Things', which is in use already/, [definition(), resource(), resource(name => 'Other')];
file 'an extension with required as text', qr/has a string for 'required' in 'schemaExtensions'; true or false is due/,
    [definition(), { schemas => [$type], name => 'User', schemaExtensions => [{ schema => 'urn:x:1', required => 'true' }] }];

accepted 'one definition, without schemas', 'ScimSchema "@DIR@/a.json"', 'a.json' => $json->encode({ %{ definition() }, schemas => undef });
accepted 'files in any order', "ScimIndex Thing:a\nScimSchema \"\@DIR\@/b.json\"\nScimSchema \"\@DIR\@/a.json\"",
    'a.json' => $json->encode(definition()), 'b.json' => $json->encode(resource());
accepted 'a path below ServerRoot', 'ScimSchema a.json', 'a.json' => $json->encode(definition());
accepted 'an extension of groups that is of users too', 'ScimSchema "@DIR@/a.json"', 'a.json' => $json->encode([ definition(),
    map { { schemas => [$type], name => $_, schemaExtensions => [ { schema => 'urn:x:1' } ] } } qw(User Group) ]);
accepted 'an extension that is there', 'ScimSchema "@DIR@/a.json"', 'a.json' => $json->encode(
    { schemas => [$type], name => 'User', schemaExtensions => [ { schema => 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User', required => JSON::PP::false } ] });

# ---- indexes ----------------------------------------------------------------------------

my %wrong = (
    'nonsense'        => qr/'nonsense' is not an attribute of User/,
    'Group:title'     => qr/'title' is not an attribute of Group/,
    'name'            => qr/'name' is complex: name one of its sub-attributes/,
    'password'        => qr/'password' is never returned/,
    'userName'        => qr/'userName' needs no index/,
    'Group:displayName' => qr/'Group:displayName' needs no index/,
    'meta.created'    => qr/'meta.created' needs no index/,
    'Group:members.value' => qr/'Group:members.value' needs no index: memberships/,
    '"emails[type eq \\"work\\"].value"' => qr/has a filter/,
    'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User' => qr/names a whole extension/,
);

refused "ScimIndex $_", qr/SCIM0041: \S+httpd\.conf:\d+: ScimIndex: .*$wrong{$_}/, "ScimIndex title $_" for sort keys %wrong;
accepted 'all kinds of attributes', "ScimIndex title User:nickName emails phoneNumbers.type displayName EMAILS.value\n"
    . 'ScimIndex urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department';

done_testing;
