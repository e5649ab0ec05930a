package Bench::Access;

# What it costs to ask the directory who may see a static page of 1 kB.

use strict;
use warnings;

use Digest::SHA 'sha1_base64';
use MIME::Base64 'encode_base64';

use Bench::Load;
use Bench::Row 'row';

my $login = 'Basic ' . encode_base64('user7@example.com:pw', '');
my $file  = <<'END';
    AuthType Basic
    AuthName "People"
    AuthBasicProvider file
    AuthUserFile "@DIR@/htpasswd"
END

# path => what its Location says; what comes behind `open` is compared with that and with `file`.
my @places = (
    [ open   => '    Require all granted' ],
    [ file   => "$file    Require valid-user" ],
    [ active => "$file    Require scim-active",           'Require scim-active' ],
    [ group  => "$file    Require scim-group outer",      'Require scim-group, by way of another group' ],
    [ role   => "$file    Require scim-role admin",       'Require scim-role' ],
    [ guard  => "$file    Require valid-user\n    ScimGuard on", 'ScimGuard' ],
    [ export => "$file    Require valid-user\n    ScimGuard on\n    ScimExport all", 'ScimGuard, ScimExport all' ],
);

sub locations
{
    return join '', map { "<Location \"/$_->[0]\">\n$_->[1]\n</Location>\n" } @places;
}

sub prepare
{
    my ($world, $host) = @_;
    my $dir = $world->{server}->dir;
    my ($person) = @{ $world->request($host, 'GET', '/Users?filter=userName%20eq%20%22user7@example.com%22')->json->{Resources} };

    $world->{server}->write('htpasswd', 'user7@example.com:{SHA}' . sha1_base64('pw') . "=\n");
    for my $place (@places) {
        mkdir "$dir/htdocs/$place->[0]" or die "$place->[0]: $!\n";
        $world->{server}->write("htdocs/$place->[0]/page", 'x' x 1000);
    }
    $world->request($host, 'PATCH', "/Users/$person->{id}", '{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],'
            . '"Operations":[{"op":"add","path":"roles","value":[{"value":"admin"}]}]}')->code =~ /^20/ or die "PATCH failed\n";
    $world->named_group($host, 'outer', $world->named_group($host, 'inner', $person->{id}));
}

sub access
{
    my ($bench) = @_;
    my $world = $bench->another_world(locations => locations());
    my $host  = $world->host($bench->{size});

    prepare($world, $host);
    my %load = map { my $path = $_->[0]; $path => sub {
            my ($warm) = @_;
            return Bench::Load::run($world, $host, connections => 8, seconds => $warm ? 0.1 : $bench->{seconds},
                authorization => $login, request => "GET /$path/page");
        } } @places;
    my $compare = sub {
        my ($name, $path, $against, $other) = @_;
        return row("1 kB page, $name", $against, undef, Bench::Load::pair($bench->{rounds}, @load{ $path, $other }));
    };
    return ($compare->('AuthUserFile', 'file', 'Require all granted', 'open'), map {
        my ($path, undef, $name) = @$_;
        ($compare->($name, $path, 'Require all granted', 'open'), $compare->($name, $path, 'AuthUserFile', 'file'))
    } @places[ 2 .. $#places ]);
}

1;
