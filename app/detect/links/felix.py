"""Settings of Felix, Calico's agent, as they take effect on a node.

Precedence, highest first: the agent's environment, `FelixConfiguration` `node.<name>`, those with a `nodeSelector`, the one
named `default`, the built-in default (off).
Source: Calico documentation, "Configuring Felix" and "Felix configuration"; felix/config in its source.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.detect.evidence import Evidence
from app.detect.fields import dig, text
from app.detect.nodes import Node
from app.detect.settings import environment
from app.detect.workloads import Container
from app.model.encryption import EvidenceStrength, Known
from app.model.platform import Sign
from app.model.snapshot import Coverage, SnapshotObject

KIND = "FelixConfiguration"
GROUPS = ("crd.projectcalico.org", "projectcalico.org")

_TRUE = frozenset({"true", "1", "yes", "y", "t"})
_FALSE = frozenset({"false", "0", "no", "n", "f"})
_HAS = re.compile(r"has\(\s*([\w./-]+)\s*\)\Z")
_EQUALS = re.compile(r"""([\w./-]+)\s*==\s*["']([^"']*)["']\Z""")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Whether a switch is on for a node, and where that stands."""

    on: Known
    strength: EvidenceStrength
    says: str
    sign: Sign | None = None


@dataclass(frozen=True)
class Felix:
    """Reads switches of the agent in one container."""

    evidence: Evidence
    container: Container

    def switch(self, name: str, variable: str, node: Node | None) -> Wanted:
        """A boolean of `FelixConfiguration.spec`, and the variable of the same meaning; None for nodes not known."""
        setting = environment(self.evidence, self.container, variable)
        if setting is not None and setting.value != "":
            on = _boolean(setting.value)
            says = (
                f"{variable} in the agent's environment is {setting.value or 'not readable'}, and comes first"
            )
            return Wanted(on, EvidenceStrength.CONFIGURED, says, setting.sign("the agent's own environment"))
        doubt = self.doubt()
        if doubt:
            says = f"whether {name} is set cannot be told: {doubt}"
            return Wanted(Known.UNKNOWN, EvidenceStrength.CONFIGURED, says)
        return self._object(name, node)

    def doubt(self) -> str:
        """Why an absent FelixConfiguration would prove nothing."""
        doubts = [self.evidence.doubt(group, KIND) for group in GROUPS]
        if any(doubts):
            return next(filter(None, doubts))
        absent = all(self.evidence.snapshot.coverage(group, KIND) is Coverage.ABSENT for group in GROUPS)
        return f"{KIND} is not served by the API, so Calico keeps its settings elsewhere" if absent else ""

    def _object(self, name: str, node: Node | None) -> Wanted:
        for item, body, chosen in self._in_order(node):
            value = dig(body, "spec", name)
            if not isinstance(value, bool):
                continue
            sign = Sign(item.ref, f"spec.{name}", str(value).lower(), "a setting of Felix", item.digest)
            if chosen is None:
                says = f"{item.ref} sets {name} for nodes that a selector names, which was not understood"
                return Wanted(Known.UNKNOWN, EvidenceStrength.CONFIGURED, says, sign)
            says = f"{item.ref} sets {name} to {str(value).lower()}"
            return Wanted(Known.YES if value else Known.NO, EvidenceStrength.CONFIGURED, says, sign)
        live = self.evidence.live
        says = f"no {KIND} sets {name}, which is off by default"
        strength = EvidenceStrength.CONFIGURED if live else EvidenceStrength.INTENDED
        return Wanted(Known.NO, strength, says if live else f"{says}, in what was read")

    def _in_order(self, node: Node | None) -> Iterator[tuple[SnapshotObject, Mapping[str, Any], bool | None]]:
        """Objects that hold for a node, strongest first; None where that cannot be told."""
        found = [
            (item, item.parsed()) for group in GROUPS for item in self.evidence.snapshot.of_kind(group, KIND)
        ]
        own = f"node.{node.name}" if node else ""
        yield from ((item, body, True) for item, body in found if item.ref.name == own)
        for item, body in found:
            selector = text(dig(body, "spec", "nodeSelector"))
            if item.ref.name != "default" and not item.ref.name.startswith("node.") and selector:
                chosen = _selects(selector, node)
                if chosen is not False:
                    yield item, body, chosen
        yield from ((item, body, True) for item, body in found if item.ref.name == "default")


def _selects(selector: str, node: Node | None) -> bool | None:
    """The simple selectors `all()`, `has(key)` and `key == 'value'`; None for any other, and for nodes not known."""
    selector = selector.strip()
    if selector == "all()":
        return True
    has, equals = _HAS.match(selector), _EQUALS.match(selector)
    if node is None or not (has or equals):
        return None
    if has:
        return has.group(1) in node.labels
    assert equals
    return node.labels.get(equals.group(1)) == equals.group(2)


def _boolean(value: str | None) -> Known:
    lower = (value or "").lower()
    if lower in _TRUE:
        return Known.YES
    return Known.NO if lower in _FALSE else Known.UNKNOWN
