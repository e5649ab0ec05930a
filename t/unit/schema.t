exec "$ENV{UNITDIR}/test_schema" or die $!;
