exec "$ENV{UNITDIR}/test_units" or die $!;
