/* migrate/schema_state.c: the sum is a hash chain over the catalogue's rows, each with its NUL. */

#include "migrate/schema_state.h"

#include "core/context.h"
#include "driver/db.h"
#include "migrate/dialect.h"

enum code schema_state_read(struct context *context, struct db *db, const struct migrate_dialect *dialect,
                            char ret_sum[HASH_TEXT_SIZE])
{
    struct db_result result;
    struct hash_chain chain;
    enum code code = db_execute(db, context, DB_READ, dialect->state, NULL, 0, &result);

    if (code != OK)
        return code;
    hash_chain_init(&chain);
    for (size_t i = 0; i < result.n_rows; i++)
        if (result.cells[i].type == DB_TEXT)
            hash_chain_add(&chain, result.cells[i].text, result.cells[i].size + 1);
    hash_chain_format(&chain, ret_sum);
    return OK;
}
