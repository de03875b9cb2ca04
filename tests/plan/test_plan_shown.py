"""A plan on the screen holds no values; in the file that the user named it holds all of them."""

import json
import re
import stat
from pathlib import Path
from typing import Any

import duckdb
import pytest

from contacts_pipeline.cli.show_plan import PlanView, show_next, show_plans
from contacts_pipeline.errors import SettingsError
from contacts_pipeline.plan import HOLD_REMEDIES, check_export, export_plans, plan_path
from tests.plan.bench import CRM, Bench
from tests.plan.given import OLD, contact, location

ADA, P1 = "ada.lovelace@example.com", "+12025550101"


def planned(bench: Bench, **facts: Any) -> list[PlanView]:
    bench.acknowledge("c-1", "1", email="old@example.com", phone=P1, city="Rome", firstName="A")
    bench.acknowledge("c-8", "gone-8", email="gone@example.com")
    people = [
        contact("1", email="old@example.com", phone=P1, city="Oslo", updated_at=OLD),
        contact("2", email=ADA, phone=P1, first_name="Ada", updated_at=OLD),
        contact("3", hold="ambiguous_match", phone="+12025550199"),
        *(contact(f"1{n}", email=f"p{n}@example.com", updated_at=OLD) for n in range(9)),
    ]
    header = bench.plan_all([location(**facts)], people)["acme"]
    return [PlanView(header, plan_path(bench.folder, CRM, "acme", header.plan_id))]


def test_screen_tells_what_would_happen_without_values(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    views = planned(bench, daily_limit=8)
    show_plans(views)
    show_next(views)
    shown = capsys.readouterr().out
    assert "acme   + 8 create   ! 1 hold   … 3 deferred   - 1 gone" in shown
    assert "… and 3 more to create" in shown
    assert "p***@e***.com" in shown
    assert "1 held, ambiguous_match: without an email its phone leads to several" in shown
    assert "warnings: 1 shared_phone" in shown
    assert "empty now, and kept in the CRM (policy.clear): 1 firstName" in shown
    assert "city → c-1" in shown
    assert "8 of 8 requests are left today, by the ledger's count" in shown
    assert "2 creates and 1 update wait for another day (3 requests)" in shown
    assert "contacts-pipeline push" in shown
    assert "contacts-pipeline explain acme --key KEY" in shown
    for value in (ADA, "example.com", P1, "Oslo", "Ada"):
        assert value not in shown


def test_a_location_is_named_as_it_is(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    (view,) = planned(bench)
    named = {"location_id": "berlin [north]", "reason": "too_many_created"}
    show_next([PlanView(view.header.model_copy(update=named), view.path)])
    shown = capsys.readouterr().out
    assert "To send what is held in berlin [north]: " in shown
    assert "push --location berlin [north] --force" in shown


def test_each_hold_says_what_to_do_as_the_page_does() -> None:
    page = (Path(__file__).parents[2] / "docs" / "identity.md").read_text(encoding="utf-8")
    table = page.split("| hold | means | remedy |")[1].split("\n\n")[0]
    cells = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    assert set(HOLD_REMEDIES) == {code for cell in cells for code in re.findall(r"`(\w+)`", cell)}


def test_held_location_says_why_and_what_to_type(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    views = planned(bench, max_create_share=0)
    show_plans(views)
    show_next(views)
    shown = capsys.readouterr().out
    assert "(too_many_creates)" in shown
    assert "contacts-pipeline push --location acme --force" in shown


@pytest.mark.parametrize("suffix", ["csv", "json", "jsonl", "parquet"])
def test_file_holds_every_row_with_values_for_its_owner_alone(
    bench: Bench, tmp_path: Path, suffix: str
) -> None:
    file = tmp_path / f"plan's.{suffix}"
    file.write_text("an older one")
    check_export(file)
    assert export_plans([view.path for view in planned(bench)], file) == 13
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert not list(tmp_path.glob(".plan*"))
    quoted = str(file).replace("'", "''")
    sent = "to_json(body)" if "json" in suffix else "body"
    query = f"select identity, action, {sent}::varchar from '{quoted}'"
    found = duckdb.execute(query).fetchall()
    rows = {str(identity): (action, body) for identity, action, body in found}
    assert len(rows) == 13
    assert json.loads(rows["2"][1])["email"] == ADA
    assert rows["gone-8"] == ("gone", None)


@pytest.mark.parametrize("name", ["plan.xlsx", "plan", "nowhere/plan.csv"])
def test_file_that_can_not_be_written_is_told_before_any_work(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingsError, match="--out"):
        check_export(tmp_path / name)
