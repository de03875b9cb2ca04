-- One row: what is wrong with keys, and what a read of all keys shows that the cursor did not.
-- repeated (a key twice or missing), deleted, late (new or changed, yet not among the changed)
with unread as (
    select keys.source_key, keys.updated_at_raw
    from keys
    where source_key not in (select source_key from changed where source_key is not null)
),
late as (
    select unread.source_key
    from unread
    left join snapshot using (source_key)
    where snapshot.source_key is null
        or snapshot.updated_at_raw is distinct from unread.updated_at_raw
)
select
    (select count(*) - count(distinct source_key) from snapshot)
    + (select count(*) - count(distinct source_key) from changed)
    + (select count(*) - count(distinct source_key) from keys) as repeated,
    (
        select count(*)
        from snapshot
        where $keys_read
            and source_key not in (select source_key from keys where source_key is not null)
            and source_key not in (select source_key from changed where source_key is not null)
    ) as deleted,
    (select count(*) from late) as late
