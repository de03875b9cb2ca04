"""The state file: contacts, their history, tokens and daily meters in SQLite.

Writes are collected and committed together every ``FLUSH_SECONDS``, so the file costs
little: a crash loses what was answered since the last commit, a clean stop nothing.
"""

import asyncio
import json
import sqlite3
from dataclasses import asdict
from typing import Any

from contacts_pipeline.sandbox.contacts import Contact, Write
from contacts_pipeline.sandbox.limits import Meter
from contacts_pipeline.sandbox.world import World

FLUSH_SECONDS = 0.2

SCHEMA = """
create table if not exists contacts (id text primary key, location_id text, contact text) strict;
create table if not exists facts (name text primary key, value text) strict;
"""


class Persistence:
    """Keeps a world in a file; does nothing for a world that lives in memory."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._written: dict[str, str] = {}
        path = world.options.state_file
        self._connection: sqlite3.Connection | None = None
        if path is None:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        self._connection = sqlite3.connect(path, check_same_thread=False)
        self._connection.executescript(SCHEMA)
        self._connection.execute("pragma journal_mode = wal")
        self._connection.execute("pragma synchronous = normal")
        self._read(self._connection)

    async def keep_flushing(self) -> None:
        """Commit what has changed, again and again."""
        while self._connection is not None:
            await asyncio.sleep(FLUSH_SECONDS)
            self.flush()

    def flush(self) -> None:
        """Commit what has changed."""
        if self._connection is None:
            return
        world = self._world
        facts = {name: json.dumps(value) for name, value in self._facts().items()}
        changed = {name: text for name, text in facts.items() if self._written.get(name) != text}
        if not changed and not world.dirty:
            return
        dirty, world.dirty = world.dirty, set()
        rows = []
        gone = []
        for contact_id in dirty:
            home = world.home.get(contact_id)
            if home is None:
                gone.append((contact_id,))
            else:
                contact = world.stores[home].contacts[contact_id]
                rows.append((contact_id, home, json.dumps(asdict(contact))))
        with self._connection:
            self._connection.executemany("insert or replace into contacts values (?, ?, ?)", rows)
            self._connection.executemany("delete from contacts where id = ?", gone)
            self._connection.executemany(
                "insert or replace into facts values (?, ?)", list(changed.items())
            )
        self._written.update(changed)

    def close(self) -> None:
        """Commit the rest and let go of the file."""
        if self._connection is not None:
            self.flush()
            self._connection.close()
            self._connection = None

    def _facts(self) -> dict[str, Any]:
        world = self._world
        return {
            "last_seq": world.journal.last,
            "numbered": world.numbered,
            "deleted": sorted(world.deleted),
            "tokens": world.tokens.as_json(),
            "meters": [
                [app, location_id, meter.day_ends, meter.day_used]
                for (app, location_id), meter in world.meters.items()
            ],
        }

    def _read(self, connection: sqlite3.Connection) -> None:
        world = self._world
        contacts = [
            _contact(json.loads(text))
            for (text,) in connection.execute("select contact from contacts")
        ]
        for contact in sorted(contacts, key=lambda contact: contact.number):
            if contact.location_id in world.stores:
                world.stores[contact.location_id].put(contact)
                world.home[contact.id] = contact.location_id
        facts = {
            name: json.loads(value)
            for name, value in connection.execute("select name, value from facts")
        }
        if facts:
            world.journal.last = facts["last_seq"]
            world.numbered = facts["numbered"]
            world.deleted = set(facts["deleted"])
            world.tokens.restore(facts["tokens"])
            for app, location_id, day_ends, day_used in facts["meters"]:
                if location_id in world.stores:
                    meter = Meter(world.stores[location_id].settings, world.options)
                    meter.day_ends, meter.day_used = day_ends, day_used
                    world.meters[app, location_id] = meter
        world.restored()


def _contact(state: dict[str, Any]) -> Contact:
    history = [Write(**write) for write in state.pop("history")]
    return Contact(**state, history=history)
