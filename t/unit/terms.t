use Scim::Database;
Scim::Database::only('sqlite');
exec "$ENV{UNITDIR}/test_terms" or die $!;
