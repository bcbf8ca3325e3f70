"""`config/schedule.yaml`: which clusters are scanned when, and what is reported after each scan."""

from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from app.errors import ConfigurationError
from app.model.fields import decimal
from app.settings.cron import Cron
from app.settings.program import CollectSettings, DocumentPaths, Settings
from app.settings.yaml_file import anchored, mistakes, read_mapping

_UNITS = {"m": 60, "h": 3600, "d": 86400}


def _duration(value: object) -> object:
    """Read `90m`, `12h` or `2d`."""
    if not isinstance(value, str):
        return value
    number, unit = value[:-1], value[-1:]
    count = decimal(number)
    if count is None or unit not in _UNITS:
        raise ValueError("write a number and m, h or d, for example 12h")
    return timedelta(seconds=count * _UNITS[unit])


Window = Annotated[timedelta, BeforeValidator(_duration)]


class ClusterSchedule(BaseModel):
    """One cluster: where it is read from, when, and which reports follow a scan.

    Exactly one source: `in_cluster`, `from` (folders of manifests), `server` with a token file and an authority file, or
    a kubeconfig, which is also the default. `collect` and `documents` come over those of the settings, name by name.

    Attributes:
        jitter: the start is put off by a part of this that follows from the name, so that a fleet does not start at once.
        catch_up: how late a slot may still be run.
        alert_after: how long after its time a slot may be without a scan before somebody is told.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(min_length=1)]
    cron: str
    timezone: str = "UTC"
    kubeconfig: Path | None = None
    context: str | None = None
    in_cluster: bool = False
    server: str | None = None
    token_file: Path | None = None
    ca_file: Path | None = None
    from_: Annotated[tuple[Path, ...], Field(alias="from")] = ()
    frameworks: tuple[str, ...] = ()  # empty: all
    formats: tuple[str, ...] = ("pdf", "html")  # empty: no report
    output: Path | None = None  # None: the folder of the settings, and in it the cluster's name
    catch_up: Window = timedelta(hours=12)
    jitter: Window = timedelta(0)
    alert_after: Window = timedelta(hours=6)
    definition: str = ""  # empty: that of the settings
    collect: CollectSettings = CollectSettings()
    documents: DocumentPaths = DocumentPaths()

    @model_validator(mode="after")
    def _usable(self) -> Self:
        named = self.kubeconfig is not None or self.context is not None
        if sum((self.in_cluster, bool(self.from_), named, self.server is not None)) > 1:
            raise ValueError("give one source only: in_cluster, from, server, or kubeconfig and context")
        if not self.server and (self.token_file or self.ca_file):
            raise ValueError("token_file and ca_file need server: the URL of the API server")
        _ = self.when
        return self

    @property
    def when(self) -> Cron:
        """The cron expression in its zone."""
        try:
            zone = ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(
                f"timezone {self.timezone!r} is not a name of the IANA time zone database"
            ) from error
        return Cron(self.cron, zone)

    @property
    def offset(self) -> timedelta:
        """How long after its time a slot begins: the same each night, spread over `jitter` by the cluster's name."""
        seconds = int(self.jitter.total_seconds())
        number = int.from_bytes(sha256(self.name.encode()).digest()[:8])
        return timedelta(seconds=number % seconds if seconds else 0)

    def reports_folder(self, common: Settings) -> Path:
        """Where its reports go."""
        return self.output or common.reports.output / self.name

    def settings(self, common: Settings) -> Settings:
        """The program's settings as they hold for this cluster."""
        own = {
            name: getattr(common, name).model_copy(update=given.model_dump(exclude_unset=True))
            for name, given in (("collect", self.collect), ("documents", self.documents))
        }
        return common.model_copy(update=own)


class Chores(BaseModel):
    """Work for the whole store, as cron expressions on the clock of UTC; empty for never."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    verify: str = "30 5 * * sun"  # every stored byte against its digest, every chain
    retention: str = ""  # scans that no rule of retention.yaml keeps; the account needs the right to remove

    @model_validator(mode="after")
    def _usable(self) -> Self:
        _ = self.due
        return self

    @property
    def due(self) -> dict[str, Cron]:
        """Chores that are wanted, by name."""
        given = self.model_dump().items()
        return {name: Cron(cron, ZoneInfo("UTC")) for name, cron in given if cron}


class Publish(BaseModel):
    """A folder of pages about the whole fleet, brought up to date after each slot.

    `reports` are formats of the reports of each cluster's last stored scan that stand beside the pages; empty for none.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    folder: Path
    reports: tuple[Literal["pdf", "html", "json", "csv", "oscal", "ocsf", "bundle"], ...] = ()


class Schedule(BaseModel):
    """All clusters of one schedule file; names are unique.

    `parallel` is how many clusters are scanned at once: each holds its whole cluster in memory.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    parallel: Annotated[int, Field(ge=1, le=1000)] = 4
    chores: Chores = Chores()
    publish: Publish | None = None
    clusters: Annotated[tuple[ClusterSchedule, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _unique(self) -> Self:
        names = [cluster.name for cluster in self.clusters]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"each cluster stands once in a schedule; given twice: {', '.join(twice)}")
        return self


def load_schedule(path: Path) -> Schedule:
    """Read a schedule; relative paths in it start at its folder.

    Raises:
        ConfigurationError: it cannot be read or used; all mistakes are named.
    """
    if not path.is_file():
        raise ConfigurationError(
            f"there is no schedule at {path}",
            advice="copy config/schedule.example.yaml there, or name yours as `schedule:` in the settings file",
        )
    raw = read_mapping(path)
    try:
        return Schedule.model_validate(raw | _anchored(raw, path.parent))
    except ValidationError as error:
        raise mistakes(error, Schedule, str(path)) from error


def _anchored(raw: dict[str, Any], folder: Path) -> dict[str, Any]:
    clusters, publish, found = raw.get("clusters"), raw.get("publish"), dict[str, Any]()
    if isinstance(clusters, list):
        found["clusters"] = [_cluster(item, folder) if isinstance(item, dict) else item for item in clusters]
    if isinstance(publish, dict):
        found["publish"] = anchored(Publish, publish, folder)
    return found


def _cluster(item: dict[str, Any], folder: Path) -> dict[str, Any]:
    result, paths = anchored(ClusterSchedule, item, folder), item.get("from")
    if isinstance(paths, list):
        result["from"] = [str(folder / str(path)) for path in paths]
    return result
