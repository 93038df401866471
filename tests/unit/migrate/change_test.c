/* change_test.c: how models differ, and in which order that can be changed. Each test starts from two equal models. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/arena.h"
#include "core/context.h"
#include "migrate/change.h"
#include "model_text.h"

/* A model with room for what a test adds. */
struct fixture {
    struct column author_columns[4];
    struct column book_columns[4];
    struct index author_indexes[3];
    struct index book_indexes[3];
    struct foreign_key book_keys[2];
    struct check book_checks[2];
    struct table tables[5];
    struct model model;
};

static const struct fixture base = {
    .author_columns = {{.name = "id", .type = "bigint", .numbered = true},
                       {.name = "name", .type = "varchar(255)", .standard = "''"},
                       {.name = "bio", .type = "text", .nullable = true}},
    .book_columns = {{.name = "id", .type = "bigint", .numbered = true},
                     {.name = "title", .type = "varchar(255)"},
                     {.name = "author_id", .type = "bigint"}},
    .author_indexes = {{.name = "author_name_id", .columns = "name, id"}},
    .book_indexes = {{.name = "author_id", .columns = "author_id"}, {.name = "title", .columns = "title, id"}},
    .book_keys = {{.name = "book_ibfk_1",
                   .columns = "author_id",
                   .table = "author",
                   .references = "id",
                   .on_delete = "RESTRICT",
                   .on_update = "RESTRICT"}},
    .book_checks = {{.name = "book_title", .expression = "title <> ''"}},
    .tables = {{.name = "author", .options = "", .primary_key = "id", .n_columns = 3, .n_indexes = 1},
               {.name = "book",
                .options = "",
                .primary_key = "id",
                .n_columns = 3,
                .n_indexes = 2,
                .n_foreign_keys = 1,
                .n_checks = 1}},
};

static struct arena arena;
static struct context context;
static struct fixture from, to;

#define AUTHOR 0
#define BOOK 1

static void fill(struct fixture *fixture)
{
    *fixture = base;
    fixture->tables[AUTHOR].columns = fixture->author_columns;
    fixture->tables[AUTHOR].indexes = fixture->author_indexes;
    fixture->tables[BOOK].columns = fixture->book_columns;
    fixture->tables[BOOK].indexes = fixture->book_indexes;
    fixture->tables[BOOK].foreign_keys = fixture->book_keys;
    fixture->tables[BOOK].checks = fixture->book_checks;
    fixture->model = (struct model){.tables = fixture->tables, .n_tables = 2};
}

static int setup(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)1 << 20);
    context_init(&context, &arena, 0);
    fill(&from);
    fill(&to);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static struct changes changes_between(const struct fixture *one, const struct fixture *other)
{
    struct changes changes = {0};

    assert_int_equal(changes_find(&context, &one->model, &other->model, &changes), OK);
    return changes;
}

static void assert_changes(const char *expected)
{
    const struct changes changes = changes_between(&from, &to);

    assert_string_equal(changes_text(&arena, &changes), expected);
}

static void assert_changes_back(const char *expected)
{
    const struct changes changes = changes_between(&to, &from);

    assert_string_equal(changes_text(&arena, &changes), expected);
}

static void test_changes_find__finds_none_between_equal_models(void **state)
{
    (void)state;
    assert_changes("");
}

static void test_changes_find__takes_other_names_and_orders_for_the_same(void **state)
{
    (void)state;
    to.author_indexes[0].name = "another";
    to.book_keys[0].name = NULL;
    to.book_checks[0].name = "another";
    to.author_columns[1] = base.author_columns[2];
    to.author_columns[2] = base.author_columns[1];
    to.book_indexes[0] = base.book_indexes[1];
    to.book_indexes[1] = base.book_indexes[0];
    assert_changes("");
}

static void test_changes_find__finds_every_property_of_a_column(void **state)
{
    struct column *column = &to.author_columns[1];

    (void)state;
    column->type = "varchar(30)";
    assert_changes("modify column author.name\n");
    *column = base.author_columns[1];
    column->standard = "'x'";
    assert_changes("modify column author.name\n");
    column->standard = NULL;
    assert_changes("modify column author.name\n");
    assert_changes_back("modify column author.name\n");
    *column = base.author_columns[1];
    column->nullable = true;
    assert_changes("modify column author.name\n");
    *column = base.author_columns[1];
    column->numbered = true;
    assert_changes("modify column author.name\n");
}

static void test_changes_find__takes_a_new_name_for_a_new_column(void **state)
{
    (void)state;
    to.author_columns[2].name = "biography";
    assert_changes("add column author.biography\ndrop column author.bio\n");
    const struct changes changes = changes_between(&from, &to);
    assert_null(changes.items[0].from);
    assert_ptr_equal(changes.items[0].to, &to.author_columns[2]);
    assert_ptr_equal(changes.items[1].from, &from.author_columns[2]);
    assert_null(changes.items[1].to);
}

