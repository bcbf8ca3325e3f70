"""A made-up report input that looks like a real one, built from model values alone."""

from collections import Counter
from collections.abc import Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

from app.model.canonical import canonical_json, digest
from app.model.connections import Connections, PortSet, Protocol
from app.model.context import RunContext
from app.model.control import (
    AcceptedException,
    Assessment,
    Attestation,
    Automation,
    CheckMapping,
    CheckTally,
    Control,
    ControlAssessment,
    ControlState,
    ExceptionUse,
    Framework,
    ManualRecord,
    NotApplicable,
    Role,
)
from app.model.decision import Decision, RuleRef
from app.model.encryption import EvidenceStrength, Known, Label, Membership
from app.model.finding import (
    CheckGroup,
    CheckMeta,
    CheckResult,
    CheckRun,
    Evidence,
    Outcome,
    Severity,
    Strength,
    Subject,
    SubjectKind,
)
from app.model.history import (
    ChangeKind,
    Comparison,
    ControlFlip,
    Document,
    FindingLife,
    ObjectChange,
    PathChange,
    Scan,
    ScanStatus,
    Trend,
    TrendLine,
    TrendPoint,
)
from app.model.hygiene import Flaw, Hygiene, PolicyRemarks, Remark
from app.model.identity import GroupKind, ObjectRef, WorkloadKey
from app.model.inventory import Inventory, Namespace
from app.model.judgement import Judgement
from app.model.platform import UNKNOWN_PLATFORM, Enforcement, NodeEnforcement, Platform, Plugin, Sign
from app.model.policy import AddressRange, Direction
from app.model.reachability import (
    Connection,
    Default,
    EffectiveRule,
    Exposure,
    ExternalRange,
    Openness,
    Profile,
    Reachability,
    Workload,
)
from app.model.report import Advice, ReportDefinition, ReportInput
from app.model.scope import Boundary, Placement, Scope, ScopeRule, Zone
from app.model.snapshot import (
    CollectionGap,
    Coverage,
    GapReason,
    KindCoverage,
    Snapshot,
    SnapshotObject,
    SourceInfo,
    SourceKind,
)
from app.model.transit import Inflow, ListenerVerdict, PathVerdict, Protection, Traffic
from tests.edge_builder import edges
from tests.protection import FixedLinks, FixedMesh

AT = datetime(2026, 8, 21, 2, 0, tzinfo=UTC)
INTERNET = ExternalRange(AddressRange(4, 0, 2**32 - 1))
NETPOL = ("networking.k8s.io", "NetworkPolicy")
ALL_SECTIONS = (
    "cover",
    "reading",
    "summary",
    "scope",
    "controls",
    "diagrams",
    "reachability",
    "encryption",
    "certificates",
    "findings",
    "hygiene",
    "trends",
    "registers",
    "exceptions",
    "ledger",
    "populations",
    "manifest",
)
AUDITOR = ReportDefinition(
    "auditor", "Compliance evidence", ALL_SECTIONS, "Acme Payments B.V., external assessor"
)


def ports(*numbers: int) -> Connections:
    return Connections.of({Protocol.TCP: PortSet.of((number, number) for number in numbers)})


@dataclass(frozen=True)
class FixedReachability:
    """The engine's interface over rows that are simply listed."""

    workloads: tuple[Workload, ...] = ()
    rows: Mapping[tuple[str, str], Connections] = field(default_factory=dict)
    isolated: frozenset[tuple[str, Direction]] = frozenset()
    externals: tuple[ExternalRange, ...] = (INTERNET,)
    profile: Profile = Profile.SPEC
    as_declared: bool = False
    idle: Mapping[ObjectRef, str] = field(default_factory=dict)
    doubtful: Mapping[ObjectRef, str] = field(default_factory=dict)
    own_node: frozenset[tuple[str, str]] = frozenset()  # paths that no policy allows

    def connections(self) -> Iterator[Connection]:
        for source in self._ids():
            for destination in self._ids():
                if allowed := self.between(source, destination):
                    yield Connection(source, destination, allowed)

    def between(self, source: str, destination: str) -> Connections:
        outside = source.startswith("external:") and destination.startswith("external:")
        if source == destination or outside:
            return Connections()
        if (source, destination) in self.rows:
            return self.rows[source, destination]
        free = (source, Direction.EGRESS) not in self.isolated and (
            destination,
            Direction.INGRESS,
        ) not in self.isolated
        return Connections.all() if free else Connections()

    certain = between

    def by_policies(self, source: str, destination: str) -> Connections:
        return Connections() if (source, destination) in self.own_node else self.between(source, destination)

    def isolating(self, workload: str, direction: Direction) -> tuple[ObjectRef, ...]:
        return (policy("payments", "default-deny"),) if (workload, direction) in self.isolated else ()

    selecting = isolating

    def default_of(self, workload: str, direction: Direction) -> Default:
        by = self.isolating(workload, direction)
        return Default(bool(by), by)

    def open_to(self, workload: str, direction: Direction) -> Exposure:
        open_ports = Connections() if self.isolating(workload, direction) else Connections.all()
        openness = Openness(open_ports, open_ports)
        return Exposure(openness, (), openness)

    def unenforced(self, workload: str, direction: Direction) -> tuple[ObjectRef, ...]:
        return ()

    def rules_on(self, workload: str, direction: Direction) -> tuple[EffectiveRule, ...]:
        return ()

    def sources(self, destination: str) -> Iterator[tuple[str, Connections]]:
        for source in self._ids():
            if allowed := self.between(source, destination):
                yield source, allowed

    def destinations(self, source: str) -> Iterator[tuple[str, Connections]]:
        for destination in self._ids():
            if allowed := self.between(source, destination):
                yield destination, allowed

    def decide(self, source: str, destination: str, protocol: Protocol, port: int) -> Decision:
        raise NotImplementedError("reports ask for no single decision")

    def _ids(self) -> list[str]:
        return sorted([item.id for item in self.workloads] + [item.id for item in self.externals])


