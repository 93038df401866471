/* An author, as clients send and read it. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "core/context.h"

#include <cmocka.h>

#include "core/arena.h"
#include "core/buffer.h"
#include "domain/author.h"
#include "schema/json_decode.h"
#include "schema/json_encode.h"
#include "schema/schema.h"

static struct arena arena;
static struct context context;
static struct author author;
static uint32_t set;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)1 << 22);
    context_init(&context, &arena, 0);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

/* Decodes an author whose field `name` is a text of `n` times `unit`. */
static enum code decode(const char *name, const char *unit, size_t n)
{
    struct buffer body;
    buffer_init(&body, &arena, (size_t)1 << 20);
    buffer_printf(&body, "{\"%s\":\"", name);
    for (size_t i = 0; i < n; i++)
        buffer_add_text(&body, unit);
    buffer_add_text(&body, "\"}");
    context_clear(&context);
    return json_decode(&author_schema, &context, body.data, body.size, DECODE_CHANGES, &author, &set);
}

static void test_author__survives_the_way_there_and_back(void **state)
{
    (void)state;
    static const char json[] = "{\"id\":1,\"name\":\"Ursula K. Le Guin\",\"bio\":\"...\",\"birthdate\":\"1929-10-21\"}";
    struct buffer buffer;
    buffer_init(&buffer, &arena, 4096);
    assert_int_equal(json_decode(&author_schema, &context, json, sizeof json - 1, DECODE_WHOLE, &author, &set), OK);
    assert_int_equal(author.id, 0);
    author.id = 1;
    json_add_record(&buffer, &author_schema, &author, NULL);
    assert_string_equal(buffer.data, json);
}

static void test_author__needs_every_field_but_the_id(void **state)
{
    (void)state;
    static const char *const needed[] = {"name", "bio", "birthdate"};
    assert_int_equal(json_decode(&author_schema, &context, "{}", 2, DECODE_WHOLE, &author, &set), INVALID);
    const struct violation *violation = context.violations;
    for (size_t i = 0; i < 3; i++, violation = violation->next) {
        assert_int_equal(violation->kind, MISSING);
        assert_string_equal(violation->field, needed[i]);
    }
    assert_null(violation);
}

static void test_author_name__is_1_to_255_characters_and_not_blank(void **state)
{
    (void)state;
    assert_int_equal(decode("name", "", 0), INVALID);
    assert_int_equal(context.violations->kind, TEXT_TOO_SHORT);
    assert_int_equal(decode("name", " ", 3), INVALID);
    assert_int_equal(context.violations->kind, TEXT_BLANK);
    assert_int_equal(decode("name", "😀", 255), OK);
    assert_int_equal(decode("name", "a", 256), INVALID);
    assert_int_equal(context.violations->limit, 255);
}

static void test_author_bio__is_up_to_65535_bytes(void **state)
{
    (void)state;
    assert_int_equal(decode("bio", "", 0), OK);
    assert_int_equal(decode("bio", "a", 65535), OK);
    assert_int_equal(strlen(author.bio), 65535);
    assert_int_equal(decode("bio", "a", 65536), INVALID);
    assert_int_equal(decode("bio", "é", 32768), INVALID);
    assert_int_equal(context.violations->limit, 65535);
}

static void test_author__is_filtered_by_name_and_sorted_by_name_and_id(void **state)
{
    (void)state;
    for (size_t i = 0; i < author_schema.n_fields; i++) {
        const struct field *field = &author_schema.fields[i];
        bool name = strcmp(field->name, "name") == 0, id = strcmp(field->name, "id") == 0;
        assert_int_equal((field->flags & FILTER) != 0, name);
        assert_int_equal((field->flags & SORT) != 0, name || id);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_author__survives_the_way_there_and_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_author__needs_every_field_but_the_id, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_author_name__is_1_to_255_characters_and_not_blank, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_author_bio__is_up_to_65535_bytes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_author__is_filtered_by_name_and_sorted_by_name_and_id, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
