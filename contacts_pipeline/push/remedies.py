"""Why a location stopped, as its user reads it: what happened, and what to do about it."""

from contacts_pipeline.push.stop import StopSignal

ASK_THE_EDGE = "have the firewall or proxy in front of the CRM let this machine through"


def told_with_remedy(location_id: str, stop: StopSignal) -> str:
    """One line that names the location, what stopped it, and the remedy."""
    what = f"{stop.told}; " if stop.told else ""
    return f"location {location_id}: {what}{remedy(stop.reason)}".rstrip("; ")


def remedy(reason: str | None) -> str:
    """What a user can do about ``reason``; empty if nobody knows."""
    return _REMEDIES.get(reason or "", "")


_REMEDIES = {
    "token_missing": "export it or put it in .env",
    "token_refused": "give the location a token with contacts.write, then push again",
    "blocked_by_edge": f"{ASK_THE_EDGE}, then push again",
    "crm_unreachable": "check crm.base_url and the network, then push again",
    "crm_unstable": "the CRM answers with errors; push again later",
    "rate_limited": "see what else sends to the location with this app, then push again later",
    "daily_budget": "the day's requests are used up; push again tomorrow",
    "api_version_refused": "update contacts-pipeline",
    "too_many_refused": "look at its refused rows with 'contacts-pipeline outcomes', then mend "
    "them or raise the share, or push with --force",
    "interrupted": "push again to go on where it stopped",
    "internal_error": "report it; push again to go on where it stopped",
}
