package Bench::Plot;

# A plot in SVG of cost against number, on logarithmic axes: svg('people', @rows) draws the points of
# the rows whose `plot` is that.

use strict;
use warnings;

use List::Util qw(max min);
use POSIX ();

my ($width, $height, $left, $top, $bottom, $legend) = (760, 420, 70, 40, 50, 250);
my @colours = map { "#$_" } qw(1b6ca8 d1495b 2e933c edae49 6a4c93 00798c 8d6a4f 444444);
my %axis    = (people => 'people in the directory', members => 'members of the group');

sub scale
{
    my ($from, $to, $low, $high) = @_;
    my ($first, $last) = map { log } $low, $high;

    return sub { $from + ($to - $from) * (log($_[0]) - $first) / (($last - $first) || 1) };
}

sub text
{
    my ($x, $y, $text, %more) = @_;
    my $attributes = join '', map { qq( $_="$more{$_}") } sort keys %more;

    $text =~ s/([&<>])/'&#' . ord($1) . ';'/ge;
    return sprintf qq(<text x="%.1f" y="%.1f"%s>%s</text>\n), $x, $y, $attributes, $text;
}

sub commas { return scalar reverse(reverse(int $_[0]) =~ s/(\d{3})(?=\d)/$1,/gr) }

# The powers of ten around the values.
sub range
{
    my @values = @_;
    my ($low, $high) = map { log($_) / log 10 } min(@values), max(@values);

    return map { 10**$_ } POSIX::floor($low + 1e-9), max(POSIX::floor($low + 1e-9) + 1, POSIX::ceil($high - 1e-9));
}

sub ticks
{
    my ($low, $high) = @_;
    my @ticks = ($low);

    push @ticks, $ticks[-1] * 10 while $ticks[-1] * 9.99 < $high;
    return @ticks;
}

sub grid
{
    my ($x, $y, $x_range, $y_range) = @_;
    my ($right, $low) = ($width - $legend, $height - $bottom);

    return join '',
        map({ sprintf(qq(<path d="M%.1f %dV%d" class="grid"/>\n), $x->($_), $top, $low)
                . text($x->($_), $low + 18, commas($_), 'text-anchor' => 'middle') } ticks(@$x_range)),
        map({ sprintf(qq(<path d="M%d %.1fH%d" class="grid"/>\n), $left, $y->($_), $right)
                . text($left - 8, $y->($_) + 4, commas($_), 'text-anchor' => 'end') } ticks(@$y_range));
}

sub line
{
    my ($row, $colour, $x, $y) = @_;
    my @at = map { sprintf '%.1f,%.1f', $x->($_->[0]), $y->($_->[1]) } @{ $row->{points} };

    return qq(<polyline points="@at" fill="none" stroke="$colour" stroke-width="2"/>\n)
        . join '', map { my ($cx, $cy) = split /,/; qq(<circle cx="$cx" cy="$cy" r="3" fill="$colour"/>\n) } @at;
}

sub name
{
    my ($i, $row) = @_;
    return text($width - $legend + 15, $top + 10 + 20 * $i, $row->{series}, fill => $colours[ $i % @colours ]);
}

sub svg
{
    my ($plot, @all) = @_;
    my @rows = grep { ($_->{plot} // '') eq $plot } @all;
    return '' unless @rows;

    my @points  = map { @{ $_->{points} } } @rows;
    my @x_range = range(map { $_->[0] } @points);
    my @y_range = range(map { $_->[1] } @points);
    my $x       = scale($left, $width - $legend, @x_range);
    my $y       = scale($height - $bottom, $top, @y_range);

    return qq(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 $width $height" font-family="sans-serif" font-size="12">\n)
        . qq(<style>.grid { stroke: #ddd; fill: none }</style>\n<rect width="$width" height="$height" fill="#fff"/>\n)
        . text($left, 20, 'microseconds of processor for each request, server and database')
        . grid($x, $y, \@x_range, \@y_range)
        . text(($left + $width - $legend) / 2, $height - 10, $axis{$plot}, 'text-anchor' => 'middle')
        . join('', map { line($rows[$_], $colours[ $_ % @colours ], $x, $y) . name($_, $rows[$_]) } 0 .. $#rows)
        . "</svg>\n";
}

1;
