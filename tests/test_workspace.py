"""The data folder of a project is its user's own."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from contacts_pipeline.errors import SettingsError
from contacts_pipeline.workspace import Workspace
from tests.projects import SETTINGS

NOBODY = 65534


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Of root, in a place that every user reaches, and every user may write."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o777)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as another user")
def test_a_data_folder_of_somebody_else_is_told_and_one_within_it_will_do(
    open_folder: Path,
) -> None:
    config = open_folder / "contacts.yaml"
    config.write_text(SETTINGS)
    os.seteuid(NOBODY)
    try:
        with pytest.raises(
            SettingsError, match=rf"{open_folder}: .*such as {open_folder}/contacts"
        ):
            Workspace.open(config, open_folder)
        workspace = Workspace.open(config, open_folder / "contacts")
    finally:
        os.seteuid(0)
    assert workspace.data.stat().st_mode & 0o777 == 0o700
