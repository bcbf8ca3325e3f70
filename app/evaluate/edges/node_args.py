"""Flags that k3s and RKE2 pass to the programs of a node, as far as the node shows them: `--kubelet-arg`, `--kube-apiserver-arg` and others.

Both write the arguments that they were started with into an annotation of the Node. What they set by themselves is not there, so a weak
flag is a weakness and no flag is a proof. Source: command-line references of k3s and RKE2.
"""

from collections.abc import Callable, Iterator, Mapping

import orjson

from app.evaluate.edges.arguments import Argument
from app.evaluate.edges.flags import Flags, is_loopback
from app.evaluate.edges.world import Item, World, words
from app.model.control_plane import Component, ComponentKind, Finding
from app.model.encryption import Known

_ANNOTATIONS = ("k3s.io/node-args", "rke2.io/node-args")
_PROGRAMS = {
    "kubelet-arg": ComponentKind.KUBELET,
    "kube-apiserver-arg": ComponentKind.API_SERVER,
    "etcd-arg": ComponentKind.ETCD,
    "kube-controller-manager-arg": ComponentKind.CONTROLLER_MANAGER,
    "kube-scheduler-arg": ComponentKind.SCHEDULER,
}
_REST = "what else it is started with is not shown by the node"
_TRUE = ("true", "1", "t")


def started_by_nodes(world: World) -> Iterator[Component]:
    """Each program of a node that was given a flag about TLS or access."""
    for item in world.items("", "Node", "node-args"):
        for annotation in _ANNOTATIONS:
            for kind, flags in _passed(item, annotation).items():
                found = tuple(_findings(flags))
                if found:
                    rest = Finding(Known.UNKNOWN, _REST, item.annotated(annotation, _REST))
                    yield Component(f"{kind} of Node {item.name}", kind, item.ref, findings=(*found, rest))


def _passed(item: Item, annotation: str) -> Mapping[ComponentKind, Flags]:
    """Flags by program; of one that is given twice the last counts."""
    found: dict[ComponentKind, dict[str, Argument]] = {}
    given = _line(item.annotations.get(annotation, ""))
    for position, word in enumerate(given):
        name, mark, value = word.lstrip("-").partition("=")
        if not word.startswith("--") or name not in _PROGRAMS:
            continue
        said = value if mark else given[position + 1] if position + 1 < len(given) else ""
        flag, _, setting = said.lstrip("-").partition("=")
        found.setdefault(_PROGRAMS[name], {})[flag] = Argument(flag, setting, annotation)
    return {kind: Flags(item, "metadata.annotations", flags) for kind, flags in found.items()}


def _line(said: str) -> tuple[str, ...]:
    try:
        value = orjson.loads(said)
    except orjson.JSONDecodeError:
        return ()
    return words(value) if isinstance(value, list) else ()


def _findings(flags: Flags) -> Iterator[Finding]:
    """Answers about the flags that are there."""
    for name in flags.found:
        if name in _QUESTIONS:
            yield from _QUESTIONS[name](flags, name)


def _version(flags: Flags, name: str) -> Iterator[Finding]:
    yield flags.version(name)


def _suites(flags: Flags, name: str) -> Iterator[Finding]:
    yield flags.suites(name, (Known.UNKNOWN, ""))


def _anonymous(flags: Flags, name: str) -> Iterator[Finding]:
    if (flags.value(name) or "true").lower() in _TRUE:
        yield flags.finding(Known.NO, "anonymous requests are taken", name, "Set --anonymous-auth=false.")


def _read_only(flags: Flags, name: str) -> Iterator[Finding]:
    if (port := flags.value(name)) not in ("0", "", None):
        says = f"--read-only-port {port} answers everyone in plain text"
        yield flags.finding(Known.NO, says, name, "Set --read-only-port=0.")


def _mode(flags: Flags, name: str) -> Iterator[Finding]:
    if "AlwaysAllow" in (flags.value(name) or "").split(","):
        yield flags.finding(Known.NO, "every request is allowed", name, "Set --authorization-mode=Webhook.")


def _bound(flags: Flags, name: str) -> Iterator[Finding]:
    address = flags.value(name) or ""
    if not is_loopback(address) and not flags.value("tls-cert-file"):
        says = f"it serves on {address} with a certificate that it signed itself"
        yield flags.finding(Known.NO, says, name, "Leave --bind-address at 127.0.0.1.")


def _asked(flags: Flags, name: str) -> Iterator[Finding]:
    if (flags.value(name) or "true").lower() not in _TRUE:
        yield flags.finding(Known.NO, f"--{name} is not true", name, f"Set --{name}=true.")


_QUESTIONS: Mapping[str, Callable[[Flags, str], Iterator[Finding]]] = {
    "tls-min-version": _version,
    "tls-cipher-suites": _suites,
    "cipher-suites": _suites,
    "anonymous-auth": _anonymous,
    "read-only-port": _read_only,
    "authorization-mode": _mode,
    "bind-address": _bound,
    "client-cert-auth": _asked,
    "peer-client-cert-auth": _asked,
}
