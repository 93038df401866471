/*
 * server/fastcgi.c: libfcgi reads and writes the records; waiting and accepting are done here.
 *
 * The surprising choice: connections are accepted here and put into FCGX_Request.ipcFd, which libfcgi asks its users to
 * leave alone. libfcgi's own accept can neither wait with signals let in nor bound the reads that follow it, so that
 * SIGTERM would cut requests and a stalled web server would hold a worker for ever.
 *
 * The price is two system calls when the worker was idle, an accept in vain and the wait, and none when there is always
 * a next request: a timeout that is set takes the place of libfcgi's own poll before the first read.
 */

#include "server/fastcgi.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcgiapp.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/clock.h"
#include "core/context.h"
#include "core/log.h"
#include "core/random.h"
#include "http/request.h"
#include "server/board.h"
#include "server/handler.h"
#include "server/overload.h"
#include "server/request_body.h"

/* How long a connection may keep us waiting for the start of a request. A web server sends it at once. */
#define FIRST_BYTES_MS 250

/* How often a busy worker asks whether it was told to stop. */
#define ASK_MS 10

/* An answer up to this size fits into a socket's buffer: writing it cannot block. */
#define SMALL_ANSWER ((size_t)64 * 1024)

/* A larger one goes out in pieces that make libfcgi, whose buffer has 8 KiB, write once at most. */
#define ANSWER_PIECE ((size_t)4 * 1024)

static const int held_signals[] = {SIGTERM, SIGUSR1, SIGINT, SIGHUP};
#define N_HELD_SIGNALS (sizeof held_signals / sizeof held_signals[0])

static volatile sig_atomic_t stopped, renamed;

struct worker {
    const struct fastcgi_service *service;
    struct request_handler *handler;
    int fd;       /* the listening socket */
    int64_t left; /* requests until it leaves */
    int ready;    /* epoll on it: each new connection wakes one of the workers that wait */
    bool kept;    /* the web server keeps the connection in `link` for its next request */
    bool drained; /* the last request was read to its end */
    FCGX_Request link;
    struct overload overload;
    struct arena arena; /* of the request */
    sigset_t waiting;   /* the signal mask while waiting for a request */
    int64_t asked_ms;   /* when pending signals were last looked for */
};

static void stop(int signal_number)
{
    (void)signal_number;
    stopped = 1;
}

static void note_renamed(int signal_number)
{
    (void)signal_number;
    renamed = 1;
}

/* Blocks the signals we know; they are let in while waiting only. */
static void hold_signals(struct worker *worker)
{
    sigset_t held;

    sigemptyset(&held);
    for (size_t i = 0; i < N_HELD_SIGNALS; i++)
        sigaddset(&held, held_signals[i]);
    sigprocmask(SIG_BLOCK, &held, &worker->waiting);
    for (size_t i = 0; i < N_HELD_SIGNALS; i++) {
        bool reopens = held_signals[i] == SIGUSR1 && worker->service->reopen;
        struct sigaction action = {.sa_handler = reopens ? note_renamed : stop};
        sigemptyset(&action.sa_mask);
        sigaction(held_signals[i], &action, NULL);
        sigdelset(&worker->waiting, held_signals[i]);
    }
    signal(SIGPIPE, SIG_IGN);
}

/* For a worker that never waits, because the next request is always there. */
static void ask_signals(struct worker *worker)
{
    sigset_t held;
    int64_t now_ms = clock_ms();

    if (now_ms - worker->asked_ms < ASK_MS)
        return;
    worker->asked_ms = now_ms;
    sigprocmask(SIG_SETMASK, &worker->waiting, &held);
    sigprocmask(SIG_SETMASK, &held, NULL);
}

static void reopen(const struct worker *worker)
{
    renamed = 0;
    worker->service->reopen(worker->service->argument);
}

/* What the supervisor sees of us. A piece of work begins; it ends. */
static void begin_work(const struct worker *worker)
{
    if (worker->service->desk)
        desk_begin(worker->service->desk, clock_ms());
}

static void end_work(const struct worker *worker)
{
    if (worker->service->desk)
        desk_end(worker->service->desk);
}

static void hang_up(struct worker *worker)
{
    FCGX_Free(&worker->link, 1);
    worker->kept = false;
}

/*
 * Waits until there may be a request, or a signal. A kept connection that has nothing to say is given up when another
 * one comes: it would pin this worker.
 */
static void wait_for_request(struct worker *worker)
{
    if (worker->kept) {
        struct pollfd fds[] = {{.fd = worker->link.ipcFd, .events = POLLIN}, {.fd = worker->fd, .events = POLLIN}};
        ppoll(fds, 2, NULL, &worker->waiting);
        if (!fds[0].revents)
            hang_up(worker);
    } else {
        struct epoll_event event;
        epoll_pwait(worker->ready, &event, 1, -1, &worker->waiting);
    }
    worker->asked_ms = clock_ms();
}

static void limit_wait(int fd, int option, int timeout_ms)
{
    struct timeval timeout = {.tv_sec = timeout_ms / 1000, .tv_usec = (timeout_ms % 1000) * 1000};

    setsockopt(fd, SOL_SOCKET, option, &timeout, sizeof timeout);
}

