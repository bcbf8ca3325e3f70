"""An API server as a source: everything in the table, read once."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import msgspec

from app.collect.certificates import SECRET, read_certificates
from app.collect.clock import SYSTEM_CLOCK
from app.collect.config_maps import read_config_maps
from app.collect.connection import Connection, RequestRefusedError, ServerUnreachableError, connect
from app.collect.discovery import Discovery, discover
from app.collect.gathering import Gathering
from app.collect.kinds import KindSpec, chosen
from app.collect.listing import Listed, list_kind
from app.collect.settings import ApiSettings
from app.errors import CollectError
from app.model.cluster import KUBE_SYSTEM, uid_of
from app.model.ports import Clock
from app.model.snapshot import Collection, Coverage, KindCoverage, SourceInfo, SourceKind

_UNAUTHORIZED = 401


class _Version(msgspec.Struct, rename="camel"):
    git_version: str = ""


class _UserInfo(msgspec.Struct):
    username: str = ""


class _ReviewStatus(msgspec.Struct, rename="camel"):
    user_info: _UserInfo = msgspec.field(default_factory=_UserInfo)


class _Review(msgspec.Struct):
    status: _ReviewStatus = msgspec.field(default_factory=_ReviewStatus)


_VERSION = msgspec.json.Decoder(_Version)
_REVIEW = msgspec.json.Decoder(_Review)


@dataclass(frozen=True)
class KubernetesSource:
    """Reads one cluster through its API, with read-only requests.

    Attributes:
        settings: the server, the credentials and the patience.
        clock: when reading began and ended.
        on_kind: told the number of objects of a kind that were read so far.
    """

    settings: ApiSettings
    clock: Clock = SYSTEM_CLOCK
    on_kind: Callable[[str, int], None] | None = None

    def collect(self) -> Collection:
        """Read every kind of the table that the server serves.

        1. Ask for the version: no answer, or no valid credentials, ends it here.
        2. Find out which kinds are served, and in which version.
        3. List each kind; a refusal or a failure is a gap of that kind alone.
        4. Read the ConfigMaps of plugins and meshes by name.

        Raises:
            CollectError: the server cannot be reached, refuses the credentials, or lets nothing be read.
            ConfigurationError: the kubeconfig, its context or the service account cannot be used.
        """
        started = self.clock.now()
        kinds = chosen(secrets=self.settings.secrets)
        with connect(self.settings) as connection:
            version = server_version(connection)
            discovery = discover(connection, kinds)
            found = Gathering(gaps=list(discovery.gaps))
            rows = self._lists(connection, kinds, discovery, found)
            rows += self._certificates(connection, rows, found)
            source = SourceInfo(
                SourceKind.API, connection.description, _cluster_uid(found), version, _identity(connection)
            )
        if not found.objects:
            raise _nothing_readable(found, source)
        return Collection(
            source=source,
            started_at=started,
            finished_at=self.clock.now(),
            objects=found.sorted_objects(),
            kinds=tuple(sorted(rows)),
            gaps=found.sorted_gaps(),
        )

    def _lists(
        self, connection: Connection, kinds: Sequence[KindSpec], discovery: Discovery, found: Gathering
    ) -> list[KindCoverage]:
        rows: list[KindCoverage] = []
        for spec in kinds:
            version = discovery.versions.get(spec.group_kind)
            if version is None:
                unknown = spec.group_kind in discovery.unknown
                coverage = Coverage.REFUSED if unknown else Coverage.ABSENT
                rows.append(KindCoverage(spec.group_kind, "", coverage, 0, pages=0))
                continue
            listed = self._list(connection, spec, version, found)
            for item in listed.objects:
                found.add(item)
            found.gaps += listed.gaps
            rows.append(listed.row(spec, version))
        return rows

    def _list(self, connection: Connection, spec: KindSpec, version: str, found: Gathering) -> Listed:
        if spec.by_name:
            namespaces = [item for ref, item in found.objects.items() if ref.kind == "Namespace"]
            listed = read_config_maps(connection, spec, namespaces)
            self._tell(spec, len(listed.objects))
            return listed
        return list_kind(connection, spec, version, lambda done: self._tell(spec, done))

    def _certificates(
        self, connection: Connection, rows: Sequence[KindCoverage], found: Gathering
    ) -> list[KindCoverage]:
        """Certificates of TLS Secrets take the place of the names that a list of Secrets gave; a row where it gave none."""
        if not self.settings.certificates:
            return []
        objects, gaps = read_certificates(connection, self.settings.certificates)
        found.objects |= {item.ref: item for item in objects}
        found.gaps += gaps
        if any(row.group_kind == SECRET for row in rows):
            return []
        return [KindCoverage(SECRET, "v1", Coverage.PARTIAL, len(objects))]

    def _tell(self, spec: KindSpec, done: int) -> None:
        if self.on_kind:
            self.on_kind(str(spec.group_kind), done)


def server_version(connection: Connection) -> str:
    """The server's version; empty when it does not say.

    Raises:
        CollectError: it cannot be reached or refuses the credentials.
    """
    try:
        return connection.get("/version", _VERSION.decode).git_version
    except ServerUnreachableError as error:
        raise CollectError(
            f"{connection.description} cannot be reached: {error}",
            advice="Check the server's address and certificate in the kubeconfig, and the network in between.",
        ) from error
    except RequestRefusedError as error:
        if error.status == _UNAUTHORIZED:
            raise CollectError(
                f"{connection.description} refuses the credentials: {error}",
                advice="Renew the token or certificate of the account (`kubectl auth whoami` shows who it is).",
            ) from error
        return ""


def _identity(connection: Connection) -> str:
    """Who reads, as the server sees it (SelfSubjectReview, Kubernetes 1.28); empty when it does not tell."""
    group = "authentication.k8s.io/v1"
    body = {"apiVersion": group, "kind": "SelfSubjectReview"}
    try:
        return connection.post(
            f"/apis/{group}/selfsubjectreviews", _REVIEW.decode, body
        ).status.user_info.username
    except (RequestRefusedError, ServerUnreachableError):
        return ""


def _cluster_uid(found: Gathering) -> str:
    """The UID of namespace kube-system: the nearest thing to an identity that a cluster has."""
    return uid_of(found.objects.get(KUBE_SYSTEM))


def _nothing_readable(found: Gathering, source: SourceInfo) -> CollectError:
    account = source.identity or "the account"
    first = found.sorted_gaps()[0].message if found.gaps else "every list is empty"
    return CollectError(
        f"{source.description} lets {account} read nothing: {first}",
        advice="Bind the read-only ClusterRole in deploy/ to the account; `netattest doctor` lists what is missing.",
    )
