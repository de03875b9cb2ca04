-- The last push of every location is asked for at each look of automation.
create index pushes_by_number on pushes (crm, location_id, number);
