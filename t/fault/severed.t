# The connection between httpd and the server of the database breaks at a chosen moment: whatever was
# going on is done once or not at all, the answer does not lie, and the next request is served.
#
# SCIM_CUTS=500 cuts that many connections under load.
use strict;
use warnings;

use POSIX ();
use Test::More;

use Scim::Ctl;
use Scim::Database;
use Scim::Expect qw(status_is error_problem endpoint total);
use Scim::Ledger;
use Scim::Process qw(patience wait_until);
use Scim::Proxy;
use Scim::Server;

Scim::Database::only('postgresql', 'mariadb');

my $token = 'severed-0123456789abcdefghijklmnopqr';
my $slow  = patience() > 60;    # under a sanitizer or valgrind
my $cuts  = $ENV{SCIM_CUTS} || ($slow ? 20 : 60);
my $file  = 'severed.db';
my $urn   = 'urn:ietf:params:scim:schemas:core:2.0';
my $proxy = Scim::Proxy->start;

# What a request does is on one connection where there is one thread.
sub httpd
{
    my ($threads, $more) = @_;
    return Scim::Server->start(threads => $threads, config => "LogLevel warn\nDBDParams \""
            . $proxy->params(Scim::Database::params($file)) . "\"\n" . ($more // '')
            . endpoint('/scim/v2', directory => 'people', token => $token));
}

my $server = httpd(1);
my $scim   = $server->client($token);
my $serial = 0;

sub person { return { schemas => ["$urn:User"], userName => 'person' . ++$serial, displayName => 'Somebody' } }
sub title { return [{ op => 'replace', path => 'title', value => shift }, { op => 'replace', path => 'displayName', value => shift }] }

# A person in a group, so that a change is more than one row.
my $id    = status_is($scim->post('/Users', person()), 201, 'somebody')->json->{id};
my $group = status_is($scim->post('/Groups', { schemas => ["$urn:Group"], displayName => 'Group', members => [{ value => $id }] }),
    201, 'in a group')->json->{id};

# What shows whether something was done, and how often.
sub state
{
    my $person = $scim->get("/Users/$id")->json;
    my $r = $scim->get("/Groups/$group")->json;
    return { title => $person->{title} // '', display => $r->{members}[0]{display}, total => total($scim),
        map { $_ => version($_ eq 'person' ? $person : $r) } qw(person group) };
}

sub version { my ($tag) = $_[0]{meta}{version} =~ /^W\/"(\d+)/; return $tag }

sub refused_problem
{
    my ($r) = @_;
    return error_problem($r, 503, undef) || ($r->header('Retry-After') ? () : 'no Retry-After');
}

# One change while the proxy does something; whether it did.
sub change
{
    my ($what, $turn, @order) = @_;
    my $before = state();
    my $struck = $proxy->struck;

    $proxy->order(@order) if @order;
    my $r = $scim->patch("/Users/$id", title("title $turn", "display $turn"));
    $proxy->calm;
    $struck = $proxy->struck - $struck;
    my $after = state();
    my %done = (%$before, title => "title $turn", display => "display $turn", person => $before->{person} + 1,
        group => $before->{group} + 1);
    my ($code, $unknown) = ($r->code, $what =~ /^commit|after$/);    # after the last statement comes COMMIT
    my %due = $code == 200 || ($unknown && $after->{title} eq $done{title}) ? %done : %$before;

    is_deeply $after, \%due, "$what: $code, and all of it is " . ($due{title} eq $done{title} ? 'done, once' : 'not done');
    ok $code == 200 || ($unknown && !refused_problem($r)), "$what: the answer" or diag "$code " . $r->text;
    return ($struck, $r, $after->{title} eq $done{title});
}

# ---- the tests --------------------------------------------------------------------------------

my $turn = 0;

change('nothing happens', ++$turn);

# Each statement of the transaction in turn.
for my $how (qw(before answered half after)) {
    subtest "between BEGIN and COMMIT: $how" => sub {
        my ($skip, $unknown) = (0, 0);

        for (; $skip < 40; $skip++) {
            my ($struck, $r, $done) = change("inside, statement $skip, $how", ++$turn, at => 'inside', how => $how, skip => $skip);
            $unknown++ if $r->code != 200;
            ok $r->code == 200 || !$done, "statement $skip: COMMIT was not heard" if $struck;
            last unless $struck;
        }
        cmp_ok $skip, '>', 0, 'the transaction has statements';
        cmp_ok $skip, '<', 40, 'and an end';
        cmp_ok $unknown, '<=', 1, 'the client is left in doubt at the end alone';
    };
}

for my $at (qw(begin read)) {
    subtest "at a $at" => sub {
        for my $how (qw(before answered half after)) {
            my ($struck) = change("$at, $how", ++$turn, at => $at, how => $how);
            ok $struck || $at eq 'read', "$how: there was one";
        }
    };
}

subtest 'COMMIT that does not get there' => sub {
    my ($struck, $r, $done) = change('commit before', ++$turn, at => 'commit', how => 'before');

    is $struck, 1, 'it was cut';
    is $done, $r->code == 200 ? 1 : '', 'done if the answer says so';
};

for my $how (qw(answered half)) {
    subtest "COMMIT whose answer is lost: $how" => sub {
        my ($struck, $r, $done) = change("commit $how", ++$turn, at => 'commit', how => $how);

        is $struck, 1, 'it was cut';
        ok $done, 'it is done';
        like $server->error_log, qr/SCIM0020/, 'the log says why it was 503' if $r->code == 503;
    };
}

subtest 'what is made, and made away with' => sub {
    for my $case ([commit => 'before'], [commit => 'answered'], [inside => 'answered'], [begin => 'after']) {
        my ($at, $how) = @$case;
        my $count = total($scim);
        my $person = person();

        $proxy->order(at => $at, how => $how);
        my $r = $scim->post('/Users', $person);
        $proxy->calm;
        my $found = total($scim, "userName eq \"$person->{userName}\"");
        ok $r->code == 201 || ($at eq 'commit' && !refused_problem($r)), "$at $how: an answer" or diag $r->text;
        ok $found == 1 || ($found == 0 && $r->code == 503), "$at $how: there once, or not at all";
        is total($scim), $count + $found, "$at $how: and counted so";
        $found or next;
        my $new = $scim->get('/Users', query => { filter => "userName eq \"$person->{userName}\"" })->json->{Resources}[0]{id};
        $proxy->order(at => $at, how => $how);
        $r = $scim->delete("/Users/$new");
        $proxy->calm;
        my $left = total($scim, "userName eq \"$person->{userName}\"");
        ok $r->code == 204 || ($at eq 'commit' && !refused_problem($r)), "$at $how: deleted, or not known" or diag $r->text;
        is $left, 0, "$at $how: it is gone" if $r->code == 204;
        is total($scim), $count + $left, "$at $how: and counted so again";
        status_is($scim->delete("/Users/$new"), 204, 'away') if $left;
    }
};

subtest 'If-Match' => sub {
    for my $how (qw(before answered)) {
        my $before = state();
        $proxy->order(at => 'inside', how => $how, skip => 1);
        my $r = $scim->patch("/Users/$id", title("match $how", 'Match'), 'If-Match' => $scim->get("/Users/$id")->header('ETag'));
        $proxy->calm;
        is $r->code, 200, "$how: what is tried again meets its own version" or diag $r->text;
        is state()->{person}, $before->{person} + 1, "$how: and makes one more";
    }
};

subtest 'reading' => sub {
    for my $how (qw(before answered half after)) {
        for my $path ("/Users/$id", "/Groups/$group", '/Users?filter=userName+sw+%22person%22') {
            $proxy->order(at => 'read', how => $how);
            my $r = $scim->get($path);
            $proxy->calm;
            is $r->code, 200, "$how: $path" or diag $r->text;
            is_deeply $r->json, $scim->get($path)->json, "$how: $path, whole";
        }
    }
};

# No driver has a limit for this: a request waits as long as its connection lasts, and others do not.
subtest 'no answer' => sub {
    my $few = httpd(3, "DBDMax 3\n");
    my $client = $few->client($token);

    for my $case ([inside => 'silent'], [inside => 'deaf'], [begin => 'silent'], [commit => 'silent'], [commit => 'deaf']) {
        my ($at, $how) = @$case;
        my $before = state();
        my $struck = $proxy->struck;
        my $new = ++$turn;
        $proxy->order(at => $at, how => $how);
        my $pid = open(my $answer, '-|') // die $!;
        if ($pid == 0) {
            print $client->patch("/Users/$id", title("title $new", "display $new"))->code;
            close STDOUT;
            POSIX::_exit(0);
        }
        ok wait_until(patience(), sub { $proxy->struck > $struck }), "$at $how: a connection is silent";
        status_is($client->get("/Users/$id"), 200, "$at $how: others are served, on others");
        $proxy->drop;
        my $code = readline $answer;
        close $answer;
        my $after = state();
        my $done = $after->{title} eq "title $new" ? 1 : 0;
        ok $code == 200 ? $done : $code == 503, "$at $how: when it breaks there is an answer" or diag $code;
        is $done, 1, "$at $how: it is done" if $at eq 'commit' && $how eq 'deaf';
        is $after->{person}, $before->{person} + $done, "$at $how: once, or not at all";
    }
    is $few->stop, 0, 'the server stops as it should';
};

subtest 'under load, at any moment' => sub {
    my $many   = httpd(8, "DBDMax 4\n");
    my $ledger = Scim::Ledger->new($many->dir, [$many->client($token)], 6, later => 1, ctl => Scim::Ctl->new($many));

    status_is($scim->delete($_), 204, 'away') for "/Groups/$group", "/Users/$id";
    status_is($scim->delete("/Users/$_->{id}"), 204, 'away') for Scim::Ledger::list_all($scim);
    for my $at (qw(commit any)) {
        $ledger->start;
        $ledger->wait_for(10);
        my $struck = $proxy->struck;
        $proxy->order(at => $at, how => [qw(before answered half after)], one_in => $at eq 'any' ? 60 : 4);
        ok wait_until(4 * patience(), sub { $proxy->struck >= $struck + $cuts / 2 }), 'connections are cut';
        $proxy->calm;
        $ledger->wait_for(10);
        $ledger->stop;
        $ledger->verify("cut at $at");
    }
    $ledger->tell;
    is $many->stop, 0, 'the server stops as it should';
};

is $server->stop, 0, 'the server stops as it should';
unlike $server->error_log, qr/exit signal|Assertion|AddressSanitizer|runtime error/, 'nothing crashed';

done_testing;
