# The tags of log messages: every message has one, each stands at one place, and is explained in
# docs/messages.md.

use strict;
use warnings;

use File::Basename 'dirname';
use File::Find 'find';
use Test::More;

my $top = $ENV{SCIM_SRCDIR} || dirname(__FILE__) . '/../..';
-e "$top/mod_scim" && -e "$top/docs/messages.md"
    or plan skip_all => 'the sources are not here';

my (%place, %level, %explained);

sub slurp
{
    my ($file) = @_;

    open my $in, '<', $file or die "$file: $!";
    local $/;
    return readline $in;
}

# The levels that are named in the call; none when it is decided elsewhere.
sub note_tags
{
    my ($file, $source) = @_;

    while ($source =~ /([^;{}"]*)"(SCIM\d{4}): /g) {
        my ($call, $tag) = ($1, $2);
        ok !$place{$tag}, "$tag stands at one place" or diag "$file and $place{$tag}";
        $place{$tag} = $file;
        my %levels = map { (lc() =~ s/^err$/error/r, 1) }
            $call =~ /\bAPLOG_(EMERG|ALERT|CRIT|ERR|WARNING|NOTICE|INFO|DEBUG|TRACE\d)\b/g;
        $level{$tag} = join ' ', sort keys %levels;
    }
}

# A function that logs for others has "%s" for a format.
sub check_calls
{
    my ($file, $source) = @_;

    while ($source =~ /\bap_log_[rcp]?error\(([^"]*)"((?:[^"\\]|\\.)*)"/g) {
        my ($arguments, $format) = ($1, $2);
        ok $format =~ /^(?:SCIM\d{4}: |%s$)/, "$file: '$format' starts with a tag";
        like $arguments, qr/^\s*APLOG_MARK,/, "$file: '$format' says where it is";
    }
}

find({ no_chdir => 1, wanted => sub {
    /\.c$/ or return;
    my ($file, $source) = ($_, slurp($_));
    $file =~ s{^\Q$top\E/}{};
    note_tags($file, $source);
    check_calls($file, $source);
} }, "$top/mod_scim");

for (split /\n/, slurp("$top/docs/messages.md")) {
    /^\|\s*(SCIM\d{4})\s*\|([^|]*)\|([^|]*)\|([^|]*)\|\s*$/ or next;
    my ($tag, $levels, @columns) = ($1, $2, $3, $4);
    ok !$explained{$tag}++, "$tag is explained once";
    ok !(grep { !/\w/ } @columns), "$tag: no column is empty";
    ok $place{$tag}, "$tag is in the sources" or next;
    my $documented = join ' ', sort $levels =~ /\w+/g;
    is $documented, $level{$tag} || $documented, "$tag: its levels";
    like $documented, qr/\w/, "$tag has a level";
}
ok $explained{$_}, "$_ is explained in docs/messages.md" for sort keys %place;
cmp_ok keys %place, '>', 10, 'there are messages';

done_testing;
