/* command/doctor_settings.c: the settings, and the files that they name. */

#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command/doctor.h"
#include "core/arena.h"
#include "core/dotenv.h"
#include "core/log.h"

#define DOTENV_MAX ((size_t)64 * 1024)
#define NAME_MAX_SIZE 32 /* bytes of a name that can be meant to be that of a setting */
#define SLIPS_MAX 2      /* letters that a misspelt name has wrong */
#define PREFIX_MIN 4     /* letters of a name that was cut short */

/* How many letters must be changed, added or left out to make one of the other (Levenshtein), without regard to case.
 * Both are shorter than NAME_MAX_SIZE. */
static size_t count_slips(const char *a, const char *b)
{
    size_t row[NAME_MAX_SIZE + 1];
    size_t n = strlen(b);

    for (size_t j = 0; j <= n; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1]; i++) {
        size_t corner = row[0];
        row[0] = i;
        for (size_t j = 1; j <= n; j++) {
            size_t least = corner + (strncasecmp(&a[i - 1], &b[j - 1], 1) != 0);
            corner = row[j];
            least = corner + 1 < least ? corner + 1 : least;
            row[j] = row[j - 1] + 1 < least ? row[j - 1] + 1 : least;
        }
    }
    return row[n];
}

/* The setting that a name is meant to be; NULL: none, or it is one. Short names are too easily like others. */
static const char *find_meant(const char *name)
{
    size_t size = strlen(name);
    const char *best = NULL;
    size_t fewest = (size < 2 * PREFIX_MIN ? 1 : SLIPS_MAX) + 1;

    for (const struct setting *setting = settings; setting->name; setting++) {
        if (strcmp(setting->name, name) == 0)
            return NULL;
        if (size >= NAME_MAX_SIZE || strlen(setting->name) >= NAME_MAX_SIZE)
            continue;
        size_t slips = count_slips(name, setting->name);
        if (size >= PREFIX_MIN && strncasecmp(name, setting->name, size) == 0)
            slips = 1;
        if (slips < fewest && (slips == 0 || size >= PREFIX_MIN - 1)) {
            fewest = slips;
            best = setting->name;
        }
    }
    return best;
}

static void check_name(void *argument, const char *name, const char *value)
{
    const char *meant = find_meant(name);

    (void)value;
    if (meant)
        doctor_say(argument, VERDICT_WARN, ".env sets %s, which is no setting and has no effect; is %s meant?", name,
                   meant);
}

/* Names without effect, and who can read the passwords. config_load() has read the file already: it can be parsed. */
static void check_dotenv(struct doctor *doctor, FILE *file)
{
    struct stat status;
    int line = 0;
    char *text = arena_alloc(doctor->arena, DOTENV_MAX + 2);
    size_t size = text ? fread(text, 1, DOTENV_MAX, file) : 0;

    if (text)
        dotenv_parse(text, size, check_name, doctor, &line);
    if (fstat(fileno(file), &status) == 0 && status.st_mode & S_IROTH)
        doctor_say(doctor, VERDICT_WARN,
                   "everybody on this host can read .env and the passwords in it; chmod o-r .env");
}

bool doctor_check_settings(struct doctor *doctor)
{
    static const char program[] = "quire: ";
    char error[512];
    char folder[PATH_MAX];

    if (!getcwd(folder, sizeof folder))
        snprintf(folder, sizeof folder, "the working directory");
    if (config_load(doctor->arena, ".env", &doctor->config, error, sizeof error) != 0) {
        const char *text = strncmp(error, program, sizeof program - 1) == 0 ? error + sizeof program - 1 : error;
        doctor_say(doctor, VERDICT_BAD, "%s (in %s); the service does not start", text, folder);
        return false;
    }
    FILE *file = fopen(".env", "re");
    doctor_say(doctor, VERDICT_OK, file ? "read, %s/.env too" : "read; there is no file .env in %s", folder);
    if (file) {
        check_dotenv(doctor, file);
        fclose(file);
    }
    return true;
}

/* The folder of a file, in the arena; NULL without memory. */
static const char *folder_of(struct doctor *doctor, const char *path)
{
    char *copy = arena_text(doctor->arena, path);

    return copy ? dirname(copy) : NULL;
}

void doctor_check_log(struct doctor *doctor)
{
    const char *path = doctor->config.log_file;
    struct stat status;

    if (!*path) {
        doctor_say(doctor, VERDICT_OK, "goes to standard error");
        return;
    }
    if (log_is_syslog(path)) {
        if (access("/dev/log", F_OK) == 0)
            doctor_say(doctor, VERDICT_OK, "goes to the system's log");
        else
            doctor_say(doctor, VERDICT_WARN, "goes to the system's log, which nobody keeps here: there is no /dev/log");
        return;
    }
    bool there = stat(path, &status) == 0;
    const char *touched = there ? path : folder_of(doctor, path);
    if (there && S_ISDIR(status.st_mode))
        doctor_say(doctor, VERDICT_BAD, "LOG_FILE %s is a folder; name a file in it", path);
    else if (touched && access(touched, there ? W_OK : W_OK | X_OK) != 0)
        doctor_say(doctor, VERDICT_BAD,
                   "LOG_FILE %s cannot be written: %s: %s; give this user the right, or name "
                   "another file",
                   path, touched, strerror(errno));
    else
        doctor_say(doctor, VERDICT_OK, "goes to %s", path);
}

void doctor_check_docs(struct doctor *doctor)
{
    const char *path = arena_printf(doctor->arena, "%s/index.html", doctor->config.docs_dir);

    if (path && access(path, R_OK) != 0)
        doctor_say(doctor, VERDICT_WARN,
                   "/docs has no pages: %s: %s; `make docs` installs them, DOCS_DIR names the "
                   "folder",
                   path, strerror(errno));
    else
        doctor_say(doctor, VERDICT_OK, "/docs has its pages in %s", doctor->config.docs_dir);
}
