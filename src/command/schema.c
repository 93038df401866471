/* command/schema.c: quire schema: the tables that the records need, as SQL. The Atlas CLI reads it as external_schema.
 */

#include <stdio.h>

#include "command/command.h"
#include "core/context.h"
#include "domain/records.h"
#include "migrate/ddl.h"
#include "migrate/dialect.h"
#include "migrate/model.h"

static int run(struct invocation *invocation);

enum { DIALECT };

static const struct option options[] = {
    [DIALECT] = {"--dialect", "DIALECT", "sqlite, mysql or postgresql; without it: the setting DB"},
    {.name = NULL},
};

const struct command command_schema = {
    .name = "schema",
    .summary = "Print the tables that the records need, as SQL.",
    .settings = true,
    .options = options,
    .run = run,
};

static enum code schema_text(struct context *context, const struct migrate_dialect *dialect, const char **ret_text)
{
    struct model model = {.n_tables = 0};
    struct ddl ddl = {.n = 0};
    enum code code = model_of_records(context, dialect, records, &model);

    if (code == OK)
        code = ddl_create(context, dialect, &model, &ddl);
    if (code != OK)
        return code;
    const char *text = ddl_format(context, &ddl);
    if (!text)
        return fail_memory(context);
    *ret_text = text;
    return OK;
}

static int run(struct invocation *invocation)
{
    const char *name = invocation->values[DIALECT] ? invocation->values[DIALECT] : invocation->config->db;
    const struct migrate_dialect *dialect = migrate_dialect_find(name);
    struct context context;
    const char *text = "";

    if (!dialect)
        return command_complain(2, "no dialect \"%s\": sqlite, mysql or postgresql", name);
    context_init(&context, invocation->arena, 0);
    enum code code = schema_text(&context, dialect, &text);
    if (code != OK)
        return command_complain(1, "%s", error_text(&context.error));
    if (fputs(text, stdout) == EOF || fflush(stdout) != 0)
        return command_complain(1, "the tables cannot be written");
    return 0;
}
