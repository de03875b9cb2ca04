"""The job that tells one contact's story in the UI, with its values masked, and links to it."""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

import dagster as dg
import yaml

from contacts_pipeline import steps
from contacts_pipeline.defs.metadata import literal
from contacts_pipeline.defs.resources import Project
from contacts_pipeline.masking import looks_personal, mask, mask_key
from contacts_pipeline.steps.story import Line, tell

_ONLY_REPOSITORY = "__repository__"
"""What Dagster calls the repository of a code location that names none; its links leave it out."""


class AskedContact(dg.Config):
    """Whom the user asks for."""

    location: str
    key: str


@dg.op(description="Finds all that is known of the row with this key, and what became of it.")
def contact(
    context: dg.OpExecutionContext, config: AskedContact, project: dg.ResourceParam[Project]
) -> None:
    """Put the story into the output's metadata; that nobody is known is an answer as well."""
    workspace = project.workspace()
    with workspace.ledger() as ledger:
        try:
            found = steps.explain(workspace, ledger, config.location, steps.Asked(key=config.key))
        except (steps.UnknownContactError, steps.StageMissingError) as unknown:
            story = str(unknown)
        else:
            story = _in_markdown(found)
    context.add_output_metadata({"story": dg.MetadataValue.md(story)})


@dg.job(
    name="explain",
    description=(
        "One contact's whole story, with its values masked: its rows, what was made of them, the "
        "plan, each request and answer. Give a location and a row's key; look at 'story' in the "
        "run's log."
    ),
)
def explain_job() -> None:
    """One step."""
    contact()


class ExplainLinks:
    """Where the UI asks for a contact's story: the job's launchpad, filled in.

    A run outside a code location, such as the command line's, has none.
    """

    def __init__(self, run: dg.DagsterRun) -> None:
        origin = run.remote_job_origin
        self._folder: str | None = None
        if origin is not None:
            repository = origin.repository_origin
            name, place = repository.repository_name, repository.code_location_origin.location_name
            address = place if name == _ONLY_REPOSITORY else f"{name}@{place}"
            self._folder = f"/locations/{quote(address, safe='@')}/jobs/{explain_job.name}"

    def to(self, location_id: str, source_key: str) -> str | None:
        """A path of the UI; None for a key that says who it is: a URL is logged and shared."""
        if self._folder is None or looks_personal(source_key):
            return None
        asked = {"config": {"location": location_id, "key": source_key}}
        config = yaml.safe_dump({"ops": {contact.name: asked}}, sort_keys=False, allow_unicode=True)
        return f"{self._folder}/playground/setup?config={quote(config, safe='')}"

    def listed(
        self, name: str, rows: Iterable[tuple[str, str]]
    ) -> dict[str, dg.MarkdownMetadataValue]:
        """The links of rows, each a location and a key, as metadata; none if there is none."""
        links = [
            f"- [{literal(key)}]({link})"
            for location_id, key in rows
            if (link := self.to(location_id, key))
        ]
        return {f"{name}_stories": dg.MetadataValue.md("\n".join(links))} if links else {}


def _in_markdown(story: Mapping[str, Any]) -> str:
    sections = tell(story, value=lambda value: mask(value) or "", key=mask_key)
    return "\n".join(f"### {literal(one.title)}\n\n{_as_table(one.lines)}" for one in sections)


def _as_table(lines: list[Line]) -> str:
    head = "|  |  |\n| :--- | :--- |\n" if lines else ""
    return head + "".join(f"| {line.name} | {literal(line.told)} |\n" for line in lines)
