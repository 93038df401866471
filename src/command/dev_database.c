/*
 * command/dev_database.c: finds a place for a scratch database, and leaves it as it was.
 *
 * The tool that starts a private server runs in a process group of its own: a Ctrl-C in a terminal, which goes to all
 * of the foreground group, does not end it halfway, so that there is always somebody who knows what runs.
 */

#include "command/dev_database.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>
#include <unistd.h>

#include "command/command.h"
#include "command/migration.h"
#include "core/arena.h"
#include "core/config.h"
#include "core/context.h"
#include "driver/db.h"
#include "driver/db_url.h"
#include "migrate/dialect.h"
#include "migrate/scratch.h"

#define LINE_MAX_SIZE 512
#define OPEN_FOLDERS 16 /* descriptors while a folder is removed */

/* How a private server is had, where this is run in the folder of the sources. */
static const struct server {
    const char *dialect;
    const char *tool;
    const char *url; /* what to write otherwise */
} servers[] = {
    {"mysql", "tools/mariadb", "mysql://user:password@host:3306/"},
    {"postgresql", "tools/postgresql", "postgres://user:password@host:5432/name"},
};

static volatile sig_atomic_t signalled;

static void note_signal(int number)
{
    signalled = number;
}

static const int signals[DEV_SIGNALS] = {SIGINT, SIGTERM, SIGHUP};

/* What was ignored stays so. */
static void catch_signals(struct dev_database *dev)
{
    struct sigaction action = {.sa_handler = note_signal, .sa_flags = SA_RESTART};

    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < DEV_SIGNALS; i++)
        if (sigaction(signals[i], NULL, &dev->actions[i]) == 0 && dev->actions[i].sa_handler == SIG_DFL)
            sigaction(signals[i], &action, NULL);
}

static void restore_signals(const struct dev_database *dev)
{
    for (size_t i = 0; i < DEV_SIGNALS; i++)
        sigaction(signals[i], &dev->actions[i], NULL);
}

enum code dev_database_check_signal(struct context *context)
{
    return signalled ? fail(context, UNAVAILABLE, "stopped by a signal (%s)", strsignal(signalled)) : OK;
}

/* The command that the new process becomes. */
static void become_tool(const char *tool, const char *action, const char *folder, int output)
{
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

    setpgid(0, 0);
    if (null >= 0 && dup2(null, STDIN_FILENO) >= 0 && dup2(output, STDOUT_FILENO) >= 0 &&
        dup2(output, STDERR_FILENO) >= 0)
        execl(tool, tool, action, "--dir", folder, "--port", "0", (char *)NULL);
    dprintf(STDERR_FILENO, "%s: %s\n", tool, strerror(errno));
    _exit(127);
}

/* Keeps the last line that is not empty of what comes. */
static void read_last_line(int input, char ret_line[LINE_MAX_SIZE])
{
    char line[LINE_MAX_SIZE];
    FILE *file = fdopen(input, "r");

    *ret_line = '\0';
    while (file && fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = '\0';
        if (*line)
            memcpy(ret_line, line, sizeof line);
    }
    if (file)
        fclose(file);
    else
        close(input);
}

/* Runs the tool to its end. True when that was a good one; ret_line has the last line it wrote in any case. */
static bool run_tool(const char *tool, const char *action, const char *folder, char ret_line[LINE_MAX_SIZE])
{
    int ends[2];
    int status = -1;

    snprintf(ret_line, LINE_MAX_SIZE, "%s: cannot be run", tool);
    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0)
        become_tool(tool, action, folder, ends[1]);
    close(ends[1]);
    if (pid < 0) {
        close(ends[0]);
        return false;
    }
    read_last_line(ends[0], ret_line);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status;
    (void)kind;
    (void)place;
    return remove(path);
}

