/* driver/metrics_text.c: the table of all metrics, and the page told by it. */

#include <inttypes.h>
#include <stdatomic.h>

#include "core/buffer.h"
#include "driver/metrics_page.h"

/* What is told, at one moment. */
struct telling {
    const struct metrics *metrics;
    struct metrics_survey survey;
    struct buffer *text;
};

struct metric {
    const char *name;
    const char *type;
    const char *help;
    void (*write)(const struct telling *telling, const struct metric *metric);
    enum counter counter; /* counter_write(), seconds_write() */
};

static void counter_write(const struct telling *telling, const struct metric *metric);
static void seconds_write(const struct telling *telling, const struct metric *metric);
static void requests_write(const struct telling *telling, const struct metric *metric);
static void durations_write(const struct telling *telling, const struct metric *metric);
static void rate_limited_write(const struct telling *telling, const struct metric *metric);
static void in_flight_write(const struct telling *telling, const struct metric *metric);
static void connections_write(const struct telling *telling, const struct metric *metric);
static void workers_write(const struct telling *telling, const struct metric *metric);
static void build_write(const struct telling *telling, const struct metric *metric);
static void started_write(const struct telling *telling, const struct metric *metric);
static void made_write(const struct telling *telling, const struct metric *metric);

/* clang-format off */
static const struct metric table[] = {
    {"quire_requests_total", "counter", "Requests answered. The route none is for paths and methods that no route has.",
     .write = requests_write},
    {"quire_request_duration_seconds", "histogram", "Time from a request that was read to its answer.",
     .write = durations_write},
    {"quire_rate_limited_total", "counter", "Requests turned away because their client asked too often.",
     .write = rate_limited_write},
    {"quire_requests_in_flight", "gauge", "Requests being answered now, the one that asks this included.",
     .write = in_flight_write},
    {"quire_cache_hits_total", "counter", "Records found in the cache.", .write = counter_write, .counter = CACHE_HITS},
    {"quire_cache_misses_total", "counter", "Records looked for in the cache and not found.",
     .write = counter_write, .counter = CACHE_MISSES},
    {"quire_cache_waits_total", "counter", "Records that another process was filling in, and that were waited for.",
     .write = counter_write, .counter = CACHE_WAITS},
    {"quire_cache_races_total", "counter", "Fills that were void, because the record was written meanwhile.",
     .write = counter_write, .counter = CACHE_RACES},
    {"quire_sql_statements_total", "counter", "Statements run, those that begin and end transactions not counted.",
     .write = counter_write, .counter = SQL_STATEMENTS},
    {"quire_sql_duration_seconds_total", "counter", "Time spent at the database, connecting included.",
     .write = seconds_write, .counter = SQL_US},
    {"quire_database_connections", "gauge", "Connections to the database that are open.", .write = connections_write},
    {"quire_workers", "gauge", "Worker processes alive.", .write = workers_write},
    {"quire_worker_starts_total", "counter", "Worker processes started; as CGI each request starts one.",
     .write = counter_write, .counter = WORKER_STARTS},
    {"quire_worker_deaths_total", "counter", "Worker processes that were killed or crashed.",
     .write = counter_write, .counter = WORKER_DEATHS},
    {"quire_build_info", "gauge", "What is running: always 1.", .write = build_write},
    {"quire_counters_start_time_seconds", "gauge", "When the counters began, in seconds since the epoch.",
     .write = made_write},
    {"process_start_time_seconds", "gauge",
     "When the oldest worker that is alive was started, in seconds since the epoch.", .write = started_write},
    {.name = NULL},
};
/* clang-format on */

static uint64_t read(const _Atomic uint64_t *number)
{
    return atomic_load_explicit(number, memory_order_relaxed);
}

static void number_write(const struct telling *telling, const struct metric *metric, uint64_t number)
{
    buffer_printf(telling->text, "%s %" PRIu64 "\n", metric->name, number);
}

static void counter_write(const struct telling *telling, const struct metric *metric)
{
    number_write(telling, metric, read(&telling->metrics->page->counters[metric->counter]));
}

static void seconds_write(const struct telling *telling, const struct metric *metric)
{
    uint64_t us = read(&telling->metrics->page->counters[metric->counter]);

    buffer_printf(telling->text, "%s %" PRIu64 ".%06" PRIu64 "\n", metric->name, us / 1000000, us % 1000000);
}

static void in_flight_write(const struct telling *telling, const struct metric *metric)
{
    number_write(telling, metric, telling->survey.in_flight);
}

static void connections_write(const struct telling *telling, const struct metric *metric)
{
    number_write(telling, metric, telling->survey.connections);
}

static void workers_write(const struct telling *telling, const struct metric *metric)
{
    number_write(telling, metric, telling->survey.workers);
}

static void time_write(const struct telling *telling, const struct metric *metric, uint64_t ms)
{
    buffer_printf(telling->text, "%s %" PRIu64 ".%03" PRIu64 "\n", metric->name, ms / 1000, ms % 1000);
}

static void started_write(const struct telling *telling, const struct metric *metric)
{
    time_write(telling, metric, telling->survey.oldest_ms);
}

static void made_write(const struct telling *telling, const struct metric *metric)
{
    time_write(telling, metric, read(&telling->metrics->page->made_ms));
}

