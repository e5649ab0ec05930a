package Scim::Database;

# The database that the tests' directories are in: SQLite files, or PostgreSQL or MariaDB, which the
# test runner starts for itself, without privileges and on a socket alone.
#
#     Scim::Database::start($dir);        by the runner: SCIM_DB=sqlite|postgresql|mariadb says which;
#     Scim::Database::stop();             the tests get, until it is stopped
#
#         SCIM_DB_DRIVER   apr_dbd's name for it
#         SCIM_DB_PARAMS   its parameters, with %s where the database is named
#         SCIM_DB_ADMIN    a database that is always there
#
#     Scim::Database::kind();             sqlite, postgresql or mariadb
#     Scim::Database::driver();           for DBDriver
#     Scim::Database::params($file);      for DBDParams: the file, or the database that stands for it,
#                                         which begins empty. It is made when it is first asked for
#     Scim::Database::ask($file, $sql);   what SQL answers: rows in lines, columns apart by |
#     my $session = Scim::Database::session($file);     a connection of the test's own
#     $session->run($sql);                the rows, when it is done
#     $session->begin($sql);              does not wait until it is done; run('') does
#
# A test that harms the server starts one for itself:
#
#     Scim::Database::start($dir, env => { LD_PRELOAD => ... }, options => ['--x=y']);
#     Scim::Database::kill_server();      SIGKILL to all of its processes
#     Scim::Database::launch();           the same one again
#     Scim::Database::running();          whether it has not ended
#     Scim::Database::administer($sql);   one statement, by the administrator
#     Scim::Database::script($file, $path);    runs a file of SQL, as its head says
#     Scim::Database::only('sqlite');     ends a test file that is not about the one that there is
#     Scim::Database::missing();          why there is none on this machine; nothing when there is
#     Scim::Database::kinds();            sqlite, postgresql, mariadb

use strict;
use warnings;

use Carp 'croak';
use IO::Handle;
use IPC::Open2 'open2';
use POSIX ();

use Scim::Process;

my %kinds = (
    sqlite     => { driver => 'sqlite3' },
    postgresql => { driver => 'pgsql', make => \&make_postgresql, command => \&run_postgresql,
        programs => [qw(initdb postgres psql)],
        params => 'host=%s user=scim dbname=', admin => 'postgres', ask => \&ask_postgresql },
    mariadb    => { driver => 'mysql', make => \&make_mariadb, command => \&run_mariadb,
        programs => [qw(mariadb-install-db mariadbd mariadb)],
        params => 'sock=%s/s user=root dbname=', admin => 'mysql', ask => \&ask_mariadb },
);
my (%made, $home, $pid, $guard, %how);

sub kinds  { return qw(sqlite postgresql mariadb) }
sub kind   { return $ENV{SCIM_DB} || 'sqlite' }
sub driver { return $ENV{SCIM_DB_DRIVER} || 'sqlite3' }

sub known
{
    return $kinds{ kind() } || die "there is no database '", kind(), "'; there are: ",
        join(', ', sort keys %kinds), ".\n";
}

# ---- programs ------------------------------------------------------------------------

sub find
{
    my ($name) = @_;

    for my $dir ((sort { $b cmp $a } glob '/usr/lib/postgresql/*/bin /usr/pgsql-*/bin'),
        qw(/usr/bin /usr/sbin /usr/libexec /usr/local/bin /usr/local/sbin)) {
        return "$dir/$name" if -x "$dir/$name";
    }
    return;
}

sub program
{
    my ($name) = @_;
    return find($name) // die "$name is not installed; ./quickstart test installs it.\n";
}

