# Everything that has to hold before a commit.
check: format lint types definitions test

format:
    uv run ruff format --check

lint:
    uv run ruff check

types:
    uv run mypy

definitions:
    uv run dg check defs
    uv run dagster definitions validate -w workspace.yaml

test *words:
    uv run pytest {{ words }}

# Tests that take minutes, and those that need a browser.
test-all:
    uv run pytest -m "slow or services or not slow"

# Write what is generated: the sample warehouse the schema and the page of contacts.yaml.
generate:
    uv run python -m scripts.make_sample
    uv run python -m scripts.make_schema
    uv run python -m scripts.make_settings

# Take the pictures of Dagster's UI in docs/images; needs Chromium and its driver.
screenshots:
    uv run python -m scripts.make_screenshots
