exec "$ENV{UNITDIR}/test_queries" or die $!;
