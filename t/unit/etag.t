exec "$ENV{UNITDIR}/test_etag" or die $!;
