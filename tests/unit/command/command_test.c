/* From argv to a command; what is written goes to a file that the tests read. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "command/command.h"

#define WORDS_MAX 8

static char called[256]; /* what run() saw */

static int run(struct invocation *invocation)
{
    const char *const *values = invocation->values;

    snprintf(called, sizeof called, "%s: %s %s %s", invocation->command->name, values[0] ? values[0] : "-",
             values[1] ? values[1] : "-", invocation->operands[0] ? invocation->operands[0] : "-");
    return 7;
}

static const struct option options[] = {
    {"--name", "TEXT", "a name"},
    {"--flag", NULL, "a flag"},
    {.name = NULL},
};

static const struct command plain = {.name = "plain", .summary = "No options.", .run = run};
static const struct command words = {.name = "do it", .summary = "Two words.", .options = options, .run = run};
static const struct command more_words = {.name = "do it now", .summary = "Three words.", .run = run};
static const struct command version = {.name = "version", .summary = "As the real one.", .run = run};
static const struct command taker = {
    .name = "take", .summary = "An operand.", .operands = "[THING]", .options = options, .run = run};
static const struct command *const all[] = {&plain, &words, &more_words, &taker, &version, &command_help, NULL};

/* Exit status, and what was written: stdout and stderr together. */
struct outcome {
    int status;
    char text[4096];
};

/* Calls command_main() with the words of `line`. */
static struct outcome call_in(const struct command *const *table, const char *line)
{
    struct outcome outcome = {.status = -1};
    const char *argv[WORDS_MAX + 2] = {"quire"};
    int argc = 1;
    char copy[256];
    char *rest = copy;
    FILE *file = tmpfile();
    int out = dup(STDOUT_FILENO);
    int err = dup(STDERR_FILENO);

    snprintf(copy, sizeof copy, "%s", line);
    for (char *word = strtok_r(copy, " ", &rest); word && argc <= WORDS_MAX; word = strtok_r(NULL, " ", &rest))
        argv[argc++] = word;
    called[0] = '\0';
    fflush(NULL);
    dup2(fileno(file), STDOUT_FILENO);
    dup2(fileno(file), STDERR_FILENO);
    outcome.status = command_main(table, argc, argv);
    fflush(NULL);
    dup2(out, STDOUT_FILENO);
    dup2(err, STDERR_FILENO);
    close(out);
    close(err);
    rewind(file);
    outcome.text[fread(outcome.text, 1, sizeof outcome.text - 1, file)] = '\0';
    fclose(file);
    return outcome;
}

static struct outcome call(const char *line)
{
    return call_in(all, line);
}

static void test_command_main__runs_what_argv_says(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        const char *called;
    } rows[] = {
        {"plain", "plain: - - -"},
        {"do it", "do it: - - -"},
        {"do it now", "do it now: - - -"},
        {"do it --name x", "do it: x - -"},
        {"do it --name=x --flag", "do it: x  -"},
        {"do it --name=", "do it:  - -"},
        {"do it --name --flag", "do it: --flag - -"},
        {"do it --name a --name b", "do it: b - -"},
        {"take", "take: - - -"},
        {"take a", "take: - - a"},
        {"take --name x a", "take: x - a"},
        {"take a --flag --name x", "take: x  a"},
        {"take --flag -- --name", "take: -  --name"},
        {"take -- a --flag", "take: - - a"},
        {"--version", "version: - - -"},
        {"version", "version: - - -"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct outcome outcome = call(rows[i].line);
        assert_string_equal(called, rows[i].called);
        assert_int_equal(outcome.status, 7);
        assert_string_equal(outcome.text, "");
    }
}

static void test_command_main__refuses_with_one_line_and_status_2(void **state)
{
    (void)state;
    static const struct {
        const char *line;
        const char *complaint;
    } rows[] = {
        {"nothing", "quire: unknown command nothing; see quire help\n"},
        {"plai", "quire: unknown command plai; see quire help\n"},
        {"do", "quire: do needs one more word: do it, do it now; see quire help\n"},
        {"--x", "quire: unknown option --x; see quire help\n"},
        {"plain --x", "quire: unknown option --x; see quire help plain\n"},
        {"plain x", "quire: plain takes no operand: x; see quire help plain\n"},
        {"do it --nam x", "quire: unknown option --nam; see quire help do it\n"},
        {"do it --names x", "quire: unknown option --names; see quire help do it\n"},
        {"do it --name", "quire: --name needs a value: TEXT; see quire help do it\n"},
        {"do it --flag=1", "quire: --flag takes no value; see quire help do it\n"},
        {"do it later", "quire: do it takes no operand: later; see quire help do it\n"},
        {"do it --flag later", "quire: do it takes no operand: later; see quire help do it\n"},
        {"help nothing", "quire: unknown command nothing; see quire help\n"},
        {"help plain nothing", "quire: unknown command plain nothing; see quire help\n"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct outcome outcome = call(rows[i].line);
        assert_string_equal(outcome.text, rows[i].complaint);
        assert_int_equal(outcome.status, 2);
        assert_string_equal(called, "");
    }
}

static void test_command_main__helps_without_a_command(void **state)
{
    (void)state;
    static const char *const lines[] = {"", "help", "--help", "-h"};

    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct outcome outcome = call(lines[i]);
        assert_int_equal(outcome.status, 0);
        for (const struct command *const *command = all; *command; command++) {
            assert_non_null(strstr(outcome.text, (*command)->name));
            assert_non_null(strstr(outcome.text, (*command)->summary));
        }
    }
}

static void test_command_main__describes_a_command(void **state)
{
    (void)state;
    static const char *const lines[] = {"help do it", "do it --help", "do it -h", "do it --flag --help"};

    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        struct outcome outcome = call(lines[i]);
        assert_int_equal(outcome.status, 0);
        assert_non_null(strstr(outcome.text, "Usage: quire do it [OPTION]...\n"));
        assert_non_null(strstr(outcome.text, "Two words."));
        assert_non_null(strstr(outcome.text, "--name TEXT"));
        assert_non_null(strstr(outcome.text, "a flag"));
        assert_string_equal(called, "");
    }
}

static void test_command_main__stops_at_a_bad_setting(void **state)
{
    (void)state;
    static const struct command needs_settings = {.name = "serve", .summary = "", .settings = true, .run = run};
    static const struct command *const table[] = {&needs_settings, NULL};

    setenv("WORKERS", "none", 1);
    struct outcome outcome = call_in(table, "serve");
    unsetenv("WORKERS");
    assert_int_equal(outcome.status, 2);
    assert_string_equal(called, "");
    assert_non_null(strstr(outcome.text, "WORKERS"));
    assert_ptr_equal(strchr(outcome.text, '\n') + 1, outcome.text + strlen(outcome.text));
    assert_int_equal(call_in(table, "serve").status, 7);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_command_main__runs_what_argv_says),
        cmocka_unit_test(test_command_main__refuses_with_one_line_and_status_2),
        cmocka_unit_test(test_command_main__helps_without_a_command),
        cmocka_unit_test(test_command_main__describes_a_command),
        cmocka_unit_test(test_command_main__stops_at_a_bad_setting),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
