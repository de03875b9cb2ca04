-- The rows of the snapshot with what changed in their place, less the keys that are gone.
-- the columns of warehouse_contacts
select * from snapshot
where source_key not in (select source_key from changed)
    and (not $keys_read or source_key in (select source_key from keys))
union all by name
select * from changed