/* Ends the private server, if there is one, and removes its folder. 0, or 1 with a line on stderr. */
static int stop_server(struct dev_database *dev)
{
    char line[LINE_MAX_SIZE];
    bool stopped = !dev->tool || run_tool(dev->tool, "stop", dev->folder, line);

    if (stopped && dev->folder && nftw(dev->folder, remove_entry, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS) != 0) {
        snprintf(line, sizeof line, "%s", strerror(errno));
        stopped = false;
    }
    if (!stopped)
        fprintf(stderr, "Error: a private server was left in %s: %s\n", dev->folder, line);
    dev->tool = NULL;
    dev->folder = NULL;
    return stopped ? 0 : 1;
}

/* Cuts the last part of SOCKET:USER:PASSWORD:DATABASE off, three times. */
static bool read_address(char *line, struct db_options *options)
{
    const char **const parts[] = {&options->name, &options->password, &options->user};

    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        char *colon = strrchr(line, ':');
        if (!colon)
            return false;
        *colon = '\0';
        *parts[i] = colon + 1;
    }
    options->host = line;
    return true;
}

/* Makes a server of our own. 0, or the exit status with one line on stderr. */
static int start_server(struct dev_database *dev, const struct server *server, const struct invocation *invocation)
{
    struct arena *arena = invocation->arena;
    const char *temporary = getenv("TMPDIR");
    char *line = arena_alloc(arena, LINE_MAX_SIZE);
    char *folder = arena_printf(arena, "%s/quire-dev.XXXXXX", temporary && *temporary ? temporary : "/tmp");

    if (!line || !folder)
        return migration_complain(dev->context, fail_memory(dev->context));
    if (!mkdtemp(folder)) {
        fprintf(stderr, "Error: cannot make a folder for a private server: %s: %s\n", folder, strerror(errno));
        return 1;
    }
    dev->folder = folder;
    dev->tool = server->tool;
    struct db_options options = {.path = ""};
    if (run_tool(server->tool, "start", folder, line) && read_address(line, &options)) {
        dev->db = migration_connection(invocation, db_driver_find(server->dialect), &options);
        return dev->db ? 0 : migration_complain(dev->context, fail_memory(dev->context));
    }
    fprintf(stderr, "Error: no scratch database for %s: %s; --dev-url %s names a server\n", server->dialect, line,
            server->url);
    return 1;
}

/* Sets ret_url if the URL is of the dialect. 0, or 2 with one line on stderr: it cannot be read. */
static int match_url(const struct invocation *invocation, const char *url, const char *dialect, const char **ret_url)
{
    struct db_options options = {.path = ""};
    const char *driver = NULL;
    char error[256];

    if (db_url_parse(invocation->arena, url, &driver, &options, error, sizeof error) != 0)
        return command_complain(2, "%s", error);
    if (strcmp(driver, dialect) == 0)
        *ret_url = url;
    return 0;
}

/* Finds the first URL of the dialect in a list, all of which must be good. 0, or the exit status with one line on
 * stderr. */
static int match_urls(const struct invocation *invocation, const char *urls, const char *dialect, const char **ret_url)
{
    int status = 0;

    while (status == 0 && urls && *urls) {
        const char *found = NULL;
        size_t size = strcspn(urls, ",");
        const char *url = arena_copy(invocation->arena, urls, size);
        urls += size + (urls[size] == ',');
        status = url ? match_url(invocation, url, dialect, &found) : command_complain(1, "out of memory");
        if (!*ret_url)
            *ret_url = found;
    }
    return status;
}

/* The value of one of the command's options; NULL: it is not given. */
static const char *find_value(const struct invocation *invocation, const char *name)
{
    const struct option *options = invocation->command->options;

    for (size_t i = 0; options[i].name; i++)
        if (strcmp(options[i].name, name) == 0)
            return invocation->values[i];
    return NULL;
}

/* Which server is to be used; NULL: none is named. That of the settings is not meant by that: nobody has said that
 * files may be tried out there. 0, or the exit status with one line on stderr. */
static int find_url(const struct invocation *invocation, const char *dialect, const char **ret_url)
{
    const char *urls = find_value(invocation, "--dev-url");
    const char *server = find_value(invocation, "--url");
    const char *url = NULL;
    int status = match_urls(invocation, urls ? urls : invocation->config->dev_urls, dialect, &url);

    if (status == 0 && !url && server && strcmp(dialect, "sqlite") != 0)
        status = match_url(invocation, server, dialect, &url);
    *ret_url = url;
    return status;
}

