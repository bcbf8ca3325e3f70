"""Callers by what policies can tell apart: which patterns over identities and addresses match them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from app.detect.meshes.common.texts import Patterns
from app.detect.meshes.istio.authorization.policies import ADDRESS, AuthorizationPolicy
from app.detect.meshes.istio.mesh_config import LOCAL_DOMAIN, MeshConfig
from app.model.inventory import Pod

Block = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Caller:
    """A class of callers.

    Attributes:
        matched: (field, pattern) of every pattern over its identity that matches, supposing that it is authenticated.
        blocks: address blocks that hold all of its addresses.
        apart: address blocks that hold none of them; a block in neither may or may not match.
    """

    matched: frozenset[tuple[str, str]] = frozenset()
    blocks: frozenset[str] = frozenset()
    apart: frozenset[str] = frozenset()


ANYBODY = Caller()  # an address outside the cluster: nothing is known about it


@dataclass
class Callers:
    """Sorts pods into callers; number -1 is `ANYBODY`."""

    principals: Patterns
    namespaces: Patterns
    accounts: Patterns
    blocks: Mapping[str, Block]
    found: dict[Caller, int] = field(default_factory=dict)

    @classmethod
    def of(cls, policies: Iterable[AuthorizationPolicy]) -> "Callers":
        """Collect what policies name."""
        said: dict[str, set[str]] = {}
        for policy in policies:
            for rule in policy.rules:
                for term in rule.terms():
                    said.setdefault(term.field, set()).update(term.values)
        blocks = {text: block for text in said.get(ADDRESS[0], ()) if (block := _block(text))}
        return cls(
            principals=Patterns.of(said.get("principals", ())),
            namespaces=Patterns.of(said.get("namespaces", ())),
            accounts=Patterns.of(said.get("serviceAccounts", ())),
            blocks=blocks,
        )

    def number(self, pod: Pod, config: MeshConfig) -> int:
        """The class of a pod."""
        return self.found.setdefault(self._caller(pod, config), len(self.found))

    def at(self, number: int) -> Caller:
        """The class with a number."""
        return list(self.found)[number] if number >= 0 else ANYBODY

    def _caller(self, pod: Pod, config: MeshConfig) -> Caller:
        account = pod.service_account or "default"
        domains = (config.trust_domain, *config.aliases, LOCAL_DOMAIN)
        names = [f"{domain}/ns/{pod.namespace}/sa/{account}" for domain in domains]
        matched = {
            *(("principals", item) for item in self.principals.matching(*names)),
            *(("namespaces", item) for item in self.namespaces.matching(pod.namespace)),
            *(("serviceAccounts", item) for item in self.accounts.matching(f"{pod.namespace}/{account}")),
        }
        if not self.blocks or not pod.ips:
            return Caller(frozenset(matched))
        inside = {text: [ip_address(ip) in block for ip in pod.ips] for text, block in self.blocks.items()}
        return Caller(
            frozenset(matched),
            frozenset(text for text, found in inside.items() if all(found)),
            frozenset(text for text, found in inside.items() if not any(found)),
        )


def _block(text: str) -> Block | None:
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None
