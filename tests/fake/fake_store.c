/*
 * fake_store.c: a small database in memory. Stored records are never changed, only replaced by new copies, so that a
 * snapshot is a copy of the tables' pointers. Memory stays with the store's arena until the test ends.
 */

#include "fake_store.h"

#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/context.h"
#include "schema/schema.h"
#include "usecase/catalogue.h"
#include "usecase/query.h"

#define TABLES_MAX 8
#define RUNS_MAX 4 /* the first, and three reruns */

/* One kind of record: a repository and what it holds, by ascending id. */
struct table {
    struct repository repository; /* first: repositories are cast back */
    struct fake_store *store;
    const void **rows;
    size_t n;
    size_t capacity;
    int64_t last_id; /* as in a database, a rollback does not give ids back */
};

/* A call to make after the commit. */
struct hook {
    void (*then)(struct context *context, void *argument);
    void *argument;
    struct hook *next;
};

struct fake_store {
    struct unit_of_work unit_of_work; /* first: it is cast back */
    struct arena *arena;
    struct table *tables[TABLES_MAX];
    size_t n_tables;
    bool active;
    struct hook *hooks; /* in the order they were asked for */
    struct hook **hooks_end;
    unsigned calls;
    enum code failure;
    unsigned failure_after;
    unsigned failure_times;
};

/* Rows of one table, set aside. */
struct snapshot {
    const void **rows;
    size_t n;
};

/* Counts a call; the code it must fail with, or OK. */
static enum code call(struct table *table, struct context *context)
{
    struct fake_store *store = table->store;

    store->calls++;
    if (store->failure_after > 0)
        store->failure_after--;
    else if (store->failure_times > 0) {
        store->failure_times--;
        return fail(context, store->failure, NULL);
    }
    return OK;
}

/* A deep copy; NULL without memory. */
static void *record_copy(const struct schema *schema, struct arena *arena, const void *record)
{
    void *copy = arena_copy(arena, record, schema->size);

    for (size_t i = 0; copy && i < schema->n_fields; i++) {
        struct value value = field_get(&schema->fields[i], record);
        if (value.type != FIELD_TEXT || value.is_null)
            continue;
        if (!(value.text = arena_text(arena, value.text)))
            return NULL;
        field_set(&schema->fields[i], copy, &value);
    }
    return copy;
}

/* The index of this id; table->n when there is none. */
static size_t table_index(const struct table *table, int64_t id)
{
    size_t i = 0;

    while (i < table->n && record_id(table->repository.schema, table->rows[i]) != id)
        i++;
    return i;
}

/* Appends a row; the caller sees to the order. */
static enum code table_append(struct table *table, struct context *context, const void *row)
{
    if (table->n == table->capacity) {
        size_t capacity = table->capacity ? table->capacity * 2 : 16;
        const void **rows = arena_array(table->store->arena, capacity, sizeof(*rows));
        if (!rows)
            return fail_memory(context);
        if (table->n)
            memcpy(rows, table->rows, table->n * sizeof(*rows));
        table->rows = rows;
        table->capacity = capacity;
    }
    table->rows[table->n++] = row;
    return OK;
}

static void table_drop(struct table *table, size_t index)
{
    table->n--;
    memmove(&table->rows[index], &table->rows[index + 1], (table->n - index) * sizeof(*table->rows));
}

/* A copy of the row with this id for the caller; NULL in *ret_record when there is none. */
static enum code table_read(struct table *table, struct context *context, int64_t id, void **ret_record)
{
    size_t index = table_index(table, id);
    void *copy = NULL;

    if (index < table->n && !(copy = record_copy(table->repository.schema, context->arena, table->rows[index])))
        return fail_memory(context);
    *ret_record = copy;
    return OK;
}

static struct table *store_table(const struct fake_store *store, const struct schema *schema)
{
    for (size_t i = 0; i < store->n_tables; i++) {
        if (store->tables[i]->repository.schema == schema)
            return store->tables[i];
    }
    return NULL;
}

static bool filter_holds(const struct filter *filter, const void *record)
{
    struct value value = field_get(filter->field, record);

    return !value.is_null && !filter->value.is_null && value_compare(&value, &filter->value) == 0;
}

/* Does every reference of the record name a row? Kinds of record that the store does not hold are not checked. */
static bool references_hold(const struct table *table, const void *record)
{
    const struct schema *schema = table->repository.schema;

    for (size_t i = 0; i < schema->n_fields; i++) {
        struct value value = field_get(&schema->fields[i], record);
        const struct table *target =
            schema->fields[i].references ? store_table(table->store, schema->fields[i].references) : NULL;
        if (target && !value.is_null && table_index(target, value.integer) == target->n)
            return false;
    }
    return true;
}

