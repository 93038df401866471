/*
 * ddl_test.c: the statements of migrate/ddl.h in each database: what they make is what was wanted, and rows outlive
 * what they can outlive.
 *
 * A case leads from one set of records to another, in an empty database of its own, and reads back what came of it.
 */

#include "database.h"

#include "migrate/change.h"
#include "migrate/ddl.h"
#include "migrate/dialect.h"
#include "migrate/model.h"
#include "migrate/model_read.h"
#include "migrate/replay.h"
#include "migrate/scratch.h"
#include "migrate/transaction.h"

/* --- records --- */

#define ID                                                                                                             \
    {                                                                                                                  \
        .name = "id", .type = FIELD_ID, .flags = READ_ONLY | SORT                                                      \
    }

static const struct field maker_fields[] = {
    ID,
    {.name = "name", .type = FIELD_TEXT, .flags = REQUIRED | FILTER | SORT, .max = 200},
    {.name = "bio", .type = FIELD_TEXT, .flags = REQUIRED | NULLABLE, .max_bytes = 65535},
    {.name = "born", .type = FIELD_DATE, .flags = REQUIRED | NULLABLE},
};

static const struct schema maker = {.name = "maker", .fields = maker_fields, .n_fields = 4};

static const struct field thing_fields[] = {
    ID,
    {.name = "title", .type = FIELD_TEXT, .flags = REQUIRED | SORT, .max = 200},
    {.name = "made", .type = FIELD_DATE, .flags = REQUIRED | SORT},
    {.name = "maker_id", .type = FIELD_ID, .flags = REQUIRED | FILTER, .references = &maker},
};

static const struct schema thing = {.name = "thing", .fields = thing_fields, .n_fields = 4};

static const struct field shop_fields[] = {
    ID,
    {.name = "name", .type = FIELD_TEXT, .flags = REQUIRED | SORT, .max = 100},
    {.name = "maker_id", .type = FIELD_ID, .references = &maker},
};

static const struct schema shop = {.name = "shop", .fields = shop_fields, .n_fields = 3};

static const char *const rows[] = {
    "INSERT INTO maker (name, bio, born) VALUES ('Ursula', 'a bio', '1929-10-21')",
    "INSERT INTO maker (name, bio, born) VALUES ('Andr\xc3\xa9''s', NULL, NULL)",
    "INSERT INTO maker (name, bio, born) VALUES ('gone', NULL, NULL)",
    "DELETE FROM maker WHERE name = 'gone'",
    "INSERT INTO thing (title, made, maker_id) VALUES ('a vase', '1974-05-01', 1)",
    "INSERT INTO thing (title, made, maker_id) VALUES ('a chair', '1980-02-29', 2)",
};

/* --- what is changed --- */

