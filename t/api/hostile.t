# Text that breaks careless programs, in every place where a person has text: it is stored and
# returned as it was sent, found by filters, and never gets into a log as it is.
use strict;
use warnings;
use utf8;

use JSON::PP ();
use Test::More;

use Scim::Client;
use Scim::Expect qw(status_is endpoint total short);
use Scim::Server;

binmode Test::More->builder->$_, ':utf8' for qw(output failure_output todo_output);

my $token = 'hostile-0123456789abcdefghijklmnop';
my $user  = 'urn:ietf:params:scim:schemas:core:2.0:User';
my $own   = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';

# Every string holds this, so that logs can be searched for it.
my $mark = 'Zq7';

my @strings = (
    qq~"$mark"~, qq~'$mark'~, qq~`$mark`~, qq~$mark\\~, qq~\\"$mark\\"~, qq~"$mark~, qq~$mark'~,
    qq~$mark" or userName pr or title eq "~, qq~$mark\\" or userName pr~,
    qq~$mark'; DROP TABLE scim_resources; --~, qq~$mark' OR '1'='1~, qq~$mark') UNION SELECT 1 --~,
    qq~$mark/*~, qq~$mark */~, qq~$mark;~, qq~$mark -- x~, qq~$mark # x~, qq~$mark\@\@version~,
    qq~%s%s%n%d%p$mark%~, qq~%%$mark~, qq~%25%00$mark%2e~, qq~$mark\$1\${x}\$(x)~, qq~_${mark}_%~,
    qq~{$mark}~, qq~[$mark]~, qq~<$mark>~, qq~<script>alert("$mark")</script>~, qq~&amp;$mark&lt;~,
    qq~</title>$mark<!--~, qq~$mark,$mark~, qq~+$mark+~, qq~?$mark&a=b~, qq~../$mark/..~, qq~|$mark>&~,
    qq~=$mark+cmd|' /C calc'!A0~, qq~{"userName":"$mark"}~, qq~$mark:~, qq~urn:$mark:x~, qq~.$mark.~,
    qq~$mark\x{202e}txt~, qq~\x{200b}$mark\x{200d}~, qq~\x{feff}$mark~, qq~$mark\x{1f600}~,
    qq~$mark\x{10ffff}~, qq~\x{fffd}$mark~, qq~${mark}e\x{301}~, qq~${mark}\x{e9}~, qq~${mark}Å\x{212b}~,
    qq~$mark\x{df}SS~, qq~$mark\x{130}\x{131}iI~, qq~\x{3a3}$mark\x{3c3}\x{3c2}~, qq~$mark\x{fb01}\x{ff26}~,
    qq~$mark\x{5d0}\x{627}~, qq~$mark\x{e000}~, qq~$mark\x{2028}\x{2029}\x{85}~,
    qq~ $mark~, qq~$mark ~, qq~  $mark  ~, qq~$mark  $mark~, qq~\x{a0}$mark\x{3000}~,
    "$mark\n", "\r\n$mark\r\nSet-Cookie: a=b\r\n\r\n<html>", "$mark\t\b\f\x1b[31m", "$mark\x7f\x01",
    "$mark\n[Sat Nov 21 10:00:00.000000 2026] [scim:error] forged",
    $mark . 'x' x 252, $mark . "\x{1f600}" x 63, $mark . "e\x{301}" x 84,
);

