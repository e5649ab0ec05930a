exec "$ENV{UNITDIR}/test_places" or die $!;
