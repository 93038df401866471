/* command/help.c: quire help [COMMAND], and quire help --man. */

#include "command/command.h"

#include <stdio.h>

#include "command/manual.h"

static int run(struct invocation *invocation);

enum { MAN };

static const struct option options[] = {
    [MAN] = {"--man", NULL, "write the manual page, quire(1), as roff"},
    {.name = NULL},
};

const struct command command_help = {
    .name = "help",
    .summary = "Say what quire can do, or how one command is called.",
    .operands = "[COMMAND]",
    .options = options,
    .run = run,
};

static int run(struct invocation *invocation)
{
    const char *const *words = invocation->operands;
    size_t n = 0;

    if (invocation->values[MAN]) {
        manual_write(invocation->all);
        return 0;
    }
    if (*words) {
        const struct command *command = command_find(invocation->all, words, &n);
        if (!command || words[n])
            return command_complain(2, "unknown command %s%s%s; see quire help", command ? command->name : words[0],
                                    command ? " " : "", command ? words[n] : "");
        command_describe(command);
        return 0;
    }
    printf("Usage: quire COMMAND [OPTION]...\n\nA book-catalogue REST service.\n\nCommands:\n");
    for (const struct command *const *command = invocation->all; *command; command++)
        printf("  %-16s %s\n", (*command)->name, (*command)->summary);
    printf("\nA web server or spawn-fcgi starts it without a command. quire help COMMAND tells more.\n");
    return 0;
}
