#ifndef SERVER_BOARD_H
#define SERVER_BOARD_H

/*
 * server/board.h: what a supervisor and its workers know of each other, in memory that they share.
 *
 * Each worker has a desk on the board and notes there when it begins and ends a piece of work; the supervisor looks.
 * The board outlives the program: a supervisor that becomes a new program by exec hands it over, and with it the
 * listening socket and the workers, which go on.
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define BOARD_DESKS 520 /* two generations of as many workers as WORKERS may ask for, and some */

/* A line of the processor's cache each, so that workers do not disturb each other. */
struct desk {
    _Alignas(64) _Atomic int32_t pid; /* the worker's; 0: nobody's. This and `told` are the supervisor's to write */
    _Atomic bool told;                /* to end */
    _Atomic bool ready;               /* it has got as far as waiting for requests */
    _Atomic int64_t busy_since_ms;    /* the begin of its start, or of a request; 0: idle */
};

struct board {
    int32_t supervisor;      /* its pid */
    int32_t listener;        /* the listening socket */
    _Atomic int32_t workers; /* how many share it, as they should be */
    bool closable;           /* that is ours alone and of the kind that can be closed for new connections only */
    _Atomic bool closed;     /* it is: what waits in it is answered, and then it is over */
    _Atomic int32_t leaving; /* the worker that was allowed to leave, until its successor is ready; 0: none */
    struct desk desks[BOARD_DESKS];
};

/* A new, empty board. ret_fd is its descriptor, closed on exec. NULL with errno. */
struct board *board_open(int listener, int *ret_fd);

/*
 * After an exec: the board that the program before this one handed over, and nobody else's. Both descriptors are closed
 * on exec again. NULL: there is none, it is a start like any other.
 */
struct board *board_adopt(int *ret_fd);

/* Makes the board and the listening socket survive an exec; board_keep() takes that back after one that failed. False
 * without memory. */
bool board_hand_over(const struct board *board, int fd);
void board_keep(const struct board *board, int fd);

/* For a trial of a program: was it started by one that keeps its board as this one does, or by none at all? */
bool board_is_known(void);

void board_close(struct board *board, int fd);

/* Closes the listening socket for new connections, where it is closable; those in its queue can still be accepted. */
void board_stop_listening(struct board *board);

/* For a worker that was told to end: is it over for all, so that what waits must be answered now? When the supervisor
 * is dead it is, and then this closes the socket. */
bool board_is_last_call(struct board *board);

/* A piece of work begins; it ends. */
void desk_begin(struct desk *desk, int64_t now_ms);
void desk_end(struct desk *desk);

/* The worker is ready for requests. */
void desk_ready(struct desk *desk);

/* May this worker leave to be recycled? One at a time may, and the next when the successor of that one is ready. */
bool board_may_leave(struct board *board);

#endif
