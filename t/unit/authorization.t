exec "$ENV{UNITDIR}/test_authorization" or die $!;
