package Bench::Report;

# The results as a table for the terminal, as JSON, and as the tables of docs/performance.md:
#
#     print head(), table(@rows);
#     print json($result);
#     fill('sqlite.json', 'mariadb.json', 'docs/performance.md');

use strict;
use warnings;

use File::Basename 'dirname';
use JSON::PP ();

use Bench::Plot;

my $format = "%-56s %9s %s%9s %-34s %15s %6s %9s %9s %8s %8s %8s %8s\n";
my ($begin, $end) = ('<!-- results -->', '<!-- end of results -->');

sub number
{
    my ($value) = @_;
    return !defined $value ? '' : $value >= 100 ? sprintf('%.0f', $value) : sprintf '%.2f', $value;
}

sub missed
{
    my ($row) = @_;

    return 0 unless defined $row->{target};
    return $row->{at_most} ? $row->{value} > $row->{target} : $row->{value} < $row->{target};
}

sub target
{
    my ($row) = @_;
    return defined $row->{target} ? ($row->{at_most} ? '<= ' : '>= ') . $row->{target} : '';
}

sub unit { my ($row) = @_; return $row->{unit} eq 'ratio' ? "of $row->{against}" : $row->{unit} }

sub range { my ($row) = @_; return defined $row->{least} ? sprintf('%.2f..%.2f', @{$row}{qw(least most)}) : '' }

sub cells
{
    my ($row) = @_;
    my ($ours, $theirs) = ($row->{ours} || {}, $row->{theirs} || {});

    return ($row->{name}, number($row->{value}), missed($row) ? '!' : ' ', target($row), unit($row), range($row),
        map { number($_) } $row->{cpu_ratio}, $ours->{rate} // $row->{per_second}, $theirs->{rate}, $ours->{p50}, $ours->{p99},
        $ours->{cpu_each}, $theirs->{cpu_each});
}

my @head = ('workload', 'result', ' ', 'target', '', 'from..to', 'by cpu', 'per s', 'other', 'p50 us', 'p99 us', 'cpu us',
    'other');

sub head { return sprintf $format, @head }

sub table { return join '', map { (sprintf($format, cells($_)), $_->{ours}{profile} // ()) } @_ }

sub json { return JSON::PP->new->canonical->pretty->encode($_[0]) }

# ---- Markdown ----------------------------------------------------------------------------

sub read_file
{
    my ($file) = @_;

    open my $in, '<', $file or die "$file: $!\n";
    local $/;
    return scalar <$in>;
}

sub write_file
{
    my ($file, $text) = @_;

    open my $out, '>', $file or die "$file: $!\n";
    print $out $text;
    close $out or die "$file: $!\n";
}

sub markdown_row
{
    my ($workload, $name, $value, $missed, $target, $unit, $range, $cpu, $rate, undef, $p50, $p99, $each) = @_;
    my $met = !$target ? '' : $missed eq '!' ? 'no' : 'yes';

    return '| ' . join(' | ', "`$workload`", $name, "$value $unit", $target, $met, $range, $cpu, $rate, $p50, $p99, $each) . ' |';
}

# Writes the plots of a result beside the page, and returns the lines that show them.
sub plots
{
    my ($result, $page) = @_;
    my @lines;

    for my $plot (qw(people members)) {
        my $svg  = Bench::Plot::svg($plot, $result) or next;
        my $file = "performance-$plot-$result->{machine}{database}.svg";
        write_file(dirname($page) . "/$file", $svg);
        push @lines, "![The cost of requests against the number of $plot, $result->{machine}{database}]($file)", '';
    }
    return @lines;
}

sub markdown
{
    my ($result, $page) = @_;
    my $machine = $result->{machine};
    my @lines   = map { markdown_row($_->{workload}, cells($_)) } @{ $result->{rows} };

    return join "\n", "### $machine->{database} $machine->{database_version}", '',
        "$machine->{date}, `--$result->{mode}`: httpd $machine->{httpd}, $machine->{system}, $machine->{processor}, "
        . "$machine->{cores} cores, $machine->{memory}, $machine->{file_system}; pinned: $machine->{pinned}; "
        . "load before: $machine->{load}.", '',
        "To repeat a row: `make bench BENCHFLAGS='" . join(' ', grep { length } $result->{flags}, "--only PART'`") . '.', '',
        '| part | workload | result | target | met | from..to | by processor | per second | p50 us | p99 us | processor us |',
        '|---|---|---|---|---|---|---|---|---|---|---|', @lines, '', plots($result, $page);
}

# Puts the results of the JSON files into the text, in the place of those that it has, and their plots
# beside it.
sub fill
{
    my $file = pop;
    my $text = read_file($file);

    $text =~ /\Q$begin\E.*\Q$end\E/s or die "$file has no place for results.\n";
    unlink glob dirname($file) . '/performance-*.svg';
    my $results = join "\n", map { markdown($_, $file) } map { JSON::PP::decode_json(read_file($_)) } @_;

    $text =~ s/\Q$begin\E.*\Q$end\E/$begin\n\n$results\n$end/s;
    write_file($file, $text);
}

1;
