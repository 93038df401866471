/*
 * server/supervisor.c: one loop around sigtimedwait(2). All signals it knows are blocked and taken one by one, so there
 * is no handler and nothing happens at an odd moment.
 */

#include "server/supervisor.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"

#define YOUNG_MS 1000 /* a worker that dies younger has not really started */
#define PAUSE_FIRST_MS 100
#define PAUSE_MAX_MS 5000
#define PAUSE_FORGOTTEN_MS 10000 /* so long after such a death the pauses start over */

struct worker {
    pid_t pid; /* 0: nobody */
    int64_t started_ms;
    int64_t kill_ms; /* told to end; killed at this time. 0: not told */
    bool outdated;   /* to be replaced */
};

struct supervisor {
    const struct crew *crew;
    struct worker *workers;
    size_t n_places; /* one more than the crew needs, for the successor of a worker that still ends */
    bool draining;
    int pause_ms;       /* of the last death of a young worker; 0: none lately */
    int64_t death_ms;   /* when that was */
    int64_t restart_ms; /* no worker is started before */
    sigset_t before;    /* the signal mask we were called with; the workers' */
};

static bool is_serving(const struct worker *worker)
{
    return worker->pid != 0 && worker->kill_ms == 0;
}

static size_t count_serving(const struct supervisor *supervisor)
{
    size_t n = 0;

    for (size_t i = 0; i < supervisor->n_places; i++)
        n += is_serving(&supervisor->workers[i]);
    return n;
}

static size_t count_alive(const struct supervisor *supervisor)
{
    size_t n = 0;

    for (size_t i = 0; i < supervisor->n_places; i++)
        n += supervisor->workers[i].pid != 0;
    return n;
}

static _Noreturn void become_worker(const struct supervisor *supervisor, pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent)
        exit(0); /* it died before the line above */
    sigprocmask(SIG_SETMASK, &supervisor->before, NULL);
    exit(supervisor->crew->work(supervisor->crew->argument));
}

static void grow_pause(struct supervisor *supervisor, int64_t now_ms)
{
    int pause_ms = supervisor->pause_ms * 2;

    if (pause_ms == 0 || now_ms - supervisor->death_ms > PAUSE_FORGOTTEN_MS)
        pause_ms = PAUSE_FIRST_MS;
    supervisor->pause_ms = pause_ms < PAUSE_MAX_MS ? pause_ms : PAUSE_MAX_MS;
    supervisor->death_ms = now_ms;
    supervisor->restart_ms = now_ms + supervisor->pause_ms;
}

/* Starts a worker in a free place. False when there is none or the system refuses. */
static bool start_worker(struct supervisor *supervisor)
{
    struct worker *worker = supervisor->workers;
    struct worker *end = worker + supervisor->n_places;
    pid_t self = getpid();

    while (worker < end && worker->pid != 0)
        worker++;
    if (worker == end)
        return false;
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0)
        become_worker(supervisor, self);
    if (pid < 0) {
        grow_pause(supervisor, clock_ms());
        log_line(LOG_LEVEL_WARNING, "cannot start a worker: %s; again in %d ms", strerror(errno), supervisor->pause_ms);
        return false;
    }
    *worker = (struct worker){.pid = pid, .started_ms = clock_ms()};
    return true;
}

static void dismiss(const struct supervisor *supervisor, struct worker *worker)
{
    worker->kill_ms = clock_ms() + supervisor->crew->drain_ms;
    kill(worker->pid, SIGTERM);
}

/* Starts what is missing, unless it is too early. */
static void fill_places(struct supervisor *supervisor)
{
    while (clock_ms() >= supervisor->restart_ms && count_serving(supervisor) < (size_t)supervisor->crew->size) {
        if (!start_worker(supervisor))
            break;
    }
}

/* Replaces one outdated worker, when none is being replaced: its successor first. */
static void replace_next(struct supervisor *supervisor)
{
    struct worker *outdated = NULL;

    if (clock_ms() < supervisor->restart_ms || count_alive(supervisor) > count_serving(supervisor))
        return;
    for (size_t i = 0; i < supervisor->n_places && !outdated; i++) {
        if (is_serving(&supervisor->workers[i]) && supervisor->workers[i].outdated)
            outdated = &supervisor->workers[i];
    }
    if (outdated && start_worker(supervisor))
        dismiss(supervisor, outdated);
}

/* What a worker's end means for the next start, and a line about it where it was no good end. */
static void judge_end(struct supervisor *supervisor, const struct worker *worker, int status)
{
    int64_t now_ms = clock_ms();
    int64_t age_ms = now_ms - worker->started_ms;
    char how[64];

    if (worker->kill_ms != 0 || (WIFEXITED(status) && WEXITSTATUS(status) == 0))
        return;
    if (WIFSIGNALED(status))
        snprintf(how, sizeof how, "of signal %d (%s)", WTERMSIG(status), sigdescr_np(WTERMSIG(status)));
    else
        snprintf(how, sizeof how, "with status %d", WEXITSTATUS(status));
    if (age_ms < YOUNG_MS) {
        grow_pause(supervisor, now_ms);
        log_line(LOG_LEVEL_WARNING, "worker %ld died %s, %lld ms after its start; next start in %d ms",
                 (long)worker->pid, how, (long long)age_ms, supervisor->pause_ms);
    } else {
        log_line(LOG_LEVEL_WARNING, "worker %ld died %s; replaced", (long)worker->pid, how);
    }
}