static void test_changes_find__finds_options_and_primary_keys(void **state)
{
    (void)state;
    to.tables[AUTHOR].options = "COLLATE utf8mb4_bin";
    to.tables[BOOK].primary_key = "title";
    assert_changes("modify table author\nmodify table book\n");
    const struct changes changes = changes_between(&from, &to);
    assert_ptr_equal(changes.items[0].from, &from.tables[AUTHOR]);
    assert_ptr_equal(changes.items[0].to, &to.tables[AUTHOR]);
}

static void test_changes_find__finds_indexes_that_differ(void **state)
{
    (void)state;
    to.author_indexes[0].unique = true;
    assert_changes("drop index author.name, id\nadd index author.name, id\n");
    to.author_indexes[0] = (struct index){.name = "author_name_id", .columns = "name"};
    assert_changes("drop index author.name, id\nadd index author.name\n");
    to.tables[AUTHOR].n_indexes = 0;
    assert_changes("drop index author.name, id\n");
    assert_changes_back("add index author.name, id\n");
}

static void test_changes_find__finds_every_property_of_a_foreign_key(void **state)
{
    static const char expected[] = "drop key book.author_id\nadd key book.author_id\n";
    struct foreign_key *key = &to.book_keys[0];

    (void)state;
    key->on_delete = "CASCADE";
    assert_changes(expected);
    *key = base.book_keys[0];
    key->on_update = "CASCADE";
    assert_changes(expected);
    *key = base.book_keys[0];
    key->references = "name";
    assert_changes(expected);
    *key = base.book_keys[0];
    key->table = "book";
    assert_changes(expected);
    *key = base.book_keys[0];
    key->columns = "title";
    assert_changes("drop key book.author_id\nadd key book.title\n");
    const struct changes changes = changes_between(&from, &to);
    assert_null(changes.items[0].to);
    assert_null(changes.items[1].from);
}

static void test_changes_find__finds_checks(void **state)
{
    (void)state;
    to.book_checks[0].expression = "title > ''";
    assert_changes("drop check book.title <> ''\nadd check book.title > ''\n");
}

static void test_changes_find__takes_a_key_away_while_its_columns_change_their_type(void **state)
{
    static const char expected[] = "drop key book.author_id\nmodify column author.id\nmodify column book.author_id\n"
                                   "add key book.author_id\n";

    (void)state;
    to.author_columns[0].type = to.book_columns[2].type = "int";
    assert_changes(expected);
    const struct changes changes = changes_between(&from, &to);
    assert_ptr_equal(changes.items[0].from, &from.book_keys[0]);
    assert_ptr_equal(changes.items[0].to, &to.book_keys[0]);
    assert_ptr_equal(changes.items[3].from, &from.book_keys[0]);
    assert_ptr_equal(changes.items[3].to, &to.book_keys[0]);
    to.author_columns[0].type = "bigint";
    assert_changes("drop key book.author_id\nmodify column book.author_id\nadd key book.author_id\n");
    to.book_columns[2].type = "bigint";
    to.author_columns[0].type = "int";
    assert_changes("drop key book.author_id\nmodify column author.id\nadd key book.author_id\n");
}

static void test_changes_find__leaves_a_key_where_another_column_changes_its_type(void **state)
{
    (void)state;
    to.book_columns[2].nullable = true;
    to.book_columns[1].type = to.author_columns[1].type = "text";
    from.book_columns[1].name = to.book_columns[1].name = "author";
    assert_changes("modify column author.name\nmodify column book.author\nmodify column book.author_id\n");
}

static void test_changes_find__takes_a_key_away_while_its_index_is_replaced(void **state)
{
    (void)state;
    to.book_indexes[0] = (struct index){.name = "book_author_id_id", .columns = "author_id, id"};
    assert_changes("drop key book.author_id\ndrop index book.author_id\nadd index book.author_id, id\n"
                   "add key book.author_id\n");
    to.tables[BOOK].n_foreign_keys = 0;
    assert_changes("drop key book.author_id\ndrop index book.author_id\nadd index book.author_id, id\n");
    fill(&to);
    to.tables[AUTHOR].primary_key = "id, name";
    assert_changes("drop key book.author_id\nmodify table author\nadd key book.author_id\n");
}

static void test_changes_find__leaves_a_key_that_another_index_serves(void **state)
{
    (void)state;
    to.book_indexes[0].columns = from.book_indexes[1].columns = to.book_indexes[1].columns = "author_id, id";
    assert_changes("drop index book.author_id\n");
    assert_changes_back("add index book.author_id\n");
    fill(&from);
    fill(&to);
    to.author_indexes[1] = (struct index){.name = "author_id", .columns = "id, name"};
    to.tables[AUTHOR].n_indexes = 2;
    assert_changes_back("drop index author.id, name\n");
    to.author_indexes[1].columns = "id_of_old";
    to.tables[AUTHOR].primary_key = from.tables[AUTHOR].primary_key = "name";
    assert_changes_back("drop index author.id_of_old\n");
}

static void test_changes_find__leaves_a_key_without_a_name(void **state)
{
    (void)state;
    from.book_keys[0].name = to.book_keys[0].name = NULL;
    to.book_indexes[0].columns = "author_id, id";
    to.author_columns[0].type = "int";
    assert_changes("drop index book.author_id\nmodify column author.id\nadd index book.author_id, id\n");
}

