/* usecase/query.c: reading a page. */

#include "usecase/query.h"

void *page_record(const struct schema *schema, const struct page *page, size_t index)
{
    return (char *)page->records + index * schema->size;
}
