exec "$ENV{UNITDIR}/test_cursor" or die $!;
