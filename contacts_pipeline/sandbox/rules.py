"""Every rule of the CRM that the sandbox keeps: how sure we are, and who says so.

``docs/sandbox.md`` shows this list as a table, and a test holds the two together. A rule
that nobody knows names the switch of ``SandboxRules`` that turns it.
"""

from dataclasses import dataclass
from enum import StrEnum


class Certainty(StrEnum):
    """How sure a rule is."""

    DOCUMENTED = "documented"
    OBSERVED = "observed"
    UNKNOWN = "unknown"


VENDOR = "vendor documentation, Upsert Contact"
DUPLICATE = "vendor documentation, Get Duplicate Contact"
SCHEMA = "vendor OpenAPI, version 2021-07-28"
LIMITS = "vendor documentation, Rate Limits"
OAUTH = "vendor documentation, OAuth 2.0"
FIELD = "field report"
SPLIT = "field report, vendor's api-docs issue 37"
NOBODY = "nobody says"


@dataclass(frozen=True, slots=True)
class Rule:
    """What the CRM does, as the sandbox does it by default."""

    name: str
    says: str
    certainty: Certainty
    source: str
    test: str
    switch: str | None = None


def _documented(name: str, says: str, source: str, test: str, switch: str | None = None) -> Rule:
    return Rule(name, says, Certainty.DOCUMENTED, source, test, switch)


def _observed(name: str, says: str, test: str, source: str = FIELD) -> Rule:
    return Rule(name, says, Certainty.OBSERVED, source, test)


def _unknown(name: str, says: str, switch: str, test: str) -> Rule:
    return Rule(name, says, Certainty.UNKNOWN, NOBODY, test, switch)


