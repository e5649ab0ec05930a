package Scim::Replay;

# Replays requests kept as text in t/data/: a request line, headers, an empty line, the body.
#
#     my $onelogin = Scim::Replay->new('onelogin', $client);
#     my $r = $onelogin->send('create', name => 'ada');     # t/data/onelogin/create.http
#
# {base}, {host} and {token} are filled in from the client, other words in braces from the
# arguments. Line ends of the head become CRLF, Content-Length is added for a body: everything else
# goes out as the file has it.

use strict;
use warnings;

use Carp 'croak';
use File::Basename 'dirname';

sub new
{
    my ($class, $folder, $client) = @_;
    return bless { folder => dirname(__FILE__) . "/../../data/$folder", client => $client }, $class;
}

sub send
{
    my ($self, $name, %word) = @_;

    open my $in, '<:raw', "$self->{folder}/$name.http" or croak "$self->{folder}/$name.http: $!";
    my ($head, $body) = split /\n\n/, do { local $/; readline $in }, 2;
    my ($host, $path) = $self->{client}->base =~ m{^http://([^/]+)(.*)};
    %word = (%word, host => $host, base => $path, token => $self->{client}->token);
    $body =~ s/\n\z//;
    s/\{(\w+)\}/$word{$1} \/\/ croak "no word for {$1} in $name.http"/ge for $head, $body;
    $head .= "\nContent-Length: " . length $body if length $body;
    $head .= "\nConnection: close\n\n";
    $head =~ s/\n/\r\n/g;
    return $self->{client}->raw($head . $body);
}

1;
