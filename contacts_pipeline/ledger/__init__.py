"""What the CRM holds as far as we know, and an outcome a request."""

from contacts_pipeline.ledger.database import LedgerError
from contacts_pipeline.ledger.journal import Entry, Journal
from contacts_pipeline.ledger.store import Ledger, utc_now

__all__ = ["Entry", "Journal", "Ledger", "LedgerError", "utc_now"]
