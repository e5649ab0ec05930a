exec "$ENV{UNITDIR}/test_patch_client" or die $!;
