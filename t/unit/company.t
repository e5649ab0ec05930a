exec "$ENV{UNITDIR}/test_company" or die $!;
