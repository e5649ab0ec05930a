package Bench::World;

# The server of a measurement: directories of people of several sizes, each with its own database in
# a virtual host of its own; the bare module in another; and static files in all of them.
#
#     my $world = Bench::World->new(place => $place, sizes => [10_000]);
#     my $host = $world->host(10_000);        seeds it when it is first asked for; a hash with
#         name, size, file (of the database), ids (a file with id|serial number in each line), and
#         id and serial of one of them
#     my $r = $world->request($host, 'GET', '/Users/x', $body);    a Scim::Response
#     my $path = $world->static($host, '/Users/x');     a static file with the same text
#     $world->child                           the process that serves
#     $world->cpu                             seconds of processor time that it has used, and the
#                                             database's server
#     $world->memory  ->memory('Anonymous')   bytes that it needs; those that are no file's
#     my $id = $world->group($host, @ids)     a new group with these members
#     my $id = $world->named_group($host, 'x', @ids)     with this name
#     my @ids = $world->members($host)        the ids of all people there
#     my @ids = $world->outsiders($host, 100) of so many new people
#     $world->remove($host, @ids)             deletes so many people, in one bulk request
#     $world->bare_ids                        a file with ids of rows of the bare module

use strict;
use warnings;

use Digest::SHA 'sha256_hex';
use JSON::PP ();
use List::Util qw(min shuffle);

use Bench::Load;
use Bench::Progress qw(say_now);
use Scim::Client;
use Scim::Database;
use Scim::Server;

our $token = 'bench-0123456789abcdefghijklmnopqrstuvwxyz';

my $batch = 1000;    # operations in one bulk request
my $user  = 'urn:ietf:params:scim:schemas:core:2.0:User';
my $group = 'urn:ietf:params:scim:schemas:core:2.0:Group';
my $patch = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';
my $bulk  = 'urn:ietf:params:scim:api:messages:2.0:BulkRequest';
my $json  = JSON::PP->new->utf8;
my $enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';

# About 1 kB as it comes back.
our $person = <<"END" =~ s/\n\s*//gr;
{"schemas":["$user","$enterprise"],
    "userName":"USER\@n\@\@example.com","externalId":"USER-\@n\@",
    "name":{"familyName":"Lovelace\@n\@","givenName":"Ada","formatted":"Ada Lovelace\@n\@"},
    "displayName":"Ada Lovelace \@n\@","title":"Analyst of engines","locale":"en-GB","active":true,
    "emails":[{"value":"USER\@n\@\@example.com","type":"work","primary":true},
    {"value":"USER\@n\@\@home.example","type":"home"}],
    "phoneNumbers":[{"value":"+44 20 7946 0\@n\@","type":"work"}],
    "addresses":[{"type":"work","streetAddress":"12 St James's Square","locality":"London",
    "postalCode":"SW1Y 4JH","country":"GB"}],
    "$enterprise":{"employeeNumber":"\@n\@","department":"Engines","organization":"Example"}}
END

sub person { my ($prefix) = @_; return $person =~ s/USER/$prefix/gr }

sub new
{
    my ($class, %how) = @_;

    my $self = bless { hosts => {}, groups => 0, %how }, $class;
    $self->{place}->for_server;
    $self->{server} = Scim::Server->start(
        config  => join '', $self->common, $self->bare, map { $self->people($_) } @{ $self->{sizes} });
    $self->{place}->for_load;
    mkdir $self->{server}->dir . "/htdocs/static$_" or die "static$_: $!\n" for '', '/one', '/list';
    return $self;
}

sub common
{
    my ($self) = @_;
    my $location = 'http://127.0.0.1:@PORT@/scim/v2/Users/0' . '1' x 35;

    return <<"END";
LoadModule bare_module "$self->{place}{work}/bench_bare.so"
LogLevel warn
StartServers 1
ServerLimit 1
ThreadsPerChild 25
MaxRequestWorkers 25
MaxKeepAliveRequests 0
KeepAliveTimeout 60
DBDMax 32
FileETag None
ScimMaxPayload 16777216

<Directory "/">
    Options FollowSymLinks
    Require all granted
</Directory>
<Location "/static">
    ForceType application/scim+json
    Header set Cache-Control no-store
    Header set X-Content-Type-Options nosniff
</Location>
<Location "/static/one">
    Header set ETag "W/\\"1\\""
    Header set Location "$location"
    Header set Content-Location "$location"
</Location>
END
}

