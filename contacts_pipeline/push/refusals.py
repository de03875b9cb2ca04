"""What stops a location during its push: too many of its contacts are refused."""

from contacts_pipeline.push.record import FinalState
from contacts_pipeline.push.stop import StopSignal

FEWEST_REFUSALS = 20  # one of two says nothing yet


class RefusalBreaker:
    """Trips where more than ``max_share`` (0 to 1) of the contacts sent so far were refused."""

    def __init__(self, stop: StopSignal, max_share: float) -> None:
        self._stop = stop
        self._max_share = max_share
        self._sent = self._refused = 0

    def count(self, state: FinalState | None) -> None:
        """Another contact came to its end; None if it was not sent."""
        self._sent += state is not None
        self._refused += state == "refused"
        if self._refused >= FEWEST_REFUSALS and self._refused > self._max_share * self._sent:
            told = (
                f"{self._refused} of {self._sent} contacts were refused, more than "
                f"max_refuse_share ({self._max_share:.0%})"
            )
            self._stop.set("too_many_refused", told)
