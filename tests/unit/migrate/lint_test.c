/* lint_test.c: what is found in the files of a directory; run in SQLite, which looks at it as the others do. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "core/arena.h"
#include "core/context.h"
#include "driver/db.h"
#include "folder.h"
#include "migrate/dialect.h"
#include "migrate/directory.h"
#include "migrate/lint.h"

#define ARENA_MAX ((size_t)1 << 28)

/* A copy of table author, from the second line on. */
#define COPY_WITH_OTHER_BIO                                                                                            \
    "\nCREATE TABLE new_author (id integer PRIMARY KEY, name text NOT NULL, bio integer NOT NULL, email text);\n"      \
    "INSERT INTO new_author SELECT * FROM author;\nDROP TABLE author;\nALTER TABLE new_author RENAME TO author;\n"     \
    "CREATE UNIQUE INDEX author_email ON author (email);\n"

/* What each test's second file starts from. */
#define FIRST                                                                                                          \
    "CREATE TABLE author (id integer PRIMARY KEY, name text NOT NULL, bio text NULL, email text);\n"                   \
    "CREATE UNIQUE INDEX author_email ON author (email);\n"                                                            \
    "CREATE TABLE book (id integer PRIMARY KEY, title text NOT NULL);\n"                                               \
    "CREATE INDEX book_title ON book (title);\n"

static struct arena arena;
static struct context context;
static struct db *db;
static struct migration_directory directory;
static char found[1024];

static int setup(void **state)
{
    const struct db_options options = {.path = ":memory:"};

    (void)state;
    arena_init(&arena, ARENA_MAX);
    context_init(&context, &arena, 0);
    db = db_new(&arena, db_driver_find("sqlite"), &options);
    return db ? folder_make() : -1;
}

static int teardown(void **state)
{
    (void)state;
    arena_release(&arena);
    return folder_remove();
}

/* The findings, as "VERSION:LINE CODE" with blanks between them. */
static const char *lint(size_t latest)
{
    struct lint_report report = {.n = 0};
    size_t size = 0;

    db_close(db);
    assert_int_equal(directory_read(&context, folder, &directory), OK);
    enum code code = lint_run(&context, db, migrate_dialect_find("sqlite"), &directory, latest, NULL, &report);
    if (code != OK)
        return context.error.detail;
    found[0] = '\0';
    for (size_t i = 0; i < report.n; i++)
        size += (size_t)snprintf(found + size, sizeof found - size, "%s%s:%zu %s", i ? " " : "",
                                 report.items[i].file->version, report.items[i].line, report.items[i].risk.code);
    return found;
}

