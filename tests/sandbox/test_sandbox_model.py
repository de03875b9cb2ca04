"""Random writes, deletes and faults against the sandbox and against a second reading of the rules.

The machine finds the two equal, or says after which requests they are not.
"""

from http.client import HTTPException

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from contacts_pipeline.sandbox import RunningSandbox, SandboxCustomField, SandboxLocation
from contacts_pipeline.sandbox.pytest import StartSandbox
from tests.lengths import ROUNDS
from tests.sandbox.model import PHONES, PICKLIST, PLAIN, Body, Model, RefusedError

NAMES = st.sampled_from(["Ada", "Bob", "Cy", "", None])
EMAILS = st.sampled_from(["a@x.org", "A@X.org", "b@x.org", "c@x.org", "d@x.org", "", None])
TAGS = st.lists(st.sampled_from(["VIP", "vip", "Lead", "x"]), max_size=3)
STATUS = st.sampled_from(["active", "inactive", "permanent"])
CUSTOM = st.lists(
    st.fixed_dictionaries({
        "key": st.sampled_from(["tier", "note", "unknown"]),
        "field_value": st.sampled_from(["gold", "silver", "silver", "bronze"]),
    }),
    max_size=2,
)  # fmt: skip
OPTIONAL = {
    "email": EMAILS,
    "phone": st.sampled_from([*PHONES, "", None]),
    "firstName": NAMES,
    "lastName": NAMES,
    "name": st.sampled_from(["Ada Byron", "Cher"]),
    "city": NAMES,
    "tags": TAGS,
    "customFields": CUSTOM,
    "dndSettings": st.dictionaries(
        st.sampled_from(["SMS", "Call"]), st.fixed_dictionaries({"status": STATUS}), max_size=2
    ),
}
UPSERTS = st.fixed_dictionaries(
    {},
    optional={
        **OPTIONAL,
        "gender": st.sampled_from(["female", "male"]),
        "createNewIfDuplicateAllowed": st.booleans(),
    },
)
BODIES = st.fixed_dictionaries({}, optional=OPTIONAL)
FAULTS = st.sampled_from(
    [None] * 6 + ["500-before", "503-after", "reset-before", "reset-after", "close-after", "empty"]
)
WHICH = st.integers(0, 50)
LOCATIONS = [
    SandboxLocation(id="e,p", match="email,phone"),
    SandboxLocation(id="p,e", match="phone,email"),
    SandboxLocation(id="e", match="email"),
    SandboxLocation(id="p", match="phone"),
    SandboxLocation(id="twins", match="phone", allow_duplicates=True),
]
FIELDS = (
    SandboxCustomField(key="tier", data_type="RADIO", picklist=PICKLIST, id="tier"),
    SandboxCustomField(key="note", id="note"),
)
SWITCHES = [
    {},
    {"null": "ignored", "empty": "clears", "bad_phone": "refused", "several_matches": "newest"},
]


