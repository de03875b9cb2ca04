"""Telling people: a message by webhook and mail, once an incident, without anybody's data."""

from contacts_pipeline.alerts.incidents import Incident, Incidents, changes, location_incidents
from contacts_pipeline.alerts.send import AlertError, Message, send, ways

__all__ = [
    "AlertError",
    "Incident",
    "Incidents",
    "Message",
    "changes",
    "location_incidents",
    "send",
    "ways",
]
