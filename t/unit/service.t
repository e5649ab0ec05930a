exec "$ENV{UNITDIR}/test_service" or die $!;
