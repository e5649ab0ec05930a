# The last test of a run: no server crashed, and no sanitizer and not valgrind had anything to say.
# Test files may kill processes of their private servers; nobody kills the shared one.

use strict;
use warnings;

use Test::More;

my $crash = qr/AddressSanitizer|LeakSanitizer|runtime error:|exit signal|Assertion|\bcore dump/;

sub bad_lines
{
    my ($log) = @_;

    open my $in, '<', $log or return ("$log: $!");
    my @bad = grep { $_ =~ $crash } <$in>;
    return $log eq 't/logs/error_log' ? @bad : grep { !/exit signal Killed \(9\)/ } @bad;
}

for my $log ('t/logs/error_log', glob 'logs/*.log server-*/error_log') {
    my @bad = bad_lines($log);
    ok(!@bad, $log) or diag(@bad);
}

for my $log (grep { -s } glob 'logs/valgrind-*') {
    fail($log);
    open my $in, '<', $log or next;
    diag(<$in>);
}

done_testing;
