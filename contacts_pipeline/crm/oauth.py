"""Access by OAuth: a chain of single-use refresh tokens, and locations' tokens out of an agency's.

A refresh happens once for any number of waiting tasks and processes, under a lock that dies with
its holder, and the next refresh token is on disk before the access token is used.
"""

import asyncio
import threading
import time
from abc import ABC, abstractmethod
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from http import HTTPStatus

from filelock import FileLock
from pydantic import SecretStr

from contacts_pipeline.crm.errors import LocationClosed
from contacts_pipeline.crm.token_calls import IssuedToken, OAuthApp, exchange, refresh
from contacts_pipeline.crm.token_file import KeptTokens, TokenFile, mark_of

EARLY_SECONDS = 60.0  # a token is replaced so long before its end
_CALLS = ThreadPoolExecutor(4, thread_name_prefix="token call")  # the ledger's threads stay free


class RenewedAccess(ABC):
    """A bearer token that is replaced before it ends, or when the CRM calls it invalid."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._token: SecretStr | None = None
        self._good_until = 0.0
        self._is_new = False

    @property
    def bearer(self) -> SecretStr | None:
        """The token, None once it is about to end."""
        return self._token if time.monotonic() < self._good_until else None

    async def obtain(self) -> SecretStr:
        """The token, issued now if need be."""
        return await asyncio.get_running_loop().run_in_executor(_CALLS, self.token)

    async def renew(self, refused: SecretStr, *, was_good: bool) -> bool:
        """Issue another token; False where ``refused`` was just issued and never good."""
        replace = partial(self.replace, refused, was_good=was_good)
        return await asyncio.get_running_loop().run_in_executor(_CALLS, replace)

    def token(self) -> SecretStr:
        """The same as ``obtain``, for a thread."""
        with self._lock:
            return self.bearer or self._take(None)

    def replace(self, refused: SecretStr, *, was_good: bool) -> bool:
        """The same as ``renew``, for a thread."""
        with self._lock:
            if self._token is not None and self._token != refused:
                return True
            if self._is_new and not was_good:
                return False
            self._take(refused)
            return True

    def _take(self, refused: SecretStr | None) -> SecretStr:
        issued, self._is_new = self._issue(refused)
        self._token = issued.access
        life = min(EARLY_SECONDS, issued.seconds / 2)
        self._good_until = time.monotonic() + issued.seconds - life
        return issued.access

    @abstractmethod
    def _issue(self, refused: SecretStr | None) -> tuple[IssuedToken, bool]:
        """A token other than ``refused``, and whether it was issued just now."""


class RefreshedAccess(RenewedAccess):
    """A chain that began with ``first``, a refresh token; ``hint`` says what mends it."""

    def __init__(self, app: OAuthApp, first: SecretStr, file: TokenFile, hint: str) -> None:
        super().__init__()
        self._app = app
        self._first = first
        self._file = file
        self._hint = hint

    def _issue(self, refused: SecretStr | None) -> tuple[IssuedToken, bool]:
        with FileLock(self._file.lock_path, mode=0o600):
            kept, mark = self._file.load(), mark_of(self._first)
            if kept is not None and kept.began_with != mark:
                kept = None  # the user has put another first token in its place
            if kept and kept.access != refused and kept.seconds_left > EARLY_SECONDS / 2:
                return IssuedToken(kept.access, kept.refresh, kept.seconds_left), False
            try:
                issued = refresh(self._app, kept.refresh if kept else self._first)
            except LocationClosed as error:
                told = f"the refresh token is refused ({error}); {self._hint}"
            else:
                renewed = issued.refresh or (kept.refresh if kept else self._first)
                ends_at = time.time() + issued.seconds
                self._file.save(KeptTokens(issued.access, renewed, ends_at, mark))
                return issued, True
        raise LocationClosed(told)


class LocationAccess(RenewedAccess):
    """A location's token, exchanged for the agency's."""

    def __init__(
        self, app: OAuthApp, company: RefreshedAccess, company_id: str, location_id: str
    ) -> None:
        super().__init__()
        self._app = app
        self._company = company
        self._company_id = company_id
        self._location_id = location_id
        self._company_was: SecretStr | None = None

    def _issue(self, refused: SecretStr | None) -> tuple[IssuedToken, bool]:
        del refused  # the company's token is what may have to be renewed
        company = self._company.token()
        try:
            return self._exchange(company), True
        except LocationClosed as error:
            was_good = company is self._company_was
            if error.status != HTTPStatus.UNAUTHORIZED or not self._company.replace(
                company, was_good=was_good
            ):
                raise
        return self._exchange(self._company.token()), True

    def _exchange(self, company: SecretStr) -> IssuedToken:
        issued = exchange(self._app, company, self._company_id, self._location_id)
        self._company_was = company
        return issued
