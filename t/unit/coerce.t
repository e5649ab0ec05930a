exec "$ENV{UNITDIR}/test_coerce" or die $!;
