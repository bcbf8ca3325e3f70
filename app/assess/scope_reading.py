"""`scope.yaml` to a `Scope`, and what in it is well-formed and still cannot be meant."""

import re
from collections.abc import Iterable, Sequence
from ipaddress import IPv4Network, IPv6Network, collapse_addresses, ip_network

from app.assess.reading import Mistakes, parse
from app.assess.scope_file import EXTERNAL, ScopeFile
from app.model.history import Document
from app.model.inventory import NAME_LABEL
from app.model.policy import AddressRange, Operator
from app.model.scope import Scope, ScopeRule, Zone

Network = IPv4Network | IPv6Network

_OUTSIDE = (
    ("zone", Zone.OUT, "zone: out-of-scope"),
    ("ephi", False, "ephi: false"),
    ("soc2", False, "soc2: false"),
)
_WILD = re.compile(r"[*?]|\[!?\]?[^]]*\]")  # what stands for any sign in a shell pattern, or for some
_NAMESPACE = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")  # RFC 1123 label


def read_scope(document: Document | None, mistakes: Mistakes) -> Scope:
    """Read `scope.yaml`; without it, or with mistakes, a scope that places nothing."""
    read = parse(document, ScopeFile, mistakes) if document else None
    if document is None or read is None:
        return Scope()
    rules = tuple(rule.value() for rule in read.rules)
    flows, exposures, certificates = read.approved_flows, read.approved_exposures, read.certificates
    _check(document.name, read, rules, mistakes)
    return Scope(
        given=True,
        owner=read.owner,
        reviewed_on=read.reviewed_on,
        rules=rules,
        untrusted=_ranges(read.untrusted),
        approved_flows=None if flows is None else tuple(item.value() for item in flows),
        approved_exposures=None if exposures is None else tuple(item.value() for item in exposures),
        approved_host_network=read.approved_host_network,
        certificates=None if certificates is None else tuple(item.value() for item in certificates),
        node_isolation=read.node_isolation,
        thresholds=read.thresholds.value(),
        encryption=read.encryption.value(),
        digest=document.digest,
    )


def _ranges(texts: Sequence[str]) -> tuple[AddressRange, ...]:
    networks = [ip_network(text) for text in texts]
    v4 = collapse_addresses(item for item in networks if isinstance(item, IPv4Network))
    v6 = collapse_addresses(item for item in networks if isinstance(item, IPv6Network))
    return (
        *(AddressRange(4, int(item[0]), int(item[-1])) for item in v4),
        *(AddressRange(6, int(item[0]), int(item[-1])) for item in v6),
    )


def _check(name: str, read: ScopeFile, rules: Sequence[ScopeRule], mistakes: Mistakes) -> None:
    """Find what is well-formed and still nonsense."""
    _check_matchers(name, rules, mistakes)
    _check_nameless(name, rules, mistakes)
    _check_ends(name, read, mistakes)
    _check_declared_tls(name, read, mistakes)
    _check_untrusted(name, [ip_network(text) for text in read.untrusted], mistakes)


def _check_matchers(name: str, rules: Sequence[ScopeRule], mistakes: Mistakes) -> None:
    first: dict[tuple[object, ...], str] = {}
    for index, rule in enumerate(rules):
        matcher = (
            frozenset(rule.clusters),
            frozenset(rule.namespaces),
            rule.namespace_selector,
            rule.pod_selector,
        )
        if matcher in first:
            mistakes.add(
                name,
                f"rules[{index}]",
                f"matches exactly what '{first[matcher]}' matches; make them one rule",
            )
        first.setdefault(matcher, rule.id)


def _check_nameless(name: str, rules: Sequence[ScopeRule], mistakes: Mistakes) -> None:
    """Refuse a rule that would put outside whatever nobody spoke about: unlabelled is never out of scope."""
    for index, rule in enumerate(rules):
        said = [text for field, out, text in _OUTSIDE if getattr(rule, field) == out]
        if said and not _names_something(rule):
            mistakes.add(
                name,
                f"rules[{index}]",
                f"'{rule.id}' says {' and '.join(said)} of whatever nobody named; what is outside is named by cluster, by"
                " namespace, or by a label that it has (not by one that it lacks)",
            )


def _names_something(rule: ScopeRule) -> bool:
    """False for a rule that matches whatever nobody spoke about: no name, and no label that an object must have."""
    names = (*rule.clusters, *rule.namespaces)
    wanted = (*rule.namespace_selector.requirements, *rule.pod_selector.requirements)
    return any(_WILD.sub("", text) for text in names) or any(
        item.operator is Operator.IN or (item.operator is Operator.EXISTS and item.key != NAME_LABEL)
        for item in wanted
    )


def _check_ends(name: str, read: ScopeFile, mistakes: Mistakes) -> None:
    known = {EXTERNAL, *(rule.id for rule in read.rules)}
    for index, rule in enumerate(read.rules):
        if rule.id == EXTERNAL:
            mistakes.add(name, f"rules[{index}].id", f"'{EXTERNAL}' stands for addresses outside the cluster")
    for index, flow in enumerate(read.approved_flows or ()):
        for field, end in (("source", flow.source), ("destination", flow.destination)):
            if end not in known and not _NAMESPACE.fullmatch(end):
                mistakes.add(
                    name,
                    f"approved_flows[{index}].{field}",
                    f"'{end}' is neither the id of a rule, nor a namespace, nor '{EXTERNAL}'",
                )


def _check_declared_tls(name: str, read: ScopeFile, mistakes: Mistakes) -> None:
    known = {rule.id for rule in read.rules}
    for index, item in enumerate(read.encryption.application_tls or ()):
        if item.destination not in known and not _NAMESPACE.fullmatch(item.destination):
            mistakes.add(
                name,
                f"encryption.application_tls[{index}].destination",
                f"'{item.destination}' is neither the id of a rule nor a namespace",
            )


def _check_untrusted(name: str, networks: Sequence[Network], mistakes: Mistakes) -> None:
    for index, inner in enumerate(networks):
        for other, outer in enumerate(networks):
            if (other < index and inner == outer) or (inner != outer and _within(inner, outer)):
                mistakes.add(name, f"untrusted[{index}]", f"{inner} is already covered by {outer}")
                break


def _within(inner: Network, outer: Network) -> bool:
    if isinstance(inner, IPv4Network) and isinstance(outer, IPv4Network):
        return inner.subnet_of(outer)
    return isinstance(inner, IPv6Network) and isinstance(outer, IPv6Network) and inner.subnet_of(outer)


def scope_of(documents: Iterable[Document]) -> Scope:
    """The scope that some documents hold, whatever else is wrong with them; if it cannot be read, nothing is placed."""
    found = next((item for item in documents if item.name == "scope.yaml"), None)
    return read_scope(found, Mistakes())
