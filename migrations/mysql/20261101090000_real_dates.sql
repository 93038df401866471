-- publish_date was text and held what clients sent. What starts with a date, alone or before a time, becomes that date.
--
-- quire looks for what is no date before it changes anything, and says how to go on. A birthdate can only be one that an
-- old server let in, with a zero in it.
-- quire:replaces h1:rtRyFhTalw9T3htEedel3j9MwKuoKoob3pHAn96X9Hk=
-- quire:check
--    SELECT 'book' AS record, id, CONVERT(title USING utf8mb4) AS name, CONVERT(publish_date USING utf8mb4) AS unreadable
--    FROM book WHERE NOT CASE
--        WHEN TRIM(publish_date) REGEXP '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])([T ]|$)'
--            AND TRIM(publish_date) NOT LIKE '0000%'
--        THEN SUBSTRING(TRIM(publish_date), 9, 2) <= DAY(LAST_DAY(CONCAT(LEFT(TRIM(publish_date), 7), '-01')))
--        ELSE 0 END
--    UNION ALL
--    SELECT 'author', id, CONVERT(name USING utf8mb4), CAST(birthdate AS char)
--    FROM author WHERE CAST(birthdate AS char) <> '0000-00-00'
--        AND (YEAR(birthdate) = 0 OR MONTH(birthdate) = 0 OR DAYOFMONTH(birthdate) = 0)
--    ORDER BY 1 DESC, 2
-- quire:refusal These publish_dates of books and birthdates of authors are no dates (record, id, title or name, text).
--    With --resolve such a book gets the date 1000-01-01 and such an author none, and the tables unreadable_publish_date
--    and unreadable_birthdate keep what was there. Mend the records by them, then drop them: nothing else uses them.
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
--    REPLACE INTO unreadable_birthdate SELECT id, CAST(birthdate AS char) FROM author WHERE CAST(birthdate AS char) <> '0000-00-00'
--        AND (YEAR(birthdate) = 0 OR MONTH(birthdate) = 0 OR DAYOFMONTH(birthdate) = 0);
--    UPDATE author SET birthdate = NULL WHERE CAST(birthdate AS char) <> '0000-00-00'
--        AND (YEAR(birthdate) = 0 OR MONTH(birthdate) = 0 OR DAYOFMONTH(birthdate) = 0);

-- For others than quire: this statement changes nothing, but fails when a text is no date, and its error names that book.
-- It comes before all changes, so that such a database stays as it was until the text is mended.
CREATE TEMPORARY TABLE readable_dates (publish_date date NOT NULL) ENGINE=InnoDB
SELECT CASE
    WHEN TRIM(publish_date) REGEXP '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])([T ]|$)'
        AND TRIM(publish_date) NOT LIKE '0000%' THEN LEFT(TRIM(publish_date), 10)
    ELSE CONCAT('book ', id, ': ', publish_date)
END AS publish_date
FROM book;

UPDATE book SET publish_date = LEFT(TRIM(publish_date), 10) WHERE CHAR_LENGTH(publish_date) > 10;

-- Every text is a date by now.
-- atlas:nolint QU101
ALTER TABLE book MODIFY publish_date date NOT NULL;

-- Where the server let one in, a zero date is none: it would stop every later change of the table.
UPDATE author SET birthdate = NULL WHERE CAST(birthdate AS char) = '0000-00-00';
