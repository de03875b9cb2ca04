"""What a command says of bad input and of what went wrong, and how it exits."""

import pytest

from contacts_pipeline import steps
from contacts_pipeline.doctor import records
from contacts_pipeline.sandbox.pytest import StartSandbox
from tests.cli.commands import document, run
from tests.projects import SETTINGS, Project, people, record_failure, sandbox_locations


@pytest.mark.parametrize(
    ("settings", "words", "told"),
    [
        (None, ["plan"], "contacts.yaml: no such file or directory"),
        ("warehouse: {url: warehouse", ["plan"], "contacts.yaml, line 1: not valid YAML"),
        ("", ["plan"], "contacts.yaml: empty"),
        (
            SETTINGS.replace("    phone: phone", "    phne: phone"),
            ["push"],
            "line 11: contacts.fields.phne: there is no such key; did you mean 'phone'?",
        ),
        (
            SETTINGS.replace("max_tries: 3", "max_tries: many"),
            ["push"],
            "line 20: crm.max_tries: Input should be a valid integer",
        ),
        (
            SETTINGS.replace("${CRM_BASE_URL:-http://127.0.0.1:9}", "${NO_SUCH_URL}"),
            ["push"],
            "crm.base_url: NO_SUCH_URL is not set; export it or put it in .env",
        ),
        (
            SETTINGS.replace("${CRM_BASE_URL:-http://127.0.0.1:9}", "http://crm.example.com"),
            ["push"],
            "base_url must be https",
        ),
        (
            SETTINGS.replace("{url: warehouse}", "{url: warehuose}"),
            ["push"],
            "warehouse.url: warehuose does not exist",
        ),
        (
            SETTINGS.replace("table: customers", "table: customer"),
            ["push"],
            "contacts.table: there is no table 'customer'; did you mean 'customers'?",
        ),
        (
            SETTINGS.replace("    city: city", "    city: citty"),
            ["push"],
            "contacts.fields.city: 'customers' has no column 'citty'; did you mean 'city'?",
        ),
        (
            SETTINGS.replace("    city: city", "    city: upper(citty)"),
            ["push"],
            "contacts.fields.city: Binder Error",
        ),
        (
            SETTINGS + "automation: {retry: hourly}\n",
            ["plan"],
            "line 21: automation.retry: 'hourly' is no cron line; write it as '0 6 * * *'",
        ),
        (SETTINGS, ["push", "--location", "acne"], "did you mean 'acme'?"),
        (SETTINGS, ["push", "--location", "core"], "--location core: it is disabled"),
        (SETTINGS, ["outcomes", "--location", "acne"], "acne: the registry has no such location"),
        (SETTINGS, ["outcomes", "--run", "nope"], "--run nope: the ledger knows no such run"),
    ],
)
def test_bad_input_is_one_line_that_names_the_thing_and_exit_code_two(
    project: Project, settings: str | None, words: list[str], told: str
) -> None:
    project.registry["core"]["enabled"] = "false"
    project.write(people("acme", 1), settings or SETTINGS)
    if words[0] == "outcomes":
        steps.refresh_locations(project.workspace())
    if settings is None:
        project.config.unlink()
    elif not settings:
        project.config.write_text("")
    result = run(project, *words)
    assert result.exit_code == 2, result.output
    error = result.stderr.strip().splitlines()[-1]
    assert error.startswith("error: ")
    assert told in error
    assert "Traceback" not in result.output
    assert not list(project.data.glob("snapshots/*.part"))


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        ("CONTACTS_MEMORY_LIMIT", "lots", "'lots' is no amount of memory; write such as 4GiB"),
        ("CONTACTS_LEDGER_URL", "mysql://host/ledger", "mysql can't hold the ledger; name a"),
        ("CONTACTS_LEDGER_URL", "postgresql+pg8000://host/ledger", "pg8000 is missing; type: uv"),
        ("CONTACTS_LEDGER_URL", "ledger", "no database's URL; write such as postgresql://"),
    ],
)
def test_a_bad_variable_is_one_line_that_names_it_and_exit_code_two(
    project: Project, monkeypatch: pytest.MonkeyPatch, variable: str, value: str, told: str
) -> None:
    project.write(people("acme", 1))
    monkeypatch.setenv(variable, value)
    result = run(project, "plan")
    assert result.exit_code == 2, result.output
    error = result.stderr.strip().splitlines()[-1]
    assert error.startswith(f"error: {variable}: ")
    assert told in error


