package Scim::Server;

# A private httpd for one test, on a free port of 127.0.0.1, in a directory of its own below the
# current one. It is gone when the object or the test is, however that ends.
#
#     my $server = Scim::Server->start(config => <<'CONF', mpm => 'prefork', env => { NAME => 'x' });
#     <Location "/scim/v2">
#         SetHandler scim
#         ...
#     </Location>
#     CONF
#     my $scim = $server->client('the token');        # a Scim::Client of /scim/v2
#     my $scim = $server->client(token => 'the token', path => '/other/v2');
#
# In `config` the words @DIR@, @PORT@ and @MODULES@ stand for the server's directory, its port and
# httpd's module directory. What comes before it: the MPM (default: the run's), the modules in
# @default_modules, mod_scim, ports and paths, and a database at @DIR@/db/scim.db:
# an SQLite file, or what Scim::Database has in its place. So it is with all DBDParams "@DIR@/...db".
#
#     modules => ['proxy']      loads these too
#     without => ['dbd']        does not load these ('scim' is ours)
#     threads => 4              one child serves all, with so many threads where it has any
#     bare => 1                 nothing comes before but Listen, PidFile, ErrorLog and ServerRoot
#     files => { 'token' => 'text' }        written to the directory first, mode 0600
#
#     $server->base_url         http://127.0.0.1:PORT
#     $server->error_log        the text of its error log
#     $server->port  ->dir  ->pid  ->conf_file  ->log_file
#     $server->reconfigure($config)         for the next graceful or restart
#     $server->graceful         returns when only children of the new generation are left
#     $server->children         their process ids
#     $server->wait_log(qr/x/)  waits for a line of the error log; true when it came
#     $server->stop             SIGTERM; returns the exit status (of waitpid)
#     $server->kill_all         SIGKILL to every process, at once
#     $server->again            starts a stopped or killed server with the same directory and port
#
#     my ($status, $output) = Scim::Server->run_t(config => ...);    # httpd -t, the same arguments
#     Scim::Server::needs('ssl');     # ends a test file where httpd has no such module

use strict;
use warnings;

use Carp 'croak';
use Cwd ();
use File::Path 'remove_tree';
use File::Temp 'tempdir';
use POSIX ();
use Scalar::Util 'weaken';

use Scim::Client;
use Scim::Database;
use Scim::Process qw(free_port guard wait_until group descendants patience);

our @default_modules = qw(authz_core authz_host authz_user authn_core authn_file auth_basic
    alias env headers setenvif unixd log_config dbd);

my %running;

$SIG{$_} //= sub { exit 1 } for qw(INT TERM HUP);

sub start
{
    my ($class, %how) = @_;

    my $self = $class->prepare(%how);
    for my $try (1 .. 5) {
        $self->{port} = $how{port} // free_port();
        $self->configure;
        return $self if eval { $self->launch; 1 };
        my $problem = $@;
        croak $problem if $how{port} || $self->error_log !~ /Address already in use/;
        unlink "$self->{dir}/error_log";
    }
    croak 'no port stayed free';
}

sub prepare
{
    my ($class, %how) = @_;

    croak 'not as root' if $> == 0;
    my $dir  = tempdir('server-XXXXXX', DIR => Cwd::getcwd());
    my $self = bless {
        mpm    => $ENV{SCIM_MPM} || 'event',
        env    => {},
        config => '',
        %how,
        dir    => $dir,
        owner  => $$,
    }, $class;

    mkdir "$dir/$_" or croak "$dir/$_: $!" for qw(db htdocs);
    $self->write($_ => $how{files}{$_}) for keys %{ $how{files} || {} };
    return $self;
}

sub write
{
    my ($self, $name, $text) = @_;

    my $file = "$self->{dir}/$name";
    open my $out, '>', $file or croak "$file: $!";
    chmod 0600, $file;
    print $out $text;
    close $out or croak "$file: $!";
    return $file;
}

sub reconfigure
{
    my ($self, $config) = @_;

    $self->{config} = $config;
    return $self->configure;
}

sub configure
{
    my ($self) = @_;

    my %word = (DIR => $self->{dir}, PORT => $self->{port}, MODULES => $ENV{SCIM_MODULES});
    (my $config = $self->{config}) =~ s/\@(DIR|PORT|MODULES)\@/$word{$1}/g;
    $config = $self->preamble . $config;
    $config =~ s/(DBDParams\s+")([^"\n]*\.db)"/$1 . Scim::Database::params($2) . '"'/ge;
    $self->write('httpd.conf', $config);
    return $self;
}

sub preamble
{
    my ($self) = @_;
    my $dir = $self->{dir};

    my $text = <<"END";
ServerRoot "$dir"
PidFile "$dir/httpd.pid"
ErrorLog "$dir/error_log"
Listen 127.0.0.1:$self->{port}
END
    return $text if $self->{bare};
    return $text . $self->load_modules . <<"END";
ServerName 127.0.0.1
DefaultRuntimeDir "$dir"
DocumentRoot "$dir/htdocs"
LogLevel info
<IfModule mod_scim.c>
    LogLevel info scim:debug
</IfModule>
KeepAliveTimeout 5
GracefulShutdownTimeout 20
@{[$self->processes]}<IfModule mod_dbd.c>
    DBDriver @{[Scim::Database::driver()]}
    DBDParams "$dir/db/scim.db"
</IfModule>
END
}

