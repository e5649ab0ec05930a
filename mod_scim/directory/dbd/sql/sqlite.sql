-- The tables of mod_scim, version 1, for SQLite 3.24 or newer.
--
-- mod_scim creates them by itself in an empty database. Whoever prefers to do that by hand runs
-- this file once, as the user that httpd's children run as:
--
--     sqlite3 /var/lib/mod_scim/scim.db < sqlite.sql

CREATE TABLE scim_meta (
    name VARCHAR(32) NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
);

CREATE TABLE scim_directories (
    number INTEGER NOT NULL PRIMARY KEY,
    name VARCHAR(255) NOT NULL UNIQUE
);

-- Keys are folded before they get here and compare byte by byte. Times are microseconds since
-- 1970. `homonym` is '' where the type's local_key is unique, and the id where several resources
-- may have the same one.
CREATE TABLE scim_resources (
    id CHAR(36) NOT NULL,
    directory INTEGER NOT NULL REFERENCES scim_directories (number),
    type VARCHAR(64) NOT NULL,
    local_name TEXT,
    local_key TEXT,
    homonym CHAR(36) NOT NULL,
    wire_key TEXT,
    external_id TEXT,
    active SMALLINT NOT NULL,
    deleted SMALLINT NOT NULL,
    version BIGINT NOT NULL,
    created BIGINT NOT NULL,
    modified BIGINT NOT NULL,
    password VARCHAR(255),
    document TEXT NOT NULL
);

CREATE UNIQUE INDEX scim_resources_id
    ON scim_resources (id);

CREATE INDEX scim_resources_list
    ON scim_resources (directory, type, deleted, id);

CREATE UNIQUE INDEX scim_resources_local
    ON scim_resources (directory, type, local_key, homonym);

CREATE INDEX scim_resources_wire
    ON scim_resources (directory, type, wire_key, deleted, id);

CREATE INDEX scim_resources_external
    ON scim_resources (directory, type, external_id, deleted, id);

CREATE INDEX scim_resources_modified
    ON scim_resources (directory, type, modified, deleted, id);

CREATE INDEX scim_resources_created
    ON scim_resources (directory, type, created, deleted, id);

CREATE INDEX scim_resources_inactive
    ON scim_resources (directory, type, deleted, id) WHERE active = 0;

-- How many resources of a type there are that are not deleted: counting them takes longer the more
-- there are.
CREATE TABLE scim_totals (
    directory INTEGER NOT NULL REFERENCES scim_directories (number),
    type VARCHAR(64) NOT NULL,
    total BIGINT NOT NULL,
    PRIMARY KEY (directory, type)
);

CREATE TRIGGER scim_resources_made AFTER INSERT ON scim_resources WHEN NEW.deleted = 0
BEGIN
    INSERT INTO scim_totals (directory, type, total) SELECT NEW.directory, NEW.type, 0
        WHERE NOT EXISTS
            (SELECT 1 FROM scim_totals WHERE directory = NEW.directory AND type = NEW.type);
    UPDATE scim_totals SET total = total + 1
        WHERE directory = NEW.directory AND type = NEW.type;
END;

CREATE TRIGGER scim_resources_changed AFTER UPDATE OF deleted ON scim_resources
    WHEN NEW.deleted <> OLD.deleted
BEGIN
    INSERT INTO scim_totals (directory, type, total) SELECT NEW.directory, NEW.type, 0
        WHERE NOT EXISTS
            (SELECT 1 FROM scim_totals WHERE directory = NEW.directory AND type = NEW.type);
    UPDATE scim_totals SET total = total + OLD.deleted - NEW.deleted
        WHERE directory = NEW.directory AND type = NEW.type;
END;

CREATE TRIGGER scim_resources_removed AFTER DELETE ON scim_resources WHEN OLD.deleted = 0
BEGIN
    UPDATE scim_totals SET total = total - 1
        WHERE directory = OLD.directory AND type = OLD.type;
END;

INSERT INTO scim_meta (name, value) VALUES ('schema', 1);
