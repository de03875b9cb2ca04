"""What stops a location during its push: too many of its contacts are refused."""

from collections import Counter

from contacts_pipeline.crm import BlockedByEdge, Refused
from contacts_pipeline.push.record import Outcome
from contacts_pipeline.push.stop import StopSignal

FEWEST_REFUSALS = 20  # one of two says nothing yet


class RefusalBreaker:
    """Trips where more than ``max_share`` (0 to 1) of the contacts sent so far were refused.

    What a firewall blocks is a share of all that are ``planned``: its like may well stand together
    in the plan, and those behind it are not to wait for it.
    """

    def __init__(self, stop: StopSignal, max_share: float, planned: int) -> None:
        self._stop = stop
        self._max_share = max_share
        self._planned = planned
        self._sent = 0
        self._refused = Counter[str | None]()

    def count(self, outcome: Outcome | None) -> None:
        """Another contact came to its end; None if it was not sent."""
        if outcome is None:
            return
        self._sent += 1
        if outcome.state == "refused":
            self._refused[outcome.code] += 1
        self._judge("too_many_refused", Refused.code, self._sent, "refused")
        self._judge(BlockedByEdge.code, BlockedByEdge.code, self._planned, "blocked by a firewall")

    def _judge(self, reason: str, code: str, contacts: int, what: str) -> None:
        refused = self._refused[code]
        if refused >= FEWEST_REFUSALS and refused > self._max_share * contacts:
            told = (
                f"{refused} of {contacts} contacts were {what}, more than "
                f"max_refuse_share ({self._max_share:.0%})"
            )
            self._stop.set(reason, told)