/* From maker and thing to these with a change; `back`: from there to maker and thing. */
static const struct step {
    const char *name;
    const struct schema *in;
    struct field add;
    struct field change; /* the field of this name becomes this */
    const char *drop;
    bool shop;    /* that record is added */
    bool refused; /* while there are rows that it does not fit */
    bool back;
} steps[] = {
    {.name = "a text that may be missing", .in = &maker, .add = {.name = "note", .type = FIELD_TEXT, .max = 40}},
    {.name = "a long text", .in = &maker, .add = {.name = "note", .type = FIELD_TEXT, .max_bytes = 100000}},
    {.name = "a text without end", .in = &maker, .add = {.name = "note", .type = FIELD_TEXT}},
    {.name = "a date that may be missing", .in = &maker, .add = {.name = "died", .type = FIELD_DATE}},
    {.name = "a name that is a word of SQL", .in = &maker, .add = {.name = "order", .type = FIELD_DATE}},
    {.name = "a reference that may be missing",
     .in = &thing,
     .add = {.name = "seller_id", .type = FIELD_ID, .references = &maker}},
    {.name = "a reference to its own kind",
     .in = &maker,
     .add = {.name = "teacher_id", .type = FIELD_ID, .flags = FILTER, .references = &maker}},
    {.name = "a reference to a new kind",
     .in = &thing,
     .add = {.name = "shop_id", .type = FIELD_ID, .references = &shop},
     .shop = true},
    {.name = "a text that must be there",
     .in = &maker,
     .add = {.name = "note", .type = FIELD_TEXT, .flags = REQUIRED, .max = 40},
     .refused = true},
    {.name = "a date that must be there",
     .in = &maker,
     .add = {.name = "died", .type = FIELD_DATE, .flags = REQUIRED | SORT},
     .refused = true},
    {.name = "a reference that must be there",
     .in = &thing,
     .add = {.name = "seller_id", .type = FIELD_ID, .flags = REQUIRED, .references = &maker},
     .refused = true},
    {.name = "one more filter",
     .in = &thing,
     .change = {.name = "title", .type = FIELD_TEXT, .flags = REQUIRED | FILTER | SORT, .max = 200}},
    {.name = "no filter", .in = &maker, .change = {.name = "name", .type = FIELD_TEXT, .flags = REQUIRED, .max = 200}},
    {.name = "a wider text",
     .in = &maker,
     .change = {.name = "name", .type = FIELD_TEXT, .flags = REQUIRED | FILTER | SORT, .max = 300}},
    {.name = "a narrower text, which all fit",
     .in = &maker,
     .change = {.name = "name", .type = FIELD_TEXT, .flags = REQUIRED | FILTER | SORT, .max = 20}},
    {.name = "a longer text",
     .in = &maker,
     .change = {.name = "bio", .type = FIELD_TEXT, .flags = REQUIRED | NULLABLE, .max_bytes = 1000000}},
    {.name = "a text that may be missing from now on",
     .in = &thing,
     .change = {.name = "title", .type = FIELD_TEXT, .max = 200}},
    {.name = "a date that may be missing from now on", .in = &thing, .change = {.name = "made", .type = FIELD_DATE}},
    {.name = "a reference that may be missing from now on",
     .in = &thing,
     .change = {.name = "maker_id", .type = FIELD_ID, .flags = FILTER, .references = &maker}},
    {.name = "a text that must be there from now on",
     .in = &maker,
     .change = {.name = "bio", .type = FIELD_TEXT, .flags = REQUIRED, .max_bytes = 65535},
     .refused = true},
    {.name = "a date that must be there from now on",
     .in = &maker,
     .change = {.name = "born", .type = FIELD_DATE, .flags = REQUIRED},
     .refused = true},
    {.name = "a date that becomes a text", .in = &thing, .change = {.name = "made", .type = FIELD_TEXT, .max = 40}},
    {.name = "no text any more", .in = &maker, .drop = "bio"},
    {.name = "no date any more", .in = &maker, .drop = "born"},
    {.name = "a new kind with a reference", .in = &maker, .shop = true},
    {.name = "a kind less", .in = &maker, .shop = true, .back = true},
    {.name = "a reference less",
     .in = &thing,
     .add = {.name = "seller_id", .type = FIELD_ID, .references = &maker},
     .back = true},
    {.name = "a filter and its reference less",
     .in = &thing,
     .add = {.name = "seller_id", .type = FIELD_ID, .flags = FILTER, .references = &maker},
     .back = true},
    {.name = "a text that becomes a date",
     .in = &maker,
     .change = {.name = "born", .type = FIELD_TEXT, .max = 40},
     .back = true},
};

/* --- in the database --- */

static struct arena arena;
static struct context context;
static const struct step *step; /* NULL: the project's own records */
static const struct migrate_dialect *dialect;
static struct db *db;
static char scratch[64];

static void check(enum code code, const char *what)
{
    if (code != OK)
        fail_msg("%s: %s: %s %s", dialect->name, what, context.error.detail, context.error.native);
}

/* A copy of the schema after the step. */
static const struct schema *changed(const struct schema *schema)
{
    struct schema *copy = arena_copy(&arena, schema, sizeof *schema);
    struct field *fields = arena_array(&arena, schema->n_fields + 1, sizeof *fields);

    copy->fields = fields;
    copy->n_fields = 0;
    for (size_t i = 0; i < schema->n_fields; i++) {
        const struct field *field = &schema->fields[i];
        if (step->drop && strcmp(step->drop, field->name) == 0)
            continue;
        bool changes = step->change.name && strcmp(step->change.name, field->name) == 0;
        fields[copy->n_fields++] = changes ? step->change : *field;
    }
    if (step->add.name)
        fields[copy->n_fields++] = step->add;
    return copy;
}

