-- PostgreSQL: the tables of write_back, and a login that may write to them and read nothing else.
-- Run as the owner of the database: psql -v password="'…'" -f write_back.sql
create schema contacts_pipeline;

create table contacts_pipeline.pushes (
    run_id text not null, crm text not null, location_id text not null,
    plan_id text, started_at timestamptz, finished_at timestamptz, status text, reason text,
    extracted bigint, rejected bigint, merged bigint, unchanged bigint, held bigint,
    deferred bigint, created bigint, updated bigint, refused bigint, failed bigint,
    unknown bigint, requests bigint, ledger_version bigint
);
create table contacts_pipeline.outcomes (
    run_id text not null, crm text not null, location_id text not null, source_key text not null,
    identity text, outcome text, code text, contact_id text, changed_fields text,
    predicted text, predicted_contact_id text, inferred boolean, tries bigint
);
create table contacts_pipeline.conflicts (
    run_id text not null, crm text not null, location_id text not null, source_key text not null,
    identity text, outcome text, code text, field text, contact_id text, holder text
);
create table contacts_pipeline.rejections (
    run_id text not null, crm text not null, location_id text not null, source_key text not null,
    code text, field text, masked_value text, whole_row boolean
);
create table contacts_pipeline.contact_ids (
    run_id text not null, crm text not null, location_id text not null, source_key text not null,
    contact_id text, known_at timestamptz
);

create role contacts_writer login password :password;
grant usage on schema contacts_pipeline to contacts_writer;
grant select, insert, delete on all tables in schema contacts_pipeline to contacts_writer;
