-- What reading a location takes counts against its day, like every other request.
create table reads (
    crm varchar not null,
    location_id varchar not null,
    run_id varchar not null,
    read_at datetime not null,
    requests integer not null,
    primary key (crm, location_id, run_id, read_at)
);
