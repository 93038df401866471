/*
 * command/command.c: from argv to a command. A name may have several words; the command with the most words that argv
 * starts with is meant.
 */

#include "command/command.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/arena.h"

#define PROCESS_MEMORY ((size_t)256 * 1024 * 1024) /* ceiling of the process's arena, in bytes */
#define ERROR_LINE_MAX 512

int command_complain(int status, const char *format, ...)
{
    char text[ERROR_LINE_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    fprintf(stderr, "quire: %s\n", text);
    return status;
}

/* How many words `name` has, if `words` starts with them; 0: it does not. */
static size_t match_words(const char *name, const char *const *words)
{
    size_t n = 0;

    while (*name) {
        size_t size = strcspn(name, " ");
        if (!words[n] || strlen(words[n]) != size || strncmp(name, words[n], size) != 0)
            return 0;
        n++;
        name += size;
        name += strspn(name, " ");
    }
    return n;
}

const struct command *command_find(const struct command *const *all, const char *const *words, size_t *ret_n)
{
    const struct command *best = NULL;

    *ret_n = 0;
    for (; *all; all++) {
        size_t n = match_words((*all)->name, words);
        if (n > *ret_n) {
            *ret_n = n;
            best = *all;
        }
    }
    return best;
}

void command_describe(const struct command *command)
{
    static const struct option help = {"--help", NULL, "show this"};

    printf("Usage: quire %s%s%s%s\n\n%s\n\nOptions:\n", command->name, command->options ? " [OPTION]..." : "",
           command->operands ? " " : "", command->operands ? command->operands : "", command->summary);
    for (const struct option *option = command->options ? command->options : &help;;) {
        char call[64];
        snprintf(call, sizeof call, "%s%s%s", option->name, option->value ? " " : "",
                 option->value ? option->value : "");
        printf("  %-22s %s\n", call, option->help);
        if (option == &help)
            break;
        option++;
        if (!option->name)
            option = &help;
    }
}

/* Says on stderr that there is no such command, or which words are missing; gives 2. */
static int refuse_command(const struct command *const *all, const char *word)
{
    char known[ERROR_LINE_MAX] = "";
    size_t size = strlen(word);
    size_t at = 0;

    for (; *all; all++) {
        const char *name = (*all)->name;
        if (strncmp(name, word, size) == 0 && name[size] == ' ' && at < sizeof known)
            at += (size_t)snprintf(known + at, sizeof known - at, "%s%s", at ? ", " : "", name);
    }
    if (at > 0)
        return command_complain(2, "%s needs one more word: %s; see quire help", word, known);
    return command_complain(2, "unknown %s %s; see quire help", *word == '-' ? "option" : "command", word);
}

/* Which option is this? Sets *ret_value to what stands after a `=`, else NULL. -1: none of the command's. */
static int find_option(const struct command *command, const char *word, const char **ret_value)
{
    size_t size = strcspn(word, "=");

    *ret_value = word[size] ? word + size + 1 : NULL;
    for (int i = 0; command->options && command->options[i].name; i++) {
        if (strlen(command->options[i].name) == size && strncmp(command->options[i].name, word, size) == 0)
            return i;
    }
    return -1;
}

/* Reads one option and moves *words past it. 0, or 2 with a line on stderr. */
static int read_option(struct invocation *invocation, const char *const **words)
{
    const struct command *command = invocation->command;
    const char *word = *(*words)++;
    const char *value = NULL;
    int i = find_option(command, word, &value);

    if (i < 0)
        return command_complain(2, "unknown option %s; see quire help %s", word, command->name);
    const struct option *option = &command->options[i];
    if (!option->value && value)
        return command_complain(2, "%s takes no value; see quire help %s", option->name, command->name);
    if (option->value && !value) {
        if (!**words)
            return command_complain(2, "%s needs a value: %s; see quire help %s", option->name, option->value,
                                    command->name);
        value = *(*words)++;
    }
    invocation->values[i] = option->value ? value : "";
    return 0;
}

/* Reads what stands after the command's name; options may come after operands, `--` ends them. 0, or 2 with a line on
 * stderr; -1: it was --help, which is done. */
static int read_words(struct invocation *invocation, const char *const *words)
{
    const struct command *command = invocation->command;
    size_t n = 0;

    while (words[n])
        n++;
    const char **operands = arena_array(invocation->arena, n + 1, sizeof *operands);
    if (!operands)
        return command_complain(1, "out of memory");
    invocation->operands = operands;
    for (bool more = true; *words;) {
        if (!more || **words != '-') {
            *operands++ = *words++;
        } else if (strcmp(*words, "--help") == 0 || strcmp(*words, "-h") == 0) {
            command_describe(command);
            return -1;
        } else if (strcmp(*words, "--") == 0) {
            more = false;
            words++;
        } else if (read_option(invocation, &words) != 0) {
            return 2;
        }
    }
    if (*invocation->operands && !command->operands)
        return command_complain(2, "%s takes no operand: %s; see quire help %s", command->name, *invocation->operands,
                                command->name);
    return 0;
}

/* Loads the settings if the command wants them, and runs it. */
static int run(struct invocation *invocation)
{
    struct config *config = arena_alloc(invocation->arena, sizeof *config);
    char error[ERROR_LINE_MAX];

    if (!config)
        return command_complain(1, "out of memory");
    if (invocation->command->settings) {
        if (config_load(invocation->arena, ".env", config, error, sizeof error) != 0) {
            fprintf(stderr, "%s\n", error);
            return 2;
        }
        invocation->config = config;
    }
    return invocation->command->run(invocation);
}

/* What people write instead of a command's name. */
static const char *real_name(const char *word)
{
    if (!word || strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0)
        return "help";
    return strcmp(word, "--version") == 0 ? "version" : NULL;
}

int command_main(const struct command *const *all, int argc, const char *const *argv)
{
    const char *const *words = argv + (argc > 0);
    const char *name = real_name(*words);
    const char *const standing_in[] = {name, NULL};
    struct arena arena;
    size_t n = 0;
    struct invocation invocation = {
        .arena = &arena, .all = all, .command = command_find(all, name ? standing_in : words, &n)};

    if (!invocation.command)
        return refuse_command(all, name ? name : *words);
    arena_init(&arena, PROCESS_MEMORY);
    int status = read_words(&invocation, *words ? words + n : words);
    if (status == 0)
        status = run(&invocation);
    arena_release(&arena);
    return status < 0 ? 0 : status;
}