/* Does any row of any table refer to this one? */
static bool is_referred_to(const struct table *target, int64_t id)
{
    for (size_t t = 0; t < target->store->n_tables; t++) {
        const struct table *table = target->store->tables[t];
        const struct schema *schema = table->repository.schema;
        for (size_t i = 0; i < schema->n_fields; i++) {
            struct filter filter = {&schema->fields[i], {.type = FIELD_ID, .integer = id}};
            if (schema->fields[i].references != target->repository.schema)
                continue;
            for (size_t row = 0; row < table->n; row++) {
                if (filter_holds(&filter, table->rows[row]))
                    return true;
            }
        }
    }
    return false;
}

static enum code repository_find(struct repository *self, struct context *context, int64_t id, void **ret_record)
{
    struct table *table = (struct table *)self;
    enum code code = call(table, context);

    return code == OK ? table_read(table, context, id, ret_record) : code;
}

static enum code repository_find_for_update(struct repository *self, struct context *context, int64_t id,
                                            void **ret_record)
{
    struct table *table = (struct table *)self;
    enum code code = call(table, context);

    if (code == OK && !table->store->active)
        return fail(context, INTERNAL, "find_for_update outside a unit of work");
    return code == OK ? table_read(table, context, id, ret_record) : code;
}

static enum code repository_find_many(struct repository *self, struct context *context, const int64_t *ids, size_t n,
                                      void **ret_records)
{
    struct table *table = (struct table *)self;
    enum code code = call(table, context);

    if (code == OK && n > FIND_MANY_MAX)
        return fail(context, INTERNAL, "more than FIND_MANY_MAX ids");
    for (size_t i = 0; code == OK && i < n; i++)
        code = table_read(table, context, ids[i], &ret_records[i]);
    return code;
}

/* What the order of a list is made of. */
struct order {
    const struct schema *schema;
    const struct query *query;
};

/* qsort_r's comparison of two rows. */
static int order_compare(const void *left, const void *right, void *argument)
{
    const struct order *order = argument;
    const void *a = *(const void *const *)left;
    const void *b = *(const void *const *)right;
    struct value value_a = field_get(order->query->sort, a);
    struct value value_b = field_get(order->query->sort, b);
    int64_t id_a = record_id(order->schema, a);
    int64_t id_b = record_id(order->schema, b);
    int result = value_compare(&value_a, &value_b);

    if (result == 0)
        result = (id_a > id_b) - (id_a < id_b);
    return order->query->descending ? -result : result;
}

/* Some of the ordered rows: from `start`, `n` of them. */
struct range {
    size_t start;
    size_t n;
    bool more; /* there are others in the direction of travel */
};

/* The page among the `n` ordered rows that starts at `start`. */
static struct range range_after(size_t start, size_t n, size_t size)
{
    size_t left = start < n ? n - start : 0;

    return (struct range){.start = start, .n = left < size ? left : size, .more = left > size};
}

/* The page that ends before `end`. */
static struct range range_before(size_t end, size_t size)
{
    return (struct range){.start = end > size ? end - size : 0, .n = end < size ? end : size, .more = end > size};
}

/* The record with the anchor's id; when it is gone, one with nothing but the id if that is what the order is by. */
static enum code list_anchor(const struct table *table, struct context *context, const struct query *query,
                             const void **ret_anchor)
{
    const struct schema *schema = table->repository.schema;
    size_t index = table_index(table, query->anchor);
    void *stand_in = NULL;

    *ret_anchor = index < table->n ? table->rows[index] : NULL;
    if (*ret_anchor || query->sort != &schema->fields[0])
        return OK;
    if (!(stand_in = arena_alloc(context->arena, schema->size)))
        return fail_memory(context);
    record_set_id(schema, stand_in, query->anchor);
    *ret_anchor = stand_in;
    return OK;
}

/* Which of the ordered rows the page has. */
static enum code list_range(const struct table *table, struct context *context, struct order *order, const void **rows,
                            size_t n, struct range *ret_range)
{
    const struct query *query = order->query;
    size_t size = (size_t)query->size;
    const void *anchor = NULL;
    enum code code = query->by_key ? list_anchor(table, context, query, &anchor) : OK;
    size_t before = 0; /* rows before the anchor */
    size_t until = 0;  /* and the anchor itself */

    if (code != OK)
        return code;
    while (before < n && anchor && order_compare(&rows[before], &anchor, order) < 0)
        before++;
    for (until = before; until < n && anchor && order_compare(&rows[until], &anchor, order) == 0;)
        until++;
    if (!query->by_key)
        *ret_range =
            range_after(query->page - 1 > (int64_t)n / query->size ? n : (size_t)(query->page - 1) * size, n, size);
    else if (!anchor)
        *ret_range = (struct range){.n = 0};
    else
        *ret_range = query->backwards ? range_before(before, size) : range_after(until, n, size);
    return OK;
}

