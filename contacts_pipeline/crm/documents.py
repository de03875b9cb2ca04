"""JSON as the CRM writes it, with texts that can be written down again.

JavaScript may cut a text in the middle of an emoji; the half that is left no encoding takes.
"""

import json
import re

from pydantic_core import from_json

_HALF = re.compile("[\ud800-\udfff]")
_IN_ITS_PLACE = "\ufffd"  # Unicode's replacement character


def read_document(content: bytes) -> object:
    """The document; a ``ValueError`` where it is none."""
    try:
        return from_json(content)  # in a third of the time, and it takes no half
    except ValueError:
        return _without_halves(json.loads(content))


def _without_halves(value: object) -> object:
    match value:
        case str():
            return _HALF.sub(_IN_ITS_PLACE, value)
        case list():
            return [_without_halves(one) for one in value]
        case dict():
            return {_without_halves(key): _without_halves(one) for key, one in value.items()}
    return value
