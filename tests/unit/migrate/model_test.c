/* model_test.c: which tables the records get. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "context_case.h"
#include "migrate/dialect.h"
#include "migrate/model.h"
#include "schema/schema.h"

static const struct schema maker, thing;

#define ID                                                                                                             \
    {                                                                                                                  \
        .name = "id", .type = FIELD_ID                                                                                 \
    }

static enum code model_of(const char *dialect, const struct schema *const *records, struct model *ret_model)
{
    return model_of_records(&context, migrate_dialect_find(dialect), records, ret_model);
}

/* The table of a kind of record that has an id and this field. */
static struct table table_of(const char *dialect, const struct field *field)
{
    const struct field fields[] = {ID, *field};
    const struct schema schema = {.name = "author", .fields = fields, .n_fields = 2};
    struct model model = {.n_tables = 0};

    assert_int_equal(model_of(dialect, (const struct schema *const[]){&schema, NULL}, &model), OK);
    assert_int_equal(model.n_tables, 1);
    assert_int_equal(model.tables[0].n_columns, 2);
    return model.tables[0];
}

static const struct type_case {
    const char *name;
    struct field field;
    const char *sqlite, *mysql, *postgresql;
} type_cases[] = {
    {"a reference", {.type = FIELD_ID}, "integer", "bigint", "bigint"},
    {"a date", {.type = FIELD_DATE}, "text", "date", "date"},
    {"a short text",
     {.type = FIELD_TEXT, .max = 255},
     "text",
     "varchar(255) COLLATE utf8mb4_bin",
     "varchar(255) COLLATE \"C\""},
    {"the longest short text",
     {.type = FIELD_TEXT, .max = 4000},
     "text",
     "varchar(4000) COLLATE utf8mb4_bin",
     "varchar(4000) COLLATE \"C\""},
    {"a text too long for a row",
     {.type = FIELD_TEXT, .max = 4001},
     "text",
     "text COLLATE utf8mb4_bin",
     "text COLLATE \"C\""},
    {"more characters than a text has",
     {.type = FIELD_TEXT, .max = 16384},
     "text",
     "mediumtext COLLATE utf8mb4_bin",
     "text COLLATE \"C\""},
    {"many characters of few bytes",
     {.type = FIELD_TEXT, .max = 16384, .max_bytes = 65535},
     "text",
     "text COLLATE utf8mb4_bin",
     "text COLLATE \"C\""},
    {"64 kB", {.type = FIELD_TEXT, .max_bytes = 65535}, "text", "text COLLATE utf8mb4_bin", "text COLLATE \"C\""},
    {"more", {.type = FIELD_TEXT, .max_bytes = 65536}, "text", "mediumtext COLLATE utf8mb4_bin", "text COLLATE \"C\""},
    {"more yet",
     {.type = FIELD_TEXT, .max_bytes = 16777216},
     "text",
     "longtext COLLATE utf8mb4_bin",
     "text COLLATE \"C\""},
    {"a text without end", {.type = FIELD_TEXT}, "text", "longtext COLLATE utf8mb4_bin", "text COLLATE \"C\""},
};

static void assert_type(const struct type_case *one, const char *dialect, const char *expected)
{
    struct field field = one->field;

    field.name = "x";
    const char *type = table_of(dialect, &field).columns[1].type;
    if (strcmp(type, expected) != 0)
        fail_msg("%s, %s: %s", dialect, one->name, type);
}

static void test_model__gives_each_field_a_type_of_the_dialect(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof type_cases / sizeof *type_cases; i++) {
        assert_type(&type_cases[i], "sqlite", type_cases[i].sqlite);
        assert_type(&type_cases[i], "mysql", type_cases[i].mysql);
        assert_type(&type_cases[i], "postgresql", type_cases[i].postgresql);
    }
}

static void test_model__numbers_the_id_and_makes_it_the_key(void **state)
{
    struct table table = table_of("mysql", &(struct field){.name = "x", .type = FIELD_ID});

    (void)state;
    assert_string_equal(table.primary_key, "id");
    assert_true(table.columns[0].numbered);
    assert_false(table.columns[0].nullable);
    assert_false(table.columns[1].numbered);
    assert_null(table_find_column(&table, "y"));
    assert_ptr_equal(table_find_column(&table, "x"), &table.columns[1]);
}

static void test_model__allows_null_unless_a_field_is_required_and_never_was_null(void **state)
{
    (void)state;
    assert_true(table_of("sqlite", &(struct field){.name = "x", .type = FIELD_DATE}).columns[1].nullable);
    assert_false(table_of("sqlite", &(struct field){"x", FIELD_DATE, .flags = REQUIRED}).columns[1].nullable);
    assert_true(table_of("sqlite", &(struct field){"x", FIELD_DATE, .flags = REQUIRED | NULLABLE}).columns[1].nullable);
}

