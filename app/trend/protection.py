"""Encryption in transit that was lost or won between two nights."""

from collections.abc import Iterator

from app.model.change import EncryptionChange
from app.model.encryption import Label
from app.model.judgement import Judgement

MOST_WORKLOADS = 500
"""Above it a cluster's pairs are too many to be compared one by one; then counts alone are."""

_EXTERNAL = "external:"
_NO_TRAFFIC = (Label.REFUSED, Label.BLOCKED)


def encryption_changes(before: Judgement, after: Judgement) -> tuple[EncryptionChange, ...] | None:
    """Pairs of workloads that may connect on both nights and whose weakest label differs; what was lost stands first.

    Returns:
        None where the cluster is too large to compare pairs.
    """
    if max(len(item.reachability.workloads) for item in (before, after)) > MOST_WORKLOADS:
        return None
    was = dict(_labels(before))
    found = [
        EncryptionChange(*pair, was[pair], label)
        for pair, label in _labels(after)
        if pair in was and was[pair] is not label
    ]
    return tuple(sorted(found, key=lambda item: (not item.lost, item.source, item.destination)))


def _labels(judged: Judgement) -> Iterator[tuple[tuple[str, str], Label]]:
    rows = (
        row
        for row in judged.reachability.connections()
        if not row.source.startswith(_EXTERNAL) and not row.destination.startswith(_EXTERNAL)
    )
    for row, verdicts in judged.encryption.along(rows):
        carried = [item.label for item in verdicts if item.label not in _NO_TRAFFIC]
        if carried:
            yield (row.source, row.destination), max(carried, key=lambda label: label.rank)
