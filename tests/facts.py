"""Small clusters, written as a person would, made into what checks see: through the real reader and the real engine.

namespaces: {payments: {team: pay}}
workloads:
  payments/api: {labels: {app: api}, node: n1, ports: {http: 8080}}     a Pod; without a node a Deployment
  payments/db-0: {node: n1, of: StatefulSet db}                         one pod of a workload that may have others
policies:
  payments/deny: {podSelector: {}, policyTypes: [Ingress]}              the spec, word for word
services:
  payments/api: {selector: {app: api}, ports: [{port: 80}]}             likewise
objects: [...]                                                          whole manifests
secrets: {shop/web-tls: {name: shop.example, to: 2026-12-01}}           TLS Secrets with a real certificate
probes: {"shop.example:443": {tls: [TLS 1.2, TLS 1.3]}}                 what connecting to an endpoint showed
"""

import ssl
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

import yaml

from app.assess.checks_file import read_checks
from app.assess.reading import Mistakes
from app.assess.registers_reading import baseline_document, read_registers
from app.collect import normalize
from app.collect.objects import identify, snapshot_object
from app.detect import detect, protection
from app.evaluate import encryption, find_edges, reachability
from app.model.connections import Connections, PortSet, Protocol
from app.model.context import Changes, DocumentChange, Integrity, RunContext
from app.model.control import AcceptedException
from app.model.encryption import Known
from app.model.facts import Facts
from app.model.finding import (
    CheckMeta,
    CheckResult,
    CheckRun,
    Outcome,
    Strength,
    Subject,
    SubjectKind,
)
from app.model.history import ChangeKind, Document, ObjectChange, Slot, SlotStatus
from app.model.identity import GroupKind, ObjectRef
from app.model.inventory import Inventory
from app.model.platform import Enforcement, Platform
from app.model.policy import AddressRange
from app.model.probe import PlainAnswer, Probe, ProbeOutcome
from app.model.reachability import Profile
from app.model.registers import RecordDuty, Registers
from app.model.scope import (
    ApprovedExposure,
    ApprovedFlow,
    Boundary,
    DeclaredTls,
    EncryptionClaims,
    RegisteredCertificate,
    Scope,
    ScopeRule,
    Thresholds,
    Zone,
)
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
from app.model.transit import AttestedLink, Protection
from app.resources import resource
from tests.builders import platform as make_platform
from tests.builders import selector
from tests.certificates import BY_SHA1, END, ROOT_BY_SHA1, START, issued, self_signed
from tests.protection import FixedLinks, FixedMesh

AT = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
CLUSTER = "test"


@cache
def catalogue() -> Mapping[str, CheckMeta]:
    mistakes = Mistakes()
    found = read_checks(Document("checks.yaml", (resource("config") / "checks.yaml").read_bytes()), mistakes)
    mistakes.settle()
    return found


def facts_of(case: Mapping[str, Any]) -> Facts:
    """Everything that a check may look at; what a case does not say is absent, and enforcement is proven."""
    objects = tuple(sorted(_objects(case.get("cluster") or {}), key=lambda item: item.ref))
    read = normalize(objects)
    snapshot = Snapshot(
        cluster=CLUSTER,
        taken_at=AT,
        source=SourceInfo(SourceKind(case.get("source", "api")), "a test"),
        objects=objects,
        kinds=tuple(sorted(_coverage(*item) for item in (case.get("kinds") or {}).items())),
        gaps=tuple(sorted({*(_gap(text) for text in case.get("gaps") or ()), *read.gaps})),
    )
    said = case.get("platform", "enforced")
    platform = detect(snapshot) if said == "detected" else platform_of(said)
    views = [
        reachability(read.inventory, platform, snapshot.gaps, profile=Profile.SPEC, as_declared=declared)
        for declared in (False, True)
    ]
    return Facts(
        snapshot=snapshot,
        inventory=read.inventory,
        platform=platform,
        reachability=views[0],
        declared=views[1],
        edges=find_edges(snapshot, read.inventory, platform, views[0]),
        scope=scope_of(case.get("scope")),
        exceptions=tuple(_exception(*item) for item in (case.get("exceptions") or {}).items()),
        catalogue=catalogue(),
        context=_context(case.get("context") or {}),
        at=AT,
        encryption=encryption(
            views[0],
            read.inventory,
            _protection(case, snapshot, read.inventory, platform),
            [_attested(*item) for item in (case.get("attested") or {}).items()],
        ),
        registers=_registers(case.get("registers") or {}),
        duties=tuple(_duty(*item) for item in (case.get("duties") or {}).items()),
        found=tuple(_found(*item) for item in (case.get("found") or {}).items()),
    )


