-- 200 locations: most match on email first, a few otherwise, one is disabled.
select
    'loc' || lpad(n::varchar, 3, '0') as location_id,
    'Location ' || n as name,
    null::varchar as token_env,
    (select region from regions where position = n % 30) as country,
    case when n % 20 = 7 then 'phone,email' when n % 20 = 13 then 'email' when n % 20 = 17 then 'phone' else 'email,phone' end as match,
    n <> 199 as enabled,
    null::varchar as timezone,
    200000::bigint as daily_limit,
    100::bigint as burst_limit,
    10000::bigint as interval_ms,
    0.5::double as max_reject_share,
    1.0::double as max_create_share
from (select range as n from range(200))
