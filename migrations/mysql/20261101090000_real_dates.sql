-- publish_date was text and held what clients sent. What starts with a date, alone or before a time, becomes that date.
--
-- Before anything is changed, quire looks for what this file and those after it cannot carry over, lists all of it and
-- says how to go on: texts that are no dates; birthdates that an old server let in, with a zero or a February 31 in
-- them; books of no author, as MyISAM and foreign_key_checks = 0 leave them; and foreign keys, other than the one that
-- is made anew, that would hold the ids as they are.
-- quire:replaces h1:rtRyFhTalw9T3htEedel3j9MwKuoKoob3pHAn96X9Hk=
-- quire:check
--    SELECT 'book' AS record, id, CONVERT(title USING utf8mb4) AS name, CONVERT(publish_date USING utf8mb4) AS found
--    FROM book WHERE NOT CASE
--        WHEN TRIM(publish_date) REGEXP '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])([T ]|$)'
--            AND TRIM(publish_date) NOT LIKE '0000%'
--        THEN SUBSTRING(TRIM(publish_date), 9, 2) <= DAY(LAST_DAY(CONCAT(LEFT(TRIM(publish_date), 7), '-01')))
--        ELSE 0 END
--    UNION ALL
--    SELECT 'author', id, CONVERT(name USING utf8mb4), CONVERT(CAST(birthdate AS char) USING utf8mb4)
--    FROM author WHERE CAST(birthdate AS char) <> '0000-00-00' AND NOT CASE
--        WHEN CAST(birthdate AS char) NOT LIKE '0000%' AND CAST(birthdate AS char) NOT LIKE '%-00%'
--        THEN DAYOFMONTH(birthdate) <= DAY(LAST_DAY(CONCAT(LEFT(CAST(birthdate AS char), 7), '-01')))
--        ELSE 0 END
--    UNION ALL
--    SELECT 'book', book.id, CONVERT(title USING utf8mb4), CONVERT(CONCAT('no author ', author_id) USING utf8mb4)
--    FROM book LEFT JOIN author ON author.id = author_id WHERE author.id IS NULL
--    UNION ALL
--    SELECT 'table', NULL, CONVERT(CONCAT(constraint_schema, '.', table_name) USING utf8mb4),
--        CONVERT(CONCAT('foreign key ', constraint_name, ' to ', referenced_table_name) USING utf8mb4)
--    FROM information_schema.referential_constraints
--    WHERE unique_constraint_schema = DATABASE() AND referenced_table_name IN ('author', 'book')
--        AND NOT (constraint_schema = DATABASE() AND table_name = 'book' AND constraint_name = 'book_ibfk_1')
--    UNION ALL
--    SELECT 'table', NULL, 'book', 'no foreign key book_ibfk_1 to author' FROM DUAL WHERE NOT EXISTS (
--        SELECT 1 FROM information_schema.referential_constraints
--        WHERE unique_constraint_schema = DATABASE() AND referenced_table_name = 'author'
--            AND constraint_schema = DATABASE() AND table_name = 'book' AND constraint_name = 'book_ibfk_1')
--    ORDER BY 1 DESC, 2
-- quire:refusal Each line is a record, its id, its title or name, and what was found. Dates that are none: --resolve
--    gives such a book the date 1000-01-01 and such an author none; the tables unreadable_publish_date and
--    unreadable_birthdate keep what was there. Mend the records by them, then drop them: nothing else uses them.
--    All else is to be mended by hand, also after --resolve. A book of no author: give it another author, or delete it.
--    A foreign key to author or book: drop it, and add it again when the migrations are applied, with a bigint column.
--    No foreign key book_ibfk_1: make both tables InnoDB, then ALTER TABLE book ADD CONSTRAINT book_ibfk_1
--    FOREIGN KEY (author_id) REFERENCES author (id).
-- quire:resolve
--    CREATE TABLE IF NOT EXISTS unreadable_publish_date (book_id bigint NOT NULL PRIMARY KEY,
--        publish_date varchar(30) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL) ENGINE=InnoDB;
--    CREATE TABLE IF NOT EXISTS unreadable_birthdate (author_id bigint NOT NULL PRIMARY KEY,
--        birthdate char(10) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL) ENGINE=InnoDB;
--    REPLACE INTO unreadable_publish_date SELECT id, publish_date FROM book WHERE NOT CASE
--        WHEN TRIM(publish_date) REGEXP '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])([T ]|$)'
--            AND TRIM(publish_date) NOT LIKE '0000%'
--        THEN SUBSTRING(TRIM(publish_date), 9, 2) <= DAY(LAST_DAY(CONCAT(LEFT(TRIM(publish_date), 7), '-01')))
--        ELSE 0 END;
--    UPDATE book SET publish_date = '1000-01-01' WHERE NOT CASE
--        WHEN TRIM(publish_date) REGEXP '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])([T ]|$)'
--            AND TRIM(publish_date) NOT LIKE '0000%'
--        THEN SUBSTRING(TRIM(publish_date), 9, 2) <= DAY(LAST_DAY(CONCAT(LEFT(TRIM(publish_date), 7), '-01')))
--        ELSE 0 END;
--    REPLACE INTO unreadable_birthdate SELECT id, CAST(birthdate AS char) FROM author
--    WHERE CAST(birthdate AS char) <> '0000-00-00' AND NOT CASE
--        WHEN CAST(birthdate AS char) NOT LIKE '0000%' AND CAST(birthdate AS char) NOT LIKE '%-00%'
--        THEN DAYOFMONTH(birthdate) <= DAY(LAST_DAY(CONCAT(LEFT(CAST(birthdate AS char), 7), '-01')))
--        ELSE 0 END;
--    UPDATE author SET birthdate = NULL
--    WHERE CAST(birthdate AS char) <> '0000-00-00' AND NOT CASE
--        WHEN CAST(birthdate AS char) NOT LIKE '0000%' AND CAST(birthdate AS char) NOT LIKE '%-00%'
--        THEN DAYOFMONTH(birthdate) <= DAY(LAST_DAY(CONCAT(LEFT(CAST(birthdate AS char), 7), '-01')))
--        ELSE 0 END;

