#ifndef PLAN_H
#define PLAN_H

/*
 * plan.h: what a database says that it would do for a statement (EXPLAIN), in one form for all of them.
 *
 * Plans live in the context's arena. A database that cannot answer fails the test.
 */

#include "database.h"

#include <json-c/json.h>

#include "core/buffer.h"
#include "repository/sql_statement.h"

enum reach {
    READS_TABLE, /* every row */
    WALKS_INDEX, /* from one end, in its order, until nobody asks for more */
    FINDS,       /* goes to the rows of a range */
};

/* One table of a plan. */
struct access {
    enum reach reach;
    bool index_only; /* the rows themselves are not read */
    const char *by;  /* the conditions or columns that bound the range, as the database writes them; "" */
};

#define ACCESSES_MAX 16

struct plan {
    struct access accesses[ACCESSES_MAX];
    size_t n;
    int64_t sorted;   /* rows that are collected and put in order, as far as it is known; else INT64_MAX */
    const char *text; /* as the database gave it */
};

static inline void plan_add(struct plan *plan, enum reach reach, bool index_only, const char *by)
{
    if (plan->n < ACCESSES_MAX)
        plan->accesses[plan->n++] = (struct access){reach, index_only, by ? by : ""};
}

/* --- SQLite: a text per step --- */

/* "SCAN author" without an index is its primary key's tree, from the lowest id on. */
static inline void plan_add_sqlite(struct plan *plan, const char *step)
{
    const char *by = strchr(step, '(');

    if (strstr(step, "TEMP B-TREE"))
        plan->sorted = INT64_MAX;
    else if (strncmp(step, "SEARCH ", 7) == 0)
        plan_add(plan, FINDS, strstr(step, "COVERING INDEX"), by);
    else if (strncmp(step, "SCAN ", 5) == 0 && strcmp(step, "SCAN CONSTANT ROW") != 0)
        plan_add(plan, strstr(step, "AUTOMATIC") ? READS_TABLE : WALKS_INDEX, strstr(step, "COVERING INDEX"), "");
}

/* --- MySQL, MariaDB, PostgreSQL: trees of JSON --- */

static inline const char *plan_text(struct json_object *object, const char *key)
{
    struct json_object *value = NULL;

    return json_object_object_get_ex(object, key, &value) ? json_object_get_string(value) : NULL;
}

static inline bool plan_says(struct json_object *object, const char *key)
{
    struct json_object *value = NULL;

    return json_object_object_get_ex(object, key, &value) && json_object_get_boolean(value);
}

/* MariaDB has objects for what it sorts, MySQL flags. */
static inline void plan_add_mysql(struct plan *plan, struct json_object *node)
{
    static const char *const sorts[] = {"filesort", "temporary_table", "using_filesort", "using_temporary_table"};
    const char *type = plan_text(node, "access_type");

    for (size_t i = 0; i < sizeof sorts / sizeof *sorts; i++)
        if (plan_says(node, sorts[i]))
            plan->sorted = INT64_MAX;
    if (type)
        plan_add(plan,
                 strcmp(type, "ALL") == 0     ? READS_TABLE
                 : strcmp(type, "index") == 0 ? WALKS_INDEX
                                              : FINDS,
                 plan_says(node, "using_index"), plan_text(node, "used_key_parts"));
}

/* A Sort's own number of rows is that of what it sorts: whoever wants fewer stands above it. */
static inline void plan_add_sort(struct plan *plan, struct json_object *node)
{
    struct json_object *rows = NULL;
    int64_t sorted = json_object_object_get_ex(node, "Plan Rows", &rows) ? json_object_get_int64(rows) : INT64_MAX;

    if (sorted > plan->sorted)
        plan->sorted = sorted;
}

/* A bitmap of rows is as good as its index; what reads the rows of it says nothing more. */
static inline void plan_add_postgresql(struct plan *plan, struct json_object *node)
{
    const char *type = plan_text(node, "Node Type");
    const char *by = plan_text(node, "Index Cond");

    if (!type || strcmp(type, "Bitmap Heap Scan") == 0)
        return;
    if (strcmp(type, "Sort") == 0 || strcmp(type, "Incremental Sort") == 0)
        plan_add_sort(plan, node);
    else if (strncmp(type, "Index", 5) == 0 || strcmp(type, "Bitmap Index Scan") == 0)
        plan_add(plan, by ? FINDS : WALKS_INDEX, strcmp(type, "Index Only Scan") == 0, by);
    else if (strstr(type, "Scan"))
        plan_add(plan, READS_TABLE, false, "");
}

static inline void plan_add_tree(struct plan *plan, struct json_object *node)
{
    if (json_object_is_type(node, json_type_array))
        for (size_t i = 0; i < json_object_array_length(node); i++)
            plan_add_tree(plan, json_object_array_get_idx(node, i));
    if (!json_object_is_type(node, json_type_object))
        return;
    plan_add_mysql(plan, node);
    plan_add_postgresql(plan, node);
    json_object_object_foreach(node, key, child)
    {
        (void)key;
        plan_add_tree(plan, child);
    }
}

