/* sql_statement_test.c: the texts, letter by letter, and their parameters. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "context_case.h"
#include "domain/author.h"
#include "domain/book.h"
#include "driver/db.h"
#include "repository/sql_statement.h"
#include "schema/schema.h"
#include "usecase/query.h"
#include "usecase/repository.h"

static const struct db_dialect plain = {.name = "plain", .quote = "\"", .for_update = ""};
static const struct db_dialect padding = {
    .name = "padding", .quote = "`", .for_update = " FOR UPDATE", .pads_text = true};
static const struct db_dialect counting = {
    .name = "counting", .quote = "\"", .for_update = " FOR UPDATE", .numbered = true, .returning = true};

static struct statement statement;
static char shown[2048]; /* the parameters, as text */

/* The parameters of the statement: "1 'text' null". */
static const char *parameters(void)
{
    shown[0] = '\0';
    for (size_t i = 0; i < statement.n_values; i++) {
        const struct db_value *value = &statement.values[i];
        size_t used = strlen(shown);
        const char *space = used ? " " : "";
        if (value->type == DB_INTEGER)
            snprintf(shown + used, sizeof shown - used, "%s%lld", space, (long long)value->integer);
        else if (value->type == DB_TEXT)
            snprintf(shown + used, sizeof shown - used, "%s'%.*s'", space, (int)value->size, value->text);
        else
            snprintf(shown + used, sizeof shown - used, "%snull", space);
    }
    return shown;
}

static struct filter text_filter(const struct schema *schema, const char *name, const char *text)
{
    return (struct filter){.field = schema_find(schema, name), .value = {.type = FIELD_TEXT, .text = text}};
}

static struct filter id_filter(const struct schema *schema, const char *name, int64_t id)
{
    return (struct filter){.field = schema_find(schema, name), .value = {.type = FIELD_ID, .integer = id}};
}

static void test_find__names_the_columns_and_locks_where_needed(void **state)
{
    (void)state;
    assert_int_equal(statement_find(&author_schema, &plain, &context, 7, true, &statement), OK);
    assert_string_equal(statement.sql,
                        "SELECT \"id\", \"name\", \"bio\", \"birthdate\" FROM \"author\" WHERE \"id\" = ?");
    assert_string_equal(parameters(), "7");
    assert_int_equal(statement_find(&author_schema, &padding, &context, 7, true, &statement), OK);
    assert_string_equal(statement.sql,
                        "SELECT `id`, `name`, `bio`, `birthdate` FROM `author` WHERE `id` = ? FOR UPDATE");
    assert_int_equal(statement_find(&author_schema, &counting, &context, 7, false, &statement), OK);
    assert_string_equal(statement.sql,
                        "SELECT \"id\", \"name\", \"bio\", \"birthdate\" FROM \"author\" WHERE \"id\" = $1");
}

static void test_find_many__rounds_the_number_of_parameters_up(void **state)
{
    (void)state;
    const int64_t ids[] = {3, 1, 2};
    int64_t many[FIND_MANY_MAX + 1] = {0};

    assert_int_equal(statement_find_many(&author_schema, &plain, &context, ids, 3, &statement), OK);
    assert_string_equal(statement.sql, "SELECT \"id\", \"name\", \"bio\", \"birthdate\" FROM \"author\" "
                                       "WHERE \"id\" IN (?, ?, ?, ?)");
    assert_string_equal(parameters(), "3 1 2 2");
    assert_int_equal(statement_find_many(&author_schema, &plain, &context, ids, 1, &statement), OK);
    assert_int_equal(statement.n_values, 1);
    assert_int_equal(statement_find_many(&author_schema, &counting, &context, many, FIND_MANY_MAX, &statement), OK);
    assert_int_equal(statement.n_values, 1024);
    assert_int_equal(statement_find_many(&author_schema, &plain, &context, many, FIND_MANY_MAX + 1, &statement),
                     INTERNAL);
    assert_int_equal(statement_find_many(&author_schema, &plain, &context, many, 0, &statement), INTERNAL);
}

static void test_list__pages_by_number(void **state)
{
    (void)state;
    struct query query = {.sort = &book_schema.fields[0], .page = 3, .size = 10};

    assert_int_equal(statement_list(&book_schema, &plain, &context, &query, &statement), OK);
    assert_string_equal(statement.sql, "SELECT \"id\", \"title\", \"description\", \"publish_date\", \"author_id\" "
                                       "FROM \"book\" ORDER BY \"id\" LIMIT ? OFFSET ?");
    assert_string_equal(parameters(), "11 20");
    query.page = INT64_MAX;
    assert_int_equal(statement_list(&book_schema, &plain, &context, &query, &statement), OK);
    assert_string_equal(parameters(), "11 9223372036854775807");
}