static void reap(struct supervisor *supervisor)
{
    int status = 0;
    pid_t pid = 0;

    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        for (size_t i = 0; i < supervisor->n_places; i++) {
            struct worker *worker = &supervisor->workers[i];
            if (worker->pid != pid)
                continue;
            judge_end(supervisor, worker, status);
            *worker = (struct worker){.pid = 0};
        }
    }
}

static void kill_late(const struct supervisor *supervisor)
{
    int64_t now_ms = clock_ms();

    for (size_t i = 0; i < supervisor->n_places; i++) {
        struct worker *worker = &supervisor->workers[i];
        if (worker->pid == 0 || worker->kill_ms == 0 || worker->kill_ms > now_ms)
            continue;
        log_line(LOG_LEVEL_WARNING, "worker %ld does not end; killed", (long)worker->pid);
        kill(worker->pid, SIGKILL);
        worker->kill_ms = INT64_MAX;
    }
}

/* Lets all workers finish; when they were told before, no longer. */
static void drain(struct supervisor *supervisor)
{
    for (size_t i = 0; i < supervisor->n_places; i++) {
        struct worker *worker = &supervisor->workers[i];
        if (worker->pid == 0)
            continue;
        if (supervisor->draining)
            worker->kill_ms = clock_ms();
        else
            dismiss(supervisor, worker);
    }
    supervisor->draining = true;
}

static void renew(struct supervisor *supervisor)
{
    if (supervisor->crew->renew)
        supervisor->crew->renew(supervisor->crew->argument);
    for (size_t i = 0; i < supervisor->n_places; i++)
        supervisor->workers[i].outdated = true;
}

/* Until when nothing needs to be done unless a signal comes; INT64_MAX: for ever. */
static int64_t next_due_ms(const struct supervisor *supervisor)
{
    int64_t due_ms = INT64_MAX;
    bool waiting = count_serving(supervisor) < (size_t)supervisor->crew->size;

    for (size_t i = 0; i < supervisor->n_places; i++) {
        const struct worker *worker = &supervisor->workers[i];
        if (worker->pid != 0 && worker->kill_ms != 0 && worker->kill_ms < due_ms)
            due_ms = worker->kill_ms;
        waiting = waiting || (is_serving(worker) && worker->outdated);
    }
    if (!supervisor->draining && waiting && supervisor->restart_ms > clock_ms() && supervisor->restart_ms < due_ms)
        due_ms = supervisor->restart_ms;
    return due_ms;
}

/* Waits for a signal or until something is due. The signal, or -1. */
static int wait_for_signal(const struct supervisor *supervisor, const sigset_t *signals)
{
    int64_t due_ms = next_due_ms(supervisor);

    if (due_ms == INT64_MAX)
        return sigwaitinfo(signals, NULL);
    int64_t left_ms = due_ms - clock_ms();
    if (left_ms < 0)
        left_ms = 0;
    struct timespec timeout = {.tv_sec = left_ms / 1000, .tv_nsec = (left_ms % 1000 + 1) * 1000000 - 1};
    return sigtimedwait(signals, NULL, &timeout);
}

static void watch(struct supervisor *supervisor, const sigset_t *signals)
{
    for (;;) {
        reap(supervisor);
        kill_late(supervisor);
        if (supervisor->draining && count_alive(supervisor) == 0)
            return;
        if (!supervisor->draining) {
            fill_places(supervisor);
            replace_next(supervisor);
        }
        switch (wait_for_signal(supervisor, signals)) {
        case SIGTERM:
        case SIGINT:
        case SIGUSR1:
            drain(supervisor);
            break;
        case SIGHUP:
            renew(supervisor);
            break;
        default: /* a child ended, or time is up */
            break;
        }
    }
}

int supervise(const struct crew *crew)
{
    static const int known[] = {SIGTERM, SIGINT, SIGUSR1, SIGHUP, SIGCHLD};
    struct supervisor supervisor = {.crew = crew, .n_places = (size_t)crew->size + 1};
    sigset_t signals;

    supervisor.workers = calloc(supervisor.n_places, sizeof *supervisor.workers);
    if (!supervisor.workers) {
        log_line(LOG_LEVEL_ERROR, "no memory for %lld workers", (long long)crew->size);
        return 1;
    }
    signal(SIGCHLD, SIG_DFL); /* ignored by whoever started us, it would hide our workers' ends */
    sigemptyset(&signals);
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        sigaddset(&signals, known[i]);
    sigprocmask(SIG_BLOCK, &signals, &supervisor.before);
    watch(&supervisor, &signals);
    sigprocmask(SIG_SETMASK, &supervisor.before, NULL);
    free(supervisor.workers);
    return 0;
}
