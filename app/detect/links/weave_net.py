"""Weave Net encrypts between peers that share a password, except between peers in trusted subnets.

Source: Weave Net documentation, "Securing Connections Across Untrusted Networks".
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from app.detect.evidence import Agent
from app.detect.fields import dig
from app.detect.ground import Ground
from app.detect.links.agents import Agents
from app.detect.links.seals import Finding, SealedLinks, ends_of
from app.detect.settings import Setting, environment, option, unread_sources
from app.model.encryption import EvidenceStrength, Known
from app.model.fields import is_address
from app.model.inventory import Pod
from app.model.links import Links

_PASSWORD = "WEAVE_PASSWORD"  # noqa: S105  a variable's name
_UNMAINTAINED = "Weave Net is unmaintained: the project was archived in 2024"


def find(ground: Ground) -> Iterator[Links]:
    """Recognise DaemonSet `weave-net` with its container `weave`."""
    agent = ground.evidence.agent("weave", names=("weave-net",))
    if agent:
        reader = _Reader(ground, agent)
        yield SealedLinks(
            id="weave-net",
            name="Weave Net",
            fips=Known.UNKNOWN,
            ends=ends_of(ground.inventory, reader.finding, lambda pod: pod.node),
            signs=(agent.container.sign("the network agent of Weave Net"),),
            cautions=(_UNMAINTAINED,),
        )


@dataclass(frozen=True)
class _Reader:
    ground: Ground
    agent: Agent

    @cached_property
    def _password(self) -> Finding:
        """What the template says, where every peer was started from it."""
        found = self._asked
        if not any(item.rolling for item in self.agent.daemon_sets):
            return found
        says = f"{found.says} in a template from which not all peers were started yet"
        return replace(found, state=Known.UNKNOWN, says=says)

    @property
    def _asked(self) -> Finding:
        container = self.agent.container
        setting = environment(self.ground.evidence, container, _PASSWORD)
        extra = environment(self.ground.evidence, container, "EXTRA_ARGS")
        flag = option(self.ground.evidence, container, "password")
        if setting is not None and setting.value != "":
            return self._perhaps(_sealed("a password is set", setting))
        if flag is not None or (extra and "--password" in (extra.value or "")):
            return _sealed(
                "a password is set on the command line, where whoever may read pods can read it",
                flag or extra,
            )
        if extra is not None and extra.value is None:
            says = "whether EXTRA_ARGS sets a password cannot be read"
            return Finding(Known.UNKNOWN, EvidenceStrength.CONFIGURED, says, extra.sign("more arguments"))
        if unread := unread_sources(self.ground.evidence, container):
            says = f"whether {_PASSWORD} is set cannot be told: {unread}"
            return Finding(Known.UNKNOWN, EvidenceStrength.CONFIGURED, says)
        sign = self.agent.container.sign("its container sets no password")
        return Finding(Known.NO, EvidenceStrength.CONFIGURED, "no password is set", sign)

    def _perhaps(self, found: Finding) -> Finding:
        """A Secret that may be missing leaves the variable unset, and Secrets are not read."""
        entry = self.agent.container.variable(_PASSWORD)
        optional = dig(entry, "valueFrom", "secretKeyRef", "optional") is True
        says = "its password is that of a Secret which may be missing, and is not read"
        return replace(found, state=Known.UNKNOWN, says=says) if optional else found

    @cached_property
    def _agents(self) -> Agents:
        return Agents.of(self.ground.evidence, self.agent.daemon_sets)

    @cached_property
    def _trusted(self) -> Setting | None:
        container = self.agent.container
        extra = environment(self.ground.evidence, container, "EXTRA_ARGS")
        if extra and (extra.value is None or "--trusted-subnets" in extra.value):
            return extra
        variable = environment(self.ground.evidence, container, "WEAVE_TRUSTED_SUBNETS")
        found = option(self.ground.evidence, container, "trusted-subnets") or variable
        return found if found and found.value != "" else None

    def finding(self, pod: Pod, _family: int) -> Finding:
        """A peer in a trusted subnet sends to its like in clear; which peer it meets decides, so it is not sealed."""
        if self._password.state is not Known.YES:
            return self._password
        if pod.node and self._agents.on(pod.node) is Known.NO:
            return Finding(Known.NO, EvidenceStrength.OBSERVED, "no agent of Weave Net runs on the node")
        if pod.host_network:
            says = "traffic of pods on the host network does not use Weave's network"
            return Finding(Known.NO, EvidenceStrength.CONFIGURED, says)
        if self._trusted is None or self._outside(pod.node):
            return self._password
        says = "peers in trusted subnets do not encrypt to each other, and this one is in one or may be"
        sign = self._trusted.sign("no encryption between peers in these subnets")
        return Finding(Known.UNKNOWN, EvidenceStrength.CONFIGURED, says, sign)

    def _outside(self, name: str) -> bool:
        """True when every address of the node is known to lie outside all trusted subnets."""
        node = next((item for item in self.ground.inventory.nodes if item.name == name), None)
        value = self._trusted.value if self._trusted else None
        subnets = _networks(value) if value else None
        if node is None or not node.addresses or subnets is None:
            return False
        addresses = [ip_address(text) for text in node.addresses if is_address(text)]
        return not any(address in subnet for address in addresses for subnet in subnets)


def _sealed(says: str, setting: Setting | None) -> Finding:
    sign = setting.sign("peers encrypt with this password") if setting else None
    return Finding(Known.YES, EvidenceStrength.CONFIGURED, says, sign)


def _networks(value: str) -> list[IPv4Network | IPv6Network] | None:
    try:
        return [ip_network(item.strip(), strict=False) for item in value.split(",") if item.strip()]
    except ValueError:
        return None
