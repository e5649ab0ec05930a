# docs/conformance.md: as many rows as there are rules, and for each the tests that there are.

use strict;
use warnings;
use utf8;

use File::Basename 'dirname';
use JSON::PP;
use Test::More;

binmode Test::More->builder->$_, ':encoding(UTF-8)' for qw(output failure_output);

my $top = $ENV{SCIM_SRCDIR} || dirname(__FILE__) . '/../..';

# "RFC" => { section => { word => how often the section has it } }
my $words = decode_json(slurp("$top/t/data/conformance.json"));
my %force = (
    MUST   => qr/^(?:MUST|SHALL)(?: NOT)?$|^REQUIRED$/,
    SHOULD => qr/^SHOULD(?: NOT)?$|^(?:NOT )?RECOMMENDED$/,
    MAY    => qr/^(?:MAY|OPTIONAL)$/,
);
my %text;

sub slurp
{
    my ($file, $layer) = @_;

    open my $in, '<' . ($layer // ''), $file or die "$file: $!";
    local $/;
    return readline $in;
}

sub trimmed { return $_[0] =~ s/^\s+|\s+$//gr }

# ---- the document ------------------------------------------------------------------

# Cells of a row; `\|` stands for a bar.
sub cells
{
    my ($line) = @_;

    return map { trimmed(s/\\\|/|/gr) } split /(?<!\\)\|/, $line =~ s/^\s*\|//r =~ s/\|\s*$//r, -1;
}

# "RFC" => [ { section, heading, level, rule, kept, tests } ], and the summary's rows by their names
sub read_document
{
    my ($rfc, $heading, %rows, %summary);

    for (split /\n/, slurp("$top/docs/conformance.md", ':encoding(UTF-8)')) {
        if    (/^# (RFC \d+)/)  { $rfc     = $1 }
        elsif (/^## ([\d.]+) /) { $heading = $1 }
        next unless /^\|/ && !/^\| (?:---|Section|Rules)/;
        my @cells = cells($_);
        if (!$rfc) { $summary{ shift @cells } = \@cells; next }
        is @cells, 5, "$cells[0]: five columns" or diag $_;
        my %row = (heading => $heading);
        @row{qw(section level rule kept tests)} = @cells;
        push @{ $rows{$rfc} }, \%row;
    }
    return (\%rows, \%summary);
}

my ($rows, $summary) = read_document();

# ---- each row ----------------------------------------------------------------------

# Is there a string in the file that is the name? An ellipsis stands for anything in it.
sub is_named
{
    my ($file, $name) = @_;
    my $source = $text{$file} //= slurp("$top/$file", ':encoding(UTF-8)');
    my $open   = $name =~ /^…/ ? '' : q/(?<=["'{(])/;
    my $close  = $name =~ /…$/ ? '' : q/(?=["'})])/;
    my @parts  = map { quotemeta =~ s/\\(["'])/\\\\?$1/gr } split /…/, $name;

    return $name =~ /\w{3}/ && $source =~ /$open@{[ join '.*?', @parts ]}$close/;
}

sub check_test
{
    my ($which, $test) = @_;
    my ($file, $name) = $test =~ /^`(t\/[\w.\/]+)`: (.+)$/;

    return ok 0, "$which: '$test' is a file and a name" unless defined $name;
    return ok 0, "$which: there is $file" unless -e "$top/$file";
    ok is_named($file, $name), "$which: $file has '$name'";
}

sub check_row
{
    my ($which, $row) = @_;
    my $may = $row->{level} =~ $force{MAY};
    my @tests = split /<br>/, $row->{tests};

    is $row->{section}, $row->{heading}, "$which: under the heading of its section";
    like $row->{rule}, qr/\w/, "$which: there is a rule";
    like $row->{kept}, $may ? qr/^(?:yes|client)$|^(?:not used|n\.a\.): \w/
        : qr/^(?:yes|client)$|^(?:no|n\.a\.): \w/, "$which: it is said whether it is kept";
    ok scalar(@tests), "$which: there is a test" if $row->{kept} =~ /^(?:yes|no)/;
    check_test($which, $_) for @tests;
}

for my $rfc (sort keys %$words) {
    my (%found, %number);
    for my $row (@{ $rows->{$rfc} }) {
        my $which = "$rfc $row->{section} " . ++$number{ $row->{section} };
        check_row($which, $row);
        $found{ $row->{section} }{ $row->{level} }++;
    }
    is_deeply $found{$_}, $words->{$rfc}{$_}, "$rfc $_: a row for each word"
        for sort keys %{ $words->{$rfc} };
    is_deeply [ grep { !$words->{$rfc}{$_} } sort keys %found ], [], "$rfc: no other sections";
}

# ---- the summary -------------------------------------------------------------------

# Of the rules of this force that bind us, how many are kept.
sub kept
{
    my ($force, @rows) = @_;
    my @ours = grep { $_->{level} =~ $force{$force} && $_->{kept} !~ /^(?:client|n\.a\.)/ } @rows;

    return grep({ $_->{kept} eq 'yes' } @ours) . ' of ' . @ours;
}

my %counts = (
    'MUST, SHALL, REQUIRED: kept' => sub { kept('MUST', @_) },
    'SHOULD, RECOMMENDED: kept'   => sub { kept('SHOULD', @_) },
    'MAY, OPTIONAL: used'         => sub { kept('MAY', @_) },
    'For clients'                 => sub { scalar grep { $_->{kept} eq 'client' } @_ },
    'Not applicable'              => sub { scalar grep { $_->{kept} =~ /^n\.a\./ } @_ },
);
for my $name (sort keys %counts) {
    my @right = map { $counts{$name}->(@{ $rows->{$_} }) } sort keys %$words;
    is_deeply $summary->{$name}, \@right, "summary: $name" or diag "it is: @right";
}
is_deeply [ sort keys %$summary ], [ sort keys %counts ], 'summary: nothing else';

done_testing;
