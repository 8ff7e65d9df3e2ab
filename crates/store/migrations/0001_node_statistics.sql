-- What callers did in the nodes of flows. `edition` names what a flow's file said: the first digits of its SHA-256.
-- Runs on SQLite and on PostgreSQL.

CREATE TABLE flow_calls (
    flow     TEXT   NOT NULL,
    edition  TEXT   NOT NULL,
    first_at BIGINT NOT NULL, -- seconds since 1970-01-01T00:00:00Z
    last_at  BIGINT NOT NULL,
    calls    BIGINT NOT NULL,
    PRIMARY KEY (flow, edition)
);

CREATE TABLE node_stays (
    flow      TEXT   NOT NULL,
    edition   TEXT   NOT NULL,
    node      TEXT   NOT NULL,
    entries   BIGINT NOT NULL,
    keys      BIGINT NOT NULL,
    timeouts  BIGINT NOT NULL,
    invalid   BIGINT NOT NULL,
    hung_up   BIGINT NOT NULL,
    abandoned BIGINT NOT NULL,
    to_agent  BIGINT NOT NULL,
    PRIMARY KEY (flow, edition, node)
);

-- How many calls pressed their first key within so many seconds.
CREATE TABLE first_key_seconds (
    flow    TEXT   NOT NULL,
    edition TEXT   NOT NULL,
    seconds BIGINT NOT NULL,
    calls   BIGINT NOT NULL,
    PRIMARY KEY (flow, edition, seconds)
);

-- How many calls reached a goal by so many menu choices.
CREATE TABLE goal_choices (
    flow    TEXT   NOT NULL,
    edition TEXT   NOT NULL,
    goal    TEXT   NOT NULL,
    choices BIGINT NOT NULL,
    calls   BIGINT NOT NULL,
    PRIMARY KEY (flow, edition, goal, choices)
);
