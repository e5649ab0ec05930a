exec "$ENV{UNITDIR}/test_filter_random" or die $!;
