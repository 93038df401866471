/* Packed records come back as they were; anything else does not come back at all. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "core/context.h"

#include <cmocka.h>

#include "core/arena.h"
#include "core/buffer.h"
#include "sample.h"
#include "schema/record_pack.h"

static const struct animal fox = {
    .id = 7, .name = "Fox é", .note = "", .nick = NULL, .born = {2020, 2, 29}, .keeper_id = INT64_MAX};

static struct arena arena;
static struct context context;
static struct buffer buffer;

static int set_up(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)1 << 20);
    context_init(&context, &arena, 0);
    buffer_init(&buffer, &arena, (size_t)1 << 17);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_release(&arena);
    return 0;
}

/* Unpacks what is in the buffer as the animal with id 7. */
static bool unpack(void **ret_record)
{
    return record_unpack(&animal_schema, &context, 7, buffer.data, buffer.size, ret_record);
}

static void test_record_unpack__gives_back_every_field(void **state)
{
    (void)state;
    void *record = NULL;
    record_pack(&animal_schema, 7, &fox, &buffer);
    assert_true(unpack(&record));
    for (size_t i = 0; i < animal_schema.n_fields; i++) {
        struct value was = field_get(&animal_fields[i], &fox), is = field_get(&animal_fields[i], record);
        assert_int_equal(was.is_null, is.is_null);
        assert_int_equal(value_compare(&was, &is), 0);
    }
    assert_string_equal(((struct animal *)record)->note, "");
    assert_null(((struct animal *)record)->nick);
}

static void test_record_unpack__gives_back_nulls_and_absence(void **state)
{
    (void)state;
    const struct animal bare = {.id = 7};
    void *record = NULL;
    record_pack(&animal_schema, 7, &bare, &buffer);
    assert_true(unpack(&record));
    assert_memory_equal(record, &bare, sizeof bare);

    buffer_clear(&buffer);
    record_pack(&animal_schema, 7, NULL, &buffer);
    assert_true(unpack(&record));
    assert_null(record);
}

static void test_record_unpack__texts_outlive_the_packed_bytes(void **state)
{
    (void)state;
    void *record = NULL;
    record_pack(&animal_schema, 7, &fox, &buffer);
    assert_true(unpack(&record));
    memset(buffer.data, 0, buffer.size);
    assert_string_equal(((struct animal *)record)->name, "Fox é");
}

static void test_record_pack__appends_and_needs_no_alignment(void **state)
{
    (void)state;
    for (size_t lead = 0; lead < 8; lead++) {
        void *record = NULL;
        buffer_clear(&buffer);
        for (size_t i = 0; i < lead; i++)
            buffer_add_char(&buffer, 'x');
        record_pack(&animal_schema, 7, &fox, &buffer);
        assert_true(record_unpack(&animal_schema, &context, 7, buffer.data + lead, buffer.size - lead, &record));
    }
}

static void test_record_unpack__refuses_another_id_or_schema(void **state)
{
    (void)state;
    void *record = &buffer;
    struct schema renamed = animal_schema;
    renamed.name = "anima1";
    for (int present = 0; present < 2; present++) {
        buffer_clear(&buffer);
        record_pack(&animal_schema, 7, present ? &fox : NULL, &buffer);
        assert_false(record_unpack(&animal_schema, &context, 8, buffer.data, buffer.size, &record));
        assert_false(record_unpack(&keeper_schema, &context, 7, buffer.data, buffer.size, &record));
        assert_false(record_unpack(&renamed, &context, 7, buffer.data, buffer.size, &record));
    }
    buffer_clear(&buffer);
    record_pack(&animal_schema, 8, &fox, &buffer);
    assert_false(record_unpack(&animal_schema, &context, 8, buffer.data, buffer.size, &record));
    assert_ptr_equal(record, &buffer);
}

static void test_record_unpack__refuses_every_changed_byte(void **state)
{
    (void)state;
    void *record = NULL;
    record_pack(&animal_schema, 7, &fox, &buffer);
    for (size_t i = 0; i < buffer.size; i++) {
        for (int bit = 0; bit < 8; bit++) {
            buffer.data[i] ^= (char)(1 << bit);
            assert_false(unpack(&record));
            buffer.data[i] ^= (char)(1 << bit);
        }
    }
    assert_true(unpack(&record));
}

