-- The tables as the FastAPI service left them, for a database that starts from nothing.
-- A database which that service migrated has applied its own file under this version:
-- quire:replaces h1:O4IT2Y6Kx6g1/PupkDDcu23f6A/MSwdmtHBjtSoxSf8=

CREATE TABLE author (
    id        int         NOT NULL AUTO_INCREMENT,
    name      varchar(30) NOT NULL,
    bio       text        NULL,
    birthdate date        NULL,
    PRIMARY KEY (id)
) ENGINE=InnoDB DEFAULT CHARSET=latin1 COLLATE=latin1_swedish_ci;

CREATE TABLE book (
    id           int         NOT NULL AUTO_INCREMENT,
    title        varchar(30) NOT NULL,
    description  varchar(30) NOT NULL,
    publish_date varchar(30) NOT NULL,
    author_id    int         NOT NULL,
    PRIMARY KEY (id),
    KEY author_id (author_id),
    CONSTRAINT book_ibfk_1 FOREIGN KEY (author_id) REFERENCES author (id) ON DELETE RESTRICT ON UPDATE RESTRICT
) ENGINE=InnoDB DEFAULT CHARSET=latin1 COLLATE=latin1_swedish_ci;
