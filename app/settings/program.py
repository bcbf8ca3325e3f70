"""Settings of the program: `config/netattest.yaml`, over it the environment, over that the command line."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from app.errors import ConfigurationError
from app.model.finding import Severity
from app.settings.yaml_file import anchored, mistakes, read_mapping

DEFAULT_FILE = Path("config/netattest.yaml")
PREFIX = "NETATTEST_"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class DocumentPaths(_Part):
    """Files that judge a scan. One that is not named is looked for beside the settings file under its usual name."""

    scope: Path | None = None
    exceptions: Path | None = None
    attestations: Path | None = None
    flows: Path | None = None
    registers: Path | None = None
    probes: Path | None = None  # results of connection attempts that somebody hands in
    baseline: Path | None = None  # a folder of rendered manifests: the approved configuration source
    checks: Path | None = None  # the packaged catalogue when there is none
    frameworks: Path | None = (
        None  # a folder; its files come beside the packaged ones, and replace their namesakes
    )


class CollectSettings(_Part):
    """Reading API servers; the names are those of `app.collect.ApiSettings`.

    `secrets` adds names and types of Secrets, never their data; it needs a right that the shipped role does not give.
    `certificates` names namespaces whose TLS Secrets are read for their certificates; of their data only those are kept.
    """

    secrets: bool = False
    certificates: tuple[str, ...] = ()
    page_size: Annotated[int, Field(ge=1, le=5000)] = 500
    connect_timeout: Annotated[float, Field(gt=0)] = 10.0
    read_timeout: Annotated[float, Field(gt=0)] = 60.0
    total_seconds: Annotated[float, Field(gt=0)] = 3600.0
    attempts: Annotated[int, Field(ge=1)] = 5


class ProbeSettings(_Part):
    """`scan --probe-tls`: where it may connect to and with how much patience; the names are those of the prober.

    `allow` holds host patterns (`*.example.com`) and CIDR blocks beside what the cluster's own status reports.
    """

    allow: tuple[str, ...] = ()
    trust_anchors: Path | None = None  # PEM file of your own authorities, beside the public ones
    threads: Annotated[int, Field(ge=1, le=32)] = 4
    pause: Annotated[float, Field(ge=0, le=10)] = 0.05
    connection_seconds: Annotated[float, Field(gt=0, le=60)] = 5.0
    endpoint_seconds: Annotated[float, Field(gt=0, le=600)] = 30.0
    total_seconds: Annotated[float, Field(gt=0, le=7200)] = 600.0


class ReportSettings(_Part):
    """Reports: which definition, where definitions are looked for, where files go."""

    definition: str = "auditor"
    definitions: Path | None = None  # a folder; packaged definitions are found as well
    output: Path = Path("reports/out")


class SealSettings(_Part):
    """Signing reports: key and certificate (PEM), and who time-stamps. Without files, those of `netattest key create`.

    The passphrase of the key is read from `passphrase_file`, or from NETATTEST_SEAL_PASSPHRASE; never set in the file.
    """

    key: Path | None = None
    certificate: Path | None = None
    passphrase_file: Path | None = None
    timestamp_url: str | None = None  # RFC 3161 over HTTP; None: the time is the signer's own word
    timestamp_timeout: Annotated[float, Field(gt=0)] = 15.0
    pseudonym_key: Path | None = None  # of `report --redact`


class LogSettings(_Part):
    """Log lines on the standard error stream."""

    format: Literal["console", "json"] = "console"
    level: Literal["debug", "info", "warning", "error"] = "info"


class ServiceSettings(_Part):
    """`netattest run`: where metrics and health are served, and how long a stop waits for running scans."""

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 9464  # 0 takes any free port
    grace_seconds: Annotated[float, Field(ge=0)] = (
        25.0  # under the 30 s that Kubernetes gives a pod by default
    )
    job_template: Path | None = (
        None  # of `run --executor kubernetes`; None: `job.yaml` beside the settings file
    )
    lease_seconds: Annotated[float, Field(ge=1, le=600)] = 30.0  # until another service may take over
    database_patience_seconds: Annotated[float, Field(ge=0)] = (
        300.0  # silence of the database until somebody is told
    )


class Settings(BaseSettings):
    """Everything that can be set for all commands. Unknown names are refused.

    Environment variables are `NETATTEST_` and the name, with two underscores between levels:
    `NETATTEST_DATABASE_URL`, `NETATTEST_LOG__LEVEL`.
    """

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="__", extra="forbid", frozen=True, env_ignore_empty=True
    )

    folder: Path = Field(default=Path("config"), exclude=True)  # of the settings file; never set in the file
    database_url: SecretStr | None = None  # None: the embedded database
    data_dir: Path | None = None  # of the embedded database; None: the user's data folder
    documents: DocumentPaths = DocumentPaths()
    frameworks: tuple[str, ...] = ()
    """Ids of the frameworks that judge a scan; empty: PCI DSS, HIPAA, SOC 2 and every own file."""
    collect: CollectSettings = CollectSettings()
    probe: ProbeSettings = ProbeSettings()
    reports: ReportSettings = ReportSettings()
    sealing: SealSettings = SealSettings()
    seal_passphrase: SecretStr | None = None  # only from the environment
    closing_days: Mapping[Severity, Annotated[int, Field(ge=0)]] = Field(default_factory=dict)
    """Days that the entity allows to close a finding, by severity; what is not set is not measured."""
    schedule: Path | None = None  # None: `schedule.yaml` beside the settings file
    deliveries: Path | None = None  # None: `deliveries.yaml` beside the settings file, if there is one
    retention: Path | None = None  # None: `retention.yaml` beside the settings file
    log: LogSettings = LogSettings()
    service: ServiceSettings = ServiceSettings()

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Put the environment over the file, whose values arrive as arguments."""
        del settings_cls, dotenv_settings, file_secret_settings
        return env_settings, init_settings

    @property
    def schedule_file(self) -> Path:
        """The schedule, whether it exists or not."""
        return self.schedule or self.folder / "schedule.yaml"

    @property
    def deliveries_file(self) -> Path:
        """The channels, whether the file exists or not."""
        return self.deliveries or self.folder / "deliveries.yaml"

    @property
    def retention_file(self) -> Path:
        """The rules of retention, whether they exist or not."""
        return self.retention or self.folder / "retention.yaml"


