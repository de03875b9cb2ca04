"""Alerts by mail over TLS: the server is known by its certificate before it gets a password."""

import socket
import ssl
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import trustme

from contacts_pipeline.alerts import AlertError, Message, send
from contacts_pipeline.settings import Alerts
from tests.defs.webhook import Webhook

HELLO = Message("test", "one thing happened", ("a line",))
PASSWORDS = {"SMTP_PASSWORD": "s3cret"}


@dataclass
class MailServer:
    """What it was given: mails, and logins as name and password."""

    port: int
    encryption: str
    mails: list[str] = field(default_factory=list)
    logins: list[tuple[bytes, bytes]] = field(default_factory=list)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        self.mails.append(envelope.content.decode())
        return "250 OK"

    @property
    def alerts(self) -> Alerts:
        smtp = {
            "host": "127.0.0.1",
            "port": self.port,
            "encryption": self.encryption,
            "username": "pipeline",
            "password_env": "SMTP_PASSWORD",
            "sender": "pipeline@example.com",
            "recipients": ["oncall@example.com"],
        }
        return Alerts.model_validate({"smtp": smtp})


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(params=["starttls", "tls"])
def mail_server(
    request: pytest.FixtureRequest, authority: trustme.CA, tmp_path: Path
) -> Iterator[MailServer]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # aiosmtpd's, of its own
        from aiosmtpd.controller import Controller  # noqa: PLC0415 - it warns when imported
        from aiosmtpd.smtp import AuthResult  # noqa: PLC0415

        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            server = MailServer(free.getsockname()[1], request.param)

        def authenticate(_server: Any, _session: Any, _envelope: Any, _how: str, login: Any) -> Any:
            server.logins.append((login.login, login.password))
            return AuthResult(success=True)

        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        authority.issue_cert("127.0.0.1").configure_cert(context)
        encrypted: dict[str, Any] = (
            {"tls_context": context, "require_starttls": True}
            if request.param == "starttls"
            else {"ssl_context": context, "auth_require_tls": False}
        )
        controller = Controller(
            server,
            hostname="127.0.0.1",
            port=server.port,
            ready_timeout=60,
            authenticator=authenticate,
            **encrypted,
        )
        with trusting(authority, tmp_path):  # the controller looks whether the server answers
            controller.start()
        yield server
        controller.stop()


@contextmanager
def trusting(authority: trustme.CA, folder: Path) -> Iterator[None]:
    """Have this process take certificates of the authority for good."""
    authority.cert_pem.write_to_path(str(folder / "roots.pem"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SSL_CERT_FILE", str(folder / "roots.pem"))
        yield


def test_a_mail_and_its_login_go_encrypted(
    mail_server: MailServer, authority: trustme.CA, tmp_path: Path
) -> None:
    with trusting(authority, tmp_path):
        assert send(HELLO, mail_server.alerts, PASSWORDS) == ["smtp"]
    assert mail_server.logins == [(b"pipeline", b"s3cret")]
    assert "one thing happened" in mail_server.mails[0]


def test_a_server_that_nobody_vouches_for_gets_neither_password_nor_mail(
    mail_server: MailServer,
) -> None:
    with pytest.raises(AlertError, match="SSLCertVerificationError") as told:
        send(HELLO, mail_server.alerts, PASSWORDS)
    assert not mail_server.logins
    assert not mail_server.mails
    assert "s3cret" not in str(told.value)


def test_a_password_that_no_login_can_carry_fails_the_mail_and_not_the_webhook(
    mail_server: MailServer,
    authority: trustme.CA,
    webhook: Webhook,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    alerts = mail_server.alerts.model_copy(update={"webhook_env": "HOOK"})
    secrets = {"SMTP_PASSWORD": "pässword", "HOOK": webhook.url}
    with trusting(authority, tmp_path):
        assert send(HELLO, alerts, secrets) == ["webhook"]
        assert caplog.messages == ["test: not told by smtp, only by webhook"]
        with pytest.raises(AlertError, match="check that username and password are ASCII") as told:
            send(HELLO, mail_server.alerts, secrets)
    assert "pässword" not in str(told.value)
