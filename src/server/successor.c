/*
 * server/successor.c: the trial inherits what the successor will have: environment, folder, standard input.
 * What it writes goes into a pipe that is read when it has ended: some lines fit.
 */

#include "server/successor.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/clock.h"
#include "server/board.h"

static void execute(const char *program, const char *const *arguments)
{
    /* execv(3) takes char *const[] for reasons of history; it changes nothing. */
    union {
        const char *const *ours;
        char *const *theirs;
    } list = {.ours = arguments};

    execv(program, list.theirs);
}

static _Noreturn void become_trial(const struct successor *successor, int output)
{
    sigset_t none;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    execute(successor->program, successor->trial_arguments);
    dprintf(STDERR_FILENO, "cannot run %s: %s\n", successor->program, strerror(errno));
    _exit(127);
}

bool trial_start(const struct successor *successor, const struct board *board, int board_fd, struct trial *ret_trial)
{
    int ends[2];

    if (pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0)
        return false;
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0 && board_hand_over(board, board_fd))
        become_trial(successor, ends[1]);
    if (pid == 0)
        _exit(1);
    int error = errno;
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        errno = error;
        return false;
    }
    *ret_trial = (struct trial){.pid = pid, .output = ends[0], .kill_ms = clock_ms() + TRIAL_MS};
    return true;
}

/* The last line that says something: warnings come before it. */
static void read_last_line(int fd, char *ret_line, size_t size)
{
    char piece[1024];
    size_t used = 0;
    bool ended = false;
    ssize_t got = 0;

    while ((got = read(fd, piece, sizeof piece)) > 0) {
        for (ssize_t i = 0; i < got; i++) {
            if (ended && piece[i] != '\n')
                used = 0;
            ended = piece[i] == '\n';
            if (!ended && used < size - 1)
                ret_line[used++] = piece[i];
        }
    }
    ret_line[used] = '\0';
}

/* What it said last, or how it ended when it said nothing. */
static void explain(const struct trial *trial, int status, char *ret_why, size_t size)
{
    read_last_line(trial->output, ret_why, size);
    if (*ret_why)
        return;
    if (WIFSIGNALED(status))
        snprintf(ret_why, size, "it died of signal %d (%s)", WTERMSIG(status), sigdescr_np(WTERMSIG(status)));
    else
        snprintf(ret_why, size, "it ended with status %d", WEXITSTATUS(status));
}

bool trial_end(struct trial *trial, int status, char *ret_why, size_t size)
{
    bool passed = WIFEXITED(status) && WEXITSTATUS(status) == 0;

    if (!passed)
        explain(trial, status, ret_why, size);
    close(trial->output);
    *trial = (struct trial){.pid = 0};
    return passed;
}

void trial_stop(struct trial *trial)
{
    if (trial->pid == 0)
        return;
    kill(trial->pid, SIGKILL);
    waitpid(trial->pid, NULL, 0);
    close(trial->output);
    *trial = (struct trial){.pid = 0};
}

void successor_become(const struct successor *successor, const struct board *board, int board_fd)
{
    fflush(NULL);
    if (board_hand_over(board, board_fd))
        execute(successor->program, successor->arguments);
    int error = errno;
    board_keep(board, board_fd);
    errno = error;
}