/* The records before (or after) the step, as the dialect would have them. */
static struct model model_wanted(bool after)
{
    const struct schema *list[] = {&thing, &maker, NULL, NULL};
    struct model model = {.n_tables = 0};

    if (!step) {
        check(model_of_records(&context, dialect, records, &model), "records");
        return model;
    }
    if (after != step->back) {
        for (size_t i = 0; i < 2; i++)
            list[i] = list[i] == step->in ? changed(list[i]) : list[i];
        list[2] = step->shop ? &shop : NULL;
    }
    check(model_of_records(&context, dialect, list, &model), "records");
    return model;
}

static struct model read_model(void)
{
    struct model model = {.n_tables = 0};

    check(model_read(&context, db, dialect, &model), "read");
    return model;
}

static enum code run_all(const struct ddl *ddl)
{
    for (size_t i = 0; i < ddl->n; i++) {
        enum code code = db_run(db, &context, ddl->steps[i].sql);
        if (code != OK)
            return code;
    }
    return OK;
}

/* In a transaction where that can be, and with references as whoever applies a file has them. */
static enum code apply(const struct ddl *ddl)
{
    struct transaction transaction;

    if (!dialect->transactional)
        return run_all(ddl);
    check(transaction_begin(&transaction, &context, db, dialect), "begin");
    return transaction_end(&transaction, run_all(ddl));
}

static void create(const struct model *model)
{
    struct ddl ddl = {.n = 0};

    check(scratch_clear(&context, db, scratch), "clear");
    check(ddl_create(&context, dialect, model, &ddl), "create");
    check(apply(&ddl), "create");
}

static struct changes find_changes(const struct model *from, const struct model *to)
{
    struct changes changes = {.n = 0};

    check(changes_find(&context, from, to, &changes), "compare");
    return changes;
}

static void assert_same(const struct model *from, const struct model *to)
{
    struct changes changes = find_changes(from, to);
    struct ddl ddl = {.n = 0};

    if (changes.n == 0)
        return;
    check(ddl_change(&context, dialect, &changes, from, to, &ddl), "change");
    fail_msg("%s: not what was wanted; what is missing:\n%s", dialect->name, ddl_format(&context, &ddl));
}

static void run(const char *sql)
{
    check(db_run(db, &context, sql), sql);
}

/* What a query gives, as one text. */
static const char *result_of(const char *sql)
{
    struct db_result result = {.n_rows = 0};
    const char *text = "";

    check(db_execute(db, &context, DB_READ, sql, NULL, 0, &result), sql);
    for (size_t i = 0; i < result.n_rows * result.n_columns; i++) {
        const struct db_value *cell = &result.cells[i];
        text = cell->type == DB_INTEGER
                   ? arena_printf(&arena, "%s%lld|", text, (long long)cell->integer)
                   : arena_printf(&arena, "%s%s|", text, cell->type == DB_TEXT ? cell->text : "NULL");
        assert_non_null(text);
    }
    return text;
}

static const char *rows_text(void)
{
    return arena_printf(&arena, "%s / %s", result_of("SELECT id, name FROM maker ORDER BY id"),
                        result_of("SELECT id, maker_id FROM thing ORDER BY id"));
}

/* Makes the step in a database with or without rows; the code of its statements. */
static enum code make_step(const struct model *after, bool has_rows)
{
    struct model wanted = model_wanted(false);
    struct ddl ddl = {.n = 0};

    create(&wanted);
    for (size_t i = 0; has_rows && i < sizeof rows / sizeof *rows; i++)
        run(rows[i]);
    struct model has = read_model();
    struct changes changes = find_changes(&has, after);
    wanted = model_wanted(true);
    check(ddl_change(&context, dialect, &changes, &has, &wanted, &ddl), "change");
    return apply(&ddl);
}

/* The number of a row that was deleted before the step is not given again after it. */
static void check_numbers(void)
{
    if (step->in == &maker && (step->add.flags & REQUIRED || step->change.flags & REQUIRED))
        return; /* the row below would lack a value */
    run("INSERT INTO maker (name) VALUES ('new')");
    assert_string_equal(result_of("SELECT id FROM maker WHERE name = 'new'"), "4|");
}

