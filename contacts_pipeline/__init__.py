"""Keeps the contacts of a warehouse and the locations of a HighLevel CRM in step."""
