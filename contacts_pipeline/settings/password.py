"""Whether a password stands in ``contacts.yaml`` itself, as the value of a URL.

The text is judged as it was written, before variables are filled in: what a variable brings is no
part of the file, what stands as its default is.
"""

import re
from urllib.parse import unquote

VARIABLE = re.compile(r"\$\{(?P<name>[A-Za-z_]\w*)(?::-(?P<default>[^}]*))?\}")
_FILLED_IN = "\ue000"
_IN_AUTHORITY = re.compile(
    # user:password@, also where the password holds a '/' or '?' that should have been escaped
    r"(?:://|^)[^/?:]*:(?!//)(?P<secret>[^/]*|(?!\d+/)[^?]*)@"
)
_AS_PARAMETER = re.compile(r"(?P<name>[\w.-]+)\s*=\s*(?P<secret>[^&;\s]*)")
SECRET_NAME = re.compile(
    r"(?:password|passwd|passphrase|passcode|pwd|secret|token|(?:access|account|private)_?key)"
    r"(?!.*(?:file|path)$)",
    re.IGNORECASE,
)


def holds_password(written: str) -> bool:
    """Whether ``written`` names a password, token or key without a variable.

    Parameters that name a file, such as ``sslkey`` and ``credentials``, are none.
    """
    with_defaults = VARIABLE.sub(
        lambda found: _FILLED_IN if found["default"] is None else found["default"], written
    )
    return _is_literal(VARIABLE.sub(_FILLED_IN, written)) or _is_literal(with_defaults)


def _is_literal(url: str) -> bool:
    head, mark, query = url.partition("?")
    # A parameter may be a URL of its own, as in adbc+NAME://?uri=...
    texts = (url, head + mark + unquote(query))
    secrets = [found["secret"] for text in texts for found in _IN_AUTHORITY.finditer(text)] + [
        found["secret"]
        for text in texts
        for found in _AS_PARAMETER.finditer(text)
        if SECRET_NAME.search(found["name"]) and found["secret"].lower() not in {"true", "false"}
    ]
    return any(secret.replace(_FILLED_IN, "") for secret in secrets)
