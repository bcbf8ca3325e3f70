"""How Kubernetes objects and workloads are named, everywhere."""

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True, order=True)
class GroupKind:
    """An API group and kind; the version is a property of a collection, not of an identity.

    `group` is empty for the core group. Source: Kubernetes API conventions, "Types (Kinds)".
    """

    group: str
    kind: str

    def __str__(self) -> str:
        """Write `Kind.group`, as kubectl does."""
        return f"{self.kind}.{self.group}" if self.group else self.kind


@dataclass(frozen=True, slots=True, order=True)
class ObjectRef:
    """One Kubernetes object. `namespace` is empty for cluster-scoped objects."""

    group: str
    kind: str
    namespace: str
    name: str

    @property
    def group_kind(self) -> GroupKind:
        """The object's type."""
        return GroupKind(self.group, self.kind)

    @property
    def key(self) -> str:
        """Stable text identity, `group/Kind/namespace/name`; no part may contain a slash in Kubernetes."""
        return f"{self.group}/{self.kind}/{self.namespace}/{self.name}"

    @classmethod
    def from_key(cls, key: str) -> Self:
        """Read back what `key` wrote."""
        group, kind, namespace, name = key.split("/")
        return cls(group, kind, namespace, name)

    def __str__(self) -> str:
        """Write `Kind namespace/name`, as a sentence names it."""
        place = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return f"{self.kind} {place}"


@dataclass(frozen=True, slots=True, order=True)
class WorkloadKey:
    """The top-level owner of pods; a bare pod is its own owner (`kind` = "Pod")."""

    namespace: str
    name: str
    kind: str

    def __str__(self) -> str:
        """Write `namespace/name[Kind]`; the form of the `reach` contract."""
        return f"{self.namespace}/{self.name}[{self.kind}]"
