package Scim::People;

# People and a login for tests of access control: an endpoint, people in it, and a htpasswd file.
#
#     my $config = Scim::People::endpoint();           the endpoint, as text for the configuration
#     my $text = Scim::People::htpasswd(@names);       all have the password "pw"
#     Scim::People::basic()                            the lines of a Location that let them log in
#     my $people = Scim::People->new($server);
#     my $ada = $people->make(userName => 'ada');      what POST /Users answers
#     my $team = $people->team('editors', $ada);
#     $people->set($ada, active => false);             PATCH
#     $people->get('ada', '/page', %headers)           a Scim::Response; the name undef: no login
#     $people->scim                                    the Scim::Client

use strict;
use warnings;

use Digest::SHA qw(sha1_base64 sha256_hex);
use MIME::Base64 'encode_base64';

our $token = 'access-test-0123456789abcdefghijklmnop';
our $user  = 'urn:ietf:params:scim:schemas:core:2.0:User';
our $group = 'urn:ietf:params:scim:schemas:core:2.0:Group';
our $patch = 'urn:ietf:params:scim:api:messages:2.0:PatchOp';

sub endpoint
{
    my ($more, $path, $directory) = @_;
    return sprintf <<'END', $path // '/scim/v2', $directory // 'people', sha256_hex($token), $more // '';
<Location "%s">
    SetHandler scim
    ScimDirectory %s
    ScimBearerToken it sha256:%s
    AuthType None
    Require all granted
    %s
</Location>
END
}

sub htpasswd { return join '', map { "$_:{SHA}" . sha1_base64('pw') . "=\n" } @_ }

sub basic
{
    return <<'END';
    AuthType Basic
    AuthName "People"
    AuthBasicProvider file
    AuthUserFile "@DIR@/htpasswd"
END
}

sub new
{
    my ($class, $server, $path) = @_;
    return bless { server => $server, scim => $server->client(token => $token, path => $path // '/scim/v2') }, $class;
}

sub scim { return $_[0]{scim} }

sub make
{
    my ($self, %attributes) = @_;
    my $r = $self->{scim}->post('/Users', { schemas => [$user], %attributes });

    $r->code == 201 or die 'POST /Users: ', $r->text;
    return $r->json;
}

sub team
{
    my ($self, $name, @members) = @_;
    my $r = $self->{scim}->post('/Groups',
        { schemas => [$group], displayName => $name, members => [ map { { value => $_->{id} } } @members ] });

    $r->code == 201 or die 'POST /Groups: ', $r->text;
    return $r->json;
}

sub change
{
    my ($self, $type, $resource, @operations) = @_;
    my $r = $self->{scim}->patch("/$type/$resource->{id}", { schemas => [$patch], Operations => \@operations });

    $r->code =~ /^20[04]$/ or die "PATCH /$type: ", $r->text;
    return;
}

sub set
{
    my ($self, $person, %values) = @_;
    return $self->change('Users', $person, map { { op => 'replace', path => $_, value => $values{$_} } } sort keys %values);
}

sub leave
{
    my ($self, $team, $person) = @_;
    return $self->change('Groups', $team, { op => 'remove', path => qq(members[value eq "$person->{id}"]) });
}

sub login
{
    my ($name, $password) = @_;
    return defined $name ? (Authorization => 'Basic ' . encode_base64("$name:" . ($password // 'pw'), '')) : ();
}

sub get
{
    my ($self, $name, $path, %headers) = @_;
    return $self->{server}->client(token => undef, path => '')->request('GET', $path, undef, login($name), %headers);
}

1;
