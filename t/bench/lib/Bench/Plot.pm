package Bench::Plot;

# A plot in SVG of cost against number, on logarithmic axes: svg('people', $result) draws the points of
# the rows whose `plot` is that; '' when there are none.

use strict;
use warnings;

use List::Util qw(first max min);

my ($width, $height) = (900, 460);
my ($left, $right, $top, $bottom) = (70, 600, 56, 400);    # of the area that the lines are in
my $spacing = 18;                                          # of the names of the lines
my @colours = map { "#$_" } qw(1b6ca8 c0392b 2e933c b8860b 6a4c93 00798c 8d5a2b 444444);
my %axis    = (people => 'people in the directory', members => 'members of the group');

sub scale
{
    my ($from, $to, $low, $high) = @_;
    my ($first, $last) = map { log } $low, $high;

    return sub { $from + ($to - $from) * (log($_[0]) - $first) / (($last - $first) || 1) };
}

sub escape { return $_[0] =~ s/([&<>"])/'&#' . ord($1) . ';'/ger }

sub text
{
    my ($x, $y, $text, %more) = @_;
    my $attributes = join '', map { qq( $_="$more{$_}") } sort keys %more;

    return sprintf qq(<text x="%.1f" y="%.1f"%s>%s</text>\n), $x, $y, $attributes, escape($text);
}

sub commas { return scalar reverse(reverse($_[0]) =~ s/(\d{3})(?=\d)/$1,/gr) }

# 1, 2, 5, 10, 20 ... around the values, from the greatest to a tenth of it at least: what hardly
# differs is to look so.
sub ticks
{
    my ($low, $high) = @_;
    my @all  = map { my $power = 10**$_; map { $_ * $power } 1, 2, 5 } -2 .. 9;
    my $last = first { $_ >= $high } @all;
    my $from = first { $_ <= $low && $_ <= $last / 9.99 } reverse @all;

    return grep { $_ >= $from && $_ <= $last } @all;
}

sub grid
{
    my ($x, $y, $sizes, $ticks) = @_;

    return join '',
        map({ sprintf(qq(<path d="M%.1f %dV%d" class="grid"/>\n), $x->($_), $top, $bottom)
                . text($x->($_), $bottom + 20, commas($_), 'text-anchor' => 'middle') } @$sizes),
        map({ sprintf(qq(<path d="M%d %.1fH%d" class="grid"/>\n), $left, $y->($_), $right)
                . text($left - 8, $y->($_) + 4, commas($_), 'text-anchor' => 'end') } @$ticks);
}

sub line
{
    my ($row, $x, $y) = @_;
    my @at = map { sprintf '%.1f,%.1f', $x->($_->[0]), $y->($_->[1]) } @{ $row->{points} };

    return qq(<polyline points="@at" fill="none" stroke="$row->{colour}" stroke-width="2"/>\n)
        . join '', map { my ($cx, $cy) = split /,/; qq(<circle cx="$cx" cy="$cy" r="3.5" fill="$row->{colour}"/>\n) } @at;
}

# Each beside the end of its line, as far as they do not stand in each other's way.
sub names
{
    my ($rows, $y) = @_;
    my @rows = sort { $a->{end} <=> $b->{end} } map { { %$_, end => $y->($_->{points}[-1][1]) } } @$rows;
    my @at   = map { $_->{end} } @rows;

    $at[$_] = max($at[$_], $at[ $_ - 1 ] + $spacing) for 1 .. $#at;
    $at[-1] = min($at[-1], $bottom);
    $at[$_] = min($at[$_], $at[ $_ + 1 ] - $spacing) for reverse 0 .. $#at - 1;
    return join '', map {
        my ($row, $at) = ($rows[$_], $at[$_]);
        sprintf(qq(<path d="M%d %.1fL%d %.1f" stroke="%s" class="lead"/>\n), $right + 6, $row->{end}, $right + 26, $at,
            $row->{colour})
            . text($right + 30, $at + 4, "$row->{series}: " . commas(sprintf '%.0f', $row->{points}[-1][1]),
            fill => $row->{colour})
    } 0 .. $#rows;
}

# What it was measured on.
sub circumstances
{
    my ($machine) = @_;

    return "$machine->{database} $machine->{database_version}, httpd $machine->{httpd}, $machine->{processor}, "
        . $machine->{date};
}

sub svg
{
    my ($plot, $result) = @_;
    my @rows = grep { ($_->{plot} // '') eq $plot } @{ $result->{rows} };
    return '' unless @rows;

    @rows = map { { %{ $rows[$_] }, colour => $colours[ $_ % @colours ] } } 0 .. $#rows;
    my %sizes = map { $_->[0] => 1 } map { @{ $_->{points} } } @rows;
    my @sizes = sort { $a <=> $b } keys %sizes;
    my @costs = map { $_->[1] } map { @{ $_->{points} } } @rows;
    my @ticks = ticks(min(@costs), max(@costs));
    my $x     = scale($left, $right, @sizes[0, -1]);
    my $y     = scale($bottom, $top, @ticks[0, -1]);
    my $title = 'Microseconds of processor for each request, server and database';

    return qq(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 $width $height" width="$width" height="$height" )
        . qq(font-family="sans-serif" font-size="13" role="img">\n<title>$title</title>\n)
        . qq(<style>.grid { stroke: #ddd; fill: none } .lead { fill: none; opacity: 0.5 }</style>\n)
        . qq(<rect width="$width" height="$height" fill="#fff"/>\n)
        . text($left, 22, $title, 'font-weight' => 'bold') . text($left, 42, circumstances($result->{machine}), fill => '#555')
        . grid($x, $y, \@sizes, \@ticks)
        . text(($left + $right) / 2, $bottom + 44, $axis{$plot}, 'text-anchor' => 'middle')
        . join('', map { line($_, $x, $y) } @rows) . names(\@rows, $y) . "</svg>\n";
}

1;
