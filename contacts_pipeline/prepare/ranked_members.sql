-- Rows that share their identity, with the order in which each field would take its value.
-- The columns of merged_members and: <field>_rank bigint (the smallest that has a value survives)
select
    m.*,
    case when name_text is not null then case when m.age = s.name_from then 0 else m.age end end
        as name_rank,
    case when address_text is not null then case when m.age = s.address_from then 0 else m.age end end
        as address_rank,
    case when m.age = s.email_from then 0 else m.age end as email_rank,
    case when m.age = s.phone_from then 0 else m.age end as phone_rank,
    case when m.age = s.website_from then 0 else m.age end as website_rank,
    case when m.age = s.timezone_from then 0 else m.age end as timezone_rank,
    case when m.age = s.source_from then 0 else m.age end as source_rank,
    case when m.age = s.date_of_birth_from then 0 else m.age end as date_of_birth_rank,
    case when m.age = s.company_name_from then 0 else m.age end as company_name_rank,
    case when m.age = s.assigned_to_from then 0 else m.age end as assigned_to_rank,
    case when m.age = s.gender_from then 0 else m.age end as gender_rank
from merged_members as m
left join survivor_ages as s
    on s.identity = m.identity
