# A page that includes an endpoint, as mod_include can: its readers' tokens are not for that.
use strict;
use warnings;

use Test::More;

use Scim::Expect qw(status_is endpoint);
use Scim::Server;

-e "$ENV{SCIM_MODULES}/mod_include.so" or plan skip_all => 'httpd has no mod_include';

my $token  = 'included-0123456789abcdefghijklmno';
my $server = Scim::Server->start(
    modules => ['include'],
    config  => <<'END' . endpoint('/scim/v2', token => $token),
<Directory "@DIR@/htdocs">
    Options +Includes
    Require all granted
    SetOutputFilter INCLUDES
</Directory>
END
);
my $scim = $server->client($token);
status_is($scim->post('/Users', { userName => 'ada' }), 201, 'a person');
open my $out, '>', $server->dir . '/htdocs/page.html' or die "page.html: $!";
print $out 'before <!--#include virtual="/scim/v2/Users" --> after';
close $out or die "page.html: $!";

my $page = $server->client(token => $token, path => '')->get('/page.html');
is $page->code, 200, 'a page';
like $page->text, qr/^before .* after$/s, '... that includes something';
unlike $page->text, qr/ada/, '... does not show people';
status_is($scim->get('/Users'), 200, 'who are there');

done_testing;
