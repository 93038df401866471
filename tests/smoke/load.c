/*
 * load.c: readers and writers against BASE_URL that keep an exact account: `load SECONDS CLIENTS`.
 *
 * Each client is a closed loop over books of its own, and reads everybody's. What was acknowledged must be there
 * exactly once and is never shown in an older version; what failed may have happened or not, but not twice. Prints the
 * account as key=value lines and ends with 1 when it does not balance. Failed requests are counted; whether they are
 * allowed is for the caller to say.
 */

#include <curl/curl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

#define CLIENTS_MAX 16
#define BOOKS_MAX 50000
#define ANSWER_MAX ((size_t)256 * 1024)
#define FAILURE_PAUSE_US 20000
#define VERIFY_S 30
#define TITLE ",\"title\":\""

enum fate { UNSENT, UNKNOWN, THERE, REMOVING, REMOVED };

/* A book as its writer knows it. `sent` and `acknowledged` are versions, written in its description. */
struct book {
    _Atomic int fate;
    _Atomic int64_t id;
    _Atomic int sent;
    _Atomic int acknowledged;
    int seen; /* in the final list */
};

struct account {
    long requests, reads, writes;
    long failed;     /* no answer, or 5xx */
    long status_500; /* of those */
    long status_503;
    long unanswered;
    long bare;    /* a 503 without detail or Retry-After */
    long stale;   /* an older version than one acknowledged before, or a removed book */
    long missing; /* 404 for a book that is there */
    long wrong;   /* any answer that nothing explains */
    long first_failure_ms, last_failure_ms, slowest_ms;
};

struct client {
    int number;
    unsigned seed;
    CURL *curl;
    pthread_t thread;
    struct book *books;
    _Atomic int n_books;
    struct account account;
    char answer[ANSWER_MAX + 1];
    size_t answer_size;
    char retry_after[32];
};

static struct client *clients[CLIENTS_MAX];
static int n_clients;
static const char *base_url;
static int64_t author_id;
static long deadline_ms;

static long now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static size_t on_body(char *data, size_t unit, size_t n, void *argument)
{
    struct client *client = argument;
    size_t size = unit * n;

    if (size > ANSWER_MAX - client->answer_size)
        return 0;
    memcpy(client->answer + client->answer_size, data, size);
    client->answer_size += size;
    client->answer[client->answer_size] = '\0';
    return size;
}

static size_t on_header(char *data, size_t unit, size_t n, void *argument)
{
    struct client *client = argument;

    if (unit * n > 13 && strncasecmp(data, "Retry-After: ", 13) == 0)
        snprintf(client->retry_after, sizeof client->retry_after, "%.*s", (int)(unit * n - 13), data + 13);
    return unit * n;
}

static void count_failure(struct client *client, long status)
{
    struct account *account = &client->account;

    account->failed++;
    account->unanswered += status == 0;
    account->status_500 += status == 500;
    account->status_503 += status == 503;
    if (status == 503 && (!*client->retry_after || strncmp(client->answer, "{\"detail\":", 10) != 0))
        account->bare++;
    account->last_failure_ms = now_ms();
    if (!account->first_failure_ms)
        account->first_failure_ms = account->last_failure_ms;
    fprintf(stderr, "%ld: client %d: status %ld: %.200s\n", account->last_failure_ms, client->number, status,
            client->answer);
}

