/*
 * main.c: the table of commands, and how quire is started without one.
 *
 * A CGI server may put parts of the query string into argv (RFC 3875 section 4.4), so as CGI no argument is read at
 * all.
 */

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <unistd.h>

#include "command/command.h"
#include "server/launch.h"

static const struct command *const commands[] = {
    &command_serve,        &command_cgi,         &command_migrate_apply, &command_migrate_status,
    &command_migrate_diff, &command_migrate_new, &command_migrate_hash,  &command_migrate_validate,
    &command_migrate_lint, &command_schema,      &command_config,        &command_doctor,
    &command_openapi,      &command_version,     &command_help,          NULL,
};

/* As if that command had been given. */
static int run(const char *name)
{
    const char *const argv[] = {"quire", name, NULL};

    return command_main(commands, 2, argv);
}

/*
 * Takes those of the standard descriptors that are closed. Otherwise memory that is shared with other processes gets
 * such a number, and what is printed goes there. Opened the wrong way round, they fail as closed ones do.
 */
static void take_standard_descriptors(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
            open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY);
    }
}

int main(int argc, char **argv)
{
    take_standard_descriptors();
    enum launch launch = launch_kind();

    if (launch == LAUNCH_CGI)
        return run("cgi");
    if (launch == LAUNCH_FASTCGI && argc <= 1)
        return run("serve");
    return command_main(commands, argc, (const char *const *)argv);
}