sub bare
{
    return <<'END';
<VirtualHost *>
    ServerName bare
    DBDParams "@DIR@/db/bare.db"
    <Location "/bare">
        SetHandler bare
    </Location>
</VirtualHost>
END
}

sub people
{
    my ($self, $size) = @_;

    return <<"END";
<VirtualHost *>
    ServerName people-$size
    DBDParams "\@DIR\@/db/people-$size.db"
    <Location "/scim/v2">
        SetHandler scim
        ScimDirectory people
        ScimBearerToken bench sha256:@{[sha256_hex($token)]}
        Require all granted
    </Location>
    @{[ $self->{locations} // '' ]}
</VirtualHost>
END
}

sub port  { return $_[0]{server}->port }
sub place { return $_[0]{place} }

sub child
{
    my ($self) = @_;
    my @children = $self->{server}->children;
    return $children[0];
}

# Of all threads of the child and of the database's server.
sub cpu
{
    my ($self) = @_;
    my $sum = 0;

    for my $file (map { glob "/proc/$_/task/*/schedstat" } $self->child, $self->database_processes) {
        open my $in, '<', $file or next;
        $sum += (split ' ', <$in> // 0)[0];
    }
    return $sum / 1e9;
}

# All processes of PostgreSQL or MariaDB that this one has started.
sub database_processes
{
    return if Scim::Database::kind() eq 'sqlite';
    return grep { command_of($_) =~ /^(?:postgres|mariadbd)$/ } Scim::Process::descendants($$);
}

sub command_of
{
    open my $in, '<', "/proc/$_[0]/comm" or return '';
    chomp(my $name = <$in> // '');
    return $name;
}

# Bytes of memory of the child, its share of what it shares; or with "Anonymous" what is no file's, on
# which other programs that use the same libraries have no bearing.
sub memory
{
    my ($self, $kind) = @_;
    $kind //= 'Pss';

    open my $in, '<', '/proc/' . $self->child . '/smaps_rollup' or die "smaps_rollup: $!\n";
    my ($kilobytes) = join('', <$in>) =~ /^$kind:\s+(\d+)/m;
    return $kilobytes * 1024;
}

# A file for the load driver.
sub write_file
{
    my ($self, $name, $text) = @_;
    my $file = $self->{server}->dir . "/$name";

    open my $out, '>', $file or die "$file: $!\n";
    print $out $text;
    close $out or die "$file: $!\n";
    return $file;
}

# ---- people ------------------------------------------------------------------------------

sub host
{
    my ($self, $size) = @_;

    return $self->{hosts}{$size} //= $self->seed($size);
}

sub request
{
    my ($self, $host, $method, $path, $body) = @_;

    my $length = defined $body ? 'Content-Length: ' . length($body) . "\r\n" : '';
    return $self->{server}->client(token => undef)->raw("$method /scim/v2$path HTTP/1.1\r\n"
            . "Host: $host->{name}\r\nConnection: close\r\nAuthorization: Bearer $token\r\n"
            . "Content-Type: application/scim+json\r\n$length\r\n" . ($body // ''));
}

sub seed
{
    my ($self, $size) = @_;
    my $host = { name => "people-$size", size => $size,
        file => $self->{server}->dir . "/db/people-$size.db" };

    $self->fill($host) if $size;
    return $host;
}

sub bulk
{
    my ($self, $prefix, $count) = @_;

    return (request => 'POST /scim/v2/Bulk', items => $count,
        body => $self->write_file('bulk', qq({"schemas":["$bulk"],"Operations":[\@items\@]})),
        item => $self->write_file('operation',
            '{"method":"POST","path":"/Users","bulkId":"@n@","data":' . person($prefix) . '}'));
}

sub fill
{
    my ($self, $host) = @_;
    my ($size, $cpu, $time) = ($host->{size}, $self->cpu, 0);
    my $count = min($batch, $size);

    for (my $at = 0; $at < $size / $count; $at += 20) {
        my $requests = min(20, $size / $count - $at);
        my $done     = ($at + $requests) * $count;
        my $run      = Bench::Load::run($self, $host, $self->bulk('user', $count), first => $at, requests => $requests);
        $time += $run->{seconds};
        say_now(sprintf '%s: %d people, %.0f in a second', $host->{name}, $done, $done / $time);
    }
    @{$host}{qw(rate seconds cpu)} = ($size / $time, $time, $self->cpu - $cpu);
    push @{ $self->{seeded} }, $host;
    $self->note_ids($host);
}

sub note_ids
{
    my ($self, $host) = @_;
    return unless $host->{size};
    my $step = int($host->{size} / 20_000) || 1;
    my @ids  = split /\n/, Scim::Database::ask($host->{file},
        "SELECT id, local_name FROM scim_resources WHERE type = 'User' AND number % $step = 0 ORDER BY number");

    s/\|.*?(\d+)@.*/|$1/ for @ids;
    @ids == int($host->{size} / $step) or die "$host->{name}: there are ", scalar @ids, " people\n";
    srand 1;
    $host->{ids} = $self->write_file("$host->{name}.ids", join "\n", shuffle(@ids), '');
    @{$host}{qw(id serial)} = split /\|/, $ids[0];
}

sub members
{
    my ($self, $host) = @_;
    return split /\n/, Scim::Database::ask($host->{file},
        "SELECT id FROM scim_resources WHERE type = 'User' ORDER BY number");
}

sub outsiders
{
    my ($self, $host, $count) = @_;
    my %before = map { $_ => 1 } $self->members($host);

    Bench::Load::run($self, $host, request => 'POST /scim/v2/Users', status => 201, requests => $count,
        connections => 8, body => $self->write_file('outsider', person("outside$self->{groups}-")));
    return grep { !$before{$_} } $self->members($host);
}

sub group
{
    my ($self, $host, @ids) = @_;
    return $self->named_group($host, 'Group ' . ++$self->{groups}, @ids);
}

sub named_group
{
    my ($self, $host, $name, @ids) = @_;
    my $r = $self->request($host, 'POST', '/Groups', $json->encode({ schemas => [$group], displayName => $name, members => [ members_of(splice @ids, 0, $batch) ] }));
    my $id = $r->json->{id} // die 'POST /Groups: ', $r->text;

    while (my @some = splice @ids, 0, $batch) {
        my $add = { op => 'add', path => 'members', value => [ members_of(@some) ] };
        $r = $self->request($host, 'PATCH', "/Groups/$id", $json->encode({ schemas => [$patch], Operations => [$add] }));
        $r->code == 204 or die 'PATCH /Groups: ', $r->text;
        say_now("group of members: @{[scalar @ids]} to go");
    }
    return $id;
}

sub remove
{
    my ($self, $host, @ids) = @_;
    my @operations = map { { method => 'DELETE', path => "/Users/$_" } } @ids;
    my $r = $self->request($host, 'POST', '/Bulk', $json->encode({ schemas => [$bulk], Operations => \@operations }));
    my @failed = grep { $_->{status} != 204 } @{ $r->json->{Operations} || [ { status => 0 } ] };

    @failed and die 'POST /Bulk: ', $r->text, "\n";
}

sub members_of { return map { { value => $_ } } @_ }

sub bare_host { return { name => 'bare' } }

sub bare_ids
{
    my ($self) = @_;

    return $self->{bare_ids} //= do {
        Bench::Load::run($self, bare_host(), request => 'POST /bare', status => 201, requests => 10_000,
            connections => 8, body => $self->write_file('bare', person('user')));
        my $file = $self->{server}->dir . '/db/bare.db';
        $self->write_file('bare.ids', Scim::Database::ask($file, 'SELECT id FROM bare_rows'));
    };
}

# ---- static files ------------------------------------------------------------------------

sub static
{
    my ($self, $host, $path) = @_;

    my $r    = $self->request($host, 'GET', $path);
    my $name = ++$self->{static};
    $r->code == 200 or die "$path: ", $r->code, ' ', $r->text, "\n";
    my $directory = $r->header('ETag') ? 'one' : 'list';
    $self->{server}->write("htdocs/static/$directory/$name.json", $r->text);
    return "/static/$directory/$name.json";
}

1;
