exec "$ENV{UNITDIR}/test_literal" or die $!;
