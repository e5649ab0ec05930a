# Graceful restarts under load, on each MPM that there is: no request fails, but for those that come on
# a connection which httpd closes just then because it is idle (RFC 7230 6.3.1).
#
# SCIM_RESTARTS=20 restarts so often on each; MPM=... on that one alone.
use strict;
use warnings;

use POSIX ();
use Test::More;

use Scim::Connection;
use Scim::Ctl;
use Scim::Expect 'endpoint';
use Scim::Ledger;
use Scim::Process qw(patience wait_until);
use Scim::Server;

my $token    = 'graceful-0123456789abcdefghijklmnopq';
my $slow     = patience() > 60;    # under a sanitizer or valgrind
my $restarts = $ENV{SCIM_RESTARTS} || 2;
my $writes   = $slow ? 5 : 15;     # acknowledged ones between two restarts
my @mpms     = $ENV{MPM} || $slow ? $ENV{SCIM_MPM} : grep { -e "$ENV{SCIM_MODULES}/mod_mpm_$_.so" } qw(event worker prefork);

@mpms = $ENV{SCIM_MPM} unless @mpms;    # it is built in

sub httpd
{
    my ($mpm) = @_;
    return Scim::Server->start(mpm => $mpm, config => <<'END' . endpoint('/scim/v2', directory => 'people', token => $token));
KeepAliveTimeout 60
MaxKeepAliveRequests 0
<IfModule mpm_prefork_module>
    StartServers 8
    MinSpareServers 2
    MaxRequestWorkers 16
</IfModule>
<IfModule !mpm_prefork_module>
    StartServers 2
    ServerLimit 6
    ThreadsPerChild 8
    MinSpareThreads 8
    MaxRequestWorkers 48
</IfModule>
END
}

# A process that reads on one connection after the other, each as long as it stays open; its report.
sub reader
{
    my ($scim, $until) = @_;
    my $pid = open(my $report, '-|') // die $!;

    if ($pid == 0) {
        my $wire = Scim::Connection->new($scim);
        my ($count, @failed) = (0);
        while (!-e $until && @failed < 10) {
            my $r = eval { $wire->send(GET => '/Users?count=50') };
            my $whole = $r && $r->code == 200 && length $r->text == ($r->header('Content-Length') // length $r->text)
                && eval { $r->json->{totalResults} >= 0 };
            $whole ? $count++ : push @failed, $r ? $r->code . ' ' . substr $r->text, 0, 80 : $@;
        }
        print join "\n", $count, $wire->opened, @failed;
        close STDOUT;
        POSIX::_exit(0);
    }
    return sub { local $/; my @lines = split /\n/, readline($report); close $report; return @lines };
}

for my $mpm (@mpms) {
    subtest $mpm => sub {
        my $server = httpd($mpm);
        my $scim   = $server->client($token);
        my $ledger = Scim::Ledger->new($server->dir, [$scim], 4, ctl => Scim::Ctl->new($server));
        my $until  = $server->dir . '/enough';
        my @readers;

        $ledger->meanwhile($mpm, sub {
            @readers = map { reader($scim, $until) } 1 .. 3;
            for my $time (1 .. $restarts) {
                $ledger->wait_for($writes);
                ok eval { $server->graceful; 1 }, "graceful restart $time" or diag $@;
            }
            $ledger->wait_for($writes);
            Scim::Ctl::write_file($until, '');
        });
        my @failed = map { "@$_" } grep { $_->[0] !~ /^(?:try|done)$/ } $ledger->lines;
        is_deeply \@failed, [], 'no request was refused or lost';
        $ledger->tell;
        for my $reader (@readers) {
            my ($count, $opened, @wrong) = $reader->();
            is_deeply \@wrong, [], 'no reader noticed anything';
            cmp_ok $count, '>', 0, 'who read';
            note "$count answers on $opened connections";
        }
        is $server->stop, 0, 'it stops as it should';
        my @odd = grep { /exit signal|Assertion|AddressSanitizer|runtime error|scim:(?:warn|error)/ } split /\n/, $server->error_log;
        is_deeply \@odd, [], 'nothing crashed, nothing was refused';
    };
}

done_testing;
