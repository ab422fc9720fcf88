-- A statement of its own, because this may be done again.
INSERT IGNORE INTO incarnation (number) VALUES (floor(unix_timestamp(now(3)) * 1000));