/* Copies of the rows of the page, out of the `n` that match. */
static enum code list_page(const struct schema *schema, struct context *context, const void **rows, size_t n,
                           const struct range *range, struct page *ret_page)
{
    struct page page = {.n = range->n, .total = (int64_t)n, .more = range->more};

    if (!(page.records = arena_array(context->arena, page.n, schema->size)))
        return fail_memory(context);
    for (size_t i = 0; i < page.n; i++) {
        const void *copy = record_copy(schema, context->arena, rows[range->start + i]);
        if (!copy)
            return fail_memory(context);
        memcpy((char *)page.records + i * schema->size, copy, schema->size);
    }
    *ret_page = page;
    return OK;
}

static enum code repository_list(struct repository *self, struct context *context, const struct query *query,
                                 struct page *ret_page)
{
    struct table *table = (struct table *)self;
    struct order order = {self->schema, query};
    const void **rows = arena_array(context->arena, table->n, sizeof(*rows));
    enum code code = call(table, context);
    size_t n = 0;
    struct range range = {.n = 0};

    if (code != OK)
        return code;
    if (!rows)
        return fail_memory(context);
    for (size_t i = 0; i < table->n; i++) {
        size_t held = 0;
        while (held < query->n_filters && filter_holds(&query->filters[held], table->rows[i]))
            held++;
        if (held == query->n_filters)
            rows[n++] = table->rows[i];
    }
    qsort_r(rows, n, sizeof(*rows), order_compare, &order);
    if ((code = list_range(table, context, &order, rows, n, &range)) != OK)
        return code;
    return list_page(self->schema, context, rows, n, &range, ret_page);
}

static enum code repository_insert(struct repository *self, struct context *context, void *record)
{
    struct table *table = (struct table *)self;
    enum code code = call(table, context);
    void *row;

    if (code != OK)
        return code;
    if (!references_hold(table, record))
        return fail(context, NO_REFERENCE, NULL);
    if (!(row = record_copy(self->schema, table->store->arena, record)))
        return fail_memory(context);
    record_set_id(self->schema, row, table->last_id + 1);
    if ((code = table_append(table, context, row)) != OK)
        return code;
    record_set_id(self->schema, record, ++table->last_id);
    return OK;
}

static enum code repository_update(struct repository *self, struct context *context, const void *record, uint32_t set)
{
    struct table *table = (struct table *)self;
    enum code code = call(table, context);
    size_t index = table_index(table, record_id(self->schema, record));
    void *merged, *row;

    if (code != OK || index == table->n)
        return code;
    if (!(merged = arena_copy(context->arena, table->rows[index], self->schema->size)))
        return fail_memory(context);
    schema_merge(self->schema, merged, record, set);
    if (!references_hold(table, merged))
        return fail(context, NO_REFERENCE, NULL);
    if (!(row = record_copy(self->schema, table->store->arena, merged)))
        return fail_memory(context);
    table->rows[index] = row;
    return OK;
}

static enum code repository_remove(struct repository *self, struct context *context, int64_t id)
{
    struct table *table = (struct table *)self;
    enum code code = call(table, context);
    size_t index = table_index(table, id);

    if (code != OK || index == table->n)
        return code;
    if (is_referred_to(table, id))
        return fail(context, CONFLICT, NULL);
    table_drop(table, index);
    return OK;
}

static enum code repository_remove_where(struct repository *self, struct context *context, const struct filter *filter,
                                         struct ids *ret_removed)
{
    struct table *table = (struct table *)self;
    struct ids removed = {arena_array(context->arena, table->n, sizeof(int64_t)), 0};
    enum code code = call(table, context);

    if (code != OK)
        return code;
    if (!table->store->active)
        return fail(context, INTERNAL, "remove_where outside a unit of work");
    if (!removed.items)
        return fail_memory(context);
    for (size_t i = 0; i < table->n; i++) {
        int64_t id = record_id(self->schema, table->rows[i]);
        if (!filter_holds(filter, table->rows[i]))
            continue;
        if (is_referred_to(table, id))
            return fail(context, CONFLICT, NULL);
        removed.items[removed.n++] = id;
    }
    for (size_t i = 0; i < removed.n; i++)
        table_drop(table, table_index(table, removed.items[i]));
    *ret_removed = removed;
    return OK;
}

