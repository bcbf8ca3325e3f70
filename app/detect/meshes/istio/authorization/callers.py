"""Callers as Istio's policies name them: principals, namespaces, service accounts and address blocks."""

from collections.abc import Iterable, Mapping

from app.detect.meshes.common.callers import Block, Callers
from app.detect.meshes.istio.authorization.policies import ADDRESS, IDENTITY, AuthorizationPolicy
from app.detect.meshes.istio.mesh_config import LOCAL_DOMAIN, MeshConfig
from app.model.inventory import Pod


def callers_of(policies: Iterable[AuthorizationPolicy]) -> Callers:
    """What policies can tell apart."""
    said: dict[str, set[str]] = {name: set() for name in (*IDENTITY, *ADDRESS)}
    for policy in policies:
        for rule in policy.rules:
            for term in rule.terms():
                if term.field in said:
                    said[term.field].update(term.values)
    blocks = {text: Block.of(text) for name in ADDRESS for text in sorted(said.pop(name))}
    return Callers.of(said, blocks)


def names_of(pod: Pod, config: MeshConfig) -> Mapping[str, tuple[str, ...]]:
    """Names of a pod in each field. `cluster.local` always stands for the mesh's own trust domain."""
    account = pod.service_account or "default"
    domains = (config.trust_domain, *config.aliases, LOCAL_DOMAIN)
    return {
        "principals": tuple(f"{domain}/ns/{pod.namespace}/sa/{account}" for domain in domains),
        "namespaces": (pod.namespace,),
        "serviceAccounts": (f"{pod.namespace}/{account}",),
    }
