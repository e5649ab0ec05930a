exec "$ENV{UNITDIR}/test_database" or die $!;
