exec "$ENV{UNITDIR}/test_directory" or die $!;
