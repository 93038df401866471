/* catalogue_test.c: how the collections hang together. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "domain/author.h"
#include "domain/book.h"
#include "usecase/catalogue.h"
#include "usecase/repository.h"

static void test_catalogue_init__ties_books_to_authors(void **state)
{
    struct repository author_repository = {.schema = &author_schema};
    struct repository book_repository = {.schema = &book_schema};
    struct repository *repositories[] = {&author_repository, &book_repository};
    struct catalogue catalogue;
    const struct collection *authors = &catalogue.collections[0];
    const struct collection *books = &catalogue.collections[1];

    (void)state;
    assert_true(catalogue_init(&catalogue, repositories, NULL));
    assert_int_equal(catalogue.n, 2);
    assert_ptr_equal(books->repository, &book_repository);
    assert_int_equal(books->n_references, 1);
    assert_ptr_equal(books->references[0].target, authors);
    assert_string_equal(books->references[0].field->name, "author_id");
    assert_int_equal(authors->n_dependents, 1);
    assert_ptr_equal(authors->dependents[0].repository, books->repository);
    assert_int_equal(authors->n_references + books->n_dependents, 0);
    assert_ptr_equal(catalogue_find(&catalogue, &author_schema), authors);
    assert_ptr_equal(catalogue_find(&catalogue, &book_schema), books);
    assert_null(catalogue_find(&catalogue, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_catalogue_init__ties_books_to_authors),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
