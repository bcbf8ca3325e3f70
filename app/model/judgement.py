"""One snapshot, judged: everything that the pure stages make of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.model.control import Assessment
from app.model.edge import Edges
from app.model.finding import CheckRun
from app.model.inventory import Inventory
from app.model.platform import Platform
from app.model.reachability import Reachability
from app.model.registers import Registers
from app.model.scope import Placement, Scope
from app.model.transit import NOT_ASKED, Encryption


@dataclass(frozen=True)
class Judgement:
    """Result of `app.judging.judge`; a function of the snapshot and the documents alone.

    `reachability` is the effective view, `declared` the same with every policy counted as enforced (the same object
    where both agree by construction).
    """

    inventory: Inventory
    platform: Platform
    reachability: Reachability
    declared: Reachability
    scope: Scope
    runs: tuple[CheckRun, ...]
    assessments: tuple[Assessment, ...]
    streaks: Mapping[str, int]
    placements: Mapping[str, Placement]  # by workload id
    encryption: Encryption = NOT_ASKED
    edges: Edges = field(default_factory=Edges)
    registers: Registers = field(default_factory=Registers)

    @property
    def accepted(self) -> frozenset[str]:
        """Fingerprints of failing results that a valid exception accepts in some framework; they fail all the same."""
        return frozenset(
            hit.fingerprint
            for assessment in self.assessments
            for use in assessment.exceptions
            if not use.problem
            for hit in use.hits
        )
