# Results of `make bench` become tables of docs/performance.md, with what repeats each row, and plots
# beside it.
use strict;
use warnings;

use File::Temp 'tempdir';
use JSON::PP 'encode_json';
use Test::More;

use lib "$ENV{SCIM_SRCDIR}/t/bench/lib";

-d "$ENV{SCIM_SRCDIR}/t/bench" or plan skip_all => 'there is no t/bench';
require Bench::Report;

my $dir = tempdir('results-XXXXXX', DIR => '.', CLEANUP => 1);

sub spew
{
    my ($name, $text) = @_;

    open my $out, '>', "$dir/$name" or die "$name: $!\n";
    print $out $text;
    close $out or die "$name: $!\n";
    return "$dir/$name";
}

sub slurp
{
    my ($name) = @_;

    open my $in, '<', "$dir/$name" or return '';
    local $/;
    return scalar <$in>;
}

# Every element that begins ends, in the right order.
sub well_formed
{
    my ($text) = @_;
    my @open;

    return 0 if $text =~ s/<[^<>]*>//gr =~ /[<>]|&(?!#\d+;)/;
    while ($text =~ m{<(/?)(\w+)((?: [\w:-]+="[^"<]*")*)(/?)>}g) {
        push @open, $2 unless $1 || $4;
        return 0 if $1 && (pop(@open) // '') ne $2;
    }
    return !@open && $text !~ /<(?!\/?\w+(?: [\w:-]+="[^"<]*")*\/?>)/;
}

sub result
{
    my ($database, %more) = @_;
    my %machine = (map({ $_ => "the $_" } qw(processor memory system file_system load pinned)), cores => 2,
        database => $database, database_version => '1.2', httpd => '2.4', date => '2026-01-01');
    my @rows = map { { name => $_, workload => 'people', unit => 'ratio', against => 'less', value => 0.5, target => 0.85,
            plot => 'people', series => "$_ & <all>", points => [[1000, 80], [10_000, 90], [1_000_000, 1234]] } }
        'GET at a million', 'PUT at a million';

    return spew("$database.json", encode_json({ mode => 'full', flags => "--full --database $database",
        machine => \%machine, rows => \@rows, %more }));
}

my $page = spew('page.md', "Before.\n<!-- results -->\nold\n<!-- end of results -->\nBehind.\n");
spew('performance-members-old.svg', '<svg/>');
Bench::Report::fill(result('sqlite'), result('mariadb'), $page);

my $text = slurp('page.md');
like $text, qr/\ABefore\.\n<!-- results -->\n.*\n<!-- end of results -->\nBehind\.\n\z/s, 'the text around stays';
unlike $text, qr/^old$/m, 'old results do not';
is slurp('performance-members-old.svg'), '', 'nor do plots that are not made again';
like $text, qr/^### $_ 1\.2\n\n2026-01-01, .*the processor/m, "results of $_, when and on what" for qw(sqlite mariadb);
like $text, qr/BENCHFLAGS='--full --database mariadb --only PART'/, 'what repeats a row';
is scalar(() = $text =~ /^\| `people` \| (?:GET|PUT) at a million \| 0\.50 of less \| >= 0\.85 \| no \|/mg), 4,
    'all rows, each with the part that it is of';
for my $database (qw(sqlite mariadb)) {
    my ($name) = $text =~ /^!\[[^\]]+\]\((performance-people-$database\.svg)\)$/m;
    my $plot = slurp($name // 'none');
    ok well_formed($plot), "a plot of $database that is well-formed";
    like $plot, qr/>1,000,000</, 'with numbers';
    like $plot, qr/>PUT at a million &#38; &#60;all&#62;: 1,234</, 'and names';
    like $plot, qr/>$database 1\.2, httpd 2\.4, the processor, 2026-01-01</, 'and of what it is';
}
ok !eval { Bench::Report::fill(result('sqlite'), spew('other.md', 'nothing')); 1 }, 'a page without a place for them';
ok -e "$dir/performance-people-sqlite.svg", 'costs no plots';

done_testing;
