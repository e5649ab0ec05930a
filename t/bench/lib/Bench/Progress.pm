package Bench::Progress;

# What is going on: say_now('text') replaces the line on the terminal, say_now('') takes it away.

use strict;
use warnings;

use Exporter 'import';

our @EXPORT_OK = qw(say_now);

my $width = 0;

sub say_now
{
    my ($text) = @_;

    return unless -t STDERR;
    printf STDERR "\r%-*s%s", $width, $text, $text eq '' ? "\r" : '';
    $width = length $text;
}

1;
