exec "$ENV{UNITDIR}/test_groups_of" or die $!;
