/* From bodies to records. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "core/context.h"

#include <cmocka.h>

#include "decode_fixture.h"

#define ALL_SENT (1U << ANIMAL_NAME | 1U << ANIMAL_NOTE | 1U << ANIMAL_BORN | 1U << ANIMAL_KEEPER_ID)

static const char fox[] = "{\"name\":\"Fox\",\"note\":\"\",\"born\":\"2020-02-29T10:00:00Z\",\"keeper_id\":3}";

static void test_json_decode__fills_in_a_record(void **state)
{
    (void)state;
    assert_int_equal(decode_text(fox, DECODE_WHOLE), OK);
    assert_int_equal(set, ALL_SENT);
    assert_int_equal(record.id, 0);
    assert_string_equal(record.name, "Fox");
    assert_string_equal(record.note, "");
    assert_null(record.nick);
    assert_int_equal(date_compare(record.born, (struct date){2020, 2, 29}), 0);
    assert_int_equal(record.keeper_id, 3);
}

static void test_json_decode__ignores_unknown_and_read_only_keys(void **state)
{
    (void)state;
    assert_int_equal(
        decode_text(" {\"id\":\"x\", \"name\\u0000\":1, \"nam\":[{\"name\":2}], \"Name\":3,\n\"nick\" : \"F\"} ",
                    DECODE_CHANGES),
        OK);
    assert_int_equal(set, 1U << ANIMAL_NICK);
    assert_int_equal(record.id, 0);
    assert_null(record.name);
    assert_string_equal(record.nick, "F");
}

static void test_json_decode__of_duplicate_keys_the_last_wins(void **state)
{
    (void)state;
    assert_int_equal(decode_text("{\"name\":5,\"n\\u0061me\":\"Cat\"}", DECODE_CHANGES), OK);
    assert_string_equal(record.name, "Cat");
    assert_int_equal(decode_text("{\"name\":\"Cat\",\"name\":5}", DECODE_CHANGES), INVALID);
    assert_null(context.violations->next);
}

static void test_json_decode__reads_every_escape(void **state)
{
    (void)state;
    assert_int_equal(decode_text("{\"nick\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00é\"}", DECODE_CHANGES),
                     OK);
    assert_string_equal(record.nick, "\"\\/\b\f\n\r\té😀é");
}

static void test_json_decode__coerces_what_pydantic_coerces(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        int64_t id;
    } rows[] = {
        {"{\"keeper_id\":\"7\"}", 7},
        {"{\"keeper_id\":7.0}", 7},
        {"{\"keeper_id\":0.7e1}", 7},
        {"{\"keeper_id\":70E-1 }", 7},
        {"{\"keeper_id\":true}", 1},
        {"{\"keeper_id\":9223372036854775807}", INT64_MAX},
        {"{\"keeper_id\":\"+9223372036854775807\"}", INT64_MAX},
        {"{\"keeper_id\":9223372036854774784.0}", INT64_C(9223372036854774784)},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(decode_text(rows[i].body, DECODE_CHANGES), OK);
        assert_int_equal(record.keeper_id, rows[i].id);
    }
}

static void test_json_decode__null_is_for_fields_that_are_not_required(void **state)
{
    (void)state;
    assert_int_equal(decode_text("{\"nick\":null}", DECODE_CHANGES), OK);
    assert_int_equal(set, 1U << ANIMAL_NICK);
    assert_null(record.nick);
}

static void test_json_decode__takes_text_up_to_its_limits(void **state)
{
    (void)state;
    assert_int_equal(decode_text("{\"name\":\"ééééé\",\"note\":\"éééé\"}", DECODE_CHANGES), OK);
    assert_int_equal(decode_text("{\"name\":\" x \",\"note\":\" \"}", DECODE_CHANGES), OK);
    assert_string_equal(record.name, " x ");
}

static void test_json_decode__changes_need_nothing(void **state)
{
    (void)state;
    assert_int_equal(decode_text("{}", DECODE_CHANGES), OK);
    assert_int_equal(set, 0);
    assert_int_equal(decode_text("{}", DECODE_WHOLE), INVALID);
}

static void test_json_decode__leaves_its_outputs_alone_on_failure(void **state)
{
    (void)state;
    struct animal before = record;
    set = 42;
    assert_int_equal(decode_text("{\"name\":\"Fox\",\"note\":5}", DECODE_CHANGES), INVALID);
    assert_memory_equal(&record, &before, sizeof record);
    assert_int_equal(set, 42);
}

static void test_json_decode__refuses_what_cannot_be_read(void **state)
{
    (void)state;
    static char deep[200];
    assert_int_equal(decode_text("{\"x\":\"\xff\"}", DECODE_WHOLE), MALFORMED);
    assert_string_equal(context.error.detail, "There was an error parsing the body");
    assert_null(context.violations);
    assert_int_equal(decode(memset(deep, '[', sizeof deep), sizeof deep, DECODE_WHOLE), MALFORMED);
    assert_int_equal(json_decode(&animal_schema, &context, fox, (size_t)INT32_MAX + 1, DECODE_WHOLE, &record, &set),
                     BODY_TOO_LARGE);
}
/* Lets each allocation in turn fail: it is reported, or was not needed. */
static void torture(const char *body, enum code expected)
{
    enum code code = NO_MEMORY;
    size_t n = 1;
    for (; code == NO_MEMORY; n++) {
        arena_reset(&arena);
        arena.fail_after = n;
        code = decode_text(body, DECODE_WHOLE);
    }
    assert_int_equal(code, expected);
    assert_true(n > 2);
    arena.fail_after = 0;
}

static void test_json_decode__reports_memory_that_ends(void **state)
{
    (void)state;
    torture(fox, OK);
    torture("{\"n\\u0061me\":\"F\",\"note\":\"\",\"born\":\"2020-01-01\",\"keeper_id\":\"3\"}", OK);
    torture("{\"name\":\"\",\"note\":[5],\"born\":\"x\",\"keeper_id\":\"x\"}", INVALID);
    torture("{}", INVALID);
    torture("[]", INVALID);
    torture("\"x\"", INVALID);
    torture("{", INVALID);
    torture("", INVALID);
    torture("\"\xff\"", MALFORMED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_json_decode__fills_in_a_record, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_json_decode__ignores_unknown_and_read_only_keys, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_json_decode__of_duplicate_keys_the_last_wins, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_json_decode__reads_every_escape, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_json_decode__coerces_what_pydantic_coerces, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_json_decode__null_is_for_fields_that_are_not_required, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_json_decode__takes_text_up_to_its_limits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_json_decode__changes_need_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_json_decode__leaves_its_outputs_alone_on_failure, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_json_decode__refuses_what_cannot_be_read, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_json_decode__reports_memory_that_ends, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
