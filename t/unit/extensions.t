exec "$ENV{UNITDIR}/test_extensions" or die $!;
