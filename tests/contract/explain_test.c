/*
 * explain_test.c: every statement that the API can produce is served by an index, as each database itself says.
 *
 * The statements are those of repository/sql_statement.h: each filter with each order, by page and by key both ways,
 * the totals, and what single records need. The tables are made by the project's migrations and hold skewed rows;
 * filters ask for the value that most rows have and for a rare one. PostgreSQL is asked as the driver asks it, and for
 * the plan that it settles on for a statement that is run often. Then each index is dropped in turn, and must be
 * missed.
 *
 * What is inherent is allowed: a list without filter walks an index from its end and stops after a page; a total
 * without filter counts the entries of an index, all of them, as nobody keeps that number, but never reads the rows; a
 * page far behind walks past those before it. Nothing beyond a page is ever collected and sorted.
 */

#include "database.h"

#include "core/date.h"
#include "migrate/dialect.h"
#include "migrate/model.h"
#include "migrate/model_read.h"
#include "plan.h"
#include "usecase/query.h"

#define ROWS_PLAIN 6000
#define ROWS_REFERRING 20000
#define ROWS_AT_ONCE 500
#define SAME_REFERENCE 50 /* of so many rows one refers to record 1, and the others to all in turn */
#define SAME_TEXT 59
#define PAGE_SIZE 10
#define PAGE_SIZE_MAX 150 /* the setting's ceiling: no list asks for more records at once */

static struct arena the_arena;
static struct context the_context;
static struct arena *const arena = &the_arena;
static struct context *const context = &the_context;
static struct db *db;

/* What was found wrong in this case. */
static struct {
    size_t n_statements;
    size_t n_complaints;
    char first[2000];
} findings;

/* --- rows --- */

static bool refers(const struct schema *schema)
{
    for (size_t i = 0; i < schema->n_fields; i++)
        if (schema->fields[i].references)
            return true;
    return false;
}

static int64_t rows_of(const struct schema *schema)
{
    return refers(schema) ? ROWS_REFERRING : ROWS_PLAIN;
}

/* In the middle: a row whose values are common ones, and after it one whose values are rare. */
static int64_t common_row(const struct schema *schema)
{
    int64_t both = SAME_REFERENCE * SAME_TEXT;

    return rows_of(schema) / 2 / both * both;
}

/* What row `row` has in this field. */
static struct value value_of(const struct field *field, int64_t row)
{
    struct value value = {.type = field->type};
    long long mixed = row * 7919 % 100003;

    switch (field->type) {
    case FIELD_TEXT:
        if (!(field->flags & (FILTER | SORT)))
            value.text = arena_printf(context->arena, "%0600lld", (long long)row);
        else
            value.text = row % SAME_TEXT == 0 ? "Text 5" : arena_printf(context->arena, "Text %lld", mixed);
        break;
    case FIELD_DATE:
        value.date = (struct date){(int)(1900 + mixed % 120), (int)(1 + mixed % 12), (int)(1 + mixed % 28)};
        break;
    default:
        value.integer = row;
        if (field->references)
            value.integer = row % SAME_REFERENCE == 0 ? 1 : 2 + row % (rows_of(field->references) - 1);
    }
    return value;
}

static void add_cell(struct buffer *sql, const struct field *field, int64_t row)
{
    struct value value = value_of(field, row);
    char date[DATE_SIZE] = "";

    if (value.type == FIELD_DATE)
        date_format(value.date, date);
    if (value.type == FIELD_ID)
        buffer_add_int(sql, value.integer);
    else
        buffer_printf(sql, "'%s'", value.type == FIELD_DATE ? date : value.text);
}

static void run(const char *sql)
{
    run_or_fail(context, db, sql);
}

/* INSERT INTO author (id, name) VALUES (1, 'a'), (2, 'b') */
static void insert_rows(const struct schema *schema, int64_t first, int64_t last)
{
    struct buffer sql;

    buffer_init(&sql, context->arena, (size_t)4 << 20);
    buffer_printf(&sql, "INSERT INTO %s (", schema->name);
    for (size_t i = 0; i < schema->n_fields; i++)
        buffer_printf(&sql, "%s%s", i > 0 ? ", " : "", schema->fields[i].name);
    buffer_add_text(&sql, ") VALUES ");
    for (int64_t row = first; row <= last; row++)
        for (size_t i = 0; i < schema->n_fields; i++) {
            buffer_add_text(&sql, i > 0 ? ", " : row > first ? "), (" : "(");
            add_cell(&sql, &schema->fields[i], row);
        }
    buffer_add_text(&sql, ")");
    assert_false(sql.failed);
    run(sql.data);
}

