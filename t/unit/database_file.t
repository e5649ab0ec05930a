exec "$ENV{UNITDIR}/test_database_file" or die $!;
