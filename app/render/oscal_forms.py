"""Small parts of OSCAL documents, and identifiers that are derived from what they name."""

from collections.abc import Iterator, Mapping
from typing import Any

from app.model.control import ControlAssessment
from app.model.finding import Subject
from app.render.dossier import Dossier
from app.render.failing import Finding
from app.render.names import NAMESPACE, derived, line, token


def origins() -> list[dict[str, Any]]:
    """Who says it: the tool."""
    return [{"actors": [{"type": "tool", "actor-uuid": tool_id()}]}]


def props(values: Mapping[str, object]) -> list[dict[str, str]]:
    """Properties of our namespace; empty ones are left out."""
    return [
        {"name": name, "value": line(str(value)), "ns": NAMESPACE}
        for name, value in values.items()
        if value != ""
    ]


def without_empty(values: dict[str, Any]) -> dict[str, Any]:
    """OSCAL refuses empty arrays: a key without a value is left out."""
    return {name: value for name, value in values.items() if value not in ([], {}, "")}


def no_plan(uuid: str) -> dict[str, Any]:
    """The resource that stands where an assessment plan would."""
    return {
        "uuid": uuid,
        "title": "Statement: there is no assessment plan",
        "description": "This file is machine output offered as evidence. An assessor decides what it supports.",
    }


def resources(dossier: Dossier) -> Iterator[dict[str, Any]]:
    """Evidence files with their digests."""
    for item in dossier.files:
        yield {
            "uuid": resource_id(dossier, item.name),
            "title": line(item.name),
            "description": line(item.about),
            "rlinks": [
                {
                    "href": f"evidence/{item.name}",
                    "media-type": item.media_type,
                    "hashes": [{"algorithm": "SHA-256", "value": item.digest}],
                }
            ],
        }


def control_id(dossier: Dossier, item: ControlAssessment) -> str:
    """Identifier of a control: the framework's prefix and the publisher's number, as a token."""
    return token(f"{dossier.assessment.framework.prefix}{item.control.id}")


def cluster_id(dossier: Dossier) -> str:
    """The cluster as a component."""
    return derived(dossier.report.scan.cluster, "cluster")


def tool_id() -> str:
    """This tool as a component; the same in every report."""
    return derived("tool")


def subject_id(dossier: Dossier, subject: Subject) -> str:
    """A subject as an inventory item; the same from night to night."""
    return derived(dossier.report.scan.cluster, "subject", subject.kind.value, subject.id)


def observation_id(dossier: Dossier, check: str) -> str:
    """What one check observed in one report."""
    return derived(dossier.identifier, "observation", check)


def resource_id(dossier: Dossier, name: str) -> str:
    """One evidence file of one report."""
    return derived(dossier.identifier, "resource", name)


def risk_id(dossier: Dossier, finding: Finding) -> str:
    """The risk that a finding belongs to: its check, accepted or not."""
    return derived(dossier.identifier, "risk", finding.result.check, finding.state.value)
