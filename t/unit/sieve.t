exec "$ENV{UNITDIR}/test_sieve" or die $!;
