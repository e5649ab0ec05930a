exec "$ENV{UNITDIR}/test_schema_build" or die $!;
