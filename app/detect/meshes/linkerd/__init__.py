"""Linkerd: proxies that use mutual TLS by themselves, and policies that say whether plain text is accepted beside it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from app.detect.fields import dig, mapping, sequence
from app.detect.ground import Ground
from app.detect.meshes.common.callers import Callers
from app.detect.meshes.common.ports import port_list
from app.detect.meshes.common.probes import probed
from app.detect.meshes.linkerd.membership import DEFAULT_POLICY, IDENTITY_PORTS, UNREAD, Member, member_of
from app.detect.meshes.linkerd.mesh import Linkerd
from app.detect.meshes.linkerd.policies import GROUP, KINDS, Policies
from app.detect.meshes.linkerd.sides import Inbound, Side
from app.detect.meshes.linkerd.trust import weaknesses
from app.detect.pods import SeenPod
from app.detect.served import fronts
from app.detect.settings import config_map, environment, option
from app.detect.workloads import Container, image_version
from app.model.encryption import Known, Level, Membership
from app.model.identity import ObjectRef
from app.model.platform import Sign

__all__ = ["find"]

_COMPONENT = "linkerd.io/control-plane-component"
_POLICY_ENV = "LINKERD2_PROXY_INBOUND_DEFAULT_POLICY"
_BUILT_IN = "all-unauthenticated"
_DEFAULTS = re.compile(
    r"^\s*(ignoreInboundPorts|ignoreOutboundPorts|skipSubnets):[ \t]*[\"']?([\d,\-./: a-fA-F]*)", re.MULTILINE
)
_DOMAIN = "cluster.local"
_DOMAIN_FLAGS = ("identity-trust-domain", "identity-domain")


def find(ground: Ground) -> Iterable[Linkerd]:
    """Linkerd, if its control plane or a pod with its proxy is there; an annotation alone is not enough."""
    survey = _Survey(ground)
    if not survey.present:
        return
    numbers: dict[Side, int] = {}
    keys = {pod.ref: numbers.setdefault(survey.side(pod), len(numbers)) for pod in ground.pods}
    yield Linkerd(
        version=survey.version,
        signs=survey.signs,
        cautions=survey.weak,
        members={ref: survey.membership(ref) for ref in survey.members},
        keys=keys,
        sides=tuple(numbers),
        policies=survey.policies,
        callers=tuple(survey.callers.found),
        doubt=next((why for kind in KINDS if (why := ground.evidence.doubt(GROUP, kind))), ""),
        services_doubt=ground.evidence.doubt("", "Service"),
        weak=survey.weak,
        probes_from=survey.probes_from,
    )


@dataclass
class _Survey:
    """One cluster, read for Linkerd."""

    ground: Ground

    @cached_property
    def control_plane(self) -> tuple[Container, ...]:
        """Containers of control planes."""
        return tuple(
            Container(item.ref, item.digest, f"spec.template.spec.containers[{index}]", mapping(raw))
            for item in self.ground.evidence.snapshot.of_kind("apps", "Deployment")
            if dig(body := item.parsed(), "metadata", "labels", _COMPONENT) in ("destination", "identity")
            for index, raw in enumerate(sequence(dig(body, "spec", "template", "spec", "containers")))
        )

    @cached_property
    def home(self) -> str:
        """Namespace of the control plane, or the one that proxies name; empty when neither is known."""
        if self.control_plane:
            return self.control_plane[0].owner.namespace
        labels = (pod.labels.get("linkerd.io/control-plane-ns", "") for pod in self.ground.pods)
        return next((name for name in labels if name), "")

    @property
    def present(self) -> bool:
        """Whether Linkerd is there."""
        return bool(self.control_plane) or any(item.program for item in self.members.values())

    @cached_property
    def members(self) -> Mapping[ObjectRef, Member]:
        """What each pod is."""
        found = ((pod.ref, member_of(pod, self._defaults, installed=self.home)) for pod in self.ground.pods)
        return {ref: member for ref, member in found if member}

    @property
    def version(self) -> str:
        """Version of the control plane."""
        images = (image_version(item.image) for item in self.control_plane)
        return next((item for item in images if item), "")

    @property
    def signs(self) -> tuple[Sign, ...]:
        """The control plane's parts."""
        return tuple(item.sign("the control plane of Linkerd") for item in self.control_plane[:2])

    @cached_property
    def weak(self) -> tuple[str, ...]:
        """What is wrong with the trust anchors."""
        return weaknesses(self.ground.evidence, self.home) if self.home else ()

    @cached_property
    def policies(self) -> Policies:
        """Policy objects."""
        return Policies(self.ground.evidence)

    @cached_property
    def callers(self) -> Callers:
        """Classes of callers."""
        return Callers.of(self.policies.identities(), self.policies.blocks())

    @cached_property
    def _defaults(self) -> Mapping[str, str]:
        """Ports that the control plane leaves out for every pod; its values are text, of which two lines are needed."""
        found = config_map(self.ground.evidence, self.home, "linkerd-config") if self.home else None
        setting = found.get("values") if found else None
        if setting is None and self.home and self._unread_defaults:
            return UNREAD
        return dict(_DEFAULTS.findall((setting.value if setting else None) or ""))

    @property
    def _unread_defaults(self) -> str:
        return self.ground.evidence.doubt("", "ConfigMap", self.home, "linkerd-config")

    @cached_property
    def probes_from(self) -> str:
        """Networks from which probes are let in, as the controller is told; all addresses where it is not."""
        asked = (option(self.ground.evidence, item, "probe-networks") for item in self.control_plane)
        said = {found.value for found in asked if found and found.value}
        return "" if not said or any("/0" in value for value in said) else min(said)

    def membership(self, ref: ObjectRef) -> Membership:
        """A pod's membership."""
        member = self.members[ref]
        pod = self._pods[ref]
        enrolled = member.enrolled is Known.YES
        return Membership(
            how="sidecar",
            enrolled=member.enrolled,
            strength=member.strength,
            identity=self._identity(pod, member.control_plane) if enrolled else "",
            says=member.says,
            signs=member.signs,
        )

    def side(self, pod: SeenPod) -> Side:
        """Everything about a pod that answers depend on."""
        member = self.members.get(pod.ref)
        caller = self.callers.number(self._names(pod), pod.pod.ips)
        if member is None or member.enrolled is not Known.YES:
            return Side(strength=pod.strength if member is None else member.strength, caller=caller)
        return Side(
            enrolled=Known.YES,
            strength=member.strength,
            control_plane=member.control_plane,
            trust_root=member.trust_root,
            ingress=member.ingress,
            skips_in=member.skips_in,
            skips_out=member.skips_out,
            skips_networks=member.skips_networks,
            inbound=self._inbound(pod, member),
            identity_ports=port_list(pod.annotations.get(IDENTITY_PORTS, "")),
            servers=self._servers(pod),
            fronts=fronts(self.ground.served.get(pod.ref, ())),
            caller=caller,
            probed=probed(pod),
        )

    def _inbound(self, pod: SeenPod, member: Member) -> Inbound:
        """The policy of ports without a Server: frozen in the pod when it was made, else the cluster's."""
        if value := pod.annotations.get(DEFAULT_POLICY):
            return self._annotated(pod, value)
        if member.program is None and (value := pod.space.get(DEFAULT_POLICY)):
            return Inbound(
                value, f"annotation {DEFAULT_POLICY} of its namespace", Level.NAMESPACE, self._of(pod)
            )
        found = (
            environment(self.ground.evidence, member.program.container, _POLICY_ENV)
            if member.program
            else None
        )
        if found and found.value and found.value != self._cluster_policy.policy:
            return Inbound(found.value, f"{_POLICY_ENV} of the proxy", Level.WORKLOAD, own=found.field)
        return self._cluster_policy

    def _annotated(self, pod: SeenPod, value: str) -> Inbound:
        """A namespace's annotation is copied into each of its pods, so an equal one there is where it stands."""
        if pod.space.get(DEFAULT_POLICY) == value:
            says = f"annotation {DEFAULT_POLICY} of its namespace"
            return Inbound(value, says, Level.NAMESPACE, self._of(pod))
        says = f"annotation {DEFAULT_POLICY} of the pod"
        return Inbound(value, says, Level.WORKLOAD, own=f"metadata.annotations['{DEFAULT_POLICY}']")

    def _of(self, pod: SeenPod) -> tuple[Sign, ...]:
        namespace = ObjectRef("", "Namespace", "", pod.pod.namespace)
        item = self.ground.evidence.snapshot.find(namespace)
        field = f"metadata.annotations['{DEFAULT_POLICY}']"
        says = "what ports without a Server accept"
        return (Sign(namespace, field, pod.space[DEFAULT_POLICY], says, item.digest if item else ""),)

    @cached_property
    def _cluster_policy(self) -> Inbound:
        for container in self.control_plane:
            if container.name == "policy":
                found = option(self.ground.evidence, container, "default-policy")
                if found:
                    signs = (found.sign("what ports without a Server accept"),)
                    return Inbound(found.value or "", "--default-policy of the control plane", signs=signs)
        if not self.control_plane and self.ground.evidence.doubt("apps", "Deployment"):
            return Inbound("", "the control plane's default policy")
        return Inbound(_BUILT_IN, "the default inbound policy of Linkerd")

    def _servers(self, pod: SeenPod) -> tuple[tuple[int, int], ...]:
        """The Server of each port; of several the oldest counts."""
        found: dict[int, int] = {}
        for number, server in self.policies.servers_in(pod.pod.namespace):
            for port in server.numbers(pod.pod) if server.holds(pod.pod) else ():
                found.setdefault(port, number)
        return tuple(sorted(found.items()))

    def _names(self, pod: SeenPod) -> Mapping[str, tuple[str, ...]]:
        account = pod.pod.service_account or "default"
        member = self.members.get(pod.ref)
        home = member.control_plane if member else self.home
        return {
            "identity": (self._identity(pod, home),),
            "account": (f"{pod.pod.namespace}/{account}",),
            "namespace": (pod.pod.namespace,),
        }

    def _identity(self, pod: SeenPod, home: str) -> str:
        account = pod.pod.service_account or "default"
        return f"{account}.{pod.pod.namespace}.serviceaccount.identity.{home}.{self._domain}"

    @cached_property
    def _domain(self) -> str:
        """The trust domain of identities, as a part of the control plane is told it."""
        asked = (
            option(self.ground.evidence, container, flag)
            for container in self.control_plane
            for flag in _DOMAIN_FLAGS
        )
        return next((found.value for found in asked if found and found.value), _DOMAIN)

    @cached_property
    def _pods(self) -> Mapping[ObjectRef, SeenPod]:
        return {pod.ref: pod for pod in self.ground.pods}
