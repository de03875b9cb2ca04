-- What each identity says that is not settled, as the text between the brackets of a body. Tags stand
-- apart, since they may need a request of their own.
-- location_id, identity, tag_list (varchar[], null if none), tags (JSON text, null if none),
-- before_tags, after_tags (text, null if nothing is said there), field_names (API fields that it
-- says, by commas, null if none),
-- row_hash (of all of it: the same for the same fields, whatever they were made of)
with spoken as (
    select
        location_id,
        identity,
        tag_list,
        tags,
        nullif(concat_ws(
            ',',
            '"firstName":' || "firstName",
            '"lastName":' || "lastName",
            '"name":' || "name",
            '"email":' || "email",
            '"phone":' || "phone",
            '"address1":' || "address1",
            '"city":' || "city",
            '"state":' || "state",
            '"postalCode":' || "postalCode",
            '"country":' || "country",
            '"website":' || "website",
            '"timezone":' || "timezone",
            '"dnd":' || "dnd",
            '"dndSettings":' || "dndSettings",
            '"inboundDndSettings":' || "inboundDndSettings"
        ), '') as before_tags,
        nullif(concat_ws(
            ',',
            '"customFields":' || "customFields",
            '"source":' || "source",
            '"dateOfBirth":' || "dateOfBirth",
            '"companyName":' || "companyName",
            '"assignedTo":' || "assignedTo",
            '"gender":' || "gender"
        ), '') as after_tags,
        nullif(concat_ws(
            ',',
            if("firstName" is not null, 'firstName', null),
            if("lastName" is not null, 'lastName', null),
            if("name" is not null, 'name', null),
            if("email" is not null, 'email', null),
            if("phone" is not null, 'phone', null),
            if("address1" is not null, 'address1', null),
            if("city" is not null, 'city', null),
            if("state" is not null, 'state', null),
            if("postalCode" is not null, 'postalCode', null),
            if("country" is not null, 'country', null),
            if("website" is not null, 'website', null),
            if("timezone" is not null, 'timezone', null),
            if("dnd" is not null, 'dnd', null),
            if("dndSettings" is not null, 'dndSettings', null),
            if("inboundDndSettings" is not null, 'inboundDndSettings', null),
            if("tags" is not null, 'tags', null),
            if("customFields" is not null, 'customFields', null),
            if("source" is not null, 'source', null),
            if("dateOfBirth" is not null, 'dateOfBirth', null),
            if("companyName" is not null, 'companyName', null),
            if("assignedTo" is not null, 'assignedTo', null),
            if("gender" is not null, 'gender', null)
        ), '') as field_names
    from said_fields
)

-- MD5 only shortens the text: hashing all of it under the key takes three times as long.
select
    *,
    keyed_hash('row', md5(concat_ws(',', before_tags, '"tags":' || tags, after_tags))) as row_hash
from spoken