static void fill(const struct schema *schema)
{
    for (int64_t row = 1; row <= rows_of(schema); row += ROWS_AT_ONCE)
        insert_rows(schema, row, row + ROWS_AT_ONCE - 1);
}

/* --- what a statement needs, and whether it gets that --- */

enum walk { NEVER, IN_ORDER, INDEX_ONLY };

struct need {
    const char *fields[FILTERS_MAX + 1]; /* the range must be bounded by each */
    size_t n;
    enum walk walk; /* when nothing bounds it */
};

/* Is the name a word of the text? SQLite calls an id "rowid", too. */
static bool names(const char *text, const char *name)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
    size_t size = strlen(name);

    for (const char *at = strstr(text, name); at; at = strstr(at + 1, name))
        if ((at == text || !strchr(letters, at[-1])) && (!at[size] || !strchr(letters, at[size])))
            return true;
    return strcmp(name, "id") == 0 && names(text, "rowid");
}

static bool bounds(const struct access *access, const struct need *need)
{
    bool all = access->reach == FINDS;

    for (size_t i = 0; i < need->n; i++)
        all = all && names(access->by, need->fields[i]);
    return all;
}

/* What is wrong with the plan; NULL: nothing. */
static const char *judge(const struct plan *plan, const struct need *need)
{
    bool bounded = need->n == 0;

    if (plan->sorted > PAGE_SIZE)
        return "sorts more than a page";
    if (plan->n == 0)
        return "has no table in its plan";
    for (size_t i = 0; i < plan->n; i++) {
        const struct access *access = &plan->accesses[i];
        if (access->reach == READS_TABLE)
            return "reads the whole table";
        if (access->reach == WALKS_INDEX && need->walk == NEVER)
            return "walks a whole index";
        if (access->reach == WALKS_INDEX && need->walk == INDEX_ONLY && !access->index_only)
            return "reads the whole table in the order of an index";
        bounded = bounded || bounds(access, need);
    }
    return bounded ? NULL : "has no index that bounds what it reads";
}

static void examine_plan(const struct statement *statement, const struct plan *plan, const struct need *need)
{
    const char *complaint = judge(plan, need);

    findings.n_statements++;
    if (!complaint)
        return;
    if (findings.n_complaints++ == 0)
        snprintf(findings.first, sizeof findings.first, "%s\n  %s: %s", complaint, statement->sql, plan->text);
}

/* `made` is what making the statement gave. */
static void examine(enum code made, const struct statement *statement, const struct need *need)
{
    struct plan plan;

    assert_int_equal(made, OK);
    plan_read(db, context, statement, &plan);
    examine_plan(statement, &plan, need);
    if (db->driver != db_driver_find("postgresql"))
        return;
    plan_read_settled(db, context, statement, &plan);
    examine_plan(statement, &plan, need);
}

/* --- the statements --- */

static const struct db_dialect *dialect(void)
{
    return db->driver->dialect;
}

static struct need query_need(const struct query *query)
{
    struct need need = {.n = 0};

    for (size_t i = 0; i < query->n_filters; i++)
        need.fields[need.n++] = query->filters[i].field->name;
    if (query->by_key)
        need.fields[need.n++] = query->sort->name;
    need.walk = need.n == 0 ? IN_ORDER : NEVER;
    return need;
}

/* One order of one set of filters, ascending and descending, by page and by key both ways. */
static void examine_order(const struct schema *schema, struct query query)
{
    for (int way = 0; way < 6; way++) {
        struct statement statement;
        query.descending = way % 2;
        query.by_key = way >= 2;
        query.backwards = way >= 4;
        struct need need = query_need(&query);
        enum code made = statement_list(schema, dialect(), context, &query, &statement);
        examine(made, &statement, &need);
    }
}

/* The filters whose bit is set, with the values of `row`. */
static size_t filters_of(const struct schema *schema, unsigned set, int64_t row, struct filter *ret_filters)
{
    size_t n = 0;
    unsigned bit = 0;

    for (size_t i = 0; i < schema->n_fields; i++)
        if (schema->fields[i].flags & FILTER && set & 1U << bit++)
            ret_filters[n++] = (struct filter){&schema->fields[i], value_of(&schema->fields[i], row)};
    return n;
}

