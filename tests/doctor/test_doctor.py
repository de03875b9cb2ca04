"""What doctor finds before a run, at a real sandbox: what is well, and what is not."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from contacts_pipeline import doctor
from contacts_pipeline.cli import main
from contacts_pipeline.finding import Finding
from contacts_pipeline.sandbox import (
    Fault,
    FaultKind,
    RunningSandbox,
    SandboxCustomField,
    SandboxLocation,
    SandboxOptions,
    running_sandbox,
)
from tests.push.project import Project, people, wide

ACME = {"id": "acme", "burst_limit": 1000, "interval_ms": 1000}


def by_code(project: Project) -> dict[str, Finding]:
    return {finding.code: finding for finding in doctor.examine(project.workspace)}


def of_location(**given: Any) -> SandboxOptions:
    return SandboxOptions(locations=(SandboxLocation(**(ACME | given)),))


def test_all_is_well(tmp_path: Path) -> None:
    with running_sandbox(wide()) as crm:
        crm.seed_contacts("acme", [{"email": "a@example.com"}])
        project = Project(tmp_path, crm.url).write(people(1))
        findings = list(doctor.examine(project.workspace))
        assert {finding.level for finding in findings} == {"ok"}
        (location,) = [one for one in findings if one.subject == "location acme"]
        assert "1 contacts" in location.told
        assert "duplicates by email,phone are assumed" in location.told
        assert {entry["method"] for entry in crm.log() if entry["applied"]} == set()
        assert {entry["operation"] for entry in crm.log()} <= {"location", "search"}


def test_every_location_at_once_and_each_at_its_pace(tmp_path: Path) -> None:
    names = [f"l{number}" for number in range(200)]
    options = SandboxOptions(
        locations=tuple(SandboxLocation(id=name) for name in names), latency_ms=100
    )
    with running_sandbox(options) as crm:
        locations = [{"id": name} for name in names]
        project = Project(tmp_path, crm.url, locations=locations).write([])
        found = [one.subject for one in doctor.examine(project.workspace)]
        assert [f"location {name}" for name in names] == found[-200:]
        assert crm.count() == 400
        assert crm.count("status_429") == 0
        first = {entry["location_id"] for entry in crm.log()[:200]}
        assert len(first) == 200, "not one location after the other"


def test_what_a_location_does_not_let_us_do(tmp_path: Path) -> None:
    scopes = {"pit-sandbox": ("contacts.write",)}
    with running_sandbox(of_location().model_copy(update={"token_scopes": scopes})) as crm:
        found = list(doctor.examine(Project(tmp_path, crm.url).write([]).workspace))
        lacking = {(one.level, one.told) for one in found if one.code == "scope_missing"}
        assert ("warning", "its token lacks locations.readonly") in lacking
        assert ("warning", "its token lacks contacts.readonly") in lacking
        first_run = Project(tmp_path, crm.url, policy={"crm_snapshot": "first_run"}).write([])
        found = list(doctor.examine(first_run.workspace))
        assert ("error", "its token lacks contacts.readonly") in {
            (one.level, one.told) for one in found
        }


@pytest.mark.parametrize(
    ("environ", "code", "remedy"),
    [
        ({}, "token_missing", "export it or put it in .env"),
        ({"CRM_TOKEN": "pit-another"}, "token_refused", "put a token of this location into"),
    ],
)
def test_token_that_is_missing_or_wrong(
    tmp_path: Path, environ: dict[str, str], code: str, remedy: str
) -> None:
    with running_sandbox(wide()) as crm:
        found = by_code(Project(tmp_path, crm.url, environ=environ).write([]))[code]
        assert found.level == "error"
        assert "CRM_TOKEN" in f"{found.subject}{found.remedy}"
        assert remedy in (found.remedy or "")
        assert "pit-another" not in repr(found)


def test_page_instead_of_the_api_is_no_matter_of_the_token(tmp_path: Path) -> None:
    with running_sandbox(wide()) as crm:
        crm.set_faults(Fault(kind=FaultKind.HTML, status=403))
        found = by_code(Project(tmp_path, crm.url).write([]))["blocked_by_edge"]
        assert (found.level, found.subject) == ("error", "location acme")
        assert "firewall" in (found.remedy or "")
        assert "token" not in f"{found.told}{found.remedy}"


def test_duplicates_and_limits_that_the_crm_tells(tmp_path: Path) -> None:
    with running_sandbox(of_location(allow_duplicates=True, burst_limit=25)) as crm:
        found = by_code(Project(tmp_path, crm.url).write([]))
        assert found["duplicates_allowed"].level == "warning"
        assert "25 requests" in found["burst_limit"].told


def test_custom_field_that_the_location_lacks(tmp_path: Path) -> None:
    with running_sandbox(of_location(custom_fields=(SandboxCustomField(key="tier"),))) as crm:
        project = Project(tmp_path, crm.url).write([])
        settings = project.settings
        settings["contacts"]["custom_fields"] = {"tier": "city", "colour": "city"}
        (tmp_path / "contacts.yaml").write_text(json.dumps(settings), encoding="utf-8")
        document = command(project, 0)
        (found,) = [one for one in document["findings"] if one["code"] == "custom_field_unknown"]
        assert "no custom field colour;" in found["told"]


def test_country_of_the_registry_that_is_none(tmp_path: Path) -> None:
    with running_sandbox(wide("acme", "bolt")) as crm:
        locations = [{"id": "acme", "country": "Germnay"}, {"id": "bolt", "country": "Germany"}]
        project = Project(tmp_path, crm.url, locations=locations).write([])
        (found,) = [
            one for one in doctor.examine(project.workspace) if one.code == "country_unknown"
        ]
        assert (found.level, found.subject) == ("warning", "location acme")
        assert found.told.startswith("'Germnay' is no country;")
        assert "such as DE" in (found.remedy or "")


@pytest.mark.parametrize(
    ("url", "told"),
    [
        (None, "ALERT_WEBHOOK is not set"),
        ("", "no URL"),
        ("http://hooks.example.com/x", "must be https"),
        ("https://[hooks/x", "no URL"),
    ],
)
def test_webhook_that_could_tell_nobody(
    tmp_path: Path, unused_url: str, url: str | None, told: str
) -> None:
    environ = {} if url is None else {"ALERT_WEBHOOK": url}
    alerts = {"webhook_env": "ALERT_WEBHOOK"}
    project = Project(tmp_path, unused_url, alerts=alerts, environ=environ).write([])
    finding = by_code(project)["alert_way"]
    assert finding.level == "error"
    assert told in finding.told
    assert finding.remedy
    assert "hooks" not in f"{finding}"


def test_a_way_that_is_left_makes_the_other_a_warning(tmp_path: Path, unused_url: str) -> None:
    smtp = {"host": "localhost", "sender": "a@example.com", "recipients": ["b@example.com"]}
    alerts = {"webhook_env": "ALERT_WEBHOOK", "smtp": smtp | {"password_env": "SMTP_PASSWORD"}}
    environ = {"ALERT_WEBHOOK": "https://hooks.example.com/x"}
    project = Project(tmp_path, unused_url, alerts=alerts, environ=environ).write([])
    found = [one for one in doctor.examine(project.workspace) if one.code == "alert_way"]
    assert [(one.level, one.subject) for one in found] == [
        ("ok", "alerts.webhook"),
        ("warning", "alerts.smtp.password_env"),
    ]
    assert found[1].remedy == "export it or put it in .env"


@pytest.mark.parametrize(("ahead", "told"), [(300, "behind"), (-300, "ahead of")])
def test_clock_that_differs_from_the_crms(tmp_path: Path, ahead: float, told: str) -> None:
    with running_sandbox(of_location().model_copy(update={"clock_ahead_seconds": ahead})) as crm:
        found = by_code(Project(tmp_path, crm.url).write([]))["clock"]
        assert found.level == "warning"
        assert told in found.told


def test_crm_that_is_not_there_is_one_line(tmp_path: Path, unused_url: str) -> None:
    locations = [{"id": "acme"}, {"id": "bolt"}]
    project = Project(tmp_path, unused_url, locations=locations).write([])
    found = [one for one in doctor.examine(project.workspace) if one.level == "error"]
    assert [(one.code, one.subject) for one in found] == [("crm_unreachable", unused_url)]


def test_data_that_others_can_read(tmp_path: Path, unused_url: str) -> None:
    project = Project(tmp_path, unused_url).write([])
    data = project.workspace.data
    _ = project.workspace.hash_key
    (data / "hash.key").chmod(0o644)
    found = by_code(project)["data_private"]
    assert found.level == "error"
    assert found.remedy == f"chmod go-rwx {data / 'hash.key'}"


def command(project: Project, exit_code: int, data: str = "data") -> dict[str, Any]:
    arguments = ["--config", str(project.folder / "contacts.yaml")]
    arguments += ["--data", str(project.folder / data), "doctor", "--json"]
    result = CliRunner().invoke(main, arguments, env=dict(project.environ))
    assert result.exit_code == exit_code, result.output
    document: dict[str, Any] = json.loads(result.stdout)
    return document


def test_wrong_column_missing_token_and_unknown_crm_are_told_together(
    tmp_path: Path, unused_url: str
) -> None:
    project = Project(tmp_path, unused_url, environ={"CRM_TOKEN": "pit"}).write([])
    settings = project.settings
    settings["contacts"]["fields"] = {"email": "emial"}
    (tmp_path / "contacts.yaml").write_text(json.dumps(settings), encoding="utf-8")
    document = command(project, 2)
    errors = {one["code"]: one for one in document["findings"] if one["level"] == "error"}
    assert errors.keys() == {"warehouse_unreadable", "crm_unreachable"}
    assert errors["warehouse_unreadable"]["subject"] == "contacts.fields.email"
    assert "did you mean 'email'?" in errors["warehouse_unreadable"]["remedy"]
    assert document["error"] == 2


def test_settings_that_can_not_be_read_are_a_finding(tmp_path: Path, crm: RunningSandbox) -> None:
    project = Project(tmp_path, crm.url).write([])
    (tmp_path / "contacts.yaml").write_text("warehouse: {urll: x}\n", encoding="utf-8")
    (found,) = command(project, 2)["findings"]
    assert (found["level"], found["code"]) == ("error", "settings_invalid")
    assert crm.count() == 0


def test_variables_that_can_not_be_read_are_a_finding(tmp_path: Path, unused_url: str) -> None:
    project = Project(tmp_path, unused_url).write([])
    (tmp_path / ".env").write_bytes("CRM_TOKEN=pit # é\n".encode("latin-1"))
    (found,) = command(project, 2)["findings"]
    assert (found["code"], found["subject"]) == ("settings_invalid", str(tmp_path / ".env"))
    assert found["remedy"].startswith(f"mend {tmp_path / '.env'};")


def test_what_is_not_the_settings_fault_is_another_exit_code(
    tmp_path: Path, unused_url: str
) -> None:
    project = Project(tmp_path, unused_url).write([])
    assert [one["code"] for one in errors_of(command(project, 1))] == ["crm_unreachable"]
    (project.folder / "data" / "ledger.sqlite").unlink()
    (project.folder / "data" / "ledger.sqlite").mkdir()
    assert "crm_unreachable" in {one["code"] for one in errors_of(command(project, 1))}


def test_data_folder_that_can_not_be_made_is_a_finding(tmp_path: Path, unused_url: str) -> None:
    project = Project(tmp_path, unused_url).write([])
    (project.folder / "taken").write_text("a file", encoding="utf-8")
    (found,) = command(project, 1, data="taken/data")["findings"]
    assert (found["code"], found["told"]) == ("os", "Not a directory")


def errors_of(document: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for one in document["findings"] if one["level"] == "error"]


def test_wrong_usage_is_a_document_too() -> None:
    result = CliRunner().invoke(main, ["doctor", "--json", "--bogus"])
    assert result.exit_code == 2
    assert json.loads(result.stdout)["error"]["code"] == "usage"
    assert "--bogus" in result.stderr
