/* dev_database_test.c: where the scratch database may be, and what signals do meanwhile. The servers' are in
 * tests/smoke/migrate_test.sh. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "app.h"
#include "command/command.h"
#include "command/dev_database.h"
#include "core/arena.h"
#include "core/config.h"
#include "core/context.h"
#include "driver/db.h"

static struct arena memory;
static struct context context;
static bool settings_used;

/* The server of the settings, which must not be asked for. */
struct db *app_db(struct arena *arena, const struct config *config, char *ret_error, size_t size)
{
    (void)arena;
    (void)config;
    settings_used = true;
    if (size > 0)
        *ret_error = '\0';
    return NULL;
}

static int setup(void **state)
{
    (void)state;
    arena_init(&memory, (size_t)1 << 22);
    context_init(&context, &memory, 0);
    settings_used = false;
    return chdir("/"); /* where there are no tools */
}

static int teardown(void **state)
{
    (void)state;
    arena_release(&memory);
    return 0;
}

enum { URL, SCRATCH, DEV_URL };

/* What the command line says. */
struct source {
    const char *urls;
    const char *url;
    const char *scratch;
};

static int open_dev(struct dev_database *dev, const struct source *source, const char *dialect)
{
    static const struct option options[] = {
        [URL] = OPTION_DEV_SERVER, [SCRATCH] = OPTION_SCRATCH, [DEV_URL] = OPTION_DEV_URL, {.name = NULL}};
    const struct command command = {.name = "migrate diff", .options = options};
    const struct config config = {.db = dialect, .db_name = "books", .dev_urls = "", .scratch_name = "quire_scratch"};
    const struct invocation invocation = {
        .arena = &memory,
        .command = &command,
        .config = &config,
        .values = {[URL] = source->url, [SCRATCH] = source->scratch, [DEV_URL] = source->urls},
    };

    return dev_database_open(dev, &context, &invocation, dialect);
}

static void ignore(int number)
{
    (void)number;
}

static bool is_handled_by(int number, void (*handler)(int))
{
    struct sigaction action;

    assert_int_equal(sigaction(number, NULL, &action), 0);
    return action.sa_handler == handler;
}

static void test_dev_database__leaves_signals_as_they_were(void **state)
{
    const struct source source = {.urls = NULL};
    const struct sigaction own = {.sa_handler = ignore};
    struct dev_database dev;

    (void)state;
    assert_non_null(db_driver_find("sqlite"));
    assert_int_equal(sigaction(SIGHUP, &own, NULL), 0);
    assert_int_equal(open_dev(&dev, &source, "sqlite"), 0);
    assert_false(is_handled_by(SIGINT, SIG_DFL));
    assert_false(is_handled_by(SIGTERM, SIG_DFL));
    assert_true(is_handled_by(SIGHUP, ignore));
    assert_int_equal(dev_database_close(&dev), 0);
    assert_true(is_handled_by(SIGINT, SIG_DFL));
    assert_true(is_handled_by(SIGTERM, SIG_DFL));
    assert_true(is_handled_by(SIGHUP, ignore));
}

static void test_dev_database__does_not_take_the_server_of_the_settings(void **state)
{
    static const char *const dialects[] = {"mysql", "postgresql"};
    const struct source sources[] = {{.urls = NULL}, {.urls = "sqlite://a"}, {.url = "sqlite://a"}};
    struct dev_database dev;

    (void)state;
    for (size_t i = 0; i < sizeof dialects / sizeof *dialects; i++)
        for (size_t k = 0; k < sizeof sources / sizeof *sources; k++) {
            assert_int_equal(open_dev(&dev, &sources[k], dialects[i]), 1);
            assert_false(settings_used);
            assert_true(is_handled_by(SIGINT, SIG_DFL));
        }
}

static void test_dev_database__refuses_urls_that_are_none(void **state)
{
    const struct source sources[] = {{.urls = "sqlite://a,localhost"}, {.url = "localhost"}};
    struct dev_database dev;

    (void)state;
    for (size_t k = 0; k < sizeof sources / sizeof *sources; k++)
        assert_int_equal(open_dev(&dev, &sources[k], "mysql"), db_driver_find("mysql") ? 2 : 1);
}

static void test_dev_database__refuses_names_of_what_is_to_be_kept(void **state)
{
    static const struct {
        const char *dialect;
        struct source source;
    } rows[] = {
        {"mysql", {.scratch = "books", .url = "mysql://u@localhost/"}},
        {"mysql", {.scratch = "shop", .url = "mysql://u@localhost/shop"}},
        {"mysql", {.scratch = "mysql", .urls = "mysql://u@localhost/"}},
        {"postgresql", {.scratch = "books", .urls = "postgres://u@localhost/shop"}},
        {"postgresql", {.scratch = "public", .urls = "postgres://u@localhost/shop"}},
        {"postgresql", {.scratch = "mine", .urls = "postgres://u@localhost/shop?search_path=mine"}},
        {"mysql", {.scratch = "a b", .urls = "mysql://u@localhost/shop"}},
    };
    struct dev_database dev;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(open_dev(&dev, &rows[i].source, rows[i].dialect), db_driver_find(rows[i].dialect) ? 2 : 1);
        assert_true(is_handled_by(SIGINT, SIG_DFL));
    }
    assert_int_equal(open_dev(&dev, &(struct source){.scratch = "books"}, "sqlite"), 0);
    assert_int_equal(dev_database_close(&dev), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_dev_database__leaves_signals_as_they_were, setup, teardown),
        cmocka_unit_test_setup_teardown(test_dev_database__does_not_take_the_server_of_the_settings, setup, teardown),
        cmocka_unit_test_setup_teardown(test_dev_database__refuses_urls_that_are_none, setup, teardown),
        cmocka_unit_test_setup_teardown(test_dev_database__refuses_names_of_what_is_to_be_kept, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