static void examine_total(const struct schema *schema, const struct query *query)
{
    struct statement statement;
    struct need need = {.n = query->n_filters, .walk = query->n_filters ? NEVER : INDEX_ONLY};

    for (size_t i = 0; i < query->n_filters; i++)
        need.fields[i] = query->filters[i].field->name;
    enum code made = statement_count(schema, dialect(), context, query, &statement);
    examine(made, &statement, &need);
}

/* A list that is filtered by the field it is to be ordered by is ordered by id: see usecase/collection.c. */
static bool is_order(const struct query *query, const struct field *field)
{
    for (size_t i = 0; i < query->n_filters; i++)
        if (query->filters[i].field == field)
            return false;
    return field->flags & SORT;
}

/* All lists of one kind of record, with the values of `row` as filters and that row as anchor. */
static void examine_lists(const struct schema *schema, int64_t row)
{
    unsigned n_filters = 0;

    for (size_t i = 0; i < schema->n_fields; i++)
        n_filters += (schema->fields[i].flags & FILTER) != 0;
    for (unsigned set = 0; set < 1U << n_filters; set++) {
        struct query query = {.anchor = row, .page = 3, .size = PAGE_SIZE, .sort = &schema->fields[0]};
        query.n_filters = filters_of(schema, set, row, query.filters);
        examine_total(schema, &query);
        for (size_t i = 0; i < schema->n_fields; i++) {
            query.sort = &schema->fields[i];
            if (is_order(&query, query.sort))
                examine_order(schema, query);
        }
    }
}

static void *record_of(const struct schema *schema, int64_t row)
{
    void *record = arena_alloc(context->arena, schema->size);

    assert_non_null(record);
    for (size_t i = 0; i < schema->n_fields; i++) {
        struct value value = value_of(&schema->fields[i], row);
        field_set(&schema->fields[i], record, &value);
    }
    return record;
}

/* What reads and writes single records, and those of a page that others refer to. An INSERT reads nothing. */
static void examine_records(const struct schema *schema, int64_t row)
{
    static const size_t sizes[] = {1, PAGE_SIZE, PAGE_SIZE_MAX};
    const struct need by_id = {.fields = {schema->fields[0].name}, .n = 1};
    int64_t ids[PAGE_SIZE_MAX];
    struct statement statement;
    enum code made;

    for (int64_t i = 0; i < PAGE_SIZE_MAX; i++)
        ids[i] = row + i * 7;
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        made = statement_find_many(schema, dialect(), context, ids, sizes[i], &statement);
        examine(made, &statement, &by_id);
    }
    for (int locked = 0; locked < 2; locked++) {
        made = statement_find(schema, dialect(), context, row, locked, &statement);
        examine(made, &statement, &by_id);
    }
    made = statement_update(schema, dialect(), context, record_of(schema, row), ALL_FIELDS, &statement);
    examine(made, &statement, &by_id);
    made = statement_remove(schema, dialect(), context, row, &statement);
    examine(made, &statement, &by_id);
}

/* What goes with a removed record. */
static void examine_dependents(const struct schema *schema, int64_t row)
{
    for (size_t i = 0; i < schema->n_fields; i++) {
        const struct field *field = &schema->fields[i];
        const struct filter filter = {field, value_of(field, row)};
        const struct need need = {.fields = {field->name}, .n = 1};
        struct statement statement;
        if (!field->references)
            continue;
        enum code made = statement_ids_where(schema, dialect(), context, &filter, &statement);
        examine(made, &statement, &need);
        made = statement_remove_where(schema, dialect(), context, &filter, &statement);
        examine(made, &statement, &need);
    }
}

static void examine_all(const struct schema *schema)
{
    int64_t common = common_row(schema);

    for (int64_t row = common; row <= common + 1; row++) {
        examine_lists(schema, row);
        examine_records(schema, row);
        examine_dependents(schema, row);
    }
}

static void assert_nothing_found(size_t n_expected_at_least)
{
    if (findings.n_complaints > 0)
        fail_msg("%zu of %zu statements; the first one %s", findings.n_complaints, findings.n_statements,
                 findings.first);
    assert_true(findings.n_statements >= n_expected_at_least);
}

/* --- the cases --- */

