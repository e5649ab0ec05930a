package Scim::Ledger::Writer;

# One writer of a Scim::Ledger, a process of its own with people of its own. What it is about to do
# and what came of it goes to a file, line by line.
#
#     Scim::Ledger::Writer->new($ledger, $client, $name, $file)->work;    # until the ledger is stopped

use strict;
use warnings;

use JSON::PP ();
use Time::HiRes 'sleep';

use Scim::Connection;
use Scim::Ledger;
use Scim::Ledger::World 'SHARED';

my $json    = JSON::PP->new->canonical;
my $urn     = 'urn:ietf:params:scim:schemas:core:2.0';
my $message = 'urn:ietf:params:scim:api:messages:2.0';

sub new
{
    my ($class, $ledger, $client, $name, $file) = @_;

    open my $out, '>>', $file or die "$file: $!";
    # a connection that repeats nothing, as HTTP::Tiny does
    return bless { ledger => $ledger, name => $name, file => $out, wire => Scim::Connection->new($client), serial => 0 },
        $class;
}

# A life that ends early ended with a request that was not answered: nobody knows what is stored now.
sub work
{
    my ($self) = @_;

    for (my $n = 1; !$self->{ledger}->stopped; $n++) {
        @$self{qw(world ids turn)} = (Scim::Ledger::World->new, { SHARED() => $self->{ledger}{shared} }, $n);
        $n % 2 ? $self->live("$self->{name}.$n") : $self->live_together("$self->{name}.$n");
    }
}

# ---- requests ---------------------------------------------------------------------------------

sub record
{
    my ($self, @words) = @_;
    syswrite $self->{file}, join("\t", map { s/\s+/ /gr } @words) . "\n";
    return;
}

