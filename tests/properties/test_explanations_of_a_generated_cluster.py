"""A thousand connections of a cluster as teams make them: what each explanation names is removed, and the answer changes.

Connections with the same removal are asked of one cluster without it.
"""

import random

from app import evaluate
from app.model.decision import Reason
from tests.builders import UNKNOWN_PLATFORM
from tests.generated import OUTSIDE, PROBES, generated
from tests.properties.test_laws_of_tiers import removals, without

TRIPLES = 1000
UNTOUCHED = (Reason.NOT_SELECTED, Reason.OUTSIDE)


def engine(cluster):
    return evaluate.reachability(cluster, UNKNOWN_PLATFORM, ())


def test_what_each_of_a_thousand_explanations_names_changes_the_answer_when_it_is_gone():
    cluster = generated(7, namespaces=4, workloads=5, policies=5)
    found = engine(cluster)
    by_removal, kinds = {}, []
    for source, destination, at in triples(found):
        decision = found.decide(source, destination, *at)
        assert decision.certain
        assert len(evaluate.explain(decision)) > 2
        ways = removals(decision)
        assert ways or {decision.egress.reason, decision.ingress.reason} <= set(UNTOUCHED)
        kinds.append((decision.allowed, bool(ways)))
        for gone in ways:
            by_removal.setdefault(frozenset(gone), []).append((source, destination, at, decision.allowed))
    assert min(kinds.count(kind) for kind in ((True, True), (False, True), (True, False))) > 100
    for gone, asked in by_removal.items():
        after = engine(without(cluster, gone))
        for source, destination, at, allowed in asked:
            assert after.between(source, destination).allows(*at) is not allowed, (
                source,
                destination,
                at,
                gone,
            )


def triples(found):
    """Half of them any two ends and any port; half of them such as are let through between workloads."""
    chance = random.Random(1)
    inside = [item.id for item in found.workloads]
    every = inside + [f"external:{address}" for address in OUTSIDE]
    open_ones = [
        (row.source, row.destination, at)
        for row in found.connections()
        if "external" not in row.source + row.destination
        for at in PROBES
        if row.allowed.allows(*at)
    ]
    chosen = [chance.choice(open_ones) for _ in range(TRIPLES // 2)]
    while len(chosen) < TRIPLES:
        source, destination = chance.choice(every), chance.choice(every)
        if source != destination and (source in inside or destination in inside):
            chosen.append((source, destination, chance.choice(PROBES)))
    return chosen
