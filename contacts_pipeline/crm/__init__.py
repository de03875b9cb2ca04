"""A small SDK of the CRM's contact API.

Source of every rule: the vendor's OpenAPI of 2021-07-28 and field reports.
"""

from contacts_pipeline.crm.access import Access, StaticToken
from contacts_pipeline.crm.addresses import Addresses
from contacts_pipeline.crm.client import CrmClient, shared_ssl_context
from contacts_pipeline.crm.errors import (
    BlockedByEdge,
    ClientOutdated,
    CrmError,
    LocationClosed,
    NotApplied,
    RateLimited,
    Refused,
    TokenExpired,
    TokenInvalid,
    UnclearFate,
    Unreachable,
)
from contacts_pipeline.crm.limits import RateLimits
from contacts_pipeline.crm.models import (
    BulkTagsAdded,
    ContactPage,
    CustomFieldDefinition,
    StoredContact,
    TagsAdded,
    Upserted,
)
from contacts_pipeline.crm.oauth import LocationAccess, RefreshedAccess
from contacts_pipeline.crm.token_calls import OAuthApp
from contacts_pipeline.crm.token_file import TokenFile

__all__ = [
    "Access",
    "Addresses",
    "BlockedByEdge",
    "BulkTagsAdded",
    "ClientOutdated",
    "ContactPage",
    "CrmClient",
    "CrmError",
    "CustomFieldDefinition",
    "LocationAccess",
    "LocationClosed",
    "NotApplied",
    "OAuthApp",
    "RateLimited",
    "RateLimits",
    "RefreshedAccess",
    "Refused",
    "StaticToken",
    "StoredContact",
    "TagsAdded",
    "TokenExpired",
    "TokenFile",
    "TokenInvalid",
    "UnclearFate",
    "Unreachable",
    "Upserted",
    "shared_ssl_context",
]
