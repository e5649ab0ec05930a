exec "$ENV{UNITDIR}/test_password" or die $!;