@dataclass(frozen=True)
class FixedEncryption:
    """Verdicts that are simply listed: by pair, else the usual one."""

    engine: FixedReachability
    usual: PathVerdict
    pairs: Mapping[tuple[str, str], PathVerdict] = field(default_factory=dict)
    accepted: tuple[ListenerVerdict, ...] = ()
    members: Mapping[str, Membership] = field(default_factory=dict)
    on_nodes: tuple[tuple[str, PathVerdict], ...] = ()
    protection: Protection = field(default_factory=Protection)

    def paths(self, source: str, destination: str, allowed: Connections) -> tuple[PathVerdict, ...]:
        return (replace(self.pairs.get((source, destination), self.usual), ports=allowed),)

    def along(
        self, connections: Iterable[Connection]
    ) -> Iterator[tuple[Connection, tuple[PathVerdict, ...]]]:
        for row in connections:
            yield row, self.paths(row.source, row.destination, row.allowed)

    def into(self, destination: str, groups: Mapping[str, Hashable]) -> Iterator[Inflow]:
        for batch, (source, group) in enumerate(sorted(groups.items())):
            if allowed := self.engine.between(source, destination):
                yield Inflow(group, self.paths(source, destination, allowed)[0], 1, (source,), batch)

    def among(self, groups: Mapping[str, Hashable]) -> Iterator[Traffic]:
        for destination, group in groups.items():
            for flow in self.into(destination, groups):
                yield Traffic(flow.group, group, flow.verdict, flow.count)

    def listeners(self, workload: str) -> tuple[ListenerVerdict, ...]:
        return tuple(item for item in self.accepted if item.workload == workload)

    def memberships(self, workload: str) -> tuple[tuple[str, Membership], ...]:
        return (("istio", self.members[workload]),) if workload in self.members else ()

    def nodes(self) -> tuple[tuple[str, PathVerdict], ...]:
        return self.on_nodes

    def tally(self) -> tuple[tuple[Label, int], ...]:
        ids = [item.id for item in self.engine.workloads]
        found = Counter(
            self.paths(one, other, allowed)[0].label
            for one in ids
            for other in ids
            if (allowed := self.engine.between(one, other))
        )
        return tuple(sorted(found.items(), key=lambda item: -item[0].rank))


def workload(namespace: str, name: str, kind: str = "Deployment", pods: int = 2) -> Workload:
    key = WorkloadKey(namespace, name, kind)
    ref = ObjectRef("", "Pod", namespace, f"{name}-0")
    return Workload(str(key), key, {"app": name}, pods, (ref,), ("node-1",), host_network=False)


def policy(namespace: str, name: str) -> ObjectRef:
    return ObjectRef(*NETPOL, namespace, name)


WORKLOADS = tuple(
    sorted(
        (
            workload("payments", "card-vault", pods=3),
            workload("payments", "ledger", "StatefulSet", pods=3),
            workload("payments", "api", pods=4),
            workload("shop", "web", pods=6),
            workload("shop", "cart", pods=3),
            workload("batch", "settlement", "CronJob", pods=1),
            workload("ingress", "controller", pods=2),
            workload("monitoring", "prometheus", "StatefulSet", pods=2),
            workload("monitoring", "grafana", pods=1),
            workload("kube-system", "coredns", pods=2),
            workload("kube-system", "node-agent", "DaemonSet", pods=12),
            workload("sandbox", "trial", "Pod", pods=1),
        ),
        key=lambda item: item.id,
    )
)


def reachability() -> FixedReachability:
    isolated = {
        (item.id, Direction.INGRESS)
        for item in WORKLOADS
        if item.namespace in ("payments", "shop", "batch", "monitoring")
    } | {(item.id, Direction.EGRESS) for item in WORKLOADS if item.namespace in ("payments", "batch")}
    rows = {
        ("ingress/controller[Deployment]", "shop/web[Deployment]"): ports(8080),
        ("shop/web[Deployment]", "shop/cart[Deployment]"): ports(8080),
        ("shop/cart[Deployment]", "payments/api[Deployment]"): ports(8443),
        ("payments/api[Deployment]", "payments/card-vault[Deployment]"): ports(8443),
        ("payments/api[Deployment]", "payments/ledger[StatefulSet]"): ports(5432),
        ("batch/settlement[CronJob]", "payments/ledger[StatefulSet]"): ports(5432),
        ("kube-system/node-agent[DaemonSet]", "payments/card-vault[Deployment]"): Connections.all(),
        ("kube-system/coredns[Deployment]", "payments/card-vault[Deployment]"): Connections.all(),
        (INTERNET.id, "payments/api[Deployment]"): ports(8443),
        ("payments/api[Deployment]", "kube-system/coredns[Deployment]"): ports(53),
        **{
            ("monitoring/prometheus[StatefulSet]", item.id): ports(9102)
            for item in WORKLOADS
            if item.namespace in ("payments", "shop", "batch")
        },
    }
    return FixedReachability(WORKLOADS, rows, frozenset(isolated))


