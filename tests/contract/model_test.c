/*
 * model_test.c: reading the tables of each database; see database.h.
 *
 * Each case has a schema of its own, which is dropped after it: SQLite's is in memory.
 */

#include "database.h"

#include "migrate/change.h"
#include "migrate/dialect.h"
#include "migrate/model_read.h"
#include "model_text.h"

#define STATEMENTS_MAX 8

static struct arena arena;
static struct context context;
static struct db *db;
static char schema[64];

/* What is different in each database. */
static const struct place {
    const char *driver;
    const char *make[3]; /* a schema */
    const char *drop;
    const char *statements[STATEMENTS_MAX]; /* make tables with everything that a database has */
    const char *model;                      /* how they read */
    const char *one[STATEMENTS_MAX];        /* make tables, */
    const char *other[STATEMENTS_MAX];      /* and the same ones in another way */
    const char *migrated; /* the project's tables, without their indexes, which are as many as there are lists */
} places[] = {
    {
        .driver = "sqlite",
        .statements =
            {
                "CREATE TABLE a (id integer PRIMARY KEY AUTOINCREMENT, name varchar(30) NOT NULL DEFAULT 'x;y')",
                "CREATE TABLE b (x int, a integer REFERENCES a ON DELETE CASCADE, CHECK (x > 0), PRIMARY KEY (x, a))",
                "CREATE UNIQUE INDEX i ON b (a, x DESC)",
            },
        .model = "a (id)\n"
                 "  id integer NOT NULL NUMBERED\n"
                 "  name varchar(30) NOT NULL DEFAULT 'x;y'\n"
                 "b (x, a)\n"
                 "  x int\n"
                 "  a integer\n"
                 "  UNIQUE i (a, x DESC)\n"
                 "  KEY - (a) TO a (id) ON DELETE CASCADE ON UPDATE NO ACTION\n"
                 "  CHECK -: x > 0\n",
        .one = {"CREATE TABLE a (id integer PRIMARY KEY AUTOINCREMENT, d text CHECK (d IS date(d)))",
                "CREATE TABLE b (a integer REFERENCES a)", "CREATE INDEX i ON b (a)"},
        .other = {"CREATE TABLE \"a\" (\n `id` INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, -- CHECK\n"
                  " d TEXT DEFAULT NULL, CONSTRAINT c CHECK(\"d\" is DATE ( [d] )))",
                  "CREATE TABLE b (a INTEGER, FOREIGN KEY (a) REFERENCES a (id) ON DELETE NO ACTION)",
                  "CREATE INDEX another ON b (\"a\" ASC)"},
        .migrated = "author (id)\n"
                    "  id integer NOT NULL NUMBERED\n"
                    "  name text NOT NULL\n"
                    "  bio text\n"
                    "  birthdate text\n"
                    "  CHECK -: birthdate is date(birthdate)\n"
                    "book (id)\n"
                    "  id integer NOT NULL NUMBERED\n"
                    "  title text NOT NULL\n"
                    "  description text NOT NULL\n"
                    "  publish_date text NOT NULL\n"
                    "  author_id integer NOT NULL\n"
                    "  KEY - (author_id) TO author (id) ON DELETE RESTRICT ON UPDATE RESTRICT\n"
                    "  CHECK -: publish_date is date(publish_date)\n",
    },
    {
        .driver = "mysql",
        .make = {"CREATE DATABASE %s CHARACTER SET utf8mb4 COLLATE utf8mb4_bin", "USE %s"},
        .drop = "DROP DATABASE %s",
        .statements =
            {
                "CREATE TABLE a (id bigint AUTO_INCREMENT PRIMARY KEY, name varchar(30) CHARACTER SET latin1 COLLATE "
                "latin1_bin NOT NULL DEFAULT 'x;y', t text, n varchar(9) DEFAULT NULL, u int unsigned, d date, "
                "g date AS (d + interval 1 day) STORED, FULLTEXT INDEX f (t), KEY p (name(5) DESC, u))",
                "CREATE TABLE b (x smallint, y bigint, CONSTRAINT positive CHECK (x > 0), PRIMARY KEY (y, x), "
                "UNIQUE u (x, y), CONSTRAINT k FOREIGN KEY (y) REFERENCES a (id) ON DELETE CASCADE) COLLATE "
                "utf8mb4_bin",
                "CREATE VIEW v AS SELECT 1",
                "CREATE TABLE atlas_schema_revisions (version varchar(255) PRIMARY KEY)",
            },
        .model = "a (id) COLLATE utf8mb4_bin\n"
                 "  id bigint(20) NOT NULL NUMBERED\n"
                 "  name varchar(30) COLLATE latin1_bin NOT NULL DEFAULT 'x;y'\n"
                 "  t text COLLATE utf8mb4_bin\n"
                 "  n varchar(9) COLLATE utf8mb4_bin\n"
                 "  u int(10) unsigned\n"
                 "  d date\n"
                 "  g date AS (`d` + interval 1 day) STORED GENERATED\n"
                 "  INDEX f (t FULLTEXT)\n"
                 "  INDEX p (name(5) DESC, u)\n"
                 "b (y, x) COLLATE utf8mb4_bin\n"
                 "  x smallint(6) NOT NULL\n"
                 "  y bigint(20) NOT NULL\n"
                 "  UNIQUE u (x, y)\n"
                 "  KEY k (y) TO a (id) ON DELETE CASCADE ON UPDATE RESTRICT\n"
                 "  CHECK positive: `x` > 0\n",
        .one = {"CREATE TABLE a (id bigint AUTO_INCREMENT PRIMARY KEY, d text CHECK (d <> ''), u int UNIQUE)",
                "CREATE TABLE b (a bigint, KEY (a), FOREIGN KEY (a) REFERENCES a (id))"},
        .other = {"CREATE TABLE a (u INTEGER DEFAULT NULL, id BIGINT NOT NULL, d TEXT COLLATE utf8mb4_bin NULL,"
                  " CONSTRAINT x CHECK (d != ''))",
                  "ALTER TABLE a ADD PRIMARY KEY (id), MODIFY id bigint NOT NULL AUTO_INCREMENT",
                  "CREATE UNIQUE INDEX another ON a (u)",
                  "CREATE TABLE b (a bigint, CONSTRAINT k FOREIGN KEY (a) REFERENCES a (id) ON DELETE RESTRICT)"},
        .migrated = "author (id) COLLATE utf8mb4_bin\n"
                    "  id bigint(20) NOT NULL NUMBERED\n"
                    "  name varchar(255) COLLATE utf8mb4_bin NOT NULL\n"
                    "  bio text COLLATE utf8mb4_bin\n"
                    "  birthdate date\n"
                    "book (id) COLLATE utf8mb4_bin\n"
                    "  id bigint(20) NOT NULL NUMBERED\n"
                    "  title varchar(255) COLLATE utf8mb4_bin NOT NULL\n"
                    "  description text COLLATE utf8mb4_bin NOT NULL\n"
                    "  publish_date date NOT NULL\n"
                    "  author_id bigint(20) NOT NULL\n"
                    "  KEY book_ibfk_1 (author_id) TO author (id) ON DELETE RESTRICT ON UPDATE RESTRICT\n",
    },
    {
        .driver = "postgresql",
        .make = {"CREATE SCHEMA %s", "SET search_path TO %s"},
        .drop = "DROP SCHEMA %s CASCADE",
        .statements =
            {
                "CREATE TABLE a (id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY, name varchar(30) COLLATE "
                "\"C\" NOT NULL DEFAULT 'x;y', t text, n numeric(5, 2), at timestamp(3) with time zone, "
                "g int GENERATED ALWAYS AS (1 + 1) STORED, \"Odd name\" int)",
                "CREATE TABLE b (x smallint NOT NULL, y bigint, z int, CONSTRAINT positive CHECK (x > 0), "
                "PRIMARY KEY (y, x), CONSTRAINT u UNIQUE (x, y), "
                "CONSTRAINT k FOREIGN KEY (y) REFERENCES a ON DELETE CASCADE ON UPDATE SET NULL)",
                "CREATE INDEX i ON a (name DESC, lower(t)) WHERE id > 0",
                "ALTER TABLE b DROP COLUMN z",
                "CREATE VIEW v AS SELECT 1",
                "CREATE TABLE atlas_schema_revisions (version varchar(255) PRIMARY KEY)",
            },
        .model = "a (id)\n"
                 "  id bigint NOT NULL NUMBERED\n"
                 "  name character varying(30) COLLATE \"C\" NOT NULL DEFAULT 'x;y'::character varying\n"
                 "  t text\n"
                 "  n numeric(5,2)\n"
                 "  at timestamp(3) with time zone\n"
                 "  g integer GENERATED ALWAYS AS ((1 + 1)) STORED\n"
                 "  Odd name integer\n"
                 "  INDEX i (btree (name DESC, lower(t)) WHERE (id > 0))\n"
                 "b (y, x)\n"
                 "  x smallint NOT NULL\n"
                 "  y bigint NOT NULL\n"
                 "  UNIQUE u (x, y)\n"
                 "  KEY k (y) TO a (id) ON DELETE CASCADE ON UPDATE SET NULL\n"
                 "  CHECK positive: (x > 0)\n",
        .one = {"CREATE TABLE a (id int8 PRIMARY KEY GENERATED BY DEFAULT AS IDENTITY, d varchar CHECK (d <> ''),"
                " u int4 UNIQUE)",
                "CREATE TABLE b (a int8 REFERENCES a)"},
        .other = {"CREATE TABLE a (u integer, id bigint GENERATED BY DEFAULT AS IDENTITY, d character varying NULL,"
                  " CONSTRAINT x CHECK ((d)::text <> ''::text), PRIMARY KEY (id))",
                  "CREATE UNIQUE INDEX another ON a USING btree (u ASC)", "CREATE TABLE b (a bigint)",
                  "ALTER TABLE b ADD CONSTRAINT k FOREIGN KEY (a) REFERENCES a (id) ON DELETE NO ACTION"},
        .migrated = "author (id)\n"
                    "  id bigint NOT NULL NUMBERED\n"
                    "  name character varying(255) COLLATE \"C\" NOT NULL\n"
                    "  bio text COLLATE \"C\"\n"
                    "  birthdate date\n"
                    "book (id)\n"
                    "  id bigint NOT NULL NUMBERED\n"
                    "  title character varying(255) COLLATE \"C\" NOT NULL\n"
                    "  description text COLLATE \"C\" NOT NULL\n"
                    "  publish_date date NOT NULL\n"
                    "  author_id bigint NOT NULL\n"
                    "  KEY book_author_id_fkey (author_id) TO author (id) ON DELETE RESTRICT ON UPDATE RESTRICT\n",
    },
};

