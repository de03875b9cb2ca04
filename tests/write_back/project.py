"""A project that writes back what its pushes came to, and what it told of that."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from contacts_pipeline import steps
from tests.push.project import Project, people, person

STAGES: set[steps.Stage] = {
    "upsert_plan",
    "contact_upserts",
    "upsert_outcomes",
    "warehouse_outcomes",
}
SCRIPT = Path(__file__).parents[2] / "docs" / "grants" / "write_back.sql"
ROWS = [
    *people(3),
    person(3, phone="+1 212 555 0000"),  # that of the first
    person(4, email="", phone="12"),
    person(5, phone="12"),
]


class WrittenProject(Project):
    """A project that writes its outcomes back."""

    write_back: dict[str, str] | None = None

    @property
    def settings(self) -> dict[str, Any]:
        return super().settings | {"write_back": self.write_back}

    def run(
        self, run_id: str, stages: set[steps.Stage] = STAGES
    ) -> dict[str, steps.Written | steps.Unwritten]:
        """A push; what came of writing it back, by location."""
        return {
            location: step
            for location, step in steps.advance(
                self.prepare(), [one["id"] for one in self.locations], run_id, stages=stages
            )
            if isinstance(step, steps.Written | steps.Unwritten)
        }


Sql = Callable[..., list[Any]]


def written(result: dict[str, steps.Written | steps.Unwritten]) -> dict[str, int]:
    (step,) = result.values()
    assert isinstance(step, steps.Written), step
    return dict(step.rows)


def told(result: dict[str, steps.Written | steps.Unwritten]) -> str:
    (step,) = result.values()
    assert isinstance(step, steps.Unwritten), step
    return step.told
