-- What became of each write. A row and the effect of its write are committed
-- together; within that transaction, and never outside it, reply may be null.
-- Keys differ by case, which the collation has to know. Old keys are found by
-- age, to be forgotten.
CREATE TABLE IF NOT EXISTS idempotency_keys (
    `key` varchar(255) PRIMARY KEY,
    fingerprint varbinary(32) NOT NULL,
    reply json,
    created_at datetime(6) NOT NULL DEFAULT (utc_timestamp(6)),
    INDEX idempotency_keys_by_age (created_at)
) ENGINE = InnoDB CHARACTER SET utf8mb4 COLLATE utf8mb4_bin;
