-- The ledger's database, for CONTACTS_LEDGER_URL; its tables are made by the first run.
-- It needs a login that may create databases: the image postgres runs it once, on an empty volume.
create database ledger;
