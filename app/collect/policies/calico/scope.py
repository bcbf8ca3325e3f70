"""Where a rule stands, what it may refer to, and what is wrong with it."""

from dataclasses import dataclass, field
from functools import cached_property

from app.collect.invalid import Violation
from app.collect.policies.api import Context
from app.collect.policies.calico.sets import SeenSet, sets_of


@dataclass(frozen=True)
class Scope:
    """One policy being read.

    Attributes:
        namespace: the policy's; empty for one of the whole cluster.
        context: network sets, namespaces, services.
        found: violations so far, in the order of the object; readers append to it.
    """

    namespace: str
    context: Context
    found: list[Violation] = field(default_factory=list)

    @cached_property
    def sets(self) -> tuple[SeenSet, ...]:
        """Sets of addresses that selectors may select."""
        return sets_of(self.context)

    def wrong(self, path: str, problem: str) -> None:
        """Note that a field could not be understood."""
        self.found.append(Violation(path, problem))
