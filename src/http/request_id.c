/*
 * http/request_id.c: names for requests.
 *
 * A process draws 128 random bits once and counts from there, so that an id costs no system call; a forked process
 * notices that it is another one and draws again. Ids are unique, not secret.
 */

#include "http/request_id.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/context.h"
#include "core/random.h"
#include "http/request.h"

#define ID_MAX 128

static struct {
    pid_t pid; /* the process that drew the seed; 0: none has */
    uint64_t high, low;
} seed;

/* A permutation of 64-bit numbers that leaves no likeness between neighbours (Steele, Lea, Flood: SplitMix). */
static uint64_t mix(uint64_t number)
{
    number = (number ^ (number >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    number = (number ^ (number >> 27)) * UINT64_C(0x94d049bb133111eb);
    return number ^ (number >> 31);
}

static void draw(pid_t pid)
{
    seed.pid = pid;
    seed.high = random_number();
    seed.low = random_number();
}

static bool is_sane(const char *id)
{
    size_t size = strspn(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");

    return id[size] == '\0' && size >= 1 && size <= ID_MAX;
}

const char *request_id_choose(struct context *context, const struct request *request)
{
    const char *given = request_header(request, "HTTP_X_REQUEST_ID");

    if (given && is_sane(given))
        return arena_text(context->arena, given);
    if (seed.pid != getpid())
        draw(getpid());
    return arena_printf(context->arena, "%016llx%016llx", (unsigned long long)seed.high,
                        (unsigned long long)mix(seed.low++));
}
