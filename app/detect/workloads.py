"""DaemonSets and their containers: the shape in which every network agent but k3s is installed."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from app.detect.fields import dig, mapping, sequence, strings, text
from app.model.identity import ObjectRef
from app.model.platform import Sign
from app.model.snapshot import SnapshotObject

OS_LABEL = "kubernetes.io/os"

_POD = "spec.template.spec"
_VERSION = re.compile(r"v?\d[\w.+-]*")
_CHART = re.compile(r"-(\d+\.\d+[\w.+-]*)$")
_SHELLS = ("sh", "bash", "ash", "dash")


@dataclass(frozen=True)
class Container:
    """One container of a pod template; `path` is its JSON path in the DaemonSet."""

    owner: ObjectRef
    digest: str
    path: str
    raw: Mapping[str, Any] = field(repr=False)

    @property
    def name(self) -> str:
        """The container's name."""
        return text(self.raw.get("name"))

    @property
    def image(self) -> str:
        """The image as the template writes it."""
        return text(self.raw.get("image"))

    def variable(self, name: str) -> Mapping[str, Any]:
        """The entry of `env` that sets a variable, the last of that name; empty where none does."""
        entries = [mapping(entry) for entry in sequence(self.raw.get("env"))]
        return next((entry for entry in reversed(entries) if entry.get("name") == name), {})

    def words(self) -> Iterator[tuple[str, str]]:
        """Yield (JSON path, word) of the command line: command, then arguments; a shell script word by word."""
        script = any(_is_shell(word) for word in sequence(self.raw.get("command"))[:1])
        for part in ("command", "args"):
            for index, value in enumerate(sequence(self.raw.get(part))):
                place = f"{self.path}.{part}[{index}]"
                pieces = text(value).split() if script else [text(value)]
                yield from ((place, piece.strip("\"'\\;")) for piece in pieces)

    def sign(self, says: str) -> Sign:
        """This container as evidence, by its image."""
        return Sign(self.owner, f"{self.path}.image", self.image, says, self.digest)


@dataclass(frozen=True)
class DaemonSet:
    """An `apps/v1 DaemonSet` that wants at least one pod, or that has no status yet (a manifest).

    Attributes:
        labels: of the object and its template; the template's win.
        desired: `status.desiredNumberScheduled`; None in a manifest.
        ready: `status.numberReady`; None in a manifest.
        rolling: its status says that not all of its pods were made from this template yet.
    """

    ref: ObjectRef
    digest: str
    labels: Mapping[str, str]
    pod: Mapping[str, Any] = field(repr=False)
    desired: int | None = None
    ready: int | None = None
    rolling: bool = False

    @classmethod
    def of(cls, item: SnapshotObject) -> Self:
        """Read a stored DaemonSet."""
        body = item.parsed()
        template = dig(body, "spec", "template")
        return cls(
            ref=item.ref,
            digest=item.digest,
            labels={
                **strings(dig(body, "metadata", "labels")),
                **strings(dig(template, "metadata", "labels")),
            },
            pod=mapping(dig(template, "spec")),
            desired=_count(dig(body, "status", "desiredNumberScheduled")),
            ready=_count(dig(body, "status", "numberReady")),
            rolling=_rolling(body),
        )

    @property
    def on_host_network(self) -> bool:
        """True when its pods share the node's network, without which no agent can program it."""
        windows = dig(self.pod, "securityContext", "windowsOptions", "hostProcess")
        return self.pod.get("hostNetwork") is True or windows is True

    @property
    def node_selector(self) -> Mapping[str, str]:
        """`spec.template.spec.nodeSelector`."""
        return strings(self.pod.get("nodeSelector"))

    @property
    def service_account(self) -> str:
        """The service account of its pods."""
        return text(self.pod.get("serviceAccountName")) or "default"

    @property
    def containers(self) -> tuple[Container, ...]:
        """Its containers, init containers left out."""
        found = enumerate(sequence(self.pod.get("containers")))
        return tuple(
            Container(self.ref, self.digest, f"{_POD}.containers[{index}]", mapping(raw))
            for index, raw in found
        )

    def container(self, name: str) -> Container | None:
        """The container of that name."""
        return next((item for item in self.containers if item.name == name), None)

    def config_map(self, *volumes: str) -> str:
        """Name of the ConfigMap behind the first of the named volumes that has one; else empty."""
        mounted = {
            text(mapping(item).get("name")): text(dig(item, "configMap", "name"))
            for item in sequence(self.pod.get("volumes"))
        }
        return next((mounted[name] for name in volumes if mounted.get(name)), "")

    def sign(self, path: str, value: str, says: str) -> Sign:
        """A field of this DaemonSet as evidence."""
        return Sign(self.ref, path, value, says, self.digest)

    def version(self, container: str) -> str:
        """Version of a container by its image tag, else by the labels that charts set; empty when neither tells."""
        found = self.container(container)
        chart = _CHART.search(self.labels.get("helm.sh/chart", ""))
        return (
            (image_version(found.image) if found else "")
            or self.labels.get("app.kubernetes.io/version", "")
            or (chart.group(1) if chart else "")
        )


def _rolling(body: Mapping[str, Any]) -> bool:
    status = mapping(dig(body, "status"))
    wanted, updated = (
        _count(status.get(key)) for key in ("desiredNumberScheduled", "updatedNumberScheduled")
    )
    written, seen = _count(dig(body, "metadata", "generation")), _count(status.get("observedGeneration"))
    behind = wanted is not None and updated is not None and updated < wanted
    return behind or (written is not None and seen is not None and seen < written)


def image_version(image: str) -> str:
    """The tag of an image reference where it is a version; empty for `latest`, a digest or a placeholder."""
    tag = image.partition("@")[0].rpartition("/")[2].partition(":")[2]
    return tag if _VERSION.fullmatch(tag) else ""


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _is_shell(word: object) -> bool:
    return text(word).rpartition("/")[2] in _SHELLS
