package Bench::Progress;

# What is going on, on the terminal: say_now('text') replaces the line, say_line('text') keeps it.

use strict;
use warnings;

use Exporter 'import';

our @EXPORT_OK = qw(say_now say_line);

my $width = 0;

sub say_now
{
    my ($text) = @_;

    return unless -t STDERR;
    printf STDERR "\r%-*s", $width, $text;
    $width = length $text;
}

sub say_line
{
    my ($text) = @_;

    say_now('');
    print STDERR -t STDERR ? "\r" : '', "$text\n";
    $width = 0;
}

1;
