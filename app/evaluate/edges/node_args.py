"""Flags that k3s and RKE2 pass to the programs of a node, as far as the node shows them: `--kubelet-arg`, `--kube-apiserver-arg` and others.

Both write the arguments that they were started with into an annotation of the Node. What they set by themselves is not there, so a weak
flag is a weakness and no flag is a proof. `--bind-address` without such a prefix is that of the server itself. Sources: command-line
references of k3s and RKE2, and what k3s sets (`pkg/daemons/control`): controller manager and scheduler on loopback, and since 1.30.13,
1.31.9, 1.32.5 and 1.33.1 with certificates of its own authority, as the API server always.
"""

from collections.abc import Callable, Iterator, Mapping

import orjson

from app.evaluate.edges import api_server
from app.evaluate.edges.arguments import Argument
from app.evaluate.edges.etcd import URLS
from app.evaluate.edges.flags import TRUE, Flags, is_loopback
from app.evaluate.edges.releases import release
from app.evaluate.edges.world import Item, World, words
from app.model.control_plane import Component, ComponentKind, Finding
from app.model.encryption import Known
from app.model.fields import text

_ANNOTATIONS = ("k3s.io/node-args", "rke2.io/node-args")
_PROGRAMS = {
    "kubelet-arg": ComponentKind.KUBELET,
    "kube-apiserver-arg": ComponentKind.API_SERVER,
    "etcd-arg": ComponentKind.ETCD,
    "kube-controller-manager-arg": ComponentKind.CONTROLLER_MANAGER,
    "kube-scheduler-arg": ComponentKind.SCHEDULER,
}
_REST = "what else it is started with is not shown by the node"
_METRICS = "etcd-expose-metrics"  # a flag of k3s and RKE2 themselves
_CERTIFIED = {(1, 30): 13, (1, 31): 9, (1, 32): 5, (1, 33): 1}


def started_by_nodes(world: World) -> Iterator[Component]:
    """Each program of a node that was given a flag about TLS or access."""
    for item in world.items("", "Node", "node-args"):
        for annotation in _ANNOTATIONS:
            for kind, flags in _passed(item, annotation).items():
                found = tuple(_findings(kind, flags))
                if found:
                    rest = Finding(Known.UNKNOWN, _REST, item.annotated(annotation, _REST))
                    yield Component(f"{kind} of Node {item.name}", kind, item.ref, findings=(*found, rest))


def _passed(item: Item, annotation: str) -> Mapping[ComponentKind, Flags]:
    """Flags by program; of one that is given twice the last counts."""
    found: dict[ComponentKind, dict[str, Argument]] = {}
    given = _line(item.annotations.get(annotation, ""))
    for position, word in enumerate(given):
        name, mark, value = word.lstrip("-").partition("=")
        following = given[position + 1] if position + 1 < len(given) else ""
        if not word.startswith("--"):
            continue
        if name == _METRICS:
            # without a value of its own it is true
            shown = value if mark else "false" if following.lower() == "false" else "true"
            found.setdefault(ComponentKind.ETCD, {})[name] = Argument(name, shown, annotation)
        elif name in _PROGRAMS:
            flag, _, setting = (value if mark else following).lstrip("-").partition("=")
            found.setdefault(_PROGRAMS[name], {})[flag] = Argument(flag, setting, annotation)
    return {kind: Flags(item, "metadata.annotations", flags) for kind, flags in found.items()}


def _line(said: str) -> tuple[str, ...]:
    try:
        value = orjson.loads(said)
    except orjson.JSONDecodeError:
        return ()
    return words(value) if isinstance(value, list) else ()


def _findings(kind: ComponentKind, flags: Flags) -> Iterator[Finding]:
    """Answers about the flags that are there."""
    questions = _QUESTIONS[kind]
    for name in flags.found:
        if name in questions:
            yield from questions[name](flags, name)


def _version(flags: Flags, name: str) -> Iterator[Finding]:
    yield flags.version(name)


def _suites(flags: Flags, name: str) -> Iterator[Finding]:
    yield flags.suites(name, (Known.UNKNOWN, ""))


def _urls(flags: Flags, name: str) -> Iterator[Finding]:
    yield from flags.urls(name, needed=False)


