-- Which history of the database this is: a number that rises whenever the database
-- goes on from an earlier point, and the server that it was last seen on. One row.
-- The number is the time in milliseconds since 1970, so no other history has it.
CREATE TABLE incarnation (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    number bigint NOT NULL,
    lineage text
);

INSERT INTO incarnation (number)
VALUES (floor(extract(epoch FROM clock_timestamp()) * 1000));
