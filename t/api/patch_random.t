# Operations at random, on users and groups: over HTTP a resource becomes what the core alone makes
# of it in memory, and has another version if that is another resource.
#
# SCIM_RANDOM_COUNT says how many messages, SCIM_RANDOM_SEED which.
use strict;
use warnings;

use IPC::Open2 'open2';
use JSON::PP ();
use Test::More;

use Scim::Client qw(true false null);

my $urn   = 'urn:ietf:params:scim:schemas:core:2.0';
my $more  = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
my $count = $ENV{SCIM_RANDOM_COUNT} // 400;
my $seed  = $ENV{SCIM_RANDOM_SEED}  // 5789;
my $json  = JSON::PP->new->utf8->canonical->allow_nonref;

# ---- chance ---------------------------------------------------------------------------

my $state = $seed;

sub dice
{
    my ($sides) = @_;
    $state = ($state * 1103515245 + 12345) & 0x7fffffff;
    return ($state >> 8) % $sides;
}

sub any { return $_[dice(scalar @_)] }

sub wild
{
    return any('x', 'X', '', ' ', 1, 1.5, true, false, null, [], {}, ['x'], [{ value => 'x' }], { value => 'x' },
        [{ value => 'x', primary => true }, { value => 'y', primary => true }], 'True', [null]);
}

# ---- people -----------------------------------------------------------------------------

sub entry
{
    my %entry = (value => any('a@x', 'A@x', 'b@x', 'c@x'));
    $entry{type}    = any(qw(work home Work)) if dice(3);
    $entry{primary} = any(true, false) if dice(2) == 0;
    $entry{display} = any('d', 'e') if dice(3) == 0;
    return \%entry;
}

sub address { return { map { dice(2) ? ($_ => any('p', 'q')) : () } qw(locality region type) } }

my @text = map {
    [$_ => sub { any('a', 'A', "\xe9", 'long ' x 20) }]
} qw(title nickName displayName userType name.givenName name.familyName locale
    externalId), map { "$more:$_" } qw(department costCenter manager.value);

my @list_filters = ('type eq "work"', 'value sw "a"', 'primary eq true', 'value eq "b@x" and type eq "home"',
    'not (type pr)', 'type ne "work" or display pr', 'value eq "A@X"', 'type eq "other"');

