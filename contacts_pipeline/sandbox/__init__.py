"""The CRM on this machine."""
