"""Answers of the CRM, its refusals in the vendor's own shapes.

400 and 401 carry ``message`` as a string, 422 as a list; all of them ``statusCode``.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from pydantic import ValidationError
from pydantic_core import ErrorDetails, to_json

JSON_TYPE = "application/json; charset=utf-8"
HTML_TYPE = "text/html; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Answer:
    """A status with its body, and what the request did to the CRM."""

    status: int
    body: bytes
    content_type: str = JSON_TYPE
    headers: tuple[tuple[str, str], ...] = ()
    applied: bool = False
    new: bool | None = None
    contact_id: str | None = None


@dataclass(slots=True)
class RefusedError(Exception):
    """The CRM says no; caught in one place and answered."""

    status: int
    message: str | list[str]
    body_status: int | None = None
    extra: dict[str, object] = field(default_factory=dict)

    def answer(self) -> Answer:
        """The refusal on the wire."""
        status = self.body_status or self.status
        body: dict[str, object] = {
            "statusCode": status,
            "message": self.message,
            "error": HTTPStatus(status).phrase.replace("Unprocessable Content", UNPROCESSABLE),
            **self.extra,
            "traceId": trace_id(),
        }
        return Answer(self.status, to_json(body))


UNPROCESSABLE = "Unprocessable Entity"  # renamed in later HTTP standards, not by the vendor
COMPLAINTS = {
    "string_type": "must be a string",
    "missing": "must be a string",
    "bool_type": "must be a boolean value",
    "list_type": "must be an array",
    "int_type": "must be an integer number",
    "greater_than_equal": "must not be less than {ge}",
    "less_than_equal": "must not be greater than {le}",
    "dict_type": "must be an object",
    "model_type": "must be an object",
    "literal_error": "must be one of the following values: {expected}",
    "crm": "{msg}",
}


def succeed(
    status: int,
    payload: Mapping[str, object],
    *,
    applied: bool = False,
    new: bool | None = None,
    contact_id: str | None = None,
) -> Answer:
    """An answer in JSON, with a trace id."""
    body = to_json({**payload, "traceId": trace_id()}, inf_nan_mode="null")
    return Answer(status, body, applied=applied, new=new, contact_id=contact_id)


def trace_id() -> str:
    """What the vendor's support asks for."""
    return secrets.token_hex(16)


def bad_request(message: str, **extra: object) -> RefusedError:
    """400: this record can't be taken."""
    return RefusedError(400, message, extra=extra)


def unauthorized(message: str) -> RefusedError:
    """401: the token, its scope, or the Version header."""
    return RefusedError(401, message)


def unprocessable(*messages: str) -> RefusedError:
    """422: the body breaks the schema."""
    return RefusedError(422, list(messages))


def invalid_body(error: ValidationError) -> RefusedError:
    """422 in the words of the vendor's validator, one message an offending property."""
    said = [_message(detail) for detail in error.errors(include_url=False, include_context=True)]
    return RefusedError(422, list(dict.fromkeys(said)))


def _message(detail: ErrorDetails) -> str:
    location = [part for part in detail["loc"] if isinstance(part, str)]
    inside_list = any(isinstance(part, int) for part in detail["loc"])
    name = ".".join(location) or "body"
    if detail["type"] == "extra_forbidden":
        *parents, last = location
        return f"{'.'.join([*parents, f'property {last}'])} should not exist"
    if detail["type"] == "string_type" and inside_list:
        return f"each value in {name} must be a string"
    complaint = COMPLAINTS.get(detail["type"], "is invalid")
    return f"{name} {complaint.format(msg=detail['msg'], **detail.get('ctx', {}))}"
