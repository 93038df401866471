/* Every way a body can be refused. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "core/context.h"

#include <cmocka.h>

#include "decode_fixture.h"

static void assert_violation(const struct violation *violation, enum violation_kind kind, const char *field,
                             const char *input)
{
    assert_non_null(violation);
    assert_int_equal(violation->kind, kind);
    assert_string_equal(violation->where, "body");
    assert_string_equal(violation->field ? violation->field : "(body)", field);
    assert_string_equal(violation->input ? violation->input : "null", input);
}

static void test_json_decode__reports_one_broken_rule_of_a_field(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        const char *field;
        enum violation_kind kind;
        int64_t limit;
        const char *input;
    } rows[] = {
        {"{\"name\":null}", "name", NOT_TEXT, 0, "null"},
        {"{\"name\":5}", "name", NOT_TEXT, 0, "5"},
        {"{\"name\":false}", "name", NOT_TEXT, 0, "false"},
        {"{\"name\":[1, \" \"]}", "name", NOT_TEXT, 0, "[1,\" \"]"},
        {"{\"name\":\"\"}", "name", TEXT_TOO_SHORT, 1, "\"\""},
        {"{\"name\":\"ééééé!\"}", "name", TEXT_TOO_LONG, 5, "\"ééééé!\""},
        {"{\"name\":\"\\u0000\"}", "name", TEXT_HAS_NUL, 0, "\"\\u0000\""},
        {"{\"name\":\"too long \\u0000\"}", "name", TEXT_HAS_NUL, 0, "\"too long \\u0000\""},
        {"{\"name\":\" \\t\\u3000\"}", "name", TEXT_BLANK, 0, "\" \\t\xe3\x80\x80\""},
        {"{\"note\":\"ééééé\"}", "note", TEXT_TOO_LONG, 8, "\"ééééé\""},
        {"{\"nick\":1}", "nick", NOT_TEXT, 0, "1"},
        {"{\"born\":\"2020-02-30\"}", "born", DATE_UNREADABLE, 0, "\"2020-02-30\""},
        {"{\"born\":\"\"}", "born", DATE_UNREADABLE, 0, "\"\""},
        {"{\"born\":null}", "born", NOT_A_DATE, 0, "null"},
        {"{\"born\":1582934400}", "born", NOT_A_DATE, 0, "1582934400"},
        {"{\"born\":{\"y\" : 1}}", "born", NOT_A_DATE, 0, "{\"y\":1}"},
        {"{\"keeper_id\":null}", "keeper_id", NOT_AN_INTEGER, 0, "null"},
        {"{\"keeper_id\":[]}", "keeper_id", NOT_AN_INTEGER, 0, "[]"},
        {"{\"keeper_id\":{}}", "keeper_id", NOT_AN_INTEGER, 0, "{}"},
        {"{\"keeper_id\":\"x\"}", "keeper_id", INTEGER_UNREADABLE, 0, "\"x\""},
        {"{\"keeper_id\":\"\\u00007\"}", "keeper_id", INTEGER_UNREADABLE, 0, "\"\\u00007\""},
        {"{\"keeper_id\":5.5}", "keeper_id", INTEGER_FRACTION, 0, "5.5"},
        {"{\"keeper_id\":1e-300}", "keeper_id", INTEGER_FRACTION, 0, "1e-300"},
        {"{\"keeper_id\":false}", "keeper_id", TOO_SMALL, 1, "false"},
        {"{\"keeper_id\":0}", "keeper_id", TOO_SMALL, 1, "0"},
        {"{\"keeper_id\":-0.0}", "keeper_id", TOO_SMALL, 1, "-0.0"},
        {"{\"keeper_id\":\"0\"}", "keeper_id", TOO_SMALL, 1, "\"0\""},
        {"{\"keeper_id\":-9223372036854775808}", "keeper_id", TOO_SMALL, 1, "-9223372036854775808"},
        {"{\"keeper_id\":9223372036854775808}", "keeper_id", INTEGER_TOO_LARGE, 0, "9223372036854775808"},
        {"{\"keeper_id\":18446744073709551617}", "keeper_id", INTEGER_TOO_LARGE, 0, "18446744073709551617"},
        {"{\"keeper_id\":-9223372036854775809}", "keeper_id", INTEGER_TOO_LARGE, 0, "-9223372036854775809"},
        {"{\"keeper_id\":9223372036854775808.0}", "keeper_id", INTEGER_TOO_LARGE, 0, "9223372036854775808.0"},
        {"{\"keeper_id\":1e300}", "keeper_id", INTEGER_TOO_LARGE, 0, "1e300"},
        {"{\"keeper_id\":-1e400}", "keeper_id", INTEGER_TOO_LARGE, 0, "-1e400"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(decode_text(rows[i].body, DECODE_CHANGES), INVALID);
        assert_violation(context.violations, rows[i].kind, rows[i].field, rows[i].input);
        assert_int_equal(context.violations->limit, rows[i].limit);
        assert_null(context.violations->next);
    }
}

static void test_json_decode__reports_all_fields_in_their_order(void **state)
{
    (void)state;
    assert_int_equal(decode_text("{ \"keeper_id\": 0, \"born\": \"x\" }", DECODE_WHOLE), INVALID);
    const char *body = "{\"keeper_id\":0,\"born\":\"x\"}";
    const struct violation *violation = context.violations;
    assert_violation(violation, MISSING, "name", body);
    assert_violation(violation = violation->next, MISSING, "note", body);
    assert_violation(violation = violation->next, DATE_UNREADABLE, "born", "\"x\"");
    assert_string_equal(violation->reason, "input is too short");
    assert_violation(violation = violation->next, TOO_SMALL, "keeper_id", "0");
    assert_null(violation->next);
}

static void test_json_decode__refuses_what_is_no_object(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        enum violation_kind kind;
        const char *input;
    } rows[] = {
        {"", MISSING, "null"},
        {" \r\n\t", MISSING, "null"},
        {" null ", MISSING, "null"},
        {"[ ]", NOT_AN_OBJECT, "[]"},
        {"0", NOT_AN_OBJECT, "0"},
        {"true", NOT_AN_OBJECT, "true"},
        {"\"\"", NOT_AN_OBJECT, "\"\""},
        {"[1, 2]", NOT_AN_OBJECT, "[1,2]"},
        {" \"a\\u0000\"", NOT_AN_OBJECT, "\"a\\u0000\""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(decode_text(rows[i].body, DECODE_CHANGES), INVALID);
        assert_violation(context.violations, rows[i].kind, "(body)", rows[i].input);
        assert_null(context.violations->next);
    }
}

static void test_json_decode__says_where_a_body_is_not_json(void **state)
{
    (void)state;
    assert_int_equal(decode_text("\n{\"name\":\"a\",", DECODE_WHOLE), INVALID);
    assert_violation(context.violations, JSON_INVALID, "(body)", "{}");
    assert_int_equal(context.violations->offset, 13);
    assert_string_equal(context.violations->reason, "Expecting property name enclosed in double quotes");
    assert_int_equal(decode_text("{\"x\":\"\\ud800\"}", DECODE_WHOLE), INVALID);
    assert_violation(context.violations, JSON_INVALID, "(body)", "{}");
    assert_int_equal(context.violations->offset, 6);
}

/* Decodes a name that is a text, or an array, of `size` bytes between its quotation marks or brackets. */
static void decode_name(bool text, size_t size)
{
    static char body[8192];
    char *at = stpcpy(body, text ? "{\"name\":\"" : "{\"name\":[");
    for (size_t i = 0; i < size; i++)
        *at++ = text || i % 2 == 0 ? '0' : ',';
    stpcpy(at, text ? "\"}" : "]}");
    assert_int_equal(decode_text(body, DECODE_CHANGES), INVALID);
}

static void test_json_decode__repeats_no_more_than_a_bounded_input(void **state)
{
    (void)state;
    decode_name(true, 4094);
    assert_int_equal(strlen(context.violations->input), 4096);
    decode_name(true, 4095);
    assert_int_equal(strlen(context.violations->input), 256 + sizeof "\"…\"" - 1);
    decode_name(false, 4093);
    assert_int_equal(strlen(context.violations->input), 4095);
    decode_name(false, 4095);
    assert_null(context.violations->input);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_json_decode__reports_one_broken_rule_of_a_field, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_json_decode__reports_all_fields_in_their_order, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_json_decode__refuses_what_is_no_object, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_json_decode__says_where_a_body_is_not_json, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_json_decode__repeats_no_more_than_a_bounded_input, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
