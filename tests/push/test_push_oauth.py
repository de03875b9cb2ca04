"""OAuth: one refresh for everybody, the next token kept before use, and no token anywhere else."""

import json
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from contacts_pipeline.sandbox import (
    Fault,
    FaultKind,
    RunningSandbox,
    SandboxLocation,
    SandboxOAuthClient,
    SandboxOptions,
    running_sandbox,
)
from tests.push.evidence import assert_each_there_once
from tests.push.project import Project, people, person, wait_for

SECRETS = {"CRM_CLIENT_ID": "the-app", "CRM_CLIENT_SECRET": "hush-hush"}
NAMES = ("acme", "bolt")
LOCATIONS = [{"id": name, "burst_limit": 1000, "interval_ms": 1000} for name in NAMES]


def oauth_crm(*clients: SandboxOAuthClient, seconds: int = 86_399) -> SandboxOptions:
    locations = tuple(
        SandboxLocation(id=name, burst_limit=1000, interval_ms=1000, company_id="agency", tokens=())
        for name in NAMES
    )
    return SandboxOptions(locations=locations, oauth_clients=clients, access_token_seconds=seconds)


def app(**given: Any) -> SandboxOAuthClient:
    return SandboxOAuthClient(
        client_id="the-app",
        client_secret="hush-hush",
        company_id="agency",
        **{"refresh_tokens": ("first-of-all", "second-install"), **given},
    )


@pytest.fixture
def crm() -> Iterator[RunningSandbox]:
    with running_sandbox(oauth_crm(app())) as sandbox:
        yield sandbox


def agency(folder: Path, crm: RunningSandbox, **given: Any) -> Project:
    return Project(
        folder,
        crm.url,
        locations=LOCATIONS,
        crm={"oauth": {"company_id": "agency"}},
        environ={**SECRETS, "CRM_REFRESH_TOKEN": "first-of-all"},
        **given,
    )


def token_files(project: Project) -> list[Path]:
    return list((project.folder / "data" / "tokens").rglob("*.json"))


def kept(project: Project) -> dict[str, str]:
    (path,) = token_files(project)
    tokens: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return tokens


def test_agency_is_refreshed_once_and_each_location_gets_its_token(
    tmp_path: Path, crm: RunningSandbox
) -> None:
    project = agency(tmp_path, crm).write(people(20) + people(20, "bolt"))
    reports = project.push()
    assert [report.created for report in reports.values()] == [20, 20]
    assert [report.requests for report in reports.values()] == [20, 20], "token calls don't count"
    assert crm.count("token") == 1
    assert crm.count("location_token") == 2
    (path,) = token_files(project)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    project.write(people(20, city="Rome")).push()
    assert crm.count("token") == 1, "the access token is still good for another process"


def test_location_of_its_own_chain(tmp_path: Path) -> None:
    own = app(refresh_tokens=("of-acme",), location_id="acme")
    with running_sandbox(oauth_crm(own)) as crm:
        project = Project(
            tmp_path,
            crm.url,
            locations=[{**LOCATIONS[0], "token_env": "ACME"}],
            crm={"oauth": {}},
            environ={**SECRETS, "ACME": "of-acme"},
        ).write(people(3))
        assert project.push()["acme"].created == 3
        assert (crm.count("token"), crm.count("location_token")) == (1, 0)


def test_token_that_ends_halfway_is_renewed_once_for_all_that_wait(
    tmp_path: Path, crm: RunningSandbox
) -> None:
    project = agency(tmp_path, crm).write(people(60))
    crm.set_faults(Fault(kind=FaultKind.TOKEN_EXPIRED, skip=30, times=1, operations=("upsert",)))
    report = project.push()["acme"]
    assert (report.status, report.created, report.deferred) == ("ok", 60, 0)
    assert crm.count("location_token") == 2
    assert report.requests == crm.count("upsert") == 60 + report.retries
    assert_each_there_once(crm, people(60))


def test_token_that_is_refused_as_soon_as_it_is_issued_closes_the_location(
    tmp_path: Path, crm: RunningSandbox
) -> None:
    project = agency(tmp_path, crm).write(people(5))
    crm.set_faults(Fault(kind=FaultKind.TOKEN_EXPIRED, operations=("upsert",)))
    report = project.push()["acme"]
    assert (report.status, report.reason, report.deferred) == ("failed", "token_refused", 5)
    assert crm.count("location_token") <= 2


@pytest.mark.parametrize("name", sorted([*SECRETS, "CRM_REFRESH_TOKEN"]))
def test_missing_variable_is_named(tmp_path: Path, crm: RunningSandbox, name: str) -> None:
    project = agency(tmp_path, crm).write(people(1))
    project.environ = {key: value for key, value in project.environ.items() if key != name}
    report = project.push()["acme"]
    assert report.reason == "token_missing"
    assert f"{name} is not set" in str(report.told)


