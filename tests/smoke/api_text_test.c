/*
 * api_text_test.c: text comes back as it was sent, byte for byte, and a filter finds it and nothing else.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client.h"

static struct sample {
    const char *name;
    const char *text; /* 1 to 200 characters, not blank */
} samples[] = {
    {.name = "text: ASCII", .text = "plain"},
    {.name = "text: one character", .text = "x"},
    {.name = "text: a digit", .text = "0"},
    {.name = "text: None", .text = "None"},
    {.name = "text: null", .text = "null"},
    {.name = "text: a number", .text = "1e5"},
    {.name = "text: accents", .text = "\xc3\xa9\xc3\xa0\xc3\xbc\xc3\xb1"},
    {.name = "text: accents, combining", .text = "e\xcc\x81"},
    {.name = "text: many combining marks", .text = "Z\xcc\x91\xcc\xab\xcc\x83\xcc\xaa\xcc\x82\xcc\xab\xcc\xbd"},
    {.name = "text: emoji", .text = "\xf0\x9f\x98\x80"},
    {.name = "text: emoji family", .text = "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7"},
    {.name = "text: emoji with skin", .text = "\xf0\x9f\x91\x8d\xf0\x9f\x8f\xbd"},
    {.name = "text: flag", .text = "\xf0\x9f\x87\xab\xf0\x9f\x87\xb7"},
    {.name = "text: Hebrew", .text = "\xd7\xa9\xd7\x9c\xd7\x95\xd7\x9d"},
    {.name = "text: Arabic with marks", .text = "\xd8\xa7\xd9\x84\xd9\x92\xd8\xad\xd9\x8e\xd9\x85\xd9\x92\xd8\xaf"},
    {.name = "text: right-to-left override",
     .text = "a\xe2\x80\xae"
             "b\xe2\x80\xac"
             "c"},
    {.name = "text: Chinese", .text = "\xe4\xb8\xad\xe6\x96\x87"},
    {.name = "text: beyond the BMP", .text = "\xf0\xa0\xae\xb7\xf0\xa0\xbe\xb4"},
    {.name = "text: Japanese", .text = "\xe3\x81\x8b\xe3\x82\xab\xef\xbd\xb6"},
    {.name = "text: Korean, decomposed", .text = "\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab"},
    {.name = "text: Thai", .text = "\xe0\xb8\x81\xe0\xb8\xb3"},
    {.name = "text: Turkish i", .text = "I\xc4\xb1\xc4\xb0i"},
    {.name = "text: sharp s",
     .text = "Stra\xc3\x9f"
             "e STRASSE"},
    {.name = "text: ligature", .text = "\xef\xac\x81"},
    {.name = "text: quotation marks", .text = "\"quoted\" 'single' `back`"},
    {.name = "text: backslashes", .text = "C:\\new\\table\\\\"},
    {.name = "text: a backslash at the end", .text = "end\\"},
    {.name = "text: an escape as text", .text = "\\u0041\\n"},
    {.name = "text: percent", .text = "100% %s %n %d %00 %2F"},
    {.name = "text: wildcards", .text = "_%*?[a-z]"},
    {.name = "text: SQL", .text = "'; DROP TABLE author; --"},
    {.name = "text: SQL, doubled", .text = "\\'; SELECT 1; #"},
    {.name = "text: HTML", .text = "<script>alert(1)</script>&amp;"},
    {.name = "text: a URL", .text = "https://example.org/?a=b&c=d#e+f"},
    {.name = "text: plus and space", .text = "a+b c"},
    {.name = "text: spaces before", .text = "  x"},
    {.name = "text: spaces after", .text = "x  "},
    {.name = "text: spaces within", .text = "a    b"},
    {.name = "text: no-break space after", .text = "x\xc2\xa0"},
    {.name = "text: tab and line breaks", .text = "a\tb\nc\r\nd\re"},
    {.name = "text: a line break at the end", .text = "x\n"},
    {.name = "text: control characters", .text = "\x01\x02\x03\x07\b\f\v\x0e\x1b\x1f x"},
    {.name = "text: DEL and C1", .text = "\x7f\xc2\x80\xc2\x85\xc2\x9f x"},
    {.name = "text: line separator",
     .text = "a\xe2\x80\xa8"
             "b\xe2\x80\xa9"},
    {.name = "text: zero-width",
     .text = "a\xe2\x80\x8b"
             "b\xe2\x80\x8d"
             "c\xe2\x81\xa0"},
    {.name = "text: byte order mark", .text = "\xef\xbb\xbfx"},
    {.name = "text: replacement character", .text = "\xef\xbf\xbd"},
    {.name = "text: noncharacters", .text = "\xef\xbf\xbe\xef\xbf\xbf\xf4\x8f\xbf\xbf"},
    {.name = "text: private use", .text = "\xee\x80\x80\xf3\xb0\x80\x80"},
    {.name = "text: JSON", .text = "{\"a\":[1,2,{\"b\":null}]}"},
    {.name = "text: a cookie", .text = "a=b; c=d, e"},
    {.name = "text: mathematical letters", .text = "\xf0\x9d\x94\x98\xf0\x9d\x94\xab"},
};

