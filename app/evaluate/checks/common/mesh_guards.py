"""What authorisation of a mesh says about workloads, for the checks that judge it."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.evaluate.checks.common.transit import TEMPLATES
from app.evaluate.checks.common.verdicts import Doubt
from app.model.encryption import OUT_OF_BAND, EvidenceStrength, Guard, Known, Membership
from app.model.facts import Facts
from app.model.identity import ObjectRef
from app.model.reachability import Workload

_READ = "Grant the rights to list the policy objects of the mesh, and scan again."


@dataclass(frozen=True, slots=True)
class Guarded:
    """A workload in a mesh that has authorisation.

    Attributes:
        members: memberships of its pods, each once.
        guards: what holds for its pods, each once; more than one where pods differ.
        outside: pods of it that are seen to be in no such mesh, and serve whoever reaches them.
    """

    members: tuple[Membership, ...]
    guards: tuple[Guard, ...]
    outside: tuple[ObjectRef, ...] = ()

    @property
    def unread(self) -> tuple[Doubt, ...]:
        """Why what holds is not known; empty where it is."""
        unknown = [item for item in self.guards if item.allow_list is Known.UNKNOWN]
        return tuple(Doubt(item.says, _READ) for item in unknown)

    @property
    def templates(self) -> tuple[Doubt, ...]:
        """Doubts where its pods are only intended to be in the mesh."""
        intended = any(item.strength is EvidenceStrength.INTENDED for item in self.members)
        return (TEMPLATES,) if intended else ()


def guarded(facts: Facts, workload: Workload) -> Guarded | None:
    """A workload of which at least one pod is seen in a mesh with authorisation of its own; None for others."""
    found: dict[Guard, None] = {}
    members: dict[Membership, None] = {}
    for mesh in facts.encryption.protection.meshes:
        for key, member in _classes(facts, mesh.id, workload):
            guard = mesh.guard(key) if member.enrolled is Known.YES else None
            if guard is not None:
                found[guard] = None
                members[member] = None
    return Guarded(tuple(members), tuple(found), _outside(facts, workload)) if found else None


def _outside(facts: Facts, workload: Workload) -> tuple[ObjectRef, ...]:
    meshes = facts.encryption.protection.meshes

    def carried(ref: ObjectRef) -> bool:
        found = [member for mesh in meshes if (member := mesh.member(ref)) and member.how != OUT_OF_BAND]
        return any(member.enrolled is not Known.NO for member in found)

    return tuple(ref for ref in workload.pod_refs if not carried(ref))


def _classes(facts: Facts, mesh_id: str, workload: Workload) -> Sequence[tuple[object, Membership]]:
    mesh = next(item for item in facts.encryption.protection.meshes if item.id == mesh_id)
    found = {
        (mesh.key(ref), member): None for ref in workload.pod_refs if (member := mesh.member(ref)) is not None
    }
    return tuple(found)
