exec "$ENV{UNITDIR}/test_list" or die $!;
