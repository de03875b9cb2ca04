import math
from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from contacts_pipeline.contact import FIELD_COLUMNS, Contact
from contacts_pipeline.errors import SettingsError
from contacts_pipeline.settings import FieldMap, Settings, load_settings
from contacts_pipeline.workspace import Workspace
from scripts.make_schema import SCHEMA, schema_text
from scripts.make_settings import PAGE, settings_page

ROOT = Path(__file__).parents[1]
MINIMAL = """\
warehouse: {url: w}
contacts: {table: t, key: k, location: l, fields: {email: e}}
locations: [{id: a}]
crm: {base_url: "http://localhost:1"}
"""


def settings_of(folder: Path, text: str, **environ: str) -> Settings:
    path = folder / "contacts.yaml"
    path.write_text(text)
    return load_settings(path, environ)


def test_the_tracked_schema_is_the_one_of_the_models() -> None:
    assert SCHEMA.read_text(encoding="utf-8") == schema_text()


def test_the_page_of_the_settings_is_the_one_of_the_models() -> None:
    assert PAGE.read_text(encoding="utf-8") == settings_page()


def test_the_tracked_settings_are_valid_and_name_the_sandbox() -> None:
    settings = load_settings(ROOT / "contacts.yaml", {})
    assert settings.crm.is_loopback
    assert settings.reads_the_sample


def test_every_field_of_a_contact_can_be_mapped() -> None:
    wire = {field.alias for field in Contact.model_fields.values()}
    assert wire - {"locationId", "customFields"} == FieldMap.model_fields.keys()
    assert FIELD_COLUMNS.keys() <= FieldMap.model_fields.keys()


@pytest.mark.parametrize(
    ("url", "normal"),
    [
        ("HTTPS://Services.LeadConnectorHQ.com/", "https://services.leadconnectorhq.com"),
        ("https://crm.example.com:443", "https://crm.example.com"),
        ("http://127.0.0.1:8484/", "http://127.0.0.1:8484"),
        ("http://[::1]:80/api/", "http://[::1]/api"),
    ],
)
def test_one_crm_has_one_base_url(tmp_path: Path, url: str, normal: str) -> None:
    text = MINIMAL.replace("http://localhost:1", url)
    assert settings_of(tmp_path, text).crm.base_url == normal


def test_variables_have_defaults_and_the_environment_wins(tmp_path: Path) -> None:
    text = MINIMAL.replace("http://localhost:1", "${URL:-http://localhost:2}")
    assert settings_of(tmp_path, text).crm.base_url == "http://localhost:2"
    assert (
        settings_of(tmp_path, text, URL="http://localhost:3").crm.base_url == "http://localhost:3"
    )


