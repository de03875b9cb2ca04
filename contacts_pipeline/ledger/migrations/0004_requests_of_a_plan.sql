-- A plan that is pushed again has to know which of its own requests have no certain fate.
alter table requests add column plan_id varchar;
