exec "$ENV{UNITDIR}/test_base" or die $!;
