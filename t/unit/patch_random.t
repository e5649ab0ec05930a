exec "$ENV{UNITDIR}/test_patch_random" or die $!;
