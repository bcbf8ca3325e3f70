"""`config/schedule.yaml`: which clusters are scanned when, and what is reported after each scan."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from app.errors import ConfigurationError
from app.settings.cron import Cron
from app.settings.yaml_file import mistakes, read_mapping

_UNITS = {"m": 60, "h": 3600, "d": 86400}


def _duration(value: object) -> object:
    """Read `90m`, `12h` or `2d`."""
    if not isinstance(value, str):
        return value
    number, unit = value[:-1], value[-1:]
    if not number.isdigit() or unit not in _UNITS:
        raise ValueError("write a number and m, h or d, for example 12h")
    return timedelta(seconds=int(number) * _UNITS[unit])


Window = Annotated[timedelta, BeforeValidator(_duration)]


class ClusterSchedule(BaseModel):
    """One cluster: where it is read from, when, and which reports follow a scan.

    Exactly one source: `in_cluster`, `from` (folders of manifests), or a kubeconfig, which is also the default.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, Field(min_length=1)]
    cron: str
    timezone: str = "UTC"
    kubeconfig: Path | None = None
    context: str | None = None
    in_cluster: bool = False
    from_: Annotated[tuple[Path, ...], Field(alias="from")] = ()
    frameworks: tuple[str, ...] = ()  # empty: all
    formats: tuple[str, ...] = ("pdf", "html")  # empty: no report
    output: Path | None = None  # None: the folder of the settings, and in it the cluster's name
    catch_up: Window = timedelta(hours=12)

    @model_validator(mode="after")
    def _usable(self) -> Self:
        sources = [self.in_cluster, bool(self.from_), self.kubeconfig is not None or self.context is not None]
        if sum(sources) > 1:
            raise ValueError("give one source only: in_cluster, from, or kubeconfig and context")
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


class Schedule(BaseModel):
    """All clusters of one schedule file; names are unique."""

    model_config = ConfigDict(extra="forbid", frozen=True)

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
        return Schedule.model_validate(raw | {"clusters": _anchored(raw.get("clusters"), path.parent)})
    except ValidationError as error:
        raise mistakes(error, Schedule, str(path)) from error


def _anchored(clusters: Any, folder: Path) -> Any:
    if not isinstance(clusters, list):
        return clusters
    return [_cluster(item, folder) if isinstance(item, dict) else item for item in clusters]


def _cluster(item: dict[str, Any], folder: Path) -> dict[str, Any]:
    paths = item.get("from")
    result = {
        key: str(folder / Path(value).expanduser())
        if key in ("kubeconfig", "output") and isinstance(value, str)
        else value
        for key, value in item.items()
    }
    if isinstance(paths, list):
        result["from"] = [str(folder / str(path)) for path in paths]
    return result
