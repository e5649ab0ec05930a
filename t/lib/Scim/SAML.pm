package Scim::SAML;

# A small SAML identity provider, without a process: a test goes where a browser would.
#
#     my $provider = Scim::SAML->new;             keys of it and of one service provider
#     $provider->files($url)                      saml-sp.key, .pem and .xml of the service at this URL,
#                                                 and saml-idp.xml, by their names, for mod_auth_mellon
#     my ($url, $form) = $provider->answer($r->header('Location'), 'ada');
#                                                 what to post where, when the service sends somebody
#                                                 here to log in; their `mail` is ada@example.com
#
# Assertions are signed (RSA, SHA-256). Their XML is written as exclusive canonicalization would have it.

use strict;
use warnings;

use Carp 'croak';
use Digest::SHA 'sha256_base64';
use File::Temp 'tempdir';
use IO::Uncompress::RawInflate qw(rawinflate $RawInflateError);
use MIME::Base64 qw(encode_base64 decode_base64);
use POSIX 'strftime';

use Scim::Client;
use Scim::Server;

my $saml     = 'urn:oasis:names:tc:SAML:2.0';
my $dsig     = 'http://www.w3.org/2000/09/xmldsig#';
my $c14n     = 'http://www.w3.org/2001/10/xml-exc-c14n#';
my $provider = 'http://idp.example';

sub new
{
    my ($class) = @_;
    my $self = bless { dir => tempdir('saml-XXXXXX', TMPDIR => 1, CLEANUP => 1) }, $class;

    for my $name (qw(saml-idp saml-sp)) {
        my $file = "$self->{dir}/$name";
        system("openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=$name -keyout $file.key -out $file.pem 2>/dev/null") == 0
            or croak 'openssl';
    }
    return $self;
}

sub slurp { my ($self, $name) = @_; return Scim::Server::slurp("$self->{dir}/$name") }

sub files
{
    my ($self, $url) = @_;

    return (
        (map { $_ => $self->slurp($_) } 'saml-sp.key', 'saml-sp.pem'),
        'saml-sp.xml' => $self->metadata($url, 'SPSSODescriptor', 'saml-sp', <<"END"),
<AssertionConsumerService index="0" isDefault="true" Binding="$saml:bindings:HTTP-POST" Location="$url/postResponse"/>
END
        'saml-idp.xml' => $self->metadata($provider, 'IDPSSODescriptor', 'saml-idp', <<"END"),
<SingleSignOnService Binding="$saml:bindings:HTTP-Redirect" Location="$provider/login"/>
END
    );
}

sub metadata
{
    my ($self, $id, $role, $name, $services) = @_;
    my $key = join '', grep { !/^-/ } split /\n/, $self->slurp("$name.pem");

    return <<"END";
<EntityDescriptor entityID="$id" xmlns="$saml:metadata">
<$role protocolSupportEnumeration="$saml:protocol">
<KeyDescriptor use="signing"><KeyInfo xmlns="$dsig"><X509Data><X509Certificate>$key</X509Certificate></X509Data></KeyInfo></KeyDescriptor>
$services</$role>
</EntityDescriptor>
END
}

sub answer
{
    my ($self, $location, $name) = @_;
    my ($query) = ($location // '') =~ m{^\Q$provider\E/login\?(.*)} or croak 'not sent to the identity provider: ' . ($location // 'at all');
    my %sent = map { split /=/, $_, 2 } split /&/, $query;

    s/%(..)/chr hex $1/ge for values %sent;
    rawinflate(\decode_base64($sent{SAMLRequest}), \my $request) or croak $RawInflateError;
    my %asked = $request =~ /\b(\w+)="([^"]*)"/g;
    my ($service) = $request =~ m{Issuer[^>]*>([^<]*)<};
    my $url = $asked{AssertionConsumerServiceURL} // "$service/postResponse";
    my $text = $self->response($asked{ID}, $service, $url, $name);
    return ($url, join '&', map { "$_->[0]=" . Scim::Client::escape($_->[1]) } [ SAMLResponse => encode_base64($text, '') ], [ RelayState => $sent{RelayState} ]);
}

sub when { return strftime('%Y-%m-%dT%H:%M:%SZ', gmtime time + $_[0]) }

sub response
{
    my ($self, $request, $service, $url, $name) = @_;
    my ($now, $later, $id) = (when(0), when(300), sprintf '_%d%d', $$, ++$self->{count});
    my $assertion = join '', qq(<saml:Assertion xmlns:saml="$saml:assertion" ID="$id" IssueInstant="$now" Version="2.0">),
        "<saml:Issuer>$provider</saml:Issuer>",
        qq(<saml:Subject><saml:NameID Format="urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified">$id</saml:NameID>),
        qq(<saml:SubjectConfirmation Method="$saml:cm:bearer"><saml:SubjectConfirmationData InResponseTo="$request" NotOnOrAfter="$later" Recipient="$url">),
        '</saml:SubjectConfirmationData></saml:SubjectConfirmation></saml:Subject>',
        qq(<saml:Conditions NotBefore="@{[when(-300)]}" NotOnOrAfter="$later"><saml:AudienceRestriction><saml:Audience>$service</saml:Audience></saml:AudienceRestriction></saml:Conditions>),
        qq(<saml:AuthnStatement AuthnInstant="$now" SessionIndex="$id"><saml:AuthnContext><saml:AuthnContextClassRef>$saml:ac:classes:Password</saml:AuthnContextClassRef></saml:AuthnContext></saml:AuthnStatement>),
        qq(<saml:AttributeStatement><saml:Attribute Name="mail" NameFormat="$saml:attrname-format:basic"><saml:AttributeValue>$name\@example.com</saml:AttributeValue></saml:Attribute></saml:AttributeStatement>),
        '</saml:Assertion>';
    my $signature = $self->signature($id, $assertion);

    $assertion =~ s{(?<=</saml:Issuer>)}{$signature};
    return qq(<samlp:Response xmlns:samlp="$saml:protocol" Destination="$url" ID="r$id" InResponseTo="$request" IssueInstant="$now" Version="2.0">)
        . qq(<saml:Issuer xmlns:saml="$saml:assertion">$provider</saml:Issuer>)
        . qq(<samlp:Status><samlp:StatusCode Value="$saml:status:Success"></samlp:StatusCode></samlp:Status>$assertion</samlp:Response>);
}

sub signature
{
    my ($self, $id, $text) = @_;
    my $digest = sha256_base64($text) . '=';
    my $info = join '', qq(<ds:SignedInfo xmlns:ds="$dsig"><ds:CanonicalizationMethod Algorithm="$c14n"></ds:CanonicalizationMethod>),
        '<ds:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"></ds:SignatureMethod>',
        qq(<ds:Reference URI="#$id"><ds:Transforms><ds:Transform Algorithm="${dsig}enveloped-signature"></ds:Transform>),
        qq(<ds:Transform Algorithm="$c14n"></ds:Transform></ds:Transforms>),
        qq(<ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256"></ds:DigestMethod><ds:DigestValue>$digest</ds:DigestValue></ds:Reference></ds:SignedInfo>);

    return qq(<ds:Signature xmlns:ds="$dsig">$info<ds:SignatureValue>@{[$self->signed($info)]}</ds:SignatureValue></ds:Signature>);
}

sub signed
{
    my ($self, $text) = @_;
    my $file = "$self->{dir}/text";

    open my $out, '>', $file or croak "$file: $!";
    print $out $text;
    close $out or croak "$file: $!";
    return encode_base64(scalar `openssl dgst -sha256 -sign '$self->{dir}/saml-idp.key' -binary '$file'`, '');
}

1;
