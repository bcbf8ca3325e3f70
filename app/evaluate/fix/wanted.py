"""Which findings a NetworkPolicy may mend, and which of them somebody asks about."""

from collections.abc import Iterable, Iterator

from app.model.finding import ARROW, CheckResult, CheckRun, Outcome, SubjectKind
from app.model.fix import Wanted

MENDABLE = (
    "namespace-without-default-deny-ingress",
    "namespace-without-default-deny-egress",
    "pod-without-ingress-isolation",
    "pod-without-egress-isolation",
    "policy-allow-all-ingress",
    "policy-allow-all-egress",
    "policy-overly-broad",
    "cross-zone-path-into-cde",
    "cross-zone-path-out-of-cde",
    "untrusted-path-to-data-store",
    "egress-to-internet-unrestricted",
    "egress-to-cloud-metadata-allowed",
    "dns-egress-missing",
    "external-exposure-undeclared",
)
"""Checks about what NetworkPolicies let through; others are about settings, registers and the evidence store."""


def chosen(runs: Iterable[CheckRun], wanted: Wanted) -> tuple[CheckResult, ...]:
    """Failing results that were asked about, worst first."""
    found = [
        result
        for run in runs
        if run.meta.id in MENDABLE and run.meta.id in (wanted.checks or MENDABLE)
        for result in run.results
        if result.outcome is Outcome.FAIL and _meant(result, wanted)
    ]
    return tuple(
        sorted(found, key=lambda item: (item.severity.rank, MENDABLE.index(item.check), item.subject))
    )


def _meant(result: CheckResult, wanted: Wanted) -> bool:
    if wanted.workloads:
        return not wanted.workloads.isdisjoint(workloads_of(result))
    return not wanted.namespaces or result.subject.namespace in wanted.namespaces


def workloads_of(result: CheckResult) -> Iterator[str]:
    """Ids of workloads that a result is about."""
    match result.subject.kind:
        case SubjectKind.WORKLOAD:
            yield result.subject.id
        case SubjectKind.PATH:
            yield near_end(result)
        case SubjectKind.EXPOSURE:
            listed = result.data.get("workloads")
            yield from (str(item) for item in (listed if isinstance(listed, list) else ()))
        case _:
            return


def near_end(result: CheckResult) -> str:
    """The protected workload of a path: where it leads to, or where it comes from."""
    source, _, destination = result.subject.id.partition(ARROW)
    return destination if result.check.endswith("-into-cde") else source
