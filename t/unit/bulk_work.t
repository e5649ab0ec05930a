exec "$ENV{UNITDIR}/test_bulk_work" or die $!;