static const struct place *place;

static const struct place *place_find(const char *driver)
{
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (strcmp(places[i].driver, driver) == 0)
            return &places[i];
    return NULL;
}

/* Runs a statement in which %s is the schema. */
static void run_for_schema(const char *sql)
{
    const char *mark = strstr(sql, "%s");

    run_or_fail(&context, db, arena_printf(&arena, "%.*s%s%s", (int)(mark - sql), sql, schema, mark + 2));
}

static int setup(void **state)
{
    const struct database *database = *state;
    struct db_options options;

    arena_init(&arena, (size_t)64 << 20);
    context_init(&context, &arena, 0);
    place = place_find(database->driver);
    options = database_place(&arena, database);
    options.path = ":memory:";
    db = db_new(&arena, db_driver_find(database->driver), &options);
    snprintf(schema, sizeof schema, "quire_model_%d", (int)getpid());
    for (size_t i = 0; place->make[i]; i++)
        run_for_schema(place->make[i]);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    if (place->drop)
        run_for_schema(place->drop);
    arena_release(&arena);
    return 0;
}

static void run_all(const char *const *statements)
{
    for (; *statements; statements++)
        run_or_fail(&context, db, *statements);
}

static struct model read_from(struct db *from)
{
    struct model model = {0};
    const struct migrate_dialect *dialect = migrate_dialect_find(from->driver->dialect->name);