-- For others than quire, the same: this statement changes nothing, but fails when there is such a row, and its error
-- names one. It comes before all changes, so that such a database stays as it was until the row is mended.
CREATE TEMPORARY TABLE what_stops_this (found date NOT NULL) ENGINE=InnoDB
SELECT CONCAT(record, ' ', COALESCE(id, name), ': ', found) AS found FROM (
    SELECT 'book' AS record, id, CONVERT(title USING utf8mb4) AS name, CONVERT(publish_date USING utf8mb4) AS found
    FROM book WHERE NOT CASE
        WHEN TRIM(publish_date) REGEXP '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])([T ]|$)'
            AND TRIM(publish_date) NOT LIKE '0000%'
        THEN SUBSTRING(TRIM(publish_date), 9, 2) <= DAY(LAST_DAY(CONCAT(LEFT(TRIM(publish_date), 7), '-01')))
        ELSE 0 END
    UNION ALL
    SELECT 'author', id, CONVERT(name USING utf8mb4), CONVERT(CAST(birthdate AS char) USING utf8mb4)
    FROM author WHERE CAST(birthdate AS char) <> '0000-00-00' AND NOT CASE
        WHEN CAST(birthdate AS char) NOT LIKE '0000%' AND CAST(birthdate AS char) NOT LIKE '%-00%'
        THEN DAYOFMONTH(birthdate) <= DAY(LAST_DAY(CONCAT(LEFT(CAST(birthdate AS char), 7), '-01')))
        ELSE 0 END
    UNION ALL
    SELECT 'book', book.id, CONVERT(title USING utf8mb4), CONVERT(CONCAT('no author ', author_id) USING utf8mb4)
    FROM book LEFT JOIN author ON author.id = author_id WHERE author.id IS NULL
    UNION ALL
    SELECT 'table', NULL, CONVERT(CONCAT(constraint_schema, '.', table_name) USING utf8mb4),
        CONVERT(CONCAT('foreign key ', constraint_name, ' to ', referenced_table_name) USING utf8mb4)
    FROM information_schema.referential_constraints
    WHERE unique_constraint_schema = DATABASE() AND referenced_table_name IN ('author', 'book')
        AND NOT (constraint_schema = DATABASE() AND table_name = 'book' AND constraint_name = 'book_ibfk_1')
    UNION ALL
    SELECT 'table', NULL, 'book', 'no foreign key book_ibfk_1 to author' FROM DUAL WHERE NOT EXISTS (
        SELECT 1 FROM information_schema.referential_constraints
        WHERE unique_constraint_schema = DATABASE() AND referenced_table_name = 'author'
            AND constraint_schema = DATABASE() AND table_name = 'book' AND constraint_name = 'book_ibfk_1')
) AS refused;

UPDATE book SET publish_date = LEFT(TRIM(publish_date), 10) WHERE CHAR_LENGTH(publish_date) > 10;

-- Every text is a date by now.
-- atlas:nolint QU101
ALTER TABLE book MODIFY publish_date date NOT NULL;

-- Where the server let one in, a zero date is none: it would stop every later change of the table.
UPDATE author SET birthdate = NULL WHERE CAST(birthdate AS char) = '0000-00-00';
