"""How to read this report: the marks, what they mean, how strong a fact is, and what a scan cannot show."""

from dataclasses import dataclass

from app.model.control import ControlState
from app.render.content import Mark, SectionPage
from app.render.dossier import Dossier, Section

_STATES: tuple[tuple[ControlState, str], ...] = (
    (
        ControlState.SUPPORTED,
        "No exceptions noted by the automated tests, and the manual evidence that the control also needs is on file.",
    ),
    (
        ControlState.EXCEPTION,
        "At least one subject in scope fails a test that decides the control. This holds even where other data is missing.",
    ),
    (
        ControlState.PARTIAL,
        "Every failure is under an exception that the entity accepted. Whether that is enough is the assessor’s decision.",
    ),
    (
        ControlState.INSUFFICIENT,
        (
            "It could not be determined: something that could decide it was not read or not understood. It is never counted"
            " as supported."
        ),
    ),
    (
        ControlState.MANUAL,
        "The automated part, if there is one, is without exception; evidence that only people can give is still missing.",
    ),
    (
        ControlState.NOT_APPLICABLE,
        "Declared not applicable by a named person, with a reason that the scan did not contradict.",
    ),
)

_STRENGTHS: tuple[tuple[str, str], ...] = (
    ("Declared", "An object says so. Nothing shows that the data plane acts on it."),
    ("Effective", "Worked out over all objects together, on a data plane known to enforce them."),
    ("Observed", "Seen to happen: a status, a probe or a log."),
)

_LIMITS: tuple[str, ...] = (
    (
        "It shows declared and effective configuration at one time. Changes that were made and undone between two scans are"
        " invisible here; the API audit log has them."
    ),
    "A nightly scan is neither a penetration test nor a risk analysis, and it takes the place of neither.",
    (
        "Controls outside the cluster, such as cloud firewalls, managed control planes and the network in front of the"
        " nodes, are not read."
    ),
    "Whether an application encrypts its own traffic cannot be seen in the cluster’s objects.",
    "Only the entity can attest that every cluster it runs is scanned.",
)


@dataclass(frozen=True)
class ReadingPage(SectionPage):
    """States with their meanings; strengths; rules and limits as sentences."""

    states: tuple[tuple[Mark, str], ...]
    strengths: tuple[tuple[str, str], ...]
    rules: tuple[str, ...]
    limits: tuple[str, ...]


def build(dossier: Dossier) -> ReadingPage:
    """Build the page; all but the framework's name is the same in every report."""
    framework = dossier.assessment.framework
    return ReadingPage(
        id="reading",
        title="How to read this report",
        lede=(
            (
                f"This report presents evidence for {framework.title}, gathered by a read-only scan. It states what was"
                " tested, on which population, and what was found. It does not decide whether a requirement is met:"
                " that is for the assessor."
            ),
        ),
        states=tuple((Mark.of(state), meaning) for state, meaning in _STATES),
        strengths=_STRENGTHS,
        rules=(
            "Requirement numbers are the publisher’s; the words beside them are ours. The publisher’s text decides.",
            (
                "The first state that applies wins, in this order: not applicable, exception noted, insufficient evidence,"
                " exception accepted, manual evidence needed, supported."
            ),
            "Each check reports its whole population, and those without exception are listed as well as those with one.",
            "A workload that no scope rule places is unknown, and unknown counts as in scope.",
            (
                "A failing test that only supports a control does not decide it; the control is then flagged"
                " *contrary evidence*."
            ),
        ),
        limits=_LIMITS,
    )


SECTION = Section("reading", "How to read this report", build)