static void test_lint_run__tells_line_and_risk(void **state)
{
    static const struct {
        const char *text, *findings;
    } rows[] = {
        {"ALTER TABLE author ADD COLUMN born text NULL;\n", ""},
        {"DROP TABLE book;\n", "2:1 DS102"},
        {"-- why\n\nALTER TABLE author DROP COLUMN bio;\nDROP TABLE book;\n", "2:3 DS103 2:4 DS102"},
        {"CREATE UNIQUE INDEX author_name ON author (name);\n", "2:1 MF101"},
        /* Taken back by the file itself. */
        {"DROP INDEX book_title;\nCREATE INDEX book_title ON book (title);\n", ""},
        {"CREATE UNIQUE INDEX a ON author (name);\nDROP INDEX a;\n", ""},
        /* A table of the file's own has no rows. */
        {"CREATE TABLE t (id integer);\nALTER TABLE t ADD COLUMN a text NULL;\nALTER TABLE t DROP COLUMN a;\n"
         "DROP TABLE t;\n",
         ""},
        /* What is lost is lost, though the like of it is made again. */
        {"ALTER TABLE author DROP COLUMN bio;\nALTER TABLE author ADD COLUMN bio text NULL;\n", "2:1 DS103"},
        {"DROP TABLE book;\nCREATE TABLE book (id integer PRIMARY KEY, title text NOT NULL);\n", "2:1 DS102"},
        /* Only names change. */
        {"ALTER TABLE author RENAME COLUMN bio TO life;\n", ""},
        {"ALTER TABLE book RENAME TO tome;\n", ""},
        {"ALTER TABLE book RENAME COLUMN title TO name;\n", ""},
        {"ALTER TABLE author RENAME COLUMN email TO address;\n", ""},
        /* A rule goes. */
        {"DROP INDEX author_email;\n", "2:1 QU105"},
        {"DROP INDEX author_email;\nCREATE INDEX author_email ON author (email);\n", "2:1 QU105"},
        {"DROP INDEX author_email;\nCREATE UNIQUE INDEX other ON author (email);\n", ""},
        /* New in the file, and not NULL in the end. */
        {"-- atlas:txmode none\n\nALTER TABLE book ADD COLUMN isbn text NULL;\nPRAGMA writable_schema = ON;\n"
         "UPDATE sqlite_schema SET sql = replace(sql, 'isbn text NULL', 'isbn text NOT NULL') WHERE name = 'book';\n"
         "PRAGMA writable_schema = RESET;\n",
         "2:6 MF103"},
        {"ALTER TABLE author RENAME COLUMN bio TO \"a life\";\nALTER TABLE book RENAME TO \"a tome\";\n", ""},
        /* A new column that is NULL can break no key. */
        {"ALTER TABLE book ADD COLUMN author_id integer NULL REFERENCES author (id);\n", ""},
        {"ALTER TABLE book ADD COLUMN born text NULL CHECK (born IS date(born));\n", ""},
        {"ALTER TABLE book ADD COLUMN title2 text NULL CHECK (length(title2) > 3 AND title <> 'title2');\n",
         "2:1 QU103"},
        {"ALTER TABLE book ADD COLUMN isbn text NULL;\nCREATE UNIQUE INDEX book_isbn ON book (isbn);\n", ""},
        /* Rows, whatever comes later. */
        {"DELETE FROM book;\nINSERT INTO book VALUES (1, 'x');\n", "2:1 QU106"},
        {"UPDATE author SET email = NULL, bio = name;\nDROP TABLE book;\n", "2:1 QU107 2:2 DS102"},
        {"DELETE FROM book WHERE id = 1;\nUPDATE author SET email = NULL WHERE id = 1;\n", ""},
        /* A column, and a table, of the file's own have nothing to lose. */
        {"ALTER TABLE book ADD COLUMN isbn text NULL;\nUPDATE book SET isbn = '';\n", ""},
        {"CREATE TABLE t (id integer);\nDELETE FROM t;\n", ""},
    };

    (void)state;
    folder_write("1.sql", FIRST);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        folder_write("2.sql", rows[i].text);
        assert_string_equal(lint(0), rows[i].findings);
    }
}

static void test_lint_run__looks_through_a_copy(void **state)
{
    static const struct {
        const char *text, *findings;
    } rows[] = {
        /* Rows and columns are all there. */
        {"CREATE TABLE new_book (id integer PRIMARY KEY, title text NOT NULL, isbn text NULL);\n"
         "INSERT INTO new_book (id, title) SELECT id, title FROM book;\nDROP TABLE book;\n"
         "ALTER TABLE new_book RENAME TO book;\nCREATE INDEX book_title ON book (title);\n",
         ""},
        /* A column is not. */
        {"CREATE TABLE new_book (id integer PRIMARY KEY);\n"
         "INSERT INTO new_book (id) SELECT id FROM book;\nDROP TABLE book;\nALTER TABLE new_book RENAME TO book;\n",
         "2:3 DS103"},
        /* A rule is not. */
        {"CREATE TABLE new_author (id integer PRIMARY KEY, name text NOT NULL, bio text NULL, email text);\n"
         "INSERT INTO new_author SELECT * FROM author;\nDROP TABLE author;\n"
         "ALTER TABLE new_author RENAME TO author;\n",
         "2:3 QU105"},
        /* A column may lose values, and may refuse others. */
        {COPY_WITH_OTHER_BIO, "2:4 QU101 2:4 MF104"},
        /* No row was copied. */
        {"CREATE TABLE new_book (id integer PRIMARY KEY, title text NOT NULL);\nDROP TABLE book;\n"
         "ALTER TABLE new_book RENAME TO book;\nCREATE INDEX book_title ON book (title);\n",
         "2:2 DS102"},
        {"CREATE TABLE new_book (id integer PRIMARY KEY, title text NOT NULL);\n"
         "INSERT INTO author SELECT id, title, 'new_book', NULL FROM book;\nDROP TABLE book;\n"
         "ALTER TABLE new_book RENAME TO book;\nCREATE INDEX book_title ON book (title);\n",
         "2:3 DS102"},
        /* Others are in its place. */
        {"CREATE TABLE new_book (id integer PRIMARY KEY, title text NOT NULL);\n"
         "INSERT INTO new_book VALUES (1, 'from book');\nDROP TABLE book;\n"
         "ALTER TABLE new_book RENAME TO book;\nCREATE INDEX book_title ON book (title);\n",
         "2:3 DS102"},
        {"CREATE TABLE new_book (id integer PRIMARY KEY, title text NOT NULL);\n"
         "INSERT INTO new_book SELECT id, name FROM author;\nDROP TABLE book;\n"
         "ALTER TABLE new_book RENAME TO book;\nCREATE INDEX book_title ON book (title);\n",
         "2:3 DS102"},
    };

    (void)state;
    folder_write("1.sql", FIRST);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        folder_write("2.sql", rows[i].text);
        assert_string_equal(lint(0), rows[i].findings);
    }
}

