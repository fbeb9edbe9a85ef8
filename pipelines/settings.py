"""Read salesops.yaml and the environment: the only module that does either."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator

CONFIG_VARIABLE = "SALESOPS_CONFIG"
HOME_VARIABLE = "SALESOPS_HOME"

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


class SettingsError(Exception):
    """A setting is missing, unknown or wrong. The message names file, line and what to write."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Company(_Model):
    """Who the figures are about: zone, currency and calendar of the whole platform."""

    name: str = Field("Demo company", description="shown on every report")
    timezone: str = Field("UTC", description="the reporting zone: timestamps become dates in it")
    currency: str = Field("USD", description="the reporting currency (ISO 4217)")
    language: Literal["zh", "en"] = Field(
        "en", description="language of the report that opens first"
    )
    fiscal_year_start: int = Field(
        1, ge=1, le=12, description="month in which the fiscal year starts"
    )
    week_start: Weekday = Field("monday", description="first day of the week")
    holidays: str | None = Field(
        None, description="country of the public holidays (ISO 3166, for example CN); empty: none"
    )

    @field_validator("timezone")
    @classmethod
    def _zone_is_known(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except Exception as error:
            raise ValueError(f"{value!r} is no time zone of the IANA list") from error
        return value

    @field_validator("currency")
    @classmethod
    def _currency_is_a_code(cls, value: str) -> str:
        if not re.fullmatch(r"[A-Z]{3}", value):
            raise ValueError(f"{value!r} is no currency code such as CNY or USD")
        return value


class Analysis(_Model):
    """Windows and lists that the metrics name."""

    repeat_window_days: int = Field(
        90, ge=1, description="a repeat purchase falls within these days"
    )
    lead_window_days: int = Field(90, ge=1, description="a lead converts within these days")
    deal_window_days: int = Field(
        180, ge=1, description="a cohort of deals is mature after these days"
    )
    return_window_days: int = Field(
        90, ge=1, description="a sale's returns are in after these days"
    )
    attribution_window_days: int = Field(
        180, ge=1, description="touches count from these days before a deal's creation"
    )
    no_decision_reasons: tuple[str, ...] = Field(
        ("no decision", "未决定"), description="lost reasons that mean that nobody won"
    )
    on_time_basis: Literal["delivered", "shipped"] = Field(
        "delivered", description="what makes an order on time: its delivery or its shipping"
    )
    discount_rate: float = Field(
        0.10, ge=0, le=1, description="yearly rate that discounts lifetime value"
    )
    business_hours: str = Field(
        "Mon-Fri 09:00-18:00", description="hours that count as business hours"
    )

    @field_validator("business_hours")
    @classmethod
    def _hours_can_be_read(cls, value: str) -> str:
        if not re.fullmatch(r"[A-Z][a-z]{2}-[A-Z][a-z]{2} \d{2}:\d{2}-\d{2}:\d{2}", value):
            raise ValueError(f"{value!r} is not of the form 'Mon-Fri 09:00-18:00'")
        return value


class Source(_Model):
    """One source: a database (`url`) or a folder of files (`path`), of one system."""

    name: str = Field(description="the source's name in marts and messages")
    system: Literal["generic", "surveymonkey"] = Field("generic", description="what product it is")
    url: SecretStr | None = Field(None, description="SQLAlchemy address of a database")
    db_schema: str | None = Field(None, alias="schema", description="schema of its tables or views")
    table_prefix: str = Field(
        "", description="what its tables or views have before the entity's name"
    )
    path: Path | None = Field(None, description="folder of its files")
    mapping: Path | None = Field(
        None, description="YAML that maps files of any shape to the contract"
    )
    id_prefix: str = Field("", description="put in front of the source's ids")
    timezone: str | None = Field(
        None, description="zone of timestamps that name none (default: the company's)"
    )
    encoding: str | None = Field(None, description="encoding of text files where it is known")
    prices_include_tax: bool = Field(
        False, description="unit prices are gross: tax_amount is taken out"
    )
    absent: tuple[str, ...] = Field(
        (), description="tables or columns that went away and are meant to"
    )
    lag_hours: float = Field(
        2.0, ge=0, description="how far back an incremental extraction reads again"
    )
    vanish_limit: float = Field(
        0.2, ge=0, le=1, description="share of an entity's keys that may vanish in one night"
    )
    questions: dict[str, Literal["nps", "csat", "ces"]] = Field(
        default_factory=dict, description="questions of a survey export that measure something"
    )
    submitted_on: date | None = Field(None, description="day of an export without any date")

    @field_validator("name")
    @classmethod
    def _name_is_a_folder(cls, value: str) -> str:
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,40}", value):
            raise ValueError(f"{value!r}: a source's name is lower case letters, digits and _")
        return value

    @field_validator("timezone")
    @classmethod
    def _zone_is_known(cls, value: str | None) -> str | None:
        return Company._zone_is_known(value) if value else value