my @user_targets = (
    @text,
    [active => sub { any(true, false) }],
    [name => sub { any({ givenName => 'g' }, { familyName => 'f', givenName => null }) }],
    [$more => sub { any({ department => 'd' }, { manager => { value => 'm' } }, { manager => null }) }],
    ["$more:manager" => sub { any({ value => 'n' }, 'plain') }],
    (map { [$_ => sub { any([entry()], [entry(), entry()], entry()) }] } qw(emails phoneNumbers emails)),
    (map { my $f = $_; ["emails[$f]" => \&entry] } @list_filters),
    (map { my $f = $_; ["phoneNumbers[$f].value" => sub { any('1', '2') }] } @list_filters),
    (map { my $f = $_; ["emails[$f].primary" => sub { any(true, false) }] } @list_filters),
    ['emails.display' => sub { any('d', 'e') }],
    [addresses => sub { [address(), address()] }],
    ['addresses[locality eq "p"]' => \&address],
    ['addresses[type pr].region' => sub { any('p', 'q') }],
    map({ [$_ => sub { 'x' }] } qw(id meta.created groups nonsense emails[ schemas), 'title[value eq "x"]'),
);

# ---- groups -----------------------------------------------------------------------------

my (%known, @ids);

sub an_id { return dice(25) ? any(@ids) : dice(2) ? uc any(@ids) : '01900000-0000-7000-8000-000000000000' }

sub member
{
    my %member = dice(30) ? (value => an_id()) : ();
    $member{display} = 'whatever' if dice(6) == 0;
    return \%member;
}

sub member_filter
{
    my $id = an_id();
    return any("value eq \"$id\"", "value eq \"$id\"", 'type eq "User"', 'display sw "p"', 'value pr',
        "value eq \"$id\" or value eq \"" . an_id() . '"', "not (value eq \"$id\")", "value ne \"$id\" and type eq \"Group\"");
}

my @group_targets = (
    (map { [members => sub { [map { member() } 0 .. dice(4)] }] } 1 .. 5),
    [members => \&member],
    [externalId => sub { any('a', 'b') }],
    # how members are shown is the service's own
    (map { [sub { 'members[' . member_filter() . ']' } => sub { dice(5) ? { value => an_id() } : {} }] } 1 .. 5),
    map({ [$_ => sub { 'x' }] } 'nonsense', 'members[', 'members[nonsense pr]'),
);

# ---- operations ---------------------------------------------------------------------------

sub target
{
    my ($name, $value) = @{ any(@_) };
    return (ref $name ? $name->() : $name, dice(12) ? $value->() : wild());
}

sub operation
{
    my ($own, @targets) = @_;
    my $op = any(qw(add add replace replace remove), dice(10) ? () : 'Add');

    if (dice(8) == 0) {
        my %value = map { my ($path, $value) = target(@targets); ($path => $value) } 0 .. dice(3);
        %value = map { /[\[.]/ && dice(4) ? () : ($_ => $value{$_}) } keys %value;
        return { op => $op, value => \%value };
    }
    my ($path, $value) = dice(15) ? target(@targets) : ($own->[0], any(@{ $own->[1] }));
    return { op => $op, path => $path, $op eq 'remove' && dice(6) ? () : (value => $value) };
}

# ---- the two --------------------------------------------------------------------------------

my $pid = open2(my $from, my $to, "$ENV{UNITDIR}/test_patch_model");

sub model
{
    print $to $json->encode({ known => \%known, @_ }) . "\n";
    $to->flush;
    return $json->decode(readline($from) // die 'the model has ended');
}

sub seen
{
    my ($r) = @_;
    my %seen = %{ $r->json };
    delete @seen{qw(id meta groups)};
    return \%seen;
}

# Applies messages to one new resource; how many of them were applied.
sub walk
{
    my ($scim, $dialect, $type, $first, $own, $steps, @targets) = @_;
    my $model   = model(type => $type, dialect => $dialect, resource => $first)->{resource};
    my $r       = $scim->post("/${type}s", $first);
    my $url     = "/${type}s/" . $r->json->{id};
    my $version = 1;
    my $applied = 0;

    is $json->encode(seen($r)), $json->encode($model), "$dialect, $type: created" or return 0;
    for my $step (1 .. $steps) {
        my $message = { schemas => ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
            Operations => [map { operation($own, @targets) } 0 .. dice(3)] };
        my $wanted = model(type => $type, dialect => $dialect, resource => $model, patch => $message);
        my $ok     = $wanted->{status} == 200;
        my $got    = $scim->patch($url, $message);
        my $now    = $got->code == 200 ? $got : $scim->get($url);

        $version++ if $ok && $json->encode($wanted->{resource}) ne $json->encode($model);
        my @faults = (
            int($got->code / 100) == 2 && $ok || $got->code == $wanted->{status}
                ? () : 'status ' . $got->code . " for $wanted->{status}: " . ($got->detail || $wanted->{detail} || ''),
            $json->encode(seen($now)) eq $json->encode($ok ? $wanted->{resource} : $model) ? () : 'another resource',
            $now->header('ETag') eq qq(W/"$version") ? () : 'version ' . $now->header('ETag') . " for $version");
        if (@faults) {
            fail "$dialect, $type, step $step of seed $seed: @faults";
            diag 'before ', $json->encode($model), "\nmessage ", $json->encode($message), "\nwanted ",
                $json->encode($wanted), "\ngot ", $json->encode(seen($now));
            return $applied;
        }
        $applied += $ok;
        $model = $wanted->{resource} if $ok;
    }
    return $applied;
}

my ($applied, $walks, $steps) = (0, 0, 25);

while ($walks * $steps * 2 < $count) {
    my $dialect = any(qw(strict onelogin));
    my $scim    = Scim::Client->new(path => "/$dialect/v2");
    my $n       = $walks++;

    %known = @ids = ();
    for my $name (map { "p$seed-$n-$_" } 1 .. 6) {
        my $kind = $name =~ /[56]$/ ? 'Group' : 'User';
        my $id = $scim->post("/${kind}s", { schemas => ["$urn:$kind"],
                ($kind eq 'User' ? 'userName' : 'displayName') => $name })->json->{id};
        $known{$id} = { value => $id, type => $kind, display => $name, '$ref' => $scim->base . "/${kind}s/$id" };
        push @ids, $id;
    }
    my @names = map { "r$seed-$n-$_" } 'a', 'A', "\xe9";
    $applied += walk($scim, $dialect, 'User', { schemas => ["$urn:User"], userName => $names[0] },
        [userName => \@names], $steps, @user_targets);
    $applied += walk($scim, $dialect, 'Group', { schemas => ["$urn:Group"], displayName => $names[0] },
        [displayName => \@names], $steps, @group_targets);
}
close $to;
waitpid $pid, 0;
is $?, 0, "the model came to its end, seed $seed";
cmp_ok $applied, '>', $count / 5, "$applied of $count messages were applied";
done_testing;