sub processes
{
    my ($self) = @_;
    my $threads = $self->{threads};

    return <<'END' unless $threads;
StartServers 2
<IfModule mpm_prefork_module>
    StartServers 4
    MinSpareServers 1
</IfModule>
<IfModule !mpm_prefork_module>
    MinSpareThreads 1
</IfModule>
END
    return <<"END";
StartServers 1
MaxConnectionsPerChild 0
MaxKeepAliveRequests 0
<IfModule mpm_prefork_module>
    MinSpareServers 1
    MaxSpareServers 1
    MaxRequestWorkers 1
</IfModule>
<IfModule !mpm_prefork_module>
    ServerLimit 1
    ThreadsPerChild $threads
    MinSpareThreads 1
    MaxSpareThreads $threads
    MaxRequestWorkers $threads
</IfModule>
END
}

sub load_modules
{
    my ($self) = @_;

    my %without = map { $_ => 1 } @{ $self->{without} || [] };
    my @modules = grep { !$without{$_} }
        ("mpm_$self->{mpm}", @default_modules, @{ $self->{modules} || [] });
    my $text = join '', map { "LoadModule ${_}_module \"$ENV{SCIM_MODULES}/mod_$_.so\"\n" }
        grep { -e "$ENV{SCIM_MODULES}/mod_$_.so" } @modules;    # the others are built in
    return $without{scim} ? $text : "${text}LoadModule scim_module \"$ENV{SCIM_MODULE}\"\n";
}

# The child side of a fork: httpd with these arguments, all output to a file of the directory.
sub become_httpd
{
    my ($self, $output, @arguments) = @_;

    POSIX::setsid();
    %ENV = (%ENV, %{ $self->{env} });
    open STDIN,  '<',  '/dev/null';
    open STDOUT, '>>', "$self->{dir}/$output";
    open STDERR, '>&', \*STDOUT;
    exec $ENV{SCIM_HTTPD}, '-d', $self->{dir}, '-f', "$self->{dir}/httpd.conf", @arguments
        or print STDERR "$ENV{SCIM_HTTPD}: $!\n";
    POSIX::_exit(127);
}

sub launch
{
    my ($self) = @_;

    unlink "$self->{dir}/httpd.pid";
    my $pid = fork // croak "fork: $!";
    $self->become_httpd('output', '-DFOREGROUND') if $pid == 0;

    $self->{pid} = $pid;
    weaken($running{$self} = $self);
    $self->{guard} = guard($pid);
    my $up = wait_until(patience(), sub { $self->gone || $self->ready });
    return $self if $up && $self->{pid};

    $self->kill_all;
    croak 'httpd did not start: ' . $self->output . $self->error_log;
}

# Not before the process has written its id: another process may listen where it could not. And not
# before it has children: it listens, but nobody answers.
sub ready
{
    my ($self) = @_;

    (slurp("$self->{dir}/httpd.pid") || 0) == $self->{pid} or return;
    $self->children or return;
    return IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $self->{port});
}

sub gone
{
    my ($self) = @_;

    return 1 unless $self->{pid};
    waitpid($self->{pid}, POSIX::WNOHANG()) == $self->{pid} or return;
    $self->{status} = $?;
    $self->{pid}    = 0;
    return 1;
}

sub again
{
    my ($self) = @_;

    croak 'still running' if $self->{pid};
    return $self->launch;
}

sub restart { my ($self) = @_; $self->stop; return $self->again }

sub graceful
{
    my ($self) = @_;

    my $starts   = $self->said(qr/resuming normal operations/);
    my $requests = $self->said(qr/graceful restart/i);
    my %old      = map { $_ => 1 } $self->children;
    my $restarted = sub {
        my @children = $self->children;
        return 1 if $self->gone || $self->said(qr/resuming normal operations/) > $starts;
        @old{@children} = (1) x @children if $self->said(qr/graceful restart/i) == $requests;
        return;
    };
    my $renewed = sub {
        my @children = $self->children;
        return @children && !grep { $old{$_} } @children;
    };

    kill USR1 => $self->{pid} or croak "graceful: $!";
    wait_until(patience(), $restarted) or croak 'httpd did not restart: ' . $self->error_log;
    croak 'httpd ended: ' . $self->error_log unless $self->{pid};
    wait_until(patience(), $renewed) or croak 'old children stayed';
    return $self;
}

# How many lines of the error log say this.
sub said
{
    my ($self, $pattern) = @_;
    return scalar(() = $self->error_log =~ /$pattern/g);
}

sub children { my ($self) = @_; return $self->{pid} ? descendants($self->{pid}) : () }

