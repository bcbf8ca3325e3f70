"""Which workloads may connect differently than before, told from what a verdict depends on.

Whether one workload may connect to another is decided by the two of them, by the policies of their namespaces and by the
labels of these (Kubernetes, "Network Policies"). A pair can differ only where one of its ends does, or what surrounds
one of them. From night to night that is a small part of a cluster, and no more than that has to be compared.
"""

from collections.abc import Mapping
from dataclasses import replace

from app.model.inventory import Inventory, Pod
from app.model.judgement import Judgement
from app.model.peers import all_rules, ends, leaves
from app.model.policy import AddressPeer
from app.model.reachability import Workload

Traits = tuple[object, ...]

_WHOLE_CLUSTER = ""


def suspects(before: Judgement, after: Judgement) -> frozenset[str] | None:
    """Ids of workloads that differ, or around which something differs.

    Returns:
        None when something differs that may touch any pair: the reading of the whole cluster (another plugin, another
        profile), a tier, or a policy of the whole cluster.
    """
    if _reading(before) != _reading(after):
        return None
    by_address = _compares_addresses(before.inventory) or _compares_addresses(after.inventory)
    was, now = _traits(before, by_address=by_address), _traits(after, by_address=by_address)
    spaces = _changed_namespaces(before.inventory, after.inventory)
    if _WHOLE_CLUSTER in spaces:
        return None
    beside = {
        item.id
        for judged in (before, after)
        for item in judged.reachability.workloads
        if item.namespace in spaces
    }
    return frozenset(_differing(was, now) | beside)


def _reading(judged: Judgement) -> Traits:
    """What holds for every pair of a cluster."""
    platform, inventory = judged.platform, judged.inventory
    plugins = tuple((plugin.id, plugin.version, plugin.enforcement) for plugin in platform.plugins)
    texts = [text for pod in inventory.pods for text in pod.ips]
    texts += [text for node in inventory.nodes for text in node.addresses]
    families = (any(":" not in text for text in texts), any(":" in text for text in texts))
    tiers = frozenset(replace(tier, digest="") for tier in inventory.tiers)
    return judged.reachability.profile, platform.enforcement, plugins, families, tiers


def _compares_addresses(inventory: Inventory) -> bool:
    """True when a policy names addresses; only then does it matter which ones a pod has."""
    return any(
        isinstance(leaf, AddressPeer) for rule in all_rules(inventory.policies) for leaf in leaves(ends(rule))
    )


def _changed_namespaces(before: Inventory, after: Inventory) -> set[str]:
    """Namespaces whose labels or policies differ."""
    labels = _differing(before.namespace_labels, after.namespace_labels)
    return labels | _differing(_policies(before), _policies(after))


def _policies(inventory: Inventory) -> Mapping[str, set[object]]:
    """What the policies for each namespace say; a digest covers more than that."""
    found: dict[str, set[object]] = {}
    for policy in inventory.policies:
        place = policy.subject.namespace or _WHOLE_CLUSTER
        found.setdefault(place, set()).add(replace(policy, digest=""))
    return found


def _differing(before: Mapping[str, object], after: Mapping[str, object]) -> set[str]:
    return {name for name in {*before, *after} if before.get(name) != after.get(name)}


def _traits(judged: Judgement, *, by_address: bool) -> Mapping[str, Traits]:
    """Everything about each workload that a verdict can depend on, by workload id."""
    pods = {pod.ref: pod for pod in judged.inventory.pods}
    enforcement = {entry.node: entry.enforcement for entry in judged.platform.nodes}
    addresses = {node.name: node.addresses for node in judged.inventory.nodes} if by_address else {}

    accounts = {
        (item.ref.namespace, item.ref.name): frozenset(item.labels.items())
        for item in judged.inventory.accounts
    }

    def of_pod(pod: Pod) -> Traits:
        return (
            frozenset(pod.labels.items()),
            pod.ports,
            pod.host_network,
            pod.service_account,
            accounts.get((pod.namespace, pod.service_account)),
            enforcement.get(pod.node),
            judged.platform.pod_exceptions.get(pod.ref),
            (pod.ips, addresses.get(pod.node)) if by_address else (),
        )

    def of_workload(workload: Workload) -> Traits:
        members = frozenset(of_pod(pods[ref]) for ref in workload.pod_refs if ref in pods)
        return workload.host_network, workload.nodes, members

    return {workload.id: of_workload(workload) for workload in judged.reachability.workloads}
