-- Ids of 64 bits. The foreign key has to be away while its two columns differ.
-- quire:replaces h1:/hzAH6ALLOwlFaLSfQbENJwXtDv8VEattTQlZsUuUuw=

ALTER TABLE book DROP FOREIGN KEY book_ibfk_1;

ALTER TABLE author MODIFY id bigint NOT NULL AUTO_INCREMENT;

ALTER TABLE book
    MODIFY id bigint NOT NULL AUTO_INCREMENT,
    MODIFY author_id bigint NOT NULL;

ALTER TABLE book
    ADD CONSTRAINT book_ibfk_1 FOREIGN KEY (author_id) REFERENCES author (id) ON DELETE RESTRICT ON UPDATE RESTRICT;