sub missing
{
    my $known = known();
    my ($program) = grep { !find($_) } @{ $known->{programs} || [] };

    return "$program is not installed; ./quickstart test installs it" if $program;
    return if grep { -e } map { glob "$_/apr-util-1/apr_dbd_$known->{driver}*.so" }
        qw(/usr/lib/* /usr/lib64 /usr/lib /usr/local/lib /usr/local/lib/*);
    return "APR-util has no driver $known->{driver}; ./quickstart test installs it";
}

# Runs a program, its output in a file of the server's.
sub run
{
    my ($name, @arguments) = @_;

    my $child = fork // die "fork: $!\n";
    become($name, @arguments) if $child == 0;
    waitpid $child, 0;
    $? == 0 or die "$name failed:\n", slurp("$home/log");
}

sub become
{
    my ($name, @arguments) = @_;

    my $path = program($name);
    open STDIN,  '<',  '/dev/null';
    open STDOUT, '>>', "$home/log";
    open STDERR, '>&', \*STDOUT;
    { exec $path, @arguments }
    POSIX::_exit(127);
}

sub slurp
{
    open my $in, '<', $_[0] or return '';
    local $/;
    return scalar <$in>;
}

# ---- PostgreSQL ------------------------------------------------------------------------

sub make_postgresql
{
    run('initdb', '-D', "$home/data", '-U', 'scim', '-E', 'UTF8', '--locale=C', '-A', 'trust', '--no-sync');
}

sub run_postgresql
{
    return ('postgres', '-D', "$home/data", '-k', $home, '-c', 'listen_addresses=', '-c',
        'max_connections=400', '-c', 'unix_socket_permissions=0700', '-c',
        'shared_buffers=' . ($ENV{SCIM_DB_BUFFERS} // '128MB'));
}

sub ask_postgresql
{
    my ($database, $sql) = @_;
    return (program('psql'), '-X', '-q', '-At', '-v', 'ON_ERROR_STOP=1', '-h', $ENV{SCIM_DB_HOME}, '-U',
        'scim', '-d', $database, '-c', $sql);
}

# ---- MariaDB ---------------------------------------------------------------------------

# A server that starts clears what looks like its own temporary tables: each has a directory for them.
sub make_mariadb
{
    mkdir "$home/tmp" or die "$home/tmp: $!\n";
    run('mariadb-install-db', '--no-defaults', "--datadir=$home/data", "--tmpdir=$home/tmp",
        '--auth-root-authentication-method=normal', '--skip-test-db');
}

sub run_mariadb
{
    return ('mariadbd', '--no-defaults', "--datadir=$home/data", "--tmpdir=$home/tmp", "--socket=$home/s", '--skip-networking',
        "--pid-file=$home/pid", '--max-connections=400', '--innodb-buffer-pool-size=' . ($ENV{SCIM_DB_BUFFERS} // '64MB') =~ s{B$}{}r);
}

sub ask_mariadb
{
    my ($database, $sql) = @_;
    return (program('mariadb'), '--no-defaults', '-N', '-B', '-S', "$ENV{SCIM_DB_HOME}/s", '-u', 'root',
        '--default-character-set=utf8mb4', '-D', $database, '-e', $sql);
}

# ---- the server --------------------------------------------------------------------------

sub start
{
    my $dir = shift;

    %how = @_;
    my $known = known();
    return unless $known->{make};
    $home = $dir;
    mkdir $home or die "$home: $!\n";
    $known->{make}->();
    @ENV{qw(SCIM_DB_DRIVER SCIM_DB_PARAMS SCIM_DB_ADMIN SCIM_DB_HOME)} =
        ($known->{driver}, sprintf($known->{params}, $home) . '%s', $known->{admin}, $home);
    launch();
}

# Also again, after it was killed.
sub launch
{
    $pid = fork // die "fork: $!\n";
    if ($pid == 0) {
        POSIX::setsid();
        %ENV = (%ENV, %{ $how{env} || {} });
        become(known()->{command}->(), @{ $how{options} || [] });
    }
    $guard = Scim::Process::guard($pid);
    Scim::Process::wait_until(Scim::Process::patience(), sub { defined command($ENV{SCIM_DB_ADMIN}, 'SELECT 1') })
        or die 'the ', kind(), " server did not start:\n", slurp("$home/log");
}

sub stop
{
    $pid or return;
    kill((kind() eq 'postgresql' ? 'INT' : 'TERM') => $pid);
    Scim::Process::wait_until(Scim::Process::patience(), sub { waitpid($pid, POSIX::WNOHANG()) != 0 })
        or kill KILL => -$pid;
    undef $guard;
    undef $pid;
    %made = ();
    delete @ENV{qw(SCIM_DB_DRIVER SCIM_DB_PARAMS SCIM_DB_ADMIN SCIM_DB_HOME)};
}

sub running { return $pid && waitpid($pid, POSIX::WNOHANG()) == 0 }

sub kill_server
{
    my @all = ($pid, Scim::Process::descendants($pid));

    kill KILL => @all;
    waitpid $pid, 0;
    undef $guard;
    Scim::Process::wait_until(Scim::Process::patience(), sub { !grep { Scim::Process::lives($_) } @all })
        or die "the server does not die\n";
}

sub administer { my ($sql) = @_; return command($ENV{SCIM_DB_ADMIN}, $sql) // die "this failed: $sql\n" }

# The output of one statement; undef when it failed.
sub command
{
    my ($database, $sql) = @_;

    my $child = open(my $out, '-|') // die "fork: $!\n";
    if ($child == 0) {
        open STDERR, '>>', "$ENV{SCIM_DB_HOME}/log";
        exec known()->{ask}->($database, $sql) or POSIX::_exit(127);
    }
    local $/;
    my $text = <$out>;
    return close($out) ? $text // '' : undef;
}

# ---- databases ---------------------------------------------------------------------------

sub name_of
{
    my ($file) = @_;

    return $made{$file} if $made{$file};
    my $name = sprintf 't%d_%d', $$, scalar keys %made;
    defined command($ENV{SCIM_DB_ADMIN}, "CREATE DATABASE $name")
        or croak "the database $name cannot be made: ", slurp("$ENV{SCIM_DB_HOME}/log");
    return $made{$file} = $name;
}

sub params
{
    my ($file) = @_;

    return $file if driver() eq 'sqlite3';
    return sprintf $ENV{SCIM_DB_PARAMS}, name_of($file);
}

sub ask
{
    my ($file, $sql) = @_;
    my $text;

    if (driver() eq 'sqlite3') {
        open my $out, '-|', 'sqlite3', '-cmd', '.timeout 10000', $file, $sql or croak "sqlite3: $!";
        local $/;
        $text = <$out>;
        close $out or croak "sqlite3 $file: $sql";
    } else {
        $text = command(name_of($file), $sql) // croak "this failed: $sql: " . slurp("$ENV{SCIM_DB_HOME}/log");
        $text =~ tr/\t/|/;
    }
    return $text // '';
}

sub script
{
    my ($file, $path) = @_;
    my @command = known()->{ask}->(name_of($file), '');

    splice @command, -2, 2, kind() eq 'postgresql' ? ('--single-transaction', '--file', $path) : ();
    my $child = fork // die "fork: $!\n";
    if ($child == 0) {
        open STDIN,  '<',  $path or POSIX::_exit(127);
        open STDOUT, '>>', "$ENV{SCIM_DB_HOME}/log";
        open STDERR, '>&', \*STDOUT;
        { exec @command }
        POSIX::_exit(127);
    }
    waitpid $child, 0;
    $? == 0 or croak "$path failed: " . slurp("$ENV{SCIM_DB_HOME}/log");
}

# ---- sessions ----------------------------------------------------------------------------

sub session
{
    my ($file) = @_;
    my @command = known()->{ask}->(name_of($file), '');
    my $self = bless {}, 'Scim::Database::Session';

    splice @command, -2, 2, kind() eq 'mariadb' ? qw(--unbuffered --force) : qw(-v ON_ERROR_STOP=0);
    open my $errors, '>&', \*STDERR;
    open STDERR, '>>', "$ENV{SCIM_DB_HOME}/log";
    $self->{pid} = open2($self->{out}, $self->{in}, @command);
    open STDERR, '>&', $errors;
    $self->{in}->autoflush;
    $self->{mark} = kind() eq 'mariadb' ? "SELECT 'that was all';\n" : "\\echo that was all\n";
    $self->run('SELECT 1');
    return $self;
}

sub only
{
    my (@kinds) = @_;

    return if grep { kind() eq $_ } @kinds;
    print "1..0 # SKIP about @kinds\n";
    exit 0;
}

package Scim::Database::Session;

use Carp 'croak';

sub begin { my ($self, $sql) = @_; print { $self->{in} } "$sql;\n" }

sub run
{
    my ($self, $sql) = @_;
    my $text = '';

    local $SIG{ALRM} = sub { croak "no end of: $sql" };
    alarm Scim::Process::patience();
    $self->begin($sql);
    print { $self->{in} } $self->{mark};
    while (defined(my $line = readline $self->{out})) {
        last if $line eq "that was all\n";
        $text .= $line;
    }
    alarm 0;
    return $text;
}

sub DESTROY
{
    my ($self) = @_;

    local ($?, $!);
    close $self->{in};
    kill TERM => $self->{pid};
    waitpid $self->{pid}, 0;
}

1;