EXCERPT = """spec:
  podSelector: {}
  ingress:
  - from:
    - namespaceSelector:
        matchLabels: {tier: platform}
  policyTypes: [Ingress]"""


def meta(
    check: str, title: str, severity: Severity, fails_when: str, reads: str = "policies, pods, namespaces"
) -> CheckMeta:
    return CheckMeta(
        check,
        CheckGroup.SEGMENTATION,
        severity,
        title,
        fails_when,
        "policies unreadable",
        "",
        reads,
        performed=True,
    )


def result(check: str, subject: str, outcome: Outcome, says: str, **more: object) -> CheckResult:
    namespace = subject.split("/", 1)[0] if "/" in subject else subject
    kind = SubjectKind.WORKLOAD if "[" in subject else SubjectKind.NAMESPACE
    values: dict[str, object] = {"strength": Strength.EFFECTIVE, "severity": Severity.HIGH, **more}
    return CheckResult(check, Subject(kind, subject, namespace), outcome, says=says, **values)  # type: ignore[arg-type]


def runs() -> tuple[CheckRun, ...]:
    ids = [item.id for item in WORKLOADS]
    open_vault = result(
        "unrestricted-path-into-cde",
        "payments/card-vault[Deployment]",
        Outcome.FAIL,
        "kube-system can reach payments/card-vault on every port",
        severity=Severity.CRITICAL,
        why=(
            "`payments/card-vault` is selected by two policies for ingress: `default-deny` and `allow-platform`",
            "`default-deny` allows nothing, and policies add up, so it cannot take back what another allows",
            "`allow-platform` allows every pod of each namespace labelled `tier=platform` and names no ports",
            "kube-system carries `tier=platform`; it holds 14 pods",
        ),
        evidence=(
            Evidence(
                policy("payments", "allow-platform"), "spec.ingress[0]", digest(b"allow-platform"), EXCERPT
            ),
            Evidence(
                ObjectRef("", "Namespace", "", "kube-system"),
                "metadata.labels",
                digest(b"kube-system"),
                "metadata:\n  name: kube-system\n  labels:\n    kubernetes.io/metadata.name: kube-system\n    tier: platform",
            ),
        ),
        remedy="Name the pods and the ports in payments/allow-platform. Port 9102 is the only one that monitoring declares.",
    )
    batch = result(
        "pod-without-egress-isolation",
        "shop/web[Deployment]",
        Outcome.FAIL,
        "shop/web may open connections to any address",
        why=("no policy selects shop/web for egress", "without one, everything is allowed"),
        evidence=(
            Evidence(
                ObjectRef("apps", "Deployment", "shop", "web"),
                "spec.template.metadata.labels",
                digest(b"web"),
                "spec:\n  replicas: 6\n  template:\n    metadata:\n      labels:\n        app: web",
            ),
        ),
        remedy="Add a default-deny egress policy to shop and allow what web needs.",
    )
    sandbox = result(
        "scope-label-missing",
        "sandbox/trial[Pod]",
        Outcome.FAIL,
        "sandbox/trial is placed by no scope rule",
        severity=Severity.MEDIUM,
        strength=Strength.DECLARED,
        why=("no rule of scope.yaml matches namespace sandbox",),
        remedy="Add a rule to scope.yaml, or label the namespace.",
    )
    return (
        CheckRun(
            meta(
                "namespace-without-default-deny-ingress",
                "Namespace has no baseline that isolates every pod for ingress",
                Severity.HIGH,
                "no effective policy isolates all pods of an in-scope namespace for ingress",
            ),
            tuple(
                result(
                    "namespace-without-default-deny-ingress",
                    name,
                    Outcome.PASS,
                    f"default-deny isolates every pod of {name}",
                )
                for name in ("batch", "monitoring", "payments", "shop")
            ),
        ),
        CheckRun(
            meta(
                "pod-without-egress-isolation",
                "Pod is not selected by any policy that isolates egress",
                Severity.HIGH,
                "no policy isolates egress of a running in-scope pod",
            ),
            (
                *(
                    result("pod-without-egress-isolation", name, Outcome.PASS, f"{name} is isolated")
                    for name in ids
                    if name.startswith(("payments", "batch"))
                ),
                batch,
                result(
                    "pod-without-egress-isolation",
                    "shop/cart[Deployment]",
                    Outcome.FAIL,
                    "shop/cart may open connections to any address",
                    why=("no policy selects shop/cart for egress",),
                    remedy="Add a default-deny egress policy to shop.",
                ),
            ),
        ),
        CheckRun(
            meta(
                "unrestricted-path-into-cde",
                "An unrestricted path leads into the cardholder data environment",
                Severity.CRITICAL,
                "a source outside the CDE may use every port of a CDE workload",
                "computed reachability, zone map",
            ),
            (
                open_vault,
                result(
                    "unrestricted-path-into-cde",
                    "payments/ledger[StatefulSet]",
                    Outcome.PASS,
                    "only named ports are open",
                ),
                result(
                    "unrestricted-path-into-cde",
                    "payments/api[Deployment]",
                    Outcome.PASS,
                    "only named ports are open",
                ),
            ),
            limits=("Paths through host ports are judged by external-exposure-undeclared.",),
        ),
        CheckRun(
            meta(
                "external-exposure-undeclared",
                "Something is exposed outside the cluster and not declared",
                Severity.HIGH,
                "a way in from outside is absent from the register",
                "services, ingresses, gateways, pods",
            ),
            (
                result(
                    "external-exposure-undeclared",
                    "shop/web[Deployment]",
                    Outcome.PASS,
                    "Ingress shop/web is in the register",
                ),
                result(
                    "external-exposure-undeclared",
                    "payments/api[Deployment]",
                    Outcome.INSUFFICIENT,
                    "whether payments/api is exposed could not be determined",
                    why=("Ingress objects could not be listed",),
                    remedy="Grant list on ingresses to the collector",
                ),
            ),
            population_complete=False,
        ),
        CheckRun(
            meta(
                "scope-label-missing",
                "Namespace or workload has no declared zone",
                Severity.MEDIUM,
                "no scope rule places it",
                "namespaces, workloads",
            ),
            (
                *(
                    result("scope-label-missing", name, Outcome.PASS, f"{name} is placed")
                    for name in ids
                    if not name.startswith("sandbox")
                ),
                sandbox,
            ),
        ),
    )