static void test_model__checks_dates_where_their_type_takes_any_text(void **state)
{
    const struct field field = {.name = "born", .type = FIELD_DATE};

    (void)state;
    assert_int_equal(table_of("mysql", &field).n_checks, 0);
    assert_int_equal(table_of("postgresql", &field).n_checks, 0);
    assert_int_equal(table_of("sqlite", &field).n_checks, 1);
    assert_string_equal(table_of("sqlite", &field).checks[0].expression, "\"born\" IS date(\"born\")");
    assert_string_equal(table_of("sqlite", &field).checks[0].column, "born");
}

static void test_model__indexes_what_lists_are_filtered_or_sorted_by(void **state)
{
    const struct field plain = {.name = "born", .type = FIELD_DATE};
    const struct field sorted = {.name = "born", .type = FIELD_DATE, .flags = SORT};
    const struct field filtered = {.name = "other_id", .type = FIELD_ID, .flags = FILTER};

    (void)state;
    assert_int_equal(table_of("sqlite", &plain).n_indexes, 0);
    assert_int_equal(table_of("sqlite", &sorted).n_indexes, 1);
    assert_string_equal(table_of("sqlite", &sorted).indexes[0].name, "author_born_id");
    assert_string_equal(table_of("sqlite", &sorted).indexes[0].columns, "born, id");
    assert_string_equal(table_of("mysql", &sorted).indexes[0].columns, "born, id");
    assert_string_equal(table_of("postgresql", &filtered).indexes[0].name, "author_other_id");
    assert_string_equal(table_of("postgresql", &filtered).indexes[0].columns, "other_id, id");
}

static const struct field maker_fields[] = {
    ID,
    {.name = "name", .type = FIELD_TEXT, .flags = REQUIRED | FILTER | SORT, .max = 255},
    {.name = "teacher_id", .type = FIELD_ID, .references = &maker},
};
static const struct schema maker = {.name = "maker", .fields = maker_fields, .n_fields = 3};

static const struct field thing_fields[] = {
    ID,
    {.name = "maker", .type = FIELD_TEXT, .flags = SORT, .max = 100},
    {.name = "made", .type = FIELD_DATE, .flags = SORT},
    {.name = "maker_id", .type = FIELD_ID, .flags = REQUIRED | FILTER, .references = &maker},
    {.name = "seller_id", .type = FIELD_ID, .references = &maker},
};
static const struct schema thing = {.name = "thing", .fields = thing_fields, .n_fields = 5};

static const struct schema *const both[] = {&thing, &maker, NULL};

static void test_model__has_tables_after_those_they_refer_to(void **state)
{
    struct model model = {.n_tables = 0};

    (void)state;
    assert_int_equal(model_of("sqlite", both, &model), OK);
    assert_int_equal(model.n_tables, 2);
    assert_string_equal(model.tables[0].name, "maker");
    assert_string_equal(model.tables[1].name, "thing");
    assert_ptr_equal(model_find(&model, "thing"), &model.tables[1]);
    assert_null(model_find(&model, "other"));
}

static void assert_index(const struct table *table, size_t i, const char *name, const char *columns)
{
    assert_true(i < table->n_indexes);
    assert_string_equal(table->indexes[i].name, name);
    assert_string_equal(table->indexes[i].columns, columns);
    assert_false(table->indexes[i].unique);
}

static void test_model__indexes_references_and_pairs_of_filter_and_order(void **state)
{
    struct model model = {.n_tables = 0};

    (void)state;
    assert_int_equal(model_of("postgresql", both, &model), OK);
    assert_int_equal(model.tables[0].n_indexes, 2);
    assert_index(&model.tables[0], 0, "maker_name_id", "name, id");
    assert_index(&model.tables[0], 1, "maker_teacher_id", "teacher_id, id");
    assert_int_equal(model.tables[1].n_indexes, 6);
    assert_index(&model.tables[1], 0, "thing_maker_id", "maker, id");
    assert_index(&model.tables[1], 1, "thing_made_id", "made, id");
    assert_index(&model.tables[1], 2, "thing_maker_id_id", "maker_id, id"); /* the name was taken */
    assert_index(&model.tables[1], 3, "thing_maker_id_maker_id", "maker_id, maker, id");
    assert_index(&model.tables[1], 4, "thing_maker_id_made_id", "maker_id, made, id");
    assert_index(&model.tables[1], 5, "thing_seller_id", "seller_id, id");
}

static void test_model__calls_references_as_the_database_would(void **state)
{
    struct model model = {.n_tables = 0};

    (void)state;
    assert_int_equal(model_of("mysql", both, &model), OK);
    assert_index(&model.tables[1], 2, "maker_id", "maker_id");
    assert_int_equal(model.tables[1].n_foreign_keys, 2);
    assert_string_equal(model.tables[1].foreign_keys[0].name, "thing_ibfk_1");
    assert_string_equal(model.tables[1].foreign_keys[1].name, "thing_ibfk_2");
    assert_int_equal(model_of("postgresql", both, &model), OK);
    assert_string_equal(model.tables[1].foreign_keys[1].name, "thing_seller_id_fkey");
    assert_int_equal(model_of("sqlite", both, &model), OK);
    const struct foreign_key *key = &model.tables[1].foreign_keys[0];
    assert_null(key->name);
    assert_string_equal(key->columns, "maker_id");
    assert_string_equal(key->table, "maker");
    assert_string_equal(key->references, "id");
    assert_string_equal(key->on_delete, "RESTRICT");
    assert_string_equal(key->on_update, "RESTRICT");
}

