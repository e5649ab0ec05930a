# docs/clients.md has every leniency and dialect of the code: the names, who has which, and the
# sentences.

use strict;
use warnings;

use File::Basename 'dirname';
use Test::More;

my $top = $ENV{SCIM_SRCDIR} || dirname(__FILE__) . '/../..';
-e "$top/mod_scim" && -e "$top/docs/clients.md"
    or plan skip_all => 'the sources are not here';

sub slurp
{
    my ($file) = @_;

    open my $in, '<', "$top/$file" or die "$file: $!";
    local $/;
    return readline $in;
}

my $code = slurp('mod_scim/core/dialect.c');
my $page = slurp('docs/clients.md');

# ---- the code -------------------------------------------------------------------------------------

my (%name, %what, @order);
while ($code =~ /\{(SCIM_LENIENT_\w+), "([\w-]+)", "[^"]*",\s*"([^"]+)"\}/g) {
    push @order, $2;
    ($name{$1}, $what{$2}) = ($2, $3);
}
cmp_ok scalar(@order), '>=', 20, 'there are leniencies';

my %set;
while ($code =~ /^#define ([A-Z]+)\s+((?:[^\n]*\\\n)*[^\n]*)/mg) {
    my ($set, $text) = ($1, $2);
    my ($in, $out) = split /&\s*~/, $text;
    my %has = map { $_ => 1 } map { $set{$_} ? keys %{ $set{$_} } : $name{$_} // () } $in =~ /\w+/g;
    delete $has{ $name{$_} } for grep { $name{$_} } ($out // '') =~ /\w+/g;
    $set{$set} = \%has;
}
my @dialects = map { [$_->[0], $_->[1] eq '0' ? {} : $set{ $_->[1] } || die "no set $_->[1]"] }
    map { /\{"(\w+)", (\w+), \d\}/ ? [$1, $2] : () } ($code =~ /dialects\[\] = (.*?);/s)[0] =~ /\{[^}]*\}/g;
is_deeply [map { $_->[0] } @dialects], [qw(auto onelogin okta entra strict)], 'the dialects';

# ---- the page -------------------------------------------------------------------------------------

my ($head) = $page =~ /^\| Name \|(.*)\| What \|$/m;
is_deeply [map { s/^\s+|\s+$//gr } split /\|/, $head], [map { $_->[0] } @dialects],
    'a column for each dialect';

my %row;
my @rows;
while ($page =~ /^\| ([\w-]+) \|((?: (?:yes)? ?\|){5}) (.+) \|$/mg) {
    my ($name, $cells, $what) = ($1, $2, $3);
    my @cells = split /\|/, $cells;
    push @rows, $name;
    $row{$name} = [$what, map { ($cells[$_] // '') =~ /yes/ ? $dialects[$_][0] : () } 0 .. $#dialects];
}
is_deeply \@rows, \@order, 'a row for each leniency, in the order of the code';
for my $name (@order) {
    my ($what, @has) = @{ $row{$name} || [''] };
    is $what, $what{$name}, "$name: what it is";
    is "@has", join(' ', map { $_->[1]{$name} ? $_->[0] : () } @dialects), "$name: who has it";
}

done_testing;
