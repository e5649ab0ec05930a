package Scim::Replay;

# Replays requests kept as text in t/data/: a request line, headers, an empty line, the body.
#
#     my $onelogin = Scim::Replay->new('onelogin', $client);
#     my $r = $onelogin->send('create', name => 'ada');     # t/data/onelogin/create.http
#     $onelogin->keep(ada => $r);      # from now on {ada} is the id in this answer
#     $onelogin->keep(ada => $text);   # or some text
#     $onelogin->fill($data)           # a copy of $data with the words of all its strings filled in
#
# {base}, {url}, {host} and {token} are filled in from the client ({base} is the path of {url}),
# other words in braces from the arguments, or from what is kept. Line ends of the head become CRLF,
# Content-Length is added for a body: everything else goes out as the file has it.

use strict;
use warnings;

use Carp 'croak';
use File::Basename 'dirname';

sub new
{
    my ($class, $folder, $client) = @_;
    my ($host, $path) = $client->base =~ m{^http://([^/]+)(.*)};
    return bless {
        folder => dirname(__FILE__) . "/../../data/$folder",
        client => $client,
        words  => { url => $client->base, host => $host, base => $path, token => $client->token },
    }, $class;
}

sub client { return $_[0]{client} }

sub keep
{
    my ($self, $word, $value) = @_;

    $self->{words}{$word} = ref $value ? $value->json->{id} : $value;
    return $value;
}

sub fill
{
    my ($self, $data) = @_;

    return [map { $self->fill($_) } @$data] if ref $data eq 'ARRAY';
    return { map { $_ => $self->fill($data->{$_}) } keys %$data } if ref $data eq 'HASH';
    return ref $data ? $data : words($data, 'what is expected', $self->{words});
}

sub words
{
    my ($text, $where, $words) = @_;

    $text =~ s/\{(\w+)\}/$words->{$1} \/\/ croak "no word for {$1} in $where"/ge;
    return $text;
}

sub send
{
    my ($self, $name, %word) = @_;

    open my $in, '<:raw', "$self->{folder}/$name.http" or croak "$self->{folder}/$name.http: $!";
    my ($head, $body) = split /\n\n/, do { local $/; readline $in }, 2;
    $body =~ s/\n\z//;
    $_ = words($_, "$name.http", { %{ $self->{words} }, %word }) for $head, $body;
    $head .= "\nContent-Length: " . length $body if length $body;
    $head .= "\nConnection: close\n\n";
    $head =~ s/\n/\r\n/g;
    return $self->{client}->raw($head . $body);
}

1;
