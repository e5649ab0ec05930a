package Bench::Place;

# Where a measurement happens: a directory of its own on a disk, a user who is not root, the server
# and its database on one core and the load on another.
#
#     my $place = Bench::Place->new(build => $build, dir => '/var/tmp', database => 'sqlite');
#     $place->dir                        the directory; the current one from then on
#     $place->program('bench_load')      a program of the build
#     $place->for_server / ->for_load    what is started from now on runs on that core
#     $place->machine                    what it is measured on, as a hash

use strict;
use warnings;

use Cwd ();
use File::Temp 'tempdir';
use POSIX ();

sub sh
{
    system(@_) == 0 or die "t/bench/run: '@_' failed\n";
}

sub new
{
    my ($class, %how) = @_;

    my $self = bless { %how, owner => $$, work => tempdir('scim-bench-XXXXXX', DIR => $how{dir}) }, $class;
    $self->{load} = first_line('cat /proc/loadavg', qr/^(\S+)/);
    $self->check_disk;
    $self->copy;
    if ($> == 0) {
        $self->keep_root;
        drop_root($self->{work});
    }
    chdir $self->{work} or die "$self->{work}: $!\n";
    $self->set_environment;
    @{$self}{qw(server_core load_core)} = cores();
    return $self;
}

sub dir     { return $_[0]{work} }
sub program { return "$_[0]{work}/$_[1]" }

# In memory a commit costs nothing.
sub check_disk
{
    my ($self) = @_;

    chomp($self->{file_system} = `stat -f -c %T '$self->{work}'`);
    die "t/bench/run: $self->{dir} is in memory; name a directory on a disk with --dir.\n"
        if $self->{file_system} =~ /^(?:tmpfs|ramfs)$/;
}

sub copy
{
    my ($self) = @_;
    my $build = $self->{build};

    sh 'cp', '-R', "$build->{srcdir}/t/lib", "$build->{builddir}/.libs/mod_scim.so", $self->{work};
    sh 'cp', "$build->{builddir}/t/bench/.libs/bench_bare.so", $self->{work};
    for my $name (qw(bench_load bench_respond bench_commits)) {
        sh 'cp', "$build->{builddir}/t/bench/$name", $self->{work};
    }
}

# The directory is where root made it, and nobody else may remove it there: a process that stays root
# does, when it is told to or there is nobody left who could.
sub keep_root
{
    my ($self) = @_;

    pipe my $waiting, my $told or die "pipe: $!\n";
    my $pid = fork // die "fork: $!\n";
    if ($pid == 0) {
        POSIX::setsid();
        close $told;
        readline $waiting;
        remove($self->{work});
        POSIX::_exit(0);
    }
    @{$self}{qw(keeper told)} = ($pid, $told);
}

sub remove { system 'rm', '-rf', $_[0] unless $ENV{KEEP} }

sub drop_root
{
    my ($work) = @_;
    my $name = $ENV{TEST_USER} || 'nobody';
    my ($uid, $gid) = (getpwnam $name)[2, 3];

    defined $uid or die "t/bench/run: there is no user '$name'; set TEST_USER.\n";
    sh 'chown', '-R', "$uid:$gid", $work;
    $) = "$gid $gid";
    POSIX::setgid($gid) && POSIX::setuid($uid) && $> == $uid or die "t/bench/run: setuid: $!\n";
}

sub set_environment
{
    my ($self) = @_;

    delete @ENV{ grep { /_proxy$/i } keys %ENV };
    %ENV = (
        %ENV,
        HOME         => $self->{work},
        LC_ALL       => 'C',
        SCIM_DB      => $self->{database},
        SCIM_DB_BUFFERS => '2GB',
        SCIM_HTTPD   => $self->{build}{httpd},
        SCIM_MODULE  => "$self->{work}/mod_scim.so",
        SCIM_MODULES => $self->{build}{modules},
        SCIM_MPM     => 'event',
    );
}

# ---- cores -------------------------------------------------------------------------------

# The first and the last one that this process may use.
sub cores
{
    my ($list) = (`taskset -cp $$ 2>/dev/null` // '') =~ /: (.*)/;
    my @cores = map { /(\d+)-(\d+)/ ? $1 .. $2 : $_ } split /,/, $list // '';

    return @cores > 1 ? @cores[0, -1] : ();
}

sub pin
{
    my ($core) = @_;
    defined $core and sh "taskset -cp $core $$ >/dev/null";
}

sub for_server { return pin($_[0]{server_core}) }
sub for_load   { return pin($_[0]{load_core}) }

# ---- the machine -------------------------------------------------------------------------

sub first_line
{
    my ($command, $pattern) = @_;
    my ($line) = grep { /$pattern/ } `$command 2>/dev/null`;
    return $line && $line =~ $pattern ? $1 // $line : 'unknown';
}

sub machine
{
    my ($self) = @_;
    my %database = (
        sqlite     => ['sqlite3 --version', qr/^(\S+)/],
        postgresql => ["ls -d /usr/lib/postgresql/*/bin/postgres | tail -1 | sed 's/\$/ --version/' | sh", qr/(\d\S*)/],
        mariadb    => ['mariadbd --version', qr/Ver (\d[\d.]*)/],
    );

    return {
        processor   => first_line('cat /proc/cpuinfo', qr/^model name\s*: (.*)/),
        cores       => first_line('nproc --all', qr/(\d+)/),
        memory      => sprintf('%.0f GiB', first_line('cat /proc/meminfo', qr/^MemTotal:\s*(\d+)/) / 1024**2),
        system      => first_line('uname -sr', qr/(.*)/),
        file_system => $self->{file_system},
        httpd       => first_line("$ENV{SCIM_HTTPD} -v", qr{Apache/(\S+)}),
        database    => $self->{database},
        database_version => first_line(@{ $database{ $self->{database} } }),
        date        => POSIX::strftime('%Y-%m-%d', gmtime),
        load        => $self->{load},
        pinned      => defined $self->{server_core} ? 'one core for the server, one for the load' : 'no',
    };
}

sub DESTROY
{
    my ($self) = @_;

    return if $self->{owner} != $$;
    local ($?, $!);
    chdir '/';
    return remove($self->{work}) unless $self->{keeper};
    syswrite $self->{told}, "\n";    # whom this one has started may hold it open, too
    waitpid $self->{keeper}, 0;
}

1;
