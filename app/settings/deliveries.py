"""`config/deliveries.yaml`: over which channels reports and news leave, and to whom."""

from collections.abc import Mapping
from datetime import timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from app.errors import ConfigurationError
from app.settings.schedule import Window
from app.settings.yaml_file import mistakes, read_mapping

_ENVIRONMENT = r"^[A-Z][A-Z0-9_]*$"
_PATHS = ("folder", "trust_anchors", "file")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SecretSource(_Part):
    """Where a secret is read from: a file, or a variable of the environment. It never stands in the settings."""

    file: Path | None = None
    env: Annotated[str, Field(pattern=_ENVIRONMENT)] | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.file is None) == (self.env is None):
            raise ValueError("give exactly one of file and env")
        return self

    def read(self, environment: Mapping[str, str]) -> str:
        """The secret, without the line end that editors add.

        Raises:
            ConfigurationError: it is not there, or is empty.
        """
        if self.env is not None:
            value, place = environment.get(self.env, ""), f"environment variable {self.env}"
        else:
            assert self.file is not None
            place = str(self.file)
            try:
                value = self.file.read_text(encoding="utf-8").rstrip("\r\n")
            except (OSError, UnicodeDecodeError) as error:
                raise ConfigurationError(
                    f"{place} cannot be read: {type(error).__name__}",
                    advice="check the path and its permissions",
                ) from None
        if not value:
            raise ConfigurationError(f"{place} holds no secret", advice="set it, or remove the channel")
        return value


class _Channel(_Part):
    """What all channels have.

    Attributes:
        name: unique; it is part of the record of deliveries, so a new name is a new channel that was told nothing.
        clusters: names or shell patterns; empty takes all.
        send: `news` sends when something is new, `always` after each night.
        scans_only: it takes stored scans alone, for those who wait for evidence; a night without one is told elsewhere.
    """

    scans_only: ClassVar[bool] = False

    name: Annotated[str, Field(min_length=1, max_length=100)]
    clusters: tuple[str, ...] = ()
    send: Literal["news", "always"] = "news"

    def serves(self, cluster: str) -> bool:
        """True when it takes news of this cluster."""
        return not self.clusters or any(fnmatchcase(cluster, item) for item in self.clusters)


class _WithFiles(_Channel):
    frameworks: tuple[str, ...] = ()  # empty: those of the schedule
    formats: tuple[str, ...] = ()  # empty: those that such a channel usually takes


class FolderSettings(_WithFiles):
    """Files into a folder."""

    scans_only = True
    kind: Literal["folder"]
    folder: Path
    formats: tuple[str, ...] = ("pdf", "html")
    send: Literal["news", "always"] = "always"


class GrcSettings(_WithFiles):
    """OSCAL results and bundles into the inbox of a governance tool, and a receipt last."""

    scans_only = True
    kind: Literal["grc"]
    folder: Path
    formats: tuple[str, ...] = ("oscal", "bundle")
    send: Literal["news", "always"] = "always"


class MailSettings(_WithFiles):
    """E-mail."""

    kind: Literal["mail"]
    host: str
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    sender: Annotated[str, Field(alias="from", pattern=r"^[^\s@]+@[^\s@]+$")]
    to: Annotated[tuple[Annotated[str, Field(pattern=r"^[^\s@,]+@[^\s@,]+$")], ...], Field(min_length=1)]
    user: str = ""
    password: SecretSource | None = None
    trust_anchors: Path | None = None
    largest_mib: Annotated[int, Field(ge=0, le=100)] = 15
    formats: tuple[str, ...] = ("pdf",)

    @model_validator(mode="after")
    def _credentials(self) -> Self:
        if bool(self.user) != (self.password is not None):
            raise ValueError("user and password go together")
        if self.user and self.security == "none":
            raise ValueError("a password must not go over a connection without TLS: set security")
        return self


class WebhookSettings(_Channel):
    """A signed webhook. `url` and `secret` are read from files or the environment: both let whoever has them in."""

    kind: Literal["webhook"]
    url: SecretSource
    secret: SecretSource
    trust_anchors: Path | None = None


class ChatSettings(_Channel):
    """Slack or Teams. `link` says where the evidence is; it is printed as it stands."""

    kind: Literal["slack", "teams"]
    url: SecretSource
    link: str = ""
    trust_anchors: Path | None = None


class HeartbeatSettings(_Channel):
    """A dead man's switch: a request after each night that has its scan. `url` lets whoever has it wind the clock."""

    scans_only = True
    kind: Literal["heartbeat"]
    url: SecretSource
    trust_anchors: Path | None = None
    send: Literal["always"] = "always"


class ObjectStoreSettings(_WithFiles):
    """An S3-compatible object store; credentials come from where boto3 looks for them."""

    scans_only = True
    kind: Literal["s3"]
    bucket: Annotated[str, Field(min_length=3, max_length=63)]
    prefix: str = ""
    endpoint: str | None = None
    region: str | None = None
    trust_anchors: Path | None = None
    lock: Literal["none", "governance", "compliance"] = "none"
    retain: Window = timedelta(0)
    formats: tuple[str, ...] = ("pdf", "bundle")
    send: Literal["news", "always"] = "always"

    @model_validator(mode="after")
    def _locked(self) -> Self:
        if (self.lock != "none") != bool(self.retain):
            raise ValueError("lock and retain go together: for how long is an object locked?")
        return self


ChannelSettings = Annotated[
    FolderSettings
    | GrcSettings
    | MailSettings
    | WebhookSettings
    | ChatSettings
    | HeartbeatSettings
    | ObjectStoreSettings,
    Field(discriminator="kind"),
]


class Deliveries(_Part):
    """All channels; names are unique. `attempts` is how often one is tried in one round."""

    channels: tuple[ChannelSettings, ...] = ()
    attempts: Annotated[int, Field(ge=1, le=10)] = 4

    @model_validator(mode="after")
    def _unique(self) -> Self:
        names = [item.name for item in self.channels]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"each channel has a name of its own; given twice: {', '.join(twice)}")
        return self

    def serving(self, cluster: str) -> tuple[ChannelSettings, ...]:
        """Channels that take news of a cluster, in file order."""
        return tuple(item for item in self.channels if item.serves(cluster))


def load_deliveries(path: Path) -> Deliveries:
    """Read the channels; no file means none. Relative paths in it start at its folder.

    Raises:
        ConfigurationError: it cannot be read or used; all mistakes are named.
    """
    if not path.is_file():
        return Deliveries()
    try:
        return Deliveries.model_validate(_anchored(read_mapping(path), path.parent))
    except ValidationError as error:
        raise mistakes(error, Deliveries, str(path)) from error


def _anchored(value: Any, folder: Path) -> Any:
    """The same mapping with its paths made absolute, at whatever depth they stand."""
    if isinstance(value, list):
        return [_anchored(item, folder) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        key: str(folder / Path(item).expanduser())
        if key in _PATHS and isinstance(item, str)
        else _anchored(item, folder)
        for key, item in value.items()
    }