static struct db *open_memory(const struct invocation *invocation)
{
    const struct db_options options = {.path = ":memory:"};

    return migration_connection(invocation, db_driver_find("sqlite"), &options);
}

/* Makes a server of our own, if there is the tool for it. 0, or the exit status with one line on stderr. */
static int make_server(struct dev_database *dev, const struct invocation *invocation)
{
    const char *url = "";

    for (size_t i = 0; i < sizeof servers / sizeof *servers; i++) {
        if (strcmp(servers[i].dialect, dev->dialect->name) != 0)
            continue;
        if (access(servers[i].tool, X_OK) == 0)
            return start_server(dev, &servers[i], invocation);
        url = servers[i].url;
    }
    fprintf(stderr, "Error: no scratch database for %s: --dev-url %s names a server where one can be made\n",
            dev->dialect->name, url);
    return 1;
}

/* Sets dev->db to a connection where the scratch database can be made. 0, or the exit status with one line on
 * stderr. */
static int find_place(struct dev_database *dev, const struct invocation *invocation)
{
    const char *dialect = dev->dialect->name;
    const char *url = NULL;
    int status = find_url(invocation, dialect, &url);

    if (status != 0)
        return status;
    if (url) {
        dev->db = migration_server(invocation, url);
        return dev->db ? 0 : 2;
    }
    if (strcmp(dialect, "sqlite") != 0)
        return make_server(dev, invocation);
    dev->db = open_memory(invocation);
    return dev->db ? 0 : migration_complain(dev->context, fail_memory(dev->context));
}

/* Nobody is to be told to drop what the service works on. 0, or 2 with one line on stderr. */
static int check_name(const struct dev_database *dev, const struct config *config)
{
    if (!dev->dialect->scratch || !config->db_name || strcasecmp(dev->scratch, config->db_name) != 0)
        return 0;
    return command_complain(2, "the scratch name %s is that of the settings' own database; take another one",
                            dev->scratch);
}

/* 0, or the exit status with one line on stderr. */
static int make_scratch(struct dev_database *dev)
{
    enum code code = dev_database_check_signal(dev->context);

    if (code == OK)
        code = scratch_open(dev->context, dev->db, dev->scratch);
    if (code == MALFORMED)
        return command_complain(2, "%s", error_text(&dev->context->error));
    return code == OK ? 0 : migration_complain(dev->context, code);
}

int dev_database_open(struct dev_database *dev, struct context *context, const struct invocation *invocation,
                      const char *dialect)
{
    const char *scratch = find_value(invocation, "--scratch");

    *dev = (struct dev_database){
        .context = context,
        .dialect = migrate_dialect_find(dialect),
        .scratch = scratch ? scratch : invocation->config->scratch_name,
    };
    if (!dev->dialect || !db_driver_find(dialect)) {
        fprintf(stderr, "Error: this build has no driver for %s; see quire version\n", dialect);
        return 1;
    }
    if (check_name(dev, invocation->config) != 0)
        return 2;
    catch_signals(dev);
    int status = find_place(dev, invocation);
    if (status == 0)
        status = make_scratch(dev);
    if (status != 0) {
        stop_server(dev);
        restore_signals(dev);
    }
    return status;
}

enum code dev_database_clear(struct dev_database *dev)
{
    return scratch_clear(dev->context, dev->db, dev->scratch);
}

/* 0, or 1 with a line on stderr: what was left behind. */
static int clean_up(struct dev_database *dev)
{
    bool dropped = scratch_close(dev->context, dev->db, dev->scratch);

    if (dev->tool)
        return stop_server(dev);
    if (dropped)
        return 0;
    const char *removal = scratch_removal(dev->context, dev->db, dev->scratch);
    fprintf(stderr, "Error: the scratch database could not be dropped: %s\n", removal ? removal : dev->scratch);
    return 1;
}

int dev_database_close(struct dev_database *dev)
{
    int status = clean_up(dev);

    restore_signals(dev);
    return status;
}