def control(number: str, title: str, chapter: str, *checks: tuple[str, Role], **more: object) -> Control:
    values: dict[str, object] = {
        "manual_parts": ("the written standard: owner, version, approval date",),
        "enabled": True,
        **more,
    }
    return Control(
        id=number,
        title=title,
        objective=title,
        chapter=chapter,
        automation=Automation.PARTIAL if checks else Automation.MANUAL,
        severity="high",
        scope="CDE",
        cadence="nightly scan",
        checks=tuple(CheckMapping(check, role) for check, role in checks),
        direct_facts=(),
        supporting_facts=(),
        evidence_expected=(),
        auditor_questions=(),
        tool_supports=(),
        **values,  # type: ignore[arg-type]
    )


def tally(run: CheckRun, role: Role, excepted: int = 0) -> CheckTally:
    counts = tuple((outcome, run.count(outcome)) for outcome in Outcome)
    return CheckTally(
        run.meta.id,
        role,
        performed=True,
        counts=counts,
        excepted=excepted,
        population_complete=run.population_complete,
    )


RULES = "1.2  Network security controls are configured and maintained"
ACCESS = "1.3  Access to and from the cardholder data environment is restricted"
TEST = "11.4  Segmentation is tested"


def controls(performed: tuple[CheckRun, ...]) -> tuple[ControlAssessment, ...]:
    by_id = {run.meta.id: run for run in performed}
    direct, supporting = Role.DIRECT, Role.SUPPORTING

    def assessed(item: Control, state: ControlState, reason: str, **more: object) -> ControlAssessment:
        tallies = tuple(
            tally(by_id[mapping.check], mapping.role)
            if mapping.check in by_id
            else CheckTally(
                mapping.check, mapping.role, performed=False, counts=(), excepted=0, population_complete=True
            )
            for mapping in item.checks
        )
        failures = tuple(
            result
            for mapping in item.checks
            if mapping.role is direct and mapping.check in by_id and state is ControlState.EXCEPTION
            for result in by_id[mapping.check].results
            if result.outcome is Outcome.FAIL
        )
        values: dict[str, object] = {"missing": (), "contrary": False, "excepted": (), **more}
        return ControlAssessment(item, state, reason, tallies=tallies, failures=failures, **values)  # type: ignore[arg-type]

    return (
        assessed(
            control(
                "1.2.1",
                "Written rules for network controls exist and are applied",
                RULES,
                ("namespace-without-default-deny-ingress", direct),
                ("policy-drift-from-baseline", supporting),
            ),
            ControlState.MANUAL,
            "Automated part: 4 of 4 subjects without exception. Manual evidence needed",
            missing=("The standard itself: owner, version and approval date.",),
        ),
        assessed(
            control(
                "1.2.4", "Every workload has a place in the scope map", RULES, ("scope-label-missing", direct)
            ),
            ControlState.PARTIAL,
            "Exceptions accepted by the entity; the assessor decides",
        ),
        assessed(
            control(
                "1.2.5",
                "Allowed services, protocols and ports are approved",
                RULES,
                ("namespace-without-default-deny-ingress", direct),
            ),
            ControlState.SUPPORTED,
            "No exceptions noted; manual evidence on file",
            attestation=Attestation(
                "nsc-review", "R. Jansen", date(2026, 6, 2), ("1.2.5",), "NSC-2026-06.pdf", digest(b"nsc")
            ),
        ),
        assessed(
            control(
                "1.2.7",
                "Rule sets are reviewed every six months",
                RULES,
                manual_record=ManualRecord("nsc-review", "6 months", "standard"),
                outside_tool="Reviews by people leave no trace in the cluster",
            ),
            ControlState.MANUAL,
            "No check bears on it. Manual evidence needed",
            missing=("A dated record of the review of every rule set, with its findings.",),
        ),
        assessed(
            control(
                "1.3.1",
                "Inbound traffic to the CDE is restricted to what is needed",
                ACCESS,
                ("unrestricted-path-into-cde", direct),
                ("scope-label-missing", supporting),
            ),
            ControlState.EXCEPTION,
            "Exception noted",
            contrary=True,
        ),
        assessed(
            control(
                "1.3.2",
                "Outbound traffic from the CDE is restricted to what is needed",
                ACCESS,
                ("pod-without-egress-isolation", direct),
            ),
            ControlState.EXCEPTION,
            "Exception noted",
        ),
        assessed(
            control(
                "1.4.2",
                "Inbound traffic from untrusted networks is restricted",
                ACCESS,
                ("external-exposure-undeclared", direct),
            ),
            ControlState.INSUFFICIENT,
            "Could not be determined",
            missing=("Permission to list Ingress objects.",),
        ),
        assessed(
            control("1.4.3", "Anti-spoofing measures stop forged source addresses", ACCESS),
            ControlState.NOT_APPLICABLE,
            "Declared not applicable; the scan found nothing to the contrary",
            not_applicable=NotApplicable(
                "pci-dss-4.0.1",
                "1.4.3",
                "The data plane drops forged addresses; tested on 2 June",
                "R. Jansen",
                date(2026, 6, 2),
            ),
        ),
        assessed(
            control(
                "11.4.5",
                "Segmentation is tested by people at least once a year",
                TEST,
                manual_record=ManualRecord("segmentation-test", "12 months", "standard"),
            ),
            ControlState.MANUAL,
            "Manual evidence needed",
            missing=("The report of the latest segmentation test.",),
        ),
        assessed(
            control("R-1", "Readiness: post-quantum inventory", "Readiness", enabled=False),
            ControlState.MANUAL,
            "Proposed only",
        ),
    )


