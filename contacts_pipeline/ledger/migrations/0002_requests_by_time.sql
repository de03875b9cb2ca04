-- The requests of the last 24 hours count against a location's day, and old ones are deleted.
create index requests_by_time on requests (crm, location_id, intended_at);
