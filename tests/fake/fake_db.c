/* fake_db.c: a script of outcomes on one side, a trace of events on the other. */

#include "fake_db.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "core/context.h"

#define PLANS_MAX 32
#define TRACE_MAX 2048

struct plan {
    enum code code;
    bool lost;
};

static struct {
    struct plan plans[PLANS_MAX];
    size_t n_plans;
    size_t next_plan;
    bool unhealthy;
    struct db_result result;
    char trace[TRACE_MAX];
    char given_trace[TRACE_MAX];
} fake;

static void note(const char *event)
{
    size_t used = strlen(fake.trace);
    size_t left = TRACE_MAX - used;
    int size = snprintf(fake.trace + used, left, "%s%s", used ? ", " : "", event);

    assert(size >= 0 && (size_t)size < left);
}

void fake_db_reset(void)
{
    memset(&fake, 0, sizeof fake);
}

void fake_db_plan(enum code code, bool lost)
{
    assert(fake.n_plans < PLANS_MAX);
    fake.plans[fake.n_plans++] = (struct plan){code, lost};
}

void fake_db_set_healthy(bool healthy)
{
    fake.unhealthy = !healthy;
}

void fake_db_set_result(const struct db_result *result)
{
    fake.result = *result;
}

const char *fake_db_trace(void)
{
    memcpy(fake.given_trace, fake.trace, TRACE_MAX);
    fake.trace[0] = '\0';
    return fake.given_trace;
}

static enum code perform(struct db *db, struct context *context, const char *event)
{
    struct plan plan = fake.next_plan < fake.n_plans ? fake.plans[fake.next_plan++] : (struct plan){OK, false};

    note(event);
    if (plan.lost) {
        db->lost = true;
        note("lost");
    }
    return plan.code == OK ? OK : fail_native(context, plan.code, "%s", event);
}

static enum code fake_connect(struct db *db, struct context *context)
{
    return perform(db, context, "connect");
}

static void fake_disconnect(struct db *db)
{
    (void)db;
    note("disconnect");
}

static bool fake_check(struct db *db)
{
    (void)db;
    note("check");
    return !fake.unhealthy;
}

static enum code fake_execute(struct db *db, struct context *context, const char *sql, const struct db_value *values,
                              size_t n_values, struct db_result *ret_result)
{
    (void)values;
    (void)n_values;
    enum code code = perform(db, context, sql);

    if (code == OK)
        *ret_result = fake.result;
    return code;
}

static enum code fake_run(struct db *db, struct context *context, const char *sql)
{
    return perform(db, context, sql);
}

static enum code fake_set_session(struct db *db, struct context *context)
{
    return perform(db, context, "set session");
}

static const struct db_dialect dialect = {.name = "fake", .quote = "", .for_update = " FOR UPDATE"};

const struct db_driver fake_db_driver = {
    .name = "fake",
    .dialect = &dialect,
    .size = sizeof(struct db),
    .connect = fake_connect,
    .disconnect = fake_disconnect,
    .check = fake_check,
    .execute = fake_execute,
    .run = fake_run,
    .set_session = fake_set_session,
    .begin = "BEGIN",
};
