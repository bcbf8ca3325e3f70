"""What TLS has to be: our own floor, and what the entity's rule asks for beyond it. A rule can only be stricter."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC
from fnmatch import fnmatchcase

from app.model.approval import unapproved
from app.model.facts import Facts
from app.model.suites import weak_suites

_VERSIONS = ("TLS 1.2", "TLS 1.3")  # RFC 8996 deprecates TLS 1.0 and 1.1


@dataclass(frozen=True, slots=True)
class TlsRule:
    """The rule as it holds on the day of a scan.

    Attributes:
        lowest: lowest version that may be accepted.
        forbidden: shell patterns of IANA suite names that the entity forbids beside the weak ones.
        source: whose rule it is, as a sentence.
    """

    lowest: str
    forbidden: tuple[str, ...]
    source: str

    @classmethod
    def of(cls, facts: Facts) -> "TlsRule":
        """Our floor, raised by the entity's rule where that counts."""
        policy, floor = facts.registers.tls_policy, _VERSIONS[0]
        if policy is None:
            return cls(floor, (), f"No rule for TLS was supplied; the floor of this product is {floor}.")
        if problem := unapproved(policy, facts.at.astimezone(UTC).date()):
            says = (
                f"The entity's rule for TLS does not count ({problem}); the floor of this product is {floor}."
            )
            return cls(floor, (), says)
        if policy.minimum_version not in _VERSIONS:
            says = f"The entity's rule ({policy.source}) allows {policy.minimum_version}; the floor of this product, {floor}, holds."
            return cls(floor, policy.forbidden_ciphers, says)
        says = f"The entity's rule ({policy.source}) sets {policy.minimum_version}"
        forbidden = f" and forbids {', '.join(policy.forbidden_ciphers)}" if policy.forbidden_ciphers else ""
        return cls(policy.minimum_version, policy.forbidden_ciphers, f"{says}{forbidden}.")

    def allows(self, version: str) -> bool:
        """True for a version that may be the lowest one."""
        return version in _VERSIONS[_VERSIONS.index(self.lowest) :]

    def forbids(self, suites: Iterable[str]) -> tuple[str, ...]:
        """Those that are weak or forbidden, each once, in their order; patterns are held against names as they were seen."""
        names = tuple(dict.fromkeys(name.strip() for name in suites))
        weak = set(weak_suites(names))
        return tuple(
            name
            for name in names
            if name in weak or any(fnmatchcase(name, pattern) for pattern in self.forbidden)
        )
