exec "$ENV{UNITDIR}/test_match_long" or die $!;
