-- One index per filter and sort order of the API; equal values are ordered by id. Key author_id, which is there already,
-- has the id at its end as every InnoDB key has.
-- quire:replaces h1:RhngC1IQ8o8LOsmxcV0QSSRACpBVIJzBg3ruTIR1SZ0=

CREATE INDEX author_name_id ON author (name, id);

CREATE INDEX book_title_id ON book (title, id);

CREATE INDEX book_publish_date_id ON book (publish_date, id);
