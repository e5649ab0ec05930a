exec "$ENV{UNITDIR}/test_username" or die $!;
