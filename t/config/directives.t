# The manual, the sample configurations and the module's directives say the same.
use strict;
use warnings;

use Test::More;

use Scim::Server;

my @fields = ('Description', 'Syntax', 'Default', 'Context', 'Override', 'Status', 'Module',
    'Compatibility');
my $everywhere = 'server config, virtual host, directory';
my $once       = 'server config';
# For all places of the server; the others are for endpoints, which have no files.
my %of_places = map { $_ => 1 } qw(ScimAccessDirectory ScimExport ScimGuard ScimGuardUnavailable ScimGuardUnknown ScimLoginTime ScimMatch);
my $location   = 'directory (`<Location "/path">` only)';
my $digest     = 'a' x 64;

sub slurp
{
    my ($file) = @_;

    open my $in, '<', $file or die "$file: $!";
    local $/;
    return readline $in;
}

# ---- what there is ----------------------------------------------------------------

# name => { syntax, where }, from httpd -L
sub directives_of_module
{
    my $server = Scim::Server->prepare(port => 1);
    my $file   = $server->configure->conf_file;
    my (%found, $name);

    for (`$ENV{SCIM_HTTPD} -f '$file' -L 2>&1`) {
        if (/^(\S+) \((\S+)\)$/)              { $name = $2 eq 'mod_scim.c' ? $1 : undef }
        elsif ($name && /^\tAllowed in (.*)/) { $found{$name}{where} = $1 }
        elsif ($name && /^\t(.*)/)            { $found{$name}{syntax} = "$name $1" }
    }
    return %found;
}

# name => { field => text, example => text }
sub directives_of_manual
{
    my %found;

    for my $page (split /^(?=## )/m, slurp('docs/directives.md')) {
        my ($name) = $page =~ /^## (.+)/ or next;
        $found{$name} = { $page =~ /^\* \*\*(\w+):\*\* (.+)/mg };
        ($found{$name}{example}) = $page =~ /^```apache\n(.*?)^```/ms;
        $found{$name}{order} = [ $page =~ /^\* \*\*(\w+):\*\*/mg ];
    }
    return %found;
}

my %module  = directives_of_module();
my %manual  = directives_of_manual();
my $handler = delete $manual{'SetHandler scim'};
my @names   = sort keys %module;

cmp_ok scalar(@names), '>', 10, 'httpd -L shows directives';
is_deeply [ sort keys %manual ], \@names, 'the manual has them and no others';

my ($list) = slurp('docs/directives.md') =~ /^((?:\* \[.*\n)+)/m;
is $list, join('', map { "* [$_](#" . lc(s/ /-/r) . ")\n" } 'SetHandler scim', @names),
    'its table of contents, too';

# ---- each of them -------------------------------------------------------------------

sub run_t
{
    my ($config) = @_;
    my ($status, $output) = Scim::Server->run_t(config => "$config\n");

    return ($status == 0, $output);
}

# `context` as the manual calls it => is the line accepted there?
sub contexts
{
    my ($line) = @_;
    my %try = (
        'server config' => $line,
        'virtual host'  => "<VirtualHost *:80>\n$line\n</VirtualHost>",
        'directory'     => "<Location /scim>\nSetHandler scim\nScimDirectory default\n"
            . "ScimBearerToken idp sha256:$digest\n$line\n</Location>",
        'location match' => "<LocationMatch /scim>\n$line\n</LocationMatch>",
        'files'          => "<Directory />\n$line\n</Directory>",
    );

    return { map { $_ => (run_t($try{$_}))[0] } keys %try };
}

# A secret and files that can be read here, in the place of those in the manual.
sub usable
{
    return $_[0] =~ s/(?<!\{)(?:file|env|exec):\S+/sha256:$digest/gr
        =~ s{/etc/mod_scim/(\w+\.json)}{$ENV{SCIM_SRCDIR}/t/data/schemas/$1}gr;
}

for my $name (@names) {
    my $page = $manual{$name} or next;

    subtest $name => sub {
        is_deeply $page->{order}, \@fields, 'fields of the manual, in order';
        is $page->{Syntax}, "`$module{$name}{syntax}`", 'syntax';
        is $module{$name}{where}, $page->{Context} eq $once ? '*.conf only outside <Directory>, <Files>, <Location>, or <If>'
            : '*.conf anywhere', 'not in .htaccess, httpd says';
        is $page->{Override}, 'not allowed in .htaccess', 'nor does the manual';
        is $page->{Status},   'External',                 'status';
        is $page->{Module},   'mod_scim',                 'module';

        my ($line) = ($page->{example} // '') =~ /^\s*($name .*)/m;
        ok $line, 'an example' or return;
        my ($fine, $output) = run_t(
            $page->{Context} eq $location && $page->{example} !~ /<Location/
            ? "<Location /scim>\nSetHandler scim\n" . usable($page->{example}) . '</Location>'
            : usable($page->{example}));
        ok $fine, 'that works' or diag $output;

        my $all = $page->{Context} eq $everywhere;
        my $alone = $page->{Context} eq $once;
        is $page->{Context}, $location, 'context' unless $all || $alone;
        is_deeply contexts(usable($line)), {
            'server config'  => $all || $alone,
            'virtual host'   => $all,
            'directory'      => !$alone,
            'location match' => $all,
            'files'          => $of_places{$name} // '',
            },
            'allowed where the manual says';

        my ($default) = $page->{Default} =~ /^`($name .*)`$/ or return;
        ($fine, $output) = run_t(
            "<Location /scim>\nSetHandler scim\nScimDirectory default\n$default\n</Location>");
        ok $fine, 'the default can be written' or diag $output;
    };
}

subtest 'SetHandler scim' => sub {
    is_deeply $handler->{order}, \@fields, 'fields of the manual, in order';
    my ($fine, $output) = run_t(usable($handler->{example}));
    ok $fine, 'example' or diag $output;
};

subtest 'the endpoint in the introduction' => sub {
    my ($example) = slurp('docs/directives.md') =~ /^```apache\n(.*?)^```/ms;
    my ($fine, $output) = run_t(usable($example));
    ok $fine, 'works' or diag $output;
};

# ---- sample configurations ------------------------------------------------------------

my @samples = glob 'conf.d/*.conf';
ok scalar(grep { m{/scim\.conf$} } @samples), 'there is conf.d/scim.conf';

for my $file (@samples) {
    my %used = map { $_ => 1 } slurp($file) =~ /^\s*#?\s*(Scim[A-Z]\w+)/mg;
    is_deeply [ grep { !$module{$_} } sort keys %used ], [], "$file: nothing but directives";
    is_deeply [ grep { !$used{$_} } @names ], [], "$file: all directives" if $file =~ m{/scim\.};
}

{
    my $text = slurp('conf.d/scim.conf');
    my %default = map { $manual{$_}{Default} =~ /^`(.*)`$/ ? ($_ => $1) : () } @names;

    cmp_ok scalar(keys %default), '>', 10, 'the manual has defaults';
    for my $name (grep { $_ ne 'ScimDirectory' } sort keys %default) {
        like $text, qr/^ +# .*\n +#\Q$default{$name}\E$/m,
            "conf.d/scim.conf: $name is commented out, with its default and a line of explanation";
    }
}

done_testing;
