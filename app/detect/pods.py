"""Pods as finders of meshes read them: annotations, containers and their states, of the pod or of its template."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from app.detect.evidence import Evidence
from app.detect.fields import dig, mapping, sequence, strings, text
from app.detect.workloads import Container
from app.model.encryption import EvidenceStrength, Known
from app.model.identity import ObjectRef
from app.model.inventory import Inventory, Pod
from app.model.platform import Sign

_ALWAYS = "Always"


@dataclass(frozen=True)
class Program:
    """One container of a pod. A native sidecar is an init container that restarts always: it runs beside the others."""

    container: Container
    native: bool
    running: Known

    @property
    def name(self) -> str:
        """The container's name."""
        return self.container.name


@dataclass(frozen=True)
class SeenPod:
    """One pod of the inventory, or the template that stands for pods.

    Attributes:
        path: where the pod stands in its object, empty for a Pod, `spec.template.` for a template.
        space: annotations of its namespace.
    """

    pod: Pod
    path: str
    metadata: Mapping[str, Any] = field(repr=False)
    spec: Mapping[str, Any] = field(repr=False)
    status: Mapping[str, Any] = field(repr=False)
    space_labels: Mapping[str, str] = field(repr=False)
    space: Mapping[str, str] = field(repr=False)

    @property
    def ref(self) -> ObjectRef:
        """The object."""
        return self.pod.ref

    @property
    def labels(self) -> Mapping[str, str]:
        """Labels of the pod."""
        return self.pod.labels

    @cached_property
    def annotations(self) -> Mapping[str, str]:
        """Annotations of the pod."""
        return strings(self.metadata.get("annotations"))

    @cached_property
    def programs(self) -> tuple[Program, ...]:
        """Containers that run beside each other: containers and native sidecars."""
        return (*self._read("containers", "containerStatuses"), *self._natives)

    @cached_property
    def preparing(self) -> tuple[Container, ...]:
        """Init containers that end before the others start."""
        found = self._containers("initContainers")
        return tuple(item for item in found if item.raw.get("restartPolicy") != _ALWAYS)

    @property
    def strength(self) -> EvidenceStrength:
        """How a fact about its spec is known: configured for a pod, intended for a template."""
        return EvidenceStrength.INTENDED if self.pod.from_template else EvidenceStrength.CONFIGURED

    def seen(self, program: Program) -> EvidenceStrength:
        """How it is known that a container of the pod works."""
        return EvidenceStrength.OBSERVED if program.running is Known.YES else self.strength

    def label_sign(self, key: str, says: str) -> Sign:
        """A label of the pod as evidence."""
        return self.sign(f"metadata.labels['{key}']", self.labels.get(key, ""), says)

    def annotation_sign(self, key: str, says: str) -> Sign:
        """An annotation of the pod as evidence."""
        return self.sign(f"metadata.annotations['{key}']", self.annotations.get(key, ""), says)

    def sign(self, path: str, value: str, says: str) -> Sign:
        """A field of the pod as evidence."""
        return Sign(self.ref, f"{self.path}{path}", value, says, self.pod.digest)

    @cached_property
    def _natives(self) -> tuple[Program, ...]:
        found = self._read("initContainers", "initContainerStatuses")
        return tuple(
            Program(item.container, True, item.running)
            for item in found
            if item.container.raw.get("restartPolicy") == _ALWAYS
        )

    def _read(self, name: str, statuses: str) -> Iterator[Program]:
        states = {text(mapping(item).get("name")): item for item in sequence(self.status.get(statuses))}
        for container in self._containers(name):
            yield Program(container, False, _running(states.get(container.name)))

    def _containers(self, name: str) -> Iterator[Container]:
        for index, raw in enumerate(sequence(self.spec.get(name))):
            place = f"{self.path}spec.{name}[{index}]"
            yield Container(self.ref, self.pod.digest, place, mapping(raw))


def seen_pods(evidence: Evidence, inventory: Inventory) -> tuple[SeenPod, ...]:
    """Every pod of the inventory, by identity."""
    spaces = {
        item.ref.name: strings(dig(item.parsed(), "metadata", "annotations"))
        for item in evidence.snapshot.of_kind("", "Namespace")
    }
    return tuple(_seen(evidence, inventory, pod, spaces.get(pod.namespace, {})) for pod in inventory.pods)


def _seen(evidence: Evidence, inventory: Inventory, pod: Pod, space: Mapping[str, str]) -> SeenPod:
    stored = evidence.snapshot.find(pod.ref)
    body: Mapping[str, Any] = stored.parsed() if stored else {}
    path = place_of(pod.ref.kind)
    template = dig(body, *path.rstrip(".").split(".")) if path else body
    return SeenPod(
        pod=pod,
        path=path,
        metadata=mapping(dig(template, "metadata")),
        spec=mapping(dig(template, "spec")),
        status={} if path else mapping(dig(body, "status")),
        space_labels=inventory.namespace_labels.get(pod.namespace, {}),
        space=space,
    )


def place_of(kind: str) -> str:
    """Where a pod stands in an object of a kind: empty for a Pod, with a point at its end for a template."""
    match kind:
        case "Pod":
            return ""
        case "CronJob":
            return "spec.jobTemplate.spec.template."
        case _:
            return "spec.template."


def _running(status: object) -> Known:
    """Whether a container works, by its status; UNKNOWN where there is none, as in a manifest."""
    if not mapping(status):
        return Known.UNKNOWN
    return Known.YES if dig(status, "state", "running") is not None else Known.NO
