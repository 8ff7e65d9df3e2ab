-- What the demo's operator knows of its subscribers. Money is in fen, data in megabytes of 1,048,576 octets.

CREATE TABLE subscribers (
    number    TEXT    NOT NULL PRIMARY KEY, -- without the country's code
    name      TEXT    NOT NULL,             -- as it may be shown: without the given name
    star      INTEGER NOT NULL,             -- 1 to 5
    language  TEXT    NOT NULL,
    deaf      INTEGER NOT NULL DEFAULT 0,
    prepaid   INTEGER NOT NULL DEFAULT 0,
    state     TEXT    NOT NULL DEFAULT 'active', -- or blocked, roaming
    balance   BIGINT  NOT NULL,             -- below zero: in debt
    pin       TEXT    NOT NULL,             -- in the clear, since nobody in here is real
    pin_wrong INTEGER NOT NULL DEFAULT 0,
    -- Until when the details are open, in seconds since 1970-01-01T00:00:00Z.
    open_until BIGINT NOT NULL DEFAULT 0,
    plan_fen  BIGINT  NOT NULL,             -- a month
    since     TEXT    NOT NULL              -- a day
);

-- The month is counted back from the present one, so that a demo is never out of date.
CREATE TABLE bills (
    number   TEXT    NOT NULL,
    back     INTEGER NOT NULL,
    plan     BIGINT  NOT NULL,
    calls    BIGINT  NOT NULL,
    data     BIGINT  NOT NULL,
    extras   BIGINT  NOT NULL,
    PRIMARY KEY (number, back)
);

CREATE TABLE packages (
    number TEXT   NOT NULL,
    kind   TEXT   NOT NULL, -- data (megabytes), calls (minutes), messages
    used   BIGINT NOT NULL,
    total  BIGINT NOT NULL,
    PRIMARY KEY (number, kind)
);

CREATE TABLE packs (
    pack      TEXT   NOT NULL PRIMARY KEY,
    megabytes BIGINT NOT NULL,
    price     BIGINT NOT NULL
);

CREATE TABLE orders (
    id      INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    key     TEXT    NOT NULL UNIQUE, -- the confirmation that it came from
    number  TEXT    NOT NULL,
    pack    TEXT    NOT NULL,
    price   BIGINT  NOT NULL,
    outcome TEXT    NOT NULL         -- done, no_credit, blocked, price_changed
);

CREATE TABLE cards (
    card    TEXT   NOT NULL PRIMARY KEY,
    amount  BIGINT NOT NULL,
    used_by TEXT
);

CREATE TABLE tickets (
    ticket TEXT    NOT NULL PRIMARY KEY,
    number TEXT    NOT NULL,
    state  TEXT    NOT NULL, -- received, assigned, on_the_way, done
    crew   TEXT,             -- a key of crews
    cause  TEXT,             -- line, router, power, area
    visit  TEXT,             -- a time of today
    arrival INTEGER, efficiency INTEGER, attitude INTEGER -- stars, once they are given
);

CREATE TABLE crews (
    crew     TEXT NOT NULL,
    language TEXT NOT NULL,
    name     TEXT NOT NULL,
    PRIMARY KEY (crew, language)
);

CREATE TABLE shops (
    area     TEXT    NOT NULL, -- of the telephone numbers there
    place    INTEGER NOT NULL, -- the nearest first
    language TEXT    NOT NULL,
    name     TEXT    NOT NULL,
    address  TEXT    NOT NULL,
    opens    TEXT    NOT NULL,
    closes   TEXT    NOT NULL,
    phone    TEXT    NOT NULL,
    PRIMARY KEY (area, place, language)
);

CREATE TABLE complaints (id INTEGER PRIMARY KEY AUTOINCREMENT, number TEXT NOT NULL, about TEXT NOT NULL);
CREATE TABLE ratings (id INTEGER PRIMARY KEY AUTOINCREMENT, number TEXT NOT NULL, stars INTEGER NOT NULL);
CREATE TABLE messages (id INTEGER PRIMARY KEY AUTOINCREMENT, recipient TEXT NOT NULL, text TEXT NOT NULL);

-- Whatever changed money or was refused to.
CREATE TABLE audit (
    id     INTEGER PRIMARY KEY AUTOINCREMENT,
    at     TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP, -- UTC
    number TEXT NOT NULL,
    what   TEXT NOT NULL
);