sub wait_log
{
    my ($self, $pattern) = @_;
    return wait_until(patience(), sub { $self->error_log =~ $pattern });
}

sub stop
{
    my ($self) = @_;

    return $self->{status} unless $self->{pid};
    my $pid = $self->{pid};
    wait_until(2, sub { $self->at_rest });
    kill TERM => $pid;
    if (wait_until(patience(), sub { $self->gone })) {
        $self->settle($pid);
        return $self->{status};
    }
    $self->kill_all;
    croak 'httpd did not stop: ' . $self->error_log;
}

# A child of event or worker that is told to end closes the sockets its threads are at, and crashes
# over one that a thread is just done with and frees: close_worker_sockets() of httpd, whatever modules
# there are. So what clients have closed is to be closed here first, and all threads are to be asleep. A
# test that has the server busy on purpose waits for that in vain, and briefly.
sub at_rest
{
    my ($self) = @_;
    my $port = sprintf '%04X', $self->{port};

    return !grep({ /^\s*\d+: \w+:$port \w+:\w+ 08 / } lines_of('/proc/net/tcp'))    # CLOSE_WAIT
        && !grep { !/^\d+ \(.*\) S / } map { lines_of($_) }
            map { glob "/proc/$_/task/*/stat" } $self->children;
}

sub lines_of
{
    my ($file) = @_;

    open my $in, '<', $file or return;
    return <$in>;
}

sub kill_all
{
    my ($self) = @_;

    my $pid = $self->{pid} or return $self;
    kill KILL => -$pid;
    wait_until(patience(), sub { $self->gone });
    return $self->settle($pid);
}

# Until the last process of the group is gone, and with it its sockets and locks.
sub settle
{
    my ($self, $group) = @_;

    wait_until(5, sub { !group($group) })
        or (kill(KILL => -$group), wait_until(patience(), sub { !group($group) }));
    delete $self->{guard};
    return $self;
}

sub run_t
{
    my ($class, %how) = @_;

    my $self = $class->prepare(%how);
    $self->{port} = $how{port} // free_port();
    $self->configure;
    my $pid = fork // croak "fork: $!";
    $self->become_httpd('output', '-t') if $pid == 0;
    waitpid $pid, 0;
    my ($status, $output) = ($? >> 8 || $?, $self->output . $self->error_log);
    $output =~ s/^\[[^\]]*\] //mg;    # the time
    return ($status, $output);
}

# Where all is to be tested it is no excuse.
sub needs
{
    for my $module (@_) {
        next if -e "$ENV{SCIM_MODULES}/mod_$module.so" || `'$ENV{SCIM_HTTPD}' -l` =~ /\bmod_$module\.c/;
        my $why = "mod_$module is not installed; ./quickstart test installs it";
        die "$why\n" if ($ENV{DB} || '') eq 'all';
        print "1..0 # SKIP $why\n";
        exit 0;
    }
}

sub port      { return $_[0]{port} }
sub dir       { return $_[0]{dir} }
sub pid       { return $_[0]{pid} }
sub base_url  { return "http://127.0.0.1:$_[0]{port}" }
sub conf_file { return "$_[0]{dir}/httpd.conf" }
sub log_file  { return "$_[0]{dir}/error_log" }
sub error_log { return slurp($_[0]->log_file) }
sub output    { return slurp("$_[0]{dir}/output") }

sub client
{
    my $self = shift;
    my %how = @_ % 2 ? (token => @_) : @_;

    $how{base} //= $self->base_url . ($how{path} // '/scim/v2');
    return Scim::Client->new(%how);
}

sub slurp
{
    my ($file) = @_;

    open my $in, '<', $file or return '';
    local $/;
    return readline($in) // '';
}

sub DESTROY
{
    my ($self) = @_;

    return if $self->{owner} != $$;
    local ($@, $?, $!);
    $self->{owner} = 0;
    delete $running{$self};
    eval { $self->stop };
    $self->tell_on_failure;
    return if $ENV{KEEP};
    $self->keep_log;
    remove_tree($self->{dir});
}

# What the server had to say in a test that failed.
sub tell_on_failure
{
    my ($self) = @_;

    return if !$INC{'Test/Builder.pm'} || Test::Builder->new->is_passing;
    my @lines = grep { /:(?:warn|error|crit|alert|emerg)\]/ } split /^/, $self->error_log;
    splice @lines, 0, -20 if @lines > 20;
    Test::Builder->new->diag("The server's log in $self->{dir} ends with\n", @lines) if @lines;
}

# The runner looks through the logs of all servers at the end.
sub keep_log
{
    my ($self) = @_;

    return unless $ENV{SCIM_LOGS} && -e $self->log_file;
    (my $name = "$0.$self->{dir}.log") =~ s{.*t/(.*\.t).*/}{$1.};
    $name =~ s{/}{-}g;
    rename $self->log_file, "$ENV{SCIM_LOGS}/$name";
}

END {
    local $?;
    $_->DESTROY for grep { defined } values %running;
}

1;
