-- The ledger's tables as version 1 of its schema made them in PostgreSQL; never changed again.
create table facts (
    name varchar not null,
    value text not null,
    primary key (name)
);

create table locations (
    crm varchar not null,
    location_id varchar not null,
    version integer not null,
    plan_id varchar,
    daily_remaining integer,
    limits_seen_at timestamp without time zone,
    primary key (crm, location_id)
);

create table contacts (
    crm varchar not null,
    location_id varchar not null,
    contact_id varchar not null,
    source_keys text not null,
    email_hash varchar,
    phone_hash varchar,
    hashes text not null,
    row_hash varchar,
    run_id varchar not null,
    known_at timestamp without time zone not null,
    primary key (crm, location_id, contact_id)
);

create table requests (
    crm varchar not null,
    location_id varchar not null,
    run_id varchar not null,
    number integer not null,
    identity varchar not null,
    source_keys text not null,
    effect varchar not null,
    predicted_contact_id varchar,
    email_hash varchar,
    phone_hash varchar,
    intended_at timestamp without time zone not null,
    answered_at timestamp without time zone,
    status integer,
    verdict varchar,
    contact_id varchar,
    message text,
    trace_id varchar,
    settled boolean default false not null,
    primary key (crm, location_id, run_id, number)
);

create index requests_by_identity on requests (crm, location_id, identity);

create index requests_unsettled on requests (crm, location_id) where settled = false;

create table outcomes (
    crm varchar not null,
    location_id varchar not null,
    run_id varchar not null,
    identity varchar not null,
    plan_id varchar not null,
    source_keys text not null,
    outcome varchar not null,
    code varchar,
    message text,
    contact_id varchar,
    predicted varchar,
    predicted_contact_id varchar,
    inferred boolean not null,
    warnings text not null,
    tries integer not null,
    finished_at timestamp without time zone not null,
    primary key (crm, location_id, run_id, identity)
);

create table pushes (
    crm varchar not null,
    location_id varchar not null,
    run_id varchar not null,
    plan_id varchar,
    started_at timestamp without time zone not null,
    finished_at timestamp without time zone not null,
    status varchar not null,
    reason varchar,
    report text not null,
    primary key (crm, location_id, run_id)
);
