"""Alerts over real HTTP and SMTP: one message an incident, and nobody's data in it."""

import json
import logging
import socket
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import dagster as dg
import pytest

from contacts_pipeline import steps
from contacts_pipeline.alerts import (
    AlertError,
    Incident,
    Incidents,
    Message,
    changes,
    location_incidents,
    send,
)
from contacts_pipeline.defs import build_definitions
from contacts_pipeline.defs.runs import refresh, run_locations
from contacts_pipeline.errors import SettingsError
from contacts_pipeline.push import LocationReport
from contacts_pipeline.sandbox.pytest import StartSandbox
from contacts_pipeline.settings import Alerts
from contacts_pipeline.steps.plan import record_report
from tests.defs.webhook import Webhook
from tests.projects import SETTINGS, Project, people, record_failure, sandbox_locations
from tests.test_settings import MINIMAL, settings_of

HELLO = Message("test", "one thing happened", ("a line", "another"))


@dataclass
class Mailbox:
    """A mail server that keeps what it is given."""

    port: int = 0
    mails: list[str] = field(default_factory=list)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        self.mails.append(envelope.content.decode())
        return "250 OK"


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # aiosmtpd's, of its own
        from aiosmtpd.controller import Controller  # noqa: PLC0415 - it warns when imported

        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            kept = Mailbox(free.getsockname()[1])
        controller = Controller(kept, hostname="127.0.0.1", port=kept.port, ready_timeout=60)
        controller.start()
        yield kept
        controller.stop()


def mail_to(mailbox: Mailbox, **settings: Any) -> Alerts:
    smtp = {
        "host": "127.0.0.1",
        "port": mailbox.port,
        "encryption": "none",
        "sender": "pipeline@example.com",
        "recipients": ["oncall@example.com", "data@example.com"],
    }
    return Alerts.model_validate({"smtp": smtp | settings})


def test_a_message_goes_by_webhook_and_by_mail(webhook: Webhook, mailbox: Mailbox) -> None:
    alerts = mail_to(mailbox).model_copy(update={"webhook_env": "HOOK"})
    assert send(HELLO, alerts, {"HOOK": webhook.url}) == ["webhook", "smtp"]
    assert webhook.posted == [
        {"event": "test", "text": "one thing happened", "lines": ["a line", "another"]}
    ]
    (mail,) = mailbox.mails
    assert "Subject: contacts-pipeline: one thing happened" in mail
    assert "To: oncall@example.com, data@example.com" in mail
    assert "a line\r\nanother" in mail


