exec "$ENV{UNITDIR}/test_bulk" or die $!;