static void test_explain__every_statement_is_served_by_an_index(void **state)
{
    (void)state;
    for (size_t i = 0; records[i]; i++)
        examine_all(records[i]);
    assert_nothing_found(100);
}

static const struct schema *schema_of(const char *table)
{
    for (size_t i = 0; records[i]; i++)
        if (strcmp(records[i]->name, table) == 0)
            return records[i];
    fail_msg("%s is the table of no record", table);
    return NULL;
}

/* Without it something is found; nothing was with it. */
static void assert_is_needed(const struct table *table, const struct index *index)
{
    bool is_mysql = strcmp(dialect()->name, "mysql") == 0;

    run(arena_printf(context->arena, "DROP INDEX %s%s%s", index->name, is_mysql ? " ON " : "",
                     is_mysql ? table->name : ""));
    examine_all(schema_of(table->name));
    run(arena_printf(context->arena, "CREATE INDEX %s ON %s (%s)", index->name, table->name, index->columns));
    if (findings.n_complaints == 0)
        fail_msg("nothing is found without %s (%s) of %s", index->name, index->columns, table->name);
    print_message("# without %s: %zu of %zu statements\n", index->name, findings.n_complaints, findings.n_statements);
    memset(&findings, 0, sizeof findings);
}

static void test_explain__misses_each_index_that_is_dropped(void **state)
{
    struct model model;
    size_t n = 0;

    (void)state;
    assert_int_equal(model_read(context, db, migrate_dialect_find(dialect()->name), &model), OK);
    for (size_t i = 0; i < model.n_tables; i++)
        for (size_t j = 0; j < model.tables[i].n_indexes; j++, n++)
            assert_is_needed(&model.tables[i], &model.tables[i].indexes[j]);
    assert_true(n >= 4);
}

/* --- databases --- */

/* A database, and what keeps its statistics: before a table's name, once it is filled. */
struct target {
    const char *name;
    const char *driver;
    const char *analyze; /* NULL: it has none */
};

static const struct target targets[] = {
    {"sqlite", "sqlite", NULL},
    {"sqlite with statistics", "sqlite", "ANALYZE"},
    {"mysql", "mysql", "ANALYZE TABLE"},
    {"postgresql", "postgresql", "VACUUM ANALYZE"},
};

#define N_TARGETS (sizeof targets / sizeof *targets)

static void prepare(const struct target *target)
{
    db = own_database_prepare(context, database_find(target->driver));
    for (size_t i = 0; records[i]; i++)
        fill(records[i]);
    for (size_t i = 0; target->analyze && records[i]; i++)
        run(arena_printf(arena, "%s %s", target->analyze, records[i]->name));
}

/* One that was prepared for the case before is as it was. */
static int setup(void **state)
{
    static const struct target *prepared;
    const struct target *target = *state;

    arena_init(arena, (size_t)512 << 20);
    context_init(context, arena, 0);
    memset(&findings, 0, sizeof findings);
    if (prepared && prepared == target)
        db = own_database_open(arena, database_find(target->driver));
    else
        prepare(target);
    prepared = target;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_release(arena);
    return 0;
}

static const struct {
    const char *name;
    CMUnitTestFunction test;
} cases[] = {
    {"every statement is served by an index", test_explain__every_statement_is_served_by_an_index},
    {"misses each index that is dropped", test_explain__misses_each_index_that_is_dropped},
};

#define N_CASES (sizeof cases / sizeof *cases)

int main(void)
{
    static struct CMUnitTest tests[N_TARGETS * N_CASES];
    static char names[N_TARGETS * N_CASES][100];
    size_t n = 0;
    int missing = 0;

    for (size_t i = 0; i < N_TARGETS; i++) {
        const char *reason = database_missing(database_find(targets[i].driver));
        if (reason)
            missing |= report_left_out(targets[i].name, reason);
        for (size_t j = 0; !reason && j < N_CASES; j++, n++) {
            snprintf(names[n], sizeof names[n], "%s: %s", targets[i].name, cases[j].name);
            tests[n] = (struct CMUnitTest){.name = names[n],
                                           .test_func = cases[j].test,
                                           .setup_func = setup,
                                           .teardown_func = teardown,
                                           .initial_state = (void *)(uintptr_t)&targets[i]};
        }
    }
    int failed = _cmocka_run_group_tests("explain", tests, n, NULL, own_databases_drop);
    return failed ? failed : missing;
}