/* The text in this member of the answer, and nothing more or less. */
static void expect_text(const struct answer *answer, struct json_object *record, const char *key, const char *expected)
{
    struct json_object *value = member(answer, record, key);

    if ((size_t)json_object_get_string_len(value) != strlen(expected) ||
        memcmp(json_object_get_string(value), expected, strlen(expected)) != 0)
        complain(answer, key, expected, json_object_get_string(value));
}

static int64_t round_trip(const char *name, const char *bio)
{
    const char *body = text("{\"name\":%s,\"bio\":%s,\"birthdate\":\"1929-10-21\"}", quoted(name), quoted(bio));
    const struct answer *answer = expect_status(call("POST", "/api/authors", body), 200);
    int64_t id = number(answer, "id");

    for (int i = 0; i < 4; i++) {
        expect_text(answer, answer->json, "name", name);
        expect_text(answer, answer->json, "bio", bio);
        answer = expect_status(i == 0 ? call("PUT", author_path(id), body) : get(author_path(id)), 200);
    }
    return id;
}

static void text__comes_back_and_is_found(void **state)
{
    const struct sample *row = *state;
    const char *name = text("%s%s", unique("t"), row->text);
    int64_t id = round_trip(name, row->text);
    const struct answer *answer = expect_status(get(text("/api/authors?name=%s", escaped(name))), 200);
    struct json_object *found = json_object_array_get_idx(member(answer, answer->json, "authors"), 0);

    if (number(answer, "total") != 1)
        complain(answer, "total", "1", text("%" PRId64, number(answer, "total")));
    assert_int_equal(json_object_get_int64(member(answer, found, "id")), id);
    expect_text(answer, found, "name", name);
    expect_text(answer, found, "bio", row->text);
}

/* Two texts that a collation, a normalisation or padding may take for one. */
static struct pair {
    const char *name;
    const char *one;
    const char *other;
} pairs[] = {
    {.name = "filter: emoji are not each other", .one = "\xf0\x9f\x98\x80", .other = "\xf0\x9f\x98\x81"},
    {.name = "filter: an emoji is not nothing", .one = "\xf0\x9f\x98\x80", .other = ""},
    {.name = "filter: case", .one = "a", .other = "A"},
    {.name = "filter: accents", .one = "e", .other = "\xc3\xa9"},
    {.name = "filter: composed and decomposed", .one = "\xc3\xa9", .other = "e\xcc\x81"},
    {.name = "filter: a space after", .one = "a", .other = "a "},
    {.name = "filter: two spaces after", .one = "a ", .other = "a  "},
    {.name = "filter: a tab after", .one = "a", .other = "a\t"},
    {.name = "filter: a no-break space after", .one = "a", .other = "a\xc2\xa0"},
    {.name = "filter: sharp s", .one = "ss", .other = "\xc3\x9f"},
    {.name = "filter: ae", .one = "ae", .other = "\xc3\xa6"},
    {.name = "filter: full width", .one = "A", .other = "\xef\xbc\xa1"},
    {.name = "filter: kana", .one = "\xe3\x81\x8b", .other = "\xe3\x82\xab"},
    {.name = "filter: zero-width",
     .one = "ab",
     .other = "a\xe2\x80\x8b"
              "b"},
    {.name = "filter: soft hyphen",
     .one = "ab",
     .other = "a\xc2\xad"
              "b"},
    {.name = "filter: control characters", .one = "a\x01", .other = "a\x02"},
    {.name = "filter: dotless i", .one = "i", .other = "\xc4\xb1"},
    {.name = "filter: numbers", .one = "1", .other = "1.0"},
    {.name = "filter: percent is no wildcard", .one = "a%", .other = "ab"},
    {.name = "filter: underscore is no wildcard", .one = "a_", .other = "ab"},
    {.name = "filter: a backslash is itself", .one = "a\\_", .other = "a_"},
};

