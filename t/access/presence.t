# Connections that stay open (WebSocket, long answers) end when the person is disabled.
use strict;
use warnings;

use IO::Select;
use IO::Socket::INET;
use Test::More;

use Scim::Client qw(true false);
use Scim::People;
use Scim::Process;
use Scim::Server;

plan skip_all => 'the children of prefork look after nobody' if ($ENV{SCIM_MPM} // '') eq 'prefork';

# An application that says 101 and then repeats what it hears, or talks without an end.
sub application
{
    my $listener = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => Scim::Process::free_port(),
        Listen => 16, ReuseAddr => 1) or die "no application: $!";
    my $parent = $$;
    my $pid = fork // die "fork: $!";
    return ($pid, $listener->sockport) if $pid;
    $SIG{CHLD} = $SIG{PIPE} = 'IGNORE';
    $SIG{ALRM} = sub { exit if getppid != $parent; alarm 1 };
    alarm 1;
    while (1) {
        my $client = $listener->accept or next;
        next if fork;
        close $listener;
        serve($client);
        exit;
    }
}

sub serve
{
    my ($client) = @_;
    my $request = '';

    sysread $client, $request, 65_536, length $request or return until $request =~ /\r\n\r\n/;
    if ($request =~ /^Upgrade:/mi) {
        syswrite $client, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";
        while (sysread $client, my $text, 1024) { syswrite $client, "you said $text" }
        return;
    }
    syswrite $client, "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
    while (syswrite $client, "data: tick\n\n") { select undef, undef, undef, 0.1 }
}

my ($pid, $port) = application();
END { kill TERM => $pid if $pid }

my $basic = Scim::People::basic();
my $server = Scim::Server->start(modules => [qw(proxy proxy_http proxy_wstunnel)], threads => 8,
    files => { htpasswd => Scim::People::htpasswd(qw(ada bob carl)) }, config => <<"END" . Scim::People::endpoint());
LogLevel scim:info
<Location "/app">
    ProxyPass "http://127.0.0.1:$port/" upgrade=websocket
    $basic
    Require valid-user
    ScimGuard on
</Location>
<Location "/rule">
    ProxyPass "http://127.0.0.1:$port/" upgrade=websocket
    $basic
    Require scim-active
</Location>
<Location "/free">
    ProxyPass "http://127.0.0.1:$port/" upgrade=websocket
    $basic
    Require valid-user
</Location>
END
my $people = Scim::People->new($server);
my %person = map { $_ => $people->make(userName => $_) } qw(ada bob carl);

sub connection
{
    my ($name, $path, @more) = @_;
    my %login  = Scim::People::login($name);
    my $socket = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $server->port) or die "connect: $!";

    print {$socket} join "\r\n", "GET $path/ HTTP/1.1", 'Host: localhost', "Authorization: $login{Authorization}", @more, '', '';
    $socket->flush;
    return $socket;
}

sub heard
{
    my ($socket, $pattern) = @_;
    my $text = '';
    my $end  = time + Scim::Process::patience();

    while (time < $end && $text !~ $pattern) {
        next unless IO::Select->new($socket)->can_read(1);
        sysread $socket, $text, 65_536, length $text or last;
    }
    return $text;
}

# True when nothing more comes and the connection is at its end.
sub ends
{
    my ($socket) = @_;
    my $end = time + Scim::Process::patience();

    while (time < $end) {
        next unless IO::Select->new($socket)->can_read(1);
        return 1 unless sysread $socket, my $text, 65_536;
    }
    return 0;
}

my @upgrade = ('Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Key: x', 'Sec-WebSocket-Version: 13');
my %open = (
    'tunnel'          => connection('ada', '/app',  @upgrade),
    'stream'          => connection('ada', '/app'),
    'a Require line'  => connection('ada', '/rule', @upgrade),
    'somebody else'   => connection('bob', '/app',  @upgrade),
    'nobody is asked' => connection('ada', '/free', @upgrade),
);
like heard($open{$_}, qr/\r\n\r\n/), qr{^HTTP/1.1 (?:101|200)}, "$_ opens" for sort keys %open;
my @tunnels = grep { $_ ne 'stream' } sort keys %open;
syswrite $open{$_}, 'hello' for @tunnels;
like heard($open{$_}, qr/hello/), qr/you said hello/, "$_ speaks" for @tunnels;
like heard($open{stream}, qr/tick/), qr/tick/, 'stream speaks';

$people->set($person{ada}, active => false);
ok ends($open{$_}), "$_ is closed" for 'tunnel', 'stream', 'a Require line';
for my $name ('somebody else', 'nobody is asked') {
    syswrite $open{$name}, 'still here';
    like heard($open{$name}, qr/still here/), qr/you said still here/, "$name stays";
}
is scalar(() = $server->error_log =~ /SCIM0065: 'ada' is inactive; the connection is closed/g), 3, 'the log says so of each';

$people->scim->delete("/Users/$person{bob}{id}");
ok ends($open{'somebody else'}), 'the connection of somebody who was removed is closed';
close $_ for values %open;

done_testing;
