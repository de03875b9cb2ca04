"""What a warehouse's URL says of itself: which one it is, and whether it is on this machine."""

import sys

import pytest

from contacts_pipeline.errors import SettingsError, WarehouseError
from contacts_pipeline.ledger import Ledger
from contacts_pipeline.warehouse.address import identity
from contacts_pipeline.warehouse.postgres import open_postgres
from contacts_pipeline.warehouse.postgres_uri import connection_uri


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("postgresql://ann:one@db.example/shop", "postgresql://ann:two@db.example/shop"),
        ("postgresql://db.example/shop?password=one", "postgresql://db.example/shop?password=two"),
        ("md:shop?motherduck_token=one", "md:shop?motherduck_token=two"),
        (
            "adbc+x://?uri=postgresql%3A%2F%2Fann%3Aone%40db.example&a=b",
            "adbc+x://?a=b&uri=postgresql%3A%2F%2Fann%3Atwo%40db.example",
        ),
    ],
)
def test_a_new_password_is_the_same_warehouse(one: str, other: str) -> None:
    assert identity(one) == identity(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("postgresql://ann:one@db.example/shop", "postgresql://bob:one@db.example/shop"),
        ("postgresql://db.example/shop", "postgresql://db.example/shop?options=-csearch_path%3Db"),
        ("postgresql://db.example:1/shop", "postgresql://db.example:2/shop"),
        ("bigquery://one/shop?credentials=a.json", "bigquery://one/shop?credentials=b.json"),
        (
            "adbc+x://?uri=postgresql%3A%2F%2Fann%3Aone%40db.example",
            "adbc+x://?uri=postgresql%3A%2F%2Fann%3Aone%40other.example",
        ),
    ],
)
def test_another_place_or_user_is_another_warehouse(one: str, other: str) -> None:
    assert identity(one) != identity(other)


@pytest.fixture(autouse=True)
def _no_postgres_around(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HOST", "HOSTADDR", "SERVICE", "SSLMODE", "SSLROOTCERT"):
        monkeypatch.delenv(f"PG{name}", raising=False)


@pytest.mark.parametrize(
    ("url", "environ"),
    [
        ("postgresql:///shop", {}),
        ("postgresql://ann:pw@localhost:5432/shop", {}),
        ("postgresql://127.0.0.1/shop", {}),
        ("postgresql://[::1]:5432/shop", {}),
        ("postgresql://%2Frun%2Fpostgresql/shop", {}),
        ("postgresql:///shop?host=/run/postgresql", {}),
        ("postgresql://localhost:1,127.0.0.1:2/shop", {}),
        ("postgresql:///shop", {"PGHOST": "/run/postgresql"}),
    ],
)
def test_a_server_on_this_machine_needs_no_certificate(
    monkeypatch: pytest.MonkeyPatch, url: str, environ: dict[str, str]
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert "sslmode" not in connection_uri(url)


@pytest.mark.parametrize(
    ("url", "environ"),
    [
        ("postgresql://ann:pw@db.example/shop", {}),
        ("postgresql://192.0.2.1/shop", {}),
        ("postgresql://[2001:db8::1]:5432/shop", {}),
        ("postgresql://localhost:5432,db.example:5432/shop", {}),
        ("postgresql:///shop?host=db.example", {}),
        ("postgresql:///shop?hostaddr=192.0.2.1", {}),
        ("postgresql://localhost/shop?hostaddr=192.0.2.1", {}),
        ("postgresql://db.example/shop?hostaddr=127.0.0.1", {}),
        ("postgresql:///shop?service=prod", {}),
        ("postgresql:///shop", {"PGHOST": "db.example"}),
        ("postgresql:///shop", {"PGHOSTADDR": "192.0.2.1"}),
        ("postgresql:///shop", {"PGSERVICE": "prod"}),
    ],
)
def test_a_server_elsewhere_has_its_certificate_checked(
    monkeypatch: pytest.MonkeyPatch, url: str, environ: dict[str, str]
) -> None:
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert "sslmode=verify-full" in connection_uri(url)
    assert "sslrootcert=" in connection_uri(url)
    monkeypatch.setenv("PGSSLMODE", "require")
    assert "sslmode=require" in connection_uri(url)


def test_a_missing_driver_is_named_with_what_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "adbc_driver_postgresql.dbapi", None)
    monkeypatch.setitem(sys.modules, "psycopg2", None)
    with (
        pytest.raises(WarehouseError, match=r"uv add 'contacts-pipeline\[postgres\]'"),
        open_postgres("postgresql:///shop", 1),
    ):
        pass
    with pytest.raises(SettingsError, match=r"psycopg2 is missing.*'contacts-pipeline\[postgres\]"):
        Ledger("postgresql:///shop", "http://127.0.0.1", "key")
