"""One location of the CRM over HTTP: a method an endpoint, one request a call, no retries.

An answer is a model; anything else raises a ``CrmError`` that says whether it was applied.
"""

import ssl
from collections.abc import Callable
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache
from types import TracebackType
from typing import Self, TypeVar
from urllib.parse import quote, urlencode

import httpx
from pydantic import SecretBytes, SecretStr

from contacts_pipeline.crm.access import Access
from contacts_pipeline.crm.addresses import Addresses
from contacts_pipeline.crm.connection import Answer
from contacts_pipeline.crm.documents import read_document
from contacts_pipeline.crm.errors import (
    CrmError,
    LocationClosed,
    TokenExpired,
    TokenInvalid,
    UnclearFate,
    Unreachable,
    error_from,
)
from contacts_pipeline.crm.limits import RateLimits
from contacts_pipeline.crm.models import (
    BulkTagsAdded,
    ContactPage,
    CustomFieldDefinition,
    CustomFields,
    Duplicate,
    LocationAnswer,
    LocationDetails,
    StoredContact,
    TagsAdded,
    Upserted,
)
from contacts_pipeline.crm.transport import Transport

API_VERSION = "2021-07-28"
_AnswerT = TypeVar("_AnswerT")


class CrmClient:
    """The contact API as one location's token opens it.

    ``requests`` counts what was put on the wire; ``observe`` sees the limits of every answer.
    """

    def __init__(
        self,
        base_url: str,
        location_id: str,
        access: Access,
        *,
        timeout_seconds: float = 30,
        ssl_context: ssl.SSLContext | None = None,
        addresses: Addresses | None = None,
        observe: Callable[[RateLimits], None] = lambda _: None,
    ) -> None:
        self.location_id = location_id
        self.requests = 0
        self._date = b""
        self._observe = observe
        url = httpx.URL(base_url.rstrip("/"))
        self._path = url.raw_path.decode("ascii").rstrip("/")
        self._headers = {
            "Host": url.netloc.decode("ascii"),
            "User-Agent": "contacts-pipeline",
            "Version": API_VERSION,
            "Accept": "application/json",
            "Accept-Encoding": "gzip, deflate",  # what httpx reads, whatever is installed
            "Content-Type": "application/json",
        }
        self._transport = Transport(
            url, timeout_seconds, ssl_context or shared_ssl_context(), addresses or Addresses()
        )
        self._access = access
        self._bearer: SecretStr | None = None
        self._proven: SecretStr | None = None
        self._constant = SecretBytes(b"")

    @property
    def server_time(self) -> datetime | None:
        """The CRM's own time at its last answer, to the second; None where it told none."""
        try:
            return parsedate_to_datetime(self._date.decode())
        except ValueError:
            return None

    async def upsert(self, body: bytes) -> Upserted:
        """``POST /contacts/upsert`` with ``body`` as it is."""
        return await self._ask(Upserted.of, "POST", "/contacts/upsert", body=body)

    async def update(self, contact_id: str, body: bytes) -> Upserted:
        """``PUT /contacts/{id}``."""
        return await self._ask(Upserted.of, "PUT", f"/contacts/{_segment(contact_id)}", body=body)

    async def get(self, contact_id: str) -> StoredContact:
        """``GET /contacts/{id}``; a contact that does not exist raises ``Refused`` (400)."""
        answer = await self._ask(Upserted.of, "GET", f"/contacts/{_segment(contact_id)}")
        return answer.contact

    async def add_tags(self, contact_id: str, body: bytes) -> TagsAdded:
        """``POST /contacts/{id}/tags``: adds, never removes."""
        path = f"/contacts/{_segment(contact_id)}/tags"
        return await self._ask(TagsAdded.of, "POST", path, body=body)

    async def add_tags_to_many(self, body: bytes) -> BulkTagsAdded:
        """``POST /contacts/bulk/tags/update/add``: a result a contact."""
        path = "/contacts/bulk/tags/update/add"
        return await self._ask(BulkTagsAdded.of, "POST", path, body=body)

    async def find_duplicate(self, email: str | None, phone: str | None) -> StoredContact | None:
        """The contact that the CRM's own rule finds for these values; it may lag behind."""
        query = {"locationId": self.location_id, "email": email, "number": phone}
        wanted = {name: value for name, value in query.items() if value}
        answer = await self._ask(Duplicate.of, "GET", "/contacts/search/duplicate", query=wanted)
        return answer.contact

    async def search(self, body: bytes) -> ContactPage:
        """``POST /contacts/search``: one page of at most 500 contacts."""
        return await self._ask(ContactPage.of, "POST", "/contacts/search", body=body)

    async def location(self) -> LocationDetails:
        """``GET /locations/{id}``."""
        path = f"/locations/{_segment(self.location_id)}"
        return (await self._ask(LocationAnswer.of, "GET", path)).location

    async def custom_fields(self) -> list[CustomFieldDefinition]:
        """``GET /locations/{id}/customFields``."""
        path = f"/locations/{_segment(self.location_id)}/customFields"
        return (await self._ask(CustomFields.of, "GET", path)).custom_fields

    async def _ask(
        self,
        read: Callable[[object], _AnswerT],
        method: str,
        path: str,
        *,
        body: bytes | None = None,
        query: dict[str, str] | None = None,
    ) -> _AnswerT:
        bearer = self._access.bearer or await self._access.obtain()
        target = f"{path}?{urlencode(query)}" if query else path
        request = self._composed(bearer, method, target, body)
        self.requests += 1
        try:
            answer = await self._transport.send(request)
        except Unreachable:
            self.requests -= 1
            raise
        limits = RateLimits.of(answer.headers)
        self._observe(limits)
        self._date = answer.headers.get(b"date", self._date)
        if not answer.is_success:
            raise await self._error_of(answer, limits, bearer)
        self._proven = bearer
        try:
            return read(read_document(answer.content))
        except ValueError:
            told = f"HTTP {answer.status} without a usable body"
        raise UnclearFate(told, status=answer.status, limits=limits)  # without what it stands for

    async def _error_of(self, answer: Answer, limits: RateLimits, bearer: SecretStr) -> CrmError:
        error = error_from(answer.status, answer.content, limits)
        if not isinstance(error, TokenInvalid):
            return error
        was_good = self._proven is bearer
        if not await self._access.renew(bearer, was_good=was_good):
            return error
        return TokenExpired(str(error), status=error.status, limits=error.limits)

    def _composed(self, bearer: SecretStr, method: str, target: str, body: bytes | None) -> bytes:
        """The request's bytes; all that is the same for every request is composed once a token."""
        if bearer is not self._bearer:
            self._bearer, self._constant = bearer, self._constant_with(bearer)
        length = b"" if body is None else b"Content-Length: %d\r\n" % len(body)
        line = f"{method} {self._path}{target} HTTP/1.1\r\n".encode("ascii")
        return b"".join((line, self._constant.get_secret_value(), length, b"\r\n", body or b""))

    def _constant_with(self, bearer: SecretStr) -> SecretBytes:
        token = bearer.get_secret_value()
        if not (token.isascii() and token.isprintable()):
            raise LocationClosed("the token holds a character that no token has")
        told = self._headers | {"Authorization": f"Bearer {token}"}
        return SecretBytes(
            "".join(f"{name}: {it}\r\n" for name, it in told.items()).encode("ascii")
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._transport.aclose()

    def __repr__(self) -> str:
        return f"CrmClient({self.location_id!r})"


@lru_cache(1)
def shared_ssl_context() -> ssl.SSLContext:
    """One context for all clients: building one costs 28 ms, using a shared one 0.9 ms."""
    return httpx.create_ssl_context(trust_env=False)


def _segment(text: str) -> str:
    return quote(text, safe="")
