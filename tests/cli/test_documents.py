"""The documents of ``plan``, ``push`` and ``outcomes``, which programs rely on."""

import pytest

from contacts_pipeline.sandbox.pytest import StartSandbox
from tests.cli.commands import document, run
from tests.projects import Project, people, sandbox_locations

PUSH_KEYS = {
    "status", "reason", "extracted", "rejected", "merged", "unchanged", "held", "deferred",
    "created", "updated", "refused", "failed", "unknown", "requests", "retries", "rate_limited",
    "seconds", "predictions",
}  # fmt: skip
PLAN_KEYS = {
    "status", "reason", "extracted", "rejected", "merged", "unchanged", "held", "deferred",
    "create", "update", "seconds_estimated",
}  # fmt: skip


@pytest.mark.slow
def test_push_and_outcomes_print_the_documents_that_programs_rely_on(
    project: Project, crm_sandbox: StartSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    crm = crm_sandbox(*sandbox_locations("acme", "bolt", "core"))
    monkeypatch.setenv("CRM_BASE_URL", crm.url)
    project.registry["core"]["enabled"] = "false"
    rows = people("acme", 3) + people("bolt", 2) + people("core", 1)
    rows[0] |= {"tier": "gold", "tags": "vip, news"}
    rows.append({"id": "lost", "location": "nowhere", "email": "x@acme.example.com"})
    rows.append({"id": "bad", "location": "acme", "first_name": "Nobody"})
    project.write(rows)

    pushed = run(project, "push", "--json")
    assert pushed.exit_code == 0, pushed.output
    told = document(pushed)
    assert set(told["locations"]) == {"acme", "bolt"}
    for counts in told["locations"].values():
        assert counts.keys() >= PUSH_KEYS
        assert counts["upserts_per_changed_contact"] == 1.0
        assert counts["upsert_requests"] == counts["created"]
        assert counts["predictions"] == {"made": counts["created"], "right": counts["created"]}
    acme = told["locations"]["acme"]
    tags = crm.count("add_tags") + crm.count("bulk_tags")
    assert (acme["tag_requests"], acme["lookup_requests"]) == (tags, 0)
    assert (acme["extracted"], acme["rejected"], acme["created"]) == (4, 1, 3)
    assert told["unassigned"] == {
        "extracted": 2,
        "rejected": 2,
        "reasons": {"location_disabled": 1, "location_unknown": 1},
    }
    assert sum(one["extracted"] for one in told["locations"].values()) + 2 == len(rows)
    assert sum(one["requests"] for one in told["locations"].values()) == crm.count()

    again = document(run(project, "push", "--json"))
    assert again["run_id"] != told["run_id"]
    assert [(one["unchanged"], one["requests"]) for one in again["locations"].values()] == [
        (3, 0),
        (2, 0),
    ]

    first = document(run(project, "outcomes", "--run", told["run_id"], "--json"))
    assert first["locations"] == told["locations"]
    last = document(run(project, "outcomes", "--location", "acme", "--json"))
    assert list(last["locations"]) == ["acme"]
    assert last["locations"]["acme"]["unchanged"] == 3


@pytest.mark.slow
def test_plan_prints_what_push_would_do_and_sends_nothing(
    project: Project, crm_sandbox: StartSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    crm = crm_sandbox(*sandbox_locations("acme", "bolt", "core"))
    monkeypatch.setenv("CRM_BASE_URL", crm.url)
    monkeypatch.setenv("BOLT_TOKEN", "pit-wrong")
    project.registry["bolt"]["token_env"] = "BOLT_TOKEN"
    project.write(people("acme", 3) + people("bolt", 2))
    planned = run(project, "plan", "--location", "acme", "--location", "bolt", "--json")
    assert planned.exit_code == 1, (planned.output, planned.exception)
    told = document(planned)
    for counts in told["locations"].values():
        assert counts.keys() >= PLAN_KEYS
        parts = ("rejected", "merged", "unchanged", "held", "deferred", "create", "update")
        assert counts["extracted"] == sum(counts[part] for part in parts)
    assert told["locations"]["acme"]["create"] == 3
    assert told["locations"]["bolt"]["reason"] == "token_refused"
    assert crm.contacts("acme") == []
    table = run(project, "plan", "--location", "acme")
    assert table.exit_code == 0
    assert "acme" in table.stdout
    assert "create" in table.stdout
