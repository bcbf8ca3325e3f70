"""Can every workload that is isolated for egress still resolve names?"""

from dataclasses import dataclass, field

from app.evaluate.checks.common.dns_caches import DnsCaches, is_cache
from app.evaluate.checks.common.doubts import kind_gaps
from app.evaluate.checks.common.evidence import evidence_of_policies
from app.evaluate.checks.common.population import boundaries_of, workload_subject
from app.evaluate.checks.common.proof import Proof
from app.evaluate.checks.common.resolvers import DNS, DNS_PROTOCOLS, RESOLVER_HOME, Resolver, resolvers
from app.evaluate.checks.common.verdicts import Check, Details, Doubt, Verdicts, declared_only
from app.evaluate.checks.common.wording import names
from app.model.connections import Connections, Protocol
from app.model.facts import Facts
from app.model.finding import CheckResult, CheckRun
from app.model.identity import GroupKind, ObjectRef
from app.model.policy import Direction
from app.model.reachability import Workload

_NO_RESOLVER = Doubt(
    "no pod of kube-system has the label k8s-app=kube-dns, so the cluster resolver is not known",
    "Add kube-system to what is read, or scan the cluster itself.",
)
_LIMIT = "Pods may be set to ask a resolver that no object shows (dnsPolicy, a resolver of the cloud on each node)."
_BOTH = (
    "Let its pods ask both: the pods of the cluster resolver, and an ipBlock with the addresses of the cache."
)
_REMEDY = """\
Let its pods ask the cluster resolver:

egress:
  - to:
      - namespaceSelector:
          matchLabels:
            kubernetes.io/metadata.name: kube-system
        podSelector:
          matchLabels:
            k8s-app: kube-dns
    ports:
      - protocol: UDP
        port: 53
      - protocol: TCP
        port: 53
"""


@dataclass(frozen=True, slots=True)
class DnsEgressMissing:
    """Judges each workload that policies isolate for egress; the others do not apply.

    It passes when it may reach one resolver on both UDP and TCP, end to end and on the port of the resolver's pods: a
    policy sees what a Service port was translated to. Where a DNS cache runs on the nodes as well, it has to reach both: which of
    them pods ask is set on nodes, and whether policies are asked on the way depends on the plugin. This is a warning of an outage and of the allow-all that tends to
    follow it, never a compliance failure by itself.
    """

    id: str = "dns-egress-missing"

    def run(self, facts: Facts) -> CheckRun:
        """Judge every workload."""
        judge = _Judge(facts, Verdicts.of(facts, self.id))
        return judge.verdicts.run(
            (judge.result(item) for item in facts.reachability.workloads),
            complete=not judge.proof.pods,
            limits=(*declared_only(facts), _LIMIT),
        )


CHECK: Check = DnsEgressMissing()


@dataclass
class _Judge:
    facts: Facts
    verdicts: Verdicts
    proof: Proof = field(init=False)
    resolvers: tuple[Resolver, ...] = field(init=False)
    caches: DnsCaches = field(init=False)

    def __post_init__(self) -> None:
        self.proof, self.resolvers = Proof(self.facts), tuple(resolvers(self.facts))
        self.caches = DnsCaches(self.facts, self.resolvers)

    def result(self, workload: Workload) -> CheckResult:
        subject, isolating = workload_subject(workload), self._isolating(workload)
        details = Details(
            boundaries=boundaries_of(self.facts.placements[workload.id]),
            evidence=evidence_of_policies(self.facts, isolating, "spec.egress"),
        )
        unread = self.proof.policies.of(workload.namespace)
        if not isolating:
            says = f"{workload.id} is not isolated for egress, so nothing keeps it from the resolver"
            if unread and not workload.host_network:
                return self.verdicts.undecided(
                    subject, f"no policy was found that isolates {workload.id}", unread
                )
            return self.verdicts.not_applicable(subject, says, base=details)
        if any(item.workload.id == workload.id for item in self.resolvers):
            return self.verdicts.not_applicable(
                subject, f"{workload.id} is the cluster resolver", base=details
            )
        if not self.resolvers:
            says = f"whether {workload.id} can resolve names cannot be told"
            return self.verdicts.undecided(subject, says, (_NO_RESOLVER,), base=details)
        near = [self._missing(workload, item) for item in self.resolvers if is_cache(item)]
        far = [self._missing(workload, item) for item in self.resolvers if not is_cache(item)]
        if near and far and bool(min(near, key=len)) is not bool(min(far, key=len)):
            return self._one_of_two(workload, reached=not min(far, key=len), details=details)
        return self._judged(workload, min((*near, *far), key=len), details)

    def _one_of_two(self, workload: Workload, *, reached: bool, details: Details) -> CheckResult:
        """It may reach the resolver or the cache before it, and not both."""
        servers = names(item.workload.id for item in self.resolvers if not is_cache(item))
        cache = f"the cache on its node ({names(self.caches.addresses)})"
        one, other = (servers, cache) if reached else (cache, servers)
        doubt = Doubt(
            f"{names(item.workload.id for item in self.caches.found)} answers on each node, and which of the two pods ask, and whether "
            "policies are asked then, is not told by any object",
            _BOTH,
        )
        says = f"{workload.id} may reach {one} on UDP and TCP {DNS}, and not {other}"
        return self.verdicts.undecided(workload_subject(workload), says, (doubt,), base=details)

    def _judged(self, workload: Workload, missing: tuple[Protocol, ...], details: Details) -> CheckResult:
        resolvers = names(item.workload.id for item in self.resolvers)
        ports = kind_gaps(self.facts, GroupKind("", "Service")).of(RESOLVER_HOME)
        unread = (*self.proof.policies.anywhere(), *self.proof.namespaces.anywhere(), *ports)
        subject = workload_subject(workload)
        if not missing:
            says = f"{workload.id} may reach the resolver {resolvers} on UDP and TCP {DNS}"
            return self.verdicts.passed(subject, says, doubts=unread, base=details)
        says = f"{workload.id} is isolated for egress and cannot reach {resolvers} on {names(missing)} {DNS}"
        if unread:
            return self.verdicts.undecided(subject, f"{says} in what was read", unread, base=details)
        effect = "Large answers fail." if missing == (Protocol.TCP,) else "Names do not resolve."
        return self.verdicts.failed(
            subject,
            says,
            why=(
                f"{names(self._isolating(workload))} isolates it for egress.",
                f"No rule, at either end, lets {names(missing)} {DNS} through to {resolvers}.",
                effect,
            ),
            remedy=_REMEDY,
            data={"missing": [item.value for item in missing]},
            base=details,
        )

    def _isolating(self, workload: Workload) -> tuple[ObjectRef, ...]:
        return self.facts.reachability.isolating(workload.id, Direction.EGRESS)

    def _missing(self, workload: Workload, resolver: Resolver) -> tuple[Protocol, ...]:
        allowed = self.facts.reachability.between(workload.id, resolver.workload.id)
        if is_cache(resolver):
            allowed |= self.caches.reached(workload)
        return tuple(item for item in DNS_PROTOCOLS if not _reaches(allowed, item, resolver.ports[item]))


def _reaches(allowed: Connections, protocol: Protocol, ports: frozenset[int]) -> bool:
    return any(allowed.allows(protocol, port) for port in ports)
