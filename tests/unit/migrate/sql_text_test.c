/* sql_text_test.c: tokens, as each database reads them. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "migrate/sql_text.h"
#include "migrate/statement_split.h"

#define SQLITE 0
#define MYSQL SPLIT_BACKSLASHES
#define POSTGRESQL SPLIT_DOLLARS

/* The tokens with a letter for their kind before each, and blanks between them. */
static const char *tokens_of(const char *text, unsigned rules)
{
    static char found[256];
    size_t size = 0;

    found[0] = '\0';
    for (;;) {
        struct sql_token token = sql_next_token(&text, rules);
        if (token.kind == SQL_END)
            return found;
        size += (size_t)snprintf(found + size, sizeof found - size, "%s%c:%.*s", size ? " " : "", " wnts"[token.kind],
                                 (int)token.size, token.start);
    }
}

static void test_sql_next_token__tells_words_names_texts_and_signs_apart(void **state)
{
    static const struct {
        const char *text;
        unsigned rules;
        const char *tokens;
    } cases[] = {
        {"", SQLITE, ""},
        {" \n-- x\n/* y */ ", SQLITE, ""},
        {"a1.b<=10", SQLITE, "w:a1 s:. w:b s:< s:= w:10"},
        {"'a''b'c", SQLITE, "t:'a''b' w:c"},
        {"''''", SQLITE, "t:''''"},
        {"\"a\"\"b\" `c` [d e]", SQLITE, "n:\"a\"\"b\" n:`c` n:[d e]"},
        {"\"a\" `b` 'it\\'s' [1]", MYSQL, "t:\"a\" n:`b` t:'it\\'s' s:[ w:1 s:]"},
        {"a#b\n/*!50000 c */", MYSQL, "w:a s:/ s:* s:! w:50000 w:c s:* s:/"},
        {"a[1] $x$ ' $x$ \"n\"", POSTGRESQL, "w:a s:[ w:1 s:] t:$x$ ' $x$ n:\"n\""},
        {"E'a''b\\'c' d", POSTGRESQL, "t:E'a''b\\'c' w:d"},
        {"/* a /* b */ c */ d", POSTGRESQL, "w:d"},
        /* What has no end hides nothing; but a comment does. */
        {"'a b", SQLITE, "s:' w:a w:b"},
        {"[a b", SQLITE, "s:[ w:a w:b"},
        {"a /* b", SQLITE, "w:a"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(tokens_of(cases[i].text, cases[i].rules), cases[i].tokens);
}

static void test_sql_has_name__looks_at_names_with_quotes_or_without(void **state)
{
    (void)state;
    assert_true(sql_has_name("born > 0", "Born", SQLITE));
    assert_true(sql_has_name("\"born\" > 0", "born", SQLITE));
    assert_true(sql_has_name("[born] > 0", "born", SQLITE));
    assert_true(sql_has_name("\"a\"\"b\" > 0", "a\"b", SQLITE));
    assert_true(sql_has_name("`born` > 0", "born", MYSQL));
    assert_false(sql_has_name("\"born\" > 0", "born", MYSQL));
    assert_false(sql_has_name("age > 0 -- born\n /* born */", "born", SQLITE));
    assert_false(sql_has_name("$$ born $$", "born", POSTGRESQL));
    assert_false(sql_has_name("", "born", POSTGRESQL));
    assert_false(sql_has_name("'born' = reborn", "born", SQLITE));
    assert_false(sql_has_name("\"a\"\"b\" > 0", "a", SQLITE));
    assert_false(sql_has_name("\"born2\" \"bor\" \"\"", "born", SQLITE));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sql_next_token__tells_words_names_texts_and_signs_apart),
        cmocka_unit_test(test_sql_has_name__looks_at_names_with_quotes_or_without),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
