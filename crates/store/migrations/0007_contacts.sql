-- What agents say of their conversations. Runs on SQLite and on PostgreSQL.

ALTER TABLE tickets ADD COLUMN code TEXT; -- one of the queue's wrap-up codes
ALTER TABLE tickets ADD COLUMN note TEXT; -- in the agent's words

CREATE INDEX tickets_agent ON tickets (agent, answered_at);

-- What an agent saw of a caller and kept.
CREATE TABLE snapshots (
    run     BIGINT NOT NULL,
    ticket  BIGINT NOT NULL,
    number  BIGINT NOT NULL, -- of the ticket, from 1
    at      BIGINT NOT NULL, -- milliseconds since 1970-01-01T00:00:00Z
    agent   TEXT   NOT NULL,
    picture TEXT   NOT NULL, -- a JPEG in Base64
    PRIMARY KEY (run, ticket, number)
);

CREATE INDEX snapshots_at ON snapshots (at);