def exceptions(performed: tuple[CheckRun, ...]) -> tuple[ExceptionUse, ...]:
    base = AcceptedException(
        "EX-2026-014",
        "scope-label-missing",
        ("sandbox/trial[Pod]",),
        "The sandbox is torn down each quarter",
        "Team Platform (M. de Wit)",
        "R. Jansen, CISO",
        date(2026, 7, 1),
        date(2026, 9, 14),
        "Isolated node pool, Appendix C worksheet 3",
    )
    hits = tuple(
        item
        for run in performed
        if run.meta.id == base.check
        for item in run.results
        if item.outcome is Outcome.FAIL
    )
    expired = replace(
        base,
        id="EX-2026-003",
        check="pod-without-egress-isolation",
        subjects=("shop/web[Deployment]",),
        reason="Migration of the mail relay",
        expires_on=date(2026, 7, 31),
        compensating_control="",
    )
    unused = replace(
        base,
        id="EX-2026-009",
        check="policy-allow-all-ingress",
        subjects=("shop/legacy[Deployment]",),
        reason="Legacy storefront",
        expires_on=date(2026, 12, 31),
    )
    return (
        ExceptionUse(base, "", hits),
        ExceptionUse(expired, expired.problem(AT.date()), ()),
        ExceptionUse(unused, "", ()),
    )


PCI = Framework(
    "pci-dss-4.0.1",
    "PCI DSS",
    "4.0.1",
    "PCI DSS v4.0.1",
    "1.0",
    Boundary.PCI,
    "pci-",
    "paraphrase only",
    (),
    digest(b"pci"),
)
HIPAA = replace(
    PCI,
    id="hipaa-security-rule",
    name="HIPAA",
    title="HIPAA Security Rule",
    boundary=Boundary.HIPAA,
    digest=digest(b"hipaa"),
)
SOC2 = replace(
    PCI,
    id="soc2-tsc-2017",
    name="SOC 2",
    title="SOC 2 (TSC 2017)",
    boundary=Boundary.SOC2,
    digest=digest(b"soc2"),
)


def scope() -> Scope:
    return Scope(
        given=True,
        owner="R. Jansen, CISO",
        reviewed_on=date(2026, 6, 2),
        rules=(
            ScopeRule("cde", ("payments",), zone=Zone.CDE, data_store=True),
            ScopeRule("connected", ("shop", "batch", "ingress"), zone=Zone.CONNECTED),
            ScopeRule("security", ("monitoring", "kube-system"), zone=Zone.SECURITY),
        ),
        digest=digest(b"scope"),
    )


