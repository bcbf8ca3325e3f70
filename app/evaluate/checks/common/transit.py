"""What several checks of encryption in transit say alike."""

from collections.abc import Iterable

from app.evaluate.checks.common.verdicts import Doubt
from app.model.encryption import EvidenceStrength, Label
from app.model.facts import Facts
from app.model.finding import Strength

OPEN = (Label.PLAINTEXT, Label.AUTH_ONLY)

TEMPLATES = Doubt(
    "only templates of pods were read, and what runs may differ",
    "Scan the cluster itself, so that pods and what their agents report are read.",
)

OVERRIDABLE = Doubt(
    "it rests on settings that were assumed, or that an EnvoyFilter may change",
    "Look at what the EnvoyFilter does at these ports; or scan the cluster itself, so that settings are read.",
)


def strength_of_evidence(strength: EvidenceStrength) -> Strength:
    """What was observed on running objects holds over the whole cluster; a setting alone is a declaration."""
    return Strength.EFFECTIVE if strength is EvidenceStrength.OBSERVED else Strength.DECLARED


def called(label: Label) -> str:
    """A label in a sentence. Nothing was seen on the wire, so `plaintext` is never called that."""
    return _CALLED[label]


_CALLED = {
    Label.MTLS_ENFORCED: "mutual TLS, and the port refuses plain text",
    Label.MTLS_OPPORTUNISTIC: "mutual TLS, but the port accepts plain text too",
    Label.TLS_APP: "TLS of the application or its proxy",
    Label.NODE_TUNNEL_STRICT: "encrypted between nodes, and fails closed",
    Label.NODE_TUNNEL: "encrypted between nodes, and fails open",
    Label.AUTH_ONLY: "authenticated out of band, and not proven encrypted",
    Label.PROVIDER_ATTESTED: "encrypted by the provider, by a statement on file",
    Label.PLAINTEXT: "not proven encrypted",
    Label.UNKNOWN: "not known",
    Label.REFUSED: "refused: the port takes no plain text",
    Label.BLOCKED: "blocked by policy",
}


def claimed_meshed(facts: Facts, workload: str) -> bool:
    """The entity says that this workload is in a mesh: by a rule, else by a claim for the whole cluster."""
    said = facts.placements[workload].meshed
    return facts.scope.encryption.mesh if said is None else said


def intended(facts: Facts, workloads: Iterable[str]) -> Doubt:
    """Why what was read of workloads is only intended: they are templates, or something may override it."""
    known = facts.workloads
    pods = (facts.pods[ref] for name in workloads if name in known for ref in known[name].pod_refs)
    return TEMPLATES if any(pod.from_template for pod in pods) else OVERRIDABLE