static void test_lint_run__is_silent_where_it_is_told_to_be(void **state)
{
    static const struct {
        const char *text, *findings;
    } rows[] = {
        {"-- atlas:nolint\n\nDROP TABLE book;\n", ""},
        {"-- atlas:nolint DS102\n\nDROP TABLE book;\nALTER TABLE author DROP COLUMN bio;\n", "2:4 DS103"},
        {"-- atlas:nolint destructive\n\nDROP TABLE book;\nALTER TABLE author DROP COLUMN bio;\n", ""},
        {"-- atlas:nolint data_depend\n\nDROP TABLE book;\n", "2:3 DS102"},
        {"-- atlas:nolint data_depend, ds102\n\nDROP TABLE book;\n", ""},
        {"ALTER TABLE author DROP COLUMN bio;\n-- atlas:nolint\n-- nobody reads it\nDROP TABLE book;\n", "2:1 DS103"},
        {"-- atlas:nolint DS103\nDROP TABLE book;\n", "2:2 DS102"},
        {"ALTER TABLE author ADD COLUMN x text NULL;\n-- atlas:nolint\n\nDROP TABLE book;\n", "2:4 DS102"},
        {"ALTER TABLE author ADD COLUMN x text NULL;\n-- as agreed: atlas:nolint DS102\nDROP TABLE book;\n", ""},
        {"ALTER TABLE author ADD COLUMN x text NULL;\n-- atlas:nolint DS103 \xc3\xa9\nDROP TABLE book;\n", "2:3 DS102"},
        {"-- atlas:nolint QU101\n" COPY_WITH_OTHER_BIO, "2:5 MF104"},
        {"-- atlas:nolint destructive\n" COPY_WITH_OTHER_BIO, "2:5 MF104"},
        {"-- atlas:nolint data_depend\n" COPY_WITH_OTHER_BIO, "2:5 QU101"},
        {"-- atlas:nolint condrop\n\nDROP INDEX author_email;\n", ""},
        {"-- atlas:nolinting\n\nDROP TABLE book;\n", "2:3 DS102"},
        {"-- atlas:nolint QU106\nDELETE FROM book;\nDELETE FROM author;\n", "2:3 QU106"},
        {"-- atlas:nolint data_depend\n\nDELETE FROM book;\nUPDATE author SET bio = '';\n", ""},
    };

    (void)state;
    folder_write("1.sql", FIRST);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        folder_write("2.sql", rows[i].text);
        assert_string_equal(lint(0), rows[i].findings);
    }
}

static void test_lint_run__looks_at_the_latest_files_only(void **state)
{
    (void)state;
    folder_write("1.sql", FIRST);
    folder_write("2.sql", "DROP TABLE book;\n");
    folder_write("3.sql", "-- nothing\n");
    folder_write("4.sql", "ALTER TABLE author DROP COLUMN bio;\n");
    assert_string_equal(lint(0), "2:1 DS102 4:1 DS103");
    assert_string_equal(lint(1), "4:1 DS103");
    assert_string_equal(lint(3), "2:1 DS102 4:1 DS103");
    assert_string_equal(lint(9), "2:1 DS102 4:1 DS103");
    folder_write("5.sql", "-- atlas:checkpoint\n\nCREATE TABLE author (id integer PRIMARY KEY, name text NOT NULL);\n");
    folder_write("6.sql", "DROP TABLE author;\n");
    assert_string_equal(lint(0), "6:1 DS102");
    assert_string_equal(lint(1), "6:1 DS102");
}

static void test_lint_run__names_the_place_of_a_failure(void **state)
{
    (void)state;
    folder_write("1.sql", FIRST);
    folder_write("2.sql", "\nDROP TABLE none;\n");
    assert_non_null(strstr(lint(0), "2.sql line 2: "));
    folder_delete("2.sql");
    assert_string_equal(lint(0), "");
}

static void test_lint_run__finds_nothing_in_nothing(void **state)
{
    (void)state;
    assert_string_equal(lint(0), "");
    assert_string_equal(lint(3), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_lint_run__tells_line_and_risk, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lint_run__looks_through_a_copy, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lint_run__is_silent_where_it_is_told_to_be, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lint_run__looks_at_the_latest_files_only, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lint_run__names_the_place_of_a_failure, setup, teardown),
        cmocka_unit_test_setup_teardown(test_lint_run__finds_nothing_in_nothing, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
