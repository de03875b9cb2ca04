"""A contact's story in words: a section for each step from its source rows to the CRM's answers."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal, NamedTuple

from contacts_pipeline.plan import HOLD_REMEDIES

Tone = Literal["plain", "aside", "warning", "bad"]
Shown = Callable[[str], str]


class Line(NamedTuple):
    """A name and what is told of it."""

    name: str
    told: str
    tone: Tone = "plain"


class Section(NamedTuple):
    """A step, and what it came to."""

    title: str
    lines: list[Line]


_TOLD_APART = {"source_key", "location_id", "rejection", "warnings", "updated_at", "origin"}
_GONE = "gone: no row has this key any more; nothing is deleted in the CRM"


def tell(story: Mapping[str, Any], *, value: Shown = str, key: Shown = str) -> Iterator[Section]:
    """The document of ``explain`` as sections.

    Args:
        story: What ``explain`` found.
        value: What is shown of a contact's value.
        key: What is shown of a source key.
    """
    yield from _Teller(value, key).tell(story)


class _Teller(NamedTuple):
    value: Shown
    key: Shown

    def tell(self, story: Mapping[str, Any]) -> Iterator[Section]:
        raw = {row["source_key"]: row for row in story["source"]}
        gone = [Line("source", _GONE)] if not raw else []
        yield Section(f"{story['location']}: {self._keys(story['keys'])}", gone)
        for row in story["judged"]:
            yield self._judged(raw.get(row["source_key"], {}), row)
        for one in story["identities"]:
            yield self._identity(one)
        for row in story["planned"]:
            yield self._planned(row)
        for row in story["known"]:
            yield _known(row)
        if story["requests"] or story["outcomes"]:
            yield _sent(story)

    def _judged(self, raw: Mapping[str, Any], row: Mapping[str, Any]) -> Section:
        lines = []
        for column, judged in row.items():
            before, after = _flat(raw.get(column)), _flat(judged)
            if column in _TOLD_APART or before == after == "":
                continue
            told = self.value(after) if after else "dropped"
            was = self.value(before) if before not in {"", after} else told
            lines.append(Line(column, told if was == told else f"{was} → {told}"))
        lines += [
            Line("warning", f"{warning['code']} ({warning['field']})", "warning")
            for warning in row["warnings"] or []
        ]
        if row["rejection"]:
            code, field = row["rejection"]["code"], row["rejection"]["field"]
            lines.append(Line("rejected", f"{code} ({field})", "bad"))
        since = row["updated_at"] or "without a time"
        return Section(f"source row {self.key(row['source_key'])}, {since}", lines)

    def _identity(self, one: Mapping[str, Any]) -> Section:
        lines = [Line("rows", self._keys(one["source_keys"]))]
        for reason in one["reasons"] or []:
            told = [self.key(reason["source_key"]), reason["code"], reason["field"]]
            detail = [self.key(reason["detail"])] if reason["detail"] else []
            lines.append(Line("because", " ".join(part for part in [*told, *detail] if part)))
        if one["hold"]:
            lines.append(Line("held", one["hold"], "warning"))
        return Section(f"one person: {self.key(one['identity'])}", lines)

    def _planned(self, row: Mapping[str, Any]) -> Section:
        contact = f", contact {row['contact_id']}" if row["contact_id"] else ""
        hold = f" ({row['hold']})" if row["hold"] else ""
        lines = [Line("verdict", f"{row['action']}{hold}{contact}")]
        if row["hold"] in HOLD_REMEDIES:
            lines.append(Line("to do", HOLD_REMEDIES[row["hold"]], "warning"))
        lines += [
            Line(name.replace("_", " "), ", ".join(row[name]))
            for name in ("changed_fields", "would_clear")
            if row[name]
        ]
        for warning in row["warnings"] or []:
            detail = self.key(warning["detail"]) if warning["detail"] else ""
            told = f"{warning['code']} {warning['field'] or ''} {detail}".rstrip()
            lines.append(Line("warning", told, "warning"))
        for field, sent in (row["body"] or {}).items():
            shown = sent if field == "locationId" else self.value(_flat(sent))
            lines.append(Line(f"  {field}", shown))
        if row["held_because"]:
            lines.append(Line("location", row["held_because"], "warning"))
        return Section(f"plan {row['plan_id']} of {row['made_at']:%Y-%m-%d %H:%M} UTC", lines)

    def _keys(self, keys: list[str]) -> str:
        return ", ".join(map(self.key, keys))


def _known(row: Mapping[str, Any]) -> Section:
    since = f"{row['known_at']:%Y-%m-%d %H:%M:%S} UTC, run {row['run_id']}"
    lines = [Line("contact", row["contact_id"]), Line("since", since)]
    return Section("in the CRM, as far as it has acknowledged", lines)


def _sent(story: Mapping[str, Any]) -> Section:
    lines = []
    for row in story["requests"]:
        verdict = row["verdict"] or "no answer"
        status = f" {row['status']}" if row["status"] else ""
        told = f"{row['effect']} → {verdict}{status} {row['contact_id'] or ''}".rstrip()
        lines.append(Line(f"{row['intended_at']:%m-%d %H:%M:%S}", told))
        if row["message"]:
            lines.append(Line("", f"message {row['message']}", "aside"))
        if row["trace_id"]:
            lines.append(Line("", f"trace {row['trace_id']}", "aside"))
    for row in story["outcomes"]:
        told = f"{row['outcome']} {row['code'] or ''} {row['message'] or ''}".strip()
        lines.append(Line("outcome", f"{told} (run {row['run_id']})"))
    return Section("requests", lines)


def _flat(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_flat(one) for one in value)
    if isinstance(value, tuple):  # an entry of a map
        return ": ".join(str(one) for one in value)
    if isinstance(value, dict):
        return " ".join(_flat(one) for one in value.values())
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)
