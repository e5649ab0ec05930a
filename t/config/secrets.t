# Where ScimBearerToken takes secrets from, what it refuses, and that no secret is ever printed.
use strict;
use warnings;

use Cwd 'getcwd';
use Digest::SHA 'sha256_hex';
use File::Temp 'tempdir';
use POSIX ();
use Test::More;

use Scim::Server;

my $secret = 'Do-not-print-this.0123456789';
my $digest = sha256_hex($secret);
my $dir    = tempdir('secrets-XXXXXX', DIR => getcwd(), CLEANUP => 1);

sub file
{
    my ($name, $mode, $text) = @_;

    open my $out, '>', "$dir/$name" or die "$name: $!";
    print $out $text;
    close $out;
    chmod $mode, "$dir/$name";
    return "$dir/$name";
}

sub command { my ($name, $script) = @_; return file($name, 0700, "#!/bin/sh\n$script\n") }

sub run
{
    my ($arguments, %how) = @_;

    return Scim::Server->run_t(config => <<"END", %how);
<Location "/scim/v2">
    SetHandler scim
    ScimDirectory default
    ScimBearerToken $arguments
</Location>
END
}

sub accepted
{
    my ($name, $form, %how) = @_;
    my ($status, $output) = run("idp $form", %how);

    subtest $name => sub {
        is $status, 0, 'accepted' or diag $output;
        like $output, $how{warns}, 'with a warning' if $how{warns};
        unlike $output, qr/SCIM00/, 'without a word' unless $how{warns};
        unlike $output, qr/print-this|$digest/, 'no secret';
    };
}

sub refused
{
    my ($name, $form, $sentence, %how) = @_;
    my ($status, $output) = run("idp $form", %how);

    subtest $name => sub {
        isnt $status, 0, 'refused';
        ok index($output, "\nScimBearerToken: $sentence") >= 0, $sentence or diag $output;
        unlike $output, qr/print-this|$digest/, 'no secret';
    };
}

# ---- good ones ----------------------------------------------------------------------

accepted('digest',                  "sha256:$digest");
accepted('digest in capitals',      'sha256:' . uc $digest);
accepted('file',                    'file:' . file('plain', 0600, "$secret\n"));
accepted('file without line end',   'file:' . file('bare', 0600, $secret));
accepted('file from Windows',       'file:' . file('crlf', 0600, "$secret\r\n"));
accepted('file with more lines',    'file:' . file('more', 0600, "$secret\nsecond line\n"));
accepted('file with a digest',      'file:' . file('digest', 0640, "sha256:$digest\n"));
accepted('file with a long token',  'file:' . file('long', 0600, 'x' x 1024));
accepted('file with a short token', 'file:' . file('short', 0600, 'x' x 16));
accepted('file that its group may write', 'file:' . file('group', 0660, "$secret\n"));
accepted('file below ServerRoot', 'file:token', files => { token => "$secret\n" });
symlink "$dir/plain", "$dir/link";
accepted('symbolic link',         "file:$dir/link");
accepted('variable',              'env:SCIM_TOKEN', env => { SCIM_TOKEN => $secret });
accepted('variable, digest',      'env:SCIM_TOKEN', env => { SCIM_TOKEN => "sha256:$digest" });
accepted('command',               'exec:' . command('print', "echo '$secret'"));
accepted('command with arguments',
    '"exec:' . command('args', 'echo "$1$2"') . ' Do-not-print-this. 0123456789"');
accepted('command that prints more', 'exec:' . command('lines', "echo '$secret'; seq 1000"));
accepted('command, digest', 'exec:' . command('printdigest', "echo 'sha256:$digest'"));
accepted('command in its own folder', 'exec:' . command('folder', 'cat plain'));

# ---- suspicious ones ------------------------------------------------------------------

my $readable = file('readable', 0644, "$secret\n");
accepted('file that all may read', "file:$readable",
    warns => qr/SCIM0039: \S*httpd\.conf:\d+: ScimBearerToken: .* the secret in '\Q$readable\E'/);
accepted('expired token', "sha256:$digest expires=2020-02-29",
    warns => qr/SCIM0040: \S*httpd\.conf:\d+: .* 'idp' expired at 2020-03-01T00:00:00\.000Z and/);

# ---- bad ones -----------------------------------------------------------------------

my $literal = 'the second argument is not a secret in one of the forms sha256:HEX, file:PATH, '
    . 'env:NAME and exec:COMMAND; a token itself may not stand in the configuration, write sha256: '
    . 'and what `printf %s TOKEN | sha256sum` prints, or put it into a file that only root may read '
    . 'and write file: and its path';
