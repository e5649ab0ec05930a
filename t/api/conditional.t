# Versions: ETag, If-Match and If-None-Match (RFC 7644 3.14).

use strict;
use warnings;

use Test::More;
use Scim::Client;

my $scim    = Scim::Client->new;
my $nobody  = '0190b0e0-0000-7000-8000-000000000000';
my $schemas = ['urn:ietf:params:scim:schemas:core:2.0:User'];
my $serial  = 0;

sub person
{
    my $r = $scim->post('/Users', { schemas => $schemas, userName => "conditional-$$-" . ++$serial });
    is $r->code, 201, 'somebody new' or diag $r->text;
    return $r;
}

sub change
{
    my ($id, @headers) = @_;
    return $scim->patch("/Users/$id", [{ op => 'replace', path => 'title', value => 't' . ++$serial }], @headers);
}

subtest 'where the version is' => sub {
    my $r = person();
    my ($id, $tag) = ($r->json->{id}, $r->header('ETag'));
    like $tag, qr{^W/"[^"]+"$}, 'a weak tag';
    is $r->json->{meta}{version}, $tag, 'meta.version is the same';
    is $scim->get("/Users/$id")->header('ETag'), $tag, 'GET';
    is $scim->head("/Users/$id")->header('ETag'), $tag, 'HEAD';
    my $changed = change($id)->header('ETag');
    isnt $changed, $tag, 'another one after a change';
    is $scim->get("/Users/$id")->header('ETag'), $changed, 'and GET knows it';
    is $scim->get('/Users')->header('ETag'), undef, 'a list has none';
};

