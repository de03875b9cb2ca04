-- Rows beside what the lookups know of their day of birth, timezone, tags and key.
-- The columns of addressed_contacts and: birthday varchar, birthday_codes varchar[], iana_zone
-- varchar, labels varchar[], key_repeated boolean.
select
    a.*,
    d.birthday,
    d.codes as birthday_codes,
    z.zone as iana_zone,
    t.labels,
    coalesce(a.source_key in (select source_key from repeated_keys), false) as key_repeated
from addressed_contacts as a
inner join resolved_dates as d on d.date_raw = coalesce(a.date_of_birth, '')
inner join written_timezones as z on z.timezone_raw = coalesce(a.timezone, '')
inner join written_tags as t on t.tags_raw = coalesce(a.tags, '')