/* FCGI_WEB_SERVER_ADDRS: who may connect over IPv4 (FastCGI specification section 3.2). */
static bool is_allowed(const struct sockaddr_storage *peer)
{
    const char *allowed = getenv("FCGI_WEB_SERVER_ADDRS");
    char name[INET_ADDRSTRLEN] = "";

    if (!allowed || peer->ss_family != AF_INET)
        return true;
    inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)peer)->sin_addr, name, sizeof name);
    for (const char *at = allowed; *at; at += *at == ',') {
        size_t size = strcspn(at, ",");
        if (size == strlen(name) && strncmp(at, name, size) == 0)
            return true;
        at += size;
    }
    return false;
}

/* Accepts a connection into `link`. False: there is none; errno says why. */
static bool accept_connection(struct worker *worker)
{
    struct sockaddr_storage peer = {.ss_family = AF_UNSPEC};
    socklen_t size = sizeof peer;
    int fd = accept4(worker->fd, (struct sockaddr *)&peer, &size, SOCK_CLOEXEC);

    if (fd < 0)
        return false;
    if (!is_allowed(&peer)) {
        close(fd);
        errno = ECONNABORTED;
        return false;
    }
    worker->link.ipcFd = fd;
    worker->link.keepConnection = 1; /* FCGX_Accept_r() then goes on with this connection */
    return true;
}

/* Is this failure to accept about one connection only? */
static bool is_passing(int error)
{
    return error == EAGAIN || error == EINTR || error == ECONNABORTED || error == EPROTO || error == EPERM;
}

/* Reads the start of a request from the connection in `link`. False: none came, and the connection is closed. */
static bool start_request(struct worker *worker)
{
    limit_wait(worker->link.ipcFd, SO_RCVTIMEO, FIRST_BYTES_MS);
    worker->kept = false;
    begin_work(worker);
    bool started = FCGX_Accept_r(&worker->link) == 0;
    if (!started)
        end_work(worker);
    return started;
}

/* Told to end: is it over for the service, not for this worker only? Then what waits is answered first. */
static bool is_last_call(struct worker *worker)
{
    struct board *board = worker->service->board;

    if (!stopped || !board || !board_is_last_call(board))
        return false;
    if (worker->kept)
        hang_up(worker);
    return true;
}

/* Has the listening socket been closed for new connections, and is nothing left in it? */
static bool is_over(const struct worker *worker)
{
    return worker->service->board && worker->service->board->closed;
}

/* Gets the next request into `link`. False: told to stop, or *ret_status says that the socket failed. */
static bool next_request(struct worker *worker, int *ret_status)
{
    while (!stopped || is_last_call(worker)) {
        if (worker->kept)
            wait_for_request(worker);
        ask_signals(worker);
        if (renamed)
            reopen(worker);
        if (stopped && !is_last_call(worker))
            break;
        if (worker->kept || accept_connection(worker)) {
            if (start_request(worker))
                return true;
        } else if (is_over(worker)) {
            break;
        } else if (is_passing(errno)) {
            wait_for_request(worker);
        } else {
            log_line(LOG_LEVEL_ERROR, "cannot accept connections: %s", strerror(errno));
            *ret_status = 1;
            break;
        }
    }
    return false;
}

/* The request's STDIN stream. */
struct input {
    struct body_source source; /* first */
    FCGX_Stream *stream;
    const struct context *context; /* has the deadline */
    int fd;                        /* the connection */
    bool waits;                    /* there may be a body to wait for: the limit of the first bytes is not its own */
    int limit_ms;                  /* how long a read may wait; 0: not set here yet */
};

/* A read may wait until the deadline. False: that is over. */
static bool limit_read(struct input *input)
{
    int left_ms = context_left_ms(input->context, INT_MAX);

    if (input->waits && left_ms > 0 && left_ms != input->limit_ms)
        limit_wait(input->fd, SO_RCVTIMEO, left_ms);
    input->limit_ms = left_ms;
    return left_ms > 0;
}

/* Waits for a byte and takes what has come with it: FCGX_GetStr() waits for all it is asked for. */
static size_t input_read(struct body_source *self, char *to, size_t size)
{
    struct input *input = (struct input *)self;
    int first = limit_read(input) ? FCGX_GetChar(input->stream) : EOF;

    if (first == EOF)
        return 0;
    *to = (char)first;
    size_t ready = (size_t)(input->stream->stop - input->stream->rdNext);
    if (ready > size - 1)
        ready = size - 1;
    int got = ready > 0 ? FCGX_GetStr(to + 1, (int)ready, input->stream) : 0;
    return 1 + (size_t)got;
}

static bool input_ended_well(struct body_source *self)
{
    FCGX_Stream *stream = ((struct input *)self)->stream;

    return FCGX_GetError(stream) == 0 && FCGX_HasSeenEOF(stream) != 0;
}

static const char *variable(const struct request *self, const char *name)
{
    return FCGX_GetParam(name, self->source);
}

static const char *text_or_empty(const char *text)
{
    return text ? text : "";
}