def _found(name: str, said: Mapping[str, str]) -> CheckRun:
    """What another check said: `policy-overly-broad: {NetworkPolicy shop/wide: fail}`; `unread: …` where not all was read."""
    meta, kind = catalogue()[name], SubjectKind.POLICY
    results = [
        CheckResult(name, Subject(kind, subject), Outcome(text), Strength.EFFECTIVE, "it says so")
        for subject, text in said.items()
        if subject != "unread"
    ]
    return CheckRun(meta, tuple(results), population_complete="unread" not in said)


def _protection(
    case: Mapping[str, Any], snapshot: Snapshot, inventory: Inventory, platform: Platform
) -> Protection:
    """What the objects show; `meshes: {m: {web: STRICT}}` and `links: {wg: {web: sealed}}` say it, pod by pod, instead.

    Meshes named in `out_of_band` authenticate and carry nothing; `attested: {AWS: {pool: a}}` puts a statement of a provider on file.
    """
    if "meshes" not in case and "links" not in case:
        return protection(snapshot, inventory, platform)
    apart = case.get("out_of_band") or ()
    return Protection(
        tuple(
            FixedMesh(name, modes, out_of_band=name in apart)
            for name, modes in (case.get("meshes") or {}).items()
        ),
        tuple(FixedLinks(name, ends) for name, ends in (case.get("links") or {}).items()),
    )


def _attested(feature: str, labels: Mapping[str, str]) -> AttestedLink:
    day = date(2026, 1, 1)
    return AttestedLink(
        feature, "B. Approver", day, day.replace(2027), node_labels=tuple(sorted(labels.items()))
    )


# ---- objects


def _objects(cluster: Mapping[str, Any]) -> Iterator[SnapshotObject]:
    for manifest in _manifests(cluster):
        yield snapshot_object(identify(manifest), manifest)
    for name, said in (cluster.get("probes") or {}).items():
        yield _probe(name, said).stored()
    for name, said in (cluster.get("secrets") or {}).items():
        yield _secret(name, said or {})


def _manifests(cluster: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for name, labels in (cluster.get("namespaces") or {}).items():
        yield _object("v1", "Namespace", name, labels={"kubernetes.io/metadata.name": name, **(labels or {})})
    for name, spec in (cluster.get("nodes") or {}).items():
        yield _object("v1", "Node", name, spec=spec or {})
    for name, said in (cluster.get("workloads") or {}).items():
        yield _workload(name, said or {})
    for name, spec in (cluster.get("policies") or {}).items():
        yield _object("networking.k8s.io/v1", "NetworkPolicy", name, spec=spec)
    for name, spec in (cluster.get("services") or {}).items():
        yield _object("v1", "Service", name, spec=spec)
    yield from cluster.get("objects") or ()


def _probe(name: str, said: Mapping[str, Any]) -> Probe:
    """`shop.example:443: {tls: [TLS 1.2], suites: […], unanswered: […], trusted: yes, from: …}`, `{plain: redirect}`, `{outcome: closed}`."""
    host, _, port = name.rpartition(":")
    chain = () if "name" not in said else tuple(_chain(said))
    versions = tuple(said.get("tls") or ())
    outcome = "tls" if versions else "plain" if "plain" in said else said["outcome"]
    return Probe(
        host=host,
        port=int(port),
        outcome=ProbeOutcome(outcome),
        says=said.get("says", "as the probe says"),
        accepted=versions,
        suites={versions[-1]: tuple(said.get("suites") or ())} if versions else {},
        chain=chain,
        trusted=Known(said.get("trusted", "unknown")),
        trust_says=said.get("trust_says", ""),
        client_certificate=Known(said.get("client_certificate", "no")),
        plain=PlainAnswer(said.get("plain", "")),
        unanswered=tuple(said.get("unanswered") or ()),
        group_bits=said.get("group", 0),
    )


def _chain(said: Mapping[str, Any]) -> Iterator[str]:
    """A certificate of a short key (`bits`), of an old signature (`sha1`) or a good one.

    Above it an issuer that ends on a day (`above`), with a key of `bits above`, and anchors: one that ended on a day (`root`), one that
    signed itself by SHA-1 (`old root`).
    """
    if "bits" in said:
        yield issued(said["name"], said["bits"])
    elif "sha1" in said:
        yield BY_SHA1
    else:
        yield _der(*self_signed(said["name"], **_validity(said)))
    if "above" in said:
        day = said["above"]
        end = datetime(day.year, day.month, day.day, tzinfo=UTC)
        yield issued("intermediate", said.get("bits above", 2048), end)
    if "root" in said:
        yield _der(*self_signed("root", **_validity({"to": said["root"]})))
    if "old root" in said:
        yield ROOT_BY_SHA1


def _secret(name: str, said: Mapping[str, Any]) -> SnapshotObject:
    """A TLS Secret with a real certificate and a key, read as in a namespace that opted in; of an authority where it has `bits`."""
    key, certificate = self_signed(said.get("name", "shop.example"), **_validity(said))
    if "bits" in said:
        certificate = ssl.DER_cert_to_PEM_cert(b64decode(issued("shop.example", said["bits"]))).encode()
    manifest = _object("v1", "Secret", name, type="kubernetes.io/tls")
    manifest["data"] = {
        "tls.crt": b64encode(certificate + key).decode(),
        "tls.key": b64encode(key).decode(),
    }
    ref = identify(manifest)
    return snapshot_object(ref, manifest, certificates=(ref.namespace,))


def _validity(said: Mapping[str, Any]) -> dict[str, datetime]:
    at = {"start": said.get("from", START.date()), "end": said.get("to", END.date())}
    return {key: datetime(day.year, day.month, day.day, tzinfo=UTC) for key, day in at.items()}


def _der(key: bytes, certificate: bytes) -> str:
    del key
    return "".join(certificate.decode().splitlines()[1:-1])


def _object(
    version: str, kind: str, name: str, *, labels: Mapping[str, str] | None = None, **parts: Any
) -> dict[str, Any]:
    namespace, _, short = name.rpartition("/")
    metadata = {
        "name": short,
        "labels": dict(labels or {}),
        **({"namespace": namespace} if namespace else {}),
    }
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **parts}


