/*
 * server/overload.c: TCP_INFO of a listening socket has the length of its queue. That of a unix socket is told by
 * sock_diag(7) only. It takes a look at all sockets of the machine, some microseconds: hence ten times a second at
 * most.
 */

#include "server/overload.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"

#define LOOK_US 100000
#define ANSWER_MS 100

static bool is_unix(int listener)
{
    struct sockaddr_storage address = {.ss_family = AF_UNSPEC};
    socklen_t size = sizeof address;

    return getsockname(listener, (struct sockaddr *)&address, &size) == 0 && address.ss_family == AF_UNIX;
}

void overload_init(struct overload *overload, int listener, int limit_ms)
{
    const struct timeval patience = {.tv_usec = ANSWER_MS * 1000};
    struct stat status;

    *overload = (struct overload){.listener = listener, .netlink = -1, .limit_us = (int64_t)limit_ms * 1000};
    if (!is_unix(listener) || fstat(listener, &status) != 0)
        return;
    overload->inode = (uint32_t)status.st_ino;
    overload->netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    if (overload->netlink >= 0)
        setsockopt(overload->netlink, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
}

void overload_release(struct overload *overload)
{
    if (overload->netlink >= 0)
        close(overload->netlink);
    overload->netlink = -1;
}

static int64_t tcp_waiting(int listener)
{
    struct tcp_info info = {.tcpi_unacked = 0};
    socklen_t size = sizeof info;

    return getsockopt(listener, IPPROTO_TCP, TCP_INFO, &info, &size) == 0 ? (int64_t)info.tcpi_unacked : -1;
}

/* The length of the queue in an answer of sock_diag; -1: it is no such answer. */
static int64_t read_length(const struct nlmsghdr *header, size_t size)
{
    if (!NLMSG_OK(header, size) || header->nlmsg_type != SOCK_DIAG_BY_FAMILY)
        return -1;
    size_t left = header->nlmsg_len - NLMSG_LENGTH(sizeof(struct unix_diag_msg));
    const char *at = (const char *)header + NLMSG_SPACE(sizeof(struct unix_diag_msg));

    while (left >= sizeof(struct rtattr)) {
        const struct rtattr *attribute = (const void *)at;
        size_t step = RTA_ALIGN(attribute->rta_len);
        if (attribute->rta_type == UNIX_DIAG_RQLEN)
            return ((const struct unix_diag_rqlen *)(const void *)(at + RTA_LENGTH(0)))->udiag_rqueue;
        if (step == 0 || step > left)
            break;
        left -= step;
        at += step;
    }
    return -1;
}

/* -1: sock_diag does not tell. */
static int64_t unix_waiting(const struct overload *overload)
{
    struct {
        struct nlmsghdr header;
        struct unix_diag_req request;
    } question = {
        .header = {.nlmsg_len = sizeof question, .nlmsg_type = SOCK_DIAG_BY_FAMILY, .nlmsg_flags = NLM_F_REQUEST},
        .request = {.sdiag_family = AF_UNIX,
                    .udiag_states = UINT32_MAX,
                    .udiag_ino = overload->inode,
                    .udiag_show = UDIAG_SHOW_RQLEN,
                    .udiag_cookie = {UINT32_MAX, UINT32_MAX}},
    };
    _Alignas(struct nlmsghdr) char answer[1024];

    if (overload->netlink < 0 || send(overload->netlink, &question, sizeof question, 0) < 0)
        return -1;
    ssize_t got = recv(overload->netlink, answer, sizeof answer, 0);
    return got > 0 ? read_length((const void *)answer, (size_t)got) : -1;
}

/* An answer that comes too late would be taken for the next one: after a failure nobody is asked any more. */
int64_t overload_waiting(struct overload *overload)
{
    if (overload->inode == 0)
        return tcp_waiting(overload->listener);
    int64_t waiting = unix_waiting(overload);
    if (waiting < 0)
        overload_release(overload);
    return waiting;
}

bool overload_is_known(int listener)
{
    struct overload overload;

    overload_init(&overload, listener, 0);
    bool known = overload_waiting(&overload) >= 0;
    overload_release(&overload);
    return known;
}

/* How many of those that wait this worker has to turn away. */
static int64_t count_surplus(struct overload *overload, int64_t workers)
{
    bool known = overload->n_known == MEAN_OVER && overload->mean_us > 0;
    int64_t waiting = known ? overload_waiting(overload) : 0;

    if (waiting <= 0 || waiting * overload->mean_us / workers <= overload->limit_us)
        return 0;
    int64_t surplus = waiting / workers - overload->limit_us / 2 / overload->mean_us;
    if (surplus > 0 && !overload->warned)
        log_line(LOG_LEVEL_WARNING, "overloaded: %lld requests wait, %lld us each, workers: %lld; most are turned away",
                 (long long)waiting, (long long)overload->mean_us, (long long)workers);
    return surplus > 0 ? surplus : 0;
}

static void look(struct overload *overload, int64_t workers)
{
    overload->looked_us = overload->begin_us;
    overload->surplus = count_surplus(overload, workers);
    overload->warned = overload->surplus > 0;
}

/*
 * What an old look counted is counted again: it may be over. A request that finds no surplus is served whatever it
 * counts, so that there always is one to measure.
 */
bool overload_begin(struct overload *overload, int64_t workers)
{
    bool known = overload->surplus > 0;

    overload->begin_us = clock_us();
    if (overload->begin_us - overload->looked_us >= LOOK_US)
        look(overload, workers);
    if (!known || overload->surplus == 0)
        return false;
    overload->surplus--;
    return true;
}

void overload_end(struct overload *overload)
{
    int64_t us = clock_us() - overload->begin_us;

    if (overload->n_known < MEAN_OVER)
        overload->n_known++;
    overload->mean_us += (us - overload->mean_us) / overload->n_known;
}
