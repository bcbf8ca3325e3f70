"""k3s: its network (Flannel) and its policy controller (kube-router's) are part of the k3s program itself.

No DaemonSet shows it. Servers write their command line, configuration file included, into the annotation
`k3s.io/node-args`; `--disable-network-policy` on the servers turns policies off in the whole cluster.
Source: K3s documentation, "Basic Network Options" and "k3s server".
"""

from collections.abc import Sequence
from itertools import pairwise

import orjson

from app.detect.evidence import Evidence
from app.detect.fields import sequence, text
from app.detect.nodes import Node
from app.detect.provider import (
    Engine,
    Provider,
    Verdict,
    degraded,
    enforced,
    not_enforced,
    unknown,
)
from app.detect.settings import go_boolean
from app.model.platform import Enforcement, NodeEnforcement, Sign

_ARGS = "k3s.io/node-args"
_SERVER = ("node-role.kubernetes.io/control-plane", "node-role.kubernetes.io/master")
_OFF = "--disable-network-policy"
_BACKEND = "--flannel-backend"


def find(evidence: Evidence) -> Engine | None:
    """Recognise nodes whose kubelet is k3s's."""
    nodes = [node for node in evidence.nodes if "+k3s" in node.kubelet_version]
    if not nodes:
        return None
    servers = [node for node in nodes if any(key in node.labels for key in _SERVER)]
    verdict = _verdict(servers)
    backends = [_last(_words(node) or (), _BACKEND) for node in servers]
    return Engine(
        id=PROVIDER.id,
        name=PROVIDER.name,
        version=nodes[0].kubelet_version,
        primary="none" not in backends,
        verdict=verdict,
        signs=(_kubelet(nodes[0]),),
        on_nodes=tuple(_on_node(node, verdict) for node in nodes),
    )


def flannel_backends(evidence: Evidence) -> tuple[str, ...] | None:
    """Values of `--flannel-backend` on servers that set it, sorted; None where no node runs k3s."""
    nodes = [node for node in evidence.nodes if "+k3s" in node.kubelet_version]
    servers = [node for node in nodes if any(key in node.labels for key in _SERVER)]
    found = {_last(_words(node) or (), _BACKEND) for node in servers}
    return tuple(sorted(found - {""})) if nodes else None


def flannel_doubt(evidence: Evidence) -> str:
    """Why it cannot be told whether k3s runs its own Flannel, as a clause; empty where every server says that it does.

    What Flannel wrote about a node stays when another network plugin takes its place.
    """
    nodes = [node for node in evidence.nodes if "+k3s" in node.kubelet_version]
    servers = [node for node in nodes if any(key in node.labels for key in _SERVER)]
    if not servers:
        return "no k3s server is among the nodes that were read"
    silent = next((node.name for node in servers if _words(node) is None), "")
    if silent:
        return f"k3s server {silent} does not say in annotation {_ARGS} which network it runs"
    asked = {_last(_words(node) or (), _BACKEND) for node in servers}
    return "k3s servers disagree about --flannel-backend=none" if "none" in asked and len(asked) > 1 else ""


def _verdict(servers: Sequence[Node]) -> Verdict:
    """Every server must say the same: each of them can be the one that a node asks."""
    if not servers:
        return unknown(
            "no k3s server is among the nodes that were read, and only servers say whether policies are on"
        )
    said = {node.name: _disabled(node) for node in servers}
    signs = tuple(_sign(node) for node in servers)
    if None in said.values():
        silent = next(name for name, value in said.items() if value is None)
        return unknown(
            f"k3s server {silent} does not say in annotation {_ARGS} whether policies are on", *signs
        )
    if len(set(said.values())) > 1:
        return unknown("k3s servers disagree about --disable-network-policy", *signs)
    if said[servers[0].name]:
        return not_enforced("k3s runs with --disable-network-policy and enforces no policy", *signs)
    return enforced("k3s runs its own policy controller on every node", *signs)


def _on_node(node: Node, verdict: Verdict) -> NodeEnforcement:
    here = verdict
    if verdict.enforcement is Enforcement.ENFORCED and not node.ready:
        sign = node.ready_sign("k3s, and the policy controller in it, is not seen to run")
        here = degraded("the node is not ready, so its policy controller is not seen to run", sign)
    return NodeEnforcement(node.name, here.enforcement, here.reason, here.signs)


def _words(node: Node) -> list[str] | None:
    """The command line; None when the annotation is missing or is not a JSON array."""
    try:
        words = orjson.loads(node.annotations.get(_ARGS, ""))
    except orjson.JSONDecodeError:
        return None
    return [text(word) for word in sequence(words)] if isinstance(words, list) else None


def _disabled(node: Node) -> bool | None:
    words = _words(node)
    return None if words is None else go_boolean(_last(words, _OFF) or "false")


def _last(words: Sequence[str], flag: str) -> str:
    """Value of the last such flag, `true` for a bare one, empty when absent; k3s writes `--x=y` as two words."""
    found = ""
    for word, following in pairwise([*words, ""]):
        name, equals, value = word.partition("=")
        if name == flag:
            bare = not following or following.startswith("-")
            found = value if equals else ("true" if bare else following)
    return found


def _sign(node: Node) -> Sign:
    value = node.annotations.get(_ARGS, "")
    return Sign(
        node.ref, f"metadata.annotations['{_ARGS}']", value, "the command line of this server", node.digest
    )


def _kubelet(node: Node) -> Sign:
    return Sign(
        node.ref,
        "status.nodeInfo.kubeletVersion",
        node.kubelet_version,
        "the node runs k3s",
        node.digest,
    )


PROVIDER = Provider("k3s", "K3s", find)