static void test_changes_find__drops_an_index_before_its_column(void **state)
{
    (void)state;
    to.book_columns[1].name = "headline";
    to.tables[BOOK].n_indexes = 1;
    assert_changes("drop index book.title, id\nadd column book.headline\ndrop column book.title\n");
}

static void test_changes_find__puts_all_kinds_in_order(void **state)
{
    (void)state;
    from.book_keys[0].on_delete = "CASCADE";
    from.book_checks[0].expression = "id > 0";
    from.book_indexes[1].unique = true;
    from.tables[BOOK].options = "COLLATE latin1_bin";
    from.book_columns[1].name = "headline";
    from.author_columns[2].nullable = false;
    from.tables[2] = (struct table){.name = "old", .options = "", .primary_key = ""};
    to.tables[2] = (struct table){.name = "new", .options = "", .primary_key = ""};
    from.model.n_tables = to.model.n_tables = 3;
    assert_changes("drop key book.author_id\ndrop check book.id > 0\ndrop index book.title, id\ndrop table old\n"
                   "add table new\nmodify column author.bio\nadd column book.title\nmodify table book\n"
                   "drop column book.headline\nadd index book.title, id\nadd check book.title <> ''\n"
                   "add key book.author_id\n");
}

static void test_changes_find__gives_a_table_as_one_change(void **state)
{
    (void)state;
    from.model.n_tables = 1;
    assert_changes("add table book\n");
    assert_changes_back("drop table book\n");
    assert_ptr_equal(changes_between(&from, &to).items[0].to, &to.tables[BOOK]);
    assert_ptr_equal(changes_between(&to, &from).items[0].from, &to.tables[BOOK]);
}

/* Four tables: b and d refer to c, c to a; and then a to d, too. */
static void test_changes_find__adds_and_drops_tables_in_order_of_their_keys(void **state)
{
    static struct foreign_key to_c = {.columns = "x", .table = "c", .references = "x"};
    static struct foreign_key to_a = {.columns = "x", .table = "a", .references = "x"};
    static struct foreign_key to_d = {.columns = "x", .table = "d", .references = "x"};

    (void)state;
    from.model.n_tables = 0;
    to.tables[0] = (struct table){.name = "a"};
    to.tables[1] = (struct table){.name = "b", .foreign_keys = &to_c, .n_foreign_keys = 1};
    to.tables[2] = (struct table){.name = "c", .foreign_keys = &to_a, .n_foreign_keys = 1};
    to.tables[3] = (struct table){.name = "d", .foreign_keys = &to_c, .n_foreign_keys = 1};
    to.model.n_tables = 4;
    assert_changes("add table a\nadd table c\nadd table b\nadd table d\n");
    assert_changes_back("drop table b\ndrop table d\ndrop table c\ndrop table a\n");
    to.tables[0].foreign_keys = &to_a;
    to.tables[0].n_foreign_keys = 1;
    assert_changes("add table a\nadd table c\nadd table b\nadd table d\n");
    to.tables[0].foreign_keys = &to_d;
    assert_changes("add table a\nadd table c\nadd table b\nadd table d\n");
}

static void test_changes_find__says_when_memory_ends(void **state)
{
    struct changes changes = {.n = 7};
    enum code code = NO_MEMORY;
    size_t n = 0;

    (void)state;
    from.model.n_tables = 1;
    to.author_columns[2].name = "biography";
    while (code == NO_MEMORY) {
        assert_int_equal(changes.n, 7);
        arena.fail_after = ++n;
        code = changes_find(&context, &from.model, &to.model, &changes);
    }
    assert_int_equal(code, OK);
    assert_true(n > 4);
    assert_int_equal(changes.n, 3);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_changes_find__finds_none_between_equal_models),
        TEST(test_changes_find__takes_other_names_and_orders_for_the_same),
        TEST(test_changes_find__finds_every_property_of_a_column),
        TEST(test_changes_find__takes_a_new_name_for_a_new_column),
        TEST(test_changes_find__finds_options_and_primary_keys),
        TEST(test_changes_find__finds_indexes_that_differ),
        TEST(test_changes_find__finds_every_property_of_a_foreign_key),
        TEST(test_changes_find__finds_checks),
        TEST(test_changes_find__takes_a_key_away_while_its_columns_change_their_type),
        TEST(test_changes_find__leaves_a_key_where_another_column_changes_its_type),
        TEST(test_changes_find__takes_a_key_away_while_its_index_is_replaced),
        TEST(test_changes_find__leaves_a_key_that_another_index_serves),
        TEST(test_changes_find__leaves_a_key_without_a_name),
        TEST(test_changes_find__drops_an_index_before_its_column),
        TEST(test_changes_find__puts_all_kinds_in_order),
        TEST(test_changes_find__gives_a_table_as_one_change),
        TEST(test_changes_find__adds_and_drops_tables_in_order_of_their_keys),
        TEST(test_changes_find__says_when_memory_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
