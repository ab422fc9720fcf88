-- The bounds repeat those of the contract: the database is the last to check.
-- Identifiers rise with time byte by byte, so their binary form is the order of
-- a list. Times are UTC; a timestamp column would end in 2038.
CREATE TABLE IF NOT EXISTS items (
    id binary(16) PRIMARY KEY,
    name varchar(200) NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
    description varchar(2000) NOT NULL CHECK (char_length(description) <= 2000),
    quantity bigint NOT NULL CHECK (quantity BETWEEN 0 AND 1000000000),
    version bigint NOT NULL CHECK (version >= 1),
    created_at datetime(6) NOT NULL,
    updated_at datetime(6) NOT NULL
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
