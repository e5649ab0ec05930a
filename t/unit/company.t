use Scim::Database;
Scim::Database::only('sqlite');
exec "$ENV{UNITDIR}/test_company" or die $!;
