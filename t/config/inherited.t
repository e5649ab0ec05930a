# How the directives of an endpoint are inherited, seen by its clients.
use strict;
use warnings;

use Digest::SHA 'sha256_hex';
use Test::More;

use Scim::Client qw(true false);
use Scim::Process 'free_port';
use Scim::Server;

my %token = map { $_ => "$_-0123456789abcdef" }
    qw(first second third inner host read write both users groups looking);
my %secret = map { $_ => 'sha256:' . sha256_hex($token{$_}) } keys %token;
my %line   = map { $_ => "ScimBearerToken $_ $secret{$_}" } keys %token;

my ($second, $third) = (free_port(), free_port());    # of virtual hosts
my $server = Scim::Server->start(config => <<"END");
ScimMaxResults 7
ScimDeleteUsers off
ScimUserNameRewrite "^server-" ""
ScimUserNameRewrite "\\.invalid\$" ""
ScimRoles reader writer
ScimDefaultRole reader

<Location "/plain/">
    SetHandler scim
    ScimDirectory plain
    $line{first}
    $line{second} scope=read
    $line{third} expires=2020-01-01
</Location>

<Location "/own/v2">
    SetHandler scim
    ScimDirectory own
    $line{first}
    $line{second}
    ScimMaxResults 9
    ScimDeleteUsers on
    ScimUserNameRewrite "^own-" ""
    ScimRoles guest
    ScimRoles keeper
    ScimDefaultRole none
</Location>

<Location "/lifted">
    SetHandler scim
    $line{first}
    ScimUserNameRewrite none
    ScimRoles any
    ScimBaseURL https://id.example.com/elsewhere//
</Location>

# An inner section, written before the outer one.
<Location "/nested/v2/Users">
    $line{inner}
</Location>
<Location "/nested/v2">
    SetHandler scim
    ScimDirectory nested
    $line{first}
    ScimMaxResults 3
</Location>
<Location "/nested/v2/ServiceProviderConfig">
    ScimMaxResults 4
    $line{inner}
</Location>
<LocationMatch "^/nested/v2/Service">
    ScimUnknownAttributes reject
</LocationMatch>

Listen 127.0.0.1:$second
<VirtualHost 127.0.0.1:$second>
    ScimMaxResults 5
    DBDParams "\@DIR\@/db/second.db"
    <Location "/plain">
        $line{host}
    </Location>
</VirtualHost>

# It has nothing of ours but a database.
Listen 127.0.0.1:$third
<VirtualHost 127.0.0.1:$third>
    DBDParams "\@DIR\@/db/third.db"
</VirtualHost>

<Location "/scopes">
    SetHandler scim
    ScimDirectory scopes
    ScimBearerToken read    $secret{read}    scope=read
    ScimBearerToken write   $secret{write}   scope=write
    ScimBearerToken both    $secret{both}    scope=write,READ expires=2099-12-31
    ScimBearerToken users   $secret{users}   expires=2099-12-31 scope=users
    ScimBearerToken groups  $secret{groups}  scope=groups
    ScimBearerToken looking $secret{looking} scope=users,read
</Location>
END

sub client
{
    my ($path, $token, $port) = @_;
    return Scim::Client->new(token => $token{$token},
        base => 'http://127.0.0.1:' . ($port || $server->port) . $path);
}

sub most
{
    my $r = client(@_)->get('/ServiceProviderConfig');
    return $r->code == 200 ? $r->json->{filter}{maxResults} : $r->code;
}

subtest 'single values' => sub {
    is most('/plain', 'first'),  7, 'of the server';
    is most('/own/v2', 'first'), 9, 'of the Location';
    is most('/plain', 'host', $second), 5, 'of the virtual host';
    is most('/own/v2', 'first', $second), 9, 'of the Location, in the virtual host too';

    my $plain = client('/plain', 'first');
    my $id    = $plain->post('/Users', { userName => 'p' })->json->{id};
    is $plain->delete("/Users/$id")->code, 403, 'deletion off at the server';
    my $own = client('/own/v2', 'first');
    $id = $own->post('/Users', { userName => 'o' })->json->{id};
    is $own->delete("/Users/$id")->code, 204, 'and on again at the Location';
};

