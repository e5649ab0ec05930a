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

-- `secret` is 64 hexadecimal digits that nobody can guess.
CREATE TABLE scim_directories (
    number INTEGER NOT NULL PRIMARY KEY,
    name VARCHAR(255) NOT NULL UNIQUE,
    secret CHAR(64) NOT NULL
);

-- Keys are folded before they get here and compare byte by byte. Times are microseconds since
-- 1970. Other tables refer to a resource by its number.
CREATE TABLE scim_resources (
    number INTEGER NOT NULL PRIMARY KEY,
    id CHAR(36) NOT NULL,
    directory INTEGER NOT NULL REFERENCES scim_directories (number),
    type VARCHAR(64) NOT NULL,
    local_name TEXT,
    local_key TEXT,
    wire_key TEXT,
    external_id TEXT,
    active SMALLINT NOT NULL,
    deleted SMALLINT NOT NULL,
    version BIGINT NOT NULL,
    created BIGINT NOT NULL,
    modified BIGINT NOT NULL,
    password VARCHAR(255),
    display TEXT,
    document TEXT NOT NULL
);

CREATE UNIQUE INDEX scim_resources_id
    ON scim_resources (id);

CREATE INDEX scim_resources_list
    ON scim_resources (directory, type, deleted, id);

CREATE UNIQUE INDEX scim_resources_local
    ON scim_resources (directory, type, local_key);

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

-- Who is in which group: by the group, in the order of the members' ids, and by the member.
-- `nested` is 1 for what may be a group itself: for all but a User.
CREATE TABLE scim_members (
    group_number INTEGER NOT NULL,
    member_id CHAR(36) NOT NULL,
    member_number INTEGER NOT NULL,
    nested SMALLINT NOT NULL,
    PRIMARY KEY (group_number, member_id)
) WITHOUT ROWID;

CREATE INDEX scim_members_groups
    ON scim_members (member_number, group_number);

CREATE INDEX scim_members_nested
    ON scim_members (group_number, member_number) WHERE nested = 1;

-- The attributes that are indexed. An index is complete when all resources of the type were
-- written with it.
CREATE TABLE scim_indexes (
    number INTEGER NOT NULL PRIMARY KEY,
    directory INTEGER NOT NULL REFERENCES scim_directories (number),
    type VARCHAR(64) NOT NULL,
    attribute VARCHAR(512) NOT NULL,
    complete SMALLINT NOT NULL,
    UNIQUE (directory, type, attribute)
);

-- The values of indexed attributes, as keys that compare byte by byte. Resources without a value
-- are in the index with the negative number, with their ids.
CREATE TABLE scim_terms (
    index_number INTEGER NOT NULL,
    term VARCHAR(512) NOT NULL,
    resource INTEGER NOT NULL,
    PRIMARY KEY (index_number, term, resource)
) WITHOUT ROWID;

CREATE INDEX scim_terms_resource
    ON scim_terms (resource, index_number, term);

-- What belongs to a resource goes with it: its number may be given to another one.
CREATE TRIGGER scim_resources_gone AFTER DELETE ON scim_resources
BEGIN
    DELETE FROM scim_members WHERE group_number = OLD.number;
    DELETE FROM scim_members WHERE member_number = OLD.number;
    DELETE FROM scim_terms WHERE resource = OLD.number;
END;

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
    UPDATE scim_totals SET total = total + 1
        WHERE directory = NEW.directory AND type = NEW.type;
    INSERT INTO scim_totals (directory, type, total)
        SELECT NEW.directory, NEW.type, 1 WHERE changes() = 0;
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
