#include "httpd/dump.h"

#include "core/json.h"
#include "core/text.h"
#include "httpd/extension.h"

static const char *last_argument(const ap_directive_t *list, const char *directive,
                                 apr_pool_t *pool)
{
    const char *found = NULL;

    for (; list; list = list->next) {
        if (scim_text_same_name(list->directive, directive)) {
            const char *args = list->args;

            found = ap_getword_conf(pool, &args);
        }
    }
    return found;
}

const char *scim_dump_database(const server_rec *server, const char *directive,
                               apr_pool_t *pool)
{
    const char *everywhere = last_argument(ap_conftree, directive, pool), *here = NULL;
    const ap_directive_t *node;

    for (node = ap_conftree; node && server->defn_name; node = node->next) {
        if (scim_text_same_name(node->directive, "<VirtualHost")
            && node->line_num == (int)server->defn_line_number
            && strcmp(node->filename, server->defn_name) == 0) {
            here = last_argument(node->first_child, directive, pool);
        }
    }
    return here ? here : everywhere;
}

/* What is no UTF-8 cannot be said in JSON, and is null. */
static void set_text(json_t *object, const char *name, const char *text)
{
    json_t *value = text ? json_string(text) : NULL;

    json_object_set_new(object, name, value ? value : json_null());
}

static json_t *directories_of(const scim_server_config_t *config, apr_pool_t *pool)
{
    static const char prefix[] = SCIM_DEFAULT_PROVIDER " ";
    json_t *list = json_array();
    apr_hash_index_t *at;

    for (at = apr_hash_first(pool, config->wanted); at; at = apr_hash_next(at)) {
        const scim_directory_t *directory = apr_hash_this_val(at);

        if (strncmp(apr_hash_this_key(at), prefix, sizeof(prefix) - 1) == 0) {
            json_array_append_new(list, json_string(directory->name));
        }
    }
    return list;
}

static json_t *describe(const server_rec *server, apr_pool_t *pool)
{
    const scim_server_config_t *config =
        ap_get_module_config(server->module_config, &scim_module);
    json_t *object = json_object();

    set_text(object, "name",
             server->is_virtual
                 ? apr_psprintf(pool, "<VirtualHost> %s, %s:%u",
                                server->server_hostname ? server->server_hostname : "",
                                server->defn_name, server->defn_line_number)
                 : "main server");
    set_text(object, "driver", scim_dump_database(server, "DBDriver", pool));
    if (ap_exists_config_define("DUMP_SCIM_PARAMS")) {
        set_text(object, "params", scim_dump_database(server, "DBDParams", pool));
    }
    json_object_set_new(object, "directories", directories_of(config, pool));
    return object;
}

static json_t *texts(const apr_array_header_t *list)
{
    json_t *array = json_array();
    int i;

    for (i = 0; i < list->nelts; i++) {
        json_array_append_new(array, json_string(APR_ARRAY_IDX(list, i, const char *)));
    }
    return array;
}

static void print(const json_t *value, apr_pool_t *pool)
{
    apr_file_t *out;

    if (apr_file_open_stdout(&out, pool) == APR_SUCCESS) {
        apr_file_printf(out, "%s\n", scim_json_text(value, NULL, pool));
    }
}

void scim_dump_config(apr_pool_t *pconf, server_rec *server)
{
    const scim_server_config_t *config =
        ap_get_module_config(server->module_config, &scim_module);
    json_t *dump, *servers;

    if (!ap_exists_config_define("DUMP_SCIM")) {
        return;
    }
    servers = json_array();
    dump = scim_json_own(pconf, json_object());
    json_object_set_new(dump, "servers", servers);
    json_object_set_new(dump, "schemas", texts(scim_extension_files(config->lines, pconf)));
    json_object_set_new(dump, "indexes", texts(scim_extension_indexes(config->lines, pconf)));
    for (; server; server = server->next) {
        json_array_append_new(servers, describe(server, pconf));
    }
    print(dump, pconf);
}
