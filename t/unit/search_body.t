exec "$ENV{UNITDIR}/test_search_body" or die $!;
