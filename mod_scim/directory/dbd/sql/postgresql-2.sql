-- From the tables of mod_scim of version 1 to those of version 2.
--
-- mod_scim and `scimctl migrate` do this by themselves. Whoever prefers to do it by hand runs this file
-- once:
--
--     psql -f postgresql-2.sql scim

-- When somebody last became active again, in microseconds since 1970: sessions that began before
-- are over.
ALTER TABLE scim_resources ADD COLUMN IF NOT EXISTS not_before BIGINT NOT NULL DEFAULT 0;

UPDATE scim_meta SET value = 2 WHERE name = 'schema';
