#ifndef COMMAND_COMMAND_H
#define COMMAND_COMMAND_H

/*
 * command/command.h: the subcommands: one file each, the table entry first. main.c has the table of all of them.
 */

#include <stdbool.h>
#include <stddef.h>

#include "core/config.h"

struct arena;

#define OPTIONS_MAX 12

struct option {
    const char *name;  /* "--listen" */
    const char *value; /* "ADDRESS", or NULL: a flag */
    const char *help;
};

struct invocation {
    struct arena *arena;              /* of the process */
    const struct command *const *all; /* the table of commands */
    const struct command *command;    /* the one that is run */
    const struct config *config;      /* NULL unless the command asks for settings */
    const char *values[OPTIONS_MAX];  /* by index in command->options; NULL: not given; "" for a flag that is */
    const char *const *operands;      /* NULL-terminated; empty unless the command takes some */
};

struct command {
    const char *name;                          /* "migrate apply" */
    const char *summary;                       /* one line */
    const char *operands;                      /* "[COMMAND]", for the usage line; NULL: it takes none */
    bool settings;                             /* needs the configuration */
    const struct option *options;              /* at most OPTIONS_MAX; ends with a name of NULL; may be NULL */
    int (*run)(struct invocation *invocation); /* the exit status: 0 good, 1 it failed, 2 wrong call or setting */
};

extern const struct command command_serve;
extern const struct command command_cgi;
extern const struct command command_migrate_apply;
extern const struct command command_migrate_status;
extern const struct command command_migrate_diff;
extern const struct command command_migrate_new;
extern const struct command command_migrate_hash;
extern const struct command command_migrate_validate;
extern const struct command command_migrate_lint;
extern const struct command command_schema;
extern const struct command command_config;
extern const struct command command_doctor;
extern const struct command command_openapi;
extern const struct command command_version;
extern const struct command command_help;

/*
 * Finds the command in argv, reads its options, loads the configuration if it wants that, and runs it. `all` ends with
 * NULL and has the commands "help", which is also run by `--help` and by nothing at all, and "version". Gives the exit
 * status; 2 with one line on stderr for what it does not know.
 */
int command_main(const struct command *const *all, int argc, const char *const *argv);

/* One line on stderr, with the program's name before it; gives `status`. */
int command_complain(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Writes what a command is for, how it is called and its options on stdout. */
void command_describe(const struct command *command);

/* The command whose name is the longest start of `words`, which ends with NULL; NULL: none. ret_n is the number of
 * words in its name. */
const struct command *command_find(const struct command *const *all, const char *const *words, size_t *ret_n);

#endif
