/* A book, as clients send and read it. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "context_case.h"
#include "core/buffer.h"
#include "domain/author.h"
#include "domain/book.h"
#include "schema/json_decode.h"
#include "schema/json_encode.h"
#include "schema/schema.h"

static struct book book;
static uint32_t set;

static void test_book__survives_the_way_there_and_back(void **state)
{
    (void)state;
    static const char json[] = "{\"id\":1,\"title\":\"The Dispossessed\",\"description\":\"...\","
                               "\"publish_date\":\"1974-05-01\",\"author_id\":1}";
    struct buffer buffer;
    buffer_init(&buffer, &arena, 4096);
    assert_int_equal(json_decode(&book_schema, &context, json, sizeof json - 1, DECODE_WHOLE, &book, &set), OK);
    book.id = 1;
    json_add_record(&buffer, &book_schema, &book, NULL);
    assert_string_equal(buffer.data, json);
}

static void test_book__embeds_its_author_in_lists(void **state)
{
    (void)state;
    const struct book dispossessed = {.id = 2, .title = "T", .author_id = 1};
    const struct author le_guin = {.id = 1, .name = "U"};
    struct buffer buffer;
    buffer_init(&buffer, &arena, 4096);
    json_add_record(&buffer, &book_schema, &dispossessed, (const void *const[]){&le_guin});
    assert_string_equal(buffer.data,
                        "{\"id\":2,\"title\":\"T\",\"description\":null,\"publish_date\":null,\"author_id\":1,"
                        "\"author\":{\"id\":1,\"name\":\"U\",\"bio\":null,\"birthdate\":null}}");
}

static void test_book__needs_every_field_but_the_id(void **state)
{
    (void)state;
    static const char *const needed[] = {"title", "description", "publish_date", "author_id"};
    assert_int_equal(json_decode(&book_schema, &context, "{\"id\":1}", 8, DECODE_WHOLE, &book, &set), INVALID);
    const struct violation *violation = context.violations;
    for (size_t i = 0; i < 4; i++, violation = violation->next) {
        assert_int_equal(violation->kind, MISSING);
        assert_string_equal(violation->field, needed[i]);
        assert_string_equal(violation->input, "{\"id\":1}");
    }
    assert_null(violation);
}

static void test_book_title__is_not_blank_and_at_most_255_characters(void **state)
{
    (void)state;
    const struct field *title = schema_find(&book_schema, "title");
    assert_true(title->flags & NOT_BLANK);
    assert_int_equal(title->min, 1);
    assert_int_equal(title->max, 255);
    assert_int_equal(schema_find(&book_schema, "description")->max_bytes, 65535);
}

static void test_book_author_id__refers_to_an_author_and_filters(void **state)
{
    (void)state;
    for (size_t i = 0; i < book_schema.n_fields; i++) {
        const struct field *field = &book_schema.fields[i];
        bool reference = strcmp(field->name, "author_id") == 0;
        assert_ptr_equal(field->references, reference ? &author_schema : NULL);
        assert_int_equal((field->flags & FILTER) != 0, reference);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_book__survives_the_way_there_and_back, context_setup, context_teardown),
        cmocka_unit_test_setup_teardown(test_book__embeds_its_author_in_lists, context_setup, context_teardown),
        cmocka_unit_test_setup_teardown(test_book__needs_every_field_but_the_id, context_setup, context_teardown),
        cmocka_unit_test_setup_teardown(test_book_title__is_not_blank_and_at_most_255_characters, context_setup,
                                        context_teardown),
        cmocka_unit_test_setup_teardown(test_book_author_id__refers_to_an_author_and_filters, context_setup,
                                        context_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
