exec "$ENV{UNITDIR}/test_filter_print" or die $!;
