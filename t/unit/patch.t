exec "$ENV{UNITDIR}/test_patch" or die $!;
