"""Which names a report holds: what its redacted twin must not."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from app.model.hygiene import Flaw
from app.model.report import PeriodReport, ReportInput
from app.model.snapshot import SnapshotObject

GIVEN: Final = frozenset(
    {
        "default",
        "kube-system",
        "kube-public",
        "kube-node-lease",
        "kubernetes",
        "kube-root-ca.crt",
        "netattest",
    }
)
"""Names that Kubernetes gives in every cluster, and this tool's own: they tell nothing."""

_OPEN_KINDS: Final = frozenset(
    {"CustomResourceDefinition", "APIService"}
)  # their names are those of public types
_PUBLIC_HOSTS: Final = frozenset(
    {
        "docker.io",
        "ghcr.io",
        "quay.io",
        "gcr.io",
        "registry.k8s.io",
        "k8s.gcr.io",
        "mcr.microsoft.com",
        "public.ecr.aws",
    }
)
_HOST_FIELDS: Final = frozenset(
    {
        "host",
        "hosts",
        "hostname",
        "hostnames",
        "externalName",
        "matchName",
        "matchPattern",
        "nodeName",
        "sniHosts",
        "domains",
        "domainNames",
        "allowedEgressDomains",
        "fqdn",
        "serverName",
        "serverNames",
    }
)


def names_of(report: ReportInput) -> dict[str, str]:
    """Lower-case names and the kind of each; a name that serves several kinds takes the most general one."""
    found = _names_of_objects(report.snapshot.objects)
    for namespace in report.judgement.inventory.namespaces:
        found[namespace.name.lower()] = "ns"
    for workload in report.judgement.reachability.workloads:
        found |= {workload.key.name.lower(): "name", workload.namespace.lower(): "ns"}
    found[report.scan.cluster.lower()] = "cluster"
    return _told(found)


def names_of_period(report: PeriodReport) -> dict[str, str]:
    """The same for a period: names of everything that a scan of it saw, and of what findings are about."""
    found = _names_of_objects(report.objects)
    for workload in report.period.workloads:
        found |= {workload.workload.partition("/")[2].partition("[")[0].lower(): "name"}
        found |= {workload.namespace.lower(): "ns"}
    found |= {item.subject.namespace.lower(): "ns" for item in report.period.deviations}
    managers = {cause.manager.lower() for item in report.period.deviations for cause in item.causes}
    found |= {name: "name" for name in managers if name not in found}
    found[report.period.cluster.lower()] = "cluster"
    return _told(found)


def _names_of_objects(objects: Sequence[SnapshotObject]) -> dict[str, str]:
    found: dict[str, str] = {}
    for item in objects:
        if item.ref.kind not in _OPEN_KINDS:
            found |= dict.fromkeys(_hosts(item.parsed()), "host")
    for item in objects:
        ref = item.ref
        found |= {ref.namespace.lower(): "ns"} if ref.namespace else {}
        if ref.kind not in _OPEN_KINDS:
            found[ref.name.lower()] = {"Namespace": "ns", "Node": "node"}.get(ref.kind, "name")
    return found


def _told(found: Mapping[str, str]) -> dict[str, str]:
    return {name: kind for name, kind in found.items() if name and name not in GIVEN and ":" not in name}


def _hosts(value: Any, parent: str = "") -> Iterator[str]:
    match value:
        case str() if parent in _HOST_FIELDS:
            yield value.lower().removeprefix("*.")
        case str() if parent == "image":
            registry = value.partition("/")[0].partition(":")[0].lower()
            if "." in registry and registry not in _PUBLIC_HOSTS:
                yield registry
        case dict():
            if value.get("type") in ("Hostname", "InternalDNS", "ExternalDNS"):
                yield str(value.get("address", "")).lower()
            for name, item in value.items():
                yield from _hosts(item, name)
        case list():
            for item in value:
                yield from _hosts(item, parent)


def public_words(report: ReportInput) -> frozenset[str]:
    """Words of frameworks, checks and kinds of remarks, which stay whole whatever they hold."""
    controls = {
        item.control.id for assessment in report.judgement.assessments for item in assessment.controls
    }
    frameworks = {item.framework.id for item in report.judgement.assessments}
    files = {item.name.rpartition("/")[2] for item in report.documents}
    attached = {item.name.replace("/", "-") for item in report.documents}
    return frozenset(
        {*controls, *frameworks, *files, *attached, *_check_ids(report), *_kinds(), report.definition.id}
    )


def _kinds() -> Iterable[str]:
    """Kinds of remarks; a plain word among them may be a name, and gives way to it."""
    return (item.value for item in Flaw if "-" in item.value)


def public_words_of_period(report: PeriodReport) -> frozenset[str]:
    """Words of the framework and of checks."""
    period = report.period
    return frozenset(
        {
            period.framework,
            report.definition.id,
            *(item.control for item in period.controls),
            *(item.check for item in period.deviations),
        }
    )


def _check_ids(report: ReportInput) -> Iterable[str]:
    return (
        mapping.check
        for assessment in report.judgement.assessments
        for item in assessment.controls
        for mapping in item.control.checks
    )


def fingerprints(report: ReportInput) -> frozenset[str]:
    """Fingerprints of all results: digests of names, which could be guessed."""
    results = {result.fingerprint for run in report.judgement.runs for result in run.results}
    return frozenset({*results, *(life.fingerprint for life in report.lives)})
