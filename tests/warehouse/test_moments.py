"""A time is read the same whatever stands beside it, though two readers share the work."""

from itertools import product
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from contacts_pipeline.warehouse.snapshot import write_contacts

DATES = ("2026-01-01", "0001-01-01", "2026-02-29", "20260101", "12026-01-01")
CLOCKS = ("00:00:00", "23:59:59.123456", "23:59:59.1234567", "24:00:00", "07:05", "07", "7:05:00")
OFFSETS = ("+00", "Z", "+0530", "-05:30", "+24", "+23:59", "-15:59", " +00", "", "+00:00:30", "+99")


def read(path: Path, times: list[str]) -> list[int | None]:
    """Microseconds since 1970, as the snapshot holds them."""
    batch = pa.record_batch({"updated_at_raw": pa.array(times)})
    write_contacts([batch], [], path)
    found: list[int | None] = pq.read_table(path)["updated_at"].cast(pa.int64()).to_pylist()
    return found


@pytest.mark.slow
def test_a_time_is_read_the_same_whatever_stands_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "contacts.parquet"
    for separator in " T":
        times = [
            date + separator + clock + offset
            for date, clock, offset in product(DATES, CLOCKS[:3], OFFSETS[:3])
        ]
        if separator == " ":
            times += [f"2026-01-01 {clock}{offset}" for clock, offset in product(CLOCKS, OFFSETS)]
        beside = read(path, [*times, "yesterday"])[:-1]
        assert sum(moment is not None for moment in beside) > len(times) / 3
        for time, moment in zip(times, beside, strict=True):
            assert read(path, [time]) == [moment], time


def test_hours_and_minutes_alone_are_a_time(tmp_path: Path) -> None:
    path, times = tmp_path / "contacts.parquet", ["2026-01-01 07:05+02", "2026-01-01T07Z"]
    assert read(path, times) == read(path, ["2026-01-01 05:05:00Z", "2026-01-01 07:00:00Z"])
