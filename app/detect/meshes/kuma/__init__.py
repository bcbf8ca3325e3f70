"""Kuma and what is built on it: one mesh for each name that pods carry."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from app.detect.fields import dig, mapping, sequence
from app.detect.ground import Ground
from app.detect.meshes.common.classes import Classes
from app.detect.meshes.kuma.membership import STRICT_INBOUNDS, Member, member_of
from app.detect.meshes.kuma.mesh import OUTSIDE, Kuma, Side
from app.detect.meshes.kuma.permissions import KIND, Permissions, Rule
from app.detect.meshes.kuma.settings import CONTROL_PLANES, GROUP, Settings, Versions
from app.detect.meshes.kuma.targets import labels_of
from app.detect.pods import SeenPod
from app.detect.served import fronts
from app.detect.settings import environment
from app.detect.workloads import Container, image_version
from app.model.encryption import Known, Membership
from app.model.identity import ObjectRef
from app.model.platform import Sign

__all__ = ["find"]

_STRICT_FROM = 3  # first release whose proxies refuse ports without a Service by default


def find(ground: Ground) -> Iterable[Kuma]:
    """Every mesh that a pod is in, if Kuma's control plane or a pod with its proxy is there."""
    survey = _Survey(ground)
    if not survey.present:
        return
    for name in survey.names:
        yield survey.mesh(name)


@dataclass
class _Survey:
    """One cluster, read for Kuma."""

    ground: Ground

    @cached_property
    def control_plane(self) -> Container | None:
        """The control plane's container."""
        return next(self._control_planes(), None)

    @property
    def present(self) -> bool:
        """Whether Kuma is there: a control plane, or a pod with its proxy."""
        return self.control_plane is not None or any(item.program for item in self.members.values())

    @cached_property
    def members(self) -> Mapping[ObjectRef, Member]:
        """What each pod is."""
        installed = self.control_plane is not None or any(
            member_of(pod, installed=False) for pod in self.ground.pods
        )
        found = ((pod.ref, member_of(pod, installed=installed)) for pod in self.ground.pods)
        return {ref: member for ref, member in found if member}

    @property
    def names(self) -> tuple[str, ...]:
        """Names of meshes that pods are in, and of Mesh objects."""
        return tuple(sorted({*(item.mesh for item in self.members.values()), *self.settings.meshes}))

    @cached_property
    def version(self) -> str:
        """Version of the control plane, else of a proxy."""
        if self.control_plane:
            return image_version(self.control_plane.image)
        programs = (item.program for item in self.members.values() if item.program)
        return next((tag for item in programs if (tag := image_version(item.container.image))), "")

    @cached_property
    def settings(self) -> Settings:
        """Meshes and their mutual TLS."""
        return Settings(self.ground.evidence, self.release)

    @cached_property
    def release(self) -> int | None:
        """Major version."""
        return Versions(self.version).major

    def mesh(self, name: str) -> Kuma:
        """One mesh."""
        permissions = Permissions(self.ground.evidence, name, self.release)
        numbers: dict[Rule, int] = {}
        classes = Classes.of(
            self.ground.pods, lambda pod: self._side(pod, name, permissions, numbers), OUTSIDE
        )
        return Kuma(
            id=f"kuma/{name}",
            version=self.version,
            signs=(self.control_plane.sign("the control plane of Kuma"),) if self.control_plane else (),
            members={ref: _membership(item) for ref, item in self.members.items() if item.mesh == name},
            classes=classes,
            permissions=permissions,
            rules=tuple(numbers),
            permissions_doubt=self.ground.evidence.doubt(GROUP, KIND),
            services_doubt=self.ground.evidence.doubt("", "Service"),
            late_doubt=self.settings.late_doubt,
        )

    def _side(self, pod: SeenPod, mesh: str, permissions: Permissions, numbers: dict[Rule, int]) -> Side:
        member = self.members.get(pod.ref)
        if member is None or member.mesh != mesh or member.enrolled is not Known.YES:
            return Side(strength=member.strength if member else pod.strength)
        asks = self._told_apart
        labels = labels_of(pod, mesh)
        return Side(
            enrolled=Known.YES,
            strength=member.strength,
            tls=self.settings.of(mesh, pod.pod.namespace, labels),
            skips_in=member.skips_in,
            skips_out=member.skips_out,
            some_addresses=member.some_addresses,
            guards_all=self._guards_all(member),
            fronts=fronts(self.ground.served.get(pod.ref, ())),
            rules=tuple(
                numbers.setdefault(rule, len(numbers))
                for rule in permissions.rules(pod.pod.namespace, labels)
            ),
            namespace=pod.pod.namespace if asks else "",
            account=(pod.pod.service_account or "default") if asks else "",
            labels=tuple(sorted(labels.items())) if asks else (),
            checked=member.checked,
            late=tuple(self._late(pod, mesh)),
        )

    def _late(self, pod: SeenPod, mesh: str) -> Iterator[tuple[int, Sign]]:
        for item in self.ground.served.get(pod.ref, ()):
            sign = self.settings.late(mesh, item.namespace, item.service)
            if sign:
                yield item.target, sign

    @cached_property
    def _told_apart(self) -> bool:
        """Whether any permission can tell clients apart."""
        return bool(self.ground.evidence.snapshot.of_kind(GROUP, KIND))

    def _guards_all(self, member: Member) -> Known:
        said = None
        if member.program:
            said = environment(self.ground.evidence, member.program.container, STRICT_INBOUNDS)
        if said is not None:
            return {True: Known.YES, False: Known.NO, None: Known.UNKNOWN}[said.truth]
        if self.release is None:
            return Known.UNKNOWN
        return Known.YES if self.release >= _STRICT_FROM else Known.NO

    def _control_planes(self) -> Iterator[Container]:
        for item in self.ground.evidence.snapshot.of_kind("apps", "Deployment"):
            if item.ref.name not in CONTROL_PLANES:
                continue
            containers = sequence(dig(item.parsed(), "spec", "template", "spec", "containers"))
            for index, raw in enumerate(containers):
                path = f"spec.template.spec.containers[{index}]"
                yield Container(item.ref, item.digest, path, mapping(raw))


def _membership(member: Member) -> Membership:
    return Membership("sidecar", member.enrolled, member.strength, "", member.says, member.signs)