static void test_list__breaks_ties_by_id_in_the_same_direction(void **state)
{
    (void)state;
    struct query query = {.sort = schema_find(&book_schema, "title"), .descending = true, .page = 1, .size = 2};

    assert_int_equal(statement_list(&book_schema, &plain, &context, &query, &statement), OK);
    assert_non_null(strstr(statement.sql, "\"book\" ORDER BY \"title\" DESC, \"id\" DESC LIMIT ? OFFSET ?"));
}

static void test_list__pages_by_key(void **state)
{
    (void)state;
    struct query query = {.sort = &book_schema.fields[0], .by_key = true, .anchor = 5, .size = 10};

    assert_int_equal(statement_list(&book_schema, &plain, &context, &query, &statement), OK);
    assert_non_null(strstr(statement.sql, " FROM \"book\" WHERE \"id\" > ? ORDER BY \"id\" LIMIT ?"));
    assert_string_equal(parameters(), "5 11");
    query.descending = true;
    assert_int_equal(statement_list(&book_schema, &plain, &context, &query, &statement), OK);
    assert_non_null(strstr(statement.sql, " FROM \"book\" WHERE \"id\" < ? ORDER BY \"id\" DESC LIMIT ?"));
}

static void test_list__pages_by_key_in_the_order_of_another_field(void **state)
{
    (void)state;
    struct query query = {.sort = schema_find(&book_schema, "title"), .by_key = true, .anchor = 5, .size = 10};

    query.filters[query.n_filters++] = id_filter(&book_schema, "author_id", 4);
    assert_int_equal(statement_list(&book_schema, &plain, &context, &query, &statement), OK);
    assert_non_null(strstr(statement.sql, " WHERE \"author_id\" = ? AND \"title\" >= (SELECT \"title\" FROM \"book\" "
                                          "WHERE \"id\" = ?) AND (\"title\" > (SELECT \"title\" FROM \"book\" WHERE "
                                          "\"id\" = ?) OR \"id\" > ?) ORDER BY \"title\", \"id\" LIMIT ?"));
    assert_string_equal(parameters(), "4 5 5 5 11");
    query.descending = true;
    assert_int_equal(statement_list(&book_schema, &plain, &context, &query, &statement), OK);
    assert_non_null(strstr(statement.sql, "\"title\" <= (SELECT"));
    assert_non_null(strstr(statement.sql, "(\"title\" < (SELECT"));
    assert_non_null(strstr(statement.sql, " OR \"id\" < ?)"));
}

static void test_list__pages_backwards_in_the_order_turned_round(void **state)
{
    (void)state;
    struct query query = {.sort = &book_schema.fields[0], .by_key = true, .backwards = true, .anchor = 5, .size = 10};

    assert_int_equal(statement_list(&book_schema, &plain, &context, &query, &statement), OK);
    assert_non_null(strstr(statement.sql, " FROM \"book\" WHERE \"id\" < ? ORDER BY \"id\" DESC LIMIT ?"));
    assert_string_equal(parameters(), "5 11");
    query.sort = schema_find(&book_schema, "title");
    query.descending = true;
    assert_int_equal(statement_list(&book_schema, &plain, &context, &query, &statement), OK);
    assert_non_null(strstr(statement.sql, "\"title\" >= (SELECT"));
    assert_non_null(strstr(statement.sql, "(\"title\" > (SELECT"));
    assert_non_null(strstr(statement.sql, " OR \"id\" > ?) ORDER BY \"title\", \"id\" LIMIT ?"));
    query.by_key = false;
    query.page = 1;
    assert_int_equal(statement_list(&book_schema, &plain, &context, &query, &statement), OK);
    assert_non_null(strstr(statement.sql, " ORDER BY \"title\" DESC, \"id\" DESC LIMIT ? OFFSET ?"));
}

static void test_filters__are_written_in_the_order_of_the_fields(void **state)
{
    (void)state;
    struct query query = {.sort = &book_schema.fields[0], .page = 1, .size = 1, .n_filters = 2};

    query.filters[0] = id_filter(&book_schema, "author_id", 4);
    query.filters[1] = text_filter(&book_schema, "title", "a");
    assert_int_equal(statement_count(&book_schema, &plain, &context, &query, &statement), OK);
    assert_string_equal(statement.sql, "SELECT COUNT(*) FROM \"book\" WHERE \"title\" = ? AND \"author_id\" = ?");
    assert_string_equal(parameters(), "'a' 4");
}