subtest 'tokens' => sub {
    is most('/own/v2', $_), 9, "$_ of two lines" for qw(first second);
    is most('/own/v2', 'third'), 401, 'and no other';
    is most('/plain',  'third'), 401, 'expired';
    is client('/plain', 'second')->post('/Users', { userName => 's' })->code, 403, 'scope';
    is most('/plain', 'first', $second), 401, 'a section with the same path replaces them';

    my $nested = '/nested/v2';
    is most($nested, 'first'), 401, 'an inner Location replaces them';
    is most($nested, 'inner'), 4,   'by its own';
    is client($nested, 'first')->get('/ResourceTypes')->code, 200, 'and leaves those around';
    is client($nested, 'inner')->get('/ResourceTypes')->code, 401, 'as they were';
    is client($nested, 'first')->get('/Users')->code, 200,
        'httpd applies sections as they are written: the outer one came last';
};

subtest 'scopes' => sub {
    my %may = (read => '200 403', write => '403 201', both => '200 201', users => '200 201',
        groups => '403 403', looking => '200 403');

    for my $name (sort keys %may) {
        my $scim = client('/scopes', $name);
        is $scim->get('/Users')->code . ' ' . $scim->post('/Users', { userName => $name })->code,
            $may{$name}, $name;
    }
};

sub created
{
    my ($client, @names) = @_;
    return map { $client->post('/Users', { userName => $_ })->code } @names;
}

# The roles that a new user has, or the status.
sub roles
{
    my ($client, $name, @roles) = @_;
    my %user = (userName => $name, @roles ? (roles => [ map { { value => $_ } } @roles ]) : ());
    my $r    = $client->post('/Users', \%user);

    return $r->code if $r->code != 201;
    return join ' ', map { $_->{value} } @{ $r->json->{roles} || [ { value => 'none' } ] };
}

subtest 'rewrites and roles' => sub {
    my $plain = client('/plain',  'first');
    my $own   = client('/own/v2', 'first');
    my @names = ('server-ada.invalid', 'ada', 'own-ada');

    is join(' ', created($plain, @names)), '201 409 201', 'of the server, all of them';
    is join(' ', created($own,   @names)), '201 201 409', 'of the Location, alone';
    is join(' ', created(client('/lifted', 'first'), 'server-ada', 'ada')), '201 201', 'none';

    is roles($plain, 'r1'),           'reader', 'default of the server';
    is roles($plain, 'r2', 'writer'), 'writer', 'one of the server';
    is roles($plain, 'r3', 'guest'),  400,      'none of the server';
    is roles($own, 'r1'),           'none',   'default taken back';
    is roles($own, 'r2', 'guest'),  'guest',  'first line';
    is roles($own, 'r3', 'keeper'), 'keeper', 'second line';
    is roles($own, 'r4', 'reader'), 400,      'none that was replaced';
    is roles(client('/lifted', 'first'), 'r1', 'whatever'), 'whatever', 'any';
    is roles(client('/lifted', 'first'), 'r2'), 'reader', 'default still of the server';
};

