"""``crm.oauth`` of ``contacts.yaml``: a marketplace app instead of Private Integration Tokens."""

from pydantic import Field

from contacts_pipeline.settings_section import Section


class OAuth(Section):
    """Names of environment variables; the tokens that follow are kept under ``data/tokens``."""

    client_id_env: str = "CRM_CLIENT_ID"
    client_secret_env: str = Field("CRM_CLIENT_SECRET")
    refresh_token_env: str = Field(
        "CRM_REFRESH_TOKEN",
        description="Holds the first refresh token; with another one in it the chain begins anew.",
    )
    company_id: str | None = Field(
        None,
        description="Of the agency that the refresh token is of; locations get theirs from it. "
        "Left out, each location's token_env holds the first refresh token of that location.",
    )
