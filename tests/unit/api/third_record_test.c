/*
 * third_record_test.c: one field table is all that a record needs. A publisher is described three times, with one row
 * of the table different; what is refused, what the document says and what the database is asked differ with it.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "api/list_query.h"
#include "api/records.h"
#include "core/arena.h"
#include "core/buffer.h"
#include "core/context.h"
#include "driver/db.h"
#include "http/openapi.h"
#include "http/router.h"
#include "json_tree.h"
#include "repository/sql_statement.h"
#include "schema/json_decode.h"
#include "schema/json_encode.h"
#include "schema/schema.h"

struct publisher {
    int64_t id;
    const char *name;
    const char *city;
    struct date founded;
};

#define ID_ROW FIELD(publisher, id, FIELD_ID, READ_ONLY | SORT, .example = "1")
#define NAME_ROW FIELD(publisher, name, FIELD_TEXT, REQUIRED | FILTER, .min = 1, .max = 20, .example = "Ace")
#define CITY_ROW FIELD(publisher, city, FIELD_TEXT, REQUIRED, .example = "New York")

static const struct field plain_fields[] = {ID_ROW, NAME_ROW, CITY_ROW};

/* The name is shorter, and lists can be sorted by it. */
static const struct field changed_fields[] = {
    ID_ROW,
    FIELD(publisher, name, FIELD_TEXT, REQUIRED | FILTER | SORT, .min = 1, .max = 5, .example = "Ace"),
    CITY_ROW,
};

/* There is one field more. */
static const struct field grown_fields[] = {
    ID_ROW,
    NAME_ROW,
    CITY_ROW,
    FIELD(publisher, founded, FIELD_DATE, REQUIRED | SORT | FILTER, .example = "1952-01-01"),
};

static const struct schema plain = SCHEMA(publisher, publishers, "Publisher", plain_fields);
static const struct schema changed = SCHEMA(publisher, publishers, "Publisher", changed_fields);
static const struct schema grown = SCHEMA(publisher, publishers, "Publisher", grown_fields);

static const struct db_dialect dialect = {.name = "plain", .quote = "\"", .for_update = ""};

/* The same body for each description. */
#define BODY "{\"name\":\"Gollancz\",\"city\":\"London\"}"

static const struct {
    const struct schema *schema;
    enum code decoded;
    const char *violation; /* "field: type" */
    const char *required, *properties, *name_max, *sorts, *parameters;
    const char *find, *insert;
    const char *json; /* a record, encoded */
} rows[] = {
    {
        .schema = &plain,
        .decoded = OK,
        .violation = "",
        .required = "[\"name\",\"city\"]",
        .properties = "id name city",
        .name_max = "20",
        .sorts = "[\"id\",\"-id\"]",
        .parameters = "name page",
        .find = "SELECT \"id\", \"name\", \"city\" FROM \"publisher\" WHERE \"id\" = ?",
        .insert = "INSERT INTO \"publisher\" (\"name\", \"city\") VALUES (?, ?)",
        .json = "{\"id\":1,\"name\":\"Ace\",\"city\":\"New York\"}",
    },
    {
        .schema = &changed,
        .decoded = INVALID,
        .violation = "name: string_too_long",
        .required = "[\"name\",\"city\"]",
        .properties = "id name city",
        .name_max = "5",
        .sorts = "[\"id\",\"-id\",\"name\",\"-name\"]",
        .parameters = "name page",
        .find = "SELECT \"id\", \"name\", \"city\" FROM \"publisher\" WHERE \"id\" = ?",
        .insert = "INSERT INTO \"publisher\" (\"name\", \"city\") VALUES (?, ?)",
        .json = "{\"id\":1,\"name\":\"Ace\",\"city\":\"New York\"}",
    },
    {
        .schema = &grown,
        .decoded = INVALID,
        .violation = "founded: missing",
        .required = "[\"name\",\"city\",\"founded\"]",
        .properties = "id name city founded",
        .name_max = "20",
        .sorts = "[\"id\",\"-id\",\"founded\",\"-founded\"]",
        .parameters = "name founded",
        .find = "SELECT \"id\", \"name\", \"city\", \"founded\" FROM \"publisher\" WHERE \"id\" = ?",
        .insert = "INSERT INTO \"publisher\" (\"name\", \"city\", \"founded\") VALUES (?, ?, ?)",
        .json = "{\"id\":1,\"name\":\"Ace\",\"city\":\"New York\",\"founded\":\"1952-01-01\"}",
    },
};
#define N_ROWS (sizeof(rows) / sizeof(*rows))