static void test_filters__compare_lengths_where_spaces_do_not_count(void **state)
{
    (void)state;
    struct query query = {.sort = &author_schema.fields[0], .by_key = true, .anchor = 1, .size = 1, .n_filters = 1};

    query.filters[0] = text_filter(&author_schema, "name", "caf\xc3\xa9 ");
    assert_int_equal(statement_count(&author_schema, &padding, &context, &query, &statement), OK);
    assert_string_equal(statement.sql, "SELECT COUNT(*) FROM `author` WHERE `name` = ? AND OCTET_LENGTH(`name`) = ?");
    assert_string_equal(parameters(), "'caf\xc3\xa9 ' 6");
}

static void test_insert__leaves_the_id_to_the_database(void **state)
{
    (void)state;
    const struct author author = {.id = 9, .name = "N", .birthdate = {1929, 10, 21}};

    assert_int_equal(statement_insert(&author_schema, &plain, &context, &author, &statement), OK);
    assert_string_equal(statement.sql, "INSERT INTO \"author\" (\"name\", \"bio\", \"birthdate\") VALUES (?, ?, ?)");
    assert_string_equal(parameters(), "'N' null '1929-10-21'");
    assert_int_equal(statement_insert(&author_schema, &counting, &context, &author, &statement), OK);
    assert_non_null(strstr(statement.sql, "VALUES ($1, $2, $3) RETURNING \"id\""));
}

static void test_update__sets_every_field_but_the_id(void **state)
{
    (void)state;
    const struct author author = {.id = 9, .name = "N", .bio = ""};

    assert_int_equal(statement_update(&author_schema, &plain, &context, &author, ALL_FIELDS, &statement), OK);
    assert_string_equal(statement.sql,
                        "UPDATE \"author\" SET \"name\" = ?, \"bio\" = ?, \"birthdate\" = ? WHERE \"id\" = ?");
    assert_string_equal(parameters(), "'N' '' null 9");
}

static void test_update__sets_only_what_is_in_the_set(void **state)
{
    (void)state;
    const struct author author = {.id = 9, .name = "N", .bio = ""};

    assert_int_equal(statement_update(&author_schema, &counting, &context, &author, 1U << 0 | 1U << 3, &statement), OK);
    assert_string_equal(statement.sql, "UPDATE \"author\" SET \"birthdate\" = $1 WHERE \"id\" = $2");
    assert_string_equal(parameters(), "null 9");
    assert_int_equal(statement_update(&author_schema, &plain, &context, &author, 1U << 1 | 1U << 2, &statement), OK);
    assert_string_equal(statement.sql, "UPDATE \"author\" SET \"name\" = ?, \"bio\" = ? WHERE \"id\" = ?");
}

static void test_remove__takes_one_or_all_that_match(void **state)
{
    (void)state;
    const struct filter filter = id_filter(&book_schema, "author_id", 4);

    assert_int_equal(statement_remove(&book_schema, &padding, &context, 3, &statement), OK);
    assert_string_equal(statement.sql, "DELETE FROM `book` WHERE `id` = ?");
    assert_int_equal(statement_ids_where(&book_schema, &padding, &context, &filter, &statement), OK);
    assert_string_equal(statement.sql, "SELECT `id` FROM `book` WHERE `author_id` = ? FOR UPDATE");
    assert_int_equal(statement_remove_where(&book_schema, &padding, &context, &filter, &statement), OK);
    assert_string_equal(statement.sql, "DELETE FROM `book` WHERE `author_id` = ?");
    assert_string_equal(parameters(), "4");
}

static void test_statement__says_when_memory_ends(void **state)
{
    (void)state;
    const struct author author = {.name = "N", .bio = "", .birthdate = {1929, 10, 21}};
    enum code code = NO_MEMORY;

    for (size_t after = 1; after <= 3; after++) {
        arena.fail_after = after;
        code = statement_insert(&author_schema, &plain, &context, &author, &statement);
        assert_int_equal(code, NO_MEMORY);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, context_setup, context_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_find__names_the_columns_and_locks_where_needed),
        TEST(test_find_many__rounds_the_number_of_parameters_up),
        TEST(test_list__pages_by_number),
        TEST(test_list__breaks_ties_by_id_in_the_same_direction),
        TEST(test_list__pages_by_key),
        TEST(test_list__pages_by_key_in_the_order_of_another_field),
        TEST(test_list__pages_backwards_in_the_order_turned_round),
        TEST(test_filters__are_written_in_the_order_of_the_fields),
        TEST(test_filters__compare_lengths_where_spaces_do_not_count),
        TEST(test_insert__leaves_the_id_to_the_database),
        TEST(test_update__sets_every_field_but_the_id),
        TEST(test_update__sets_only_what_is_in_the_set),
        TEST(test_remove__takes_one_or_all_that_match),
        TEST(test_statement__says_when_memory_ends),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
