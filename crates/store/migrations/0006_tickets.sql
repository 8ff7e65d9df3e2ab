-- Who waited for whom, what they thought of it, and what was achieved by the quarter of an hour.
-- `run` is a start of a gateway: its milliseconds since 1970-01-01T00:00:00Z, so that ticket numbers of one start are never
-- taken for those of another. Times are milliseconds, too. Runs on SQLite and on PostgreSQL.

CREATE TABLE gateway_runs (
    run  BIGINT NOT NULL PRIMARY KEY,
    node TEXT   NOT NULL -- which gateway, where several share a database
);

CREATE TABLE tickets (
    run         BIGINT NOT NULL,
    ticket      BIGINT NOT NULL,
    queue       TEXT   NOT NULL, -- the one that it waited in last
    caller      TEXT,            -- NULL when withheld
    entered_at  BIGINT NOT NULL,
    answered_at BIGINT,          -- NULL: no agent had it
    agent       TEXT,
    ended_at    BIGINT,          -- NULL: it goes on
    outcome     TEXT,            -- served, timeout, full, closed, failed, no_agents, left, not_reached, node_lost
    taken       BIGINT NOT NULL, -- 0: refused at entry
    PRIMARY KEY (run, ticket)
);

CREATE INDEX tickets_entered_at ON tickets (entered_at);

CREATE TABLE pool_events (
    run    BIGINT NOT NULL,
    at     BIGINT NOT NULL,
    ticket BIGINT,
    agent  TEXT,
    event  TEXT   NOT NULL,
    detail TEXT   NOT NULL -- queue, outcome or reason
);

CREATE INDEX pool_events_at ON pool_events (at);

CREATE TABLE ratings (
    at          BIGINT NOT NULL, -- of the call's end
    sip_call_id TEXT   NOT NULL,
    flow        TEXT   NOT NULL,
    node        TEXT   NOT NULL,
    agent       TEXT,            -- who was talked to last
    stars       BIGINT NOT NULL,
    most        BIGINT NOT NULL
);

CREATE INDEX ratings_at ON ratings (at);

-- By quarters of an hour, as recent_stays.
CREATE TABLE recent_calls (
    quarter BIGINT NOT NULL, -- seconds since 1970-01-01T00:00:00Z by 900, of the call's end
    prefix  TEXT   NOT NULL, -- of the caller's number; empty when withheld
    calls   BIGINT NOT NULL, -- that were answered
    helped  BIGINT NOT NULL, -- of these, who came to a goal and wanted no agent
    wanted  BIGINT NOT NULL, -- of these, who wanted an agent
    PRIMARY KEY (quarter, prefix)
);
