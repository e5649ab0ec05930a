exec "$ENV{UNITDIR}/test_members" or die $!;
