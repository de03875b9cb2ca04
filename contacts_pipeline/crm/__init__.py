"""A small SDK of the CRM's contact API."""