static void test_record_unpack__refuses_every_other_length(void **state)
{
    (void)state;
    void *record = NULL;
    record_pack(&animal_schema, 7, &fox, &buffer);
    for (size_t size = 0; size < buffer.size; size++)
        assert_false(record_unpack(&animal_schema, &context, 7, buffer.data, size, &record));
    for (int i = 0; i < 16; i++) {
        buffer_add_char(&buffer, '\0');
        assert_false(unpack(&record));
    }
    assert_false(record_unpack(&animal_schema, &context, 7, NULL, 0, &record));
}

/* Packed by someone else's idea of a record: the checksum is right and the fields are not. */
static void test_record_unpack__refuses_fields_that_break_the_rules_of_their_type(void **state)
{
    (void)state;
    const struct animal bad[] = {
        {.id = 7, .name = "\xc0\x80"},
        {.id = 7, .note = "\xed\xa0\x80"},
        {.id = 7, .born = {2021, 2, 29}},
        {.id = 7, .born = {1, 13, 1}},
        {.id = 0},
        {.id = 8},
    };
    void *record = NULL;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        buffer_clear(&buffer);
        record_pack(&animal_schema, 7, &bad[i], &buffer);
        assert_false(unpack(&record));
    }
}

static uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * UINT64_C(0x9E3779B97F4A7C15);
    return hash ^ hash >> 32;
}

/* Puts a right checksum after the first `size` bytes of the buffer. */
static void forge(size_t size)
{
    uint64_t sums[4] = {size, 1, 2, 3};
    for (size_t at = 0; at < (size / 32 + 1) * 32; at += 8) {
        uint64_t word = 0;
        for (size_t i = 0; i < 8 && at + i < size; i++)
            word |= (uint64_t)(unsigned char)buffer.data[at + i] << (8 * i);
        sums[at / 8 % 4] = mix(sums[at / 8 % 4], word);
    }
    uint64_t sum = mix(mix(mix(sums[0], sums[1]), sums[2]), sums[3]);
    buffer.size = size;
    for (size_t i = 0; i < 8; i++)
        buffer_add_char(&buffer, (char)(sum >> (8 * i)));
}

/* With a right checksum, whatever else is wrong must be seen for itself. */
static void test_record_unpack__trusts_no_checksum(void **state)
{
    (void)state;
    enum { MAGIC = 0, FINGERPRINT = 8, ID = 16, PRESENT = 24, FIELD_1 = 32, NAME_LENGTH = 40, NAME = 48 };
    static const struct {
        size_t at;
        char value;
    } changes[] = {
        {MAGIC, 'Q'},       {FINGERPRINT + 7, 1},   {ID, 8},          {PRESENT, 0},
        {PRESENT, 2},       {FIELD_1, 8},           {NAME_LENGTH, 5}, {NAME_LENGTH, 7},
        {NAME_LENGTH, 127}, {NAME_LENGTH + 7, 127}, {NAME + 1, '\0'}, {NAME + 5, 'x'},
    };
    void *record = NULL;
    record_pack(&animal_schema, 7, &fox, &buffer);
    size_t size = buffer.size - 8;
    forge(size);
    assert_true(unpack(&record));
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        char was = buffer.data[changes[i].at];
        buffer.data[changes[i].at] = changes[i].value;
        forge(size);
        assert_false(unpack(&record));
        buffer.data[changes[i].at] = was;
    }
    for (size_t other = 0; other <= size + 8; other++) {
        buffer_clear(&buffer);
        record_pack(&animal_schema, 7, &fox, &buffer);
        forge(other);
        assert_int_equal(unpack(&record), other == size);
    }
}

static void test_record_unpack__without_memory_is_a_miss(void **state)
{
    (void)state;
    void *record = NULL;
    record_pack(&animal_schema, 7, &fox, &buffer);
    for (size_t n = 1; n <= 3; n++) {
        arena.fail_after = n;
        assert_false(unpack(&record));
    }
    arena.fail_after = 0;
    assert_true(unpack(&record));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_record_unpack__gives_back_every_field, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_record_unpack__gives_back_nulls_and_absence, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_record_unpack__texts_outlive_the_packed_bytes, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_record_pack__appends_and_needs_no_alignment, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_record_unpack__refuses_another_id_or_schema, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_record_unpack__refuses_every_changed_byte, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_record_unpack__refuses_every_other_length, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_record_unpack__refuses_fields_that_break_the_rules_of_their_type, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(test_record_unpack__trusts_no_checksum, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_record_unpack__without_memory_is_a_miss, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
