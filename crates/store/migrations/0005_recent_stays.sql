-- What callers did in the nodes of flows today and yesterday, whatever the edition: by quarters of an hour, which are of
-- one day in every time zone. Runs on SQLite and on PostgreSQL.

CREATE TABLE recent_stays (
    quarter   BIGINT NOT NULL, -- seconds since 1970-01-01T00:00:00Z by 900, of the call's end
    flow      TEXT   NOT NULL,
    node      TEXT   NOT NULL,
    entries   BIGINT NOT NULL,
    timeouts  BIGINT NOT NULL,
    hung_up   BIGINT NOT NULL,
    abandoned BIGINT NOT NULL,
    PRIMARY KEY (quarter, flow, node)
);
