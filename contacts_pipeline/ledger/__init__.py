"""What the CRM holds as far as we know, and an outcome a request.

Its tables are in ``schema``. To change one, change it there and add the step that takes an
existing ledger along: a numbered SQL file in ``migrations``, whose docstring says how.
"""

from contacts_pipeline.ledger.database import LedgerError
from contacts_pipeline.ledger.journal import Entry, Journal
from contacts_pipeline.ledger.store import Ledger, utc_now

__all__ = ["Entry", "Journal", "Ledger", "LedgerError", "utc_now"]
