#ifndef SPLIT_CASE_H
#define SPLIT_CASE_H

/* split_case.h: tables of texts with the statements in them, or with why they are refused. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "core/arena.h"
#include "core/context.h"
#include "migrate/statement_split.h"

#define ANY 0 /* as in SQLite */
#define MYSQL SPLIT_BACKSLASHES
#define POSTGRESQL SPLIT_DOLLARS

struct split_case {
    const char *name;
    unsigned rules;
    const char *text;
    const char *expected[5]; /* ends with NULL */
};

struct split_refusal {
    unsigned rules;
    const char *text;
    const char *detail;
};

static inline enum code split_text(struct context *context, struct arena *arena, const char *text, unsigned rules,
                                   struct sql_statements *ret_statements)
{
    arena_init(arena, (size_t)1 << 20);
    context_init(context, arena, 0);
    return statements_split(context, text, strlen(text), rules, ret_statements);
}

static inline void check_split_cases(const struct split_case *cases, size_t n)
{
    struct arena arena;
    struct context context;

    for (size_t i = 0; i < n; i++) {
        struct sql_statements statements = {0};
        print_message("%s\n", cases[i].name);
        assert_int_equal(split_text(&context, &arena, cases[i].text, cases[i].rules, &statements), OK);
        for (size_t k = 0; k < statements.n; k++) {
            assert_non_null(cases[i].expected[k]);
            assert_string_equal(statements.items[k], cases[i].expected[k]);
        }
        assert_null(cases[i].expected[statements.n]);
        arena_release(&arena);
    }
}

static inline void check_split_refusals(const struct split_refusal *refusals, size_t n)
{
    struct arena arena;
    struct context context;

    for (size_t i = 0; i < n; i++) {
        struct sql_statements statements = {0};
        print_message("%s\n", refusals[i].text);
        assert_int_equal(split_text(&context, &arena, refusals[i].text, refusals[i].rules, &statements), MALFORMED);
        assert_string_equal(context.error.detail, refusals[i].detail);
        assert_int_equal(statements.n, 0);
        arena_release(&arena);
    }
}

#endif