static const struct publisher ace = {
    .id = 1, .name = "Ace", .city = "New York", .founded = {.year = 1952, .month = 1, .day = 1}};

static struct arena arena;
static struct context context;

static int start(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)4 << 20);
    context_init(&context, &arena, 0);
    return 0;
}

static int end(void **state)
{
    (void)state;
    json_tree_release();
    arena_release(&arena);
    return 0;
}

static void test_third_record__changes_what_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_ROWS; i++) {
        struct publisher publisher = {0};
        const char *violation = "";
        uint32_t set = 0;
        context_clear(&context);
        assert_int_equal(json_decode(rows[i].schema, &context, BODY, strlen(BODY), DECODE_WHOLE, &publisher, &set),
                         rows[i].decoded);
        if (context.violations)
            violation = arena_printf(&arena, "%s: %s", context.violations->field,
                                     violation_text(context.violations->kind)->type);
        assert_string_equal(violation, rows[i].violation);
    }
}

static void test_third_record__changes_the_json(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_ROWS; i++) {
        struct buffer json;
        buffer_init(&json, &arena, 1024);
        json_add_record(&json, rows[i].schema, &ace, NULL);
        assert_string_equal(json.data, rows[i].json);
    }
}

/* Makes the document of a service that has publishers alone. */
static void document(const struct schema *schema)
{
    const struct route routes[] = {
        {METHOD_GET, "/api/publishers/", records_list, "get", schema, list_parameters, .reply = REPLY_LIST},
        {METHOD_POST, "/api/publishers/", records_create, "create", schema, .body = WHOLE_BODY, .reply = REPLY_RECORD},
        {.path = NULL},
    };
    const struct openapi openapi = {.title = "t", .version = "1", .routes = routes, .page_size_max = 9, .max_body = 9};
    struct buffer buffer;

    buffer_init(&buffer, &arena, (size_t)1 << 20);
    assert_int_equal(openapi_write(&context, &openapi, &buffer), OK);
    json_tree_read(buffer.data, buffer.size);
}

/* The place of the parameter "sort". */
static size_t find_sort(void)
{
    size_t i = 0;

    while (strcmp(json_tree_show("/paths/~1api~1publishers~1/get/parameters/%zu/name", i), "sort") != 0)
        i++;
    return i;
}

static void test_third_record__changes_the_document(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_ROWS; i++) {
        document(rows[i].schema);
        assert_string_equal(json_tree_show("/components/schemas/CreatePublisher/required"), rows[i].required);
        assert_string_equal(json_tree_show("/components/schemas/Publisher/properties"), rows[i].properties);
        assert_string_equal(json_tree_show("/components/schemas/CreatePublisher/properties/name/maxLength"),
                            rows[i].name_max);
        assert_string_equal(json_tree_show("/paths/~1api~1publishers~1/get/parameters/%zu/schema/enum", find_sort()),
                            rows[i].sorts);
        const char *first = arena_text(&arena, json_tree_show("/paths/~1api~1publishers~1/get/parameters/0/name"));
        const char *second = json_tree_show("/paths/~1api~1publishers~1/get/parameters/1/name");
        assert_string_equal(arena_printf(&arena, "%s %s", first, second), rows[i].parameters);
    }
}

static void test_third_record__changes_the_sql(void **state)
{
    struct statement statement = {0};

    (void)state;
    for (size_t i = 0; i < N_ROWS; i++) {
        assert_int_equal(statement_find(rows[i].schema, &dialect, &context, 1, false, &statement), OK);
        assert_string_equal(statement.sql, rows[i].find);
        assert_int_equal(statement_insert(rows[i].schema, &dialect, &context, &ace, &statement), OK);
        assert_string_equal(statement.sql, rows[i].insert);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_third_record__changes_what_is_refused, start, end),
        cmocka_unit_test_setup_teardown(test_third_record__changes_the_json, start, end),
        cmocka_unit_test_setup_teardown(test_third_record__changes_the_document, start, end),
        cmocka_unit_test_setup_teardown(test_third_record__changes_the_sql, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