static void assert_malformed(const struct schema *const *records, const char *detail)
{
    struct model model = {.n_tables = 7};

    assert_int_equal(model_of("sqlite", records, &model), MALFORMED);
    assert_string_equal(context.error.detail, detail);
    assert_int_equal(model.n_tables, 7);
}

static const struct schema hen, egg;
static const struct field hen_fields[] = {ID, {.name = "egg_id", .type = FIELD_ID, .references = &egg}};
static const struct field egg_fields[] = {ID, {.name = "hen_id", .type = FIELD_ID, .references = &hen}};
static const struct schema hen = {.name = "hen", .fields = hen_fields, .n_fields = 2};
static const struct schema egg = {.name = "egg", .fields = egg_fields, .n_fields = 2};

static void test_model__refuses_a_ring(void **state)
{
    (void)state;
    assert_malformed((const struct schema *const[]){&maker, &hen, &egg, NULL},
                     "hen.egg_id: records refer to each other in a ring, so none of their tables can be first");
}

static void test_model__refuses_a_kind_that_is_there_twice(void **state)
{
    (void)state;
    assert_malformed((const struct schema *const[]){&maker, &maker, NULL}, "two kinds of record have the same name");
}

static void test_model__refuses_a_reference_to_nothing(void **state)
{
    (void)state;
    assert_malformed((const struct schema *const[]){&thing, NULL},
                     "thing.maker_id refers to maker, which is not in the list of records");
}

static void test_model__refuses_keys_that_are_too_long(void **state)
{
    static const struct field endless[] = {ID, {.name = "text", .type = FIELD_TEXT, .flags = SORT}};
    static const struct schema one = {.name = "one", .fields = endless, .n_fields = 2};
    static const struct field pair[] = {ID,
                                        {.name = "a", .type = FIELD_TEXT, .flags = FILTER, .max = 320},
                                        {.name = "b", .type = FIELD_TEXT, .flags = SORT, .max = 321}};
    static const struct schema two = {.name = "two", .fields = pair, .n_fields = 3};

    (void)state;
    assert_malformed((const struct schema *const[]){&one, NULL},
                     "one.text: a key has 640 characters at most, so a text in it needs a max");
    assert_malformed((const struct schema *const[]){&two, NULL},
                     "two.a with b: a key has 640 characters at most, so a text in it needs a max");
}

static void test_model__says_when_memory_ends(void **state)
{
    enum code code = NO_MEMORY;
    struct model model;
    size_t n = 0;

    (void)state;
    while (code == NO_MEMORY) {
        arena_reset(&arena);
        arena.fail_after = ++n;
        code = model_of("mysql", both, &model);
    }
    arena.fail_after = 0;
    assert_int_equal(code, OK);
    assert_true(n > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_model__gives_each_field_a_type_of_the_dialect, context_setup,
                                        context_teardown),
        cmocka_unit_test_setup_teardown(test_model__numbers_the_id_and_makes_it_the_key, context_setup,
                                        context_teardown),
        cmocka_unit_test_setup_teardown(test_model__allows_null_unless_a_field_is_required_and_never_was_null,
                                        context_setup, context_teardown),
        cmocka_unit_test_setup_teardown(test_model__checks_dates_where_their_type_takes_any_text, context_setup,
                                        context_teardown),
        cmocka_unit_test_setup_teardown(test_model__indexes_what_lists_are_filtered_or_sorted_by, context_setup,
                                        context_teardown),
        cmocka_unit_test_setup_teardown(test_model__has_tables_after_those_they_refer_to, context_setup,
                                        context_teardown),
        cmocka_unit_test_setup_teardown(test_model__indexes_references_and_pairs_of_filter_and_order, context_setup,
                                        context_teardown),
        cmocka_unit_test_setup_teardown(test_model__calls_references_as_the_database_would, context_setup,
                                        context_teardown),
        cmocka_unit_test_setup_teardown(test_model__refuses_a_ring, context_setup, context_teardown),
        cmocka_unit_test_setup_teardown(test_model__refuses_a_kind_that_is_there_twice, context_setup,
                                        context_teardown),
        cmocka_unit_test_setup_teardown(test_model__refuses_a_reference_to_nothing, context_setup, context_teardown),
        cmocka_unit_test_setup_teardown(test_model__refuses_keys_that_are_too_long, context_setup, context_teardown),
        cmocka_unit_test_setup_teardown(test_model__says_when_memory_ends, context_setup, context_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
