-- Dates are text, YYYY-MM-DD. AUTOINCREMENT: the id of a deleted record is not given to another one.

CREATE TABLE author (
    id        integer PRIMARY KEY AUTOINCREMENT,
    name      text NOT NULL,
    bio       text NULL,
    birthdate text NULL CHECK (birthdate IS date(birthdate))
);

CREATE TABLE book (
    id           integer PRIMARY KEY AUTOINCREMENT,
    title        text NOT NULL,
    description  text NOT NULL,
    publish_date text NOT NULL CHECK (publish_date IS date(publish_date)),
    author_id    integer NOT NULL REFERENCES author (id) ON DELETE RESTRICT ON UPDATE RESTRICT
);

-- One index per filter and sort order of the API; equal values are ordered by id.

CREATE INDEX author_name_id ON author (name, id);

CREATE INDEX book_author_id ON book (author_id, id);

CREATE INDEX book_title_id ON book (title, id);

CREATE INDEX book_publish_date_id ON book (publish_date, id);
