exec "$ENV{UNITDIR}/test_search" or die $!;