static void test_step(void **state)
{
    struct model wanted = model_wanted(true);

    (void)state;
    create(&wanted);
    struct model after = read_model();
    enum code code = make_step(&after, true);
    if (step->refused) {
        assert_int_not_equal(code, OK);
        check(make_step(&after, false), "without rows");
    } else {
        check(code, step->name);
    }
    struct model has = read_model();
    assert_same(&has, &after);
    if (step->refused)
        return;
    assert_string_equal(rows_text(), "1|Ursula|2|Andr\xc3\xa9's| / 1|1|2|2|");
    check_numbers();
}

/* What refuses a step says nothing of the rows, so they are still there. */
static void test_text__is_not_cut_when_it_does_not_fit(void **state)
{
    static const struct step narrow = {
        .name = "narrow",
        .in = &maker,
        .change = {.name = "name", .type = FIELD_TEXT, .flags = REQUIRED | FILTER | SORT, .max = 3},
    };

    (void)state;
    step = &narrow;
    struct model wanted = model_wanted(true);
    create(&wanted);
    struct model after = read_model();
    if (strcmp(dialect->name, "sqlite") == 0)
        assert_int_equal(make_step(&after, true), OK); /* its texts have no length */
    else
        assert_int_not_equal(make_step(&after, true), OK);
    assert_string_equal(rows_text(), "1|Ursula|2|Andr\xc3\xa9's| / 1|1|2|2|");
}

/* --- the project's own records --- */

static struct model read_own_records(void)
{
    struct model wanted = model_wanted(true);

    create(&wanted);
    return read_model();
}

static void read_directory(struct migration_directory *directory)
{
    const char *folder = getenv("MIGRATIONS") ? getenv("MIGRATIONS") : "migrations";
    const char *path = arena_printf(&arena, "%s/%s", folder, dialect->name);

    check(directory_read(&context, path, directory), path);
    check(directory_check(&context, path, directory), path);
}

static void test_migrations__make_what_the_records_need(void **state)
{
    struct migration_directory directory = {.n_files = 0};

    (void)state;
    struct model wanted = read_own_records();
    read_directory(&directory);
    check(scratch_clear(&context, db, scratch), "clear");
    check(replay(&context, db, dialect, &directory, NULL, NULL), "replay");
    struct model has = read_model();
    assert_same(&has, &wanted);
    assert_same(&wanted, &has);
}

/* Tables as somebody else might have made them. */
static const char *const other_tables[][6] = {
    {
        "CREATE TABLE author (id int PRIMARY KEY, name varchar(30) UNIQUE, bio text NOT NULL, birthdate text)",
        "CREATE TABLE book (id integer PRIMARY KEY, title text DEFAULT 'x', description text, publish_date text,"
        " author_id int REFERENCES author (id) ON DELETE CASCADE)",
        "INSERT INTO author VALUES (7, 'Ursula', '', '1929-10-21')",
        "INSERT INTO book VALUES (9, 'a', 'b', '1974-05-01', 7)",
    },
    {
        "CREATE TABLE author (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, name varchar(30) NOT NULL, bio text NULL,"
        " birthdate date NULL) ENGINE=InnoDB DEFAULT CHARSET=latin1",
        "CREATE TABLE book (id int NOT NULL AUTO_INCREMENT PRIMARY KEY, title varchar(30) NOT NULL, description"
        " varchar(30) NOT NULL, publish_date varchar(30) NOT NULL, author_id int NOT NULL, KEY author_id (author_id),"
        " FOREIGN KEY (author_id) REFERENCES author (id)) ENGINE=InnoDB DEFAULT CHARSET=latin1",
        "INSERT INTO author VALUES (7, 'Ursula', '', '1929-10-21')",
        "INSERT INTO book VALUES (9, 'a', 'b', '1974-05-01', 7)",
    },
    {
        "CREATE TABLE author (id serial PRIMARY KEY, name varchar(30) UNIQUE, bio text DEFAULT '' NOT NULL, birthdate"
        " text CHECK (birthdate <> ''))",
        "CREATE TABLE book (id serial PRIMARY KEY, title text DEFAULT 'x', description text, publish_date timestamp,"
        " author_id int REFERENCES author (id) ON DELETE CASCADE)",
        "INSERT INTO author VALUES (7, 'Ursula', '', '1929-10-21')",
        "INSERT INTO book VALUES (9, 'a', 'b', '1974-05-01', 7)",
    },
};

