"""Consul Connect: proxies in pods, configuration entries, intentions."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from app.detect.fields import dig, mapping, sequence
from app.detect.ground import Ground
from app.detect.meshes.common.classes import Classes
from app.detect.meshes.consul.membership import Member, member_of, services_of
from app.detect.meshes.consul.mesh import ELSEWHERE, OUTSIDE, Consul, Side
from app.detect.meshes.consul.settings import ANY, Entries
from app.detect.pods import SeenPod
from app.detect.served import fronts
from app.detect.settings import switch
from app.detect.workloads import Container, image_version
from app.model.encryption import Authorised, Known, Membership
from app.model.identity import ObjectRef

__all__ = ["find"]

_COMMAND, _INJECTOR = "inject-connect", "-consul-dataplane-image"
_ACLS = "-acl-auth-method"


def find(ground: Ground) -> Iterable[Consul]:
    """Consul's mesh, if its injector or a pod with its proxy is there."""
    survey = _Survey(ground)
    carried = any(item.enrolled is Known.YES for item in survey.members.values())
    if not survey.injector and not carried:
        return
    yield Consul(
        version=image_version(survey.injector.image) if survey.injector else "",
        signs=(survey.injector.sign("the injector of Consul"),) if survey.injector else (),
        members={ref: _membership(member) for ref, member in survey.members.items()},
        classes=Classes.of(ground.pods, survey.side, OUTSIDE),
        entries=survey.entries,
        default=survey.default,
        cautions=(ELSEWHERE, *survey.entries.checks),
        services_doubt=ground.evidence.doubt("", "Service"),
    )


def _membership(member: Member) -> Membership:
    return Membership("sidecar", member.enrolled, member.strength, "", member.says, member.signs)


@dataclass
class _Survey:
    """One cluster, read for Consul."""

    ground: Ground

    @cached_property
    def injector(self) -> Container | None:
        """The container that injects proxies."""
        return next(self._injectors(), None)

    @cached_property
    def members(self) -> Mapping[ObjectRef, Member]:
        """What each pod is."""
        installed = self.injector is not None or any(
            member_of(pod, installed=False, by_default=False, transparent=False) for pod in self.ground.pods
        )
        found = (
            (
                pod.ref,
                member_of(
                    pod,
                    installed=installed,
                    by_default=self._flag("default-inject", default=False),
                    transparent=self._flag("default-enable-transparent-proxy", default=True),
                ),
            )
            for pod in self.ground.pods
        )
        return {ref: member for ref, member in found if member}

    @cached_property
    def entries(self) -> Entries:
        """Configuration entries."""
        return Entries(self.ground.evidence)

    @cached_property
    def default(self) -> Authorised:
        """What holds where no intention speaks: with ACLs the server denies, without them it allows."""
        if self.injector is None:
            return Authorised.UNKNOWN
        acls = any(word.startswith(_ACLS) for _, word in self.injector.words())
        return Authorised.NO if acls else Authorised.UNRESTRICTED

    def side(self, pod: SeenPod) -> Side:
        """Everything about a pod that answers depend on."""
        member = self.members.get(pod.ref)
        if member is None or member.enrolled is not Known.YES:
            return Side(strength=member.strength if member else pod.strength)
        in_front = self.ground.served.get(pod.ref, ())
        names = services_of(pod, [item.service for item in in_front])
        return Side(
            enrolled=Known.YES,
            strength=member.strength,
            transparent=member.transparent,
            skips_in=member.skips_in,
            skips_out=member.skips_out,
            some_addresses=member.some_addresses,
            checked=member.checked,
            fronts=fronts(in_front),
            services=tuple(name for name in names if name in self._told_apart),
        )

    @cached_property
    def _told_apart(self) -> frozenset[str]:
        """Service names that an entry speaks about."""
        found = {name for item in self.entries.intentions for name in (item.destination, item.source)}
        snapshot = self.ground.evidence.snapshot
        found |= {item.ref.name for item in snapshot.of_kind("consul.hashicorp.com", "ServiceDefaults")}
        return frozenset(found - {ANY})

    def _flag(self, name: str, *, default: bool) -> bool:
        found = switch(self.ground.evidence, self.injector, name) if self.injector else None
        return default if found is None or found.truth is None else found.truth

    def _injectors(self) -> Iterator[Container]:
        for item in self.ground.evidence.snapshot.of_kind("apps", "Deployment"):
            containers = sequence(dig(item.parsed(), "spec", "template", "spec", "containers"))
            for index, raw in enumerate(containers):
                path = f"spec.template.spec.containers[{index}]"
                container = Container(item.ref, item.digest, path, mapping(raw))
                words = [word for _, word in container.words()]
                if _COMMAND in words and any(word.startswith(_INJECTOR) for word in words):
                    yield container
