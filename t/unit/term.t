exec "$ENV{UNITDIR}/test_term" or die $!;
