exec "$ENV{UNITDIR}/test_orders" or die $!;