/* Copies the tables' rows into snapshots[TABLES_MAX]. */
static enum code store_save(const struct fake_store *store, struct context *context, struct snapshot *ret_snapshots)
{
    for (size_t i = 0; i < store->n_tables; i++) {
        const struct table *table = store->tables[i];
        const void **rows = arena_array(store->arena, table->n, sizeof(*rows));
        if (!rows)
            return fail_memory(context);
        if (table->n)
            memcpy(rows, table->rows, table->n * sizeof(*rows));
        ret_snapshots[i] = (struct snapshot){rows, table->n};
    }
    return OK;
}

static void store_restore(struct fake_store *store, const struct snapshot *snapshots)
{
    for (size_t i = 0; i < store->n_tables; i++) {
        store->tables[i]->rows = snapshots[i].rows;
        store->tables[i]->n = snapshots[i].n;
        store->tables[i]->capacity = snapshots[i].n;
    }
}

static void hooks_forget(struct fake_store *store)
{
    store->hooks = NULL;
    store->hooks_end = &store->hooks;
}

/* Calls work once; puts everything back unless it gives OK. */
static enum code run_once(struct fake_store *store, struct context *context,
                          enum code (*work)(struct context *context, void *argument), void *argument)
{
    struct snapshot snapshots[TABLES_MAX] = {{NULL, 0}};
    enum code code = store_save(store, context, snapshots);

    if (code != OK)
        return code;
    hooks_forget(store);
    store->active = true;
    code = work(context, argument);
    store->active = false;
    if (code != OK) {
        store_restore(store, snapshots);
        hooks_forget(store);
    }
    return code;
}

static enum code unit_run(struct unit_of_work *self, struct context *context,
                          enum code (*work)(struct context *context, void *argument), void *argument)
{
    struct fake_store *store = (struct fake_store *)self;
    enum code code = CONTENDED;

    if (store->active)
        return fail(context, INTERNAL, "a unit of work inside another");
    for (int runs = 0; code == CONTENDED && runs < RUNS_MAX; runs++) {
        context_clear(context);
        code = run_once(store, context, work, argument);
    }
    if (code == CONTENDED)
        return fail(context, UNAVAILABLE, NULL);
    for (const struct hook *hook = store->hooks; hook; hook = hook->next)
        hook->then(context, hook->argument);
    hooks_forget(store);
    return code;
}

static enum code unit_after_commit(struct unit_of_work *self, struct context *context,
                                   void (*then)(struct context *context, void *argument), void *argument)
{
    struct fake_store *store = (struct fake_store *)self;
    struct hook *hook;

    if (!store->active) {
        then(context, argument);
        return OK;
    }
    if (!(hook = arena_alloc(context->arena, sizeof(*hook))))
        return fail_memory(context);
    *hook = (struct hook){.then = then, .argument = argument};
    *store->hooks_end = hook;
    store->hooks_end = &hook->next;
    return OK;
}

static bool unit_active(struct unit_of_work *self)
{
    return ((struct fake_store *)self)->active;
}

struct fake_store *fake_store_new(struct arena *arena)
{
    struct fake_store *store = arena_alloc(arena, sizeof(*store));

    if (!store)
        return NULL;
    store->unit_of_work = (struct unit_of_work){
        .run = unit_run,
        .after_commit = unit_after_commit,
        .active = unit_active,
    };
    store->arena = arena;
    hooks_forget(store);
    return store;
}

struct repository *fake_repository_new(struct fake_store *store, const struct schema *schema)
{
    struct table *table = store->n_tables < TABLES_MAX ? arena_alloc(store->arena, sizeof(*table)) : NULL;

    if (!table)
        return NULL;
    table->repository = (struct repository){
        .schema = schema,
        .find = repository_find,
        .find_for_update = repository_find_for_update,
        .find_many = repository_find_many,
        .list = repository_list,
        .insert = repository_insert,
        .update = repository_update,
        .remove = repository_remove,
        .remove_where = repository_remove_where,
    };
    table->store = store;
    store->tables[store->n_tables++] = table;
    return &table->repository;
}

struct unit_of_work *fake_unit_of_work(struct fake_store *store)
{
    return &store->unit_of_work;
}

bool fake_catalogue(struct fake_store *store, struct catalogue *ret_catalogue)
{
    struct repository *repositories[RECORDS_MAX];

    for (size_t i = 0; records[i]; i++)
        repositories[i] = fake_repository_new(store, records[i]);
    return catalogue_init(ret_catalogue, repositories, &store->unit_of_work);
}

void fake_fail(struct fake_store *store, enum code code, unsigned after, unsigned times)
{
    store->failure = code;
    store->failure_after = after;
    store->failure_times = times;
}

unsigned fake_calls(const struct fake_store *store)
{
    return store->calls;
}
