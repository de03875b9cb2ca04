"""Sends a message where the settings say: a webhook, a mail server, both.

The way there is encrypted, unless it ends on this machine or ``alerts.allow_http`` permits it.
"""

import logging
import os
import smtplib
import ssl
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from email.message import EmailMessage
from urllib.parse import urlsplit

import httpx

from contacts_pipeline.errors import PipelineError
from contacts_pipeline.settings import Alerts, Smtp, is_loopback

_LOG = logging.getLogger(__name__)
logging.getLogger("httpx").setLevel(logging.WARNING)  # INFO tells each URL: a webhook's is a secret
_TIMEOUT_SECONDS = 20


class AlertError(PipelineError):
    """A message could not be delivered."""

    code = "alert_undelivered"


@dataclass(frozen=True)
class Message:
    """What happened, for people: ``text`` is the subject, ``lines`` the body.

    The webhook gets the same as JSON; ``text`` is what Slack and Teams show.
    """

    event: str
    text: str
    lines: tuple[str, ...]


def send(message: Message, alerts: Alerts, environ: Mapping[str, str] | None = None) -> list[str]:
    """Deliver the message; returns the ways it went, none if the settings name none.

    Raises:
        AlertError: no way worked. One that failed beside another that worked is logged: who
            was told must not be told again.
    """
    secrets = os.environ if environ is None else environ
    went: list[str] = []
    failed: dict[str, str] = {}
    for way, deliver in (("webhook", _post), ("smtp", _mail)):
        try:
            if deliver(message, alerts, secrets):
                went.append(way)
        except AlertError as error:
            failed[way] = str(error)
    if failed and not went:
        raise AlertError("; ".join(failed.values()))
    for way in failed:
        _LOG.warning("%s: not told by %s, only by %s", message.event, way, ", ".join(went))
    return went


def ways(alerts: Alerts, environ: Mapping[str, str]) -> dict[str, AlertError | None]:
    """Each way that the settings name, and what is seen to be wrong with it before it is used."""
    found: dict[str, AlertError | None] = {}
    for way, is_named, prepare in (
        ("webhook", alerts.webhook_env is not None, _webhook_url),
        ("smtp", alerts.smtp is not None, _password),
    ):
        if is_named:
            found[way] = None
            try:
                prepare(alerts, environ)
            except AlertError as error:
                found[way] = error
    return found


def _post(message: Message, alerts: Alerts, secrets: Mapping[str, str]) -> bool:
    if alerts.webhook_env is None:
        return False
    url = _webhook_url(alerts, secrets)
    try:
        httpx.post(url, json=asdict(message), timeout=_TIMEOUT_SECONDS).raise_for_status()
    except (httpx.InvalidURL, ValueError):
        raise _no_url(alerts) from None
    except httpx.HTTPStatusError as error:
        told = f"the webhook answers {error.response.status_code}"
        raise AlertError(f"{alerts.webhook_env}: {told}; check its address") from None
    except httpx.HTTPError as error:
        raise AlertError(
            f"{alerts.webhook_env}: the webhook can't be reached ({type(error).__name__})"
        ) from None
    return True


def _webhook_url(alerts: Alerts, secrets: Mapping[str, str]) -> str:
    url = _secret(alerts.webhook_env, "alerts.webhook_env", secrets)
    try:
        parts = urlsplit(url)
        is_here = is_loopback(url)
    except ValueError:
        raise _no_url(alerts) from None
    if not parts.hostname:
        raise _no_url(alerts)
    if parts.scheme != "https" and not (is_here or alerts.allow_http):
        raise AlertError(
            f"{alerts.webhook_env}: a webhook must be https; 'alerts.allow_http: true' permits a "
            "private network"
        )
    return url


def _no_url(alerts: Alerts) -> AlertError:
    return AlertError(f"{alerts.webhook_env}: the webhook is no URL; check it")


def _mail(message: Message, alerts: Alerts, secrets: Mapping[str, str]) -> bool:
    smtp = alerts.smtp
    if smtp is None:
        return False
    password = _password(alerts, secrets)
    try:
        mail = _mail_of(message, smtp)
        with _connect(smtp) as server:
            if smtp.username:
                server.login(smtp.username, password)
            server.send_message(mail)
    except (OSError, smtplib.SMTPException) as error:
        raise AlertError(
            f"alerts.smtp: {smtp.host}:{smtp.port} does not take the mail ({type(error).__name__})"
        ) from None
    except ValueError as error:
        raise AlertError(
            f"alerts.smtp: no mail can be sent so ({type(error).__name__}); check that username "
            "and password are ASCII, and host, sender and recipients"
        ) from None
    return True


def _mail_of(message: Message, smtp: Smtp) -> EmailMessage:
    mail = EmailMessage()
    mail["Subject"] = f"contacts-pipeline: {message.text}"
    mail["From"] = smtp.sender
    mail["To"] = ", ".join(smtp.recipients)
    mail.set_content("\n".join(message.lines))
    return mail


def _connect(smtp: Smtp) -> smtplib.SMTP:
    context = ssl.create_default_context()
    if smtp.encryption == "tls":
        return smtplib.SMTP_SSL(smtp.host, smtp.port, timeout=_TIMEOUT_SECONDS, context=context)
    server = smtplib.SMTP(smtp.host, smtp.port, timeout=_TIMEOUT_SECONDS)
    if smtp.encryption == "starttls":
        server.starttls(context=context)
    return server


def _password(alerts: Alerts, secrets: Mapping[str, str]) -> str:
    name = alerts.smtp.password_env if alerts.smtp else None
    return _secret(name, "alerts.smtp.password_env", secrets)


def _secret(name: str | None, key: str, secrets: Mapping[str, str]) -> str:
    if name is None:
        return ""
    if name not in secrets:
        raise AlertError(f"{key}: {name} is not set; export it or put it in .env")
    return secrets[name]