RULES: tuple[Rule, ...] = (
    _documented(
        "sequence", "The fields of the location's sequence are looked up in order; the first that "
        "a contact holds decides.", VENDOR, "test_sequence_decides_which_contact_is_found",
        "SandboxLocation.match",
    ),
    _documented(
        "no match creates", "No field of the sequence is held: a contact is created, new is true.",
        VENDOR, "test_a_field_outside_the_sequence_finds_nobody",
    ),
    _documented(
        "split match", "The email is one contact's and the phone another's: the lower-priority "
        "value is not stored, and nothing says so.", f"{VENDOR}; {SPLIT}",
        "test_split_match_drops_the_second_field",
    ),
    _documented(
        "duplicates allowed", "The search order is email, then phone, whatever the sequence.",
        DUPLICATE, "test_with_duplicates_allowed_email_comes_first",
        "SandboxLocation.allow_duplicates",
    ),
    _documented(
        "create without looking", "createNewIfDuplicateAllowed creates a twin where duplicates "
        "are allowed, and does nothing elsewhere.", SCHEMA,
        "test_create_new_only_where_duplicates_are_allowed",
    ),
    _unknown(
        "several matches", "Of several contacts with one value the oldest answers.",
        "several_matches", "test_several_matches_answer_by_age",
    ),
    _observed(
        "additional email", "An address held as an additional one becomes primary; the old "
        "primary is lost.", "test_additional_email_becomes_primary",
    ),
    _unknown(
        "concurrent upserts", "Two upserts of one identity at once are taken one after the other.",
        "concurrent_upserts", "test_concurrent_upserts_make_twins_if_so_told",
    ),
    _documented(
        "identity needed", "Neither email nor phone: 400. A name does not count.",
        VENDOR, "test_neither_email_nor_phone_is_refused",
    ),
    _documented(
        "omitted", "A field that is not sent stays as it is.", VENDOR,
        "test_what_is_not_sent_stays",
    ),
    _unknown("null", "null clears the field.", "null", "test_null_clears_or_is_ignored"),
    _unknown("empty text", 'An empty text "" is as good as not sent.', "empty",
             "test_empty_text_clears_or_is_ignored"),
    _observed("email case", "An email is stored in lower case.", "test_email_is_lower_cased"),
    _unknown("bad email", "What is no address is refused with 422.", "bad_email",
             "test_bad_email_is_refused_or_stored"),
    _documented("phone", "A phone is stored as E.164, read in the location's country.", SCHEMA,
                "test_phone_is_stored_as_e164"),
    _unknown("bad phone", "A phone that no network would take is dropped without a word.",
             "bad_phone", "test_bad_phone_is_dropped_or_refused"),
    _unknown("full name", "name is split at the first space, where neither part is sent.",
             "full_name", "test_full_name_is_split_or_kept"),
    _documented("tags overwritten", "tags take the place of every tag of the contact.", SCHEMA,
                "test_tags_overwrite_and_are_lower_cased"),
    _observed("tags lower-cased", "Tags are stored in lower case.",
              "test_tags_overwrite_and_are_lower_cased"),
    _observed("custom fields merge", "Custom fields are merged by id; others stay.",
              "test_custom_fields_merge_by_id_or_key"),
    _observed("unknown custom field", "A custom field that the location lacks is dropped, with "
              "a 200.", "test_unknown_custom_field_is_dropped"),
    _observed("bad option", "An option outside the picklist refuses the whole request with 400.",
              "test_bad_option_refuses_the_whole_request"),
    _documented("other options", "isAllowedCustomOption lets options outside the picklist in.",
                SCHEMA, "test_other_options_are_taken_where_the_field_allows_them"),
    _unknown("bad number", "Text in a numerical custom field refuses the request with 400.",
             "bad_number", "test_text_in_a_number_is_refused_stored_or_dropped"),
    _unknown("bad custom value", "What is no date, phone, email, file or list in a custom field of "
             "that type refuses the request with 400.", "bad_custom_value",
             "test_a_value_of_another_type_is_refused_stored_or_dropped"),
    _observed("gender", "gender is ignored on a contact that exists, with a 200.",
              "test_gender_is_ignored_on_update"),
    _observed("country", "A country outside the vendor's list of ISO 3166-1 alpha-2 is 422; UK is "
              "GB, XK is in.", "test_country_is_of_the_list"),
    _documented("timezone", "A timezone is an IANA name, else 422.", SCHEMA,
                "test_timezone_is_iana"),
    _documented("date of birth", "YYYY-MM-DD or MM-DD-YYYY with / - . or _; else 422.", SCHEMA,
                "test_date_of_birth_is_year_or_month_first"),
    _observed("undeclared property", "A property that the schema lacks refuses the request with "
              "422.", "test_undeclared_property_is_refused"),
    _documented("types", "A wrong type, or null where the schema takes none, is 422.", SCHEMA,
                "test_wrong_types_are_refused"),
    _observed("permanent channel", "A channel that is permanent may not be changed: 400 with "
              "statusCode 401.", "test_permanent_channel_refuses_change"),
    _unknown("channels", "dndSettings are merged channel by channel.", "channels",
             "test_channels_are_merged_or_replaced"),
    _unknown("unknown user", "assignedTo that is no user of the location is refused with 400.",
             "unknown_user", "test_unknown_user_is_refused_dropped_or_stored"),
    _documented("create refuses duplicates", "POST /contacts/ answers 400 with the contact's id.",
                VENDOR, "test_create_refuses_a_duplicate"),
    _documented("update by id", "PUT writes to the contact of that id; locationId, companyName "
                "and gender are undeclared.", SCHEMA, "test_update_by_id_takes_no_location"),
    _unknown("update to a held value", "PUT with another contact's email or phone is 400.",
             "put_duplicate", "test_update_to_a_held_value"),
    _observed("missing contact", "A contact that is not there answers 400, not 404.",
              "test_missing_contact_is_400"),
    _documented("tags added", "POST and DELETE /contacts/{id}/tags change the named tags alone.",
                SCHEMA, "test_tags_are_added_and_removed"),
    _documented("bulk tags", "201 with a result a contact, in which some may be errors.", SCHEMA,
                "test_bulk_tags_answer_for_each_contact"),
    _observed("search window", "page reaches 10,000 rows, searchAfter all; 500 rows a page.",
              "test_search_pages_and_goes_on_after_the_window"),
    Rule("search lag", "Search shows writes at once; with a lag, old values and deleted rows "
         "linger.", Certainty.OBSERVED, FIELD, "test_search_lags_if_so_told", "search_lag_ms"),
    _unknown("duplicate search lag", "search/duplicate never lags.", "duplicate_search_lags",
             "test_duplicate_search_lags_if_so_told"),
    _documented("duplicate search", "search/duplicate answers what an upsert would find, or null.",
                DUPLICATE, "test_duplicate_search_follows_the_sequence"),
    _documented("burst", "burst_limit requests an interval, per app and location; then 429.",
                LIMITS, "test_burst_is_counted_per_app_and_location",
                "SandboxLocation.burst_limit"),
    _documented("day", "daily_limit requests a day, per app and location; then 429 with daily "
                "remaining 0.", LIMITS, "test_day_is_counted", "SandboxLocation.daily_limit"),
    _documented("headers", "Five headers tell limit and rest; none tells the reset.", LIMITS,
                "test_five_headers_tell_the_rest"),
    _unknown("window", "The interval is a fixed window from its first request on.",
             "SandboxOptions.window", "test_window_is_fixed_or_slides"),
    _unknown("Retry-After", "A 429 does not say when to come back.",
             "SandboxOptions.retry_after", "test_retry_after_if_so_told"),
    _unknown("429 body", "The body of a 429 is JSON.", "limited_body",
             "test_limited_body_is_json_or_html"),
    _unknown("refusals count", "A 429 spends no budget.", "refusals_count",
             "test_refusals_count_if_so_told"),
    _unknown("start of day", "The day's budget is renewed at midnight UTC.", "day",
             "test_day_starts_at_midnight_or_at_the_first_request"),
    _observed("version header", "Without the Version header, or with another: 401.",
              "test_version_header_is_needed"),
    _observed("invalid token", "An unknown, expired or revoked token: 401 Invalid JWT.",
              "test_unknown_token_is_401"),
    _observed("company token", "An agency's token on a location's route: 401, wrong authClass.",
              "test_company_token_is_exchanged"),
    _documented("scope", "A token without the route's scope: 401.", OAUTH,
                "test_scope_is_needed", "SandboxOptions.token_scopes"),
    _observed("foreign location", "A token of another location: 403.",
              "test_foreign_location_is_403"),
    _documented("refresh once", "A refresh token works once and answers the next one.", OAUTH,
                "test_refresh_token_works_once"),
    _documented("access token ends", "An access token lives access_token_seconds.", OAUTH,
                "test_access_token_expires", "SandboxOptions.access_token_seconds"),
    _observed("unknown route", "Everything else: 404 Cannot METHOD /path.",
              "test_everything_else_is_404"),
)  # fmt: skip
