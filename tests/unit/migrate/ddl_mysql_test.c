/* ddl_mysql_test.c: each kind of change as MySQL has it. */

#include "ddl_case.h"

static struct table with_options = {.name = "author", .options = "COLLATE latin1_swedish_ci", .primary_key = "id"};
static struct table without_key = {.name = "author", .options = "COLLATE=utf8mb4_bin", .primary_key = ""};
static const struct index hostile = {.name = "a`;\n--", .columns = "id"};

static const struct ddl_case cases[] = {
    {"a table",
     {{ADD_TABLE, "author", NULL, &new_tables[0]}},
     "-- Create table \"author\"\n"
     "CREATE TABLE `author` (\n"
     "    `id`       bigint NOT NULL AUTO_INCREMENT,\n"
     "    `name`     varchar(255) NOT NULL,\n"
     "    `bio`      text NOT NULL,\n"
     "    `born`     date NULL,\n"
     "    `died`     date NOT NULL,\n"
     "    `other_id` bigint NULL,\n"
     "    PRIMARY KEY (`id`),\n"
     "    KEY `author_name_id` (`name`, `id`),\n"
     "    UNIQUE KEY `author_bio` (`bio`),\n"
     "    CONSTRAINT `other_key` FOREIGN KEY (`other_id`) REFERENCES `other` (`id`) ON DELETE RESTRICT ON UPDATE "
     "RESTRICT,\n"
     "    CHECK (born > 0)\n"
     ") COLLATE=utf8mb4_bin;\n"},
    {"a table whose reference waits for the type of what it refers to",
     {{ADD_TABLE, "author", NULL, &new_tables[0]}, {MODIFY_COLUMN, "other", &other_columns[0], &other_columns[0]}},
     "-- Create table \"author\"\n"
     "CREATE TABLE `author` (\n"
     "    `id`       bigint NOT NULL AUTO_INCREMENT,\n"
     "    `name`     varchar(255) NOT NULL,\n"
     "    `bio`      text NOT NULL,\n"
     "    `born`     date NULL,\n"
     "    `died`     date NOT NULL,\n"
     "    `other_id` bigint NULL,\n"
     "    PRIMARY KEY (`id`),\n"
     "    KEY `author_name_id` (`name`, `id`),\n"
     "    UNIQUE KEY `author_bio` (`bio`),\n"
     "    CHECK (born > 0)\n"
     ") COLLATE=utf8mb4_bin;\n"
     "\n"
     "-- Modify column \"id\" of table \"other\"\n"
     "ALTER TABLE `other` MODIFY COLUMN `id` bigint NOT NULL AUTO_INCREMENT;\n"
     "\n"
     "-- Add foreign key (other_id) to table \"author\"\n"
     "ALTER TABLE `author`\n"
     "    ADD CONSTRAINT `other_key` FOREIGN KEY (`other_id`) REFERENCES `other` (`id`) ON DELETE RESTRICT ON UPDATE "
     "RESTRICT;\n"},
    {"no table", {{DROP_TABLE, "author", &old_tables[0], NULL}}, "-- Drop table \"author\"\nDROP TABLE `author`;\n"},
    {"options",
     {{MODIFY_TABLE, "author", &with_options, &new_tables[0]}},
     "-- Change the options of table \"author\"\nALTER TABLE `author` COLLATE=utf8mb4_bin;\n"},
    {"a primary key",
     {{ADD_COLUMN, "author", NULL, &new_columns[0]}, {MODIFY_TABLE, "author", &without_key, &new_tables[0]}},
     "-- Change the primary key of table \"author\"\n"
     "ALTER TABLE `author`\n"
     "    ADD COLUMN `id` bigint NOT NULL AUTO_INCREMENT,\n"
     "    ADD PRIMARY KEY (`id`);\n"},
    {"a column that may be NULL",
     {{ADD_COLUMN, "author", NULL, &new_columns[3]}},
     "-- Add column \"born\" to table \"author\"\nALTER TABLE `author` ADD COLUMN `born` date NULL;\n"},
    {"a column that must not be NULL",
     {{ADD_COLUMN, "author", NULL, &new_columns[4]}},
     "-- Add column \"died\" to table \"author\"\n"
     "ALTER TABLE `author` ADD COLUMN `died` date NULL;\n"
     "\n"
     "-- Forbid NULL in column \"died\" of table \"author\"; rows need a value before\n"
     "ALTER TABLE `author` MODIFY COLUMN `died` date NOT NULL;\n"},
    {"no column",
     {{DROP_COLUMN, "author", &old_columns[3], NULL}},
     "-- Drop column \"nr\" from table \"author\"\nALTER TABLE `author` DROP COLUMN `nr`;\n"},
    {"another type",
     {{MODIFY_COLUMN, "author", &old_columns[1], &new_columns[1]}},
     "-- Modify column \"name\" of table \"author\"\nALTER TABLE `author` MODIFY COLUMN `name` varchar(255) NOT "
     "NULL;\n"},
    {"an index",
     {{ADD_INDEX, "author", NULL, &new_indexes[0]}},
     "-- Create index \"author_name_id\" on table \"author\"\n"
     "CREATE INDEX `author_name_id` ON `author` (`name`, `id`);\n"},
    {"no index",
     {{DROP_INDEX, "author", &old_indexes[0], NULL}},
     "-- Drop index \"by_nr\" from table \"author\"\nDROP INDEX `by_nr` ON `author`;\n"},
    {"a name with anything in it",
     {{DROP_INDEX, "author", &hostile, NULL}},
     "-- Drop index \"a`; --\" from table \"author\"\nDROP INDEX `a``;\n--` ON `author`;\n"},
    {"a foreign key",
     {{ADD_FOREIGN_KEY, "author", NULL, &new_keys[0]}},
     "-- Add foreign key (other_id) to table \"author\"\n"
     "ALTER TABLE `author`\n"
     "    ADD CONSTRAINT `other_key` FOREIGN KEY (`other_id`) REFERENCES `other` (`id`) ON DELETE RESTRICT ON UPDATE "
     "RESTRICT;\n"},
    {"a foreign key whose name is taken",
     {{ADD_FOREIGN_KEY, "author", NULL, &old_keys[0]}},
     "-- Add foreign key (nr) to table \"author\"\n"
     "ALTER TABLE `author`\n"
     "    ADD FOREIGN KEY (`nr`) REFERENCES `other` (`id`) ON DELETE CASCADE ON UPDATE NO ACTION;\n"},
    {"a foreign key that is made anew",
     {{DROP_FOREIGN_KEY, "author", &old_keys[0], NULL}, {ADD_FOREIGN_KEY, "author", NULL, &old_keys[0]}},
     "-- Drop foreign key (nr) from table \"author\"\n"
     "ALTER TABLE `author` DROP FOREIGN KEY `old_key`;\n"
     "\n"
     "-- Add foreign key (nr) to table \"author\"\n"
     "ALTER TABLE `author`\n"
     "    ADD CONSTRAINT `old_key` FOREIGN KEY (`nr`) REFERENCES `other` (`id`) ON DELETE CASCADE ON UPDATE NO "
     "ACTION;\n"},
    {"a check",
     {{ADD_CHECK, "author", NULL, &new_checks[0]}},
     "-- Add a check to table \"author\"\nALTER TABLE `author` ADD CHECK (born > 0);\n"},
    {"no check",
     {{DROP_CHECK, "author", &old_checks[0], NULL}},
     "-- Drop a check from table \"author\"\nALTER TABLE `author` DROP CONSTRAINT `positive`;\n"},
};

static void test_mysql__has_a_text_for_each_change(void **state)
{
    (void)state;
    assert_ddl_cases("mysql", cases, sizeof cases / sizeof *cases);
}

static void test_mysql__says_when_memory_ends(void **state)
{
    (void)state;
    assert_ddl_memory("mysql", cases, sizeof cases / sizeof *cases);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_mysql__has_a_text_for_each_change, ddl_setup, ddl_teardown),
        cmocka_unit_test_setup_teardown(test_mysql__says_when_memory_ends, ddl_setup, ddl_teardown),
    };

    new_tables[0].options = "COLLATE=utf8mb4_bin";
    return cmocka_run_group_tests(tests, NULL, NULL);
}
