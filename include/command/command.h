#ifndef COMMAND_COMMAND_H
#define COMMAND_COMMAND_H

/* command/command.h: the subcommands: one file each, the table entry first. */

#include "core/config.h"

struct arena;

struct option {
    const char *name;  /* "--listen" */
    const char *value; /* "ADDRESS", or NULL: a flag */
    const char *help;
};

struct invocation {
    struct arena *arena;
    const struct config *config;
    const struct command *command;
    const char *values[8]; /* by index in command->options; NULL: not given; "" for a flag that is */
};

struct command {
    const char *name;                          /* "migrate apply" */
    const char *summary;                       /* one line */
    const struct option *options;              /* at most 8; ends with a name of NULL; may be NULL */
    int (*run)(struct invocation *invocation); /* the exit status: 0 good, 1 it failed, 2 wrong call */
};

extern const struct command command_serve;
extern const struct command command_migrate_apply;
extern const struct command command_migrate_status;
extern const struct command command_config;
extern const struct command command_version;
extern const struct command command_help;

extern const struct command *const commands[]; /* NULL-terminated, in the order of the help */

/* Finds the command in argv, reads its options, loads the configuration and runs it. Writes one line on stderr and
 * returns 2 for what it does not know. */
int command_main(int argc, char **argv);

#endif