/* The status, or 0 without an answer. */
static long call(struct client *client, const char *method, const char *body, const char *path)
{
    struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
    char url[512];
    long status = 0, start = now_ms();

    snprintf(url, sizeof url, "%s%s", base_url, path);
    client->answer_size = 0;
    client->answer[0] = client->retry_after[0] = '\0';
    curl_easy_reset(client->curl);
    curl_easy_setopt(client->curl, CURLOPT_URL, url);
    curl_easy_setopt(client->curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(client->curl, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(client->curl, CURLOPT_TIMEOUT, 30L);
    if (body)
        curl_easy_setopt(client->curl, CURLOPT_POSTFIELDS, body);
    curl_easy_setopt(client->curl, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(client->curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(client->curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(client->curl, CURLOPT_WRITEDATA, client);
    curl_easy_setopt(client->curl, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(client->curl, CURLOPT_HEADERDATA, client);
    if (curl_easy_perform(client->curl) == CURLE_OK)
        curl_easy_getinfo(client->curl, CURLINFO_RESPONSE_CODE, &status);
    curl_slist_free_all(headers);
    if (now_ms() - start > client->account.slowest_ms)
        client->account.slowest_ms = now_ms() - start;
    return status;
}

/* As call(), counted; a failure costs a pause, so that an outage is not a storm. */
static long counted_call(struct client *client, const char *method, const char *body, const char *path)
{
    long status = call(client, method, body, path);

    client->account.requests++;
    if (status == 0 || status >= 500) {
        count_failure(client, status);
        usleep(FAILURE_PAUSE_US);
    }
    return status;
}

static bool failed(long status)
{
    return status == 0 || status >= 500;
}

static void wrong(struct client *client, const char *what, long status)
{
    client->account.wrong++;
    fprintf(stderr, "%s: status %ld: %.200s\n", what, status, client->answer);
}

static void format_book(const struct client *client, int index, int version, char *ret_body, size_t size)
{
    snprintf(ret_body, size,
             "{\"title\":\"%d-%d-%d\",\"description\":\"v%d\",\"publish_date\":\"1974-05-01\",\"author_id\":%" PRId64
             "}",
             (int)getpid(), client->number, index, version, author_id);
}

static int64_t number_after(const char *text, const char *mark)
{
    const char *at = strstr(text, mark);

    return at ? strtoll(at + strlen(mark), NULL, 10) : -1;
}

static void make_book(struct client *client)
{
    int index = client->n_books;
    struct book *book = &client->books[index];
    char body[256];
    long status = 0;

    if (index == BOOKS_MAX)
        return;
    book->fate = UNKNOWN;
    book->sent = 1;
    format_book(client, index, 1, body, sizeof body);
    status = counted_call(client, "POST", body, "/api/books");
    client->account.writes++;
    if (status == 200) {
        book->id = number_after(client->answer, "{\"id\":");
        book->acknowledged = 1;
        book->fate = THERE;
    } else if (!failed(status)) {
        wrong(client, "POST", status);
    }
    client->n_books = index + 1;
}

static struct book *any_book(struct client *from, unsigned *seed)
{
    int n = from->n_books;

    return n ? &from->books[rand_r(seed) % n] : NULL;
}

static void replace_book(struct client *client)
{
    struct book *book = any_book(client, &client->seed);
    char body[256], path[64];
    long status = 0;

    if (!book || book->fate != THERE)
        return;
    book->sent++;
    format_book(client, (int)(book - client->books), book->sent, body, sizeof body);
    snprintf(path, sizeof path, "/api/books/%" PRId64, book->id);
    status = counted_call(client, "PUT", body, path);
    client->account.writes++;
    if (status == 200)
        book->acknowledged = book->sent;
    else if (!failed(status))
        wrong(client, "PUT", status);
}

static void remove_book(struct client *client)
{
    struct book *book = any_book(client, &client->seed);
    char path[64];
    long status = 0;

    if (!book || book->fate != THERE)
        return;
    book->fate = REMOVING;
    snprintf(path, sizeof path, "/api/books/%" PRId64, book->id);
    status = counted_call(client, "DELETE", NULL, path);
    client->account.writes++;
    if (status == 200)
        book->fate = REMOVED;
    else if (!failed(status))
        wrong(client, "DELETE", status);
}

static void read_book(struct client *client)
{
    struct book *book = any_book(clients[rand_r(&client->seed) % n_clients], &client->seed);
    int fate = book ? book->fate : UNSENT;
    int acknowledged = book ? book->acknowledged : 0;
    char path[64];
    long status = 0;

    if (fate != THERE && fate != REMOVED)
        return;
    snprintf(path, sizeof path, "/api/books/%" PRId64, book->id);
    status = counted_call(client, "GET", NULL, path);
    client->account.reads++;
    if (status == 200) {
        int64_t version = number_after(client->answer, "\"description\":\"v");

        if (fate == REMOVED || version < acknowledged) {
            client->account.stale++;
            fprintf(stderr, "stale: %s: version %" PRId64 " after %d\n", path, version, acknowledged);
        } else if (version > book->sent) {
            wrong(client, "GET", status);
        }
    } else if (status == 404) {
        client->account.missing += book->fate == THERE;
    } else if (!failed(status)) {
        wrong(client, "GET", status);
    }
}

static void *run_client(void *argument)
{
    struct client *client = argument;

    while (now_ms() < deadline_ms) {
        unsigned die = (unsigned)rand_r(&client->seed) % 100;

        if (die < 15 || !client->n_books)
            make_book(client);
        else if (die < 40)
            replace_book(client);
        else if (die < 44)
            remove_book(client);
        else
            read_book(client);
    }
    return NULL;
}

/* The book of this title, "PID-CLIENT-INDEX"; NULL when it is none of ours. */
static struct book *find_book(const char *title)
{
    char *end = NULL;
    long pid = strtol(title, &end, 10);
    long number = *end == '-' ? strtol(end + 1, &end, 10) : -1;
    long index = *end == '-' ? strtol(end + 1, &end, 10) : -1;

    if (*end != '"' || pid != getpid() || number < 0 || number >= n_clients || index < 0 || index >= BOOKS_MAX)
        return NULL;
    return &clients[number]->books[index];
}

/* Enters one listed book: "title":"PID-CLIENT-INDEX","description":"vN",... */
static void see_book(const char *text, struct account *total)
{
    struct book *book = find_book(text + strlen(TITLE));

    if (!book) {
        total->wrong++;
        return;
    }
    book->seen++;
    if (number_after(text, "\"description\":\"v") < book->acknowledged) {
        total->stale++;
        fprintf(stderr, "final: %.80s after version %d\n", text, book->acknowledged);
    }
}

/* Walks the whole list by key. The author comes after each book's members, so a book starts at every "title". */
static bool see_all(struct account *total)
{
    struct client *client = clients[0];
    int64_t last = 0;
    long give_up = now_ms() + VERIFY_S * 1000;
    bool more = true;

    while (more) {
        char path[160];

        snprintf(path, sizeof path, "/api/books?author_id=%" PRId64 "&pageSize=100", author_id);
        if (last)
            snprintf(path + strlen(path), sizeof path - strlen(path), "&after=%" PRId64, last);
        if (call(client, "GET", NULL, path) != 200) {
            if (now_ms() > give_up)
                return false;
            usleep(FAILURE_PAUSE_US);
            continue;
        }
        more = false;
        for (const char *at = client->answer; (at = strstr(at, TITLE)); at++) {
            const char *id = at;

            while (id > client->answer && strncmp(id, "\"id\":", 5) != 0)
                id--;
            last = strtoll(id + 5, NULL, 10);
            see_book(at, total);
            more = true;
        }
    }
    return true;
}

/* What is there against what was acknowledged. */
static void balance(const struct client *client, long *ret_lost, long *ret_doubled)
{
    for (int i = 0; i < client->n_books; i++) {
        const struct book *book = &client->books[i];
        bool lost = (book->fate == THERE && !book->seen) || (book->fate == REMOVED && book->seen);

        *ret_lost += lost;
        *ret_doubled += book->seen > 1;
        if (lost || book->seen > 1)
            fprintf(stderr, "book %d-%d (id %" PRId64 ", fate %d) is there %d times\n", client->number, i, book->id,
                    book->fate, book->seen);
    }
}

static void add_account(struct account *total, const struct account *account)
{
    total->requests += account->requests;
    total->reads += account->reads;
    total->writes += account->writes;
    total->failed += account->failed;
    total->status_500 += account->status_500;
    total->status_503 += account->status_503;
    total->unanswered += account->unanswered;
    total->bare += account->bare;
    total->stale += account->stale;
    total->missing += account->missing;
    total->wrong += account->wrong;
    if (account->slowest_ms > total->slowest_ms)
        total->slowest_ms = account->slowest_ms;
    if (account->last_failure_ms > total->last_failure_ms)
        total->last_failure_ms = account->last_failure_ms;
    if (account->first_failure_ms && (!total->first_failure_ms || account->first_failure_ms < total->first_failure_ms))
        total->first_failure_ms = account->first_failure_ms;
}

static int report(void)
{
    struct account total = {0};
    long lost = 0, doubled = 0;
    bool verified = see_all(&total);

    for (int i = 0; i < n_clients; i++) {
        add_account(&total, &clients[i]->account);
        balance(clients[i], &lost, &doubled);
    }
    printf(
        "requests=%ld\nreads=%ld\nwrites=%ld\nfailed=%ld\nstatus_500=%ld\nstatus_503=%ld\nunanswered=%ld\nbare=%ld\n",
        total.requests, total.reads, total.writes, total.failed, total.status_500, total.status_503, total.unanswered,
        total.bare);
    printf("stale=%ld\nmissing=%ld\nwrong=%ld\nlost=%ld\ndoubled=%ld\nverified=%d\n", total.stale, total.missing,
           total.wrong, lost, doubled, verified);
    printf("first_failure_ms=%ld\nlast_failure_ms=%ld\nslowest_ms=%ld\n", total.first_failure_ms, total.last_failure_ms,
           total.slowest_ms);
    return verified && !total.stale && !total.missing && !total.wrong && !lost && !doubled ? 0 : 1;
}

static bool make_author(struct client *client)
{
    long status =
        call(client, "POST", "{\"name\":\"load\",\"bio\":\"b\",\"birthdate\":\"1929-10-21\"}", "/api/authors");

    author_id = number_after(client->answer, "{\"id\":");
    if (status != 200 || author_id < 1)
        fprintf(stderr, "cannot make an author: status %ld: %.200s\n", status, client->answer);
    return status == 200 && author_id >= 1;
}

static struct client *client_new(int number)
{
    struct client *client = calloc(1, sizeof *client);

    if (!client || !(client->books = calloc(BOOKS_MAX, sizeof *client->books)) || !(client->curl = curl_easy_init()))
        exit(2);
    client->number = number;
    client->seed = (unsigned)getpid() * 31U + (unsigned)number;
    return client;
}

static void client_free(struct client *client)
{
    curl_easy_cleanup(client->curl);
    free(client->books);
    free(client);
}

int main(int argc, char **argv)
{
    long seconds = argc == 3 ? strtol(argv[1], NULL, 10) : 0;
    int status = 2;

    n_clients = argc == 3 ? (int)strtol(argv[2], NULL, 10) : 0;
    base_url = getenv("BASE_URL");
    if (seconds < 1 || n_clients < 1 || n_clients > CLIENTS_MAX || !base_url) {
        fprintf(stderr, "usage: BASE_URL=http://127.0.0.1:8080 load SECONDS CLIENTS (at most %d)\n", CLIENTS_MAX);
        return 2;
    }
    curl_global_init(CURL_GLOBAL_ALL);
    for (int i = 0; i < n_clients; i++)
        clients[i] = client_new(i);
    if (make_author(clients[0])) {
        deadline_ms = now_ms() + seconds * 1000;
        for (int i = 0; i < n_clients; i++)
            if (pthread_create(&clients[i]->thread, NULL, run_client, clients[i]) != 0)
                exit(2);
        for (int i = 0; i < n_clients; i++)
            pthread_join(clients[i]->thread, NULL);
        status = report();
    }
    for (int i = 0; i < n_clients; i++)
        client_free(clients[i]);
    curl_global_cleanup();
    return status;
}
