-- What became of each write. A row and the effect of its write are committed
-- together; within that transaction, and never outside it, reply may be null.
CREATE TABLE idempotency_keys (
    key text PRIMARY KEY,
    fingerprint bytea NOT NULL,
    reply jsonb,
    created_at timestamptz NOT NULL DEFAULT now()
);

-- Old keys are found by age, to be forgotten.
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);
