"""What ``POST /contacts/search`` sees, and how it pages through it.

Search reads an index that may lag behind the contacts: for a while it shows the old
values, misses new rows and still lists deleted ones.
"""

from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import replace

from contacts_pipeline.sandbox.answers import bad_request, unprocessable
from contacts_pipeline.sandbox.bodies import WINDOW_LIMIT, FilterBody, SearchBody
from contacts_pipeline.sandbox.contacts import Contact, LocationStore

Row = tuple[float, str]
TESTS: dict[str, Callable[[tuple[str, ...], list[str]], bool]] = {
    "exists": lambda held, _: bool(held),
    "eq": lambda held, wanted: any(value in held for value in wanted),
    "contains": lambda held, wanted: any(value in text for value in wanted for text in held),
}


class SearchIndex:
    """A location's contacts as they were ``lag`` seconds ago."""

    def __init__(self, store: LocationStore, lag: float) -> None:
        self._lag = lag
        self._seen = store if lag == 0 else LocationStore(store.settings)
        self._due: deque[tuple[float, str, Contact | None]] = deque()
        self._sorted: dict[str, tuple[int, list[Row]]] = {}
        for contact in store if lag else ():
            self._seen.put(_image(contact))

    def note(self, contact: Contact, now: float, *, deleted: bool = False) -> None:
        """Take up a write, to be seen when the lag has passed."""
        if self._lag:
            image = None if deleted else _image(contact)
            self._due.append((now + self._lag, contact.id, image))

    def at(self, now: float) -> LocationStore:
        """The contacts that search sees now."""
        while self._due and self._due[0][0] <= now:
            _, contact_id, image = self._due.popleft()
            if old := self._seen.contacts.get(contact_id):
                self._seen.remove(old)
            if image is not None:
                self._seen.put(image)
        return self._seen

    def rows(self, now: float, field: str) -> list[Row]:
        """Every contact's sort key and id in ascending order, sorted again only after a write."""
        store = self.at(now)
        generation, rows = self._sorted.get(field, (-1, []))
        if generation != store.generation:
            rows = sorted((_key(contact, field), contact.id) for contact in store)
            self._sorted[field] = (store.generation, rows)
        return rows


def search_page(index: SearchIndex, body: SearchBody, now: float) -> tuple[list[Contact], int]:
    """The page of a search, and how many contacts the search finds in all."""
    field = body.sort[0].field if body.sort else "dateAdded"
    descending = not body.sort or body.sort[0].direction == "desc"
    store = index.at(now)
    rows = index.rows(now, field)
    if body.filters or body.query:
        found = _candidates(store, body.filters)
        rows = sorted(
            (_key(contact, field), contact.id)
            for contact in found
            if _passes_all(contact, body.filters) and _has_text(contact, body.query)
        )
    start, stop = _bounds(rows, body, descending=descending)
    page = rows[start:stop]
    if descending:
        page.reverse()
    return [store.contacts[contact_id] for _, contact_id in page], len(rows)


def search_after(contact: Contact, field: str) -> list[float | str]:
    """The cursor that continues behind this contact: its sort key, and its id for ties."""
    return [_key(contact, field), contact.id]


def _bounds(rows: list[Row], body: SearchBody, *, descending: bool) -> tuple[int, int]:
    """Where the page lies in the ascending rows."""
    if body.search_after:
        if body.page is not None:
            raise bad_request("page and searchAfter can't be used together")
        cursor = _cursor(body.search_after)
        offset = len(rows) - bisect_left(rows, cursor) if descending else bisect_right(rows, cursor)
    else:
        offset = ((body.page or 1) - 1) * body.page_limit
        if offset + body.page_limit > WINDOW_LIMIT:
            raise bad_request(f"Only the first {WINDOW_LIMIT} rows have pages; use searchAfter")
    if descending:
        stop = max(len(rows) - offset, 0)
        return max(stop - body.page_limit, 0), stop
    return offset, offset + body.page_limit


def _cursor(given: list[int | float | str]) -> Row:
    match given:
        case [int() | float() as key, str() as contact_id]:
            return (key, contact_id)
    raise unprocessable("searchAfter must be the searchAfter of a row")


def _candidates(store: LocationStore, filters: list[FilterBody]) -> Iterable[Contact]:
    """The contacts to look at: an equality on email or phone asks the index, not everyone."""
    for condition in filters:
        value = condition.value
        if condition.field and condition.operator == "eq" and isinstance(value, str):
            holders = store.holders(condition.field, value.lower())
            return [store.contacts[holder] for holder in holders]
    return store


def _passes_all(contact: Contact, filters: list[FilterBody]) -> bool:
    return all(_passes(contact, condition) for condition in filters)


def _passes(contact: Contact, condition: FilterBody) -> bool:
    if condition.group == "OR":
        return any(_passes(contact, inner) for inner in condition.filters)
    if condition.group == "AND" or condition.field is None:
        return _passes_all(contact, condition.filters)
    phone = contact.values.get("phone")
    held = contact.emails if condition.field == "email" else (str(phone),) if phone else ()
    asked = condition.value if isinstance(condition.value, list) else [condition.value or ""]
    wanted = [value.lower() for value in asked]
    positive = condition.operator.removeprefix("not_")
    return TESTS[positive](held, wanted) == (positive == condition.operator)


def _has_text(contact: Contact, query: str | None) -> bool:
    if not query:
        return True
    names = (contact.values.get(name) or "" for name in ("firstName", "lastName", "phone"))
    return query.lower() in " ".join([*map(str, names), *contact.emails]).lower()


def _key(contact: Contact, field: str) -> float:
    seconds = contact.date_added if field == "dateAdded" else contact.date_updated
    return int(seconds * 1000)


def _image(contact: Contact) -> Contact:
    return replace(
        contact,
        values=dict(contact.values),
        custom=dict(contact.custom),
        additional_emails=list(contact.additional_emails),
        history=[],
    )