def _workload(name: str, said: Mapping[str, Any]) -> dict[str, Any]:
    labels = said.get("labels") or {}
    ports = [_port(port, number) for port, number in (said.get("ports") or {}).items()]
    ports += [{"containerPort": number, "hostPort": number} for number in said.get("hostPorts") or ()]
    spec = {
        "containers": [
            {"name": "main", "image": "example.com/main:1", "args": said.get("args") or [], "ports": ports}
        ],
        **({"hostNetwork": True} if said.get("hostNetwork") else {}),
    }
    if "node" in said:
        spec["nodeName"] = said["node"]
        pod = _object("v1", "Pod", name, labels=labels, spec=spec, status={"phase": "Running"})
        kind, _, owner = said.get("of", "").partition(" ")
        if owner:
            references = [{"apiVersion": "apps/v1", "kind": kind, "name": owner, "controller": True}]
            pod["metadata"]["ownerReferences"] = references
        return pod
    template = {"metadata": {"labels": labels}, "spec": spec}
    return _object(
        "apps/v1", "Deployment", name, spec={"selector": {"matchLabels": labels}, "template": template}
    )


def _port(name: str, number: int | str) -> dict[str, Any]:
    value, _, protocol = str(number).partition("/")
    return {"name": name, "containerPort": int(value), "protocol": protocol or "TCP"}


# ---- what was not read


def _gap(text: str) -> CollectionGap:
    """`NetworkPolicy.networking.k8s.io forbidden`, `Pod truncated in shop`, `? unreadable`."""
    words, _, namespace = text.partition(" in ")
    name, reason = words.split()
    return CollectionGap(
        GroupKind("", "") if name == "?" else _kind(name),
        GapReason(reason),
        f"{name} {reason}",
        advice=f"grant {name}",
        namespace=namespace,
    )


def _coverage(name: str, said: str) -> KindCoverage:
    state, _, count = said.partition(" ")
    return KindCoverage(_kind(name), "v1", Coverage(state), int(count or 0))


def _kind(name: str) -> GroupKind:
    kind, _, group = name.partition(".")
    return GroupKind(group, kind)


def platform_of(said: str | Mapping[str, Any]) -> Platform:
    """`enforced`, `unknown`, `not-enforced`, `degraded`, or with `nodes: {n1: degraded}`; `detected` is told from the objects."""
    if said == "unknown":
        return make_platform("")
    if isinstance(said, str):
        said = {"state": said}
    return make_platform(
        enforcement=Enforcement(said["state"]),
        reason="the agent says so",
        nodes={name: Enforcement(state) for name, state in (said.get("nodes") or {}).items()},
    )