subtest 'If-None-Match' => sub {
    my $r = person();
    my ($id, $tag) = ($r->json->{id}, $r->header('ETag'));
    my ($opaque) = $tag =~ /(".*")/;
    (my $zipped = $tag) =~ s/"$/-gzip"/;

    for my $match ($tag, $opaque, '*', "\"x\", $tag", "W/\"x\",$tag , \"y\"", $zipped) {
        for my $method (qw(GET HEAD)) {
            my $same = $scim->request($method, "/Users/$id", undef, 'If-None-Match' => $match);
            is $same->code, 304, "$method, If-None-Match: $match";
            is $same->text, '', 'no body';
            is $same->header('ETag'), $tag, 'ETag';
            is $same->header('Content-Type'), undef, 'no media type';
        }
    }
    for my $match ('W/"x"', '"x", W/"y"', 'W/""') {
        is $scim->get("/Users/$id", 'If-None-Match' => $match)->code, 200, "GET, If-None-Match: $match";
    }
    is change($id, 'If-None-Match' => $tag)->code, 412, 'a change, for nobody but this one';
    is change($id, 'If-None-Match' => '*')->code, 412, 'a change, if there is nobody';
    is $scim->get("/Users/$id")->header('ETag'), $tag, 'both did nothing';
    is change($id, 'If-None-Match' => 'W/"x"')->code, 200, 'a change of another version';
    is $scim->get("/Users/$nobody", 'If-None-Match' => '*')->code, 404, 'nobody is nobody';

    my $socket = $scim->connect;
    my ($host) = $scim->base =~ m{^http://([^/]+)};
    my $headers = "Host: $host\r\nUser-Agent: test\r\nAuthorization: Bearer " . $scim->token . "\r\n";
    print $socket "GET /scim/v2/Users/$id HTTP/1.1\r\n${headers}If-None-Match: *\r\n\r\n",
        "GET /scim/v2/Users/$id HTTP/1.1\r\n${headers}Connection: close\r\n\r\n";
    is(Scim::Response->receive($socket)->code, 304, 'on a connection that stays');
    is(Scim::Response->receive($socket)->json->{id}, $id, 'the next reply is in its place');
};

subtest 'If-Match' => sub {
    my $r = person();
    my ($id, $first) = ($r->json->{id}, $r->header('ETag'));
    my $second = change($id, 'If-Match' => $first)->header('ETag');
    ok $second, 'the version there is';

    for my $method (qw(PUT PATCH DELETE)) {
        my $body = { PUT => { schemas => $schemas, userName => "conditional-$$-x" },
            PATCH => [{ op => 'remove', path => 'title' }] }->{$method};
        my $r = $scim->request($method, "/Users/$id", $body, 'If-Match' => $first);
        is $r->code, 412, "$method of an older version";
        is $r->json->{status}, '412', 'a SCIM error';
        is $scim->get("/Users/$id")->header('ETag'), $second, 'changes nothing';
        is $scim->request($method, "/Users/$nobody", $body, 'If-Match' => '*')->code, 404,
            "$method of nobody";
    }
    for my $form ('%s', 'W/%s', '"x", W/%s', '*') {
        my ($opaque) = $scim->get("/Users/$id")->header('ETag') =~ /(".*")/;
        my $match = $form =~ s/%s/$opaque/r;
        is change($id, 'If-Match' => $match)->code, 200, "PATCH, If-Match: $match";
    }
    my ($opaque) = $scim->get("/Users/$id")->header('ETag') =~ /(".*)"/;
    is change($id, 'If-Match' => "W/$opaque-gzip\"")->code, 200, 'PATCH with the tag of a compressed reply';
    is $scim->delete("/Users/$id", 'If-Match' => $scim->get("/Users/$id")->header('ETag'))->code, 204,
        'DELETE of the version there is';
};

my $of_groups = ['urn:ietf:params:scim:schemas:core:2.0:Group'];

sub group
{
    my ($name, @ids) = @_;
    my $r = $scim->post('/Groups', { schemas => $of_groups, displayName => "conditional-$$-$name", members => [ map +{ value => $_ }, @ids ] });
    is $r->code, 201, "a group $name" or diag $r->text;
    return $r->json->{id};
}

# Groups change without the person, whose representation shows them.
subtest 'groups' => sub {
    my $r = person();
    my ($id, $bare) = ($r->json->{id}, $r->header('ETag'));
    my $group = group(groups => $id);
    my $get = sub { my ($tag, $query) = @_; $scim->get("/Users/$id" . ($query // ''), 'If-None-Match' => $tag) };

    $r = $get->($bare);
    is $r->code, 200, 'a person who came into a group looks different';
    is scalar @{ $r->json->{groups} // [] }, 1, 'and the group is shown';
    my $tag = $r->header('ETag');
    (my $version = $bare) =~ s/"$//;
    like $tag, qr/^\Q$version\E-[0-9a-f]{16}"$/, 'the tag is the version and a digest of the groups';
    is $r->json->{meta}{version}, $tag, 'as is meta.version';
    is $scim->get("/Users/$id")->header('ETag'), $tag, 'which stays while nothing changes';
    is $get->($tag)->code, 304, 'a person in the same groups';
    is $get->($tag)->header('ETag'), $tag, 'a 304 has the same tag';
    is $scim->get("/Users/$id?attributes=userName")->header('ETag'), $bare, 'a view without groups has the version alone';
    is $get->($bare, '?excludedAttributes=groups')->code, 304, 'which names it';
    is $get->($tag, '?excludedAttributes=groups')->code, 200, 'the other does not';
    my ($listed) = grep $_->{id} eq $id, @{ $scim->get('/Users?filter=id%20eq%20%22' . $id . '%22')->json->{Resources} };
    is $listed->{meta}{version}, $tag, 'a list shows it, too';

    is $scim->patch("/Groups/$group", [{ op => 'replace', path => 'displayName', value => "conditional-$$-renamed" }])->code, 204, 'another name';
    $r = $get->($tag);
    is $r->code, 200, 'a group that is called otherwise';
    isnt $r->header('ETag'), $tag, 'makes another tag';

    # What is about the person alone: the tag of any view names the version.
    my %form = (
        'its view'        => sub { $_[0] },
        'the version'     => sub { $_[0] =~ s/-[^"]+//r },
        'an earlier view' => sub { $_[0] =~ s/-[^"]+/-0123456789abcdef/r },
    );
    for my $name (sort keys %form) {
        my $now = $scim->get("/Users/$id")->header('ETag');
        my $match = $form{$name}->($now);
        is change($id, 'If-None-Match' => $match)->code, 412, "If-None-Match of a change with $name";
        my $changed = change($id, 'If-Match' => $match);
        is $changed->code, 200, "If-Match with $name";
        like $changed->header('ETag'), qr/-[0-9a-f]{16}"$/, 'the reply shows groups, and its tag says so';
        is $changed->json->{meta}{version}, $changed->header('ETag'), 'in both places';
        is change($id, 'If-Match' => $match)->code, 412, "If-Match with $name that was";

        $match = $form{$name}->($changed->header('ETag'));
        my $bulk = $scim->post('/Bulk', { schemas => ['urn:ietf:params:scim:api:messages:2.0:BulkRequest'],
            Operations => [ map +{ method => 'PATCH', path => "/Users/$id", version => $match, data => {
                schemas => ['urn:ietf:params:scim:api:messages:2.0:PatchOp'],
                Operations => [{ op => 'replace', path => 'title', value => "bulk $name $_" }] } }, 1, 2 ] });
        is join(' ', map $_->{status}, @{ $bulk->json->{Operations} }), '200 412', "a bulk operation with $name, once";
    }
    is $scim->delete("/Groups/$group")->code, 204, 'without the group';
    like $scim->get("/Users/$id")->header('ETag'), qr/^W\/"\d+"$/, 'the version is all there is to tell';
};

subtest 'what members are called' => sub {
    my $id = person()->json->{id};
    my $group = group(called => $id);
    my $tag = $scim->get("/Groups/$group")->header('ETag');
    is $scim->patch("/Users/$id", [{ op => 'add', path => 'displayName', value => 'Ada' }])->code, 200, 'another name';
    my $r = $scim->get("/Groups/$group", 'If-None-Match' => $tag);
    is $r->code, 200, 'a group whose member is called otherwise';
    is $r->json->{members}[0]{display}, 'Ada', 'shows it';
    is change($id)->code, 200, 'a change of something else';
    is $scim->get("/Groups/$group", 'If-None-Match' => $r->header('ETag'))->code, 304, 'is none of the group';
};

subtest 'broken headers' => sub {
    my $id = person()->json->{id};
    for my $header ('If-Match', 'If-None-Match') {
        for my $value ('"', 'W/', '"a" "b"', '"a",,"', '*, "a"', join(',', map "\"$_\"", 1 .. 200)) {
            my $r = $scim->get("/Users/$id", $header => $value);
            is $r->code, 400, "$header: " . substr $value, 0, 20;
            like $r->detail, qr/$header/, 'is named';
        }
    }
};

subtest 'compressed replies' => sub {
    my $zipped = Scim::Client->new(path => '/zipped/v2');
    my $r = person();
    my ($id, $plain) = ($r->json->{id}, $r->header('ETag'));
    $r = $zipped->get("/Users/$id", 'Accept-Encoding' => 'gzip');
    is $r->header('Content-Encoding'), 'gzip', 'compressed';
    my $tag = $r->header('ETag');
    isnt $tag, $plain, 'mod_deflate makes another tag of it';
    is $zipped->get("/Users/$id", 'If-None-Match' => $tag, 'Accept-Encoding' => 'gzip')->code, 304,
        "$tag names the version";
    is $scim->get("/Users/$id", 'If-None-Match' => $tag)->code, 304, 'uncompressed too';
    is $zipped->get("/Users/$id", 'If-None-Match' => $plain, 'Accept-Encoding' => 'gzip')->code, 304,
        'as the plain one does';
    is change($id, 'If-Match' => $tag)->code, 200, 'a change of it';
    is change($id, 'If-Match' => $tag)->code, 412, 'but not twice';
};

done_testing;
