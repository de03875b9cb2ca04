"""The registry of locations: whether each country there is one."""

from collections.abc import Iterable, Iterator

from contacts_pipeline.finding import Finding
from contacts_pipeline.prepare import country_meant
from contacts_pipeline.settings import Location


def examine(locations: Iterable[Location]) -> Iterator[Finding]:
    """A warning for each country that is none; without one every national phone is invalid."""
    for one in locations:
        if one.country and country_meant(one.country) is None:
            yield Finding(
                "warning",
                "country_unknown",
                f"location {one.id}",
                f"'{one.country}' is no country; phones without an international prefix are "
                "rejected where their row names no country either",
                "write it as two letters of ISO 3166-1, such as DE, in the registry",
            )
