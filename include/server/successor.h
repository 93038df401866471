#ifndef SERVER_SUCCESSOR_H
#define SERVER_SUCCESSOR_H

/*
 * server/successor.h: the program that a supervisor becomes on SIGHUP: the same file, which may hold another version by
 * now, with the settings of now.
 *
 * It is tried first, in a process of its own that only says whether it could start. What does not start is not become.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct board;

struct successor {
    const char *program;                /* a path, looked up anew each time; NULL: there is no successor */
    const char *const *arguments;       /* of the program, its own name first; ends with NULL, as does the next */
    const char *const *trial_arguments; /* with these it ends with 0, or otherwise with a last line that says why */
};

struct trial {
    pid_t pid;  /* 0: none is under way */
    int output; /* what it says */
    int64_t kill_ms;
};

#define TRIAL_MS 10000 /* a trial that takes longer has failed */

/* False with errno. */
bool trial_start(const struct successor *successor, const struct board *board, int board_fd, struct trial *ret_trial);

/* The trial has ended with `status`, as wait(2) tells it. False: it failed, ret_why is one line. Forgets the trial. */
bool trial_end(struct trial *trial, int status, char *ret_why, size_t size);

/* Ends a trial that is under way. */
void trial_stop(struct trial *trial);

/* Becomes the program, with the board. Returns only when that failed: errno. */
void successor_become(const struct successor *successor, const struct board *board, int board_fd);

#endif
