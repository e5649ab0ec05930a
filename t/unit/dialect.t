exec "$ENV{UNITDIR}/test_dialect" or die $!;