# One request, on a connection of its own, that leads to the next world. $due looks at the answer: what
# is wrong with it, or nothing.
sub try
{
    my ($self, $next, $due, $method, $path, $body, %headers) = @_;
    my $ledger = $self->{ledger};
    my $serial = "$self->{name}#" . ++$self->{serial};

    return if $ledger->stopped;
    $self->record('try', $serial, "$method $path", $json->encode($next->since($self->{world})));
    my $r = eval { $self->{wire}->send($method, $path, $body, %headers, Connection => 'close') };
    my $why = $@;
    if (!$r || !$r->code || length $r->text < ($r->header('Content-Length') // 0)) {
        sleep 0.05;
        return $self->record($r ? 'lost' : $why =~ /refused|connect: Connection reset/ ? 'refused' : 'hang', $serial, $r ? ($r->code, $r->text) : $why);
    }
    if ($ledger->{later} && $r->code == 503 && $r->header('Retry-After')) {
        sleep 0.01;
        return $self->record('later', $serial, $r->text);
    }
    my $wrong = eval { $due->($r) // '' } // $@;
    return $self->record('wrong', $serial, $wrong, $r->code, $r->text) if $wrong;
    $self->record('done', $serial, $json->encode($self->{ids}));
    $self->{world} = $next;
    return 1;
}

sub is_of { my ($etag, $known) = @_; return Scim::Ledger::World::version($etag // 'no ETag') eq $known->{version} }

# What is wrong with an answer about a person or a group.
sub unlike
{
    my ($r, $code, $known) = @_;

    return "not $code" if $r->code != $code;
    return "not version $known->{version}" if $known && !is_of($r->header('ETag'), $known);
    return if !$known || $known->{members} || !length $r->text;
    return 'not whole' if (Scim::Ledger::whole($r->json) // '') ne $known->{n};
    return;
}

sub path { my ($self, $name) = @_; return ($name =~ /^shared$|g$/ ? '/Groups/' : '/Users/') . $self->{ids}{$name} }

sub patch { return { schemas => ["$message:PatchOp"], Operations => [@_] } }

sub team
{
    my ($self, $name, $n, @values) = @_;
    return { schemas => ["$urn:Group"], displayName => "$name generation $n", members => [map { { value => $_ } } @values] };
}

# The next world, after what the code does to a copy.
sub next_world
{
    my ($self, $code) = @_;
    my $next = $self->{world}->copy;

    local $_ = $next;
    $code->();
    return $next;
}

# ---- a person, alone --------------------------------------------------------------------------

sub create
{
    my ($self, $name) = @_;
    my $next = $self->next_world(sub { $_->make($name, 1) });

    return $self->try($next, sub {
        my ($r) = @_;
        $self->{ids}{$name} = $r->json->{id} if $r->code == 201;
        return unlike($r, 201, $next->person($name));
    }, POST => '/Users', Scim::Ledger::generation($name, 1));
}

sub change
{
    my ($self, $name, $n, $method, $body, %headers) = @_;
    my $next = $self->next_world(sub { $_->change($name, $n) });

    return $self->try($next, sub { unlike($_[0], 200, $next->person($name)) }, $method, $self->path($name), $body, %headers);
}

sub remove
{
    my ($self, $name) = @_;
    my $next = $self->next_world(sub { $_->remove($name) });
    return $self->try($next, sub { unlike($_[0], 204) }, DELETE => $self->path($name));
}

# Created, replaced, patched, and some are deleted.
sub live
{
    my ($self, $name) = @_;

    $self->create($name) or return;
    $self->change($name, 2, PUT => Scim::Ledger::generation($name, 2)) or return;
    $self->change($name, 3, PATCH => Scim::Ledger::operations(3)) or return;
    $self->change($name, 4, PATCH => Scim::Ledger::operations(4), 'If-Match' => 'W/"3"') or return;
    $self->remove($name) if $self->{turn} % 3 == 0;
}

# ---- people in groups -------------------------------------------------------------------------

# Several operations in one request: each is [method, path, body, expected status, name, what is created].
sub bulk
{
    my ($self, $next, @operations) = @_;
    my $due = sub {
        my ($r) = @_;
        return 'not 200' if $r->code != 200;
        my @results = @{ $r->json->{Operations} };
        return 'not as many results' if @results != @operations;
        for my $i (0 .. $#operations) {
            my (undef, undef, undef, $status, $name, $new) = @{ $operations[$i] };
            my $known = $next->person($name) || $next->group($name);
            return "operation $i: not $status" if $results[$i]{status} ne $status;
            return "operation $i: not version $known->{version}" if $known && !is_of($results[$i]{version}, $known);
            ($self->{ids}{$name}) = $results[$i]{location} =~ m{([^/]+)$} if $new;
        }
        return;
    };

    return $self->try($next, $due, POST => '/Bulk', { schemas => ["$message:BulkRequest"], Operations => [map {
        my ($method, $path, $body, undef, $name, $new) = @$_;
        { method => $method, path => $path, $body ? (data => $body) : (), $new ? (bulkId => $name) : () };
    } @operations] });
}

# What a PATCH does to the members of a group.
sub members
{
    my ($self, $group, $next, $operation, %headers) = @_;
    my $known = $group eq SHARED ? undef : $next->group($group);

    return $self->try($next, sub { unlike($_[0], 204, $known) }, PATCH => $self->path($group), patch($operation), %headers);
}

sub join_group
{
    my ($self, $group, @names) = @_;
    return $self->members($group, $self->next_world(sub { $_->join($group, @names) }),
        { op => 'add', path => 'members', value => [map { { value => $self->{ids}{$_} } } @names] });
}

sub leave_group
{
    my ($self, $group, $name, %headers) = @_;
    return $self->members($group, $self->next_world(sub { $_->leave($group, $name) }),
        { op => 'remove', path => "members[value eq \"$self->{ids}{$name}\"]" }, %headers);
}

# Three people and a group of two of them, at once or not at all.
sub found
{
    my ($self, $group, @names) = @_;
    my $next = $self->{world}->copy;

    $next->make($_, 1) for @names;
    $next->gather($group, 1, @names[0, 1]);
    return $self->bulk($next,
        (map { ['POST', '/Users', Scim::Ledger::generation($_, 1), 201, $_, 1] } @names),
        ['POST', '/Groups', $self->team($group, 1, map { "bulkId:$_" } @names[0, 1]), 201, $group, 1]);
}

# One goes, one is changed, the group is replaced: at once or not at all.
sub reform
{
    my ($self, $group, $gone, $changed) = @_;
    my $next = $self->{world}->copy;

    $next->remove($gone);
    $next->change($changed, 3);
    $next->gather($group, 2, $changed);
    return $self->bulk($next,
        ['DELETE', $self->path($gone), undef, 204, $gone],
        ['PATCH', $self->path($changed), Scim::Ledger::operations(3), 200, $changed],
        ['PUT', $self->path($group), $self->team($group, 2, $self->{ids}{$changed}), 200, $group]);
}

sub dissolve
{
    my ($self, $group) = @_;
    my $next = $self->next_world(sub { $_->dissolve($group) });
    return $self->try($next, sub { unlike($_[0], 204) }, DELETE => $self->path($group));
}

# Into groups, within them, and out of them.
sub live_together
{
    my ($self, $name) = @_;
    my ($a, $b, $c, $group) = map { "$name$_" } qw(a b c g);

    $self->found($group, $a, $b, $c) or return;
    $self->join_group($group, $c) or return;
    $self->join_group(SHARED, $a, $b) or return;
    $self->leave_group($group, $a, 'If-Match' => 'W/"2"') or return;
    $self->change($b, 2, PUT => Scim::Ledger::generation($b, 2)) or return;
    $self->remove($c) or return;
    $self->reform($group, $a, $b) or return;
    $self->leave_group(SHARED, $b) or return if $self->{turn} % 4;
    $self->dissolve($group) if $self->{turn} % 6 == 0;
}

1;