my $server = Scim::Server->start(
    modules => ['log_config'],
    config  => "LimitRequestLine 65536\n"
        . qq(CustomLog "\@DIR\@/access_log" "%h %u \\"%r\\" %>s %{SCIM_OPERATION}e %{SCIM_RESOURCE}e )
        . qq(%{SCIM_ERROR}e %{Location}o %{If-Match}i %{User-Agent}i"\n)
        . endpoint('/scim/v2', directory => 'hostile', token => $token)
        . endpoint('/reject/v2', directory => 'hostile', token => $token,
            extra => "ScimUnknownAttributes reject\nScimRoles editor\n"),
);
my $scim = $server->client($token);

my $json = JSON::PP->new->canonical->allow_nonref;

# A filter's literal: a JSON string.
sub literal { return $json->encode($_[0]) }

# A person with this text everywhere.
sub person
{
    my ($text) = @_;
    my $uri = $text =~ /[\x00-\x1f\x7f]/ ? "urn:$mark" : $text;
    my %multi = (value => $text, display => $text, type => $text);

    return {
        schemas    => [$user, $own],
        userName   => $text,
        externalId => $text,
        name       => { map { $_ => $text } qw(formatted familyName givenName middleName
            honorificPrefix honorificSuffix) },
        (map { $_ => $text } qw(displayName nickName title userType preferredLanguage locale
            timezone)),
        profileUrl => $uri,
        (map { $_ => [{%multi}] } qw(emails phoneNumbers ims entitlements roles)),
        photos     => [{ %multi, value => $uri }],
        x509Certificates => [{ %multi, value => 'TUlJ' }],
        addresses  => [{ map { $_ => $text } qw(formatted streetAddress locality region postalCode
            country type) }],
        $own       => {
            (map { $_ => $text } qw(employeeNumber costCenter organization division department)),
            manager => { value => $text, '$ref' => "https://example.com/$mark" },
        },
    };
}

# What was sent of an answer: without what the server adds.
sub sent_part
{
    my ($person) = @_;
    my %part = %$person;

    delete @part{qw(id meta active)};
    $part{schemas} = [sort @{ $part{schemas} }];
    delete $part{$own}{manager}{displayName};
    return \%part;
}

sub found
{
    my ($filter) = @_;
    my $r = $scim->get('/Users', query => { filter => $filter });

    return $r->code == 200 ? [map { $_->{id} } @{ $r->json->{Resources} }]
        : ["$filter: " . $r->code . ' ' . $r->detail];
}

my @equal = (
    qw(userName externalId displayName nickName title userType preferredLanguage locale timezone
        name.formatted name.familyName name.givenName name.middleName name.honorificPrefix
        emails emails.value emails.display phoneNumbers.value ims.value photos.display
        entitlements.value roles.value addresses.streetAddress addresses.country),
    "$own:department", "$own:employeeNumber", "$own:manager.value",
);

# The attributes that do not find the person by this text: asked together, and when that fails, each.
sub not_found_by
{
    my ($text, $id) = @_;
    my @terms = map { "$_ eq " . literal($text) } @equal;
    my $third = int(@terms / 3);
    my @missed;

    while (my @some = splice @terms, 0, $third) {
        next if "@{ found(join ' and ', @some) }" eq $id;
        push @missed, grep { "@{ found($_) }" ne $id } @some;
    }
    return @missed;
}

subtest 'stored and returned as sent' => sub {
    for my $text (@strings) {
        my $what = short($text);
        my $person = person($text);
        my $r = status_is($scim->post('/Users', $person), 201, $what);
        next unless $r->code == 201;
        my $id = $r->json->{id};

        is_deeply sent_part($r->json), $person, "$what: in the answer";
        unlike join('', map { "$_: " . $r->header($_) . "\n" } keys %{ $r->headers }), qr/\Q$mark\E/,
            "$what: not in a header";
        is_deeply sent_part(status_is($scim->get("/Users/$id"), 200, "$what: read")->json), $person,
            "$what: when read";
        is $r->text, $scim->get("/Users/$id")->text, "$what: the same bytes";
        my $all = $scim->get("/Users/$id?attributes=userName,emails,name")->json;
        is $all->{emails}[0]{value}, $text, "$what: in a projection";

        my @missed = grep { "@{ found(\"$_ eq \" . literal($text)) }" ne $id } @equal;
        is_deeply \@missed, [], "$what: found by each attribute";
        is_deeply found('emails[type eq ' . literal($text) . ' and value eq ' . literal($text) . ']'),
            [$id], "$what: found by a value filter";
        is_deeply found("$_ " . literal($text) . " and id eq \"$id\""), [$id], "$what: $_"
            for 'userName co', 'userName sw', 'userName ew', 'title co', 'externalId sw';
        is_deeply found('userName ne ' . literal($text) . " and id eq \"$id\""), [], "$what: ne";

        status_is($scim->delete("/Users/$id"), 204, "$what: away");
        is total($scim), 0, "$what: nobody is left";
    }
};

subtest 'replaced and patched' => sub {
    my $id = status_is($scim->post('/Users', { userName => 'plain' }), 201, 'somebody')->json->{id};

    for my $text (@strings) {
        my $what = short($text);
        my $person = person($text);
        my $r = status_is($scim->put("/Users/$id", $person), 200, "PUT $what");
        is_deeply sent_part($r->json), $person, 'exact';
        $r = status_is($scim->put("/Users/$id", { schemas => [$user], userName => 'plain' }), 200,
            'cleared');
        delete $person->{schemas};
        $r = status_is($scim->patch("/Users/$id", [{ op => 'add', value => $person }]), 200,
            "PATCH $what");
        is_deeply sent_part($r->json), { %$person, schemas => [sort $user, $own] }, 'exact';
        my $type = literal($text);
        $r = status_is($scim->patch("/Users/$id", [
            { op => 'replace', path => "emails[type eq $type].display", value => "$text." },
            { op => 'remove', path => "roles[value eq $type]" },
        ]), 200, "PATCH by a filter with $what");
        is $r->json->{emails}[0]{display}, "$text.", 'replaced';
        ok !exists $r->json->{roles}, 'removed';
    }
    status_is($scim->delete("/Users/$id"), 204, 'away');
};

subtest 'side by side' => sub {
    # Those that fold to the same name cannot all be there
    my (%id, %taken);

    for my $text (@strings) {
        my $r = $scim->post('/Users', { schemas => [$user], userName => $text, externalId => $text,
            title => $text });
        if ($r->code == 201) { $id{$text} = $r->json->{id} }
        else                 { $taken{$text} = status_is($r, 409, short($text) . ' is taken') }
    }
    cmp_ok scalar keys %id, '>', 55, 'most have names of their own';
    is total($scim), scalar keys %id, 'all of them are there';
    is_deeply found('externalId eq ' . literal($_)), [$id{$_}], short($_) . ' by externalId, exactly'
        for sort keys %id;
    is_deeply found('userName eq ' . literal($_)), [$id{$_}], short($_) . ' by userName'
        for sort keys %id;
    is_deeply found('userName eq ' . literal(uc $_)), [$id{$_}], short(uc $_) . ' in capitals'
        for grep { !/[\x{130}\x{131}\x{df}\x{fb01}\x{301}]/ } sort keys %id;
    is scalar @{ found("userName co \"$mark\"") }, scalar keys %id, 'co finds all';
    is_deeply found('externalId eq ' . literal(lc $mark)), [], 'externalId is compared exactly';
    is_deeply found('userName eq ' . literal($_)), [], "nobody is called $_"
        for '', 'Zq', '%', '_', '*', "$mark%", '.*', "x'; DROP TABLE scim_resources; --";
    status_is($scim->delete("/Users/$_"), 204, 'away') for sort values %id;
};

subtest 'same to a person, same to the server' => sub {
    my @same = (
        ['jose', 'JOSE'], ["jos\x{e9}", "jose\x{301}"], ["jos\x{e9}", "JOS\x{c9}"],
        ["stra\x{df}e", 'STRASSE'], ["\x{fb01}n", 'FIN'], ["\x{ff41}da", 'ada'],
        ["\x{3c3}\x{3c2}", "\x{3a3}\x{3a3}"], ["a\x{ad}b", 'ab'], ["\x{212b}", "\x{e5}"],
        ["a\x{200b}b", 'AB'], ["eve\x{202e}", 'eve'],
    );

    for my $pair (@same) {
        my ($one, $other) = @$pair;
        my $what = short($one) . ' and ' . short($other);
        my $r = status_is($scim->post('/Users', { userName => $one }), 201, $what);
        is $r->json->{userName}, $one, 'is kept as it was sent';
        is status_is($scim->post('/Users', { userName => $other }), 409, 'the other is taken')
            ->json->{scimType}, 'uniqueness', 'uniqueness';
        is_deeply found('userName eq ' . literal($other)), [$r->json->{id}], 'and finds the one';
        status_is($scim->delete('/Users/' . $r->json->{id}), 204, 'away');
    }
    for my $pair (['ada', ' ada'], ['ada', 'ada '], ['ada', "ad\x{430}"], ['a b', 'a  b']) {
        my @ids = map { status_is($scim->post('/Users', { userName => $_ }), 201,
            short($_) . ' is somebody')->json->{id} } @$pair;
        is_deeply found('userName eq ' . literal($pair->[$_])), [$ids[$_]], 'and nobody else'
            for 0, 1;
        status_is($scim->delete("/Users/$_"), 204, 'away') for @ids;
    }
    my $r = $scim->post('/Users', { userName => "\x{200b}\x{202e}" });
    is $r->code, 400, 'a name that nobody can see is none' or diag $r->text;
};

subtest 'where it is refused' => sub {
    my $reject = $server->client(path => '/reject/v2', token => $token);

    for my $text (@strings) {
        my $what = short($text);
        my @r = (
            $scim->get('/Users', query => { filter => $text }),
            $scim->get('/Users', query => { filter => "$text eq \"x\"" }),
            $scim->get('/Users', query => { count => $text }),
            $scim->get('/Users', query => { startIndex => $text }),
            $scim->get('/Users', query => { $text => 'x', count => 'x' }),
            $scim->post('/Users', { userName => 'x', active => $text }),
            $scim->post('/Users', { userName => 'x', x509Certificates => [{ value => "$text!" }] }),
            $scim->patch('/Users/00000000-0000-7000-8000-000000000000', [{ op => $text,
                path => 'title', value => 1 }]),
            $scim->patch('/Users/00000000-0000-7000-8000-000000000000', [{ op => 'add',
                path => "!$text", value => 1 }]),
            $reject->post('/Users', { userName => 'x', $text => 'x' }),
            $reject->post('/Users', { userName => 'x', name => { $text => 'x' } }),
            $reject->post('/Users', { userName => 'x', roles => [{ value => $text }] }),
            $scim->get('/Users', 'If-Match' => Scim::Client::escape($text) . '" x'),
        );
        my @bad = grep { $_->code < 400 || $_->code > 499 || $_->detail eq ''
            || $_->detail =~ /[\x00-\x1f\x7f-\x9f\p{Cf}\p{Zl}\p{Zp}]/ || length $_->detail > 1000 } @r;
        ok !@bad, "$what: clean refusals" or diag map { $_->code . ' ' . $_->text . "\n" } @bad;
        my $r = $scim->get('/Users/' . Scim::Client::escape($text));
        is $r->code, 404, "$what is no id" or diag $r->text;
        $r = $scim->get('/' . Scim::Client::escape($text));
        is $r->code, 404, "$what is no route" or diag $r->text;
    }
    is total($scim), 0, 'nothing was stored';
};

subtest 'ignored, with a note' => sub {
    for my $text (@strings) {
        my $r = status_is($scim->post('/Users', { userName => 'x', $text => 'x',
            name => { $text => 'x' }, schemas => [$text] }), 201, short($text));
        ok !exists $r->json->{$text} && !exists $r->json->{name}, 'is not kept' or diag $r->text;
        status_is($scim->delete('/Users/' . $r->json->{id}), 204, 'away');
    }
};

subtest 'the logs' => sub {
    is $server->stop, 0, 'the server stops as it should';
    for my $file ('error_log', 'access_log') {
        my $log = Scim::Server::slurp($server->dir . "/$file");
        cmp_ok length $log, '>', 1000, "$file is there";
        unlike $log, qr/[^\n -~]/, 'only printable characters';
        is scalar(grep { !/^(?:\[|127\.0\.0\.1 )/ } split /\n/, $log), 0, 'no line of a client\'s own';
        unlike $log, qr/^\[[^\]]*\] \[scim:error\] forged/m, 'no forged line';
        unlike $log, qr/\Q$token\E/, 'no token';
    }
    unlike $server->error_log, qr/exit signal|Assertion|AddressSanitizer|runtime error/, 'no crash';
    my @personal = grep { /SCIM0003|SCIM0020/ && /\Q$mark\E/i } split /\n/, $server->error_log;
    is_deeply \@personal, [], 'and no values of people';
};

done_testing;
