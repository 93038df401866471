/*
 * server/board.c: the board is a file in memory (memfd_create(2)): unlike an anonymous mapping it can be handed to the
 * next program. An environment variable says how the board is made and which descriptor it has.
 */

#include "server/board.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define VARIABLE "QUIRE_BOARD"
#define FORMAT "1:" /* to be changed with struct board */

static struct board *map(int fd)
{
    void *memory = mmap(NULL, sizeof(struct board), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    return memory == MAP_FAILED ? NULL : memory;
}

struct board *board_open(int listener, int *ret_fd)
{
    int fd = memfd_create("quire-board", MFD_CLOEXEC);

    if (fd < 0)
        return NULL;
    struct board *board = ftruncate(fd, sizeof *board) == 0 ? map(fd) : NULL;
    if (!board) {
        int error = errno;
        close(fd);
        errno = error;
        return NULL;
    }
    board->supervisor = getpid();
    board->listener = listener;
    *ret_fd = fd;
    return board;
}

void board_stop_listening(struct board *board)
{
    if (!board->closable)
        return;
    board->closed = true;
    shutdown(board->listener, SHUT_RDWR);
}

bool board_is_last_call(struct board *board)
{
    if (!board->closed && getppid() != board->supervisor)
        board_stop_listening(board);
    return board->closed;
}

/* Standard input stays open in any case: whoever started us put it there. */
static void close_on_exec(int fd, bool closed)
{
    if (fd > STDERR_FILENO)
        fcntl(fd, F_SETFD, closed ? FD_CLOEXEC : 0);
}

struct board *board_adopt(int *ret_fd)
{
    const char *text = getenv(VARIABLE);
    bool known = text && board_is_known();
    int fd = known ? (int)strtol(text + strlen(FORMAT), NULL, 10) : -1;
    struct stat status;

    unsetenv(VARIABLE);
    if (fd < 0 || fstat(fd, &status) != 0 || status.st_size != (off_t)sizeof(struct board))
        return NULL;
    struct board *board = map(fd);
    if (!board)
        return NULL;
    if (board->supervisor != getpid()) {
        munmap(board, sizeof *board);
        return NULL;
    }
    board_keep(board, fd);
    *ret_fd = fd;
    return board;
}

bool board_hand_over(const struct board *board, int fd)
{
    char text[32];

    snprintf(text, sizeof text, FORMAT "%d", fd);
    close_on_exec(fd, false);
    close_on_exec(board->listener, false);
    return setenv(VARIABLE, text, 1) == 0;
}

void board_keep(const struct board *board, int fd)
{
    close_on_exec(fd, true);
    close_on_exec(board->listener, true);
    unsetenv(VARIABLE);
}

bool board_is_known(void)
{
    const char *text = getenv(VARIABLE);

    return !text || strncmp(text, FORMAT, strlen(FORMAT)) == 0;
}

void board_close(struct board *board, int fd)
{
    munmap(board, sizeof *board);
    close(fd);
}

void desk_begin(struct desk *desk, int64_t now_ms)
{
    desk->busy_since_ms = now_ms;
}

void desk_end(struct desk *desk)
{
    desk->busy_since_ms = 0;
}

void desk_ready(struct desk *desk)
{
    desk->busy_since_ms = 0;
    desk->ready = true;
}

bool board_may_leave(struct board *board)
{
    int32_t nobody = 0;

    return atomic_compare_exchange_strong(&board->leaving, &nobody, getpid()) || nobody == getpid();
}
