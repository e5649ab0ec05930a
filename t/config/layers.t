# The layers: an arrow points down only, as the #include lines have it.
use strict;
use warnings;

use Test::More;

my $top = $ENV{SCIM_SRCDIR} // '.';
my %may = (                                      # layer => layers whose headers it may include
    core      => [qw(core schemas)],
    directory => [qw(core directory schemas)],
    service   => [qw(core service)],
    access    => [qw(core service httpd access)],
    httpd     => [qw(core directory service httpd access)],    # access and httpd are beside each other
    support   => [qw(core directory service)],
);
my $httpd = qr/^(?:httpd|http_\w+|ap_\w+|util_\w+|mod_dbd|mpm_common)\.h$/;

sub includes
{
    my ($file) = @_;
    open my $in, '<', $file or die "$file: $!";
    return map { /^\s*#\s*include\s*[<"]([^>"]+)[>"]/ ? $1 : () } <$in>;
}

my %arrows;
for my $layer (sort keys %may) {
    my $place = $layer eq 'support' ? $layer : "mod_scim/$layer";
    my @files = map { glob "$top/$place/$_" } '*.[ch]', '*/*.[ch]';
    ok @files, "$layer has files";
    for my $file (@files) {
        for my $header (includes($file)) {
            $arrows{"$layer -> $1"}++ if $header =~ m{^(core|directory|service|access|httpd|schemas)/};
            $arrows{"$layer -> httpd.h"}++, diag "$file: $header" if $header =~ $httpd;
        }
    }
}
note "$_: $arrows{$_}" for sort keys %arrows;
for my $layer (sort keys %may) {
    my @allowed = (map({ "$layer -> $_" } @{ $may{$layer} }), 'httpd -> httpd.h', 'access -> httpd.h');
    my %wrong = %arrows;
    delete @wrong{@allowed};
    is_deeply [grep { /^$layer -> / } sort keys %wrong], [], "$layer: arrows point down only";
}
done_testing;
