/* scimctl - looks after the directories of mod_scim. */
#include <getopt.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <apr_general.h>
#include <apr_strings.h>

#include "core/error.h"
#include "ctl.h"

/* Commands, as bits of a set. */
enum {
    INIT = 1 << 0,
    MIGRATE = 1 << 1,
    CHECK = 1 << 2,
    REINDEX = 1 << 3,
    EXPORT = 1 << 4,
    IMPORT = 1 << 5,
    TOKEN = 1 << 6,
    PLACED = INIT | MIGRATE | CHECK | REINDEX | EXPORT | IMPORT
};

typedef struct command_t {
    int bit;
    const char *name;
    const char *operand; /* what may follow it, or NULL */
    int operand_needed;
    ctl_need_t need;
    ctl_command_fn run;
    ctl_command_fn open; /* its file, before the program may become somebody else; or NULL */
    const char *summary;
    const char *more; /* of its --help */
} command_t;

static const command_t commands[] = {
    {INIT, "init", NULL, 0, CTL_MAKES_DATABASE, ctl_init, NULL,
     "makes the tables and the directory, where they are not there",
     "  scimctl --driver sqlite3 --params /var/lib/mod_scim/scim.db --directory staff init\n"
     "  scimctl --config /etc/httpd/conf/httpd.conf init\n"},
    {MIGRATE, "migrate", NULL, 0, CTL_NEEDS_DATABASE, ctl_migrate, NULL,
     "brings tables of an earlier version up to date",
     "  scimctl --driver sqlite3 --params /var/lib/mod_scim/scim.db migrate\n"},
    {CHECK, "check", NULL, 0, CTL_NEEDS_DIRECTORY, ctl_check, NULL,
     "looks for damage; a line for each finding",
     "  scimctl --config /etc/httpd/conf/httpd.conf check\n"
     "  scimctl --config /etc/httpd/conf/httpd.conf --directory staff check --repair\n"},
    {REINDEX, "reindex", NULL, 0, CTL_NEEDS_DIRECTORY, ctl_reindex, NULL,
     "fills the indexes that were added with ScimIndex, while httpd runs",
     "First add ScimIndex to the configuration of every server that uses the directory, then\n"
     "restart them all (apachectl graceful), then:\n"
     "\n"
     "  scimctl --config /etc/httpd/conf/httpd.conf reindex\n"
     "\n"
     "The same again goes on where it was stopped.\n"},
    {EXPORT, "export", "FILE", 0, CTL_NEEDS_DIRECTORY, ctl_export, ctl_export_file,
     "writes all resources, a line of JSON for each",
     "  scimctl --config /etc/httpd/conf/httpd.conf export --passwords staff.jsonl\n"
     "  scimctl --config /etc/httpd/conf/httpd.conf export --continue staff.jsonl\n"
     "  scimctl --config /etc/httpd/conf/httpd.conf export | gzip > staff.jsonl.gz\n"},
    {IMPORT, "import", "FILE", 0, CTL_NEEDS_DIRECTORY, ctl_import, ctl_import_file,
     "reads what export wrote; who is there already is left alone",
     "  scimctl --driver pgsql --params 'host=db dbname=scim' --directory staff init\n"
     "  scimctl --driver pgsql --params 'host=db dbname=scim' import staff.jsonl\n"
     "  scimctl --config /etc/httpd/conf/httpd.conf import --format htpasswd /etc/httpd/users\n"
     "  scimctl --config /etc/httpd/conf/httpd.conf import --format htgroup /etc/httpd/groups\n"
     "\n"
     "The same again goes on where it was stopped.\n"},
    {TOKEN, "token", "new", 1, CTL_NEEDS_NOTHING, ctl_token, NULL,
     "makes a bearer token, and the line for httpd's configuration",
     "  scimctl token new --label onelogin\n"},
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

typedef enum kind_t { FLAG, TEXT, LIST } kind_t;

typedef struct choice_t {
    const char *name;
    kind_t kind;
    size_t member; /* of ctl_options_t */
    int of;        /* commands */
    const char *value;
    const char *help;
} choice_t;

#define MEMBER(name) offsetof(ctl_options_t, name)

static const choice_t choices[] = {
    {"driver", TEXT, MEMBER(driver), PLACED, "NAME", "as DBDriver: sqlite3, pgsql or mysql"},
    {"params", TEXT, MEMBER(params), PLACED, "TEXT",
     "as DBDParams: a file, or \"host=... dbname=...\"; - reads it from standard input"},
    {"config", TEXT, MEMBER(config), PLACED, "FILE",
     "takes database, directory, schemas and indexes from httpd's configuration"},
    {"httpd", TEXT, MEMBER(httpd), PLACED, "PATH",
     "the httpd or apachectl that reads it, when it is not " SCIM_HTTPD},
    {"directory", TEXT, MEMBER(directory), PLACED, "NAME",
     "as ScimDirectory; the only one there is need not be named"},
    {"schema", LIST, MEMBER(schemas), PLACED, "FILE", "as ScimSchema, without --config"},
    {"index", LIST, MEMBER(indexes), PLACED, "ATTRIBUTE",
     "as ScimIndex, without --config: nickName, Group:displayName"},
    {"repair", FLAG, MEMBER(repair), CHECK, NULL, "writes anew what can be computed"},
    {"passwords", FLAG, MEMBER(passwords), EXPORT, NULL, "exports the hashes of passwords too"},
    {"continue", FLAG, MEMBER(proceed), EXPORT, NULL,
     "goes on behind the last whole line of FILE"},
    {"format", TEXT, MEMBER(format), IMPORT, "NAME",
     "what FILE is: scim (of export, the default), htpasswd, or htgroup (of AuthGroupFile)"},
    {"label", TEXT, MEMBER(label), TOKEN, "NAME", "what logs call the client"},
    {"quiet", FLAG, MEMBER(quiet), PLACED | TOKEN, NULL, "no progress, no explanations"},
};

#define CHOICES (sizeof(choices) / sizeof(choices[0]))
#define HELP ((int)CHOICES)
#define VERSION ((int)CHOICES + 1)

/* ---- help ---- */

static void print_choices(int of)
{
    size_t i;

    for (i = 0; i < CHOICES; i++) {
        if (choices[i].of & of) {
            printf("  --%s%s%s\n        %s\n", choices[i].name, choices[i].value ? " " : "",
                   choices[i].value ? choices[i].value : "", choices[i].help);
        }
    }
}

static int help(const command_t *command)
{
    size_t i;

    if (command) {
        printf("scimctl [options] %s%s%s%s%s\n\n%s.\n\n%s\n", command->name,
               command->operand ? command->operand_needed ? " " : " [" : "",
               command->operand ? command->operand : "",
               command->operand && !command->operand_needed ? "]" : "", "", command->summary,
               command->more);
        print_choices(command->bit);
        return CTL_DONE;
    }
    puts("scimctl [options] COMMAND\n\nLooks after the directories of mod_scim.\n");
    for (i = 0; i < COMMANDS; i++) {
        printf("  %-8s  %s\n", commands[i].name, commands[i].summary);
    }
    puts("\nscimctl COMMAND --help tells more of each; --version says which this is.\n\n"
         "Exit status: 0 done; 1 done, but something was found wrong or left out; 2 wrong\n"
         "command line; 3 failed; 4 stopped by a signal.");
    return CTL_DONE;
}

/* ---- the command line ---- */

static int misused(const char *what, const char *text, apr_pool_t *pool)
{
    return ctl_fail(CTL_USAGE, "%s %s; `scimctl --help` tells more", what,
                    scim_error_quotes(pool, text));
}

static const command_t *find_command(const char *name)
{
    size_t i;

    for (i = 0; i < COMMANDS && strcmp(commands[i].name, name) != 0; i++) {
    }
    return i < COMMANDS ? &commands[i] : NULL;
}

static void set(ctl_options_t *options, const choice_t *choice, const char *value)
{
    char *member = (char *)options + choice->member;

    if (choice->kind == FLAG) {
        *(int *)member = 1;
    } else if (choice->kind == TEXT) {
        *(const char **)member = value;
    } else {
        APR_ARRAY_PUSH(*(apr_array_header_t **)member, const char *) = value;
    }
}

static void make_long_options(struct option *options)
{
    size_t i;

    memset(options, 0, sizeof(*options) * (CHOICES + 3));
    for (i = 0; i < CHOICES; i++) {
        options[i].name = choices[i].name;
        options[i].has_arg = choices[i].kind == FLAG ? no_argument : required_argument;
        options[i].val = (int)i + 256;
    }
    options[HELP] = (struct option){"help", no_argument, NULL, HELP + 256};
    options[VERSION] = (struct option){"version", no_argument, NULL, VERSION + 256};
}

/* What was asked for. */
typedef struct order_t {
    const command_t *command;
    int given[CHOICES];
    int help, version;
} order_t;

static int read_options(order_t *order, ctl_t *ctl, int argc, char **argv)
{
    struct option options[CHOICES + 3];
    int code;

    make_long_options(options);
    opterr = 0;
    while ((code = getopt_long(argc, argv, ":", options, NULL)) != -1) {
        int which = code - 256;

        if (code == ':') {
            return misused("there is no value behind", argv[optind - 1], ctl->pool);
        }
        if (which < 0) {
            return misused("there is no option", argv[optind - 1], ctl->pool);
        }
        order->help |= which == HELP;
        order->version |= which == VERSION;
        if (which < (int)CHOICES) {
            if (order->given[which]++ && choices[which].kind == TEXT) {
                return ctl_fail(CTL_USAGE, "--%s was given twice", choices[which].name);
            }
            set(&ctl->options, &choices[which], optarg);
        }
    }
    return CTL_DONE;
}

static int read_operands(order_t *order, ctl_t *ctl, int count, char **operands)
{
    const command_t *command;

    if (count == 0) {
        return order->help || order->version
                   ? CTL_DONE
                   : ctl_fail(CTL_USAGE,
                              "there is no command; `scimctl --help` tells which there are");
    }
    command = order->command = find_command(operands[0]);
    if (command == NULL) {
        return misused("there is no command", operands[0], ctl->pool);
    }
    if (count > (command->operand ? 2 : 1)) {
        return misused("there is too much behind the command:", operands[count - 1], ctl->pool);
    }
    if (command->operand_needed && !order->help
        && (count < 2 || strcmp(operands[1], command->operand) != 0)) {
        return ctl_fail(CTL_USAGE, "behind %s there has to be: %s", command->name,
                        command->operand);
    }
    ctl->options.file = count > 1 ? operands[1] : NULL;
    return CTL_DONE;
}

static int check_options(const order_t *order)
{
    size_t i;

    for (i = 0; i < CHOICES && order->command; i++) {
        if (order->given[i] && !(choices[i].of & order->command->bit)) {
            return ctl_fail(CTL_USAGE, "--%s is not for %s", choices[i].name,
                            order->command->name);
        }
    }
    return CTL_DONE;
}

/* ---- */

/* Arguments can be seen by everybody on the machine. */
static int read_params(ctl_t *ctl)
{
    static char line[4096];
    const char *params = ctl->options.params;

    if (params == NULL || strcmp(params, "-") != 0) {
        return CTL_DONE;
    }
    if (fgets(line, sizeof(line), stdin) == NULL || strchr(line, '\n') == NULL) {
        return ctl_fail(CTL_USAGE,
                        "--params -: there is no line of up to %d bytes on standard input",
                        (int)sizeof(line) - 2);
    }
    line[strcspn(line, "\r\n")] = '\0';
    ctl->options.params = line;
    return CTL_DONE;
}

/* The file of an export that did not begin. */
static void discard(const ctl_t *ctl)
{
    if (ctl->options.file) {
        apr_file_remove(ctl->options.file, ctl->pool);
    }
}

static int run(const command_t *command, ctl_t *ctl)
{
    int status = CTL_DONE;

    ctl_watch_signals();
    if (command->need != CTL_NEEDS_NOTHING) {
        if (command->bit == INIT && !ctl->options.config && !ctl->options.httpd
            && !ctl->options.directory) {
            ctl->options.directory = "default";
        }
        status = command->open ? command->open(ctl) : CTL_DONE;
        if (status == CTL_DONE) {
            status = read_params(ctl);
        }
        if (status == CTL_DONE) {
            status = ctl_settings_read(ctl);
        }
        if (status == CTL_DONE) {
            status = ctl_place_open(ctl, command->need);
        }
    }
    if (status != CTL_DONE && command->bit == EXPORT && ctl->file && !ctl->options.proceed) {
        discard(ctl);
    }
    return status == CTL_DONE ? command->run(ctl) : status;
}

int main(int argc, char **argv)
{
    order_t order = {0};
    ctl_t ctl = {0};
    int status;

    if (apr_initialize() != APR_SUCCESS || apr_pool_create(&ctl.pool, NULL) != APR_SUCCESS) {
        return CTL_FAILED;
    }
    ctl.options.indexes = apr_array_make(ctl.pool, 4, sizeof(const char *));
    ctl.options.schemas = apr_array_make(ctl.pool, 4, sizeof(const char *));
    status = read_options(&order, &ctl, argc, argv);
    if (status == CTL_DONE) {
        status = read_operands(&order, &ctl, argc - optind, argv + optind);
    }
    if (status == CTL_DONE && order.version) {
        puts("scimctl " SCIM_VERSION);
    } else if (status == CTL_DONE && order.help) {
        status = help(order.command);
    } else if (status == CTL_DONE) {
        status = check_options(&order);
        status = status ? status : run(order.command, &ctl);
    }
    if (fflush(stdout) != 0 || ferror(stdout)) {
        status = ctl_fail(CTL_FAILED, "what was to be printed could not be written");
    }
    apr_pool_destroy(ctl.pool);
    apr_terminate();
    return status;
}
