-- Rows that the tables of the FastAPI service cannot hold: texts of more than 30 characters, or with characters that
-- latin1 does not have. This keeps their texts in the table rollback_text and shortens them; `?` stands for what latin1
-- lacks. Run it before rollback.sql, and only when that says that rows do not fit. See upgrading.md.

SET NAMES utf8mb4 COLLATE utf8mb4_bin, sql_mode = 'NO_ENGINE_SUBSTITUTION';

CREATE TABLE IF NOT EXISTS rollback_text (
    record varchar(10) NOT NULL,
    id     bigint      NOT NULL,
    field  varchar(20) NOT NULL,
    text   text        NOT NULL,
    PRIMARY KEY (record, id, field)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin ROW_FORMAT=DYNAMIC;

REPLACE INTO rollback_text
SELECT 'author', id, 'name', name FROM author
    WHERE CHAR_LENGTH(name) > 30 OR CONVERT(CONVERT(name USING latin1) USING utf8mb4) <> name
UNION ALL SELECT 'author', id, 'bio', bio FROM author
    WHERE CONVERT(CONVERT(bio USING latin1) USING utf8mb4) <> bio
UNION ALL SELECT 'book', id, 'title', title FROM book
    WHERE CHAR_LENGTH(title) > 30 OR CONVERT(CONVERT(title USING latin1) USING utf8mb4) <> title
UNION ALL SELECT 'book', id, 'description', description FROM book
    WHERE CHAR_LENGTH(description) > 30
        OR CONVERT(CONVERT(description USING latin1) USING utf8mb4) <> description;

UPDATE author JOIN rollback_text kept ON kept.record = 'author' AND kept.field = 'name' AND kept.id = author.id
    SET name = LEFT(CONVERT(CONVERT(name USING latin1) USING utf8mb4), 30);

UPDATE author JOIN rollback_text kept ON kept.record = 'author' AND kept.field = 'bio' AND kept.id = author.id
    SET bio = CONVERT(CONVERT(bio USING latin1) USING utf8mb4);

UPDATE book JOIN rollback_text kept ON kept.record = 'book' AND kept.field = 'title' AND kept.id = book.id
    SET title = LEFT(CONVERT(CONVERT(title USING latin1) USING utf8mb4), 30);

UPDATE book JOIN rollback_text kept ON kept.record = 'book' AND kept.field = 'description' AND kept.id = book.id
    SET description = LEFT(CONVERT(CONVERT(description USING latin1) USING utf8mb4), 30);
