"""Cilium's settings about encryption as they take effect on a node, and which of them its version knows.

Source: Cilium documentation, "Transparent Encryption", "Upgrade Guide"; security advisories of the project.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv4Network

from app.detect.cilium_nodes import node_settings
from app.detect.evidence import Agent, Evidence
from app.detect.settings import ConfigMap, Setting, option, switch
from app.model.platform import Sign

Version = tuple[int, int, int]

_VERSION = re.compile(r"v?(\d+)\.(\d+)\.(\d+)")
_OFF = "false"
_DEFAULTS: Mapping[str, str] = {
    "enable-wireguard": _OFF,
    "enable-ipsec": _OFF,
    "encrypt-node": _OFF,
    "enable-encryption-strict-mode": _OFF,
    "encryption-strict-mode-cidr": "",
    "encryption-strict-mode-allow-remote-node-identities": _OFF,
    "enable-encryption-strict-mode-egress": _OFF,
    "encryption-strict-egress-cidr": "",
    "encryption-strict-egress-allow-remote-node-identities": _OFF,
    "node-encryption-opt-out-labels": "node-role.kubernetes.io/control-plane",
}
# switch, CIDR, hole; renamed in 1.19, the old names gone in 1.20
_STRICT_BEFORE = (
    "enable-encryption-strict-mode",
    "encryption-strict-mode-cidr",
    "encryption-strict-mode-allow-remote-node-identities",
)
_STRICT = (
    "enable-encryption-strict-mode-egress",
    "encryption-strict-egress-cidr",
    "encryption-strict-egress-allow-remote-node-identities",
)
_FIRST_STRICT: Version = (1, 14, 0)
_RENAMED: Version = (1, 19, 0)
# Traffic of layer 7 policies and DNS left nodes in clear: from, before, advisory.
_BYPASSES: tuple[tuple[Version, Version, str], ...] = (
    ((0, 0, 0), (1, 14, 8), "GHSA-v6q2-4qr3-5cw6"),
    ((1, 15, 0), (1, 15, 2), "GHSA-v6q2-4qr3-5cw6"),
)


@dataclass(frozen=True)
class Settings:
    """The agent's settings: its flags, else a node's own, else the ConfigMap, else the built-in default."""

    evidence: Evidence
    agent: Agent
    config: ConfigMap

    def read(self, key: str, node: str) -> Setting:
        """One setting as it takes effect on a node."""
        flag = switch if _DEFAULTS[key] == _OFF else option
        return (
            flag(self.evidence, self.agent.container, key)
            or self._changed.get(node, {}).get(key)
            or self.config.get(key)
            or self.config.default(key, _DEFAULTS[key])
        )

    @cached_property
    def _changed(self) -> Mapping[str, dict[str, Setting]]:
        return node_settings(self.evidence, self.agent.first.ref.namespace, tuple(_DEFAULTS))

    @cached_property
    def version(self) -> Version | None:
        """The agent's version; None where its image does not tell."""
        found = _VERSION.match(self.agent.version)
        return (int(found[1]), int(found[2]), int(found[3])) if found else None

    def strict(self, node: str) -> IPv4Network | None:
        """The addresses to which this version drops what it cannot encrypt; None where strict mode is not proven.

        Allowing remote node identities lets traffic to nodes out in clear, and the identity of an address that is not known
        yet may be one, so that mode is not counted as strict.
        """
        if self.version is None or self.version < _FIRST_STRICT:
            return None
        on, cidr, hole = _STRICT if self.version >= _RENAMED else _STRICT_BEFORE
        if self.read(on, node).truth is not True or self.read(hole, node).truth is not False:
            return None
        try:
            return IPv4Network(self.read(cidr, node).value or "", strict=False)
        except ValueError:
            return None

    def strict_signs(self, node: str) -> tuple[Sign, ...]:
        """The settings that strict mode was told from."""
        on, cidr, hole = _STRICT if self.version and self.version >= _RENAMED else _STRICT_BEFORE
        return tuple(
            self.read(key, node).sign(says)
            for key, says in (
                (on, "what cannot be encrypted is dropped"),
                (cidr, "for these destinations"),
                (hole, "unless they have the identity of a node"),
            )
        )

    @cached_property
    def weak(self) -> tuple[str, ...]:
        """Known ways around encryption in this version."""
        if self.version is None:
            return (
                "the version of Cilium is not known, so known ways around its encryption cannot be ruled out",
            )
        return tuple(
            f"Cilium {'.'.join(map(str, self.version))} sends some traffic of layer 7 policies and DNS in clear ({advisory})"
            for first, before, advisory in _BYPASSES
            if first <= self.version < before
        )
