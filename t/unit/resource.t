exec "$ENV{UNITDIR}/test_resource" or die $!;
