# ScimSchema and ScimIndex: what httpd -t says of files and attributes.
use strict;
use warnings;

use JSON::PP ();
use Test::More;

use Scim::Server;

my $digest   = 'a' x 64;
my $data     = "$ENV{SCIM_SRCDIR}/t/data/schemas";
my $endpoint = "<Location /scim>\nSetHandler scim\nScimDirectory x\nScimBearerToken idp sha256:$digest\n</Location>\n";
my $schema   = 'urn:ietf:params:scim:schemas:core:2.0:Schema';
my $type     = 'urn:ietf:params:scim:schemas:core:2.0:ResourceType';
my $user     = 'urn:ietf:params:scim:schemas:core:2.0:User';
my $json     = JSON::PP->new->canonical->allow_nonref;

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
