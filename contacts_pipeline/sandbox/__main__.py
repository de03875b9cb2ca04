"""``python -m contacts_pipeline.sandbox``: the command, without the rest of the project."""

from contacts_pipeline.sandbox.command import build_command, single_location

if __name__ == "__main__":
    build_command(single_location)(prog_name="python -m contacts_pipeline.sandbox")
