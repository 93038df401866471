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
#include "server/board.h"

#define YOUNG_MS 1000 /* a worker that dies younger has not really started */
#define PAUSE_FIRST_MS 100
#define PAUSE_MAX_MS 5000
#define PAUSE_FORGOTTEN_MS 10000 /* so long after such a death the pauses start over */
#define READY_LOOK_MS 20         /* how often it is looked whether a new worker is ready */

struct worker {
    pid_t pid; /* 0: nobody */
    int64_t started_ms;
    int64_t kill_ms;    /* told to end; killed at this time. 0: not told */
    int64_t stopped_ms; /* since when a signal has it stopped; 0: it runs */
    bool outdated;      /* to be replaced */
};

struct supervisor {
    const struct crew *crew;
    struct worker workers[BOARD_DESKS]; /* each with the desk of the same number */
    bool draining;
    bool renewing; /* a successor is wanted */
    struct trial trial;
    int pause_ms;       /* of the last death of a young worker; 0: none lately */
    int64_t death_ms;   /* when that was */
    int64_t restart_ms; /* no worker is started before */
    sigset_t before;    /* the signal mask of the workers */
};

/* How many workers there are of each kind. */
struct census {
    size_t fresh;    /* neither outdated nor told to end */
    size_t starting; /* of those: not yet ready */
    size_t outdated; /* serving still */
    size_t ending;   /* told to */
};

static struct census count(const struct supervisor *supervisor)
{
    struct census census = {.fresh = 0};

    for (size_t i = 0; i < BOARD_DESKS; i++) {
        const struct worker *worker = &supervisor->workers[i];
        bool serving = worker->pid != 0 && worker->kill_ms == 0;
        census.ending += worker->pid != 0 && !serving;
        census.outdated += serving && worker->outdated;
        census.fresh += serving && !worker->outdated;
        census.starting += serving && !worker->outdated && !supervisor->crew->board->desks[i].ready;
    }
    return census;
}

static _Noreturn void become_worker(struct supervisor *supervisor, size_t place, pid_t parent)
{
    const struct crew *crew = supervisor->crew;

    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent)
        exit(0); /* it died before the line above */
    sigaddset(&supervisor->before, SIGUSR1);
    sigprocmask(SIG_SETMASK, &supervisor->before, NULL);
    exit(crew->work(crew->argument, crew->board, &crew->board->desks[place]));
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
    size_t place = 0;
    pid_t self = getpid();

    while (place < BOARD_DESKS && supervisor->workers[place].pid != 0)
        place++;
    if (place == BOARD_DESKS)
        return false;
    struct desk *desk = &supervisor->crew->board->desks[place];
    desk->ready = desk->told = false;
    desk_begin(desk, clock_ms());
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0)
        become_worker(supervisor, place, self);
    if (pid < 0) {
        grow_pause(supervisor, clock_ms());
        log_line(LOG_LEVEL_WARNING, "cannot start a worker: %s; again in %d ms", strerror(errno), supervisor->pause_ms);
        return false;
    }
    desk->pid = pid;
    supervisor->workers[place] = (struct worker){.pid = pid, .started_ms = clock_ms()};
    return true;
}

static void dismiss(struct supervisor *supervisor, size_t place)
{
    struct worker *worker = &supervisor->workers[place];

    worker->kill_ms = clock_ms() + supervisor->crew->drain_ms;
    supervisor->crew->board->desks[place].told = true;
    kill(worker->pid, SIGTERM);
}

static void dismiss_outdated(struct supervisor *supervisor)
{
    for (size_t i = 0; i < BOARD_DESKS; i++) {
        const struct worker *worker = &supervisor->workers[i];
        if (worker->pid != 0 && worker->kill_ms == 0 && worker->outdated) {
            dismiss(supervisor, i);
            return;
        }
    }
}

/* Is a worker missing, or the successor of an outdated one? Those come one at a time. */
static bool wants_worker(const struct supervisor *supervisor, const struct census *census)
{
    size_t size = (size_t)supervisor->crew->size;

    if (census->fresh >= size)
        return false;
    return census->fresh + census->outdated < size || (census->starting == 0 && census->ending == 0);
}

/* Starts the workers that are wanted, unless it is too early, and lets outdated ones go that have a successor. */
static void arrange(struct supervisor *supervisor)
{
    size_t size = (size_t)supervisor->crew->size;
    struct census census = count(supervisor);

    while (clock_ms() >= supervisor->restart_ms && wants_worker(supervisor, &census)) {
        if (!start_worker(supervisor))
            break;
        census = count(supervisor);
    }
    while (census.outdated > 0 && census.fresh - census.starting + census.outdated > size) {
        dismiss_outdated(supervisor);
        census = count(supervisor);
    }
}

static size_t find(const struct supervisor *supervisor, pid_t pid)
{
    size_t place = 0;

    while (place < BOARD_DESKS && supervisor->workers[place].pid != pid)
        place++;
    return place;
}

