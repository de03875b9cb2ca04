"""A folder of files, here and in a bucket: what stands in a file is read, or its line is named."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import fs

from contacts_pipeline.errors import WarehouseError
from tests.warehouse.buckets import bucket, bucket_server
from tests.warehouse.warehouses import Warehouse

__all__ = ["bucket", "bucket_server"]

HEADER = "id,location,updated_at,email,city\n"
ROW = "1,acme,2026-01-01T00:00:00Z,a@b.example,Zürich\n"
BEYOND_A_SAMPLE = "".join(f"{n},acme,,a@b.example,Bonn\n" for n in range(30_000))


@dataclass
class Shop(Warehouse):
    """The files of a folder or bucket."""

    store: fs.FileSystem = None
    place: str = ""

    def put(self, file: str, content: str | bytes) -> None:
        with self.store.open_output_stream(f"{self.place}/{file}") as stream:
            stream.write(content.encode() if isinstance(content, str) else content)


@pytest.fixture(params=["folder", "bucket"])
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Shop:
    """Without a file."""
    if request.param == "folder":
        folder = tmp_path / "shop"
        folder.mkdir()
        return Shop(str(folder), tmp_path, store=fs.LocalFileSystem(), place=str(folder))
    store, url = request.getfixturevalue("bucket")
    return Shop(url, tmp_path, store=store, place="shop/data")


def trouble(shop: Shop) -> WarehouseError:
    with pytest.raises(WarehouseError) as caught:
        shop.extract()
    assert "\n" not in str(caught.value)
    assert "a@b.example" not in str(caught.value)
    assert not shop.snapshot.exists()
    return caught.value


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("start", ["", "\ufeff"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_csv_of_any_program(shop: Shop, delimiter: str, start: str, end: str) -> None:
    text = (HEADER + ROW).replace(",", delimiter).replace("\n", end)
    shop.put("customers.csv", start + text)
    shop.extract()
    expected = {"source_key": "1", "email": "a@b.example", "city": "Zürich"}
    assert shop.only(*expected) == expected
    assert str(shop.only("updated_at")["updated_at"]) == "2026-01-01 00:00:00"


def test_a_row_that_looks_like_a_comment_is_a_row(shop: Shop) -> None:
    shop.put("customers.csv", f"{HEADER}#1001,acme,,a@b.example,Bonn\n1002,acme,,,Ulm\n")
    assert shop.extract().rows == 2
    assert [row["source_key"] for row in shop.rows()] == ["#1001", "1002"]


def test_the_first_quote_may_come_late(shop: Shop) -> None:
    shop.put("customers.csv", f'{HEADER}{BEYOND_A_SAMPLE}last,acme,,,"Bonn\nam ""Rhein"""\n')
    assert shop.extract().rows == 30_001
    assert shop.rows()[-1]["city"] == 'Bonn\nam "Rhein"'


def test_a_cell_may_be_as_long_as_a_picture(shop: Shop) -> None:
    long = "B" * 7_000_000
    shop.put("customers.csv", f'{HEADER}1,acme,,,{long}\n2,acme,,,"{long}\n"\n3,acme,,,Ulm\n')
    assert shop.extract().rows == 3
    assert [len(row["city"]) for row in shop.rows()] == [7_000_000, 7_000_001, 3]


def test_zeros_blanks_and_words_stay_as_they_are(shop: Shop) -> None:
    shop.put("customers.csv", f'{HEADER}007,acme,,NULL,"NA"\n8,acme,,"",true\n')
    shop.extract()
    found = [(row["source_key"], row["email"], row["city"]) for row in shop.rows()]
    assert found == [("007", "NULL", "NA"), ("8", None, "true")]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ((HEADER + ROW).encode("latin-1"), "customers.csv, line 2, is no CSV in UTF-8"),
        ((HEADER + ROW).encode("utf-16"), "customers.csv is no CSV in UTF-8"),
        (f"{HEADER}1,acme,,a@b.example\n{ROW}", "customers.csv is no CSV in UTF-8"),
        (
            f"{HEADER}{BEYOND_A_SAMPLE}1,acme,,a@b.example\n",
            (
                "line 30002, is no CSV in UTF-8 with as many values in each line as in the first, "
                "all of one line ending and up to 8 MB long "
                "(expected number of columns: 5 found: 4); mend that line"
            ),
        ),
        (
            f"{HEADER}{BEYOND_A_SAMPLE}1,acme,,a@b.example,Bonn\r\n{ROW}",
            "customers.csv is no CSV in UTF-8 with as many values in each line as in the first",
        ),
        (f"{HEADER}1,acme,,a@b.example,{'B' * 9_000_000}\n", "up to 8 MB long"),
    ],
)
def test_what_is_no_csv_is_told_by_its_line(shop: Shop, content: str | bytes, told: str) -> None:
    shop.put("customers.csv", content)
    error = trouble(shop)
    assert error.kind == "file"
    assert told in str(error)


