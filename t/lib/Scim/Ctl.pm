package Scim::Ctl;

# Runs scimctl.
#
#     my $ctl = Scim::Ctl->new($server);              # on its configuration
#     my $ctl = Scim::Ctl->new(database => $file);    # on the database that stands for the file
#     my $r = $ctl->run('check', '--repair');
#     my $r = $ctl->run({ in => $text }, 'import');
#     $r->{status}  $r->{out}  $r->{err}              # 128 and the signal when it was killed
#     my $pid = $ctl->start('reindex');  my $r = $ctl->finish($pid);
#     my $r = Scim::Ctl->new->run('token', 'new');
#     Scim::Ctl::ask($file, $sql);                    # Scim::Database::ask, with patience

use strict;
use warnings;

use Carp 'croak';
use Cwd ();
use POSIX ();

use Scim::Database;
use Scim::Process qw(wait_until patience);

my $count = 0;

sub new
{
    my ($class, @of) = @_;
    my @options;

    if (@of == 2) {
        @options = ('--driver', Scim::Database::driver(), '--params', Scim::Database::params($of[1]));
    } elsif (@of) {
        @options = ('--config', $of[0]->conf_file, '--httpd', $ENV{SCIM_HTTPD});
    }
    return bless { options => \@options, files => {} }, $class;
}

sub start
{
    my ($self, @arguments) = @_;
    my %how = ref $arguments[0] ? %{ shift @arguments } : ();
    my $files = Cwd::getcwd() . "/ctl-$$-" . ++$count;

    write_file("$files.in", $how{in} // '');
    my $pid = fork // croak "fork: $!";
    if ($pid == 0) {
        open STDIN,  '<', $how{from} // "$files.in";
        open STDOUT, '>', $how{to} // "$files.out";
        open STDERR, '>', "$files.err";
        %ENV = (%ENV, %{ $how{env} || {} });
        { exec $ENV{SCIM_CTL}, @{ $self->{options} }, @arguments }
        POSIX::_exit(127);
    }
    $self->{files}{$pid} = $files;
    return $pid;
}

sub finish
{
    my ($self, $pid) = @_;
    my $files = delete $self->{files}{$pid};

    waitpid $pid, 0;
    my $r = { status => $? & 127 ? 128 + ($? & 127) : $? >> 8, out => slurp("$files.out"), err => slurp("$files.err") };
    unlink map { "$files.$_" } qw(in out err);
    return $r;
}

sub run
{
    my ($self, @arguments) = @_;
    return $self->finish($self->start(@arguments));
}

# What SQL answers, as Scim::Database::ask has it, also when others hold a lock for a moment.
sub ask
{
    my ($file, $sql) = @_;
    my $answer = wait_until(patience(), sub { my $text = eval { Scim::Database::ask($file, $sql) }; defined $text && [$text] })
        or croak $@;

    return $answer->[0];
}

sub write_file
{
    my ($file, $text) = @_;

    open my $out, '>', $file or croak "$file: $!";
    print $out $text;
    close $out or croak "$file: $!";
}

sub slurp
{
    open my $in, '<', $_[0] or return '';
    local $/;
    return readline($in) // '';
}

1;