/* name="value", with a comma before it unless it is the first. */
static void label_write(struct buffer *text, const char *name, const char *value)
{
    if (text->size > 0 && text->data[text->size - 1] != '{')
        buffer_add_char(text, ',');
    buffer_printf(text, "%s=\"", name);
    for (const char *at = value; *at; at++) {
        if (*at == '"' || *at == '\\')
            buffer_add_char(text, '\\');
        if (*at == '\n')
            buffer_add_text(text, "\\n");
        else
            buffer_add_char(text, *at);
    }
    buffer_add_char(text, '"');
}

static void build_write(const struct telling *telling, const struct metric *metric)
{
    const struct metrics_labels *labels = telling->metrics->labels;

    buffer_printf(telling->text, "%s{", metric->name);
    label_write(telling->text, "version", labels->version);
    label_write(telling->text, "drivers", labels->drivers);
    label_write(telling->text, "database", labels->database);
    label_write(telling->text, "cache", labels->cache);
    buffer_add_text(telling->text, "} 1\n");
}

/* name_suffix{route="/",method="GET" */
static void sample_start(const struct telling *telling, const struct metric *metric, const char *suffix, size_t route,
                         size_t method)
{
    const struct metrics_labels *labels = telling->metrics->labels;

    buffer_printf(telling->text, "%s%s{", metric->name, suffix);
    label_write(telling->text, "route", labels->routes[route]);
    label_write(telling->text, "method", labels->methods[method]);
}

/* Calls `write` for every route and method. */
static void each_kind(const struct telling *telling, const struct metric *metric,
                      void (*write)(const struct telling *telling, const struct metric *metric, size_t route,
                                    size_t method))
{
    for (size_t route = 0; route < telling->metrics->n_routes; route++) {
        for (size_t method = 0; method < telling->metrics->n_methods; method++)
            write(telling, metric, route, method);
    }
}

static void statuses_write(const struct telling *telling, const struct metric *metric, size_t route, size_t method)
{
    const struct metrics *metrics = telling->metrics;
    struct metrics_kind kind = metrics_kind(metrics, route, method);

    for (size_t i = 0; i <= metrics->n_statuses; i++) {
        uint64_t n = read(&kind.statuses[i]);
        if (n == 0)
            continue;
        sample_start(telling, metric, "", route, method);
        if (i < metrics->n_statuses)
            buffer_printf(telling->text, ",status=\"%d\"} %" PRIu64 "\n", metrics->labels->statuses[i], n);
        else
            buffer_printf(telling->text, ",status=\"other\"} %" PRIu64 "\n", n);
    }
}

static void requests_write(const struct telling *telling, const struct metric *metric)
{
    each_kind(telling, metric, statuses_write);
}

/* Those that were answered with 429 (RFC 6585 section 4), of all routes and methods. */
static void rate_limited_write(const struct telling *telling, const struct metric *metric)
{
    const struct metrics *metrics = telling->metrics;
    uint64_t n = 0;
    size_t status = 0;

    while (status < metrics->n_statuses && metrics->labels->statuses[status] != 429)
        status++;
    for (size_t route = 0; status < metrics->n_statuses && route < metrics->n_routes; route++) {
        for (size_t method = 0; method < metrics->n_methods; method++)
            n += read(&metrics_kind(metrics, route, method).statuses[status]);
    }
    number_write(telling, metric, n);
}

/* The buckets are read once, and their sum is the count: the three always agree. */
static void histogram_write(const struct telling *telling, const struct metric *metric, size_t route, size_t method)
{
    struct metrics_kind kind = metrics_kind(telling->metrics, route, method);
    uint64_t us = read(kind.us);
    uint64_t counts[METRICS_BOUNDS + 1];
    uint64_t n = 0;

    for (size_t i = 0; i <= METRICS_BOUNDS; i++)
        n = counts[i] = n + read(&kind.buckets[i]);
    if (n == 0)
        return;
    for (size_t i = 0; i < METRICS_BOUNDS; i++) {
        sample_start(telling, metric, "_bucket", route, method);
        buffer_printf(telling->text, ",le=\"%g\"} %" PRIu64 "\n", (double)metrics_bounds_us[i] / 1e6, counts[i]);
    }
    sample_start(telling, metric, "_bucket", route, method);
    buffer_printf(telling->text, ",le=\"+Inf\"} %" PRIu64 "\n", n);
    sample_start(telling, metric, "_sum", route, method);
    buffer_printf(telling->text, "} %" PRIu64 ".%06" PRIu64 "\n", us / 1000000, us % 1000000);
    sample_start(telling, metric, "_count", route, method);
    buffer_printf(telling->text, "} %" PRIu64 "\n", n);
}

static void durations_write(const struct telling *telling, const struct metric *metric)
{
    each_kind(telling, metric, histogram_write);
}

/* Who lives is looked at first: that counts deaths. */
void metrics_write(struct metrics *metrics, struct buffer *text)
{
    struct telling telling = {.metrics = metrics, .text = text};

    metrics_survey(metrics, &telling.survey);
    for (const struct metric *metric = table; metric->name; metric++) {
        buffer_printf(text, "# HELP %s %s\n# TYPE %s %s\n", metric->name, metric->help, metric->name, metric->type);
        metric->write(&telling, metric);
    }
}