refused('literal',         $secret,          $literal);
refused('digest alone',    $digest,          $literal);
refused('unknown form',    "md5:$secret",    $literal);
refused('capitals',        "SHA256:$digest", $literal);
refused('token as option', "sha256:$digest $secret", 'the arguments after the secret are not ');
refused('token as digest', "sha256:$secret", 'what follows sha256: is not 64 hexadecimal digits');
refused('digest cut',      'sha256:' . substr($digest, 1), 'what follows sha256: is not 64 ');
refused('digest and more', "sha256:${digest}0", 'what follows sha256: is not 64 ');

refused('no file',      "file:$dir/none", "the file '$dir/none' cannot be read: No such file");
refused('nothing',      'file:',          "'' after file: is not the path of a file");
refused('a folder',     "file:$dir",      "'$dir' is not a file");
POSIX::mkfifo("$dir/pipe", 0600);
refused('a pipe', "file:$dir/pipe", "'$dir/pipe' is not a file");
refused('unreadable', 'file:' . file('locked', 0000, $secret),
    "the file '$dir/locked' cannot be read: Permission denied");
refused('writable by all', 'file:' . file('open', 0606, "$secret\n"),
    "everybody on this machine may write '$dir/open'; run chmod o-rw on it");
refused('empty', 'file:' . file('empty', 0600, ''),
    "the token in the file '$dir/empty' is too short, allowed are 16 to 1024 characters");
refused('first line empty', 'file:' . file('late', 0600, "\n$secret\n"),
    "the token in the file '$dir/late' is too short");
refused('15 characters', 'file:' . file('fifteen', 0600, 'x' x 15), 'the token in ');
refused('1025 characters', 'file:' . file('huge', 0600, 'x' x 1025),
    "the token in the file '$dir/huge' is too long, allowed are 16 to 1024 characters");
refused('no end', 'file:' . file('endless', 0600, 'x' x 100_000), 'the token in ');
refused('characters of no token', 'file:' . file('bad', 0600, "$_\n"),
    "the token in the file '$dir/bad' has characters that a bearer token cannot have, allowed "
        . 'are letters, digits and -._~+/ with = at the end')
    for "$secret ", "print-this 0123456789", "$secret\0", "$secret=x", '=' x 20,
    "\xef\xbb\xbf$secret";
refused('file with a bad digest', 'file:' . file('baddigest', 0600, "sha256:$secret\n"),
    'what follows sha256: is not 64 hexadecimal digits');

refused('variable not set', 'env:SCIM_TOKEN', "the environment variable 'SCIM_TOKEN' is not set");
refused('variable without name', 'env:', "'' after env: is not the name of an environment ");
refused('variable and value', "env:A=b", "'A=b' after env: is not the name of an environment ");
refused('variable too short', 'env:SCIM_TOKEN',
    "the token in the environment variable 'SCIM_TOKEN' is too short", env => { SCIM_TOKEN => '' });

refused('no command', 'exec:', 'there is no command after exec:');
refused('command not there', "exec:$dir/none", "the command '$dir/none' cannot be run: No such");
refused('command not executable', "exec:$dir/plain",
    "the command '$dir/plain' cannot be run: Permission denied");
refused('command that fails', 'exec:' . command('fail', "echo '$secret'; exit 3"),
    "the command '$dir/fail' failed with exit status 3");
refused('command that dies', 'exec:' . command('die', "echo '$secret'; kill -9 \$\$"),
    "the command '$dir/die' failed with signal 9");
refused('silent command', 'exec:' . command('silent', ':'),
    "the token in the output of '$dir/silent' is too short");
refused('command with a secret argument', "\"exec:$dir/none $secret\"", "the command '$dir/none' ");

# ---- arguments in the wrong order -------------------------------------------------------

for my $arguments ("$secret idp", "$secret sha256:x", "sha256:$digest idp",
    "'$secret' idp scope=read", "idp client $secret", "$secret", "idp scope=read $secret")
{
    my ($status, $output) = run($arguments);

    isnt $status, 0, 'refused';
    like $output,   qr/\nScimBearerToken: /,     'by ScimBearerToken';
    unlike $output, qr/print-this|$digest/, 'no secret';
}

# ---- nothing of it in a dump ------------------------------------------------------------

{
    my $server = Scim::Server->prepare(config => <<'END', modules => ['info'], port => 1,
<Location "/scim/v2">
    SetHandler scim
    ScimBearerToken idp file:token
</Location>
END
        files => { token => "$secret\n" });
    my $file = $server->configure->conf_file;
    my $dump = `$ENV{SCIM_HTTPD} -f '$file' -t -DDUMP_CONFIG 2>&1`;

    like $dump,   qr/ScimBearerToken idp file:token/, 'mod_info dumps the configuration';
    unlike $dump, qr/print-this/,                     'and no secret';
}

done_testing;
