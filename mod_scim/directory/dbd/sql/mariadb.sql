-- The tables of mod_scim, version 2, for MariaDB 10.6 or newer.
--
-- mod_scim creates them by itself in an empty database. Whoever prefers to do that by hand runs
-- this file once; if it is interrupted, again:
--
--     mariadb scim < mariadb.sql
--
-- The user that mod_scim connects as then needs no more than this:
--
--     GRANT SELECT, INSERT, UPDATE, DELETE, LOCK TABLES ON scim.* TO scim;
--
-- LOCK TABLES is for `scimctl reindex`, which waits for those who write; httpd does without.
--
-- Where the binary log is on, only an administrator may make triggers, unless the server runs with
-- log_bin_trust_function_creators = 1.
--
-- Text compares byte by byte. MariaDB commits each of these statements, so a table that says that
-- all is there gets its name last.

CREATE TABLE IF NOT EXISTS scim_meta_new (
    name VARCHAR(32) NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC
  DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;

-- `secret` is 64 hexadecimal digits that nobody can guess.
CREATE TABLE IF NOT EXISTS scim_directories (
    number BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    name VARCHAR(255) NOT NULL UNIQUE,
    secret CHAR(64) NOT NULL
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC
  DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;

-- Keys are folded before they get here and compare byte by byte. Times are microseconds since
-- 1970. Other tables refer to a resource by its number.
CREATE TABLE IF NOT EXISTS scim_resources (
    number BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    id VARCHAR(36) NOT NULL,
    directory BIGINT NOT NULL,
    type VARCHAR(64) NOT NULL,
    local_name MEDIUMTEXT,
    local_key VARCHAR(512),
    wire_key VARCHAR(512),
    external_id VARCHAR(512),
    active SMALLINT NOT NULL,
    deleted SMALLINT NOT NULL,
    version BIGINT NOT NULL,
    created BIGINT NOT NULL,
    modified BIGINT NOT NULL,
    password VARCHAR(255),
    display MEDIUMTEXT,
    not_before BIGINT NOT NULL DEFAULT 0,
    document MEDIUMTEXT NOT NULL,
    UNIQUE INDEX scim_resources_id (id),
    INDEX scim_resources_list (directory, type, deleted, id),
    UNIQUE INDEX scim_resources_local (directory, type, local_key),
    INDEX scim_resources_wire (directory, type, wire_key, deleted, id),
    INDEX scim_resources_external (directory, type, external_id, deleted, id),
    INDEX scim_resources_modified (directory, type, modified, deleted, id),
    INDEX scim_resources_created (directory, type, created, deleted, id),
    INDEX scim_resources_inactive (directory, type, active, deleted, id),
    FOREIGN KEY (directory) REFERENCES scim_directories (number)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC
  DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;

-- Who is in which group: by the group, in the order of the members' ids, and by the member.
-- `nested` is 1 for a group in a group.
CREATE TABLE IF NOT EXISTS scim_members (
    group_number BIGINT NOT NULL,
    member_id VARCHAR(36) NOT NULL,
    member_number BIGINT NOT NULL,
    nested SMALLINT NOT NULL,
    PRIMARY KEY (group_number, member_id),
    INDEX scim_members_groups (member_number, group_number),
    INDEX scim_members_nested (group_number, nested, member_number),
    FOREIGN KEY (group_number) REFERENCES scim_resources (number) ON DELETE CASCADE,
    FOREIGN KEY (member_number) REFERENCES scim_resources (number) ON DELETE CASCADE
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC
  DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;

-- The attributes that are indexed. An index is complete when all resources of the type were
-- written with it.
CREATE TABLE IF NOT EXISTS scim_indexes (
    number BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,
    directory BIGINT NOT NULL,
    type VARCHAR(64) NOT NULL,
    attribute VARCHAR(512) NOT NULL,
    complete SMALLINT NOT NULL,
    UNIQUE (directory, type, attribute),
    FOREIGN KEY (directory) REFERENCES scim_directories (number)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC
  DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;

-- The values of indexed attributes, as keys that compare byte by byte. Resources without a value
-- are in the index with the negative number, with their ids.
CREATE TABLE IF NOT EXISTS scim_terms (
    index_number BIGINT NOT NULL,
    term VARCHAR(512) NOT NULL,
    resource BIGINT NOT NULL,
    PRIMARY KEY (index_number, term, resource),
    INDEX scim_terms_resource (resource, index_number, term)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC
  DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;

-- How many resources of a type there are that are not deleted: the sum of all slots. Counting takes
-- longer the more there are, and in one row writers would wait for each other.
CREATE TABLE IF NOT EXISTS scim_totals (
    directory BIGINT NOT NULL,
    type VARCHAR(64) NOT NULL,
    slot SMALLINT NOT NULL,
    total BIGINT NOT NULL,
    PRIMARY KEY (directory, type, slot),
    FOREIGN KEY (directory) REFERENCES scim_directories (number)
) ENGINE = InnoDB ROW_FORMAT = DYNAMIC
  DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin;

CREATE TRIGGER IF NOT EXISTS scim_resources_made AFTER INSERT ON scim_resources FOR EACH ROW
    INSERT INTO scim_totals (directory, type, slot, total)
        SELECT NEW.directory, NEW.type, CONNECTION_ID() % 32, 1 FROM DUAL WHERE NEW.deleted = 0
        ON DUPLICATE KEY UPDATE total = total + 1;

CREATE TRIGGER IF NOT EXISTS scim_resources_changed AFTER UPDATE ON scim_resources FOR EACH ROW
    INSERT INTO scim_totals (directory, type, slot, total)
        SELECT NEW.directory, NEW.type, CONNECTION_ID() % 32, OLD.deleted - NEW.deleted FROM DUAL
        WHERE NEW.deleted <> OLD.deleted
        ON DUPLICATE KEY UPDATE total = total + OLD.deleted - NEW.deleted;

CREATE TRIGGER IF NOT EXISTS scim_resources_removed AFTER DELETE ON scim_resources FOR EACH ROW
    INSERT INTO scim_totals (directory, type, slot, total)
        SELECT OLD.directory, OLD.type, CONNECTION_ID() % 32, -1 FROM DUAL WHERE OLD.deleted = 0
        ON DUPLICATE KEY UPDATE total = total - 1;

CREATE TRIGGER IF NOT EXISTS scim_resources_gone AFTER DELETE ON scim_resources FOR EACH ROW
    DELETE FROM scim_terms WHERE resource = OLD.number;

REPLACE INTO scim_meta_new (name, value) VALUES ('schema', 2);

RENAME TABLE scim_meta_new TO scim_meta;