class FilesTarget(_Model):
    """Release folders below the home: always written; `keep` says how many stay."""

    kind: Literal["files"] = "files"
    keep: int = Field(30, ge=1, description="releases that are kept; the one in use always is")


class PostgresTarget(_Model):
    """A PostgreSQL schema that BI tools read."""

    kind: Literal["postgres"]
    url: SecretStr
    db_schema: str = Field("marts", alias="schema", description="schema of the published tables")
    reader_role: str | None = Field(
        None, description="role that may read the schema and nothing else"
    )


class Privacy(_Model):
    """What of persons is published beyond the names of reps and customers."""

    publish_personal_data: bool = Field(
        False,
        description="leave e-mails and phone numbers in published texts instead of masking them",
    )


class Corrections(_Model):
    """What is corrected without asking, beyond what ships."""

    spellings: Path | None = Field(
        None,
        description="CSV of known spellings, with the columns column, spelling and meant",
    )


class Schedule(_Model):
    """When the nightly job starts, in the company's zone."""

    cron: str = Field("0 3 * * *", description="five fields of cron, in the company's zone")


class Settings(_Model):
    """Everything a run needs to know. `home` is where the platform writes."""

    company: Company = Company()
    analysis: Analysis = Analysis()
    sources: tuple[Source, ...] = ()
    references: dict[str, str] = Field(
        default_factory=dict, description="entity → source, where several sources deliver it"
    )
    publish: tuple[FilesTarget | PostgresTarget, ...] = (FilesTarget(),)
    corrections: Corrections = Corrections()
    privacy: Privacy = Privacy()
    schedule: Schedule = Schedule()
    home: Path = Path("data")
    base: Path = Path(".")
    is_demo: bool = False

    @property
    def lake(self) -> Path:
        return self.home / "lake"

    @property
    def warehouse(self) -> Path:
        return self.home / "warehouse.duckdb"

    @property
    def releases(self) -> Path:
        return self.home / "releases"

    @property
    def keep(self) -> int:
        """How many releases stay."""
        return next(
            (t.keep for t in self.publish if isinstance(t, FilesTarget)), FilesTarget().keep
        )

    def resolved(self, path: Path) -> Path:
        """A path of the settings, relative ones read from the folder of the settings file."""
        return path if path.is_absolute() else self.base / path

    def zone_of(self, source: Source) -> str:
        """The zone in which a naive timestamp of that source is read."""
        return source.timezone or self.company.timezone


_FILE_KEYS = (
    "company",
    "analysis",
    "sources",
    "references",
    "corrections",
    "publish",
    "privacy",
    "schedule",
)


def _filled(value: Any, environment: Mapping[str, str], where: str) -> Any:
    """Replace ${NAME} by the environment's value, everywhere in a tree of settings."""
    if isinstance(value, str):

        def replace(match: re.Match[str]) -> str:
            name = match.group(1)
            if name not in environment:
                raise SettingsError(
                    f"{where}: ${{{name}}} is not set in the environment. Set it, or write the value."
                )
            return environment[name]

        return re.sub(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}", replace, value)
    if isinstance(value, dict):
        return {key: _filled(item, environment, where) for key, item in value.items()}
    if isinstance(value, list):
        return [_filled(item, environment, where) for item in value]
    return value


def _line_of(document: Any, location: tuple[Any, ...]) -> int:
    """The line (from 1) on which the deepest part of `location` that exists stands."""
    line = 1
    node = document
    for part in location:
        marks = getattr(node, "lc", None)
        if marks is None:
            break
        try:
            line = (marks.key(part) if isinstance(node, dict) else marks.item(part))[0] + 1
            node = node[part]
        except (KeyError, IndexError, TypeError):
            # A union's own name stands in pydantic's location but not in the file.
            continue
    return line


def _known_names(location: tuple[Any, ...]) -> list[str]:
    models: dict[Any, type[BaseModel]] = {
        "company": Company,
        "analysis": Analysis,
        "sources": Source,
        "corrections": Corrections,
        "privacy": Privacy,
        "schedule": Schedule,
    }
    if len(location) == 1:
        return list(_FILE_KEYS)
    if location[0] == "publish":
        return ["kind", "keep", "url", "schema", "reader_role"]
    model = models.get(location[0])
    if model is None:
        return []
    return [field.alias or name for name, field in model.model_fields.items()]


