#ifndef DOMAIN_AUTHOR_H
#define DOMAIN_AUTHOR_H

/* domain/author.h: who wrote a book. */

#include <stdint.h>

#include "core/date.h"

struct schema;

struct author {
    int64_t id;
    const char *name;
    const char *bio;       /* NULL in rows of the FastAPI service */
    struct date birthdate; /* may be none in rows of the FastAPI service */
};

extern const struct schema author_schema;

#endif
