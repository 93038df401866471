#ifndef COMMAND_DOCTOR_H
#define COMMAND_DOCTOR_H

/*
 * command/doctor.h: what the checks of `quire doctor` share.
 *
 * A check looks at one thing and says what it found, a line for each finding: what is wrong, and how to mend it. It
 * changes nothing that stays: no file is made, no row written. What it cannot find out it does not speak of.
 */

#include <stdbool.h>
#include <sys/types.h>

#include "command/http_ask.h"
#include "core/config.h"
#include "core/context.h"

struct arena;
struct db;
struct stat;

enum verdict {
    VERDICT_OK,
    VERDICT_WARN, /* it works, and may not go on to */
    VERDICT_BAD,
    VERDICT__MAX
};

struct doctor {
    struct arena *arena;
    struct context context;
    struct config config;
    struct db *db;           /* NULL: it cannot be reached */
    const char *socket;      /* --socket; NULL: not asked for */
    const char *web_user;    /* --web-user */
    const char *url;         /* --url; NULL: not asked for */
    struct http_place place; /* the same, in parts */
    const char *check;       /* the one that runs */
    int n_bad;
};

/* Writes the line of a finding. */
void doctor_say(struct doctor *doctor, enum verdict verdict, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* doctor_settings.c. That of the settings gives false when they cannot be read: nothing else can be checked then. */
bool doctor_check_settings(struct doctor *doctor);
void doctor_check_log(struct doctor *doctor);
void doctor_check_docs(struct doctor *doctor);

/* doctor_database.c, in this order: the first opens the connection. */
void doctor_check_database(struct doctor *doctor);
void doctor_check_migrations(struct doctor *doctor);
void doctor_check_rights(struct doctor *doctor);
void doctor_check_clock(struct doctor *doctor);

/* doctor_cache.c */
void doctor_check_cache(struct doctor *doctor);
void doctor_check_shared_memory(struct doctor *doctor);

/* doctor_host.c */
void doctor_check_user(struct doctor *doctor);
void doctor_check_umask(struct doctor *doctor);
void doctor_check_limits(struct doctor *doctor);
void doctor_check_memory(struct doctor *doctor);

/* doctor_socket.c */
void doctor_check_socket(struct doctor *doctor);

/* doctor_web.c */
void doctor_check_web(struct doctor *doctor);

#endif
