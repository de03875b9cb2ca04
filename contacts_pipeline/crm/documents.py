"""JSON as the CRM writes it, with texts that can be written down again.

JavaScript may cut a text in the middle of an emoji; the half that is left no encoding takes.
"""

import json
import re

_MAY_HOLD_A_HALF = re.compile(rb"\\u[dD][89a-fA-F]|\xed[\xa0-\xbf]")  # escaped, or as bytes
_HALF = re.compile("[\ud800-\udfff]")
_IN_ITS_PLACE = "\ufffd"  # Unicode's replacement character


def read_document(content: bytes) -> object:
    """The document; a ``ValueError`` where it is none."""
    document = json.loads(content)
    return _without_halves(document) if _MAY_HOLD_A_HALF.search(content) else document


def _without_halves(value: object) -> object:
    match value:
        case str():
            return _HALF.sub(_IN_ITS_PLACE, value)
        case list():
            return [_without_halves(one) for one in value]
        case dict():
            return {_without_halves(key): _without_halves(one) for key, one in value.items()}
    return value