def test_a_dotenv_file_beside_the_settings_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CRM_BASE_URL", raising=False)
    (tmp_path / ".env").write_text("CRM_BASE_URL=http://localhost:4\n")
    path = tmp_path / "contacts.yaml"
    path.write_text(MINIMAL.replace("http://localhost:1", "${CRM_BASE_URL}"))
    assert load_settings(path).crm.base_url == "http://localhost:4"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("{url: w}", "{url: w, user: x}", "line 1: warehouse.user: there is no such key"),
        ("key: k, ", "", "line 2: contacts.key: is missing"),
        ("table: t,", "table: t, query: q,", "line 2: contacts: give either 'table' or 'query'"),
        ("{email: e}", "{emial: e}", "contacts.fields.emial: there is no such key; did you mean"),
        ("[{id: a}]", "[{id: a, match: name}]", "line 3: locations.0.match: Input should be"),
        (
            "[{id: a}]",
            "{table: t, columns: {code: c}}",
            "locations.columns: a location has no code",
        ),
        ("localhost:1", "example.com", "line 4: crm: base_url must be https"),
        ("table: t", "table: 2024-13-45", "line 2: not valid YAML: what is written like a number"),
        ("table: t", "table: 0x_", "line 2: not valid YAML: what is written like a number"),
        (
            "locations",
            "policy: {tags: skip}\npolicy: {dnd: follow}\nlocations",
            "line 4: not valid YAML: 'policy' stands there twice, first in line 3; keep one",
        ),
        ("email: e", "email: e, email: f", "line 2: not valid YAML: 'email' stands there twice"),
        *(
            (
                "id: a",
                f"id: a, {given}",
                f"line 3: locations.0.{key}: YAML takes it for {kind}; put it in quotes",
            )
            for key, given, kind in [
                ("country", "country: NO", "yes or no"),
                ("quiet_hours", "quiet_hours: 20:00", "a number"),
                ("name", "name: 2024-01-01", "a date"),
            ]
        ),
        ("table: t", "table: !!timestamp t", "line 2: not valid YAML: what is written like a"),
        ("{url: w}", "&w {url: *w}", "contacts.yaml: an alias stands within its anchor; write it"),
        ("http://localhost:1", "localhost", "crm.base_url: write it as https://host[:port]"),
        ("{url: w}", "{url: w, full_refresh: daily}", "line 1: warehouse.full_refresh: 'daily' is"),
        *(
            (
                "[{id: a}]",
                f"[{{id: a}}]\nautomation:\n  {key}: {line}",
                f"line 5: automation.{key}: '{line}' is no cron line; write it as '0 6 * * *'",
            )
            for key, line in [
                ("refresh", "daily"),
                ("retry", "hourly"),
                ("retry", "0 0 6 * * *"),
                ("refresh", "0 6 LW * *"),
                ("refresh", "0 6 * * 5L"),
                ("refresh", "0 6 30 2 1"),
            ]
        ),
        *(
            ("[{id: a}]", f"[{{id: a}}]\nsurvivorship: {written}", f"line 4: survivorship{told}")
            for written, told in [
                ("{default: oldest}", ".default: Input should be 'newest', 'most_frequent'"),
                ("{fields: {firstName: longest}}", ".fields: 'firstName' survives with its group"),
                ("{fields: {tags: longest}}", ".fields: 'tags' has a rule of its own"),
                (
                    "{fields: {compnyName: longest}}",
                    ".fields.compnyName: there is no such key; did",
                ),
                ("{default: source_priority}", ": the rule 'source_priority' needs"),
                ("{source_priority: {column: c, order: [a]}}", ": no field survives by"),
                (
                    "{default: source_priority, source_priority: {column: c}}",
                    ".source_priority.order",
                ),
                ("{custom_fields: {tier: longest}}", ": custom_fields: contacts.custom_fields has"),
            ]
        ),
    ],
)
def test_an_error_names_the_line_the_key_and_what_was_meant(
    tmp_path: Path, old: str, new: str, told: str
) -> None:
    with pytest.raises(SettingsError) as error:
        settings_of(tmp_path, MINIMAL.replace(old, new))
    assert told in str(error.value)


@pytest.mark.parametrize(
    ("section", "key", "most"),
    [
        ("retention", "run_days", 36_500),
        ("retention", "snapshot_days", 36_500),
        ("warehouse", "overlap_minutes", 525_600),
        ("warehouse", "keys_hours", None),
        ("crm", "timeout_seconds", 86_400),
        ("crm", "settle_seconds", 86_400),
        ("crm", "whole_list_days", 36_500),
        ("checks", "stale_hours", None),
    ],
)
def test_no_time_is_infinite_or_beyond_what_dates_can_count(
    section: str, key: str, most: int | None
) -> None:
    given = yaml.safe_load(MINIMAL)

    def with_time(value: float) -> Settings:
        changed = given.get(section, {}) | {key: value}
        return Settings.model_validate(given | {section: changed})

    for never in (math.inf, math.nan):
        with pytest.raises(ValidationError, match=f"{section}.{key}"):
            with_time(never)
    if most is not None:
        assert with_time(most)
        with pytest.raises(ValidationError, match=f"less than or equal to {most}"):
            with_time(most + 1)