def test_the_webhooks_url_is_in_no_log(webhook: Webhook, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever level the root logger has, as Dagster's ``python_logs`` may set it."""
    caplog.set_level(logging.INFO)
    assert send(HELLO, Alerts(webhook_env="HOOK"), {"HOOK": webhook.url}) == ["webhook"]
    assert webhook.url not in caplog.text


def test_without_settings_nobody_is_told() -> None:
    assert send(HELLO, Alerts(), {}) == []


def test_one_way_that_fails_does_not_keep_the_other_and_no_secret_is_told(
    webhook: Webhook, mailbox: Mailbox, caplog: pytest.LogCaptureFixture
) -> None:
    webhook.status = 500
    alerts = mail_to(mailbox).model_copy(update={"webhook_env": "HOOK"})
    assert send(HELLO, alerts, {"HOOK": webhook.url}) == ["smtp"]
    assert len(mailbox.mails) == 1
    assert caplog.messages == ["test: not told by webhook, only by smtp"]
    with pytest.raises(AlertError, match="HOOK: the webhook answers 500") as told:
        send(HELLO, Alerts(webhook_env="HOOK"), {"HOOK": webhook.url})
    assert "s3cret" not in str(told.value)
    with pytest.raises(AlertError, match=r"alerts\.webhook_env: HOOK is not set"):
        send(HELLO, Alerts(webhook_env="HOOK"), {})


@pytest.mark.parametrize("url", ["https://[::1/s3cret", "https://host:s3cret/"])
def test_a_webhook_that_is_no_url_is_told_without_it(url: str) -> None:
    with pytest.raises(AlertError, match="HOOK: the webhook is no URL; check it") as told:
        send(HELLO, Alerts(webhook_env="HOOK"), {"HOOK": url})
    assert "s3cret" not in str(told.value)


def test_what_would_travel_in_the_clear_is_refused(tmp_path: Any) -> None:
    with pytest.raises(AlertError, match="must be https"):
        send(HELLO, Alerts(webhook_env="HOOK"), {"HOOK": "http://192.0.2.1/hook"})
    text = MINIMAL + (
        "alerts: {smtp: {host: mail.example.com, encryption: none, sender: a, recipients: [b]}}\n"
    )
    with pytest.raises(SettingsError, match="line 5: alerts: smtp: encryption 'none'"):
        settings_of(tmp_path, text)


def held_sensor() -> dg.SensorDefinition:
    return build_definitions().get_repository_def().get_sensor_def("location_held")


@pytest.mark.slow
def test_a_location_is_told_once_and_once_when_it_is_well_again(
    project: Project,
    instance: dg.DagsterInstance,
    crm_sandbox: StartSandbox,
    webhook: Webhook,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("CRM_BASE_URL", crm_sandbox(*sandbox_locations("acme", "bolt")).url)
    monkeypatch.setenv("HOOK", webhook.url)
    monkeypatch.setenv("BOLT_TOKEN", "pit-wrong")
    project.registry["bolt"]["token_env"] = "BOLT_TOKEN"
    project.write(people("acme", 2) + people("bolt", 2), SETTINGS + "alerts: {webhook_env: HOOK}\n")
    refresh(instance)
    cursor: str | None = None

    def look() -> list[dict[str, Any]]:
        nonlocal cursor
        webhook.posted.clear()
        context = dg.build_sensor_context(instance, cursor=cursor)
        held_sensor().evaluate_tick(context)
        cursor = context.cursor
        return list(webhook.posted)

    def push() -> None:
        run_locations(instance, "push", ["acme", "bolt"], force=False, progress=lambda *_: None)

    assert look() == []
    push()
    (told,) = look()
    assert told["text"] == "1 location stands still"
    assert told["lines"][0].startswith("bolt: failed, token_refused. location bolt:")
    assert "@" not in json.dumps(told)
    push()
    assert look() == []
    monkeypatch.setenv("BOLT_TOKEN", "pit-sandbox")
    push()
    (told,) = look()
    assert (told["text"], told["lines"]) == ("1 is well again", ["well again: bolt"])
    assert look() == []


def test_a_location_that_is_no_longer_enabled_is_neither_held_nor_well_again(
    project: Project,
) -> None:
    project.write([])
    workspace = project.workspace()
    steps.refresh_locations(workspace)
    with workspace.ledger() as ledger:
        record_failure(ledger, "core", "token_refused")
    told = location_incidents(steps.last_reports(workspace), Incidents({}))
    assert list(told.root) == ["core"]
    project.registry["core"]["enabled"] = "false"
    project.write([])
    steps.refresh_locations(workspace)
    reports = steps.last_reports(workspace)
    assert changes(told, location_incidents(reports, told), reports) == ({}, [])


def test_a_push_that_only_waited_has_mended_nothing() -> None:
    told = Incidents({"acme": Incident(status="failed", code="token_refused", told="x")})
    waited = LocationReport(status="ok", deferred_because="quiet_hours")
    assert location_incidents({"acme": waited}, told) == told
    sent = LocationReport(status="ok", deferred_because="daily_budget", requests=3)
    assert location_incidents({"acme": sent}, told) == Incidents({})
    assert location_incidents({"acme": waited}, Incidents({})) == Incidents({})


@pytest.mark.slow
def test_what_could_not_be_told_is_told_by_the_next_look(
    project: Project,
    instance: dg.DagsterInstance,
    webhook: Webhook,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HOOK", webhook.url)
    project.registry = {"acme": {"country": "US", "max_reject_share": "0.1"}}
    settings = SETTINGS.replace("crm:\n", "policy: {crm_snapshot: never}\ncrm:\n")
    settings = settings.replace("  custom_fields: {tier: tier}\n", "")
    project.write(
        people("acme", 2, email="nobody", phone=""), settings + "alerts: {webhook_env: HOOK}\n"
    )
    refresh(instance)
    run_locations(instance, "push", ["acme"], force=False, progress=lambda *_: None)
    webhook.status = 503
    context = dg.build_sensor_context(instance)
    with pytest.raises(Exception, match="503"):
        held_sensor().evaluate_tick(context)
    assert context.cursor is None
    webhook.status = 200
    held_sensor().evaluate_tick(context)
    assert [told["lines"][0][:36] for told in webhook.posted][-1] == (
        "acme: held, too_many_rejected. locat"
    )


def test_a_push_that_met_another_or_was_interrupted_neither_heals_nor_tells_anew(
    project: Project,
    instance: dg.DagsterInstance,
    webhook: Webhook,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HOOK", webhook.url)
    project.write([], SETTINGS + "alerts: {webhook_env: HOOK}\n")
    refused = LocationReport(status="failed", reason="token_refused", told="give it a token")
    running = LocationReport(status="held", reason="already_running", told="wait")
    interrupted = LocationReport(status="failed", reason="interrupted", told="push again")
    well = LocationReport(status="ok")
    context = dg.build_sensor_context(instance)
    pushes = (interrupted, refused, running, refused, interrupted, refused, interrupted, well)
    with project.workspace().ledger() as ledger:
        for number, report in enumerate(pushes):
            record_report(ledger, "bolt", f"run-{number}", report)
            held_sensor().evaluate_tick(context)
    assert [told["text"] for told in webhook.posted] == [
        "1 location stands still",
        "1 is well again",
    ]
