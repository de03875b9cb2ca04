"""What SQL settles is what the libraries say of the same cell, whatever people type."""

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from contacts_pipeline.prepare import country_meant, validate_contacts
from contacts_pipeline.prepare.countries import vendor_countries
from contacts_pipeline.prepare.emails import judge_email
from contacts_pipeline.prepare.phones import Strictness, judge_phone
from tests.prepare import tables

DIGITS = "0123456789"
few = settings(
    max_examples=3,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],  # the failing row is told; to shrink a list of them takes minutes
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

numbers = st.builds(
    str.__add__,
    st.sampled_from(
        [
            "",
            "0",
            "+49",
            "+49 (0)",
            "0049 ",
            "+1 ",
            "(0711) ",
            "0171-",
            "\u0660\u0661\u0667\u0661",
            "+\uff14\uff19",
        ]
    ),
    st.text(DIGITS + DIGITS + " -./()\u0663\uff13", min_size=2, max_size=12),
)
phones = st.builds(
    str.__add__,
    numbers,
    st.sampled_from(["", "", "", " ext. 12", " ext 7", "ext5", " x9", " / 12"]),
)
mailboxes = st.sampled_from(
    ["anna", "Info", "a.b", "a..b", "none", "\u017fam", "\u212ai", "x'y", "ü"]
)
hosts = st.sampled_from(
    ["web.de", "none.com", "a--b.org", "\u017f.com", "müller.de", "b.test", "c."]
)
wraps = st.sampled_from(
    [
        "{}",
        "{}",
        "mailto:{}",
        "{}.",
        "{}..",
        "A <{}>",
        "A <{}",
        "<{}> b@c.org",
        "{}; {}",
        "MAILTO:{}",
        "A {}",
        "mailto: {}",
        "A, {}",
    ]
)
emails = st.one_of(
    st.builds(
        lambda wrap, *two: wrap.format(f"{two[0]}@{two[1]}", "b@c.org"), wraps, mailboxes, hosts
    ),
    st.sampled_from(["anna", "a at b.org", "@", "a@b", "none@none.com"]),
)


def judged(rows: list[tables.Row], phones: Strictness = "valid") -> list[dict[str, Any]]:
    keyed: list[tables.Row] = [
        {"source_key": str(number), **row} for number, row in enumerate(rows)
    ]
    with tables.inputs(keyed) as con:
        config = tables.settings(validation={"phones": phones})
        validate_contacts(con, config, tables.TODAY, lay_out_from=1)
        return tables.read(
            con,
            """select j.phone as phone_cell, j.region, j.email as email_cell, v.phone, v.email,
                j.phone_settled, j.email_settled,
                [w.code for w in v.warnings if w.field = 'phone'] as phone_codes,
                [w.code for w in v.warnings if w.field = 'email'] as email_codes
            from judged_contacts as j inner join valid_contacts as v using (source_key)""",
        )


@pytest.mark.parametrize("strictness", ["valid", "possible"])
@few
@given(cells=st.lists(phones, min_size=30, max_size=60))
def test_phones(cells: list[str], strictness: Strictness) -> None:
    rows = judged(
        [{"phone": cell, "country": country} for cell in cells for country in ("DE", "US")],
        strictness,
    )
    for row in rows:
        if row["phone_cell"] is not None:
            expected = judge_phone(row["phone_cell"], row["region"], strictness)
            assert (row["phone"], tuple(row["phone_codes"])) == expected, row


@few
@given(st.lists(emails, min_size=30, max_size=60))
def test_emails(cells: list[str]) -> None:
    for row in judged([{"email": cell} for cell in cells]):
        value, codes = judge_email(row["email_cell"])
        sent = None if "email_placeholder" in codes else value
        assert (row["email"], tuple(row["email_codes"])) == (sent, codes), row


def test_sql_settles_what_most_people_type() -> None:
    (row,) = judged([{"phone": "0711 2842222 ext. 5", "country": "DE", "email": "A <a@b.org>"}])
    assert (row["phone_settled"], row["phone"]) == (True, "+497112842222")
    assert (row["email_settled"], row["email"]) == (True, "a@b.org")


def test_a_country_of_the_registry_means_the_same_everywhere() -> None:
    written = ["", " ", " de ", "UK", "EL", "Deutschland", "Grmany", "Germnay", *vendor_countries()]
    locations = [
        {"location_id": text, "country": text, "match": "email", "enabled": True}
        for text in written
    ]
    with tables.inputs([], tuple(locations)) as con:
        validate_contacts(con, tables.settings(), tables.TODAY)
        regions = con.execute("select location_id, region from resolved_locations").fetchall()
    assert {text: country_meant(text) for text in written} == dict(regions)
