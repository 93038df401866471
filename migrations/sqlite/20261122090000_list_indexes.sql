-- The books of one author in each order of the API, so that a page of them is read, not all of them sorted.

CREATE INDEX book_author_id_title_id ON book (author_id, title, id);

CREATE INDEX book_author_id_publish_date_id ON book (author_id, publish_date, id);