subtest 'secrets' => sub {
    my %form = (
        digest              => 'sha256:' . sha256_hex("digest-0123456789ab"),
        capitals            => 'sha256:' . uc sha256_hex("capitals-0123456789ab"),
        file                => 'file:file',
        'digest-in-file'    => 'file:digest',
        variable            => 'env:SCIM_VARIABLE',
        'digest-in-variable' => 'env:SCIM_DIGEST',
        command             => '"exec:/bin/echo command-0123456789ab"',
    );
    my $server = Scim::Server->start(
        config => join("\n", '<Location "/scim/v2">', 'SetHandler scim',
            map({ "ScimBearerToken $_ $form{$_}" } sort keys %form), "</Location>\n"),
        files => {
            file   => "file-0123456789ab\n",
            digest => 'sha256:' . sha256_hex('digest-in-file-0123456789ab'),
        },
        env => {
            SCIM_VARIABLE => 'variable-0123456789ab',
            SCIM_DIGEST   => 'sha256:' . sha256_hex('digest-in-variable-0123456789ab'),
        },
    );

    is $server->client("$_-0123456789ab")->get('/Users')->code, 200, $_ for sort keys %form;
    is $server->client($_)->get('/Users')->code, 401, 'what stands there is no token'
        for $form{digest}, substr($form{digest}, 7), 'digest';
};

subtest 'base paths' => sub {
    my $r = client('/plain', 'first')->get('/ServiceProviderConfig');
    is $r->json->{meta}{location}, $server->base_url . '/plain/ServiceProviderConfig',
        'slash at the end';
    $r = client('/lifted', 'first')->get('/ServiceProviderConfig');
    is $r->json->{meta}{location}, 'https://id.example.com/elsewhere/ServiceProviderConfig',
        'ScimBaseURL';
    $r = client('/nested/v2', 'inner')->get('/ServiceProviderConfig');
    is $r->json->{meta}{location}, $server->base_url . '/nested/v2/ServiceProviderConfig',
        'the outermost Location, though it was not the first';
    is client('/plainer', 'first')->get('/Users')->code, 404, 'no endpoint';
};

subtest 'the whole server' => sub {
    my $root   = Scim::Server->start(config => <<"END");
<Location "/">
    SetHandler scim
    ScimDirectory root
    $line{first}
</Location>
END
    my $scim = $root->client(token => $token{first}, path => '');

    is $scim->get('/ServiceProviderConfig')->json->{meta}{location},
        $root->base_url . '/ServiceProviderConfig', 'base URL';
    is $scim->get('/Users')->code, 200, 'routes';
    is $scim->get('/')->code,      200, 'all resources';
};

subtest 'databases' => sub {
    my $here  = client('/own/v2', 'first');
    my $there = client('/own/v2', 'first', $second);
    my $third = client('/own/v2', 'first', $third);
    my $count = sub { $_[0]->get('/Users')->json->{totalResults} };

    cmp_ok $count->($here), '>', 0, 'people of the main server';
    is $count->($there), 0, 'the same endpoint, on the database of the virtual host';
    is $there->post('/Users', { userName => 'second' })->code, 201, 'which gets its own people';
    is $count->($there), 1, 'there';
    is $count->($third), 0, 'a virtual host without a line of ours has its own database, too';
    unlike $server->error_log, qr/SCIM0051/, 'all directories were opened';
};

subtest 'reload' => sub {
    my $code   = sub { $server->client($token{ $_[0] })->get('/Users')->code };
    my $config = sub {
        return join "\n", '<Location "/scim/v2">', 'SetHandler scim', 'ScimDirectory reload', @_,
            "</Location>\n";
    };

    $server->write('token', "$token{first}\n");
    $server->reconfigure($config->('ScimBearerToken a file:token'))->graceful;
    is $code->('first'), 200, 'the token of the file';
    $server->write('token', "$token{second}\n");
    is $code->('first'), 200, 'a new token in the file is not seen at once';
    $server->graceful;
    is $code->('first'),  401, 'but after a graceful restart';
    is $code->('second'), 200, 'nothing else';
    $server->reconfigure($config->('ScimBearerToken a file:token', $line{third}))->graceful
        for 1 .. 3;
    is $code->('second'), 200, 'old and';
    is $code->('third'),  200, 'new side by side';
    $server->reconfigure($config->())->graceful;
    is $code->('third'), 401, 'no token, no access';
};

is $server->stop, 0, 'stops';
done_testing;
