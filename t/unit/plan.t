exec "$ENV{UNITDIR}/test_plan" or die $!;
