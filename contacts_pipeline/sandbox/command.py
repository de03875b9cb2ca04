"""The ``sandbox`` command: a CRM on loopback until Ctrl-C."""

import ipaddress
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import click
from pydantic import ValidationError

from contacts_pipeline.sandbox.faults import Fault, FaultKind, Faults
from contacts_pipeline.sandbox.options import SandboxLocation, SandboxOptions, SandboxRules
from contacts_pipeline.sandbox.serving import (
    LOOPBACK,
    SandboxServer,
    collect_seldom,
    listen,
    url_of,
)

DEFAULT_PORT = 8484
BROADLY = 2  # times that --expose must be given

FAULT_HELP = (
    "A fault, KIND[-before|-after][=RATE], repeatable: 503-after=0.05, reset-before. "
    f"Kinds: {', '.join(kind.value for kind in FaultKind)}. "
    "'-before' and '-after' mean the write: '-after' was applied."
)


def build_command(default_locations: Callable[[], Sequence[SandboxLocation]]) -> click.Command:
    """The command, with the locations that it serves where none are named."""

    @click.command("sandbox")
    @click.option("--port", default=DEFAULT_PORT, show_default=True, help="0 takes a free one.")
    @click.option("--host", default=LOOPBACK, show_default=True, help="Loopback; see --expose.")
    @click.option("--expose", count=True, help="Twice: listen beyond this machine, unprotected.")
    @click.option("--state", type=click.Path(path_type=Path), help="Keep the contacts in a file.")
    @click.option(
        "--location",
        "named",
        multiple=True,
        metavar="ID[:MATCH]",
        help="A location and its duplicate sequence, repeatable: acme:phone,email.",
    )
    @click.option("--fault", "faults", multiple=True, help=FAULT_HELP)
    @click.option(
        "--fault-script",
        type=click.Path(path_type=Path, exists=True),
        help="A file with a fault a line, in order of requests; 'none' spares one.",
    )
    @click.option("--seed", type=int, help="Repeat the same ids and the same random faults.")
    @click.option("--latency-ms", default=0.0, help="Added to every request.")
    @click.option("--burst-limit", type=int, help="Requests an interval, for every location.")
    @click.option("--interval-ms", type=int, help="Length of the interval.")
    @click.option("--daily-limit", type=int, help="Requests a day.")
    @click.option("--window", type=click.Choice(["fixed", "sliding"]), default="fixed")
    @click.option("--retry-after", is_flag=True, help="A 429 says when to come back.")
    @click.option(
        "--rule",
        "rules",
        multiple=True,
        metavar="NAME=VALUE",
        help=f"A switch of docs/sandbox.md: {', '.join(SandboxRules.model_fields)}.",
    )
    def sandbox(**given: Any) -> None:
        """Serve a CRM on this machine: the vendor's duplicate rules, limits, errors and faults."""
        options = _read_options(default_locations, given)
        _refuse_exposure(given["host"], given["expose"])
        _serve(options, given["host"], given["port"], exposed=given["expose"] >= BROADLY)

    return sandbox


def single_location() -> Sequence[SandboxLocation]:
    """The location that is served where nobody knows of others."""
    return SandboxOptions().locations


def _read_options(
    default_locations: Callable[[], Sequence[SandboxLocation]], given: dict[str, Any]
) -> SandboxOptions:
    limits = {
        name: given[name]
        for name in ("burst_limit", "interval_ms", "daily_limit")
        if given[name] is not None
    }
    try:
        locations = [_location(text) for text in given["named"]] or default_locations()
        limited = [
            SandboxLocation.model_validate({**one.model_dump(), **limits}) for one in locations
        ]
        return SandboxOptions(
            locations=tuple(limited),
            state_file=given["state"],
            latency_ms=given["latency_ms"],
            window=given["window"],
            retry_after=given["retry_after"],
            seed=given["seed"],
            rules=SandboxRules.model_validate(dict(_pair(text) for text in given["rules"])),
            faults=_faults(given),
        )
    except ValidationError as error:
        reasons = "; ".join(detail["msg"] for detail in error.errors())
        raise click.UsageError(reasons) from None


def _faults(given: dict[str, Any]) -> Faults:
    try:
        script = given["fault_script"].read_text().split() if given["fault_script"] else []
        return Faults.model_validate(
            {
                "faults": [Fault.parse(text) for text in given["faults"]],
                "script": script,
                "seed": given["seed"] or 0,
            }
        )
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--fault") from None


def _location(text: str) -> SandboxLocation:
    location_id, _, match = text.partition(":")
    return SandboxLocation.model_validate({"id": location_id, "match": match or "email,phone"})


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise click.BadParameter(f"'{text}' is not NAME=VALUE", param_hint="--rule")
    return name, value


def _refuse_exposure(host: str, times: int) -> None:
    try:
        loopback = host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        loopback = False
    if not loopback and times < BROADLY:
        raise click.UsageError(
            f"{host} is not loopback, and the sandbox shows every contact to whoever asks; "
            "give --expose twice if you mean it"
        )


def _serve(options: SandboxOptions, host: str, port: int, *, exposed: bool) -> None:
    try:
        listener = listen(host, port)
    except OSError as error:
        raise click.ClickException(
            f"port {port} of {host} can't be had ({error.strerror}); "
            "choose another with --port, or 0 for a free one"
        ) from None
    url = url_of(listener.getsockname())
    click.echo(f"CRM sandbox  {url}")
    click.echo(f"page         {url}/")
    for token in sorted({token for location in options.locations for token in location.tokens}):
        holders = [location.id for location in options.locations if token in location.tokens]
        shown = ", ".join(holders[:5]) + (f" and {len(holders) - 5} more" if holders[5:] else "")
        click.echo(f"token        {token}  ({shown})")
    if options.state_file:
        click.echo(f"state        {options.state_file}")
    click.echo("Ctrl-C stops it.")
    collect_seldom()
    try:
        with suppress(KeyboardInterrupt):  # not raised where a shell in the background ignores it
            SandboxServer(options, exposed=exposed).run([listener])
    finally:
        listener.close()
    click.echo("stopped")
