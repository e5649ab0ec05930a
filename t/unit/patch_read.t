exec "$ENV{UNITDIR}/test_patch_read" or die $!;