# ---- scope, registers and the past


def scope_of(said: Mapping[str, Any] | None) -> Scope:
    """Rules by id: `cde: {in: [payments], pods: app=vault, zone: cde}`."""
    if said is None:
        return Scope()
    flows, ways, certificates = said.get("flows"), said.get("exposures"), said.get("certificates")
    return Scope(
        given=True,
        owner="A. Owner",
        rules=tuple(_rule(*item) for item in (said.get("rules") or {}).items()),
        untrusted=tuple(_range(text) for text in said.get("untrusted") or ()),
        approved_flows=None if flows is None else tuple(_flow(*item) for item in flows.items()),
        approved_exposures=None if ways is None else tuple(_exposure(*item) for item in ways.items()),
        approved_host_network=tuple(said.get("host_network") or ()),
        certificates=None
        if certificates is None
        else tuple(_certificate(*item) for item in certificates.items()),
        node_isolation=said.get("node_isolation", ""),
        thresholds=Thresholds(**(said.get("thresholds") or {})),
        encryption=_claims(said.get("encryption") or {}),
    )


def _rule(name: str, said: Mapping[str, Any]) -> ScopeRule:
    fields = {key: value for key, value in said.items() if key not in ("in", "pods", "zone")}
    return ScopeRule(
        id=name,
        namespaces=tuple(said.get("in") or ()),
        pod_selector=selector(said.get("pods", "")),
        zone=Zone(said["zone"]) if "zone" in said else None,
        **fields,
    )


def _range(text: str) -> AddressRange:
    from ipaddress import ip_network

    network = ip_network(text)
    return AddressRange(network.version, int(network[0]), int(network[-1]))


def _flow(name: str, said: str) -> ApprovedFlow:
    """`web → vault on TCP 443`, with `unsigned`, `own` (its owner approved it) or `unjustified` at the end where that is so."""
    ends, _, rest = said.partition(" on ")
    source, _, destination = ends.partition(" → ")
    protocol, port, *marks = rest.split()
    numbers = PortSet.all() if port == "any" else PortSet.of([(int(port), int(port))])
    ports = Connections.all() if protocol == "any" else Connections.of({Protocol(protocol): numbers})
    approver = "" if "unsigned" in marks else "A. Owner" if "own" in marks else "B. Approver"
    reason = "" if "unjustified" in marks else "needed"
    return ApprovedFlow(name, source, destination, ports, reason, "A. Owner", approver, date(2026, 1, 1))


def _claims(said: Mapping[str, Any]) -> EncryptionClaims:
    """`controls: [mesh]`, and TLS of programs as `T-1: cards on TCP 5432`, with `unsigned` at the end as for flows."""
    register = said.get("tls")
    return EncryptionClaims(
        node_to_node="node-to-node" in (said.get("controls") or ()),
        mesh="mesh" in (said.get("controls") or ()),
        identity="workload-identity" in (said.get("controls") or ()),
        application_tls=None if register is None else tuple(_tls(*item) for item in register.items()),
    )


def _tls(name: str, said: str) -> DeclaredTls:
    flow = _flow(name, f"any → {said}")
    return DeclaredTls(
        name, flow.destination, flow.ports, "ssl = on", flow.owner, flow.approver, flow.approved_on
    )


def _exposure(name: str, said: str) -> ApprovedExposure:
    """`Service shop/web`, with `unsigned`, `own` (its owner approved it) or `overdue` at the end where that is so."""
    kind, place, *marks = said.split()
    approver = "" if "unsigned" in marks else "A. Owner" if "own" in marks else "B. Approver"
    review = date(2026, 2, 1) if "overdue" in marks else None
    approved = date(2026, 1, 1)
    return ApprovedExposure(name, f"{kind} {place}", "A. Owner", approver, approved, review_by=review)


def _certificate(name: str, said: Mapping[str, str]) -> RegisteredCertificate:
    return RegisteredCertificate(
        name, said["certificate"], said.get("owner", "A. Owner"), said.get("purpose", "")
    )


def _exception(name: str, said: Mapping[str, Any]) -> AcceptedException:
    return AcceptedException(
        id=name,
        check=said.get("check", "policy-overly-broad"),
        subjects=tuple(said.get("subjects") or ("NetworkPolicy shop/wide",)),
        reason="because",
        owner=said.get("owner", "A. Owner"),
        approver=said.get("approver", "B. Approver"),
        starts_on=said.get("from", date(2026, 1, 1)),
        expires_on=said.get("to", date(2026, 12, 31)),
    )


