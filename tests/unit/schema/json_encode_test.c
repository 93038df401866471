/* Text and records as compact JSON. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/arena.h"
#include "core/buffer.h"
#include "sample.h"
#include "schema/json_encode.h"
#include "schema/json_scan.h"

static struct arena arena;
static struct buffer buffer;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)1 << 20);
    buffer_init(&buffer, &arena, (size_t)1 << 19);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

static void test_json_add_text__escapes_what_must_be_escaped(void **state)
{
    (void)state;
    static const struct {
        const char *text, *json;
    } rows[] = {
        {NULL, "null"},
        {"", "\"\""},
        {"plain", "\"plain\""},
        {"\"\\/", "\"\\\"\\\\/\""},
        {"\b\f\n\r\t", "\"\\b\\f\\n\\r\\t\""},
        {"\x01\x0b\x1f", "\"\\u0001\\u000b\\u001f\""},
        {"\x7f", "\"\x7f\""},
        {"é €😀", "\"é €😀\""},
        {"eight by eight, then \"quoted\" and more", "\"eight by eight, then \\\"quoted\\\" and more\""},
        {"</script>\xe2\x80\xa8", "\"</script>\xe2\x80\xa8\""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        buffer_clear(&buffer);
        json_add_text(&buffer, rows[i].text);
        assert_string_equal(buffer.data, rows[i].json);
    }
}

/* Each byte, in each place of a text that is read eight bytes at a time. */
static void test_json_add_bytes__finds_an_escape_at_any_place(void **state)
{
    (void)state;
    for (unsigned place = 0; place < 20; place++) {
        for (unsigned byte = 0; byte < 256; byte++) {
            char text[20];
            memset(text, 0xC3, sizeof text);
            text[place] = (char)byte;
            buffer_clear(&buffer);
            json_add_bytes(&buffer, text, sizeof text);
            size_t escape = byte == '"' || byte == '\\' || (byte >= 8 && byte <= 13 && byte != 11) ? 2
                            : byte < 0x20                                                          ? 6
                                                                                                   : 1;
            assert_int_equal(buffer.size, sizeof text - 1 + escape + 2);
            assert_int_equal(buffer.data[1 + place], escape == 1 ? (char)byte : '\\');
        }
    }
}

static void test_json_add_bytes__takes_nul(void **state)
{
    (void)state;
    json_add_bytes(&buffer, "a\0b", 3);
    assert_string_equal(buffer.data, "\"a\\u0000b\"");
}

static void test_json_add_record__writes_each_type(void **state)
{
    (void)state;
    const struct animal fox = {
        .id = 7, .name = "Fox", .note = "\"", .nick = "", .born = {987, 2, 3}, .keeper_id = INT64_MAX};
    json_add_record(&buffer, &animal_schema, &fox, NULL);
    assert_string_equal(buffer.data,
                        "{\"id\":7,\"name\":\"Fox\",\"note\":\"\\\"\",\"nick\":\"\",\"born\":\"0987-02-03\","
                        "\"keeper_id\":9223372036854775807}");
}

static void test_json_add_record__null_fields_are_null(void **state)
{
    (void)state;
    const struct animal nothing = {0};
    json_add_record(&buffer, &animal_schema, &nothing, NULL);
    assert_string_equal(buffer.data,
                        "{\"id\":null,\"name\":null,\"note\":null,\"nick\":null,\"born\":null,\"keeper_id\":null}");
}

static void test_json_add_record__embeds_after_the_reference(void **state)
{
    (void)state;
    const struct animal fox = {.id = 7, .keeper_id = 1};
    const struct keeper ann = {.id = 1, .name = "Ann"};
    json_add_record(&buffer, &animal_schema, &fox, (const void *const[]){&ann});
    assert_non_null(strstr(buffer.data, ",\"keeper_id\":1,\"keeper\":{\"id\":1,\"name\":\"Ann\"}}"));
    buffer_clear(&buffer);
    json_add_record(&buffer, &animal_schema, &fox, (const void *const[]){NULL});
    assert_non_null(strstr(buffer.data, ",\"keeper_id\":1,\"keeper\":null}"));
}

static void test_json_excerpt__repeats_a_short_text(void **state)
{
    (void)state;
    assert_string_equal(json_excerpt(&arena, "a\"é\0", 5), "\"a\\\"é\\u0000\"");
    assert_string_equal(json_excerpt(&arena, "", 0), "\"\"");
}

static void test_json_excerpt__cuts_a_long_text_between_characters(void **state)
{
    (void)state;
    static char text[8192];
    static const char *const units[] = {"a", "é", "€", "😀", "\"", "\x01"};
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        size_t size = strlen(units[i]);
        for (size_t at = 0; at + size <= sizeof text; at += size)
            memcpy(text + at, units[i], size);
        const char *json = json_excerpt(&arena, text, sizeof text / size * size);
        size_t offset = 0;
        const char *reason = NULL;
        assert_int_equal(json_scan(json, strlen(json), &offset, &reason), JSON_GOOD);
        assert_true(strlen(json) <= 256 * 6 + 5);
        assert_string_equal(json + strlen(json) - 4, "…\"");
    }
    assert_int_equal(strlen(json_excerpt(&arena, memset(text, 'a', 4094), 4094)), 4096);
    assert_int_equal(strlen(json_excerpt(&arena, memset(text, 'a', 4095), 4095)), 256 + 5);
}

static void test_json_excerpt__is_null_without_memory(void **state)
{
    (void)state;
    arena.fail_after = 1;
    assert_null(json_excerpt(&arena, "a", 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_json_add_text__escapes_what_must_be_escaped, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_json_add_bytes__finds_an_escape_at_any_place, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_json_add_bytes__takes_nul, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_json_add_record__writes_each_type, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_json_add_record__null_fields_are_null, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_json_add_record__embeds_after_the_reference, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_json_excerpt__repeats_a_short_text, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_json_excerpt__cuts_a_long_text_between_characters, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_json_excerpt__is_null_without_memory, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