/* Lets the next worker leave when the one that left has a successor that is ready. */
static void permit_leaving(struct supervisor *supervisor)
{
    struct board *board = supervisor->crew->board;
    int32_t pid = board->leaving;

    if (pid == 0 || find(supervisor, pid) < BOARD_DESKS)
        return;
    struct census census = count(supervisor);
    if (census.starting == 0 && census.fresh + census.outdated >= (size_t)supervisor->crew->size)
        board->leaving = 0;
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

static void note_change(struct supervisor *supervisor, size_t place, int status)
{
    struct worker *worker = &supervisor->workers[place];

    if (WIFSTOPPED(status)) {
        worker->stopped_ms = clock_ms();
    } else if (WIFCONTINUED(status)) {
        worker->stopped_ms = 0;
    } else {
        judge_end(supervisor, worker, status);
        supervisor->crew->board->desks[place].pid = 0;
        *worker = (struct worker){.pid = 0};
    }
}

/* From now on all that serve are outdated. */
static void outdate(struct supervisor *supervisor)
{
    for (size_t i = 0; i < BOARD_DESKS; i++)
        supervisor->workers[i].outdated = supervisor->workers[i].pid != 0;
}

/* Why SIGHUP is without effect, in one line. */
static void refuse_change(const char *why)
{
    log_line(LOG_LEVEL_ERROR, "SIGHUP changes nothing, all goes on as it was: %s", why);
}

/* A successor that can start takes over; otherwise all stays as it is. */
static void judge_trial(struct supervisor *supervisor, int status)
{
    const struct crew *crew = supervisor->crew;
    char why[512];

    if (trial_end(&supervisor->trial, status, why, sizeof why)) {
        if (supervisor->draining)
            return;
        successor_become(&crew->successor, crew->board, crew->board_fd);
        snprintf(why, sizeof why, "cannot run %s: %s", crew->successor.program, strerror(errno));
    }
    refuse_change(why);
}

static void reap(struct supervisor *supervisor)
{
    int status = 0;
    pid_t pid = 0;

    while ((pid = waitpid(-1, &status, WNOHANG | WUNTRACED | WCONTINUED)) > 0) {
        size_t place = find(supervisor, pid);
        if (place < BOARD_DESKS)
            note_change(supervisor, place, status);
        else if (pid == supervisor->trial.pid && (WIFEXITED(status) || WIFSIGNALED(status)))
            judge_trial(supervisor, status);
    }
}

static int64_t earlier(int64_t a_ms, int64_t b_ms)
{
    return a_ms < b_ms ? a_ms : b_ms;
}

/* When a worker has taken too long over what it does now; INT64_MAX: it does nothing. */
static int64_t stuck_at_ms(const struct supervisor *supervisor, size_t place)
{
    int64_t since_ms = supervisor->crew->board->desks[place].busy_since_ms;
    int64_t stopped_ms = supervisor->workers[place].stopped_ms;

    if (since_ms == 0 || (stopped_ms != 0 && stopped_ms < since_ms))
        since_ms = stopped_ms;
    return since_ms == 0 ? INT64_MAX : since_ms + supervisor->crew->stuck_ms;
}

static void kill_late(struct supervisor *supervisor)
{
    int64_t now_ms = clock_ms();

    for (size_t i = 0; i < BOARD_DESKS; i++) {
        struct worker *worker = &supervisor->workers[i];
        if (worker->pid == 0 || worker->kill_ms == INT64_MAX)
            continue;
        bool late = worker->kill_ms != 0 && worker->kill_ms <= now_ms;
        if (!late && stuck_at_ms(supervisor, i) > now_ms)
            continue;
        const char *what = late ? "does not end" : worker->stopped_ms ? "stands still" : "is stuck in its work";
        log_line(LOG_LEVEL_WARNING, "worker %ld %s; killed", (long)worker->pid, what);
        kill(worker->pid, SIGKILL);
        worker->kill_ms = INT64_MAX;
    }
}

/* A trial that does not end says nothing. */
static void stop_late_trial(struct supervisor *supervisor)
{
    char why[512];

    if (supervisor->trial.pid == 0 || supervisor->trial.kill_ms > clock_ms())
        return;
    trial_stop(&supervisor->trial);
    snprintf(why, sizeof why, "%s takes over %d s to start", supervisor->crew->successor.program, TRIAL_MS / 1000);
    refuse_change(why);
}

static void try_successor(struct supervisor *supervisor)
{
    const struct crew *crew = supervisor->crew;

    supervisor->renewing = false;
    if (!crew->successor.program)
        outdate(supervisor);
    else if (!trial_start(&crew->successor, crew->board, crew->board_fd, &supervisor->trial))
        refuse_change(strerror(errno));
}

/* Lets all workers finish; when they were told before, no longer. */
static void drain(struct supervisor *supervisor)
{
    trial_stop(&supervisor->trial);
    if (!supervisor->draining && supervisor->crew->close)
        supervisor->crew->close(supervisor->crew->argument);
    for (size_t i = 0; i < BOARD_DESKS; i++) {
        struct worker *worker = &supervisor->workers[i];
        if (worker->pid == 0 || worker->kill_ms == INT64_MAX)
            continue;
        if (supervisor->draining)
            worker->kill_ms = clock_ms();
        else
            dismiss(supervisor, i);
    }
    supervisor->draining = true;
}

static void reopen(const struct supervisor *supervisor)
{
    if (supervisor->crew->reopen)
        supervisor->crew->reopen(supervisor->crew->argument);
    for (size_t i = 0; i < BOARD_DESKS; i++) {
        if (supervisor->workers[i].pid != 0)
            kill(supervisor->workers[i].pid, SIGUSR1);
    }
}

/*
 * Until when nothing needs to be done unless a signal comes. Workers do not tell when they begin to work: one that
 * begins right now is stuck after stuck_ms, no earlier. They do not tell either when they are ready; that is looked
 * for every few ms while somebody waits for it.
 */
static int64_t next_due_ms(const struct supervisor *supervisor)
{
    struct census census = count(supervisor);
    int64_t now_ms = clock_ms();
    int64_t due_ms = now_ms + supervisor->crew->stuck_ms;

    for (size_t i = 0; i < BOARD_DESKS; i++) {
        const struct worker *worker = &supervisor->workers[i];
        if (worker->pid == 0 || worker->kill_ms == INT64_MAX)
            continue;
        due_ms = earlier(due_ms, stuck_at_ms(supervisor, i));
        if (worker->kill_ms != 0)
            due_ms = earlier(due_ms, worker->kill_ms);
    }
    if (supervisor->trial.pid != 0)
        due_ms = earlier(due_ms, supervisor->trial.kill_ms);
    if (supervisor->draining)
        return due_ms;
    if (supervisor->crew->board->leaving != 0 || (census.starting > 0 && census.outdated > 0))
        due_ms = earlier(due_ms, now_ms + READY_LOOK_MS);
    if (wants_worker(supervisor, &census))
        due_ms = earlier(due_ms, supervisor->restart_ms > now_ms ? supervisor->restart_ms : now_ms + READY_LOOK_MS);
    return due_ms;
}

/* Waits for a signal or until something is due. The signal, or -1. */
static int wait_for_signal(const struct supervisor *supervisor, const sigset_t *signals)
{
    int64_t left_ms = next_due_ms(supervisor) - clock_ms();

    if (left_ms < 0)
        left_ms = 0;
    struct timespec timeout = {.tv_sec = left_ms / 1000, .tv_nsec = (left_ms % 1000 + 1) * 1000000 - 1};
    return sigtimedwait(signals, NULL, &timeout);
}

static void handle(struct supervisor *supervisor, int signal_number)
{
    switch (signal_number) {
    case SIGTERM:
    case SIGINT:
        drain(supervisor);
        break;
    case SIGHUP:
        supervisor->renewing = true;
        break;
    case SIGUSR1:
        reopen(supervisor);
        break;
    default: /* a child ended, or time is up */
        break;
    }
}

static void watch(struct supervisor *supervisor, const sigset_t *signals)
{
    for (;;) {
        reap(supervisor);
        kill_late(supervisor);
        stop_late_trial(supervisor);
        struct census census = count(supervisor);
        if (supervisor->draining && census.fresh + census.outdated + census.ending == 0)
            return;
        if (!supervisor->draining) {
            permit_leaving(supervisor);
            arrange(supervisor);
            if (supervisor->renewing && supervisor->trial.pid == 0)
                try_successor(supervisor);
        }
        handle(supervisor, wait_for_signal(supervisor, signals));
    }
}

/* The workers of the program before this one: outdated, and some told to end. */
static size_t adopt(struct supervisor *supervisor)
{
    size_t n = 0;

    for (size_t i = 0; i < BOARD_DESKS; i++) {
        const struct desk *desk = &supervisor->crew->board->desks[i];
        if (desk->pid == 0)
            continue;
        supervisor->workers[i] = (struct worker){
            .pid = desk->pid, .outdated = true, .kill_ms = desk->told ? clock_ms() + supervisor->crew->drain_ms : 0};
        n++;
    }
    return n;
}

int supervise(const struct crew *crew)
{
    static const int known[] = {SIGTERM, SIGINT, SIGUSR1, SIGHUP, SIGCHLD};
    struct supervisor supervisor = {.crew = crew};
    sigset_t signals;

    signal(SIGCHLD, SIG_DFL); /* ignored by whoever started us, it would hide our workers' ends */
    sigemptyset(&signals);
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        sigaddset(&signals, known[i]);
    sigprocmask(SIG_BLOCK, &signals, &supervisor.before);
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        sigdelset(&supervisor.before, known[i]); /* blocked already by a program before this one */
    crew->board->workers = (int32_t)crew->size;
    size_t adopted = adopt(&supervisor);
    if (adopted > 0)
        log_line(LOG_LEVEL_INFO, "replacing %zu workers, one by one", adopted);
    watch(&supervisor, &signals);
    sigprocmask(SIG_SETMASK, &supervisor.before, NULL);
    return 0;
}