    assert_non_null(dialect);
    if (model_read(&context, from, dialect, &model) != OK)
        fail_msg("%s", context.error.native);
    return model;
}

static void test_model_read__gives_every_feature(void **state)
{
    (void)state;
    run_all(place->statements);
    const struct model model = read_from(db);
    assert_string_equal(model_text(&arena, &model), place->model);
}

static void test_model_read__is_the_same_however_it_was_written(void **state)
{
    static const char *const drop[] = {"DROP TABLE b", "DROP TABLE a", NULL};
    struct changes changes;

    (void)state;
    run_all(place->one);
    const struct model one = read_from(db);
    assert_int_equal(one.n_tables, 2);
    run_all(drop);
    run_all(place->other);
    const struct model other = read_from(db);
    assert_int_equal(changes_find(&context, &one, &other, &changes), OK);
    assert_string_equal(changes_text(&arena, &changes), "");
}

static void test_model_read__sees_no_other_schema(void **state)
{
    (void)state;
    assert_int_equal(read_from(db).n_tables, 0);
}

static void test_model_read__takes_few_statements(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++)
        run_or_fail(&context, db, arena_printf(&arena, "CREATE TABLE t%d (a int NOT NULL, UNIQUE (a))", i));
    context.tally.sql_statements = 0;
    assert_int_equal(read_from(db).n_tables, 20);
    assert_true(context.tally.sql_statements <= 5);
}

