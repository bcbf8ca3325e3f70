"""Rows that the registers lack, drafted from what a cluster shows. A draft approves nothing: every word of a person is empty."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count

from app.assess.configuration import Configuration
from app.model.control import Role
from app.model.finding import CheckResult, Outcome
from app.model.judgement import Judgement
from app.model.scope import Boundary, Scope

Row = Mapping[str, object]

SCOPE = ("approved_flows", "approved_exposures", "certificates")
REGISTERS = ("insecure_services", "policy_writers", "entity_controls")
_UNSIGNED = {"owner": "", "approver": ""}
_ALL_PORTS = [1, 65535]
_PROTOCOLS = 3


@dataclass(frozen=True, slots=True)
class Draft:
    """Missing rows by the name of their register; registers that lack none are left out."""

    scope: Mapping[str, Sequence[Row]]
    registers: Mapping[str, Sequence[Row]]

    @property
    def size(self) -> int:
        """Number of rows."""
        return sum(len(rows) for rows in (*self.scope.values(), *self.registers.values()))


def with_empty_registers(scope: Scope) -> Scope:
    """The scope with empty registers where none were supplied: then checks say of each thing that nobody approved it."""
    return replace(
        scope,
        approved_flows=scope.approved_flows or (),
        approved_exposures=scope.approved_exposures or (),
        certificates=scope.certificates or (),
    )


def drafted(config: Configuration, judged: Judgement, wanted: Sequence[str] = ()) -> Draft:
    """Draft what is missing.

    Args:
        config: the documents, whose own rows are never drafted again.
        judged: verdicts by these documents, with `with_empty_registers`.
        wanted: names of registers; none means all of them.
    """
    rows = {
        "approved_flows": _flows(judged),
        "approved_exposures": _exposures(config, judged),
        "certificates": _certificates(config, judged),
        "insecure_services": _services(judged),
        "policy_writers": _writers(config, judged),
        "entity_controls": _entity_controls(config),
    }
    named = {
        name: _numbered(name, found, _taken(config, name))
        for name, items in rows.items()
        if (not wanted or name in wanted) and (found := list(items))
    }
    return Draft(
        {name: named[name] for name in SCOPE if name in named},
        {name: named[name] for name in REGISTERS if name in named},
    )


def _flows(judged: Judgement) -> Iterator[Row]:
    for item in _open(judged, "flow-not-in-approved-register"):
        if item.data.get("unapproved"):
            yield {
                "source": item.data["source"],
                "destination": item.data["destination"],
                "ports": _ports(item.data["unapproved"]),
                "justification": "",
                **_UNSIGNED,
            }


def _exposures(config: Configuration, judged: Judgement) -> Iterator[Row]:
    known = {item.object for item in config.scope.approved_exposures or ()}
    for item in _open(judged, "external-exposure-undeclared"):
        if item.subject.id not in known and item.subject.namespace:
            yield {"object": item.subject.id, "reason": "", **_UNSIGNED}


def _certificates(config: Configuration, judged: Judgement) -> Iterator[Row]:
    known = {item.certificate for item in config.scope.certificates or ()}
    lacking = {item.subject.id for item in _open(judged, "certificate-not-in-inventory")}
    for item in judged.edges.certificates:
        if item.id in lacking and not known & {item.id, f"Secret {item.secret}"}:
            yield {"certificate": item.id, "owner": "", "purpose": ""}


def _services(judged: Judgement) -> Iterator[Row]:
    """One row for each service and namespace; nothing says what makes it safe, so it only classifies."""
    found: dict[tuple[str, str], list[object]] = {}
    for item in _open(judged, "insecure-protocol-allowed"):
        if item.data.get("ports"):
            key = (", ".join(_texts(item.data.get("services"))), item.subject.namespace)
            found.setdefault(key, []).extend(_ports(item.data["ports"]))
    for (service, namespace), ports in sorted(found.items()):
        row = {"service": service, "ports": list(dict.fromkeys(ports)), "destination": namespace}
        yield {**row, "mitigation": "", **_UNSIGNED}


def _writers(config: Configuration, judged: Judgement) -> Iterator[Row]:
    known = {item.identity for item in config.registers.policy_writers or ()}
    for item in _open(judged, "policy-write-access-too-broad"):
        if item.data.get("identity") and item.subject.id not in known:
            places = [name for name in _texts(item.data.get("namespaces")) if name]
            everywhere = "" in _texts(item.data.get("namespaces"))
            limited = {} if everywhere or not places else {"namespaces": places}
            yield {"identity": item.subject.id, **limited, "reason": "", **_UNSIGNED}


def _entity_controls(config: Configuration) -> Iterator[Row]:
    """One for each criterion of SOC 2 that no control of the entity serves, with the checks that are evidence for it."""
    served = {name for item in config.registers.entity_controls or () for name in item.criteria}
    for framework in config.frameworks:
        for control in framework.controls if framework.boundary is Boundary.SOC2 else ():
            checks = [item.check for item in control.checks if item.role is Role.DIRECT]
            if control.enabled and checks and control.id not in served:
                row = {"wording": "", "frequency": "", "checks": checks, "criteria": [control.id]}
                yield {**row, **_UNSIGNED}


def _open(judged: Judgement, check: str) -> Iterator[CheckResult]:
    for run in judged.runs:
        if run.meta.id == check:
            yield from (item for item in run.results if item.outcome in (Outcome.FAIL, Outcome.INSUFFICIENT))


def _taken(config: Configuration, register: str) -> set[str]:
    owner = config.scope if register in SCOPE else config.registers
    return {item.id for item in getattr(owner, register) or ()}


def _numbered(register: str, rows: Iterable[Row], taken: set[str]) -> list[Row]:
    prefix = "".join(word[0] for word in register.split("_")).upper()
    free = (name for number in count(1) if (name := f"DRAFT-{prefix}-{number:03d}") not in taken)
    return [{"id": next(free), **row} for row in rows]


def _ports(value: object) -> list[str]:
    """Ports in JSON as people write them."""
    if not isinstance(value, Mapping):
        return []
    if len(value) == _PROTOCOLS and all(found == [_ALL_PORTS] for found in value.values()):
        return ["any"]
    return [f"{protocol}/{_interval(*found)}" for protocol, items in value.items() for found in items]


def _interval(first: int, last: int) -> str:
    if [first, last] == _ALL_PORTS:
        return "any"
    return str(first) if first == last else f"{first}-{last}"


def _texts(value: object) -> list[str]:
    return [text for text in value if isinstance(text, str)] if isinstance(value, list | tuple) else []
