-- What "tidy" means, once for every relation of this room.

-- Text composed (NFC), without doubled or surrounding blanks, control characters and what can't be
-- seen (soft hyphens, marks of direction); null if nothing is left. Joiners are spelling, between
-- the letters of some languages. ASCII and Latin letters with single blanks are that already, as
-- most texts are.
create or replace temp macro tidy(raw) as
    case
        when regexp_full_match(raw, '[!-~À-ɏ]+( [!-~À-ɏ]+)*') then raw
        else
            nullif(
                trim(
                    regexp_replace(
                        regexp_replace(
                            nfc_normalize(raw),
                            '[\x{AD}\x{200B}\x{200E}\x{200F}\x{202A}-\x{202E}\x{2060}-\x{206F}\x{FEFF}]+',
                            '',
                            'g'
                        ),
                        '[\pZ\p{Cc}\p{Co}]+',
                        ' ',
                        'g'
                    ),
                    ' ' || chr(8204) || chr(8205)
                ),
                ''
            )
    end;

-- The same of a cell that may hold several values, a line each.
create or replace temp macro tidy_lines(raw) as
    tidy(
        case
            when contains(raw, chr(10)) then regexp_replace(trim(raw, chr(10)), '\s*\n\s*', ' / ', 'g')
            else raw
        end
    );

-- What a program writes where it has nothing, blanks included. Not for names: Null and None are real
-- surnames.
create or replace temp macro present(text) as
    case
        when strlen(text) <= 8
            and regexp_full_match(
                text,
                '(?i)\s*(-{1,3}|[.?]|\\n|#?n/a|null|\(null\)|<null>|none|nil|nan)?\s*'
            )
            then null
        else text
    end;

-- A name that is one: punctuation alone is none, and nobody is called N/A.
create or replace temp macro named(text) as
    case when strlen(text) > 6 or not regexp_full_match(text, '(?i)\pP+|\\n|#?n/a|<null>') then text end;

-- An address that is plain ASCII, in lower case; null if it is anything that a library should see.
-- With 64 characters no part is too long; two hyphens may be Punycode.
create or replace temp macro plain_address(text) as
    case
        when strlen(text) <= 64
            and regexp_full_match(
                text,
                '[A-Za-z0-9_+&=-]+(\.[A-Za-z0-9_+&=-]+)*@([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,}'
            )
            and not contains(text, '--')
            then lower(text)
    end;

-- What is left of an address without 'mailto:', a last full stop, or a name beside the brackets.
create or replace temp macro unwrapped_address(text) as
    regexp_extract(
        case
            when contains(text, '<') then regexp_extract(text, '^[^<>@]*<([^<>]*)>[^<>@]*$', 1)
            else text
        end,
        '^(?:mailto:|MAILTO:|Mailto:)?(.*?)\.?$',
        1
    );

-- A name reduced to what two people who spell it would agree on.
create or replace temp macro folded(text) as
    regexp_replace(
        replace(lower(strip_accents(nfc_normalize(text))), '&', 'and'), '[\pP\pS\pZ\pC]+', '', 'g'
    );

-- Whether all keys and values are plain words with single blanks between, in order of the keys.
create or replace temp macro are_tidy_fields(fields) as
    regexp_full_match(
        fields::varchar, '\{[\w.-]+=[\w.-]+( [\w.-]+)*(, [\w.-]+=[\w.-]+( [\w.-]+)*)*\}'
    )
    and not contains(fields::varchar, '=NULL')
    and map_keys(fields) = list_sort(map_keys(fields));

-- A boolean in the words of people and programs; null if it is none.
create or replace temp macro yes_or_no(text) as
    case
        when regexp_full_match(
            text,
            '(?i)true|t|yes|y|1(\.0)?|on|x|✓|✔|ja?|oui|o|s[ií]?|sim|da|tak|ano|kyllä|igen|evet|да|はい'
            || '|wahr|vrai|verdadero|verdadeiro|vero|waar|active|permanent|enabled|checked'
            || '|blocked|dnd|do[ -]not[ -](contact|disturb)|opt(ed)?[ _-]?out|unsubscribed?'
        ) then true
        when regexp_full_match(
            text,
            '(?i)false|f|no?|0(\.0)?|off|nein|non|n[aã]o|nee|nej|nei|nie|ne|ei|nem|hayır|нет|いいえ'
            || '|falsch|faux|falso|onwaar|inactive|disabled|unchecked'
            || '|allowed|opt(ed)?[ _-]?in|subscribed'
        ) then false
    end;

-- Whether a name is written in capitals; false for writing systems that have none.
create or replace temp macro in_capitals(name) as
    name = upper(name) and name <> lower(name) and not regexp_matches(name, '[0-9@]');

-- A warning where the condition holds, else null.
create or replace temp macro warning_if(condition, code_text, field_name, raw_text) as
    case when condition then {'code': code_text, 'field': field_name, 'raw': raw_text} end;

-- The reason why a field has its value, where its rows had several to choose from.
create or replace temp macro choice(was_chosen, from_key, rule, field_name) as
    case
        when was_chosen
            then {'source_key': from_key, 'code': rule, 'field': field_name, 'detail': null::varchar}
    end;

-- Rows by rank, the newer first among equals; no identity has a billion rows.
create or replace temp macro ranked(rank, age) as rank * 1000000000 + age;