def platform() -> Platform:
    sign = Sign(
        ObjectRef("apps", "DaemonSet", "kube-system", "calico-node"),
        "spec.template.spec.containers[0].image",
        "docker.io/calico/node:v3.29.1",
        "Calico's node agent runs on every node and programs its policy engine",
        digest(b"calico"),
    )
    nodes = tuple(
        NodeEnforcement(f"node-{n}", Enforcement.ENFORCED, "calico-node is ready there") for n in range(1, 10)
    )
    bad = NodeEnforcement("edge-1", Enforcement.DEGRADED, "calico-node is not ready there since 2026-08-20")
    return Platform(
        plugins=(
            Plugin(
                "calico",
                "Calico",
                "3.29.1",
                primary=True,
                enforcement=Enforcement.ENFORCED,
                signs=(sign,),
                cautions=("host-network pods are not covered by NetworkPolicy",),
            ),
        ),
        nodes=(*nodes, bad),
        enforcement=Enforcement.ENFORCED,
        reason="Calico runs on 9 of 10 nodes and nothing switches its policy engine off",
        distribution="EKS",
        pod_exceptions={ObjectRef("", "Pod", "kube-system", "node-agent-x1"): "it uses its node's network"},
    )


ADVICE = 'apiGroups: ["networking.k8s.io"]\nresources: ["ingresses"]\nverbs: ["get", "list"]'


def snapshot(cluster: str) -> Snapshot:
    objects = []
    for ref, body in (
        (policy("payments", "allow-platform"), {"spec": {"podSelector": {}}}),
        (policy("payments", "default-deny"), {"spec": {"podSelector": {}}}),
        (ObjectRef("", "Namespace", "", "payments"), {"metadata": {"name": "payments"}}),
    ):
        data = canonical_json(body)
        objects.append(SnapshotObject(ref, data, digest(data)))
    return Snapshot(
        cluster=cluster,
        taken_at=AT,
        source=SourceInfo(
            SourceKind.API,
            "API server of context prod-eu-1",
            "6f1f0c1e-9a51-4f6e-8f0e-2b1d9f5a7c31",
            "v1.31.4",
            "system:serviceaccount:netattest:collector",
        ),
        objects=tuple(sorted(objects, key=lambda item: item.ref)),
        kinds=(
            KindCoverage(GroupKind("", "Namespace"), "v1", Coverage.COMPLETE, 8, 1, "88120417"),
            KindCoverage(GroupKind("", "Pod"), "v1", Coverage.COMPLETE, 40, 1, "88120417"),
            KindCoverage(GroupKind("apps", "Deployment"), "v1", Coverage.COMPLETE, 9, 1, "88120418"),
            KindCoverage(GroupKind("networking.k8s.io", "Ingress"), "v1", Coverage.REFUSED, 0, 0),
            KindCoverage(
                GroupKind("networking.k8s.io", "NetworkPolicy"), "v1", Coverage.COMPLETE, 17, 1, "88120419"
            ),
            KindCoverage(GroupKind("projectcalico.org", "GlobalNetworkPolicy"), "v3", Coverage.ABSENT, 0, 0),
        ),
        gaps=(
            CollectionGap(
                GroupKind("networking.k8s.io", "Ingress"),
                GapReason.FORBIDDEN,
                "listing ingresses.networking.k8s.io was forbidden (HTTP 403) for system:serviceaccount:netattest:collector",
                ADVICE,
            ),
        ),
    )


def scan(cluster: str, snap: Snapshot, documents: tuple[Document, ...]) -> Scan:
    return Scan(
        cluster=cluster,
        number=14,
        status=ScanStatus.PARTIAL,
        taken_at=AT,
        recorded_at=AT + timedelta(seconds=41),
        slot=AT,
        tool_version="0.1.0",
        snapshot_digest=snap.digest,
        documents=tuple((item.name, item.digest) for item in documents),
        previous_digest=digest(b"scan 13"),
        digest=digest(b"scan 14"),
        objects=len(snap.objects),
        gaps=len(snap.gaps),
    )


def life(result: CheckResult, nights: int, opened: int = 1) -> FindingLife:
    first = AT - timedelta(days=nights - 1)
    return FindingLife(
        result.fingerprint,
        result.check,
        result.subject,
        result.severity,
        15 - nights,
        first,
        15 - nights,
        first,
        14,
        AT,
        None,
        None,
        opened,
        nights,
        result,
    )