static void test_model_read__gives_the_migrated_tables(void **state)
{
    (void)state;
    struct db *own = own_database_prepare(&context, database_find(db->driver->name));
    const struct model model = read_from(own);

    for (size_t i = 0; i < model.n_tables; i++) {
        assert_true(model.tables[i].n_indexes > 0);
        model.tables[i].n_indexes = 0;
    }
    assert_string_equal(model_text(&arena, &model), place->migrated);
    db_close(own);
}

static const struct {
    const char *name;
    void (*test)(void **state);
} cases[] = {
    {"test_model_read__gives_every_feature", test_model_read__gives_every_feature},
    {"test_model_read__is_the_same_however_it_was_written", test_model_read__is_the_same_however_it_was_written},
    {"test_model_read__sees_no_other_schema", test_model_read__sees_no_other_schema},
    {"test_model_read__takes_few_statements", test_model_read__takes_few_statements},
    {"test_model_read__gives_the_migrated_tables", test_model_read__gives_the_migrated_tables},
};

#define N_CASES (sizeof cases / sizeof *cases)

int main(void)
{
    static struct CMUnitTest tests[N_DATABASES * N_CASES];
    size_t n = 0;
    int missing = 0;

    for (size_t i = 0; i < N_DATABASES; i++) {
        const struct database *database = &databases[i];
        const char *reason = database_missing(database);
        if (reason)
            missing |= report_left_out(database->driver, reason);
        for (size_t j = 0; !reason && j < N_CASES; j++)
            tests[n++] = (struct CMUnitTest){.name = cases[j].name,
                                             .test_func = cases[j].test,
                                             .setup_func = setup,
                                             .teardown_func = teardown,
                                             .initial_state = (void *)(uintptr_t)database};
    }
    int failed = _cmocka_run_group_tests("model", tests, n, NULL, own_databases_drop);
    return failed ? failed : missing;
}
