-- Whether a list shows what was written at a time: it was begun later. A list of unknown age never
-- does. Changes order the two whatever clocks say; the times leave the CRM's search its lag.
create or replace temp macro is_shown(listed_at, listed_changes, written_at, written_changes) as
    coalesce(
        listed_at > written_at and coalesce(listed_changes >= written_changes, true), false
    );