def trend(flip: CheckResult, closed: CheckResult, before: Scan, after: Scan) -> Trend:
    exception = [1, 1, 1, 3, 3, 4, None, 4, 3, 3, None, 2, 2, 2]
    unknown = [0, 0, 0, 0, 0, 0, None, 2, 2, 0, None, 0, 1, 1]

    def line(framework: str, shift: int) -> TrendLine:
        points = []
        for night, (failed, blind) in enumerate(zip(exception, unknown, strict=True)):
            at = AT - timedelta(days=13 - night)
            if failed is None:
                points.append(
                    TrendPoint(
                        at,
                        night + 1 if night == 6 else None,
                        "failed: the API server did not answer" if night == 6 else "missed",
                        None,
                    )
                )
                continue
            counts = (
                (ControlState.EXCEPTION, max(failed - shift, 0)),
                (ControlState.INSUFFICIENT, blind),
                (ControlState.SUPPORTED, 1 + (night > 8)),
            )
            breaks = (
                ("the scope file changed",)
                if night == 4
                else ("the tool changed from 0.0.9 to 0.1.0", "the framework file changed")
                if night == 9
                else ()
            )
            points.append(TrendPoint(at, night + 1, "complete", counts, breaks))
        return TrendLine(framework, tuple(points))

    return Trend(
        (line(HIPAA.id, 1), line(PCI.id, 0), line(SOC2.id, 2)),
        Comparison(
            before,
            after,
            opened=(flip,),
            closed=(closed,),
            flips=(ControlFlip(PCI.id, "1.3.1", ControlState.MANUAL, ControlState.EXCEPTION),),
            objects=(
                ObjectChange(
                    policy("payments", "allow-platform"), ChangeKind.ADDED, "", digest(b"allow-platform")
                ),
                ObjectChange(policy("shop", "allow-web"), ChangeKind.CHANGED, digest(b"a"), digest(b"b")),
            ),
            paths=(
                PathChange(
                    "kube-system/coredns[Deployment]",
                    "payments/card-vault[Deployment]",
                    opened=True,
                    ports="all connections",
                ),
                PathChange(
                    "shop/web[Deployment]", "payments/ledger[StatefulSet]", opened=False, ports="TCP 5432"
                ),
            ),
        ),
    )


def documents() -> tuple[Document, ...]:
    return (
        Document("checks.yaml", b"checks: []\n"),
        RunContext(previous=13).document(),
        Document("exceptions.yaml", b"exceptions: []\n"),
        Document("frameworks/pci-dss-4.0.1.yaml", b"framework: pci-dss\n"),
        Document("scope.yaml", b"owner: R. Jansen, CISO\n"),
    )


def inventory() -> Inventory:
    names = sorted({item.namespace for item in WORKLOADS})
    namespaces = tuple(
        Namespace(ObjectRef("", "Namespace", "", name), {"kubernetes.io/metadata.name": name})
        for name in names
    )
    return Inventory(namespaces, (), (), (), (), ())


def report_input(cluster: str = "prod-eu-1", definition: ReportDefinition = AUDITOR) -> ReportInput:
    performed, docs, snap = runs(), documents(), snapshot(cluster)
    stored = scan(cluster, snap, docs)
    judged = controls(performed)
    used = exceptions(performed)
    whole = replace(PCI, controls=tuple(item.control for item in judged))
    assessment = Assessment(whole, AT, judged, used)
    others = tuple(Assessment(item, AT, judged[start:], ()) for item, start in ((HIPAA, 2), (SOC2, 4)))
    failing = [item for run in performed for item in run.results if item.outcome is Outcome.FAIL]
    engine = reachability()
    judgement = Judgement(
        inventory(),
        platform(),
        engine,
        engine,
        scope(),
        performed,
        (assessment, *others),
        {},
        placed(engine.workloads),
        encryption(engine),
        edges(AT),
    )
    lives = tuple(
        life(item, nights, opened)
        for item, nights, opened in zip(failing, (9, 3, 1, 14), (1, 2, 1, 1), strict=False)
    )
    before = replace(stored, number=13, taken_at=AT - timedelta(days=1))
    closed = result(
        "policy-allow-all-ingress",
        "shop/web[Deployment]",
        Outcome.FAIL,
        "shop/web admitted ingress from anywhere",
    )
    opened = next(item for item in failing if item.check == "unrestricted-path-into-cde")
    return ReportInput(
        stored,
        snap,
        docs,
        judgement,
        assessment,
        trend(opened, closed, before, stored),
        lives,
        definition,
        advice=Advice(hygiene()),
    )


def hygiene() -> Hygiene:
    """A policy with two remarks, one that is not understood, one part of an object, and a sound one."""
    payments, shop = policy("payments", "vault"), policy("shop", "web")
    other = RuleRef(policy("payments", "wide"), Direction.INGRESS, "spec.ingress[0]")
    void = Remark(
        Flaw.SHADOWED,
        f"spec.ingress[1] of {payments} is never reached: {other} decides all that it would allow",
        "spec.ingress[1]",
        (other,),
        "Change what is asked before it, or delete it.",
    )
    opened = Remark(
        Flaw.OPENED,
        f"{payments} restricts what enters of pods that {other} opens to everyone: payments/vault[StatefulSet]",
        because=(other,),
        advice="Policies add up: narrow the rule that opens them, or keep the pods out of its selector.",
    )
    return Hygiene(
        (
            PolicyRemarks(policy("payments", "closed"), "", 3, 0),
            PolicyRemarks(payments, "", 1, 2, (opened, void)),
            PolicyRemarks(policy("payments", "wide"), "specs[1]", 1, 1),
            PolicyRemarks(shop, "", 2, 1, unjudged=("rules about ICMP alone are not compared with others",)),
        ),
        ("1 gap in what was read: what is said holds for the pods and policies that were",),
    )


