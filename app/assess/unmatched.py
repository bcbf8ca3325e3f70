"""Entries of the registers that match nothing in a cluster: a name that was mistyped, or something that is long gone.

A register may serve several clusters, so an entry that matches nothing here is a remark and never a finding.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC
from fnmatch import fnmatchcase

from app.assess.configuration import Configuration
from app.assess.placing import placed
from app.assess.review import Concern, Remark
from app.model.finding import CheckRun, Outcome
from app.model.flows import FlowEnd
from app.model.judgement import Judgement
from app.model.snapshot import Snapshot

_ADVICE = "Correct the name, or take the entry out if it is for no other cluster."
_OPEN = (Outcome.FAIL, Outcome.INSUFFICIENT, Outcome.ERROR)


def unmatched(config: Configuration, snapshot: Snapshot, judged: Judgement) -> tuple[Remark, ...]:
    """What the entries of the files would match, and do not. What could not be read leaves a question open, not a remark.

    Args:
        config: the documents that `judged` rests on.
        snapshot: the cluster.
        judged: its verdicts.
    """
    return (
        *_rules(config, snapshot, judged),
        *_flows(config, snapshot, judged.runs),
        *_exposures(config, judged),
        *_external(config, judged),
        *_certificates(config, judged),
        *_exceptions(config, snapshot, judged.runs),
        *_writers(config, judged.runs),
        *_places(config, judged),
        *_declared_flows(config, judged),
    )


def _remark(file: str, entry: str, says: str) -> Remark:
    return Remark(file, entry, Concern.NO_MATCH, says, _ADVICE)


def _rules(config: Configuration, snapshot: Snapshot, judged: Judgement) -> Iterator[Remark]:
    found = placed(config.scope, snapshot, judged.inventory, judged.reachability.workloads)
    for name in found.idle:
        yield _remark("scope.yaml", f"rules: {name}", "The rule matches no namespace and no workload.")


def _flows(config: Configuration, snapshot: Snapshot, runs: Sequence[CheckRun]) -> Iterator[Remark]:
    """A flow that counts, and that covers no allowed connection."""
    run = _run(runs, "flow-not-in-approved-register")
    if run is None or not run.population_complete:
        return
    used = {name for result in run.results for name in _texts(result.data.get("approved_flows"))}
    day = snapshot.taken_at.astimezone(UTC).date()
    for item in config.scope.approved_flows or ():
        if item.id not in used and not item.problem(day):
            says = f"No connection from {item.source} to {item.destination} on its ports is allowed."
            yield _remark("scope.yaml", f"approved_flows: {item.id}", says)


def _exposures(config: Configuration, judged: Judgement) -> Iterator[Remark]:
    seen = {item.id for item in judged.edges.exposures}
    for item in config.scope.approved_exposures or ():
        if item.object not in seen:
            says = f"{item.object} opens no way in from outside."
            yield _remark("scope.yaml", f"approved_exposures: {item.id}", says)


def _external(config: Configuration, judged: Judgement) -> Iterator[Remark]:
    seen = [item.id for item in judged.edges.exposures]
    for item in config.registers.external_controls or ():
        if item.objects and not any(item.stands_before(name) for name in seen):
            says = f"{', '.join(item.objects)} names no way in from outside."
            yield _remark("registers.yaml", f"external_controls: {item.id}", says)


def _certificates(config: Configuration, judged: Judgement) -> Iterator[Remark]:
    seen = {
        name
        for item in judged.edges.certificates
        for name in (item.id, f"Secret {item.secret}", item.x509.fingerprint if item.x509 else "")
    }
    for item in config.scope.certificates or ():
        if item.certificate not in seen:
            says = f"No certificate {item.certificate} was seen."
            yield _remark("scope.yaml", f"certificates: {item.id}", says)


def _exceptions(config: Configuration, snapshot: Snapshot, runs: Sequence[CheckRun]) -> Iterator[Remark]:
    """An exception that counts, and that no failure needs; one that does not count is told for that."""
    day = snapshot.taken_at.astimezone(UTC).date()
    for item in config.exceptions:
        if item.problem(day):
            continue
        run = _run(runs, item.check)
        if run is None or not run.population_complete:
            continue
        if not any(found.outcome in _OPEN and item.names(found.subject.id) for found in run.results):
            says = f"Nothing that it names fails {item.check}."
            yield _remark("exceptions.yaml", item.id, says)


def _writers(config: Configuration, runs: Sequence[CheckRun]) -> Iterator[Remark]:
    run = _run(runs, "policy-write-access-too-broad")
    if run is None or not run.population_complete:
        return
    seen = {result.subject.id for result in run.results}
    for item in config.registers.policy_writers or ():
        if item.identity not in seen:
            says = f"No role binding lets {item.identity} change policy."
            yield _remark("registers.yaml", f"policy_writers: {item.id}", says)


def _places(config: Configuration, judged: Judgement) -> Iterator[Remark]:
    """Namespaces, patterns of them, and ids of scope rules."""
    spaces = {item.name for item in judged.inventory.namespaces}
    known = spaces | {rule.id for rule in config.scope.rules}
    registers = config.registers
    for item in registers.insecure_services or ():
        if item.destination and item.destination not in known:
            says = f"There is no namespace and no scope rule {item.destination}."
            yield _remark("registers.yaml", f"insecure_services: {item.id}", says)
    named = [
        *(("policy_writers", item.id, item.namespaces) for item in registers.policy_writers or ()),
        *(("flow_logs", item.id, item.namespaces) for item in registers.flow_logs or ()),
    ]
    for register, name, patterns in named:
        for pattern in patterns:
            if not any(fnmatchcase(space, pattern) for space in spaces):
                yield _remark("registers.yaml", f"{register}: {name}", f"No namespace is called {pattern}.")


def _declared_flows(config: Configuration, judged: Judgement) -> Iterator[Remark]:
    for item in config.flows.flows:
        for end in (item.source, item.destination):
            if not _exists(end, judged):
                yield _remark("flows.yaml", f"flows: {item.id}", f"There is no workload {end.text}.")


def _exists(end: FlowEnd, judged: Judgement) -> bool:
    return end.outside or any(end.means(item) for item in judged.reachability.workloads)


def _run(runs: Sequence[CheckRun], check: str) -> CheckRun | None:
    return next((run for run in runs if run.meta.id == check), None)


def _texts(value: object) -> Iterable[str]:
    return [text for text in value if isinstance(text, str)] if isinstance(value, list) else ()
