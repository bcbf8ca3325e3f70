"""Short ways to write legs."""

from collections.abc import Iterable

from app.evaluate.edges.world import Item
from app.model.edge import Leg, Security
from app.model.encryption import EvidenceStrength, Known
from app.model.platform import Sign

CONFIGURED = EvidenceStrength.CONFIGURED


def leg(security: Security, says: str, *signs: Sign) -> Leg:
    """A leg that objects of the cluster declare."""
    return Leg(security, CONFIGURED, says, signs)


def plain(says: str, *signs: Sign) -> Leg:
    """Content in plain text."""
    return leg(Security.PLAIN, says, *signs)


def tls(
    says: str,
    *signs: Sign,
    secret: str = "",
    lowest: str = "",
    verified: Known = Known.UNKNOWN,
    client_certificate: Known = Known.UNKNOWN,
    default_certificate: Known = Known.NO,
    suites: tuple[str, ...] = (),
) -> Leg:
    """TLS and nothing else."""
    return Leg(
        Security.TLS,
        CONFIGURED,
        says,
        signs,
        lowest=lowest,
        suites=suites,
        verified=verified,
        client_certificate=client_certificate,
        secret=secret,
        default_certificate=default_certificate,
    )


def redirect(says: str, *signs: Sign) -> Leg:
    """Plain text is answered by a redirect to https."""
    return leg(Security.REDIRECT, says, *signs)


def passed(says: str, item: Item, path: str = "spec") -> Leg:
    """Not ended here."""
    return leg(Security.PASSED, says, item.sign(path, "", says))


def unknown(says: str, item: Item | None = None, *signs: Sign) -> Leg:
    """A leg that cannot be told."""
    own = (item.sign("spec", "", says),) if item else ()
    return leg(Security.UNKNOWN, says, *own, *signs)


WORST = (
    Security.PLAIN,
    Security.OPTIONAL,
    Security.UNKNOWN,
    Security.PASSED,
    Security.REDIRECT,
    Security.TLS,
    Security.CLOSED,
)


def worst(legs: Iterable[Leg]) -> Leg | None:
    """The leg that gives the least protection; None where there is none."""
    return min(legs, key=lambda item: WORST.index(item.security), default=None)
