"""Settings of network plugins that keep a record of allowed or denied flows.

Sources: Cilium documentation "Configuring Hubble exporter"; Antrea documentation "Network Flow Visibility"; Calico
Enterprise FelixConfiguration; OVN-Kubernetes "ACL logging"; AWS VPC CNI "network policy agent". A ring buffer in memory
(Hubble without an exporter) is no record.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.model.facts import Facts
from app.model.finding import Evidence
from app.model.identity import ObjectRef
from app.model.snapshot import SnapshotObject
from app.model.yaml_text import UnreadableTextError, read_text

ACL_LOGGING = "k8s.ovn.org/acl-logging"
_HUBBLE_FILES = ("hubble-export-file-path", "hubble-flowlogs-config-path")
_AWS_FLAG = re.compile(r"--enable-(policy-event-logs|cloudwatch-logs)=true")


@dataclass(frozen=True, slots=True)
class Recorder:
    """One setting that writes flows down, or that looks as if it did and does not (`why_not`)."""

    says: str
    evidence: Evidence
    why_not: str = ""


def recorders(facts: Facts) -> tuple[Recorder, ...]:
    """Settings that hold for the whole cluster."""
    return (*_config_maps(facts), *_felix(facts), *_aws(facts))


def namespace_recorder(facts: Facts, name: str) -> Recorder | None:
    """A setting of one namespace (OVN-Kubernetes)."""
    stored = facts.snapshot.find(ObjectRef("", "Namespace", "", name))
    notes = stored.parsed().get("metadata", {}).get("annotations") if stored else None
    if stored is None or not isinstance(notes, Mapping) or not notes.get(ACL_LOGGING):
        return None
    levels = _yaml(notes[ACL_LOGGING])
    if not any(levels.get(key) for key in ("deny", "allow")):
        return None
    field = f"metadata.annotations.{ACL_LOGGING}"
    return Recorder("OVN-Kubernetes logs what its ACLs decide there", _evidence(stored, field))


def _config_maps(facts: Facts) -> Iterator[Recorder]:
    for item in facts.snapshot.of_kind("", "ConfigMap"):
        data = item.parsed().get("data")
        if not isinstance(data, Mapping):
            continue
        if item.ref.name == "cilium-config":
            yield from _hubble(item, data)
        elif item.ref.name.startswith("antrea-config"):
            yield from _antrea(item, data)


def _hubble(item: SnapshotObject, data: Mapping[str, Any]) -> Iterator[Recorder]:
    if str(data.get("enable-hubble", "")).lower() != "true":
        return
    field = next((name for name in _HUBBLE_FILES if data.get(name)), "")
    if field:
        yield Recorder("Hubble exports flows to files", _evidence(item, f"data.{field}"))
    else:
        why = "Hubble is on without an exporter, so it keeps only the last flows, in memory"
        yield Recorder("Hubble is on", _evidence(item, "data.enable-hubble"), why)


def _antrea(item: SnapshotObject, data: Mapping[str, Any]) -> Iterator[Recorder]:
    agent = _yaml(data.get("antrea-agent.conf"))
    gates, exporter = agent.get("featureGates"), agent.get("flowExporter")
    gate = isinstance(gates, Mapping) and gates.get("FlowExporter") is True
    switch = isinstance(exporter, Mapping) and exporter.get("enable") is True
    if gate and switch:
        yield Recorder("Antrea's flow exporter sends flows to a collector", _evidence(item, "data"))


def _felix(facts: Facts) -> Iterator[Recorder]:
    for group in ("crd.projectcalico.org", "projectcalico.org"):
        for item in facts.snapshot.of_kind(group, "FelixConfiguration"):
            spec = item.parsed().get("spec")
            if isinstance(spec, Mapping) and spec.get("flowLogsFileEnabled") is True:
                yield Recorder("Felix writes flow logs", _evidence(item, "spec.flowLogsFileEnabled"))


def _aws(facts: Facts) -> Iterator[Recorder]:
    for item in facts.snapshot.of_kind("apps", "DaemonSet"):
        if item.ref.name == "aws-node" and _AWS_FLAG.search(item.body.decode("utf-8")):
            yield Recorder(
                "the VPC CNI's policy agent logs flows", _evidence(item, "spec.template.spec.containers")
            )


def _evidence(item: SnapshotObject, field: str) -> Evidence:
    return Evidence(item.ref, field, item.digest)


def _yaml(text: Any) -> Mapping[str, Any]:
    try:
        value = read_text(text) if isinstance(text, str) else None
    except UnreadableTextError:
        return {}
    return value if isinstance(value, Mapping) else {}
