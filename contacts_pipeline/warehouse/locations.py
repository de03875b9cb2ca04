"""The registry of locations, from the warehouse or from the settings themselves."""

from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import ValidationError

from contacts_pipeline.errors import WarehouseError
from contacts_pipeline.settings import Location, LocationTable, Settings
from contacts_pipeline.snapshots import replacing
from contacts_pipeline.warehouse.expressions import suggestion, the_one_called
from contacts_pipeline.warehouse.opening import open_warehouse
from contacts_pipeline.warehouse.query import columns_of, table_source
from contacts_pipeline.warehouse.reader import Reader
from contacts_pipeline.warehouse.typed import as_text, typing_engine

CRM_LOCATIONS = pa.schema(
    [
        ("location_id", pa.string()),
        ("name", pa.string()),
        ("token_env", pa.string()),
        ("country", pa.string()),
        ("match", pa.string()),
        ("enabled", pa.bool_()),
        ("timezone", pa.string()),
        ("quiet_hours", pa.string()),
        ("daily_limit", pa.int64()),
        ("burst_limit", pa.int64()),
        ("interval_ms", pa.int64()),
        ("daily_reserve", pa.int64()),
        ("max_reject_share", pa.float64()),
        ("max_create_share", pa.float64()),
        ("max_shrink_share", pa.float64()),
        ("max_refuse_share", pa.float64()),
    ]
)


def read_locations(settings: Settings, scratch: Path) -> list[Location]:
    """The registry, in its own order; every location once."""
    if isinstance(settings.locations, LocationTable):
        with open_warehouse(settings, scratch) as reader:
            rows = _registry_rows(reader, settings.locations)
        locations = [_location(row, settings.locations.table) for row in rows]
    else:
        locations = list(settings.locations)
    twice = [
        id_ for id_, times in Counter(location.id for location in locations).items() if times > 1
    ]
    if twice:
        raise WarehouseError(f"locations: '{twice[0]}' stands there twice; remove one")
    if not locations:
        raise WarehouseError("locations: the registry is empty; add a location")
    return locations


def save_locations(locations: list[Location], snapshot: Path) -> None:
    """Write ``crm_locations`` with the columns of ``CRM_LOCATIONS``."""
    rows = [
        {"location_id": location.id} | location.model_dump(exclude={"id"}) for location in locations
    ]
    with replacing(snapshot) as part:
        pq.write_table(pa.Table.from_pylist(rows, schema=CRM_LOCATIONS), part)


def load_locations(snapshot: Path) -> dict[str, Location]:
    """``crm_locations`` as models, by id."""
    with pq.ParquetFile(snapshot) as file:
        rows = file.read().to_pylist()
    found = [Location.model_validate({"id": row.pop("location_id")} | row) for row in rows]
    return {location.id: location for location in found}


def _registry_rows(reader: Reader, registry: LocationTable) -> list[dict[str, Any]]:
    source = table_source(reader, registry.table, "locations.table")
    known = columns_of(reader, source, "locations.table")
    selected = []
    for name in Location.model_fields:
        written = registry.columns.get(name, name)
        column = the_one_called(written, list(known))
        if column is not None:
            text = reader.dialect.text(reader.dialect.quoted(column), known[column])
            selected.append(f"{text} as {reader.dialect.quoted(name)}")
        elif name in registry.columns or name == "id":
            hint = suggestion(written, known)
            raise WarehouseError(
                f"locations.columns.{name}: '{registry.table}' has no column '{written}'{hint}"
            )
    with (
        reader.stream(f"select {', '.join(selected)} from {source}") as batches,
        typing_engine() as con,
    ):
        rows: list[dict[str, Any]] = as_text(batches.read_all(), con).to_pylist()
    return rows


def _location(row: dict[str, Any], table: str) -> Location:
    given = {name: value.strip() for name, value in row.items() if value and value.strip()}
    try:
        return Location.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        name = ".".join(map(str, first["loc"]))
        raise WarehouseError(
            f"table '{table}', location '{given.get('id', '?')}': {name}: {first['msg']}"
        ) from None
