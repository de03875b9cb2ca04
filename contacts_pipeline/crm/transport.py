"""One location's connections, by aiohttp: a third of the CPU that httpx takes over the same ones.

Every error says for certain whether the request was sent, since a contact that may have been
created must not be sent again without looking.
"""

import ssl
from collections.abc import Mapping

import aiohttp
import yarl

from contacts_pipeline.crm.answer import Answer
from contacts_pipeline.crm.errors import CrmError, UnclearFate, Unreachable

MAX_CONNECTIONS = 16  # as many as a location has rows in flight, so that none waits for another
CONNECT_SECONDS = 10.0


class Transport:
    """Sends each request once, and follows no redirect with the token."""

    def __init__(self, timeout_seconds: float, ssl_context: ssl.SSLContext | None) -> None:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                limit=MAX_CONNECTIONS,
                ssl=ssl_context if ssl_context is not None else True,
            ),
            timeout=aiohttp.ClientTimeout(
                total=timeout_seconds, sock_connect=min(CONNECT_SECONDS, timeout_seconds)
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
        )
        # It would send a PUT again by itself when a kept connection breaks.
        self._session._retry_connection = False  # noqa: SLF001 - there is no public switch

    async def send(
        self, method: str, url: yarl.URL, headers: Mapping[str, str], body: bytes | None
    ) -> Answer:
        """The whole answer.

        Raises:
            Unreachable: nothing was sent.
            UnclearFate: nobody knows whether it arrived.
        """
        failure: CrmError
        try:
            async with self._session.request(
                method, url, data=body, headers=headers, allow_redirects=False
            ) as answer:
                return Answer(answer.status, answer.headers, await answer.read())
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            failure = Unreachable(f"no connection ({type(error).__name__})")
        except (aiohttp.ClientError, OSError, ValueError) as error:  # a time-out is an OSError
            failure = UnclearFate(f"no whole answer ({type(error).__name__})")
        raise failure  # out here, so that aiohttp's error, which holds the headers, is not kept

    async def close(self) -> None:
        """Close every connection."""
        await self._session.close()