class Machine(RuleBasedStateMachine):
    """Plays one request at a time, and compares answer and state after each."""

    crm: RunningSandbox
    switches: dict[str, str]

    def __init__(self) -> None:
        super().__init__()
        self.crm.reset()
        location = self.crm.options.locations[0]
        sequence = location.match.split(",")
        self.model = Model(sequence, twins=location.allow_duplicates, switches=self.switches)

    def play(self, fault: str | None, method: str, path: str, body: Body | None) -> Body | None:
        """Send a request under a fault; its log entry, or None if nothing was applied."""
        self.crm.set_faults(*([fault] if fault else []))
        try:
            reply = self.crm.call(method, path, body)
        except (OSError, HTTPException):
            assert fault
            reply = None
        entry = self.crm.log(self.crm.last_seq() - 1)[-1]
        if fault is None:
            assert reply is not None
            assert entry["applied"] is (reply.status < 400), reply.text
        elif fault.endswith("before"):
            assert not entry["applied"]
        return entry if entry["applied"] else None

    def is_refused_by(self, fault: str | None) -> bool:
        return fault is not None and fault.endswith("before")

    def compare(self) -> None:
        (location,) = self.crm.state(ids=False)["locations"].values()
        assert sorted(map(seen_in_crm, location["contacts"]), key=repr) == sorted(
            map(seen_in_model, self.model.contacts), key=repr
        )

    def pick(self, which: int) -> Body:
        return self.model.contacts[which % len(self.model.contacts)]

    @rule(body=UPSERTS, fault=FAULTS)
    def upsert(self, body: Body, fault: str | None) -> None:
        location = self.crm.options.locations[0].id
        entry = self.play(fault, "POST", "/contacts/upsert", {"locationId": location, **body})
        if self.is_refused_by(fault):
            return self.compare()
        try:
            new, contact = self.model.upsert(body)
        except RefusedError:
            assert entry is None
        else:
            assert entry is not None
            assert entry["new"] is new
            assert contact.setdefault("id", entry["contact_id"]) == entry["contact_id"]
        return self.compare()

    @rule(body=BODIES)
    def create(self, body: Body) -> None:
        location = self.crm.options.locations[0].id
        entry = self.play(None, "POST", "/contacts/", {"locationId": location, **body})
        try:
            contact = self.model.create(body)
        except RefusedError:
            assert entry is None
        else:
            assert entry is not None
            contact["id"] = entry["contact_id"]
        self.compare()

    @precondition(lambda self: self.model.contacts)
    @rule(which=WHICH, body=BODIES, fault=FAULTS)
    def update(self, which: int, body: Body, fault: str | None) -> None:
        contact = self.pick(which)
        entry = self.play(fault, "PUT", f"/contacts/{contact['id']}", body)
        if self.is_refused_by(fault):
            return self.compare()
        try:
            self.model.update(contact, body)
        except RefusedError:
            assert entry is None
        else:
            assert entry is not None
        return self.compare()

    @precondition(lambda self: self.model.contacts)
    @rule(which=WHICH, fault=FAULTS)
    def delete(self, which: int, fault: str | None) -> None:
        contact = self.pick(which)
        if self.play(fault, "DELETE", f"/contacts/{contact['id']}", None):
            self.model.contacts = [one for one in self.model.contacts if one is not contact]
        self.compare()

    @precondition(lambda self: self.model.contacts)
    @rule(which=WHICH, tags=TAGS, method=st.sampled_from(["POST", "DELETE"]))
    def retag(self, which: int, tags: list[str], method: str) -> None:
        contact = self.pick(which)
        self.play(None, method, f"/contacts/{contact['id']}/tags", {"tags": tags})
        named, held = {tag.lower() for tag in tags}, set(contact["tags"])
        contact["tags"] = sorted(held | named if method == "POST" else held - named)
        self.compare()

    @rule(
        email=st.sampled_from(["a@x.org", "b@x.org"]), more=st.sampled_from(["c@x.org", "e@x.org"])
    )
    def seed(self, email: str, more: str) -> None:
        location = self.crm.options.locations[0].id
        seeded = {"email": email, "additionalEmails": [more]}
        (contact_id,) = self.crm.seed_contacts(location, [seeded])
        empty: Body = {"tags": [], "custom": {}, "channels": {}}
        self.model.contacts.append({"id": contact_id, "email": email, "more": [more], **empty})
        self.compare()

    @rule(email=EMAILS.filter(bool), phone=st.sampled_from(["+12025550101", "+442079460018"]))
    def look_up(self, email: str, phone: str) -> None:
        self.crm.set_faults()
        location = self.crm.options.locations[0].id
        query = f"locationId={location}&email={email}&number=%2B{phone[1:]}"
        found = self.crm.call("GET", f"/contacts/search/duplicate?{query}").json["contact"]
        expected = self.model.find({"email": email.lower(), "phone": phone})
        assert (found and found["id"]) == (expected and expected["id"])


def seen_in_crm(contact: Body) -> Body:
    custom = {item["id"]: item["value"] for item in contact["customFields"]}
    channels = {key: one["status"] for key, one in contact["dndSettings"].items()}
    rest = {"tags": contact["tags"], "more": contact["additionalEmails"]}
    return {**{name: contact[name] for name in PLAIN}, **rest, "custom": custom,
            "channels": dict(sorted(channels.items()))}  # fmt: skip


def seen_in_model(contact: Body) -> Body:
    custom = dict(sorted(contact["custom"].items()))
    channels = dict(sorted(contact["channels"].items()))
    rest = {"tags": contact["tags"], "more": contact["more"]}
    return {**{name: contact.get(name) for name in PLAIN}, **rest, "custom": custom,
            "channels": channels}  # fmt: skip


def compare_with_model(
    start: StartSandbox, location: SandboxLocation, switches: dict[str, str], examples: int
) -> None:
    limits = {"burst_limit": 10**9, "daily_limit": 10**9, "custom_fields": FIELDS}
    unlimited = SandboxLocation.model_validate({**location.model_dump(), **limits})
    crm = start(unlimited, rules=switches)
    machine = type("Machine", (Machine,), {"crm": crm, "switches": switches})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.parametrize("switches", SWITCHES, ids=["defaults", "switched"])
@pytest.mark.parametrize("location", LOCATIONS, ids=lambda location: location.id)
def test_sandbox_equals_the_model(
    crm_sandbox: StartSandbox, location: SandboxLocation, switches: dict[str, str]
) -> None:
    compare_with_model(crm_sandbox, location, switches, examples=10)


@pytest.mark.slow
@pytest.mark.parametrize("switches", SWITCHES, ids=["defaults", "switched"])
@pytest.mark.parametrize("location", LOCATIONS, ids=lambda location: location.id)
def test_sandbox_equals_the_model_at_length(
    crm_sandbox: StartSandbox, location: SandboxLocation, switches: dict[str, str]
) -> None:
    compare_with_model(crm_sandbox, location, switches, examples=20 * ROUNDS)
