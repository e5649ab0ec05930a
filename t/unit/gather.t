exec "$ENV{UNITDIR}/test_gather" or die $!;
