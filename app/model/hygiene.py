"""What is odd about the policies themselves: advice to whoever keeps them, and never evidence for a control."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from app.model.decision import RuleRef
from app.model.identity import ObjectRef


class Flaw(StrEnum):
    """Kinds of remarks, the graver ones first; the values are a contract (`policies --json`, `--fail-on`)."""

    OPENED = "opened-by-another"  # it restricts pods that other policies open to everyone
    SHADOWED_DENY = "deny-without-effect"  # a deny that is never reached
    NO_NAMES = "dns-forgotten"  # pods that it isolates for egress cannot reach the cluster resolver
    TYPO = (
        "label-near-another"  # a selector names a label that nothing has, and something has one much like it
    )
    COUNTS_NOWHERE = "counts-nowhere"  # no data plane of the cluster obeys it, or it is staged
    SELECTS_NOTHING = "selects-nothing"  # its selector matches no pod
    MATCHES_NOTHING = "rule-matches-nothing"  # a rule with peers or ports that nothing has
    SHADOWED = "rule-without-effect"  # an allow or a pass that is never reached
    REDUNDANT = "redundant"  # without it every decision stays the same

    @property
    def rank(self) -> int:
        """0 is gravest."""
        return list(Flaw).index(self)

    @property
    def heading(self) -> str:
        """What the policies (or their rules) do, as a heading says it."""
        return _TITLES[self]


_TITLES = {
    Flaw.OPENED: "Restrict what others open to everyone",
    Flaw.SHADOWED_DENY: "Denials that are never reached",
    Flaw.NO_NAMES: "Isolate pods that then cannot resolve names",
    Flaw.TYPO: "Labels that nothing has, near one that something has",
    Flaw.COUNTS_NOWHERE: "Count nowhere",
    Flaw.SELECTS_NOTHING: "Select nothing",
    Flaw.MATCHES_NOTHING: "Rules that match nothing",
    Flaw.SHADOWED: "Rules that are never reached",
    Flaw.REDUNDANT: "Change no decision",
}


@dataclass(frozen=True, slots=True)
class Remark:
    """One oddity.

    Attributes:
        flaw: its kind.
        says: one sentence, the policy being its subject.
        path: where in the object; empty for the whole policy.
        because: rules and policies that make it so, at most a few, sorted.
        advice: what to do, one sentence.
    """

    flaw: Flaw
    says: str
    path: str = ""
    because: tuple[RuleRef | ObjectRef, ...] = ()
    advice: str = ""


@dataclass(frozen=True, slots=True)
class PolicyRemarks:
    """One policy.

    Attributes:
        ref: the object.
        part: where it stands in an object that holds several policies; empty otherwise.
        workloads: number of workloads that it selects.
        rules: number of its rules.
        remarks: gravest first; empty for one about which there is nothing to say.
        unjudged: why it could not be judged as a whole, one sentence each; what is said above holds all the same.
    """

    ref: ObjectRef
    part: str
    workloads: int
    rules: int
    remarks: tuple[Remark, ...] = ()
    unjudged: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hygiene:
    """Every policy of a cluster, in order of identity.

    Attributes:
        policies: the whole population.
        notes: what has to be said about all of it (what was not read, where nothing is known to be enforced).
    """

    policies: tuple[PolicyRemarks, ...]
    notes: tuple[str, ...] = ()

    def remarks(self) -> Iterator[tuple[PolicyRemarks, Remark]]:
        """All remarks, gravest first, then by policy."""
        found = [(item, remark) for item in self.policies for remark in item.remarks]
        yield from sorted(
            found, key=lambda pair: (pair[1].flaw.rank, pair[0].ref, pair[0].part, pair[1].path)
        )

    def count(self, flaw: Flaw) -> int:
        """Number of remarks of a kind."""
        return sum(remark.flaw is flaw for item in self.policies for remark in item.remarks)
