/*
 * command/doctor_socket.c: the way from the web server to the service: the socket's folders and mode, and a request.
 *
 * A mere connection would not do: the kernel accepts it for a service that hangs, and a worker then waits for a request
 * that does not come.
 */

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "command/doctor.h"
#include "command/fastcgi_ask.h"
#include "core/arena.h"

#define ANSWER_S 5
#define GROUPS_MAX 64

/* A user and its groups. */
struct person {
    uid_t user;
    gid_t groups[GROUPS_MAX];
    int n_groups;
};

/* False: there is no such user. */
static bool find_person(const char *name, struct person *ret_person)
{
    const struct passwd *entry = getpwnam(name);

    if (!entry)
        return false;
    ret_person->user = entry->pw_uid;
    ret_person->n_groups = GROUPS_MAX;
    if (getgrouplist(name, entry->pw_gid, ret_person->groups, &ret_person->n_groups) < 0)
        ret_person->n_groups = GROUPS_MAX;
    return true;
}

/* `right` is that of others: S_IWOTH or S_IXOTH. Without regard to access control lists. */
static bool may(const struct person *person, const struct stat *status, mode_t right)
{
    if (person->user == 0)
        return true;
    if (person->user == status->st_uid)
        return status->st_mode & right << 6;
    for (int i = 0; i < person->n_groups; i++)
        if (person->groups[i] == status->st_gid)
            return status->st_mode & right << 3;
    return status->st_mode & right;
}

/* The first folder on the way to a file that the user cannot go through, in the arena; NULL: it can get there. */
static const char *find_closed_folder(struct arena *arena, const struct person *person, const char *path)
{
    char *whole = realpath(path, NULL);
    const char *closed = NULL;
    struct stat status;

    for (char *slash = whole ? strchr(whole + 1, '/') : NULL; slash && !closed; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (stat(whole, &status) == 0 && !may(person, &status, S_IXOTH))
            closed = arena_text(arena, whole);
        *slash = '/';
    }
    free(whole);
    return closed;
}

static void check_mode(struct doctor *doctor, const struct stat *status)
{
    const struct passwd *owner = getpwuid(status->st_uid);
    const struct group *group = getgrgid(status->st_gid);
    unsigned mode = (unsigned)status->st_mode & 07777U;
    struct person person;

    if (mode & S_IWOTH)
        doctor_say(doctor, VERDICT_BAD,
                   "everybody on this host can write to %s and so act for the web server; "
                   "chmod 0660",
                   doctor->socket);
    else
        doctor_say(doctor, VERDICT_OK, "%s has mode %04o, owner %s, group %s", doctor->socket, mode,
                   owner ? owner->pw_name : "of no name", group ? group->gr_name : "of no name");
    if (!find_person(doctor->web_user, &person)) {
        doctor_say(doctor, VERDICT_WARN, "there is no user %s here; --web-user names the web server's",
                   doctor->web_user);
        return;
    }
    const char *closed = find_closed_folder(doctor->arena, &person, doctor->socket);
    if (closed)
        doctor_say(doctor, VERDICT_BAD,
                   "%s cannot go through the folder %s to the socket; chmod it, or put the socket "
                   "elsewhere",
                   doctor->web_user, closed);
    else if (!may(&person, status, S_IWOTH))
        doctor_say(doctor, VERDICT_BAD,
                   "%s cannot write to it; give the socket that group and mode 0660, or name another --web-user",
                   doctor->web_user);
    else
        doctor_say(doctor, VERDICT_OK, "%s can write to it", doctor->web_user);
}

/* Connected, with time limits; -1 with errno. */
static int connect_to(const char *path)
{
    const struct timeval limit = {.tv_sec = ANSWER_S};
    struct sockaddr_un address = {.sun_family = AF_UNIX};

    if (strlen(path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    memcpy(address.sun_path, path, strlen(path) + 1);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit) == 0 &&
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit) == 0 &&
        connect(fd, (const struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    int error = errno;
    if (fd >= 0)
        close(fd);
    errno = error;
    return -1;
}

/* Asks the service whether it can serve. Its answer to that is JSON after the header lines. */
static void check_answer(struct doctor *doctor)
{
    char answer[2048] = "";
    const char *path = arena_printf(doctor->arena, "%s/readyz", doctor->config.base_path);
    int fd = connect_to(doctor->socket);

    if (fd < 0) {
        doctor_say(doctor, VERDICT_BAD, "%s: %s; is the service up, and may this user write to the socket?",
                   doctor->socket, strerror(errno));
        return;
    }
    bool whole = path && fastcgi_ask(fd, path, answer, sizeof answer);
    int error = errno;
    close(fd);
    const char *body = strstr(answer, "\r\n\r\n");
    if (!whole || !body)
        doctor_say(doctor, VERDICT_BAD, "whoever listens does not answer: %s; restart the service, look into its log",
                   whole ? "that was no CGI answer" : strerror(error));
    else if (strncmp(answer, "Status: 200", strlen("Status: 200")) != 0)
        doctor_say(doctor, VERDICT_BAD, "the service answers that it is not ready: %s", body + 4);
    else
        doctor_say(doctor, VERDICT_OK, "the service answers that it is ready: %s", body + 4);
}

void doctor_check_socket(struct doctor *doctor)
{
    const char *path = doctor->socket;
    struct stat status;

    if (!path)
        return;
    if (stat(path, &status) != 0) {
        doctor_say(doctor, VERDICT_BAD, "%s: %s; is the service up, with that as its socket?", path, strerror(errno));
        return;
    }
    if (!S_ISSOCK(status.st_mode)) {
        doctor_say(doctor, VERDICT_BAD, "%s is no socket; name the service's", path);
        return;
    }
    check_mode(doctor, &status);
    check_answer(doctor);
}
