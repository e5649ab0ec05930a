exec "$ENV{UNITDIR}/test_media" or die $!;
