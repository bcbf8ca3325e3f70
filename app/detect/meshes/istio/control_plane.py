"""Istio's own parts: control planes (`istiod`), node proxies (`ztunnel`), and what they say about versions and FIPS."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from app.detect.fields import dig, mapping, sequence, strings, text
from app.detect.ground import Ground
from app.detect.meshes.istio.membership import REVISION, Role, role_of
from app.detect.pods import Program, SeenPod
from app.detect.settings import environment, unread_sources
from app.detect.workloads import Container, DaemonSet, image_version
from app.model.encryption import Known
from app.model.platform import Sign

_CILIUM = "ztunnel-cilium"  # Cilium runs the same node proxy under this name, for its own encryption
_PILOT = "discovery"
_FIPS = "COMPLIANCE_POLICY"
_AMBIENT, _TUNNELS = "PILOT_ENABLE_AMBIENT", "PILOT_ENABLE_SENDING_HBONE"
_FIRST_BY_ITSELF = (1, 22)  # before, a proxy had to be told as well
_RELEASE = re.compile(r"(\d+)\.(\d+)")


@dataclass(frozen=True)
class ControlPlane:
    """What of Istio runs beside the workloads."""

    ground: Ground

    @cached_property
    def pilots(self) -> tuple[Container, ...]:
        """Containers of control planes, of every revision."""
        return tuple(self._pilots())

    @cached_property
    def ztunnels(self) -> tuple[DaemonSet, ...]:
        """DaemonSets of Istio's node proxy."""
        found = (DaemonSet.of(item) for item in self.ground.evidence.snapshot.of_kind("apps", "DaemonSet"))
        return tuple(item for item in found if item.desired != 0 and is_ztunnel(item))

    @property
    def found(self) -> bool:
        """Whether any part is there."""
        return bool(self.pilots or self.ztunnels)

    @property
    def version(self) -> str:
        """Version of the first control plane, else of the node proxy; empty when neither tells."""
        if self.pilots:
            return image_version(self.pilots[0].image)
        return next(
            (image_version(item.containers[0].image) for item in self.ztunnels if item.containers), ""
        )

    @cached_property
    def revisions(self) -> frozenset[str]:
        """Revisions and tags that webhooks of injectors answer for; empty where none was read."""
        found = self.ground.evidence.snapshot.of_kind(
            "admissionregistration.k8s.io", "MutatingWebhookConfiguration"
        )
        return frozenset(
            value
            for item in found
            if item.ref.name.startswith("istio-")
            for webhook in sequence(item.parsed().get("webhooks"))
            for part in ("namespaceSelector", "objectSelector")
            for value in _revisions(mapping(dig(webhook, part)))
        )

    @property
    def signs(self) -> tuple[Sign, ...]:
        """The parts that were found."""
        return (
            *(item.sign("the control plane of Istio") for item in self.pilots),
            *(item.containers[0].sign("the node proxy of Istio") for item in self.ztunnels),
        )

    @cached_property
    def hidden(self) -> str:
        """Why it cannot be told whether control planes run with ambient mode, as a clause; empty where it can.

        A switch that nothing sets may be set by a source of environment that was not read.
        """
        for item in self.pilots:
            said = [environment(self.ground.evidence, item, name) for name in (_AMBIENT, _TUNNELS)]
            off = any(found and found.truth is False for found in said)
            unread = unread_sources(self.ground.evidence, item)
            if unread and None in said and not off:
                return f"whether {item.owner} runs with ambient mode cannot be told: {unread}"
        return ""

    @cached_property
    def tunnels(self) -> bool | None:
        """Whether control planes make proxies open HBONE tunnels to ambient pods; None where no control plane was read.

        Source: Istio, `pilot/pkg/features/ambient.go`: off unless ambient mode is on, and then on by itself.
        """
        if not self.pilots:
            return None
        return all(
            self._switched(item, _AMBIENT, default=False) and self._switched(item, _TUNNELS, default=True)
            for item in self.pilots
        )

    @cached_property
    def tunnels_by_itself(self) -> bool:
        """Whether the release asks nothing of a proxy for that."""
        return all(_release(item) >= _FIRST_BY_ITSELF for item in self.pilots)

    def _switched(self, pilot: Container, name: str, *, default: bool) -> bool:
        found = environment(self.ground.evidence, pilot, name)
        return default if found is None or found.truth is None else found.truth

    @property
    def fips_asked(self) -> bool:
        """Whether control planes are told to keep to FIPS; the images decide whether they can."""
        said = [environment(self.ground.evidence, item, _FIPS) for item in self.pilots]
        return bool(said) and all(item and (item.value or "").startswith("fips") for item in said)

    def ztunnel_on(self, pod: SeenPod) -> Known:
        """Whether a ztunnel works on a pod's node."""
        if not self.ztunnels:
            doubt = self.ground.evidence.doubt("apps", "DaemonSet")
            return Known.UNKNOWN if doubt or not self.ground.evidence.live else Known.NO
        if not pod.pod.node or not self._nodes:
            return Known.UNKNOWN
        doubt = self.ground.evidence.doubt("", "Pod", self.ztunnels[0].ref.namespace)
        return self._nodes.get(pod.pod.node, Known.UNKNOWN if doubt else Known.NO)

    @cached_property
    def _nodes(self) -> dict[str, Known]:
        """By node, whether a ready pod of a node proxy is there."""
        names = {(item.ref.namespace, item.ref.name) for item in self.ztunnels}
        found: dict[str, Known] = {}
        for item in self.ground.evidence.pods():
            body = item.parsed()
            owners = sequence(dig(body, "metadata", "ownerReferences"))
            if any((item.ref.namespace, text(mapping(owner).get("name"))) in names for owner in owners):
                ready = any(
                    mapping(entry).get("type") == "Ready" and mapping(entry).get("status") == "True"
                    for entry in sequence(dig(body, "status", "conditions"))
                )
                found[text(dig(body, "spec", "nodeName"))] = Known.YES if ready else Known.NO
        return found

    def _pilots(self) -> Iterator[Container]:
        for item in self.ground.evidence.snapshot.of_kind("apps", "Deployment"):
            containers = sequence(dig(item.parsed(), "spec", "template", "spec", "containers"))
            for index, raw in enumerate(containers):
                path = f"spec.template.spec.containers[{index}]"
                container = Container(item.ref, item.digest, path, mapping(raw))
                words = [word for _, word in container.words()]
                if container.name == _PILOT and words[:1] == [_PILOT]:
                    yield container


def _release(pilot: Container) -> tuple[int, int]:
    """Major and minor version; zeros where the image does not tell."""
    found = _RELEASE.match(image_version(pilot.image))
    return (int(found[1]), int(found[2])) if found else (0, 0)


def is_ztunnel(item: DaemonSet) -> bool:
    """A DaemonSet of Istio's node proxy, and not of Cilium's."""
    if item.ref.name == _CILIUM or item.labels.get("app.kubernetes.io/part-of") == "cilium":
        return False
    return any(_role(container) is Role.ZTUNNEL for container in item.containers)


def _revisions(selector: Mapping[str, Any]) -> Iterator[str]:
    """Values that a selector wants of the label that names a revision."""
    if value := strings(selector.get("matchLabels")).get(REVISION):
        yield value
    for item in sequence(selector.get("matchExpressions")):
        if dig(item, "key") == REVISION and dig(item, "operator") == "In":
            yield from map(text, sequence(dig(item, "values")))


def _role(container: Container) -> Role | None:
    return role_of(Program(container, native=False, running=Known.UNKNOWN))
