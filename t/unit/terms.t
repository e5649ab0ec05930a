exec "$ENV{UNITDIR}/test_terms" or die $!;
