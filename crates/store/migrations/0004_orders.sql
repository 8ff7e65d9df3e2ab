-- What callers ordered by their calls, beside what people did by the web side (audit_log).
-- Runs on SQLite and on PostgreSQL.

CREATE TABLE orders (
    at          BIGINT NOT NULL, -- seconds since 1970-01-01T00:00:00Z
    sip_call_id TEXT   NOT NULL,
    caller      TEXT,            -- NULL when withheld
    called      TEXT   NOT NULL,
    what        TEXT   NOT NULL, -- connector.call
    confirmed   TEXT   NOT NULL, -- name=value of what the caller was told, never a secret
    code_by     TEXT   NOT NULL, -- picture, sms, speech
    key         TEXT   NOT NULL, -- the Idempotency-Key it was sent with
    outcome     TEXT   NOT NULL  -- done, refused, unknown, failed
);

CREATE INDEX orders_at ON orders (at);