static void test_other_tables__become_what_the_records_need(void **state)
{
    const struct database *database = database_find(dialect->name);
    struct ddl ddl = {.n = 0};

    (void)state;
    struct model after = read_own_records();
    struct model wanted = model_wanted(true);
    check(scratch_clear(&context, db, scratch), "clear");
    for (const char *const *sql = other_tables[database - databases]; *sql; sql++)
        run(*sql);
    struct model has = read_model();
    struct changes changes = find_changes(&has, &after);
    check(ddl_change(&context, dialect, &changes, &has, &wanted, &ddl), "change");
    enum code code = apply(&ddl);
    if (code != OK)
        fail_msg("%s: %s\n%s", dialect->name, context.error.native, ddl_format(&context, &ddl));
    has = read_model();
    assert_same(&has, &after);
    run("INSERT INTO author (name) VALUES ('new')");
    assert_string_equal(result_of("SELECT id FROM author ORDER BY id"), "7|8|");
    assert_string_equal(result_of("SELECT id, author_id, publish_date FROM book"), "9|7|1974-05-01|");
}

/* --- all of it, in each database --- */

struct run_case {
    const struct database *database;
    const struct step *step;
};

static int setup(void **state)
{
    const struct run_case *one = *state;

    arena_init(&arena, (size_t)64 << 20);
    context_init(&context, &arena, 0);
    struct db_options options = database_place(&arena, one->database);
    options.path = ":memory:";
    step = one->step;
    db = db_new(&arena, db_driver_find(one->database->driver), &options);
    dialect = migrate_dialect_find(one->database->driver);
    snprintf(scratch, sizeof scratch, "quire_ddl_%d", (int)getpid());
    if (!db || !dialect || scratch_open(&context, db, scratch) != OK) {
        print_error("%s: %s %s\n", one->database->driver, context.error.detail, context.error.native);
        return -1;
    }
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    bool closed = scratch_close(&context, db, scratch);
    arena_release(&arena);
    return closed ? 0 : -1;
}

int main(void)
{
    enum { N_STEPS = sizeof steps / sizeof *steps };
    static const struct {
        const char *name;
        void (*test)(void **state);
    } others[] = {
        {"test_text__is_not_cut_when_it_does_not_fit", test_text__is_not_cut_when_it_does_not_fit},
        {"test_migrations__make_what_the_records_need", test_migrations__make_what_the_records_need},
        {"test_other_tables__become_what_the_records_need", test_other_tables__become_what_the_records_need},
    };
    enum { N_OTHERS = sizeof others / sizeof *others, N_ALL = N_DATABASES * (N_STEPS + N_OTHERS) };
    static struct CMUnitTest tests[N_ALL];
    static struct run_case cases[N_ALL];
    static char names[N_ALL][128];
    size_t n = 0;
    int missing = 0;

    for (size_t i = 0; i < N_DATABASES; i++) {
        for (size_t j = 0; !database_missing(&databases[i]) && j < N_STEPS + N_OTHERS; j++, n++) {
            bool is_step = j < N_STEPS;
            cases[n] = (struct run_case){&databases[i], is_step ? &steps[j] : NULL};
            snprintf(names[n], sizeof names[n], "%s: %s", databases[i].driver,
                     is_step ? steps[j].name : others[j - N_STEPS].name);
            tests[n] = (struct CMUnitTest){.name = names[n],
                                           .test_func = is_step ? test_step : others[j - N_STEPS].test,
                                           .setup_func = setup,
                                           .teardown_func = teardown,
                                           .initial_state = &cases[n]};
        }
    }
    int failed = _cmocka_run_group_tests("ddl", tests, n, NULL, NULL);
    for (size_t i = 0; i < N_DATABASES; i++)
        if (database_missing(&databases[i]))
            missing |= report_left_out(databases[i].driver, database_missing(&databases[i]));
    return failed ? failed : missing;
}
