exec "$ENV{UNITDIR}/test_filter" or die $!;
