/*
 * sandbox.c: runs a command that may make sockets of some address families only: sandbox FAMILY... -- COMMAND...
 *
 * It filters socket(2) as systemd does for RestrictAddressFamilies=, and needs no rights for that.
 */

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define FAMILIES_MAX 8

static const struct {
    const char *name;
    unsigned number;
} families[] = {
    {"AF_UNIX", AF_UNIX},
    {"AF_INET", AF_INET},
    {"AF_INET6", AF_INET6},
    {"AF_NETLINK", AF_NETLINK},
};

/* The number of a family; 0: none that is known here. */
static unsigned find_family(const char *name)
{
    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        if (strcmp(families[i].name, name) == 0)
            return families[i].number;
    }
    return 0;
}

/* From now on, in this process and its children: any other family is EAFNOSUPPORT. */
static int forbid_others(const unsigned *allowed, unsigned n)
{
    struct sock_filter filter[5 + FAMILIES_MAX];
    unsigned size = 0;

    filter[size++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    filter[size++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 0, (unsigned char)(n + 2));
    filter[size++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args));
    for (unsigned i = 0; i < n; i++)
        filter[size++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, allowed[i], (unsigned char)(n - i), 0);
    filter[size++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EAFNOSUPPORT);
    filter[size++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    const struct sock_fprog program = {.len = (unsigned short)size, .filter = filter};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 ? prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) : -1;
}

int main(int argc, char **argv)
{
    unsigned allowed[FAMILIES_MAX];
    unsigned n = 0;
    int at = 1;

    for (; at < argc && strcmp(argv[at], "--") != 0 && n < FAMILIES_MAX; at++) {
        allowed[n] = find_family(argv[at]);
        if (allowed[n++] == 0) {
            fprintf(stderr, "sandbox: %s is no family that it knows\n", argv[at]);
            return 2;
        }
    }
    if (at + 1 >= argc || strcmp(argv[at], "--") != 0) {
        fprintf(stderr, "usage: sandbox FAMILY... -- COMMAND...\n");
        return 2;
    }
    if (forbid_others(allowed, n) == 0)
        execvp(argv[at + 1], argv + at + 1);
    perror("sandbox");
    return 2;
}