def _anonymous(flags: Flags, name: str) -> Iterator[Finding]:
    if (flags.value(name) or "true").lower() in TRUE:
        yield flags.finding(Known.NO, "anonymous requests are taken", name, "Set --anonymous-auth=false.")


def _read_only(flags: Flags, name: str) -> Iterator[Finding]:
    if (port := flags.value(name)) not in ("0", "", None):
        says = f"--read-only-port {port} answers everyone in plain text"
        yield flags.finding(Known.NO, says, name, "Set --read-only-port=0.")


def _mode(flags: Flags, name: str) -> Iterator[Finding]:
    if "AlwaysAllow" in (flags.value(name) or "").split(","):
        yield flags.finding(Known.NO, "every request is allowed", name, "Set --authorization-mode=Webhook.")


def _authorised(flags: Flags, name: str) -> Iterator[Finding]:
    del name
    yield from api_server.authorised(flags)


def _insecure(flags: Flags, name: str) -> Iterator[Finding]:
    del name
    yield from api_server.insecure_port(flags)


def _bound(flags: Flags, name: str) -> Iterator[Finding]:
    """On another address than loopback only a certificate that somebody can check is good: one that is named, or that of a newer release."""
    address = flags.value(name) or ""
    if is_loopback(address) or flags.value("tls-cert-file"):
        return
    remedy = "Leave --bind-address at 127.0.0.1."
    match _is_certified(flags.item):
        case Known.YES:
            says = f"it serves on {address} with a certificate of the cluster's authority"
            yield flags.finding(Known.YES, says, name, "")
        case Known.NO:
            says = f"it serves on {address} with a certificate that it signed itself"
            yield flags.finding(Known.NO, says, name, remedy)
        case _:
            says = f"it serves on {address}, and whether its certificate is self-signed depends on a release that was not read"
            yield flags.finding(Known.UNKNOWN, says, name, remedy)


def _is_certified(node: Item) -> Known:
    """A release that gives controller manager and scheduler certificates of the cluster's authority."""
    found = release(text(node.at("status", "nodeInfo", "kubeletVersion")))
    if found is None:
        return Known.UNKNOWN
    minor, patch = (found[0], found[1]), found[2] if len(found) > len(("major", "minor")) else 0
    if minor not in _CERTIFIED:
        return Known.YES if minor > max(_CERTIFIED) else Known.NO
    return Known.YES if patch >= _CERTIFIED[minor] else Known.NO


def _asked(flags: Flags, name: str) -> Iterator[Finding]:
    yield from (found for found in (flags.is_true(name),) if found.holds is Known.NO)


def _never(flags: Flags, name: str) -> Iterator[Finding]:
    yield from (found for found in (flags.is_not_true(name),) if found.holds is Known.NO)


def _exposed(flags: Flags, name: str) -> Iterator[Finding]:
    if (flags.value(name) or "true").lower() in TRUE:
        says = "its metrics answer everyone on port 2381 in plain text"
        yield flags.finding(Known.NO, says, name, f"Remove --{_METRICS}.")


Questions = Mapping[str, Callable[[Flags, str], Iterator[Finding]]]
_VERSIONS: Questions = {"tls-min-version": _version, "tls-cipher-suites": _suites}
_CONTROLLERS: Questions = {**_VERSIONS, "bind-address": _bound, "master": _urls}
_QUESTIONS: Mapping[ComponentKind, Questions] = {
    ComponentKind.KUBELET: {
        **_VERSIONS,
        "anonymous-auth": _anonymous,
        "read-only-port": _read_only,
        "authorization-mode": _mode,
    },
    ComponentKind.API_SERVER: {
        **_VERSIONS,
        "authorization-mode": _authorised,
        "insecure-port": _insecure,
        "etcd-servers": _urls,
    },
    ComponentKind.ETCD: {
        "tls-min-version": _version,
        "cipher-suites": _suites,
        "client-cert-auth": _asked,
        "peer-client-cert-auth": _asked,
        "auto-tls": _never,
        "peer-auto-tls": _never,
        **dict.fromkeys(URLS, _urls),
        _METRICS: _exposed,
    },
    ComponentKind.CONTROLLER_MANAGER: _CONTROLLERS,
    ComponentKind.SCHEDULER: _CONTROLLERS,
}
