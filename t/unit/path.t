exec "$ENV{UNITDIR}/test_path" or die $!;
