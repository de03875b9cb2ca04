"""A bucket of S3's own protocol on this machine, for a test that asks."""

from collections.abc import Iterator

import pytest
from pyarrow import fs


@pytest.fixture(scope="session")
def bucket_server() -> Iterator[str]:
    """The address of a server that any credentials open."""
    from moto.server import ThreadedMotoServer  # noqa: PLC0415 - it takes a second to import

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(bucket_server: str, monkeypatch: pytest.MonkeyPatch) -> tuple[fs.FileSystem, str]:
    """A store with an empty bucket, and the URL of the folder ``shop/data`` in it."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "any")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    url = f"s3://shop/data?endpoint_override={bucket_server}&scheme=http"
    store, _ = fs.FileSystem.from_uri(f"{url}&allow_bucket_creation=true")
    store.create_dir("shop")
    store.delete_dir_contents("shop")
    return store, url
