-- Back to the tables of the FastAPI service, with all rows that are there now. See upgrading.md.
--
-- It stops before it changes anything, with a list, when those tables cannot hold a row or a foreign key of another
-- table is in the way. Mend these rows, or run rollback_texts.sql; drop these keys; and run it again. When it is cut
-- off, run it again, too: each step looks first whether it is done. Take a backup first, as for any change of tables.

SET NAMES utf8mb4 COLLATE utf8mb4_bin, sql_mode = 'NO_ENGINE_SUBSTITUTION';

-- Rows that do not fit, by table, id and column, and foreign keys that would hold the ids as they are, by table and name.
-- Here a conversion that fails is a question, not an error.
CREATE TEMPORARY TABLE unfit ENGINE=InnoDB
SELECT 'author' AS record, id, 'name' AS field FROM author
    WHERE CHAR_LENGTH(name) > 30 OR CONVERT(CONVERT(name USING latin1) USING utf8mb4) <> name
UNION ALL SELECT 'author', id, 'bio' FROM author
    WHERE CONVERT(CONVERT(bio USING latin1) USING utf8mb4) <> bio
UNION ALL SELECT 'book', id, 'title' FROM book
    WHERE CHAR_LENGTH(title) > 30 OR CONVERT(CONVERT(title USING latin1) USING utf8mb4) <> title
UNION ALL SELECT 'book', id, 'description' FROM book
    WHERE CHAR_LENGTH(description) > 30
        OR CONVERT(CONVERT(description USING latin1) USING utf8mb4) <> description
UNION ALL SELECT 'author', id, 'id' FROM author WHERE id > 2147483647
UNION ALL SELECT 'book', id, 'id' FROM book WHERE id > 2147483647
UNION ALL SELECT CONVERT(table_name USING utf8mb4), NULL, CONVERT(constraint_name USING utf8mb4)
    FROM information_schema.referential_constraints
    WHERE unique_constraint_schema = DATABASE() AND referenced_table_name IN ('author', 'book')
        AND NOT (constraint_schema = DATABASE() AND table_name = 'book' AND constraint_name = 'book_ibfk_1');

SELECT * FROM unfit ORDER BY record, id, field;

SET sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION';

-- Fails when there is one: nothing fits into a text of no length. Nothing was changed yet.
CREATE TEMPORARY TABLE fits (rows_that_do_not_fit_are_listed_above varchar(0) NOT NULL) ENGINE=InnoDB;
INSERT INTO fits SELECT CONCAT(record, ' ', COALESCE(id, field)) FROM unfit;

-- From here on the tables change, in four steps and one for the revisions. Where a step of quire's is not there any
-- more, it was undone in an earlier run.
SET @step = IF(EXISTS (SELECT 1 FROM information_schema.table_constraints
        WHERE constraint_schema = DATABASE() AND table_name = 'book' AND constraint_name = 'book_ibfk_1'),
    'ALTER TABLE book DROP FOREIGN KEY book_ibfk_1',
    'DO 0');
PREPARE step FROM @step;
EXECUTE step;

SET @step = IF(EXISTS (SELECT 1 FROM information_schema.statistics
        WHERE table_schema = DATABASE() AND table_name = 'author' AND index_name = 'author_name_id'),
    'ALTER TABLE author
        DROP INDEX author_name_id,
        MODIFY id int NOT NULL AUTO_INCREMENT,
        MODIFY name varchar(30) CHARACTER SET latin1 COLLATE latin1_swedish_ci NOT NULL,
        MODIFY bio text CHARACTER SET latin1 COLLATE latin1_swedish_ci NULL,
        DEFAULT CHARACTER SET latin1 COLLATE latin1_swedish_ci,
        ROW_FORMAT=DEFAULT',
    'DO 0');
PREPARE step FROM @step;
EXECUTE step;

SET @step = IF(EXISTS (SELECT 1 FROM information_schema.statistics
        WHERE table_schema = DATABASE() AND table_name = 'book' AND index_name = 'book_title_id'),
    'ALTER TABLE book
        DROP INDEX book_title_id,
        DROP INDEX book_publish_date_id,
        DROP INDEX book_author_id_title_id,
        DROP INDEX book_author_id_publish_date_id,
        MODIFY id int NOT NULL AUTO_INCREMENT,
        MODIFY title varchar(30) CHARACTER SET latin1 COLLATE latin1_swedish_ci NOT NULL,
        MODIFY description varchar(30) CHARACTER SET latin1 COLLATE latin1_swedish_ci NOT NULL,
        MODIFY publish_date varchar(30) CHARACTER SET latin1 COLLATE latin1_swedish_ci NOT NULL,
        MODIFY author_id int NOT NULL,
        DEFAULT CHARACTER SET latin1 COLLATE latin1_swedish_ci,
        ROW_FORMAT=DEFAULT',
    'DO 0');
PREPARE step FROM @step;
EXECUTE step;

ALTER TABLE book
    ADD CONSTRAINT book_ibfk_1 FOREIGN KEY (author_id) REFERENCES author (id) ON DELETE RESTRICT ON UPDATE RESTRICT;

-- The migrations after the first one are undone: `quire migrate apply` does them again.
DELETE FROM atlas_schema_revisions WHERE version > '20240620051907';