def _message(error: ValidationError, document: Any, file: Path) -> str:
    lines = []
    for item in error.errors():
        location = tuple(item["loc"])
        line = _line_of(document, location)
        name = ".".join(str(part) for part in location)
        if item["type"] == "extra_forbidden":
            near = difflib.get_close_matches(
                str(location[-1]), _known_names(location), n=1, cutoff=0.5
            )
            hint = f" Did you mean {near[0]!r}?" if near else ""
            lines.append(f"{file}, line {line}: unknown setting {name!r}.{hint}")
        else:
            # Never the value itself: it may be a secret.
            lines.append(f"{file}, line {line}: {name}: {item['msg']}.")
    return " ".join(dict.fromkeys(lines))


def _checked(settings: Settings, file: Path) -> Settings:
    names = [source.name for source in settings.sources]
    for name in names:
        if names.count(name) > 1:
            raise SettingsError(f"{file}: two sources are named {name!r}. Give each its own name.")
    for source in settings.sources:
        if (source.url is None) == (source.path is None):
            raise SettingsError(
                f"{file}: source {source.name!r} needs either `url` (a database) or `path` (files)."
            )
        if source.system != "generic" and source.path is None:
            raise SettingsError(
                f"{file}: source {source.name!r}: {source.system} exports need `path`."
            )
    if not settings.sources:
        raise SettingsError(
            f"{file}: there are no `sources`. Name at least one database or folder."
        )
    return settings


def parse_settings(
    text: str, *, file: Path, home: Path, environment: Mapping[str, str], is_demo: bool = False
) -> Settings:
    """Settings from the text of a salesops.yaml.

    Raises SettingsError with file, line and the nearest right name where something is unknown or
    wrong. Values of the file never stand in the message: they may be secrets.
    """
    from ruamel.yaml import YAML
    from ruamel.yaml.error import MarkedYAMLError

    try:
        document = YAML().load(text) or {}
        plain = YAML(typ="safe", pure=True).load(text) or {}
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise SettingsError(
            f"{file}, line {line}: this is no valid YAML: {error.problem}."
        ) from None
    if not isinstance(plain, dict):
        raise SettingsError(
            f"{file}: expected settings by name, such as `company:` and `sources:`."
        )
    for key in plain:
        if key not in _FILE_KEYS:
            near = difflib.get_close_matches(str(key), _FILE_KEYS, n=1, cutoff=0.5)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            line = _line_of(document, (key,))
            raise SettingsError(f"{file}, line {line}: unknown setting {str(key)!r}.{hint}")
    filled = _filled(plain, environment, str(file))
    try:
        settings = Settings.model_validate(
            {**filled, "home": home, "base": file.parent, "is_demo": is_demo}
        )
    except ValidationError as error:
        raise SettingsError(_message(error, document, file)) from None
    return _checked(settings, file)


def load_settings(
    config: Path | None = None,
    *,
    environment: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> Settings:
    """Settings of this installation: `config`, else the file in SALESOPS_CONFIG, else
    salesops.yaml here, else the embedded demo company (home `data/demo`).

    Raises SettingsError where the file is missing or wrong.
    """
    environment = os.environ if environment is None else environment
    cwd = Path.cwd() if cwd is None else cwd
    if config is None and environment.get(CONFIG_VARIABLE):
        config = Path(environment[CONFIG_VARIABLE])
    if config is None and (cwd / "salesops.yaml").is_file():
        config = cwd / "salesops.yaml"
    home = environment.get(HOME_VARIABLE)
    if config is None:
        demo_home = Path(home) if home else cwd / "data" / "demo"
        return demo_settings(demo_home.absolute())
    if not config.is_file():
        raise SettingsError(
            f"{config}: there is no such settings file. Write one with `salesops init`."
        )
    return parse_settings(
        config.read_text(encoding="utf-8"),
        file=config.absolute(),
        home=(Path(home) if home else cwd / "data").absolute(),
        environment=environment,
    )


def demo_settings(home: Path) -> Settings:
    """Settings of the embedded demo company, whose sources stand in `home`/sources."""
    from pipelines.demo.company import SETTINGS

    return parse_settings(
        SETTINGS, file=home / "sources" / "salesops.yaml", home=home, environment={}, is_demo=True
    )