def test_a_failure_of_a_location_that_is_no_longer_enabled_counts_where_it_is_asked_for(
    project: Project,
) -> None:
    project.write(people("core", 1))
    workspace = project.workspace()
    steps.refresh_locations(workspace)
    steps.extract(workspace)
    steps.validate(workspace)
    with workspace.ledger() as ledger:
        for name in ("core", "gone"):
            record_failure(ledger, name, "token_refused")
    assert run(project, "outcomes", "--json").exit_code == 1
    assert [one.code for one in records.examine(workspace)].count("last_push") == 1
    project.registry["core"]["enabled"] = "false"
    project.write([])
    steps.refresh_locations(workspace)
    shown = run(project, "outcomes", "--json")
    assert (shown.exit_code, document(shown)["locations"]) == (0, {})
    assert "last_push" not in [one.code for one in records.examine(workspace)]
    for name in ("core", "gone"):
        asked = run(project, "outcomes", "--location", name, "--json")
        assert (asked.exit_code, list(document(asked)["locations"])) == (1, [name])


def test_a_push_to_no_enabled_location_says_so(project: Project) -> None:
    for location in project.registry.values():
        location["enabled"] = "false"
    project.write(people("acme", 1))
    result = run(project, "push")
    assert result.exit_code == 2, result.output
    assert "the registry has no enabled location; add one, or enable one there" in result.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("variable", "value", "reason", "told"),
    [
        ("CRM_TOKEN", "", "token_missing", "CRM_TOKEN is not set to a token; export it or put it"),
        ("CRM_TOKEN", "pit-a\nb", "token_missing", "CRM_TOKEN is not set to a token; export it"),
        ("CRM_TOKEN", "pit-wrong", "token_refused", "give the location a token"),
        ("CRM_BASE_URL", "http://127.0.0.1:9", "crm_unreachable", "no connection"),
    ],
)
def test_a_crm_that_can_not_be_used_fails_the_location_and_exits_with_one(
    project: Project,
    monkeypatch: pytest.MonkeyPatch,
    crm_sandbox: StartSandbox,
    variable: str,
    value: str,
    reason: str,
    told: str,
) -> None:
    crm = crm_sandbox(*sandbox_locations("acme"))
    monkeypatch.setenv("CRM_BASE_URL", crm.url)
    monkeypatch.setenv(variable, value)
    project.write(people("acme", 2))
    result = run(project, "push", "--location", "acme", "--json")
    assert result.exit_code == 1
    counts = document(result)["locations"]["acme"]
    assert (counts["status"], counts["reason"], counts["deferred"]) == ("failed", reason, 2)
    assert told in counts["told"]
    assert "pit-" not in result.output
    assert crm.contacts("acme") == []


@pytest.mark.slow
def test_what_could_not_be_written_back_is_told_and_written_later(
    project: Project, crm_sandbox: StartSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    crm = crm_sandbox(*sandbox_locations("acme"))
    monkeypatch.setenv("CRM_BASE_URL", crm.url)
    blocked = project.folder / "analysts"
    blocked.write_text("in the way of a folder")
    project.write(people("acme", 2), SETTINGS + "write_back: {url: analysts}\n")
    pushed = run(project, "push", "--location", "acme", "--json")
    assert pushed.exit_code == 1
    told = document(pushed)
    assert (told["locations"]["acme"]["status"], told["locations"]["acme"]["created"]) == ("ok", 2)
    assert told["not_written_back"]["acme"].startswith("location acme: write_back analysts: ")
    blocked.unlink()
    requests = crm.count()
    again = run(project, "write-back", "--location", "acme", "--json")
    assert (again.exit_code, document(again)["not_written_back"]) == (0, {})
    assert crm.count() == requests
    assert {path.parent.name for path in blocked.glob("contacts_pipeline/*/*.parquet")} == {
        "pushes", "outcomes", "conflicts", "rejections", "contact_ids",
    }  # fmt: skip


def test_with_json_an_error_is_a_document_too(project: Project) -> None:
    project.write(people("acme", 1), SETTINGS.replace("    city: city", "    city: citty"))
    result = run(project, "plan", "--json")
    assert document(result)["error"]["code"] == "warehouse_unreadable"


def test_the_sample_never_leaves_this_machine(project: Project) -> None:
    settings = SETTINGS.replace("{url: warehouse}", "{url: data/sample}")
    project.write(
        [], settings.replace("${CRM_BASE_URL:-http://127.0.0.1:9}", "https://crm.example.com")
    )
    result = run(project, "push")
    assert result.exit_code == 2
    assert "go to a CRM on this machine only" in result.stderr
