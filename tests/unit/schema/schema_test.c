/* Reading, writing, comparing and copying fields through the table. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "sample.h"

static const struct animal fox = {.id = 7, .name = "Fox", .note = "red", .born = {2020, 2, 29}, .keeper_id = INT64_MAX};

static void test_field_get__gives_each_type(void **state)
{
    (void)state;
    assert_int_equal(field_get(&animal_fields[ANIMAL_ID], &fox).integer, 7);
    assert_int_equal(field_get(&animal_fields[ANIMAL_KEEPER_ID], &fox).integer, INT64_MAX);
    assert_string_equal(field_get(&animal_fields[ANIMAL_NAME], &fox).text, "Fox");
    struct value born = field_get(&animal_fields[ANIMAL_BORN], &fox);
    assert_int_equal(born.type, FIELD_DATE);
    assert_int_equal(date_compare(born.date, fox.born), 0);
    assert_false(born.is_null);
}

static void test_field_get__knows_null_of_each_type(void **state)
{
    (void)state;
    const struct animal nothing = {0};
    for (size_t i = 0; i < animal_schema.n_fields; i++)
        assert_true(field_get(&animal_fields[i], &nothing).is_null);
    assert_true(field_get(&animal_fields[ANIMAL_NICK], &fox).is_null);
}

static void test_field_set__is_the_reverse_of_get(void **state)
{
    (void)state;
    struct animal copy = {0};
    for (size_t i = 0; i < animal_schema.n_fields; i++) {
        struct value value = field_get(&animal_fields[i], &fox);
        field_set(&animal_fields[i], &copy, &value);
    }
    assert_int_equal(copy.id, 7);
    assert_ptr_equal(copy.name, fox.name);
    assert_ptr_equal(copy.note, fox.note);
    assert_null(copy.nick);
    assert_int_equal(date_compare(copy.born, fox.born), 0);
    assert_int_equal(copy.keeper_id, INT64_MAX);
}

static void test_field_set__null_clears_whatever_the_value_holds(void **state)
{
    (void)state;
    struct animal copy = fox;
    const struct value null = {.is_null = true, .integer = 5, .text = "x", .date = {1, 1, 1}};
    for (size_t i = 0; i < animal_schema.n_fields; i++) {
        field_set(&animal_fields[i], &copy, &null);
        assert_true(field_get(&animal_fields[i], &copy).is_null);
    }
}

static void test_value_compare__orders_as_a_database(void **state)
{
    (void)state;
    static const struct {
        struct value low, high;
    } rows[] = {
        {{.type = FIELD_ID, .integer = 2}, {.type = FIELD_ID, .integer = 10}},
        {{.type = FIELD_ID, .integer = INT64_MIN}, {.type = FIELD_ID, .integer = INT64_MAX}},
        {{.type = FIELD_TEXT, .text = "B"}, {.type = FIELD_TEXT, .text = "a"}},
        {{.type = FIELD_TEXT, .text = "a"}, {.type = FIELD_TEXT, .text = "ab"}},
        {{.type = FIELD_TEXT, .text = "z"}, {.type = FIELD_TEXT, .text = "é"}},
        {{.type = FIELD_DATE, .date = {1999, 12, 31}}, {.type = FIELD_DATE, .date = {2000, 1, 1}}},
        {{.type = FIELD_TEXT, .is_null = true}, {.type = FIELD_TEXT, .text = ""}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_true(value_compare(&rows[i].low, &rows[i].high) < 0);
        assert_true(value_compare(&rows[i].high, &rows[i].low) > 0);
        assert_int_equal(value_compare(&rows[i].low, &rows[i].low), 0);
    }
}

static void test_schema_merge__copies_only_the_set_and_never_read_only_fields(void **state)
{
    (void)state;
    struct animal record = fox;
    const struct animal changes = {.id = 99, .name = "Wolf", .note = "grey", .nick = "W"};
    schema_merge(&animal_schema, &record, &changes, 1U << ANIMAL_ID | 1U << ANIMAL_NAME);
    assert_int_equal(record.id, 7);
    assert_string_equal(record.name, "Wolf");
    assert_string_equal(record.note, "red");
    assert_null(record.nick);

    schema_merge(&animal_schema, &record, &changes, ALL_FIELDS);
    assert_int_equal(record.id, 7);
    assert_string_equal(record.note, "grey");
    assert_string_equal(record.nick, "W");
    assert_true(date_is_none(record.born));
}

static void test_schema_writable__keeps_what_the_schema_has_and_may_change(void **state)
{
    (void)state;
    uint32_t all = (1U << animal_schema.n_fields) - 1;
    assert_int_equal(schema_writable(&animal_schema, ALL_FIELDS), all & ~(1U << ANIMAL_ID));
    assert_int_equal(schema_writable(&animal_schema, 1U << ANIMAL_ID | 1U << ANIMAL_BORN), 1U << ANIMAL_BORN);
    assert_int_equal(schema_writable(&animal_schema, 1U << ANIMAL_ID | ~all), 0);
}

static void test_schema_find__knows_its_fields(void **state)
{
    (void)state;
    assert_ptr_equal(schema_find(&animal_schema, "born"), &animal_fields[ANIMAL_BORN]);
    assert_null(schema_find(&animal_schema, "bor"));
    assert_null(schema_find(&animal_schema, ""));
}

static void test_record_id__is_the_first_field(void **state)
{
    (void)state;
    struct animal record = fox;
    assert_int_equal(record_id(&animal_schema, &record), 7);
    record_set_id(&animal_schema, &record, INT64_MAX);
    assert_int_equal(record.id, INT64_MAX);
}

static void test_schema_fingerprint__changes_with_names_types_and_order(void **state)
{
    (void)state;
    const struct field base[] = {{.name = "id", .type = FIELD_ID}, {.name = "ab", .type = FIELD_TEXT}};
    const struct field renamed[] = {{.name = "ida", .type = FIELD_ID}, {.name = "b", .type = FIELD_TEXT}};
    const struct field retyped[] = {{.name = "id", .type = FIELD_ID}, {.name = "ab", .type = FIELD_DATE}};
    const struct field swapped[] = {{.name = "ab", .type = FIELD_TEXT}, {.name = "id", .type = FIELD_ID}};
    const struct schema schemas[] = {
        {.name = "x", .fields = base, .n_fields = 2},    {.name = "y", .fields = base, .n_fields = 2},
        {.name = "x", .fields = base, .n_fields = 1},    {.name = "x", .fields = renamed, .n_fields = 2},
        {.name = "x", .fields = retyped, .n_fields = 2}, {.name = "x", .fields = swapped, .n_fields = 2},
    };
    for (size_t i = 0; i < sizeof schemas / sizeof *schemas; i++) {
        for (size_t k = 0; k < i; k++)
            assert_int_not_equal(schema_fingerprint(&schemas[i]), schema_fingerprint(&schemas[k]));
    }
    assert_int_equal(schema_fingerprint(&schemas[0]), schema_fingerprint(&schemas[0]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_field_get__gives_each_type),
        cmocka_unit_test(test_field_get__knows_null_of_each_type),
        cmocka_unit_test(test_field_set__is_the_reverse_of_get),
        cmocka_unit_test(test_field_set__null_clears_whatever_the_value_holds),
        cmocka_unit_test(test_value_compare__orders_as_a_database),
        cmocka_unit_test(test_schema_merge__copies_only_the_set_and_never_read_only_fields),
        cmocka_unit_test(test_schema_writable__keeps_what_the_schema_has_and_may_change),
        cmocka_unit_test(test_schema_find__knows_its_fields),
        cmocka_unit_test(test_record_id__is_the_first_field),
        cmocka_unit_test(test_schema_fingerprint__changes_with_names_types_and_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
