"""Messy contacts by the million, the same ones every time, made by SQL from row numbers.

About a fifth of the rows repeat a person, some in chains of shared emails and phones, in
200 locations and 30 countries, with the formats and mistakes that people make.
"""

from pathlib import Path

import duckdb
import phonenumbers
import pyarrow as pa
from babel import Locale
from phonenumbers import PhoneMetadata, PhoneNumberType
from pycountry import countries

REGIONS = (
    *("US", "CA", "MX", "BR", "AR", "CL", "CO", "GB", "IE", "FR", "DE", "AT", "CH", "IT", "ES"),
    *("PT", "NL", "BE", "SE", "NO", "DK", "FI", "PL", "CZ", "AU", "NZ", "IN", "JP", "ZA", "TR"),
)
FOLDER = Path(__file__).parent


def write_contacts(folder: Path, rows: int) -> tuple[Path, Path]:
    """Write ``warehouse_contacts`` and ``crm_locations`` of ``rows`` rows into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    contacts, locations = folder / f"contacts_{rows}.parquet", folder / "locations.parquet"
    if contacts.exists() and locations.exists():
        return contacts, locations
    con = duckdb.connect()
    con.execute("set preserve_insertion_order = false")
    con.execute("set memory_limit = '4GiB'")
    con.register("regions", pa.Table.from_pylist(_regions()))
    con.execute(f"copy ({_sql('crm_locations')}) to '{locations}' (format parquet)")
    con.execute(f"create view numbers as select range as i from range({rows})")
    con.execute(f"copy ({_sql('warehouse_contacts')}) to '{contacts}' (format parquet)")
    con.close()
    return contacts, locations


def _sql(name: str) -> str:
    return (FOLDER / "data" / f"{name}.sql").read_text(encoding="utf-8")


def _regions() -> list[dict[str, object]]:
    return [_region(position, region) for position, region in enumerate(REGIONS)]


def _region(position: int, region: str) -> dict[str, object]:
    metadata = PhoneMetadata.metadata_for_region(region)
    if metadata is None:
        raise LookupError(region)
    country = countries.get(alpha_2=region)
    examples = [
        phonenumbers.national_significant_number(example)
        for kind in (PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE)
        if (example := phonenumbers.example_number_for_type(region, kind))
    ]
    own = metadata.id and Locale.parse(f"und_{region}").territories.get(region, country.name)
    return {
        "position": position,
        "region": region,
        "alpha_3": country.alpha_3,
        "english": country.name,
        "native": own,
        "calling_code": str(metadata.country_code),
        "trunk": metadata.national_prefix or "",
        "examples": examples,
    }
