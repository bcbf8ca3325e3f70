"""The RBAC rule that grants what was refused, as YAML that can be pasted into a ClusterRole."""

from collections.abc import Iterable

from app.collect.kinds import KindSpec


def rule(spec: KindSpec, names: Iterable[str] = ()) -> str:
    """Write the rule that lets a kind be listed, or single objects be read by name."""
    lines = [f'- apiGroups: ["{spec.group}"]', f'  resources: ["{spec.resource}"]']
    quoted = ", ".join(f'"{name}"' for name in sorted(set(names)))
    if quoted:
        lines.append(f"  resourceNames: [{quoted}]")
    lines.append(f'  verbs: ["{"get" if spec.by_name else "list"}"]')
    return "\n".join(lines)


def grant(spec: KindSpec, names: Iterable[str] = ()) -> str:
    """Say what to do about a refusal."""
    return f"Add this rule to the ClusterRole of the collecting account:\n{rule(spec, names)}"
