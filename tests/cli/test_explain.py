"""One contact's story, by key, email and phone, at a real ledger and sandbox."""

import json
from typing import Any

from click.testing import CliRunner

from contacts_pipeline.cli import main
from contacts_pipeline.sandbox import RunningSandbox
from tests.push.conftest import MakeProject, crm, project
from tests.push.project import Project, people, person

__all__ = ["crm", "project"]


def command(project: Project, *arguments: str, location: str = "acme") -> tuple[int, str]:
    given = ["--config", str(project.folder / "contacts.yaml")]
    given += ["--data", str(project.folder / "data"), "explain", location, *arguments]
    result = CliRunner().invoke(main, given, env=dict(project.environ))
    return result.exit_code, result.output


def story(project: Project, *arguments: str) -> dict[str, Any]:
    code, output = command(project, *arguments, "--json")
    assert code == 0, output
    document: dict[str, Any] = json.loads(output)
    return document


def test_whole_story_is_found_by_key_email_and_phone(project: MakeProject) -> None:
    twin = person(7, email="P1@acme.example.com ", first_name="ANN")
    acme = project([*people(3), twin])
    acme.push()
    told = story(acme, "--key", "acme-1")
    assert story(acme, "--email", "p1@ACME.example.com") == told
    assert story(acme, "--phone", "+1 212-555-0001") == told
    assert told["keys"] == ["acme-1", "acme-7"]
    assert len(told["source"]) == len(told["judged"]) == 2
    (identity,) = told["identities"]
    assert identity["source_keys"] == ["acme-1", "acme-7"]
    (planned,) = told["planned"]
    assert (planned["action"], planned["body"]["email"]) == ("create", "p1@acme.example.com")
    (known,) = told["known"]
    (request,) = told["requests"]
    assert (request["verdict"], request["contact_id"]) == ("created", known["contact_id"])
    assert request["trace_id"]
    assert [row["outcome"] for row in told["outcomes"]] == ["created"]


def test_rejected_gone_and_unknown_keys_tell_theirs(
    crm: RunningSandbox, project: MakeProject
) -> None:
    acme = project([*people(3), person(8, email="", phone="")])
    acme.push()
    (rejected,) = story(acme, "--key", "acme-8")["judged"]
    assert rejected["rejection"]["code"] == "no_match_field"
    acme.write(people(2)).prepare()
    gone = story(acme, "--key", "acme-2")
    assert gone["source"] == []
    assert gone["known"][0]["contact_id"] in {one["id"] for one in crm.contacts("acme")}
    code, output = command(acme, "--key", "nobody")
    assert code == 1
    assert "neither the source nor the ledger" in output
    code, output = command(acme, "--key", "acme-1", location="acmee")
    assert code == 1
    assert "location acmee: the registry has no such location; did you mean 'acme'?" in output


def test_it_reads_well_at_eighty_columns(project: MakeProject) -> None:
    acme = project([person(1, phone="212 555 0001"), person(10)])
    acme.push()
    code, output = command(acme, "--key", "acme-1")
    assert code == 0
    assert max(map(len, output.splitlines())) <= 80
    assert "212 555 0001 → +12125550001" in output
    assert "acme-10" not in output


def test_one_question_at_a_time(project: MakeProject) -> None:
    acme = project([])
    assert command(acme)[0] == 2
    assert command(acme, "--key", "1", "--email", "a@b.org")[0] == 2