static void filter__tells_two_texts_apart(void **state)
{
    const struct pair *row = *state;
    const char *stem = unique("f");
    const char *names[] = {text("%s%s", stem, row->one), text("%s%s", stem, row->other)};
    int64_t ids[] = {make_author(names[0]), make_author(names[1])};

    for (int i = 0; i < 2; i++) {
        const struct answer *answer = expect_status(get(text("/api/authors?name=%s", escaped(names[i]))), 200);
        struct json_object *found = json_object_array_get_idx(member(answer, answer->json, "authors"), 0);

        if (number(answer, "total") != 1)
            complain(answer, "total", "1", text("%" PRId64, number(answer, "total")));
        assert_int_equal(json_object_get_int64(member(answer, found, "id")), ids[i]);
    }
}

static void name__of_255_four_byte_characters_comes_back(void **state)
{
    const char *name = repeated("\xf0\x9f\xa6\x84", 255);

    (void)state;
    round_trip(name, name);
    assert_true(number(expect_status(get(text("/api/authors?name=%s", escaped(name))), 200), "total") >= 1);
    assert_int_equal(number(get(text("/api/authors?name=%s", escaped(repeated("\xf0\x9f\xa6\x84", 254)))), "total"), 0);
}

static void bio__of_65535_bytes_comes_back(void **state)
{
    (void)state;
    round_trip("long", repeated("b", 65535));
    round_trip("long", text("%s", repeated("\xe4\xb8\xad", 21845)));
    round_trip("empty", "");
    round_trip("white", " \n\t ");
}

static void escapes__are_read_as_the_characters_they_mean(void **state)
{
    const struct answer *answer = call("POST", "/api/authors",
                                       "{\"name\":\"\\u0041\\u00e9\\ud83d\\ude00\\\"\\\\\\/"
                                       "\\b\\f\\n\\r\\t\",\"bio\":\"\",\"birthdate\":\"1929-10-21\"}");

    (void)state;
    expect_text(expect_status(answer, 200), answer->json, "name", "A\xc3\xa9\xf0\x9f\x98\x80\"\\/\b\f\n\r\t");
}

static void answer__has_text_as_utf8_not_as_escapes(void **state)
{
    const char *members = "'name':'\xc3\xa9\xf0\x9f\x98\x80 </\x7f','bio':'\xe2\x80\xa8','birthdate':'1929-10-21'";
    const struct answer *answer = expect_status(call("POST", "/api/authors", json("{%s}", members)), 200);

    (void)state;
    expect_body(answer, record_json(number(answer, "id"), members));
}

static void filter__reads_plus_as_a_space(void **state)
{
    const char *name = unique("a b");
    char *plus = keep(free, strdup(name));

    (void)state;
    make_author(name);
    for (char *c = plus; *c; c++)
        *c = *c == ' ' ? '+' : *c;
    assert_int_equal(number(expect_status(get(text("/api/authors?name=%s", plus)), 200), "total"), 1);
}

int main(void)
{
    ADD_ROWS(text__comes_back_and_is_found, samples);
    ADD_ROWS(filter__tells_two_texts_apart, pairs);
    ADD(name__of_255_four_byte_characters_comes_back);
    ADD(bio__of_65535_bytes_comes_back);
    ADD(escapes__are_read_as_the_characters_they_mean);
    ADD(answer__has_text_as_utf8_not_as_escapes);
    ADD(filter__reads_plus_as_a_space);
    return run_suite("text");
}
