"""The commands and their options; each hands over to the module that does the work."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from contacts_pipeline.errors import PipelineError
from contacts_pipeline.sandbox.command import build_command as sandbox_command
from contacts_pipeline.workspace import DEFAULT_CONFIG, DEFAULT_DATA, Workspace, place

Document = dict[str, Any]

_LOCATIONS = click.option(
    "--location", "locations", multiple=True, metavar="ID", help="Only this one; repeatable."
)
_FULL_REFRESH = click.option(
    "--full-refresh", is_flag=True, help="Read the whole warehouse again, not only what changed."
)
_JSON = click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")


class _Commands(click.Group):
    """Turns every error that a user can mend into one line and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        as_json = "--json" in ctx.args
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            if as_json:
                _tell_error("usage", error.format_message())
            raise
        except PipelineError as error:
            told, code, exit_code = str(error), error.code, error.exit_code
        except OSError as error:
            told, code, exit_code = f"{error.filename or 'this machine'}: {error.strerror}", "os", 1
        if as_json:
            _tell_error(code, told)
        click.echo(f"error: {told}", err=True)
        return ctx.exit(exit_code)


def _tell_error(code: str, told: str) -> None:
    click.echo(json.dumps({"error": {"code": code, "message": told}}))


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Keep the contacts of a warehouse and the locations of a HighLevel CRM in step.",
)
@click.option(
    "--config",
    type=click.Path(path_type=Path),
    envvar="CONTACTS_CONFIG",
    default=DEFAULT_CONFIG,
    show_default=True,
    help="The settings.",
)
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="CONTACTS_DATA",
    default=DEFAULT_DATA,
    show_default=True,
    help="The folder that runs write to.",
)
@click.version_option(package_name="contacts-pipeline")
def main(config: Path, data: Path) -> None:
    """Say where settings and data are; Dagster's runs find them by the same variables."""
    place(config, data)


@main.command()
@_JSON
@click.option("--port", default=8484, show_default=True, help="Of the demo's CRM.")
def demo(port: int, *, as_json: bool) -> None:
    """Push the sample warehouse to a CRM that the demo starts on this machine."""
    from contacts_pipeline.cli.demo import NEXT, run_demo
    from contacts_pipeline.cli.show import PUSH_COLUMNS

    document = run_demo(port, quiet=as_json)
    _finish(document, PUSH_COLUMNS, as_json=as_json, then=lambda: click.echo(NEXT))


@main.command()
@_JSON
@click.pass_context
def doctor(context: click.Context, *, as_json: bool) -> None:
    """Check all that can be checked before a run; sends nothing that writes."""
    from contacts_pipeline.cli.findings import exit_code, run_doctor

    given = context.find_root().params
    document = run_doctor(given["config"], given["data"], quiet=as_json)
    if as_json:
        click.echo(json.dumps(document))
    else:
        click.echo(f"\n{document['error']} errors, {document['warning']} warnings")
    context.exit(exit_code(document))


@main.command()
@_LOCATIONS
@_FULL_REFRESH
@_JSON
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Every row, with values: .csv, .json, .jsonl or .parquet.",
)
def plan(
    locations: tuple[str, ...], out: Path | None, *, as_json: bool, full_refresh: bool
) -> None:
    """Show what would change in each location; sends nothing that writes."""
    from contacts_pipeline.cli import pipeline, show
    from contacts_pipeline.cli.show_plan import show_next, show_plans
    from contacts_pipeline.plan import check_export, export_plans

    if out is not None:
        check_export(out)
    workspace = Workspace.from_environment()
    document, views = pipeline.plan(workspace, locations, quiet=as_json, full_refresh=full_refresh)
    if out is not None:
        rows = export_plans([view.path for view in views], out)
        show.say(f"{rows} rows, with values, for you alone: {out}")
    if not as_json:
        show_plans(views)
    _finish(document, show.PLAN_COLUMNS, as_json=as_json, then=lambda: show_next(views))


@main.command()
@_LOCATIONS
@_FULL_REFRESH
@_JSON
@click.option("--force", is_flag=True, help="Send what a breaker holds, too.")
def push(locations: tuple[str, ...], *, as_json: bool, force: bool, full_refresh: bool) -> None:
    """Bring the locations up to date: refresh, plan, push and prove."""
    from contacts_pipeline.cli import pipeline, show

    workspace = Workspace.from_environment()
    document = pipeline.push(
        workspace, locations, force=force, quiet=as_json, full_refresh=full_refresh
    )
    _finish(document, show.PUSH_COLUMNS, as_json=as_json)


@main.command()
@_LOCATIONS
@_JSON
@click.option("--run", "run_id", metavar="ID", help="Of this run; else each location's last.")
def outcomes(locations: tuple[str, ...], run_id: str | None, *, as_json: bool) -> None:
    """Show what became of every location's contacts."""
    from contacts_pipeline.cli import pipeline, show

    document = pipeline.outcomes(Workspace.from_environment(), locations, run_id)
    _finish(document, show.PUSH_COLUMNS, as_json=as_json)


@main.command("write-back")
@_LOCATIONS
@_JSON
def write_back(locations: tuple[str, ...], *, as_json: bool) -> None:
    """Write what the last push came to into the warehouse again; sends nothing."""
    from contacts_pipeline.cli import pipeline, show

    document = pipeline.write_back(Workspace.from_environment(), locations)
    _finish(document, show.PUSH_COLUMNS, as_json=as_json)


@main.command()
@_LOCATIONS
@_JSON
@click.option("--replace", is_flag=True, help="Even where the ledger knows contacts: forget them.")
def rebuild(locations: tuple[str, ...], *, as_json: bool, replace: bool) -> None:
    """Restore a lost ledger from what the CRM lists; sends no contact."""
    from contacts_pipeline.cli import pipeline, show

    workspace = Workspace.from_environment()
    document = pipeline.rebuild(workspace, locations, replace=replace, quiet=as_json)
    _finish(document, show.REBUILD_COLUMNS, as_json=as_json)


@main.command()
@click.argument("location")
@click.option("--key", help="The row's key in the source.")
@click.option("--email", help="An email, as it is or as it was normalised.")
@click.option("--phone", help="A phone, as it is or as E.164.")
@_JSON
def explain(
    location: str, key: str | None, email: str | None, phone: str | None, *, as_json: bool
) -> None:
    """Tell one contact's whole story; its values are shown here and nowhere else."""
    from contacts_pipeline.cli.story import show_story
    from contacts_pipeline.steps import Asked
    from contacts_pipeline.steps import explain as tell

    if sum(one is not None for one in (key, email, phone)) != 1:
        raise click.UsageError("give one of --key, --email and --phone")
    workspace = Workspace.from_environment()
    with workspace.ledger() as ledger:
        story = tell(workspace, ledger, location, Asked(key, email, phone))
    if as_json:
        click.echo(json.dumps(story, default=str))
    else:
        show_story(story)


def _sandbox_locations() -> Any:
    from contacts_pipeline.cli.demo import sandbox_locations

    return sandbox_locations(Workspace.from_environment())


main.add_command(sandbox_command(_sandbox_locations))


def _finish(
    document: Document,
    columns: tuple[str, ...],
    *,
    as_json: bool,
    then: Callable[[], None] = lambda: None,
) -> None:
    from contacts_pipeline.cli.pipeline import exit_code
    from contacts_pipeline.cli.show import show_locations

    if as_json:
        click.echo(json.dumps(document))
    else:
        show_locations(document, columns)
        then()
    sys.exit(exit_code(document))
