"""What deploy/ says agrees with itself, and with the project's own instance."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any

import yaml

from tests.defs.dagster_dev import ROOT

DEPLOY = ROOT / "deploy"


def read(name: str) -> Any:
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


def variables(told: Any) -> Iterator[str]:
    """The environment variables that a file of Dagster's reads."""
    if isinstance(told, dict):
        if told.keys() == {"env"}:
            yield told["env"]
        for value in told.values():
            yield from variables(value)
    elif isinstance(told, list):
        for value in told:
            yield from variables(value)


def in_snake_case(told: dict[str, Any]) -> dict[str, Any]:
    """Keys as Dagster has them, of those that its chart has."""
    return {re.sub("(?=[A-Z])", "_", key).lower(): value for key, value in told.items()}


def test_compose_says_every_variable_that_the_fleet_reads() -> None:
    wanted = {*variables(read("deploy/dagster.yaml")), *variables(read("deploy/workspace.yaml"))}
    assert {"POSTGRES_HOST", "CONTACTS_BROKER_URL", "CONTACTS_CODE_PORT"} <= wanted
    for name in ("code", "webserver", "daemon", "worker"):
        said = read("deploy/compose.yaml")["services"][name]["environment"]
        assert wanted | {"CONTACTS_LEDGER_URL"} <= said.keys(), name


def test_a_fleet_starts_as_many_runs_as_it_has_workers() -> None:
    workers = read("deploy/compose.yaml")["services"]["worker"]["deploy"]["replicas"]
    assert read("deploy/dagster.yaml")["concurrency"]["runs"]["max_concurrent_runs"] == workers


def test_a_fleet_is_operated_as_one_machine_is() -> None:
    fleet, machine = read("deploy/dagster.yaml"), read("dagster.yaml")
    differ = {"storage", "run_launcher", "concurrency", "code_servers"}
    assert {key: fleet[key] for key in fleet.keys() - differ} == {
        key: machine[key] for key in machine.keys() - differ
    }
    values = read("deploy/helm/values.yaml")
    assert in_snake_case(values["dagsterDaemon"]["runRetries"]) == machine["run_retries"]
    kept = {
        "schedule": values["retention"]["schedule"]["purgeAfterDays"],
        "sensor": values["retention"]["sensor"]["purgeAfterDays"],
        "auto_materialize": values["retention"]["autoMaterialize"]["purgeAfterDays"],
    }
    assert kept == {name: one["purge_after_days"] for name, one in machine["retention"].items()}


def test_a_pod_of_kubernetes_has_a_data_folder_that_it_may_make_private() -> None:
    values = read("deploy/helm/values.yaml")
    (code,) = values["dagster-user-deployments"]["deployments"]
    (mounted,) = [one["mountPath"] for one in code["volumeMounts"] if one["name"] == "data"]
    assert PurePosixPath(mounted) in PurePosixPath(code["env"]["CONTACTS_DATA"]).parents


def test_the_image_holds_what_the_services_need() -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    lines = (DEPLOY / "Dockerfile").read_text(encoding="utf-8").splitlines()
    copied = [word for line in lines if line.startswith("COPY") for word in line.split()[1:-1]]
    assert "deploy/dagster.yaml" in copied
    for path in copied:
        assert (ROOT / path).exists(), path
        assert f"!{path.split('/')[0]}" in ignored, path
