#ifndef DDL_CASE_H
#define DDL_CASE_H

/* ddl_case.h: changes of one table, and the text that each dialect makes of them. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "core/arena.h"
#include "core/context.h"
#include "migrate/change.h"
#include "migrate/ddl.h"
#include "migrate/dialect.h"
#include "migrate/model.h"

/* --- the table as it is, and as it is wanted --- */

static struct column old_columns[] = {
    {.name = "id", .type = "bigint", .numbered = true},
    {.name = "name", .type = "varchar(30)"},
    {.name = "bio", .type = "text", .nullable = true},
    {.name = "nr", .type = "int", .standard = "7"},
};
static struct index old_indexes[] = {{.name = "by_nr", .columns = "nr"},
                                     {.name = "sqlite_autoindex_1", .columns = "bio", .unique = true}};
static struct foreign_key old_keys[] = {{"old_key", "nr", "other", "id", "CASCADE", "NO ACTION"}};
static struct check old_checks[] = {{.name = "positive", .expression = "nr > 0"}};

static struct column new_columns[] = {
    {.name = "id", .type = "bigint", .numbered = true},
    {.name = "name", .type = "varchar(255)"},
    {.name = "bio", .type = "text"},
    {.name = "born", .type = "date", .nullable = true},
    {.name = "died", .type = "date"},
    {.name = "other_id", .type = "bigint", .nullable = true},
};
static struct index new_indexes[] = {{.name = "author_name_id", .columns = "name, id"},
                                     {.name = "author_bio", .columns = "bio", .unique = true}};
static struct foreign_key new_keys[] = {{"other_key", "other_id", "other", "id", "RESTRICT", "RESTRICT"}};
static struct check new_checks[] = {{.expression = "born > 0", .column = "born"}};

static struct column other_columns[] = {{.name = "id", .type = "bigint", .numbered = true}};

static struct table old_tables[] = {
    {
        .name = "author",
        .options = "",
        .primary_key = "id",
        .columns = old_columns,
        .n_columns = 4,
        .indexes = old_indexes,
        .n_indexes = 2,
        .foreign_keys = old_keys,
        .n_foreign_keys = 1,
        .checks = old_checks,
        .n_checks = 1,
    },
    {.name = "other", .options = "", .primary_key = "id", .columns = other_columns, .n_columns = 1},
};

static struct table new_tables[] = {
    {
        .name = "author",
        .options = "",
        .primary_key = "id",
        .columns = new_columns,
        .n_columns = 6,
        .indexes = new_indexes,
        .n_indexes = 2,
        .foreign_keys = new_keys,
        .n_foreign_keys = 1,
        .checks = new_checks,
        .n_checks = 1,
    },
    {.name = "other", .options = "", .primary_key = "id", .columns = other_columns, .n_columns = 1},
};

static const struct model old_model = {.tables = old_tables, .n_tables = 2};
static const struct model new_model = {.tables = new_tables, .n_tables = 2};

/* --- cases --- */

#define CHANGES_MAX 4

struct ddl_case {
    const char *name;
    struct change changes[CHANGES_MAX]; /* ends with a table of NULL */
    const char *expected;
};

static struct arena arena;
static struct context context;

static inline int ddl_setup(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)4 << 20);
    context_init(&context, &arena, 0);
    return 0;
}

static inline int ddl_teardown(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static inline enum code ddl_of(const char *dialect, const struct ddl_case *one, struct ddl *ret_ddl)
{
    struct change items[CHANGES_MAX];
    struct changes changes = {.items = items};

    memcpy(items, one->changes, sizeof items);
    while (changes.n < CHANGES_MAX && items[changes.n].table)
        changes.n++;
    return ddl_change(&context, migrate_dialect_find(dialect), &changes, &old_model, &new_model, ret_ddl);
}

static inline void assert_ddl_cases(const char *dialect, const struct ddl_case *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct ddl ddl = {.n = 0};
        assert_int_equal(ddl_of(dialect, &cases[i], &ddl), OK);
        const char *text = ddl_format(&context, &ddl);
        assert_non_null(text);
        if (strcmp(text, cases[i].expected) != 0)
            fail_msg("%s: expected:\n%s\ngot:\n%s", cases[i].name, cases[i].expected, text);
    }
}

/* Every allocation fails once. */
static inline void assert_ddl_memory(const char *dialect, const struct ddl_case *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct ddl ddl = {.n = 7};
        enum code code = NO_MEMORY;
        for (size_t fail_after = 1; code == NO_MEMORY; fail_after++) {
            assert_int_equal(ddl.n, 7);
            arena_reset(&arena);
            arena.fail_after = fail_after;
            code = ddl_of(dialect, &cases[i], &ddl);
        }
        arena.fail_after = 0;
        assert_int_equal(code, OK);
    }
}

#endif
