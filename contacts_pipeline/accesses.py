"""Which token opens which location, by the settings: read here, and nowhere else."""

from collections.abc import Mapping
from pathlib import Path

from pydantic import SecretStr

from contacts_pipeline.crm import (
    Access,
    LocationAccess,
    OAuthApp,
    RefreshedAccess,
    StaticToken,
    TokenFile,
    shared_ssl_context,
)
from contacts_pipeline.settings import Crm, Location, OAuth
from contacts_pipeline.snapshots import file_name, private_folder

PRIVATE_INTEGRATION = "pit-"  # how such a token starts, by the vendor's documentation


class Accesses:
    """The accesses of one project; every caller gets the same one for a location."""

    def __init__(self, crm: Crm, environ: Mapping[str, str], folder: Path) -> None:
        self._crm = crm
        self._environ = environ
        self._folder = folder
        self._made: dict[str, Access | None] = {}
        self._chains: dict[str, RefreshedAccess] = {}
        self._app: OAuthApp | None = None

    def of(self, location: Location) -> Access | None:
        """What opens the location, None where a variable is not set to a token."""
        if location.id not in self._made:
            self._made[location.id] = self._make(location)
        return self._made[location.id]

    def missing_variable(self, location: Location) -> str:
        """The variable that must be set for the location: the first one that is not."""
        names = self._variables(location)
        return next((name for name in names if not self._value(name)), names[-1])

    def _variables(self, location: Location) -> list[str]:
        oauth, own = self._crm.oauth, location.token_env
        if oauth is None:
            return [own or self._crm.token_env]
        if own and self._value(own).startswith(PRIVATE_INTEGRATION):
            return [own]
        first = oauth.refresh_token_env if oauth.company_id else own or oauth.refresh_token_env
        return [oauth.client_id_env, oauth.client_secret_env, first]

    def _make(self, location: Location) -> Access | None:
        names = self._variables(location)
        values = [self._value(name) for name in names]
        if not all(values):
            return None
        oauth = self._crm.oauth
        if oauth is None or len(names) == 1:
            return StaticToken(SecretStr(values[0]))
        chain = self._chain(oauth, location, names[-1])
        if oauth.company_id is None:
            return chain
        return LocationAccess(self._oauth_app(oauth), chain, oauth.company_id, location.id)

    def _chain(self, oauth: OAuth, location: Location, variable: str) -> RefreshedAccess:
        owner = oauth.company_id or location.id
        if owner not in self._chains:
            folder = private_folder(self._folder / file_name(self._crm.base_url))
            self._chains[owner] = RefreshedAccess(
                self._oauth_app(oauth),
                SecretStr(self._value(variable)),
                TokenFile(folder / f"{file_name(owner)}.json"),
                f"install the app again and put its refresh token into {variable}",
            )
        return self._chains[owner]

    def _oauth_app(self, oauth: OAuth) -> OAuthApp:
        if self._app is None:
            self._app = OAuthApp(
                self._crm.base_url,
                self._value(oauth.client_id_env),
                SecretStr(self._value(oauth.client_secret_env)),
                shared_ssl_context(),
                self._crm.timeout_seconds,
            )
        return self._app

    def _value(self, name: str) -> str:
        """Empty, too, where a line break or another character that no token has came along."""
        value = self._environ.get(name, "").strip()
        return value if value.isascii() and value.isprintable() and " " not in value else ""
