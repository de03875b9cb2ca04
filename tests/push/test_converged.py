"""What was pushed, read from the CRM again: equal, or what differs and by whose hand."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from contacts_pipeline import steps
from contacts_pipeline.crm import StaticToken
from contacts_pipeline.pull import Door, ReadSettings
from contacts_pipeline.push.readback import ReadBack, Written, read_back
from contacts_pipeline.sandbox import (
    DEFAULT_TOKEN,
    Fault,
    FaultKind,
    RunningSandbox,
    SandboxLocation,
    SandboxOptions,
    SandboxRules,
    running_sandbox,
)
from tests.push.project import Project, people, wide

STAGES: set[steps.Stage] = {"upsert_plan", "contact_upserts", "upsert_outcomes"}


class ProvenProject(Project):
    """A project that reads back what it wrote."""

    sample: int | str = 200

    @property
    def settings(self) -> dict[str, Any]:
        return super().settings | {"proof": {"sample": self.sample}}


def proof(
    project: Project, meddle: Callable[[], object] = lambda: None
) -> tuple[steps.Proven, ReadBack | None]:
    """A push; ``meddle`` comes between its end and its proof."""
    for _, step in steps.advance(project.prepare(), ["acme"], "run", stages=STAGES):
        if isinstance(step, steps.Pushed):
            meddle()
        elif isinstance(step, steps.Proven):
            return step, step.read_back
    raise AssertionError("nothing was proven")


def counts(found: ReadBack | None) -> tuple[int, int, int]:
    assert found is not None
    assert found.error is None
    told = found.converged
    return told.checked, told.equal, told.differs


def contact_id(crm: RunningSandbox, email: str) -> str:
    return str(next(one["id"] for one in crm.contacts() if one["email"] == email))


@pytest.mark.parametrize("sample", [200, "all"])
def test_hand_that_meddles_is_caught(tmp_path: Path, sample: int | str) -> None:
    with running_sandbox(wide()) as crm:
        project = ProvenProject(tmp_path, crm.url)
        project.sample = sample
        project.write(people(20, tags="vip"))

        def meddle() -> None:
            edited, deleted = (contact_id(crm, f"p{n}@acme.example.com") for n in (3, 7))
            crm.call("PUT", f"/contacts/{edited}", {"city": "Boston"})
            crm.call("DELETE", f"/contacts/{deleted}")
            untagged = contact_id(crm, "p9@acme.example.com")
            crm.call("DELETE", f"/contacts/{untagged}/tags", {"tags": ["vip"]})

        proven, found = proof(project, meddle)
        assert counts(found) == (20, 17, 3)
        assert found is not None
        assert found.fields == {"city": 1, "contact": 1, "tags": 1}
        assert proven.report.converged == found.converged
        assert proven.report.requests == crm.count() - 3


def test_deleted_contact_that_search_still_lists_is_caught_in_a_sample(tmp_path: Path) -> None:
    location = SandboxLocation(id="acme", burst_limit=1000, interval_ms=1000)
    rules = SandboxRules(search_lag_ms=60_000)
    with running_sandbox(SandboxOptions(locations=(location,), rules=rules)) as crm:
        project = ProvenProject(tmp_path, crm.url).write(people(4))

        def meddle() -> None:
            crm.call("DELETE", f"/contacts/{contact_id(crm, 'p1@acme.example.com')}")

        assert counts(proof(project, meddle)[1]) == (4, 3, 1)


def test_phone_that_the_crm_dropped_without_a_word_is_caught(tmp_path: Path) -> None:
    with running_sandbox(wide()) as crm:
        theirs = {"email": "theirs@example.com", "phone": "+12125550002"}
        crm.seed_contacts("acme", [theirs, {"email": "p2@acme.example.com"}])
        project = ProvenProject(tmp_path, crm.url).write(people(4))
        _, found = proof(project)
        assert counts(found) == (4, 3, 1)
        assert found is not None
        assert found.fields == {"phone": 1}


@pytest.mark.slow
@pytest.mark.parametrize(("sample", "reads"), [("all", 2), (30, 30), (0, 0)])
def test_what_it_costs(tmp_path: Path, sample: int | str, reads: int) -> None:
    with running_sandbox(wide()) as crm:
        project = ProvenProject(tmp_path, crm.url)
        project.sample = sample
        project.write(people(600))
        project.push()
        assert crm.count() - crm.count("upsert") == reads
        before = crm.count()
        report = project.push()["acme"]
        assert (report.requests, crm.count()) == (0, before), "nothing written, nothing read"


def limited() -> tuple[SandboxOptions, list[dict[str, Any]]]:
    """A sandbox and a registry of one location: 30 requests a day, 5 of them somebody else's."""
    limits = {"burst_limit": 1000, "interval_ms": 1000, "daily_limit": 30}
    location = SandboxLocation(id="acme", **limits)
    return SandboxOptions(locations=(location,)), [{"id": "acme", "daily_reserve": 5, **limits}]


