#include "httpd/place.h"

#include <apr_fnmatch.h>

#include "core/text.h"
#include "httpd/argument.h"

static int is_section(const ap_directive_t *section, const char *name)
{
    return scim_text_same_name(section->directive, name);
}

/* The innermost section around the directive that is not among those an endpoint's requests
   pass, or NULL. Sections like <IfModule> are gone by now: they are read, not kept. */
static const ap_directive_t *misplaced(const cmd_parms *cmd)
{
    const ap_directive_t *section;

    for (section = cmd->directive->parent; section; section = section->parent) {
        if (!is_section(section, "<Location") && !is_section(section, "<LocationMatch")
            && !is_section(section, "<VirtualHost")) {
            return section;
        }
    }
    return NULL;
}

/* For messages: the section's first line when there is one. */
static void note_place(scim_dir_config_t *config, const cmd_parms *cmd)
{
    const ap_directive_t *at = cmd->path ? cmd->directive->parent : cmd->directive;

    if (config->defn_name == NULL) {
        config->defn_name = at->filename;
        config->defn_line = at->line_num;
    }
}

const char *scim_place_policy(scim_dir_config_t *config, cmd_parms *cmd)
{
    const ap_directive_t *section = misplaced(cmd);

    if (section) {
        return scim_argument_wrong(cmd,
                                   "'%s>' is not a place for it; allowed are the server, "
                                   "<VirtualHost>, <Location> and <LocationMatch>",
                                   section->directive);
    }
    note_place(config, cmd);
    return NULL;
}

const char *scim_place_endpoint(scim_dir_config_t *config, cmd_parms *cmd)
{
    const ap_directive_t *section = misplaced(cmd);
    apr_size_t length;

    if (section == NULL && (section = cmd->directive->parent) == NULL) {
        return scim_argument_wrong(
            cmd, "'server config' is not a place for it; allowed is <Location \"/path\">");
    }
    if (!is_section(section, "<Location")) {
        return scim_argument_wrong(
            cmd, "'%s>' is not a place for it; allowed is <Location \"/path\">",
            section->directive);
    }
    if (*cmd->path != '/' || section->args[0] == '~' || apr_fnmatch_test(cmd->path)) {
        return scim_argument_wrong(
            cmd,
            "'<Location %s' is not a place for it; allowed is <Location \"/path\"> with a path "
            "that starts with a slash, without wildcards and regular expressions",
            section->args);
    }
    for (length = strlen(cmd->path); length && cmd->path[length - 1] == '/'; length--) {
    }
    config->base_path = apr_pstrmemdup(cmd->pool, cmd->path, length);
    note_place(config, cmd);
    return NULL;
}
