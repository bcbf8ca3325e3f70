"""Verdicts as JSON values, for `reach --encryption --json` and `explain --json`."""

from typing import Any

from app.model.encryption import Authorisation, Known, Mesh
from app.model.links import Links
from app.model.platform import Sign
from app.model.transit import Encryption, PathVerdict


class VerdictShapes:
    """Verdicts as JSON values; one that stands in many rows is written once."""

    def __init__(self) -> None:
        # kept with its verdict, so that no other verdict can take the place of one in memory
        self._known: dict[int, tuple[PathVerdict, dict[str, Any]]] = {}

    def of(self, verdict: PathVerdict) -> dict[str, Any]:
        """The shape of a verdict; do not change it."""
        known = self._known.get(id(verdict))
        if known is None:
            known = self._known[id(verdict)] = verdict, verdict_shape(verdict)
        return known[1]


def verdict_shape(verdict: PathVerdict) -> dict[str, Any]:
    """`label`, `ports`, `strength`, `says`, `signs`, and what else is known; what is not known is left out."""
    shape: dict[str, Any] = {
        "label": verdict.label.value,
        "ports": verdict.ports.to_json(),
        "strength": verdict.strength.value,
        "says": verdict.says,
        "signs": [_sign(item) for item in verdict.signs],
    }
    for name in ("mesh", "link"):
        if getattr(verdict, name):
            shape[name] = getattr(verdict, name)
    if verdict.pairs:
        shape["pairs"] = {
            "all": verdict.pairs,
            "with_this_label": verdict.affected,
            "on_one_node": verdict.same_node,
        }
    if verdict.weak:
        shape["weak"] = list(verdict.weak)
    if verdict.fips is not Known.UNKNOWN:
        shape["fips"] = verdict.fips.value
    if verdict.authorisation:
        shape["authorisation"] = _authorisation(verdict.authorisation)
    return shape


def protection_shape(encryption: Encryption) -> dict[str, Any]:
    """What was found that could encrypt."""
    protection = encryption.protection
    return {
        "meshes": [{**_system(item), "version": item.version} for item in protection.meshes],
        "links": [_system(item) for item in protection.links],
        "cautions": list(protection.cautions),
    }


def _system(item: Mesh | Links) -> dict[str, Any]:
    return {"id": item.id, "name": item.name, "fips": item.fips.value, "cautions": list(item.cautions)}


def _sign(sign: Sign) -> dict[str, str]:
    """A witness; the digest is that of the stored object, and empty where nothing of it is stored."""
    return {
        "object": str(sign.ref),
        "field": sign.field,
        "value": sign.value,
        "says": sign.says,
        "sha256": sign.digest,
    }


def _authorisation(found: Authorisation) -> dict[str, Any]:
    return {
        "decision": found.decision.value,
        "says": found.says,
        "rules": list(found.rules),
        "restrictions": list(found.restrictions),
    }
