# Every fuzz target runs over its seeds: t/corpus/NAME with the program replay_NAME.

use strict;
use warnings;

use File::Basename 'basename';
use FindBin;
use Test::More;

my %seeds    = map { basename($_) => $_ } grep { -d } glob "$FindBin::Bin/../corpus/*";
my %programs = map { /replay_(\w+)$/ ? ($1 => $_) : () } glob "$ENV{UNITDIR}/replay_*";
my %targets  = map { $_ => 1 } keys %seeds, keys %programs;

ok(%targets, 'there are targets');
for my $name (sort keys %targets) {
    my $output = '';

    if ($seeds{$name} && $programs{$name}) {
        $output = `$programs{$name} $seeds{$name} 2>&1`;
        like($output, qr/^[1-9]\d* inputs$/m, "$name: the seeds are run");
        is($?, 0, "$name: all of them pass") or diag($output);
    }
    else {
        fail($seeds{$name} ? "$name: there is no replay_$name" : "$name: there are no seeds");
    }
}
done_testing();
