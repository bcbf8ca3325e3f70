"""A year of one cluster with planted events, stored through the real pipeline: 1 July 2025 to 30 June 2026.

Every scan is judged and stored as `netattest scan` does it; only the cluster is made up. The dates below say what was
planted on which days; the test that looks for it reads these dates and nothing else of this file.
"""

from collections.abc import Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from app import bootstrap, judging, pipeline
from app.collect import KINDS, WORKLOADS, objects_of
from app.model.history import Document, ScanStatus, SlotStatus
from app.model.identity import GroupKind
from app.model.ports import Store
from app.model.snapshot import (
    CollectionGap,
    Coverage,
    GapReason,
    KindCoverage,
    Snapshot,
    SourceInfo,
    SourceKind,
)
from app.settings import load_settings
from examples.cluster import Cluster, read

HARBOUR = Path(__file__).resolve().parent.parent / "examples" / "harbour" / "cluster"
CLUSTER = "quay-prod"
ZONE = ZoneInfo("Europe/Amsterdam")
CRON = "15 2 * * *"
FIRST, LAST = date(2025, 7, 1), date(2026, 6, 30)
INGRESSES = GroupKind("networking.k8s.io", "Ingress")

MISSED = [date(2025, 9, 10), date(2025, 9, 11), date(2025, 9, 12)]
FAILED = date(2025, 11, 5)
PARTIAL = date(2025, 12, 24)
BY_HAND = date(2026, 1, 15)  # the slot failed at night; a person scanned in the morning
OPEN_SHOP = (date(2026, 3, 17), date(2026, 3, 19))  # first and last night without the default deny
OPEN_AGAIN = (date(2026, 5, 4), date(2026, 5, 5))
LAB_OPEN = (date(2025, 8, 1), date(2026, 1, 19))
EXCEPTION = (date(2025, 10, 1), date(2025, 12, 31))
SCOPE_CHANGE = date(2026, 2, 1)
UPGRADE = date(2026, 4, 1)
SHORT_LIVED = (date(2025, 10, 10), date(2025, 10, 20))


def slot_of(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 2, 15, tzinfo=ZONE).astimezone(UTC)


def days() -> Iterator[date]:
    day = FIRST
    while day <= LAST:
        yield day
        day += timedelta(days=1)


def between(ends: tuple[date, date], day: date) -> bool:
    return ends[0] <= day <= ends[1]


def namespace(name: str, zone: str) -> dict[str, Any]:
    labels = {"kubernetes.io/metadata.name": name, "zone": zone}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}


def deployment(space: str, name: str) -> dict[str, Any]:
    labels = {"app": name}
    container = {"name": name, "image": f"{name}:1", "ports": [{"containerPort": 8080}]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": space},
        "spec": {
            "replicas": 2,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}},
        },
    }


def closed(space: str, writer: str) -> dict[str, Any]:
    """A default deny for both directions, with who wrote it last."""
    managers = [{"manager": writer, "operation": "Apply", "time": "2026-03-16T20:00:00Z"}]
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {"name": "default-deny", "namespace": space, "managedFields": managers},
        "spec": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]},
    }


def one_direction(space: str) -> dict[str, Any]:
    """The same after somebody took egress out of it."""
    policy = closed(space, "kubectl-edit")
    return {**policy, "spec": {"podSelector": {}, "policyTypes": ["Ingress"]}}


@dataclass(frozen=True)
class State:
    """What a night looks like; equal states have equal objects."""

    shop_open: bool
    lab_open: bool
    short_lived: bool


def state_of(day: date) -> State:
    return State(
        shop_open=between(OPEN_SHOP, day) or between(OPEN_AGAIN, day),
        lab_open=between(LAB_OPEN, day),
        short_lived=between(SHORT_LIVED, day),
    )


def objects(state: State) -> list[dict[str, Any]]:
    cluster = Cluster()
    for name in ("nodes", "kube-system"):
        cluster.apply(read(HARBOUR / f"{name}.yaml"))
    cluster.apply([namespace("shop", "cde"), deployment("shop", "web"), deployment("shop", "cart")])
    cluster.apply([namespace("lab", "connected"), deployment("lab", "bench")])
    cluster.apply([one_direction("shop") if state.shop_open else closed("shop", "argocd")])
    if not state.lab_open:
        cluster.apply([closed("lab", "argocd")])
    if state.short_lived:
        cluster.apply([deployment("shop", "migrate")])
    return cluster.objects()


