-- publish_date was text and held what clients sent. What starts with a date, alone or before a time, becomes that date.
-- The first statement changes nothing: it fails when a text is no date, and its error names that book. It comes before
-- all other changes, so that such a database stays as it was until the text is mended.

CREATE TEMPORARY TABLE readable_dates (publish_date date NOT NULL) ENGINE=InnoDB
SELECT CASE
    WHEN TRIM(publish_date) REGEXP '^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])([T ]|$)'
        AND TRIM(publish_date) NOT LIKE '0000%' THEN LEFT(TRIM(publish_date), 10)
    ELSE CONCAT('book ', id, ': ', publish_date)
END AS publish_date
FROM book;

UPDATE book SET publish_date = LEFT(TRIM(publish_date), 10) WHERE CHAR_LENGTH(publish_date) > 10;

ALTER TABLE book MODIFY publish_date date NOT NULL;

-- Where the server let one in, a zero date is none: it would stop every later change of the table.
UPDATE author SET birthdate = NULL WHERE CAST(birthdate AS char) = '0000-00-00';