@pytest.mark.parametrize("sample", [200, "all"])
def test_the_reserve_of_the_day_is_not_read_away(tmp_path: Path, sample: int | str) -> None:
    options, registry = limited()
    with running_sandbox(options) as crm:
        project = ProvenProject(tmp_path, crm.url, registry)
        project.sample = sample
        _, found = proof(project.write(people(20)))
        assert counts(found)[0] == 5
        assert crm.count() <= 25


def test_push_that_the_day_stopped_is_not_read_back(tmp_path: Path) -> None:
    options, registry = limited()
    with running_sandbox(options) as crm:
        project = ProvenProject(tmp_path, crm.url, registry).write(people(40))
        proven, found = proof(project)
        assert found is None
        assert (proven.report.deferred_because, proven.report.deferred) == ("daily_budget", 15)
        assert crm.count() == crm.count("upsert") == 25


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault(kind=FaultKind.TOKEN_REVOKED), "token_refused"),
        (Fault(kind=FaultKind.HTML, status=403), "blocked_by_edge"),
    ],
    ids=["token", "page"],
)
def test_crm_that_fails_the_reading_does_not_pass_for_converged(
    tmp_path: Path, fault: Fault, code: str
) -> None:
    with running_sandbox(wide()) as crm:
        project = ProvenProject(tmp_path, crm.url).write(people(4))
        _, found = proof(project, lambda: crm.set_faults(fault))
        assert found is not None
        assert (found.error or "").startswith(f"{code}: ")
        assert found.converged.differs == 0
        assert found.converged.equal == 0


def test_tag_that_others_gave_a_created_contact_is_no_difference(tmp_path: Path) -> None:
    with running_sandbox(wide()) as crm:
        project = ProvenProject(tmp_path, crm.url, policy={"crm_snapshot": "always"})
        project.write(people(2, tags="vip"))

        def meddle() -> None:
            tagged = contact_id(crm, "p1@acme.example.com")
            crm.call("POST", f"/contacts/{tagged}/tags", {"tags": ["new-lead"]})

        assert counts(proof(project, meddle)[1]) == (2, 2, 0)


class BrokenAccess:
    """An access that fails in a way that nobody foresaw."""

    bearer = None

    async def obtain(self) -> SecretStr:
        raise RuntimeError("secret-detail")

    async def renew(self, refused: SecretStr, *, was_good: bool) -> bool:
        raise NotImplementedError


def test_error_of_one_location_leaves_the_proof_of_the_others() -> None:
    with running_sandbox(wide()) as crm:
        crm.seed_contacts("acme", [{"email": "p@acme.example.com"}])
        good = StaticToken(SecretStr(DEFAULT_TOKEN))
        there = Written(contact_id(crm, "p@acme.example.com"), {}, "add")
        found = read_back(
            {
                "bolt": (Door("bolt", BrokenAccess(), 100, 1.0), [there]),
                "acme": (Door("acme", good, 100, 1.0), [there]),
            },
            ReadSettings(crm.url, 5, 1),
            by_pages=False,
        )
    assert counts(found["acme"]) == (1, 1, 0)
    told = found["bolt"].error or ""
    assert told.startswith("internal_error: RuntimeError at")
    assert "secret-detail" not in told
