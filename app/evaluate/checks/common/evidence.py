"""Objects and fields that a result rests on, with a few lines of them."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

import yaml

from app.model.decision import RuleRef
from app.model.facts import Facts
from app.model.finding import Evidence
from app.model.identity import ObjectRef
from app.model.platform import Sign
from app.model.snapshot import Snapshot, SnapshotObject

LINES = 20  # of an excerpt, as `Evidence` promises
OBJECTS = 10  # of evidence in one result; the sentence says how many there are
_WIDTH = 100
_STEP = re.compile(r"([^.\[\]]+)|\[(\d+)\]")
_Dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)  # libyaml writes the same text ten times faster


def evidence_for(facts: Facts, ref: ObjectRef, field: str = "") -> Evidence:
    """One object and a field in it (`spec.ingress[0]`); its lines are added where they will be read: see `with_lines`."""
    stored = facts.snapshot.find(ref)
    return Evidence(ref, field, stored.digest if stored else "")


def with_lines(snapshot: Snapshot, item: Evidence) -> Evidence:
    """The same with the part of the object under its field as YAML, unless it has lines or was not stored.

    Most results pass, and nobody reads lines of theirs; writing YAML for all of them took a tenth of a judgement.
    """
    stored = snapshot.find(item.ref)
    if item.excerpt or stored is None:
        return item
    place = item.field.partition(",")[0]  # two fields of one entry: the first shows it
    return replace(item, excerpt=_excerpt(stored, place))


def evidence_of_labels(facts: Facts, pod: ObjectRef) -> Evidence:
    """Labels of a pod, or of the template that stands for it."""
    return evidence_for(facts, pod, f"{pod_path(pod)}metadata.labels")


def pod_path(ref: ObjectRef) -> str:
    """Where a pod stands in its object: empty for a Pod, `spec.template.` for what has a template."""
    match ref.kind:
        case "Pod":
            return ""
        case "CronJob":
            return "spec.jobTemplate.spec.template."
        case _:
            return "spec.template."


def evidence_of_rule(facts: Facts, rule: RuleRef) -> Evidence:
    """The rule itself."""
    return evidence_for(facts, rule.policy, rule.path)


def evidence_of_policies(
    facts: Facts, refs: Iterable[ObjectRef], field: str = "spec"
) -> tuple[Evidence, ...]:
    """Several policies, as many as one result shows."""
    return tuple(evidence_for(facts, ref, field) for ref in list(refs)[:OBJECTS])


def evidence_of_signs(signs: Iterable[Sign]) -> tuple[Evidence, ...]:
    """What a platform was told from; the sign's own value is the excerpt."""
    return tuple(
        Evidence(sign.ref, sign.field, sign.digest, f"{sign.field}: {sign.value}".strip())
        for sign in list(signs)[:OBJECTS]
    )


@lru_cache(maxsize=4096)  # policies stand in many results; writing YAML is the slow part
def _excerpt(stored: SnapshotObject, field: str) -> str:
    if not field:
        return ""
    value = _at(stored.parsed(), field)
    if value is None:
        return ""
    lines = _yaml({field: value}).splitlines()
    if len(lines) <= LINES:
        return "\n".join(lines)
    return "\n".join((*lines[: LINES - 1], f"# {len(lines) - LINES + 1} more lines"))


def _at(value: Any, field: str) -> Any:
    """Follow a path of names and indexes; None when it leads nowhere."""
    for name, index in _STEP.findall(field):
        if index:
            value = value[int(index)] if isinstance(value, list) and int(index) < len(value) else None
        else:
            value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _yaml(value: object) -> str:
    text: str = yaml.dump(
        value, Dumper=_Dumper, sort_keys=False, width=_WIDTH, allow_unicode=True, default_flow_style=False
    )
    return text
