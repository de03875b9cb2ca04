"""Doing it: a plan's requests at the CRM's own pace, every answer kept in the ledger."""
