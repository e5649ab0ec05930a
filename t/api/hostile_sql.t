# Text that a database could take for something else, in every place where a client can put text: it is
# kept, compared, sorted and paged by the same rules on every database. What is due is computed here.
use strict;
use warnings;
use utf8;
use feature 'fc';

use JSON::PP ();
use Test::More;
use Unicode::Normalize qw(NFC NFD NFKC);

use Scim::Client qw(true);
use Scim::Expect qw(status_is error_problem endpoint short);
use Scim::Server;

my $token = 'hostile-sql-0123456789abcdefghijklm';
my $urn   = 'urn:ietf:params:scim:schemas:core:2.0';
my $work  = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
my $json  = JSON::PP->new->canonical->allow_nonref;

my $server = Scim::Server->start(config => "LogLevel warn\nScimIndex title\n"
        . endpoint('/scim/v2', directory => 'people', token => $token));
my $scim = $server->client($token);

# As they are, and the same texts are told from each other by what makes them different.
my %text = (
    quote      => q{o'brien},
    quotes     => q{''"'" or '1'='1},
    comment    => q{x'; DROP TABLE scim_resources; --},
    mariadb    => q{x`y /*!50000 z */ # w},
    backslash  => 'back\\slash',
    ending     => 'ends with \\',
    escapes    => q{\\' \\" \\n \\0 \\Z \\x27 \\\\},
    percent    => '100% %% %d',
    formats    => '%s %s%n%1$s %(x)s',
    like       => '_%_',
    questions  => '? ?1 $1 :1 :name @x @@version ${jndi}',
    dollars    => '$$ $a$ x $a$',
    astral     => "\x{1F600}\x{20BB7}\x{10FFFD}",
    flag       => "\x{1F1E8}\x{1F1ED}",
    leading    => '  two spaces before',
    trailing   => 'two spaces behind  ',
    blank      => 'two spaces behind',
    tab        => "tab\tand\nline",
    wide       => "\x{3000}wide space\x{3000}",
    composed   => NFC("\x{e9}t\x{e9} \x{1e69}"),
    decomposed => NFD("ete\x{301} \x{1e69}") . 'd',
    kelvin     => "\x{212A}elvin \x{212B}ngstr\x{f6}m",
    bidi       => "\x{202E}fdp.exe\x{202C}",
    marks      => "\x{200F}\x{5D0}\x{5D1}\x{200E}",
    joiner     => "a\x{200D}b\x{200C}c",
    arabic     => "\x{645}\x{62D}\x{645}\x{62F}",
    control    => "bell\x{7}esc\x{1b}del\x{7f}",
    separators => "a\x{2028}b\x{2029}c",
    sharp      => "Stra\x{df}e",
    sigma      => "\x{39F}\x{394}\x{39F}\x{3A3}",
    turkish    => "\x{130}\x{131}I",
    case       => 'CamelCase',
    number     => '0012',
    exponent   => '1e1000',
    null_word  => 'NULL',
    nonchar    => "\x{FFFD}\x{FEFF}",
    hex        => q{0x27 X'27' E'\\x27' N'x' _utf8'x'},
    long       => "l'\x{1F600}" x 80,    # as long as an externalId may be
);

sub q_ { return $json->encode($_[0]) }    # a literal of a filter
sub person { return { schemas => ["$urn:User"], @_ } }

# How many a filter finds; or why there is no answer.
sub ids_of
{
    my ($filter, %query) = @_;
    my $r = $scim->get('/Users', query => { filter => $filter, count => 100, %query });

    return 'status ' . $r->code . ' ' . $r->detail if $r->code != 200;
    return join ' ', map { $_->{nickName} // '?' } @{ $r->json->{Resources} };
}

sub found_is
{
    my ($filter, $due, $what) = @_;
    local $Test::Builder::Level = $Test::Builder::Level + 1;

    is join(' ', sort split / /, ids_of($filter)), join(' ', sort @$due), $what;
}

# As attributes that do not mind case compare: NFKC case folding, without what is not seen.
sub folded { return NFKC(fc(NFKC(fc(NFD($_[0] =~ s/\p{Default_Ignorable_Code_Point}//gr))))) }

# ---- what is stored is what was sent ------------------------------------------------------------

my %id;

subtest 'kept as it is' => sub {
    for my $key (sort keys %text) {
        my $text = $text{$key};
        my $r = $scim->post('/Users', person(
            userName => "$key", nickName => $key, title => $text, displayName => $text, externalId => $text,
            name => { givenName => $text, familyName => $text, formatted => $text },
            emails => [{ value => 'x@example.com', display => $text, type => 'work', primary => true }],
            $work => { department => $text, employeeNumber => $text },
            schemas => ["$urn:User", $work]));
        status_is($r, 201, "$key: made") or next;
        my $got = $scim->get('/Users/' . ($id{$key} = $r->json->{id}))->json;
        is_deeply [@$got{qw(title displayName externalId)}, @{ $got->{name} }{qw(givenName familyName formatted)},
            $got->{emails}[0]{display}, @{ $got->{$work} }{qw(department employeeNumber)}], [($text) x 9], "$key: the same";
    }
};

subtest 'as a user name' => sub {
    for my $key (sort keys %text) {
        my $r = $scim->patch("/Users/$id{$key}", [{ op => 'replace', path => 'userName', value => $text{$key} }]);
        if ($r->code != 200) {
            ok !error_problem($r, 400, 'invalidValue'), "$key: refused with a reason" or diag $r->text;
            next;
        }
        is $r->json->{userName}, $text{$key}, "$key: is the user's name";
        my $found = $scim->get('/Users', query => { filter => 'userName eq ' . q_($text{$key}) })->json;
        is join(' ', map { $_->{nickName} } @{ $found->{Resources} }), $key, "$key: which finds one";
        my $twice = $scim->post('/Users', person(userName => $text{$key}));
        ok !error_problem($twice, 409, 'uniqueness'), "$key: and is taken" or diag $twice->text;
    }
};

# ---- filters ------------------------------------------------------------------------------------

# attribute => whether case matters; indexed ones, and some that are not
my %attribute = (externalId => 1, title => 0, displayName => 0, 'name.givenName' => 0, 'name.formatted' => 0,
    'emails.display' => 0, "$work:department" => 0);

my %operator = (
    eq => sub { $_[0] eq $_[1] },
    sw => sub { index($_[0], $_[1]) == 0 },
    ew => sub { length $_[0] >= length $_[1] && substr($_[0], -length $_[1]) eq $_[1] },
    co => sub { index($_[0], $_[1]) >= 0 },
);

for my $operator (sort keys %operator) {
    subtest "filter $operator" => sub {
        for my $attribute (sort keys %attribute) {
            my $key_of = $attribute{$attribute} ? sub { $_[0] } : \&folded;
            my @wrong;
            for my $key (sort keys %text) {
                my $text = $text{$key};
                my $literal = $operator eq 'sw' ? substr($text, 0, 3) : $operator eq 'ew' ? substr($text, -3)
                    : $operator eq 'co' ? substr($text, 1, 3) : $text;
                my $wanted = $key_of->($literal);
                my $due = join ' ', sort grep { $operator{$operator}->($key_of->($text{$_}), $wanted) } keys %text;
                my $got = join ' ', sort split / /, ids_of("$attribute $operator " . q_($literal));
                push @wrong, "$key: " . short($literal) . ": $got, not $due" if $got ne $due;
            }
            is_deeply \@wrong, [], "$attribute";
        }
    };
}

subtest 'other operators' => sub {
    for my $key (sort keys %text) {
        my $literal = q_($text{$key});
        my %n = map { my $o = $_; $o => scalar split / /, ids_of("externalId $o $literal") } qw(ne gt ge lt le eq);
        is $n{eq} + $n{ne}, keys %text, "$key: eq and ne part all";
        is $n{ge} + $n{lt}, keys %text, "$key: ge and lt, too";
        is $n{gt} + $n{le}, keys %text, "$key: gt and le";
        is $n{ge} - $n{gt}, $n{eq}, "$key: and the same are between";
        found_is("emails[display eq $literal and type eq \"work\"] and not (title ne $literal)",
            [grep { folded($text{$_}) eq folded($text{$key}) } keys %text], "$key: in a longer filter");
    }
};

# ---- sorting and paging -------------------------------------------------------------------------

subtest 'sorted' => sub {
    my @due = sort { my ($x, $y) = @text{$a, $b}; utf8::encode($x); utf8::encode($y); $x cmp $y } keys %text;
    is ids_of('externalId pr', sortBy => 'externalId'), join(' ', @due), 'by externalId, by bytes';
    is ids_of('externalId pr', sortBy => 'externalId', sortOrder => 'descending'), join(' ', reverse @due), 'the other way round';
    for my $attribute (qw(title displayName name.familyName emails.display)) {
        my $got = ids_of('externalId pr', sortBy => $attribute);
        my $last;
        my @wrong = grep { my $folded = folded($text{$_}); utf8::encode($folded); my $bad = defined $last && $last gt $folded; $last = $folded; $bad }
            split / /, $got;
        is_deeply \@wrong, [], "by $attribute";
        is join(' ', sort split / /, $got), join(' ', sort keys %text), "by $attribute: all of them";
    }
};

for my $sort ('', 'externalId', 'title') {
    subtest 'by cursors, sorted by ' . ($sort || 'nothing') => sub {
        my ($cursor, @got) = ('');
        while (defined $cursor) {
            my $r = status_is($scim->get('/Users', query => { cursor => $cursor, count => 3,
                filter => 'externalId pr', $sort ? (sortBy => $sort) : () }), 200, 'a page')->json;
            push @got, map { $_->{nickName} } @{ $r->{Resources} };
            $cursor = $r->{nextCursor};
            last if @got > keys %text;
        }
        is join(' ', sort @got), join(' ', sort keys %text), 'everybody, once';
    };
}

# ---- elsewhere ----------------------------------------------------------------------------------

subtest 'in PATCH' => sub {
    my $id = $scim->post('/Users', person(userName => 'patched', nickName => 'patched'))->json->{id};

    for my $key (sort keys %text) {
        my $text = $text{$key};
        my $r = status_is($scim->patch("/Users/$id", [
            { op => 'add', path => 'emails', value => [{ value => "$key\@example.com", display => $text }] },
            { op => 'replace', path => 'emails[display eq ' . q_($text) . '].type', value => $text },
            { op => 'replace', path => 'title', value => $text },
        ]), 200, "$key: values, and a value path");
        is $r->json->{title}, $text, "$key: the value";
        my ($mail) = grep { $_->{value} eq "$key\@example.com" } @{ $r->json->{emails} };
        is $mail->{type}, $text, "$key: where the path leads";
    }
    status_is($scim->delete("/Users/$id"), 204, 'away');
};

subtest 'as groups' => sub {
    for my $key (sort keys %text) {
        my $r = $scim->post('/Groups', { schemas => ["$urn:Group"], displayName => $text{$key}, externalId => $text{$key},
            members => [{ value => $id{$key}, display => $text{$key} }] });
        if ($r->code != 201) {
            ok !error_problem($r, 400, 'invalidValue'), "$key: refused with a reason" or diag $r->text;
            next;
        }
        is $r->json->{displayName}, $text{$key}, "$key: is its name";
        is $scim->get('/Groups', query => { filter => 'displayName eq ' . q_($text{$key}) })->json->{Resources}[0]{id},
            $r->json->{id}, "$key: which finds it";
        is $scim->get("/Users/$id{$key}")->json->{groups}[0]{display}, $text{$key}, "$key: and is shown at the member";
        status_is($scim->delete('/Groups/' . $r->json->{id}), 204, "$key: away");
    }
};

subtest 'as ids' => sub {
    for my $key (sort keys %text) {
        my $r = $scim->get('/Users/' . Scim::Client::escape($text{$key}));
        like $r->code, qr/^40[04]$/, "$key: in a URL";
        my $group = $scim->post('/Groups', { schemas => ["$urn:Group"], displayName => "of $key",
            members => [{ value => $text{$key} }] });
        ok $group->code =~ /^40[04]$/ || !$group->json->{members}, "$key: of a member, of whom nothing is known";
        status_is($scim->delete('/Groups/' . $group->json->{id}), 204, "$key: away") if $group->code == 201;
        found_is('id eq ' . q_($text{$key}), [], "$key: in a filter");
        found_is('groups.value eq ' . q_($text{$key}), [], "$key: of a group in a filter");
        $r = $scim->get('/Users', query => { cursor => $text{$key}, count => 1 });
        is $r->code, 400, "$key: as a cursor";
        $r = $scim->get('/Users', query => { sortBy => $text{$key}, count => 1 });
        like $r->code, qr/^(?:200|400)$/, "$key: as sortBy";
        $r = $scim->get('/Users', query => { attributes => $text{$key}, filter => 'nickName eq "case"' });
        like $r->code, qr/^(?:200|400)$/, "$key: as attributes";
    }
};

# What no database can hold as text, or not all of them.
subtest 'U+0000 and half characters' => sub {
    my $user = '{"schemas":["' . "$urn:User" . '"],"userName":"zero","title":"a%sb"}';
    for my $case (['U+0000', '\u0000'], ['half a pair', '\ud83d'], ['the other half', '\ude00']) {
        my ($what, $escape) = @$case;
        my $r = $scim->post('/Users', sprintf $user, $escape);
        ok $r->code == 400 && !error_problem($r, 400, $r->json->{scimType}), "$what in a value" or diag $r->text;
        $r = $scim->get('/Users', query => { filter => "title eq \"a${escape}b\"" });
        ok $r->code == 200 && $r->json->{totalResults} == 0 || !error_problem($r, 400, 'invalidFilter'), "$what in a filter"
            or diag $r->code . $r->text;
        $r = $scim->patch("/Users/$id{case}", sprintf '{"Operations":[{"op":"replace","path":"title","value":"a%sb"}]}', $escape);
        ok $r->code == 400 && !error_problem($r, 400, $r->json->{scimType}), "$what in PATCH" or diag $r->text;
    }
    is $scim->get('/Users/' . Scim::Client::escape("a\0b"))->code, 404, 'in a URL';
};

subtest 'afterwards' => sub {
    for my $key (sort keys %text) {
        is $scim->get("/Users/$id{$key}")->json->{title}, $text{$key}, "$key is still the same";
    }
    is $scim->get('/Users', query => { count => 0 })->json->{totalResults}, keys %text, 'and nobody else is there';
    unlike $server->error_log, qr/SCIM0020/, 'no statement failed';
};

done_testing;