@pytest.mark.parametrize("other", ["customers.parquet", "Customers.csv"])
def test_one_table_in_two_files(shop: Shop, other: str) -> None:
    shop.put("customers.csv", HEADER + ROW)
    shop.put(other, HEADER + ROW)
    assert "holds the table 'customers' twice, as customers" in str(trouble(shop)).casefold()


@pytest.mark.parametrize("name", ["my customers", "v1.customers", "o'brien", "[12]*", 'a"b'])
def test_a_file_is_a_table_whatever_its_name(shop: Shop, name: str) -> None:
    shop.put(f"{name}.csv", HEADER + ROW)
    shop.put("1x.csv", HEADER)  # which a pattern would find
    shop.contacts["table"] = name if '"' not in name else '"a""b"'
    assert shop.extract().rows == 1


@pytest.mark.parametrize(
    ("kind", "given", "text"),
    [
        (pa.float64(), 7.0, "7"),
        (pa.float32(), -7.0, "-7"),
        (pa.float64(), 0.1, "0.1"),
        (pa.float64(), 1e300, "1e+300"),
        (pa.float64(), float("inf"), "inf"),
        (pa.float64(), float("nan"), None),
        (pa.float64(), None, None),
    ],
)
def test_a_whole_number_is_written_alike_beside_a_gap(
    shop: Shop, kind: pa.DataType, given: float | None, text: str | None
) -> None:
    """pandas makes a column of integers one of floats as soon as one is missing."""
    columns = {"id": pa.array([given], kind), "location": ["acme"], "updated_at": [None]}
    put_parquet(shop, columns | {"email": ["a@b.example"], "city": pa.array([given], kind)})
    shop.extract()
    assert shop.only("source_key", "city") == {"source_key": text, "city": text}


def test_a_zero_character_is_left_out(shop: Shop) -> None:
    """A ledger in PostgreSQL could not hold the key, nor so much as be written any more."""
    columns = {"id": ["a\0b", "c"], "location": ["acme"] * 2, "updated_at": [None] * 2}
    put_parquet(shop, columns | {"email": ["a@b.example", "\0"], "city": ["Zürich", "Ulm"]})
    shop.extract()
    read = [(row["source_key"], row["email"], row["city"]) for row in shop.rows()]
    assert read == [("ab", "a@b.example", "Zürich"), ("c", "", "Ulm")]


def put_parquet(shop: Shop, columns: dict[str, Any]) -> None:
    file = pa.BufferOutputStream()
    pq.write_table(pa.table(columns), file)
    shop.put("customers.parquet", file.getvalue())


def test_types_of_parquet(shop: Shop) -> None:
    columns: dict[str, Any] = {
        "id": pa.array([1.5]),
        "location": pa.array(["acme"]).dictionary_encode(),
        "updated_at": pa.array([1_767_225_600], pa.timestamp("s", "Europe/Berlin")),
        "email": pa.array([{"a": 1, "b": "ü"}]),
        "city": pa.array([[("k", [1, 2])]], pa.map_(pa.string(), pa.list_(pa.int8()))),
    }
    put_parquet(shop, columns)
    shop.extract()
    assert shop.only("source_key", "location_id", "email", "city") == {
        "source_key": "1.5",
        "location_id": "acme",
        "email": '{"a":1,"b":"ü"}',
        "city": '{"k":[1,2]}',
    }
    assert str(shop.only("updated_at")["updated_at"]) == "2026-01-01 00:00:00"