static void read_body(struct worker *worker, struct context *context, struct request *request)
{
    const char *content_length = variable(request, "CONTENT_LENGTH");
    struct input input = {{.read = input_read, .ended_well = input_ended_well},
                          .stream = worker->link.in,
                          .context = context,
                          .fd = worker->link.ipcFd,
                          .waits = !content_length || strcmp(content_length, "0") != 0};

    request_body_read(context, &input.source, content_length, worker->handler->max_body, request);
    worker->drained = input_ended_well(&input.source);
}

/*
 * Sends an answer that its reader may be slow to take: as long as there is progress, this worker is not stuck. Without
 * it the connection is cut off, or libfcgi would wait once more at the end.
 */
static void send_large(struct worker *worker, const char *bytes, size_t size)
{
    limit_wait(worker->link.ipcFd, SO_SNDTIMEO, worker->handler->request_timeout_ms);
    for (size_t piece = 0; size > 0; bytes += piece, size -= piece) {
        piece = size < ANSWER_PIECE ? size : ANSWER_PIECE;
        begin_work(worker);
        if (FCGX_PutStr(bytes, (int)piece, worker->link.out) < 0) {
            shutdown(worker->link.ipcFd, SHUT_RDWR);
            return;
        }
    }
    begin_work(worker); /* the rest, in finish() */
}

/* Answers the request in `link`. That the client is gone is nobody's concern any more. */
static void answer(struct worker *worker)
{
    struct context context;
    struct request request = {.variable = variable, .source = worker->link.envp};
    const char *bytes = NULL;
    size_t size = 0;

    request.method_text = text_or_empty(variable(&request, "REQUEST_METHOD"));
    request.uri = text_or_empty(variable(&request, "REQUEST_URI"));
    context_init(&context, &worker->arena, clock_ms() + worker->handler->request_timeout_ms);
    context.overloaded =
        overload_begin(&worker->overload, worker->service->board ? worker->service->board->workers : 1);
    read_body(worker, &context, &request);
    handler_run(worker->handler, &context, &request, &bytes, &size);
    if (size > SMALL_ANSWER)
        send_large(worker, bytes, size);
    else
        FCGX_PutStr(bytes, (int)size, worker->link.out);
    if (!context.overloaded)
        overload_end(&worker->overload);
}

/* Ends the exchange; the connection stays when the web server wants it and nothing is left unread on it. */
static void finish(struct worker *worker)
{
    FCGX_Finish_r(&worker->link);
    worker->kept = worker->link.ipcFd >= 0;
    if (worker->kept && !worker->drained)
        hang_up(worker);
    arena_reset(&worker->arena);
    end_work(worker);
}

/* max_requests give or take a tenth: workers started together do not come to their ends together. */
static int64_t jitter(int64_t max_requests)
{
    int64_t span = max_requests / 5;

    return max_requests - span / 2 + (uint32_t)random_number() % (span + 1);
}

/* The variable is libfcgi's: how many ms it waits for a peer that does not close after the answer. */
static bool prepare(struct worker *worker)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLEXCLUSIVE};
    int flags = fcntl(worker->fd, F_GETFL);

    setenv("LIBFCGI_OS_CLOSE_POLL_TIMEOUT", "100", 0);
    if (flags < 0 || fcntl(worker->fd, F_SETFL, flags | O_NONBLOCK) < 0 || FCGX_Init() != 0 ||
        FCGX_InitRequest(&worker->link, -1, 0) != 0)
        return false;
    worker->ready = epoll_create1(EPOLL_CLOEXEC);
    return worker->ready >= 0 && epoll_ctl(worker->ready, EPOLL_CTL_ADD, worker->fd, &event) == 0;
}

/* Is this worker to be recycled, and may it leave now? */
static bool leaves(struct worker *worker)
{
    const struct fastcgi_service *service = worker->service;

    if (service->max_requests == 0 || worker->left-- > 0)
        return false;
    if (service->board && !board_may_leave(service->board))
        return false;
    log_line(LOG_LEVEL_INFO, "worker has done its requests");
    return true;
}

int fastcgi_serve(const struct fastcgi_service *service)
{
    struct worker worker = {.service = service,
                            .handler = service->handler,
                            .fd = service->fd,
                            .left = jitter(service->max_requests),
                            .ready = -1};
    int status = 0;

    stopped = renamed = 0;
    hold_signals(&worker);
    arena_init(&worker.arena, handler_memory(worker.handler));
    overload_init(&worker.overload, worker.fd, worker.handler->request_timeout_ms);
    if (!prepare(&worker)) {
        log_line(LOG_LEVEL_ERROR, "cannot serve on descriptor %d: %s", worker.fd, strerror(errno));
        status = 1;
    } else if (service->desk) {
        desk_ready(service->desk);
    }
    while (status == 0 && !leaves(&worker) && next_request(&worker, &status)) {
        answer(&worker);
        finish(&worker);
    }
    begin_work(&worker); /* leaving: what hangs from now on is found stuck */
    if (worker.kept)
        hang_up(&worker);
    if (worker.ready >= 0)
        close(worker.ready);
    overload_release(&worker.overload);
    arena_release(&worker.arena);
    return status;
}