# What makes an entry count; a case that wants one that does not says so.
SIGNED = {"owner": "A. Owner", "approver": "B. Approver", "approved_on": date(2026, 1, 1)}
_IDLE = {
    "insecure_services": {"service": "a service"},
    "policy_writers": {},
    "changes": {"until": date(2026, 12, 31)},
    "flow_logs": {"source": "VPC flow logs", "retention": "a year"},
}


def _registers(said: Mapping[str, Any]) -> Registers:
    """As `registers.yaml` has them, entries by id; `baseline` and `probes` beside them."""
    mistakes, given = Mistakes(), {}
    body: dict[str, Any] = {
        name: [{"id": key, **_IDLE[name], **SIGNED, **entry} for key, entry in said[name].items()]
        for name in _IDLE
        if name in said
    }
    if "tls_policy" in said:
        body["tls_policy"] = {**SIGNED, **said["tls_policy"]}
    if body:
        body = {"owner": "A. Owner", "reviewed_on": date(2026, 1, 1), **body}
        given["registers.yaml"] = Document("registers.yaml", yaml.safe_dump(body).encode())
    if "baseline" in said:
        objects = sorted(_objects(said["baseline"] or {}), key=lambda item: item.ref)
        given["baseline.json"] = baseline_document(objects, [_gap(text) for text in said.get("unread", ())])
    if "probes" in said:
        results = [_attempt(text) for text in said["probes"]]
        probes = {"tool": "ncat", "person": "A. Prober", "results": results}
        given["probes.yaml"] = Document("probes.yaml", yaml.safe_dump(probes).encode())
    found = read_registers(given, mistakes)
    mistakes.settle()
    return found


def _attempt(text: str) -> dict[str, Any]:
    """`shop/web → shop/db TCP 5432 timeout`, with ` at 2026-11-20` at the end where it is old."""
    text, _, day = text.partition(" at ")
    ends, protocol, port, answer = text.rsplit(" ", 3)
    source, _, destination = ends.partition(" → ")
    at = datetime.fromisoformat(f"{day or '2026-11-23'}T01:00:00+00:00")
    return {
        "source": source,
        "destination": destination,
        "protocol": protocol,
        "port": int(port),
        "answer": answer,
        "at": at,
    }


def _duty(name: str, said: str) -> RecordDuty:
    """`1.2.7 rule review: fail pci`, with its check in front where it is not a review."""
    control, _, kind = name.partition(" ")
    outcome, boundary, *check = said.split()
    return RecordDuty(
        check=check[0] if check else "review-attestation-overdue",
        control=control,
        type=kind,
        outcome=Outcome(outcome),
        says=f"“{kind}” by P. Auditor on 2026-01-01 counted until 2026-07-01.",
        boundary=Boundary(boundary),
    )


def _changes(said: Mapping[str, Any]) -> Changes:
    """`objects: {NetworkPolicy shop/web: changed}`, `documents: [scope.yaml]`."""
    return Changes(
        since=AT.replace(day=22),
        objects=tuple(sorted(_change(*item) for item in (said.get("objects") or {}).items())),
        documents=tuple(DocumentChange(name, "a" * 64, "b" * 64) for name in said.get("documents") or ()),
        new_exceptions=tuple(said.get("exceptions") or ()),
    )


def _change(name: str, said: str) -> ObjectChange:
    kind, _, place = name.partition(" ")
    namespace, _, short = place.rpartition("/")
    change = ChangeKind(said)
    before, after = ("" if change is ChangeKind.ADDED else "a"), ("" if change is ChangeKind.REMOVED else "b")
    return ObjectChange(ObjectRef("networking.k8s.io", kind, namespace, short), change, before, after)


def _context(said: Mapping[str, Any]) -> RunContext:
    slots = said.get("slots")
    return RunContext(
        previous=said.get("previous"),
        streaks=said.get("streaks") or {},
        slots=None if slots is None else tuple(_slot(*item) for item in slots.items()),
        integrity=Integrity(said.get("checked", 0), tuple(said.get("problems") or ())),
        changes=_changes(said["changes"]) if "changes" in said else None,
        absent=said.get("absent") or {},
    )


def _slot(day: int, said: str) -> Slot:
    status, _, reason = said.partition(": ")
    return Slot(CLUSTER, AT.replace(day=day), SlotStatus(status), scan=day, reason=reason)


def read_table(text: str) -> list[dict[str, Any]]:
    """Cases of one table; later ones may use `<<: *name` of earlier ones."""
    return yaml.safe_load(text)["cases"]
