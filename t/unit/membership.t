exec "$ENV{UNITDIR}/test_membership" or die $!;
