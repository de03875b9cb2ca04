-- The rows of the identities that are merged now: a part of shared_members at a time.
-- The columns of shared_members less part.
select s.* exclude (part)
from shared_members as s
inner join merging as g on g.part = s.part
