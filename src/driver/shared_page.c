/* driver/shared_page.c: without /dev/shm a memory file without a name takes the object's place, so that there always is
 * a descriptor, and children have it too. */

#include "driver/shared_page.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/hash.h"

char *shared_page_name(struct arena *arena, const char *identity)
{
    return arena_printf(arena, "/quire-%u-%016" PRIx64, (unsigned)geteuid(), hash_text(identity));
}

/* Is the object ours alone, and of our size? A new one, of size 0, is given its size. Its memory is had now: where none
 * is left, writing would end the process later. */
static bool object_is_ours(int fd, size_t size)
{
    struct stat status;

    if (fstat(fd, &status) || status.st_uid != geteuid() || !S_ISREG(status.st_mode) || (status.st_mode & 077))
        return false;
    if (status.st_size && status.st_size != (off_t)size)
        return false;
    return posix_fallocate(fd, 0, (off_t)size) == 0;
}

/* False when the object cannot be had: then it is closed. */
static bool map(struct shared_page *page, int fd, size_t size)
{
    void *bytes = MAP_FAILED;

    if (fd >= 0 && object_is_ours(fd, size))
        bytes = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (bytes == MAP_FAILED) {
        if (fd >= 0)
            close(fd);
        return false;
    }
    *page = (struct shared_page){.bytes = bytes, .size = size, .fd = fd};
    return true;
}

/* A file in memory has mode 0777 at first. */
static int open_nameless(void)
{
    int fd = memfd_create("quire", MFD_CLOEXEC);

    if (fd >= 0)
        fchmod(fd, 0600);
    return fd;
}

static void release(void *handle)
{
    struct shared_page *page = handle;

    munmap(page->bytes, page->size);
    close(page->fd);
}

struct shared_page *shared_page_open(struct arena *arena, const char *name, size_t size)
{
    struct shared_page *page = arena_alloc(arena, sizeof *page);

    if (!page)
        return NULL;
    bool shared = map(page, shm_open(name, O_RDWR | O_CREAT, 0600), size);
    if (!shared && !map(page, open_nameless(), size))
        return NULL;
    page->shared = shared;
    return arena_defer(arena, release, page) == 0 ? page : NULL;
}
