-- Text of any language, and of the length that the API allows. A binary collation: no two different texts are equal.
-- Columns are named one by one: CONVERT TO would make bio a mediumtext. A key of 255 characters needs dynamic rows.
-- quire:replaces h1:nTZm2wIDMrZwDUmDeaZrDKp5j9sKt/QG83OVYj+dyiw=

ALTER TABLE author
    MODIFY name varchar(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    MODIFY bio text CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NULL,
    DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    ROW_FORMAT=DYNAMIC;

ALTER TABLE book
    MODIFY title varchar(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    MODIFY description text CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
    DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin,
    ROW_FORMAT=DYNAMIC;
