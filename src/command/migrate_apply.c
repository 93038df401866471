/* command/migrate_apply.c: quire migrate apply. Its output is that of the Atlas CLI, line for line where it can be. */

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command/command.h"
#include "command/migration.h"
#include "core/clock.h"
#include "driver/db.h"
#include "migrate/migrate.h"

static int run(struct invocation *invocation);

enum { DIR, URL, BASELINE, ALLOW_DIRTY, EXEC_ORDER, TX_MODE, TO_VERSION, REVISIONS_SCHEMA, RESOLVE, DRY_RUN };

static const struct option options[] = {
    [DIR] = {"--dir", "DIR", HELP_DIR},
    [URL] = {"--url", "URL", HELP_URL},
    [BASELINE] = {"--baseline", "VERSION", "take a database that was never migrated to be at this version"},
    [ALLOW_DIRTY] = {"--allow-dirty", NULL, "take a database that was never migrated whatever tables it has"},
    [EXEC_ORDER] = {"--exec-order", "ORDER",
                    "files that came late: linear (refused), linear-skip, non-linear (applied)"},
    [TX_MODE] = {"--tx-mode", "MODE", "one transaction per file, for all of them, or none, where the database can"},
    [TO_VERSION] = {"--to-version", "VERSION", "the last version to apply"},
    [REVISIONS_SCHEMA] = {"--revisions-schema", "NAME", HELP_REVISIONS},
    [RESOLVE] = {"--resolve", NULL, "change the rows that stop a migration as its file says"},
    [DRY_RUN] = {"--dry-run", NULL, "show what would be done, and do nothing"},
    {.name = NULL},
};

const struct command command_migrate_apply = {
    .name = "migrate apply",
    .summary = "Apply the pending migrations to the database; no more of them than AMOUNT.",
    .operands = "[AMOUNT]",
    .settings = true,
    .options = options,
    .run = run,
};

static const char *const orders[] = {
    [ORDER_LINEAR] = "linear", [ORDER_LINEAR_SKIP] = "linear-skip", [ORDER_NON_LINEAR] = "non-linear", NULL};

static const char *const modes[] = {
    [TRANSACTION_FILE] = "file", [TRANSACTION_ALL] = "all", [TRANSACTION_NONE] = "none", NULL};

/* Bytes of a cell in the list of rows. */
#define CELL_SHOWN 120

/* What was told so far. */
struct report {
    const struct invocation *invocation;
    int64_t start_us;
    bool started;
    size_t n_files;      /* done */
    size_t n_statements; /* begun */
};

static void report_start(void *argument, const char *from, const char *to, size_t n)
{
    struct report *report = argument;

    report->started = true;
    printf("Migrating to version %s%s%s (%zu migrations in total):\n\n", to, from ? " from " : "", from ? from : "", n);
}

static void report_file(void *argument, const char *version)
{
    (void)argument;
    printf("  -- migrating version %s\n", version);
    fflush(stdout);
}

static void report_skipped(void *argument, size_t n)
{
    (void)argument;
    printf("    %zu statement%s of it %s done before\n", n, migration_plural(n), n == 1 ? "was" : "were");
}

/* The lines below the first are indented to its text. */
static void report_statement(void *argument, const char *sql)
{
    struct report *report = argument;

    report->n_statements++;
    printf("    -> ");
    for (; *sql; sql++) {
        putchar(*sql);
        if (*sql == '\n')
            printf("       ");
    }
    putchar('\n');
    fflush(stdout);
}

static void report_file_done(void *argument, double ms)
{
    struct report *report = argument;

    report->n_files++;
    printf("  -- ok (%.1fms)\n\n", ms);
    fflush(stdout);
}

/* A text in quotes, so that one of spaces can be seen; without what would move a terminal's cursor. */
static void print_text(const char *text, size_t size)
{
    putchar('\'');
    for (size_t i = 0; i < size && i < CELL_SHOWN; i++)
        putchar(iscntrl((unsigned char)text[i]) ? '?' : text[i]);
    printf("'%s", size > CELL_SHOWN ? "..." : "");
}

static void print_row(const struct db_value *cells, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        printf("%s", i ? " | " : "    ");
        if (cells[i].type == DB_INTEGER)
            printf("%lld", (long long)cells[i].integer);
        else if (cells[i].type == DB_TEXT)
            print_text(cells[i].text, cells[i].size);
        else
            printf("NULL");
    }
    putchar('\n');
}

/* For a shell, and without an URL's password. */
static void print_value(const char *value)
{
    const char *scheme_end = strstr(value, "://");
    const char *at = scheme_end ? strrchr(value, '@') : NULL;
    const char *colon = at ? strchr(scheme_end + 3, ':') : NULL;

    putchar('\'');
    for (const char *c = value; *c; c++) {
        if (colon && c == colon && colon < at) {
            printf(":PASSWORD");
            c = at;
        }
        if (*c == '\'')
            printf("'\\'");
        putchar(*c);
    }
    putchar('\'');
}

/* The call that was made, with --resolve. */
static void print_resolving_call(const struct invocation *invocation)
{
    printf("    quire migrate apply --resolve");
    for (size_t i = 0; options[i].name; i++) {
        if (!invocation->values[i] || i == RESOLVE || i == DRY_RUN)
            continue;
        printf(" %s", options[i].name);
        if (options[i].value) {
            putchar(' ');
            print_value(invocation->values[i]);
        }
    }
    printf("%s%s\n\n", invocation->operands[0] ? " " : "", invocation->operands[0] ? invocation->operands[0] : "");
}

