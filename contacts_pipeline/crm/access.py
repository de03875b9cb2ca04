"""What opens a location: a Private Integration Token, or an OAuth access token that is renewed.

A token never shows in a ``repr``; it leaves this object in a header only.
"""

from typing import Protocol

from pydantic import SecretStr


class Access(Protocol):
    """Where a client has its bearer token from."""

    @property
    def bearer(self) -> SecretStr | None:
        """The token to use now, None where one must be obtained first."""

    async def obtain(self) -> SecretStr:
        """A token to use; raises ``CrmError`` where there is none to be had."""

    async def renew(self, refused: SecretStr, *, was_good: bool) -> bool:
        """Whether another token takes the place of ``refused``, which the CRM calls invalid.

        ``was_good``: the CRM has taken it before. One that never was is not replaced for ever.
        """


class StaticToken:
    """A Private Integration Token: it ends only when somebody ends it."""

    def __init__(self, token: SecretStr) -> None:
        self.bearer = token

    async def obtain(self) -> SecretStr:
        """The token itself."""
        return self.bearer

    async def renew(self, refused: SecretStr, *, was_good: bool) -> bool:
        """There is no other."""
        del refused, was_good
        return False
