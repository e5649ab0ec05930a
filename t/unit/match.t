exec "$ENV{UNITDIR}/test_match" or die $!;
