exec "$ENV{UNITDIR}/test_groups" or die $!;