def test_a_merged_key_may_be_said_otherwise(tmp_path: Path) -> None:
    text = MINIMAL.replace(
        "[{id: a}]", "[&a {id: a, country: DE}, &b {<<: *a, id: b}, {<<: *b, id: c}]"
    )
    found = settings_of(tmp_path, text).locations
    assert isinstance(found, tuple)
    assert [(one.id, one.country) for one in found] == [("a", "DE"), ("b", "DE"), ("c", "DE")]


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
@pytest.mark.parametrize("name", ["contacts.yaml", ".env"])
def test_a_file_in_another_encoding_is_named_with_the_remedy(
    tmp_path: Path, name: str, encoding: str
) -> None:
    written = {"contacts.yaml": MINIMAL, ".env": "CRM_TOKEN=pit\n"}
    for file, text in written.items():
        (tmp_path / file).write_text(text)
    (tmp_path / name).write_bytes((written[name] + "# é\n").encode(encoding))
    with pytest.raises(SettingsError, match=f"{name}: not written in UTF-8; save it as UTF-8"):
        load_settings(tmp_path / "contacts.yaml")


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ann:s3cret@db.example/shop",
        "postgres://ann:s3cret@127.0.0.1:5432/shop",
        "postgresql://ann:of/s3cret@db.example/shop",
        "postgresql://${DB_USER}:s3cret@${DB_HOST}/shop",
        "postgresql://ann:s3cret${DB_PASSWORD}@db.example/shop",
        "postgresql://ann@db.example/shop?sslmode=require&password=s3cret",
        "postgresql://ann@tenant:s3cret@db.example/shop",
        "snowflake://ann:s3cret@account/shop/public?warehouse=w",
        "snowflake://ann@account/shop?token=s3cret",
        "md:shop?motherduck_token=s3cret",
        "s3://key:s3cret@bucket/contacts",
        "abfs://:s3cret@account.dfs.core.windows.net/contacts",
        "adbc+mysql://ann:s3cret@db.example/shop",
        "adbc+postgresql://?uri=postgresql%3A%2F%2Fann%3As3cret%40db.example",
        "adbc+postgresql://?uri=host%3Ddb.example%20password%3Ds3cret",
        "adbc+flightsql://?uri=grpc://db.example&password=s3cret",
        "ann:s3cret@db.example/shop",
        "${WAREHOUSE_URL:-postgresql://ann:s3cret@127.0.0.1/shop}",
        "${WAREHOUSE_URL}?password=s3cret",
        "postgresql://ann:${DB_PASSWORD:-s3cret}@db.example/shop",
    ],
)
def test_a_password_in_the_settings_is_refused_with_its_line_and_not_shown(
    tmp_path: Path, url: str
) -> None:
    text = MINIMAL.replace("{url: w}", f"\n  timeout_seconds: 5\n  url: '{url}'")
    names = ("WAREHOUSE_URL", "DB_USER", "DB_HOST", "DB_PASSWORD")
    with pytest.raises(SettingsError) as error:
        settings_of(tmp_path, text, **dict.fromkeys(names, "set"))
    assert "contacts.yaml, line 3: warehouse.url: a password stands in the file" in str(error.value)
    assert "${VAR}" in str(error.value)
    assert "s3cret" not in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "url",
    [
        "data/sample",
        "postgresql://ann@db.example:5432/shop?user=ann@tenant",
        "postgresql://postgres:@127.0.0.1:5432/shop",
        "postgresql://ann:${DB_PASSWORD}@db.example,other.example:5432/shop",
        "postgresql://${DB_USER}:${DB_PASSWORD}@[::1]:5432/shop?sslkey=ann.key&passfile=pass.txt",
        "postgresql://ann:${DB_PASSWORD:-}@db.example/shop",
        "postgresql://db.example:5432/shop@home",
        "${WAREHOUSE_URL}",
        "${WAREHOUSE_URL:-postgresql://127.0.0.1/shop}",
        "snowflake://ann:${DB_PASSWORD}@account/shop?passcodeInPassword=true&privateKeyFile=a.p8",
        "bigquery://project/dataset?location=EU&credentials=reader.json",
        "md:shop?motherduck_token=${DB_PASSWORD}",
        "abfs://contacts@account.dfs.core.windows.net/of:today",
        "adbc+postgresql://?uri=postgresql%3A%2F%2Fann%3A${DB_PASSWORD}%40db.example",
    ],
)
def test_a_password_from_a_variable_is_taken(tmp_path: Path, url: str) -> None:
    environ = {
        "WAREHOUSE_URL": "postgresql://ann:s3cret@db.example/shop",
        "DB_USER": "ann",
        "DB_PASSWORD": "s3cret",
    }
    found = settings_of(tmp_path, MINIMAL.replace("{url: w}", f"\n  url: '{url}'"), **environ)
    assert ("s3cret" in found.warehouse.url) == ("_PASSWORD" in url or "WAREHOUSE_URL" in url)


@pytest.mark.parametrize("field", ["email", "phone", "tags", "country", "postalCode", "nothing"])
def test_what_the_api_does_not_take_as_null_can_not_be_cleared(tmp_path: Path, field: str) -> None:
    with pytest.raises(SettingsError, match=field):
        settings_of(tmp_path, MINIMAL + f"policy: {{clear: [{field}]}}\n")


def test_a_token_is_never_shown() -> None:
    settings = load_settings(ROOT / "contacts.yaml", {})
    workspace = Workspace(settings, Path("data"), {"CRM_TOKEN": "pit-secret"})
    assert "pit-secret" not in repr(workspace)
