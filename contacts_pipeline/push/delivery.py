"""One request until the CRM does something with it: what it did not take is sent again."""

import random
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from contacts_pipeline.crm import RateLimited, TokenExpired, Unreachable
from contacts_pipeline.push.meter import Effect
from contacts_pipeline.push.wire import Wire

BACKOFF_SECONDS = 0.5
LONGEST_BACKOFF_SECONDS = 30.0
MOST_RATE_LIMITS = 20  # of one row, while others are let in

_AnswerT = TypeVar("_AnswerT")


async def deliver(
    wire: Wire,
    row: Mapping[str, Any],
    effect: Effect,
    call: Callable[[], Awaitable[_AnswerT]],
    sent: Counter[Effect],
) -> _AnswerT:
    """Send what concerns ``row``; counted in ``sent``.

    Raises:
        NotApplied: the tries are used up.
        CrmError: the CRM did something with it, or may have.
        Stopped: the push stopped first.
    """
    limited = unreachable = 0
    while True:
        try:
            return await wire.send(row, effect, call, sent)
        except RateLimited:
            limited += 1
            if limited > MOST_RATE_LIMITS:
                raise
        except TokenExpired:
            continue  # a token that is refused as soon as it is issued closes the location
        except Unreachable as error:
            unreachable += 1
            if unreachable >= wire.max_tries:
                wire.stop.set(error.code, str(error))
                raise
            await wire.stop.sleep(backoff(unreachable))


def backoff(times: int) -> float:
    """Seconds to wait after a failure: doubling, capped, with jitter."""
    longest = min(BACKOFF_SECONDS * 2.0 ** (times - 1), LONGEST_BACKOFF_SECONDS)
    return longest * random.uniform(0.5, 1.0)  # noqa: S311 - jitter, no secret
