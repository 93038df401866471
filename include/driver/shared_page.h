#ifndef DRIVER_SHARED_PAGE_H
#define DRIVER_SHARED_PAGE_H

/*
 * driver/shared_page.h: memory that the processes of one user on one host share, however they were started.
 *
 * It is a POSIX shared memory object of mode 0600; its bytes are zero at first and stay until the machine restarts.
 */

#include <stdbool.h>
#include <stddef.h>

struct arena;

struct shared_page {
    void *bytes;
    size_t size;
    int fd;      /* of the object; closed on exec */
    bool shared; /* false: among this process and the children it will have, only */
};

/* The name that goes with `identity`: user id and a hash, as shm_open(3) takes it. In the arena; NULL without memory.
 */
char *shared_page_name(struct arena *arena, const char *identity);

/* Maps the object of this name, which is made if need be; an object of another owner or of another size is not used,
 * nor one for which /dev/shm has no room. Unmapped and closed with the arena. NULL without memory. */
struct shared_page *shared_page_open(struct arena *arena, const char *name, size_t size);

#endif