static void report_refused(void *argument, const struct migration_file *file, const struct db_result *rows, int64_t n)
{
    const struct report *report = argument;

    printf("%s is stopped by %lld row%s:\n\n", file->name, (long long)n, migration_plural((size_t)n));
    for (size_t i = 0; i < rows->n_rows; i++)
        print_row(rows->cells + i * rows->n_columns, rows->n_columns);
    if (n > (int64_t)rows->n_rows)
        printf("    and %lld more\n", (long long)(n - (int64_t)rows->n_rows));
    printf("\n%s%s", file->refusal ? file->refusal : "", file->refusal ? "\n" : "");
    if (file->resolve && report->invocation->values[RESOLVE] && !report->invocation->values[DRY_RUN])
        printf("These are left after what the file says resolves them was run. The file itself was not begun.\n");
    else
        printf("The file was not begun, and nothing of it was changed.\n");
    if (file->resolve && !report->invocation->values[RESOLVE]) {
        printf("Change these rows, or let the file do it:\n\n");
        print_resolving_call(report->invocation);
    }
    fflush(stdout);
}

static void report_failure(const struct report *report, const struct error *error)
{
    bool undone = report->invocation->values[TX_MODE] && strcmp(report->invocation->values[TX_MODE], "all") == 0;
    size_t n_files = undone ? 0 : report->n_files;
    size_t n_statements = undone || report->n_statements == 0 ? 0 : report->n_statements - 1;

    printf("    %s\n\n", error_text(error));
    printf("  -------------------------\n  -- %.1fms\n", (double)(clock_us() - report->start_us) / 1000);
    printf("  -- %zu migration%s ok, 1 with errors\n", n_files, migration_plural(n_files));
    printf("  -- %zu sql statement%s ok, 1 with errors\n", n_statements, migration_plural(n_statements));
}

static void report_end(const struct report *report, const struct migration *migration, enum code code)
{
    if (!report->started && code == OK)
        printf("No migration files to execute\n");
    if (report->started && code != OK)
        report_failure(report, &migration->context.error);
    if (report->started && code == OK) {
        printf("  -------------------------\n  -- %.1fms\n", (double)(clock_us() - report->start_us) / 1000);
        printf("  -- %zu migration%s\n", report->n_files, migration_plural(report->n_files));
        printf("  -- %zu sql statement%s\n", report->n_statements, migration_plural(report->n_statements));
    }
    fflush(stdout);
}

/* The position of a word in a list that ends with NULL; 0 for none. 0, or 2 with a line on stderr. */
static int find_word(const struct invocation *invocation, int option, const char *const *words, unsigned *ret_position)
{
    const char *value = invocation->values[option];

    *ret_position = 0;
    for (unsigned i = 0; value && words[i]; i++) {
        *ret_position = i;
        if (strcmp(words[i], value) == 0)
            return 0;
    }
    return value ? command_complain(2, "%s does not know %s: %s, %s or %s", options[option].name, value, words[0],
                                    words[1], words[2])
                 : 0;
}

/* The operand, if there is one. 0, or 2 with a line on stderr. */
static int read_amount(const struct invocation *invocation, size_t *ret_amount)
{
    const char *word = invocation->operands[0];
    char *end = NULL;

    *ret_amount = 0;
    if (!word)
        return 0;
    if (invocation->operands[1])
        return command_complain(2, "migrate apply takes one AMOUNT, after the options; see quire help migrate apply");
    long amount = isdigit((unsigned char)*word) ? strtol(word, &end, 10) : 0;
    if (amount < 1 || *end)
        return command_complain(2, "cannot apply '%s' migration files", word);
    *ret_amount = (size_t)amount;
    return 0;
}

/* 0, or 2 with a line on stderr. */
static int read_options(const struct invocation *invocation, struct migrate_options *ret_options)
{
    const char *const *values = invocation->values;
    unsigned order = 0;
    unsigned mode = 0;
    struct migrate_options read = {
        .baseline = values[BASELINE],
        .allow_dirty = values[ALLOW_DIRTY] != NULL,
        .to_version = values[TO_VERSION],
        .resolve = values[RESOLVE] != NULL,
        .dry_run = values[DRY_RUN] != NULL,
    };

    if (read_amount(invocation, &read.amount) != 0 || find_word(invocation, EXEC_ORDER, orders, &order) != 0 ||
        find_word(invocation, TX_MODE, modes, &mode) != 0)
        return 2;
    read.order = (enum migrate_order)order;
    read.transactions = (enum migrate_transactions)mode;
    *ret_options = read;
    return 0;
}

static int run(struct invocation *invocation)
{
    struct migration migration;
    struct migrate_options wanted;
    struct report report = {.invocation = invocation, .start_us = clock_us()};
    const struct migrate_observer observer = {
        .start = report_start,
        .file = report_file,
        .skipped = report_skipped,
        .statement = report_statement,
        .file_done = report_file_done,
        .refused = report_refused,
        .argument = &report,
    };
    size_t n = 0;
    int status = read_options(invocation, &wanted);

    if (status == 0)
        status = migration_open(&migration, invocation, invocation->values[URL], invocation->values[DIR]);
    if (status == 0)
        status = migration_set_schema(&migration, invocation, invocation->values[REVISIONS_SCHEMA]);
    if (status != 0)
        return status;
    wanted.revisions_schema = migration.revisions_schema;
    migration.db->options.untouched = wanted.dry_run;
    enum code code = migrate_apply(&migration.context, migration.db, &migration.directory, &wanted, &observer, &n);
    report_end(&report, &migration, code);
    return code == OK ? 0 : migration_complain(&migration.context, code);
}
