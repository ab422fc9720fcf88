-- The bounds repeat those of the contract: the database is the last to check.
CREATE TABLE items (
    id uuid PRIMARY KEY,
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 200),
    description text NOT NULL CHECK (char_length(description) <= 2000),
    quantity bigint NOT NULL CHECK (quantity BETWEEN 0 AND 1000000000),
    version bigint NOT NULL CHECK (version >= 1),
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
