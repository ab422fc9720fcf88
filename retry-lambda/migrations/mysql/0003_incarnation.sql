-- Which history of the database this is: a number that rises whenever the database
-- goes on from an earlier point, and the server that it was last seen on. One row.
-- The number is the time in milliseconds since 1970, so no other history has it.
CREATE TABLE IF NOT EXISTS incarnation (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row = true),
    number bigint NOT NULL,
    lineage varchar(100)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
