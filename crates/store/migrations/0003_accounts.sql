-- Who may do what by the web side, who is signed in, and what they did. Times are seconds since 1970-01-01T00:00:00Z.
-- Runs on SQLite and on PostgreSQL.

CREATE TABLE accounts (
    name        TEXT   NOT NULL PRIMARY KEY,
    role        TEXT   NOT NULL, -- agent, supervisor, operator, admin
    agent       TEXT,            -- of queues.yaml, whose desk it may take
    password    TEXT   NOT NULL, -- Argon2id, a PHC string
    must_change BIGINT NOT NULL, -- 1: the password was given by another person
    locked      BIGINT NOT NULL, -- 1: nobody signs in
    created_at  BIGINT NOT NULL
);

CREATE TABLE sessions (
    token      TEXT   NOT NULL PRIMARY KEY, -- SHA-256 of what the browser holds
    account    TEXT   NOT NULL,
    data       TEXT   NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE INDEX sessions_of_account ON sessions (account);

CREATE TABLE audit_log (
    at      BIGINT NOT NULL,
    account TEXT   NOT NULL, -- who; the name that was tried where nobody was signed in
    what    TEXT   NOT NULL,
    about   TEXT   NOT NULL, -- whom or what it was done to
    address TEXT   NOT NULL
);

CREATE INDEX audit_log_at ON audit_log (at);