def load_settings(path: Path | None = None, *, database_url: str | None = None) -> Settings:
    """Read settings: command line over environment over file over defaults.

    Args:
        path: the settings file; None takes `config/netattest.yaml` if it exists.
        database_url: what the command line gave.

    Raises:
        ConfigurationError: the file cannot be read, or values cannot be used; all of them are named.
    """
    file = path or (DEFAULT_FILE if DEFAULT_FILE.is_file() else None)
    raw = read_mapping(file) if file else {}
    if "folder" in raw:
        raise ConfigurationError(f"{file}: folder: unknown setting", advice="remove the line")
    if "seal_passphrase" in raw:
        raise ConfigurationError(
            f"{file}: seal_passphrase: a passphrase does not belong into this file",
            advice="set NETATTEST_SEAL_PASSPHRASE, or name a file in sealing.passphrase_file",
        )
    folder = file.parent if file else DEFAULT_FILE.parent
    try:
        settings = Settings(**anchored(Settings, raw, folder), **_folder(folder))
    except ValidationError as error:
        source = str(file) if file else "environment"
        raise mistakes(error, Settings, source, prefix=PREFIX) from error
    if database_url is not None:
        return settings.model_copy(update={"database_url": SecretStr(database_url)})
    return settings


def _folder(folder: Path) -> dict[str, Any]:
    return {"folder": folder}


__all__ = ["EnvSettingsSource", "Settings", "load_settings"]