SCOPE = """
owner: Quay Payments
reviewed_on: 2025-06-01
rules:
  - {id: system, namespaces: [kube-system], zone: security-impacting, soc2: true, ephi: false, shared: true}
  - {id: shop, namespaces: [shop], zone: cde, soc2: true, ephi: false}
  - {id: lab, namespaces: [lab], zone: connected-to, soc2: true, ephi: false}
"""
EXCEPTIONS = f"""
exceptions:
  - id: EX-LAB
    check: namespace-without-default-deny-egress
    subjects: [lab]
    reason: The bench is rebuilt in December.
    owner: Ana Ruiz
    approver: Ben Okafor
    starts_on: {EXCEPTION[0]}
    expires_on: {EXCEPTION[1]}
    compensating_control: CCW-11
"""


PACKAGED = bootstrap.documents(load_settings(None))


def documents(day: date) -> tuple[Document, ...]:
    scope = SCOPE.replace("2025-06-01", "2026-01-31") if day >= SCOPE_CHANGE else SCOPE
    own = (Document("scope.yaml", scope.encode()), Document("exceptions.yaml", EXCEPTIONS.encode()))
    kept = (
        "checks.yaml",
        "frameworks/pci-dss-4.0.1.yaml",
    )  # one framework: half of a night is reading the files
    packaged = [item for item in PACKAGED if item.name in kept]
    return tuple(sorted((*packaged, *own), key=lambda item: item.name))


def snapshot(day: date, at: datetime, bodies: Sequence[Mapping[str, Any]]) -> Snapshot:
    found = tuple(sorted(objects_of(deepcopy(list(bodies))), key=lambda item: item.ref))
    refused = {INGRESSES} if day == PARTIAL else set()
    groups = {spec.group_kind for spec in KINDS} | set(WORKLOADS)
    kinds = tuple(
        sorted(
            KindCoverage(
                kind,
                "v1",
                Coverage.REFUSED if kind in refused else Coverage.COMPLETE,
                sum(item.ref.group_kind == kind for item in found),
            )
            for kind in groups
        )
    )
    gaps = tuple(
        CollectionGap(kind, GapReason.FORBIDDEN, f"listing {kind} was refused", "grant list")
        for kind in refused
    )
    source = SourceInfo(SourceKind.API, "API server of context quay", "uid-1", "v1.34.0", "netattest")
    return Snapshot(CLUSTER, at, source, found, kinds, gaps)


def store_year(store: Store, first: date = FIRST, last: date = LAST) -> None:
    """Scan every night that the story has a scan for, and record every slot."""
    kept: dict[State, list[dict[str, Any]]] = {}
    for day in days():
        if not first <= day <= last:
            continue
        slot = slot_of(day)
        if day in MISSED:
            store.close_slot(CLUSTER, slot, SlotStatus.MISSED, reason="the service was not running")
            continue
        if day in (FAILED, BY_HAND):
            reason = "the API server did not answer"
            scan = store.save_failure(CLUSTER, slot, slot, reason, version(day))
            store.close_slot(CLUSTER, slot, SlotStatus.FAILED, scan=scan.number, reason=reason)
            if day == FAILED:
                continue
        at = slot + timedelta(hours=7) if day == BY_HAND else slot
        state = state_of(day)
        if state not in kept:
            kept[state] = objects(state)
        scan_night(store, day, at, kept[state])


def version(day: date) -> str:
    return "0.2.0" if day >= UPGRADE else "0.1.0"


def scan_night(store: Store, day: date, at: datetime, bodies: Sequence[Mapping[str, Any]]) -> None:
    taken = snapshot(day, at, bodies)
    context = store.context(CLUSTER, at)
    judged_by = tuple(sorted((*documents(day), context.document()), key=lambda item: item.name))
    judgement = judging.judge(taken, judged_by)
    slot = None if day == BY_HAND else slot_of(day)
    request = pipeline.ScanRequest(CLUSTER, at, (), slot, version(day))
    saved = store.save(pipeline.record_of(request, judged_by, judgement), taken)
    if slot is not None:
        store.close_slot(CLUSTER, slot, SlotStatus.DONE, scan=saved.number)
    assert saved.status is (ScanStatus.PARTIAL if day == PARTIAL else ScanStatus.COMPLETE)
