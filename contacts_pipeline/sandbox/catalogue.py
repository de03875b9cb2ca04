"""Every endpoint of the API that the sandbox answers, on one page."""

from contacts_pipeline.sandbox import lists, operations
from contacts_pipeline.sandbox.gate import Operation

WRITE = "contacts.write"
READ = "contacts.readonly"

OPERATIONS: tuple[Operation, ...] = (
    Operation("upsert", "POST", "/contacts/upsert", WRITE, operations.upsert, body="json"),
    Operation("search", "POST", "/contacts/search", READ, lists.search, body="json"),
    Operation(
        "search_duplicate", "GET", "/contacts/search/duplicate", READ, operations.search_duplicate
    ),
    Operation(
        "bulk_tags", "POST", "/contacts/bulk/tags/update/add", WRITE, lists.bulk_add_tags,
        body="json",
    ),
    Operation(
        "bulk_tags", "POST", "/contacts/bulk/tags/update/remove", WRITE, lists.bulk_remove_tags,
        body="json",
    ),
    Operation("create", "POST", "/contacts/", WRITE, operations.create, body="json"),
    Operation("create", "POST", "/contacts", WRITE, operations.create, body="json"),
    Operation("get", "GET", "/contacts/{contact_id}", READ, operations.get),
    Operation("update", "PUT", "/contacts/{contact_id}", WRITE, operations.update, body="json"),
    Operation("delete", "DELETE", "/contacts/{contact_id}", WRITE, operations.delete),
    Operation(
        "add_tags", "POST", "/contacts/{contact_id}/tags", WRITE, lists.add_tags, body="json"
    ),
    Operation(
        "remove_tags", "DELETE", "/contacts/{contact_id}/tags", WRITE, lists.remove_tags,
        body="json",
    ),
    Operation(
        "location", "GET", "/locations/{location_id}", "locations.readonly", lists.location, "any"
    ),
    Operation(
        "custom_fields", "GET", "/locations/{location_id}/customFields",
        "locations/customFields.readonly", lists.custom_fields,
    ),
    Operation("users", "GET", "/users/", "users.readonly", lists.users),
    Operation("users", "GET", "/users", "users.readonly", lists.users),
    Operation("token", "POST", "/oauth/token", "", lists.refresh_token, "public", "form"),
    Operation(
        "location_token", "POST", "/oauth/locationToken", "oauth.write", lists.location_token,
        "company", "form",
    ),
)  # fmt: skip