def test_spent_refresh_token_says_what_to_do_and_another_one_begins_anew(
    tmp_path: Path, crm: RunningSandbox
) -> None:
    project = agency(tmp_path, crm).write(people(1))
    project.push()
    for path in token_files(project):
        path.unlink()
    report = project.write([person(0, city="Rome")]).push()["acme"]
    assert (report.status, report.reason) == ("failed", "token_refused")
    assert "put its refresh token into CRM_REFRESH_TOKEN" in str(report.told)
    project.environ = {**project.environ, "CRM_REFRESH_TOKEN": "second-install"}
    assert project.push()["acme"].updated == 1


@pytest.mark.slow
def test_refresh_token_whose_answer_was_lost_is_told_with_its_remedy(
    tmp_path: Path, crm: RunningSandbox
) -> None:
    """SIGKILL between the answer and its file: the CRM has taken the token, and nobody the next.

    It is asked for once a push, and neither again and again nor for every contact.
    """
    project = agency(tmp_path, crm).write(people(5))
    project.prepare()
    crm.set_faults(Fault(kind=FaultKind.SLOW, when="after", seconds=60, operations=("token",)))
    with project.light_process() as process:
        assert wait_for(lambda: crm.count("token") == 1, process)
        process.kill()
    crm.set_faults()
    assert not token_files(project)
    report = project.push(prepare=False)["acme"]
    assert (report.status, report.reason, report.deferred) == ("failed", "token_refused", 5)
    assert "install the app again and put its refresh token into CRM_REFRESH_TOKEN" in str(
        report.told
    )
    assert (crm.count("token"), crm.count("upsert")) == (2, 0)
    project.environ = {**project.environ, "CRM_REFRESH_TOKEN": "second-install"}
    assert project.push(prepare=False)["acme"].created == 5


@pytest.mark.slow
def test_killed_while_the_next_token_is_written_loses_neither(
    tmp_path: Path, crm: RunningSandbox
) -> None:
    """As soon as the answer is on disk, the chain goes on from there in another process."""
    project = agency(tmp_path, crm).write(people(2))
    project.push()
    project.write(people(2, city="Bern")).prepare()
    before = kept(project)
    (path,) = token_files(project)
    path.write_text(json.dumps({**before, "ends_at": 0}), encoding="utf-8")
    with project.light_process() as process:
        assert wait_for(lambda: crm.count("token") == 2, process)
        wait_for(lambda: kept(project)["refresh"] != before["refresh"], process)
        process.kill()
    report = project.write(people(2, city="Rome")).push()["acme"]
    assert (report.status, report.updated, crm.count("token")) == ("ok", 2, 2)


@pytest.mark.parametrize(
    "kind", [FaultKind.UNAVAILABLE, FaultKind.REQUEST_TIMEOUT, FaultKind.TOO_MANY]
)
def test_token_endpoint_that_fails_leaves_the_chain_whole(
    tmp_path: Path, crm: RunningSandbox, kind: FaultKind
) -> None:
    project = agency(tmp_path, crm).write(people(3))
    crm.set_faults(Fault(kind=kind, times=2, operations=("token", "location_token")))
    report = project.push()["acme"]
    assert (report.status, report.created, report.requests) == ("ok", 3, 3)


REFRESH = """
import asyncio, sys
from pathlib import Path
from contacts_pipeline.workspace import Workspace
from contacts_pipeline import steps
folder = Path(sys.argv[1])
workspace = Workspace.open(folder / "contacts.yaml", folder / "data")
location = next(iter(steps.registered_locations(workspace).values()))
async def main():
    access = workspace.access(location)
    tokens = await asyncio.gather(*(access.obtain() for _ in range(8)))
    assert len({token.get_secret_value() for token in tokens}) == 1
asyncio.run(main())
"""


@pytest.mark.slow
def test_many_processes_refresh_once(tmp_path: Path, crm: RunningSandbox) -> None:
    project = agency(tmp_path, crm).write(people(1))
    project.prepare()
    root = Path(__file__).parents[2]
    environ = {**project.environ, "PYTHONPATH": str(root), "PATH": ""}
    command = [sys.executable, "-c", REFRESH, str(tmp_path)]
    processes = [
        subprocess.Popen(command, env=environ, stderr=subprocess.PIPE, text=True) for _ in range(3)
    ]
    for process in processes:
        _, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
    assert crm.count("token") == 1


@pytest.mark.slow
def test_no_token_is_anywhere_but_in_its_file(
    tmp_path: Path, crm: RunningSandbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    project = agency(tmp_path, crm).write(people(3))
    crm.set_faults(Fault(kind=FaultKind.TOKEN_EXPIRED, skip=1, times=1, operations=("upsert",)))
    code, document, err = project.push_process()
    assert code == 0, err
    told = [json.dumps(document), err, caplog.text, repr(project.workspace)]
    access = project.workspace.access(project.workspace.settings.locations[0])  # type: ignore[index]
    told += [repr(access), repr(vars(access)["_company"]), repr(vars(access)["_app"])]
    secrets = {kept(project)["access"], kept(project)["refresh"], "first-of-all", "hush-hush"}
    for path in (tmp_path / "data").rglob("*"):
        if path.is_file() and path not in token_files(project):
            content = path.read_bytes()
            assert not [one for one in secrets if one.encode() in content], path.name
    assert not [one for one in secrets if one in "\n".join(told)]