def encryption(engine: FixedReachability) -> FixedEncryption:
    """WireGuard on one of two nodes, and a mesh around payments that takes plain text at one port."""
    key = Sign(
        ObjectRef("", "Node", "", "node-1"),
        "metadata.annotations['projectcalico.org/WireguardPublicKey']",
        "mT6…=",
        "the key of this node",
        "d1",
    )
    none = Sign(
        ObjectRef("crd.projectcalico.org", "FelixConfiguration", "", "default"),
        "spec.wireguardEnabled",
        "true",
        "a setting of Felix",
        "d2",
    )
    mode = Sign(
        ObjectRef("security.istio.io", "PeerAuthentication", "payments", "default"),
        "spec.mtls.mode",
        "PERMISSIVE",
        "the namespace's mode",
        "d3",
    )
    observed, configured = EvidenceStrength.OBSERVED, EvidenceStrength.CONFIGURED
    clear = PathVerdict(
        Label.PLAINTEXT,
        observed,
        "neither end is in a mesh; Calico WireGuard does not encrypt between their nodes: the node has published no WireGuard key, although FelixConfiguration default sets wireguardEnabled to true (node-2)",
        Connections(),
        link="calico-wireguard",
        signs=(none,),
    )
    tunnel = replace(
        clear,
        label=Label.NODE_TUNNEL,
        says="neither end is in a mesh; Calico WireGuard encrypts between their nodes: the node has published a WireGuard key for IPv4 (node-1); in clear to a peer that it cannot encrypt to",
        signs=(key,),
        fips=Known.NO,
    )
    mutual = replace(
        clear,
        label=Label.MTLS_OPPORTUNISTIC,
        says="both ends are in the mesh; the port takes plain text too (PERMISSIVE)",
        mesh="istio",
        signs=(mode,),
        strength=configured,
    )
    ids = [item.id for item in engine.workloads]
    inside = [name for name in ids if name.startswith("payments/")]
    pairs = {(one, other): mutual for one in inside for other in inside}
    pairs |= {(one, other): tunnel for one in ids for other in ids if one.startswith("kube-system/")}
    accepted = [
        ListenerVerdict(
            name,
            Protocol.TCP,
            8443,
            Known.YES,
            "PERMISSIVE",
            configured,
            "the namespace's PeerAuthentication is PERMISSIVE",
            "the cluster",
            (mode,),
        )
        for name in inside[:1]
    ] + [
        ListenerVerdict(
            name,
            Protocol.TCP,
            8443,
            Known.NO,
            "STRICT",
            configured,
            "its own PeerAuthentication is STRICT",
            "nobody",
            (replace(mode, value="STRICT"),),
        )
        for name in inside[1:2]
    ]
    member = Membership("sidecar", Known.YES, observed, "", "a running istio-proxy")
    return FixedEncryption(
        engine,
        clear,
        pairs,
        tuple(accepted),
        dict.fromkeys(inside, member),
        (("node-1", tunnel), ("node-2", clear)),
        Protection(
            (FixedMesh("istio", {}, name="Istio", version="1.27.1", signs=(mode,)),),
            (FixedLinks("calico-wireguard", {}, name="Calico WireGuard", signs=(none,)),),
        ),
    )


def placed(workloads: Iterable[Workload]) -> dict[str, Placement]:
    """Where the usual scope puts workloads."""
    return {item.id: scope().place(item.namespace, {}, item.labels) for item in workloads}


def with_reachability(report: ReportInput, engine: Reachability) -> ReportInput:
    """The same report over other workloads and connections."""
    judgement = replace(report.judgement, reachability=engine, placements=placed(engine.workloads))
    return replace(report, judgement=judgement)


def empty_input(cluster: str = "new", definition: ReportDefinition = AUDITOR) -> ReportInput:
    """A first scan of which next to nothing is known."""
    snap = replace(
        snapshot(cluster),
        objects=(),
        kinds=(),
        gaps=(),
        source=SourceInfo(SourceKind.FILES, "an empty folder"),
    )
    docs = (RunContext().document(),)
    stored = replace(
        scan(cluster, snap, docs),
        number=1,
        status=ScanStatus.COMPLETE,
        slot=None,
        previous_digest="",
        tool_version="",
    )
    engine = FixedReachability()
    judgement = Judgement(
        Inventory((), (), (), (), (), ()), UNKNOWN_PLATFORM, engine, engine, Scope(), (), (), {}, {}
    )
    return ReportInput(
        stored, snap, docs, judgement, Assessment(PCI, AT, (), ()), Trend((), None), (), definition
    )


def many_findings(size: int, cluster: str = "prod-eu-1") -> ReportInput:
    """The usual report with `size` failing workloads more, and none but these."""
    base = report_input(cluster)
    ids = [f"team-{n % 37:02d}/service-{n:05d}[Deployment]" for n in range(size)]
    failing = tuple(
        result(
            "unrestricted-path-into-cde",
            name,
            Outcome.FAIL,
            f"{name} is reached from sandbox on every port",
            why=("no policy selects it for ingress",),
            remedy="Add a default-deny policy.",
        )
        for name in ids
    )
    performed = tuple(
        replace(
            run,
            results=failing
            if run.meta.id == "unrestricted-path-into-cde"
            else tuple(item for item in run.results if item.outcome is not Outcome.FAIL),
        )
        for run in base.judgement.runs
    )
    judged = controls(performed)
    assessment = replace(base.assessment, controls=judged, exceptions=())
    judgement = replace(base.judgement, runs=performed, assessments=(assessment,))
    return replace(base, judgement=judgement, assessment=assessment, lives=())
