"""Which labels of a pod Cilium's policies can see: those that are part of its identity.

An agent drops the others before any selector is asked, also one of NetworkPolicy: `matchLabels` on such a label then selects no
pod. The default list leaves out what changes from pod to pod; setting `labels` of `cilium-config` adds to it, and one entry in it that
includes leaves out whatever nothing includes. A file (`label-prefix-file`) replaces the default list, the labels of namespaces included;
what stands in it is not read. Source: Cilium `pkg/labelsfilter/filter.go`; manual, "Limiting Identity-Relevant
Labels".
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache

from app.collect.policies.api import Context
from app.collect.policies.cilium.expressions import expression
from app.collect.policies.cilium.referents import AgentSettings
from app.model.policy import Facet, LabelSelector, Operator, PodPeer, Policy, Requirement, requirements

_SOURCE = "k8s"
_INCLUDED = (
    r"io\.kubernetes\.pod\.namespace",
    r"io\.cilium\.k8s\.namespace\.labels",
    r"app\.kubernetes\.io",
    r"io\.cilium\.k8s\.policy\.cluster",
)
# The lists of all releases together: what some of them leave out counts only where it is told to be kept.
_LEFT_OUT = (
    r"io\.kubernetes",
    r"kubernetes\.io",
    r"statefulset\.kubernetes\.io/pod-name",
    r"apps\.kubernetes\.io/pod-index",
    r"batch\.kubernetes\.io/job-completion-index",
    r"batch\.kubernetes\.io/controller-uid",
    r".*beta\.kubernetes\.io",
    r"k8s\.io",
    "pod-template-generation",
    "pod-template-hash",
    "controller-revision-hash",
    "annotation.*",
    "controller-uid",
    "etcd_node",
)


def is_seen(key: str, context: Context) -> bool:
    """Whether every agent whose settings were read keeps a label; by the default list where none were."""
    return all(_kept(key, tokens) for tokens in _settings(context))


def unread_list(context: Context) -> str:
    """Why it is not known which labels are kept at all; empty where no agent is given a list of its own in a file."""
    files = [item.label_file for item in context.each(AgentSettings) if item.label_file]
    if not files:
        return ""
    return f"which labels Cilium keeps for policies stands in a file that was not read (label-prefix-file: {files[0]})"


def unseen(key: str) -> str:
    """What is to be said of a label that is not kept for certain."""
    return f"label `{key}` counts only where Cilium is told to keep it for policies"


def is_negative(item: Requirement) -> bool:
    """Whether a pod without the label meets it, so that it holds for more pods where the label is not seen."""
    return item.operator in (Operator.NOT_IN, Operator.DOES_NOT_EXIST)


def as_seen(policy: Policy, context: Context) -> Policy:
    """A NetworkPolicy with what Cilium may not see of what it asks for as unclear; the same where its settings were not read.

    Then it may also select pods that only a label keeps from it that is not seen.
    """
    doubts = _doubts(policy, context)
    if not doubts:
        return policy
    kept = (item for item in requirements(policy.subject.selector) if not _is_lost(item, context))
    subject = replace(policy.subject, selector=LabelSelector(tuple(kept)))
    return replace(policy, subject=subject, unclear=doubts)


def _is_lost(item: Requirement, context: Context) -> bool:
    return is_negative(item) and (bool(unread_list(context)) or not is_seen(item.key, context))


def _doubts(policy: Policy, context: Context) -> tuple[str, ...]:
    if not context.each(AgentSettings):
        return ()
    if unread := unread_list(context):
        return (unread,)
    keys = {item.key for item in _asked(policy) if item.facet is Facet.POD}
    return tuple(unseen(key) for key in sorted(keys) if not is_seen(key, context))


def _asked(policy: Policy) -> Iterable[Requirement]:
    yield from requirements(policy.subject.selector)
    for rule in (*policy.ingress, *policy.egress):
        for peer in rule.peers or ():
            if isinstance(peer, PodPeer):
                yield from peer.pod_selector.requirements


def _settings(context: Context) -> Sequence[tuple[str, ...]]:
    return [item.labels for item in context.each(AgentSettings)] or [()]


@cache
def _kept(key: str, tokens: tuple[str, ...]) -> bool:
    """Includes win over excludes where they match over a longer part of the name."""
    given = [_parsed(token) for token in tokens]
    included = _lengths(key, (*_INCLUDED, *(text for left_out, text in given if not left_out)))
    ignored = _lengths(key, (*_LEFT_OUT, *(text for left_out, text in given if left_out)))
    if max(included, default=0) > min(ignored, default=0):
        return True
    return not ignored and all(left_out for left_out, _ in given)


def _parsed(token: str) -> tuple[bool, str]:
    """`[source:][!]expression` as (left out, expression); one of another source matches nothing."""
    source, colon, rest = token.partition(":")
    text = rest if colon else token
    left_out = text.startswith("!")
    if colon and source not in ("", _SOURCE):
        return left_out, r"(?!)"
    return left_out, text.removeprefix("!")


def _lengths(key: str, expressions: Iterable[str]) -> list[int]:
    """How much of the name each expression matches from its beginning; an expression that is none matches all of it."""
    found: list[int] = []
    for text in expressions:
        pattern = expression(text)
        if pattern is None:
            found.append(len(key))
        elif (match := pattern.search(key)) and match.start() == 0:
            found.append(match.end())
    return found