static inline void plan_release_tree(void *tree)
{
    json_object_put(tree);
}

/* --- asking --- */

/* What each database calls it, and which column of the answer has it. */
struct explain {
    const char *dialect;
    const char *verb;
    size_t column;
    bool is_tree;
};

static const struct explain explains[] = {
    {"sqlite", "EXPLAIN QUERY PLAN ", .column = 3},
    {"mysql", "EXPLAIN FORMAT=JSON ", .is_tree = true},
    {"postgresql", "EXPLAIN (FORMAT JSON) ", .is_tree = true},
};

static inline const struct explain *explain_find(const struct db *db)
{
    for (size_t i = 0; i < sizeof explains / sizeof *explains; i++)
        if (strcmp(explains[i].dialect, db->driver->dialect->name) == 0)
            return &explains[i];
    fail_msg("%s has no EXPLAIN here", db->driver->name);
    return NULL;
}

static inline void plan_parse(struct context *context, const struct explain *explain, const struct db_result *result,
                              struct plan *ret_plan)
{
    struct plan plan = {.n = 0};
    struct buffer text;

    buffer_init(&text, context->arena, (size_t)1 << 20);
    for (size_t i = 0; i < result->n_rows; i++) {
        const char *step = result->cells[i * result->n_columns + explain->column].text;
        buffer_printf(&text, "%s%s", i > 0 ? "; " : "", step);
        if (!explain->is_tree)
            plan_add_sqlite(&plan, step);
    }
    if (explain->is_tree) {
        struct json_object *tree = json_tokener_parse(text.data);
        if (!tree || arena_defer(context->arena, plan_release_tree, tree) != 0)
            fail_msg("%s is no plan", text.data);
        plan_add_tree(&plan, tree);
    }
    plan.text = text.data;
    *ret_plan = plan;
}

static inline void plan_ask(struct db *db, struct context *context, const char *sql, const struct db_value *values,
                            size_t n_values, struct plan *ret_plan)
{
    const struct explain *explain = explain_find(db);
    struct db_result result = {.n_rows = 0};
    const char *question = arena_printf(context->arena, "%s%s", explain->verb, sql);

    if (db_execute(db, context, DB_READ, question, values, n_values, &result) != OK)
        fail_msg("%s: %s", question, context->error.native);
    plan_parse(context, explain, &result, ret_plan);
}

static inline void plan_read(struct db *db, struct context *context, const struct statement *statement,
                             struct plan *ret_plan)
{
    plan_ask(db, context, statement->sql, statement->values, statement->n_values, ret_plan);
}

/* --- PostgreSQL's prepared statements --- */

/* PREPARE q (bigint, unknown) AS ..., with the types that the driver declares. */
static inline const char *plan_prepare_sql(struct context *context, const struct statement *statement)
{
    struct buffer sql;

    buffer_init(&sql, context->arena, (size_t)1 << 20);
    buffer_add_text(&sql, "PREPARE quire_plan");
    for (size_t i = 0; i < statement->n_values; i++)
        buffer_printf(&sql, "%s%s", i > 0 ? ", " : " (",
                      statement->values[i].type == DB_INTEGER ? "bigint" : "unknown");
    buffer_printf(&sql, "%s AS %s", statement->n_values > 0 ? ")" : "", statement->sql);
    return sql.data;
}

/* EXECUTE q(1, 'a'); texts have no quotes. */
static inline const char *plan_execute_sql(struct context *context, const struct statement *statement)
{
    struct buffer sql;

    buffer_init(&sql, context->arena, (size_t)1 << 20);
    buffer_add_text(&sql, "EXECUTE quire_plan");
    for (size_t i = 0; i < statement->n_values; i++) {
        const struct db_value *value = &statement->values[i];
        buffer_add_text(&sql, i > 0 ? ", " : "(");
        if (value->type == DB_INTEGER)
            buffer_add_int(&sql, value->integer);
        else
            buffer_printf(&sql, "'%s'", value->text);
    }
    buffer_add_text(&sql, statement->n_values > 0 ? ")" : "");
    return sql.data;
}

#define PLAN_RUNS 6

/* The plan of a statement that was run often: from the sixth run on PostgreSQL may keep to one for all values. */
static inline void plan_read_settled(struct db *db, struct context *context, const struct statement *statement,
                                     struct plan *ret_plan)
{
    run_or_fail(context, db, plan_prepare_sql(context, statement));
    for (int i = 0; i < PLAN_RUNS; i++)
        plan_ask(db, context, plan_execute_sql(context, statement), NULL, 0, ret_plan);
    run_or_fail(context, db, "DEALLOCATE quire_plan");
}

#endif
