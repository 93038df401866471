/* command/openapi.c: quire openapi: the document that /api/openapi.json serves, without a server. */

#include <stdio.h>

#include "api/documents.h"
#include "command/command.h"

static int run(struct invocation *invocation);

const struct command command_openapi = {
    .name = "openapi",
    .summary = "Print the OpenAPI document of the service, with the settings in force.",
    .settings = true,
    .run = run,
};

static int run(struct invocation *invocation)
{
    struct document document;

    if (document_openapi(invocation->arena, invocation->config, &document) != OK)
        return command_complain(1, "out of memory");
    if (puts(document.text) == EOF || fflush(stdout) != 0)
        return command_complain(1, "the document cannot be written");
    return 0;
}
