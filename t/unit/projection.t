exec "$ENV{UNITDIR}/test_projection" or die $!;
