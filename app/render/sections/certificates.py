"""Edge and certificates: every way in with what it speaks, and the inventory of certificates with what is known of each."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from app.model.certificate import Certificate, CertificateSource
from app.model.control import ControlState
from app.model.edge import ANY_HOST, Endpoint, Exposure, Security, Way
from app.model.encryption import EvidenceStrength, Known
from app.render.approvals import controls_before
from app.render.content import Cell, Column, Entry, Mark, Row, SectionPage, Stack, Table, capped
from app.render.dossier import Dossier, Section
from app.render.wording import clipped, iso_day, sentence

_SHOWN: Final = 4
_USED: Final = 2
_SOON: Final = timedelta(days=30)
_ON_NODES: Final = (Way.NODE_PORT, Way.HOST_PORT, Way.HOST_NETWORK)
_CARRIES: Final = {
    Security.TLS: "TLS",
    Security.REDIRECT: "redirect to https",
    Security.OPTIONAL: "TLS or plain text",
    Security.PLAIN: "plain text",
    Security.PASSED: "what the pod speaks",
    Security.CLOSED: "closed",
    Security.UNKNOWN: "not known",
}
_STRENGTH: Final = {
    EvidenceStrength.OBSERVED: "observed",
    EvidenceStrength.CONFIGURED: "declared",
    EvidenceStrength.INTENDED: "intended",
}
_SOURCES: Final = {
    CertificateSource.SERVED: "served, seen in a handshake",
    CertificateSource.SECRET: "stored in a TLS Secret",
    CertificateSource.TRUST_ROOT: "trust root of a mesh",
    CertificateSource.STATUS: "reported by cert-manager",
    CertificateSource.PROVIDER: "kept by the cloud, reported by it",
    CertificateSource.REFERENCE: "named by an object, not read",
}
_ADMITTED: Final = {
    Known.YES: "",
    Known.NO: "kept out by policies",
    Known.UNKNOWN: "not shown to be kept out",
}


@dataclass(frozen=True)
class CertificatesPage(SectionPage):
    """`notes` are the residuals that no policy closes."""

    ways: Table
    certificates: Table
    notes: tuple[str, ...]


def build(dossier: Dossier) -> CertificatesPage:
    """Build the section."""
    edges = dossier.report.judgement.edges
    rows = dossier.definition.rows
    return CertificatesPage(
        id="certificates",
        title="Edge and certificates",
        lede=(
            (
                "Every object that opens a way in from outside, what it speaks there and where it leads, and every certificate"
                " that was served, stored or promised. *Observed* was seen in a handshake; *declared* is what objects say."
                " Owner and purpose of a certificate are the entity's to record."
            ),
        ),
        entries=(Entry("Inventory of certificates", "certificates-list", 2),),
        ways=_ways(dossier, edges.exposures, rows),
        certificates=_certificates(dossier, edges.certificates, rows),
        notes=edges.residuals if edges.exposures else (),
    )


def _ways(dossier: Dossier, exposures: tuple[Exposure, ...], rows: int) -> Table:
    return Table(
        "Ways in from outside",
        (Column("Object", 28, "code"), Column("Answers at", 40), Column("Leads to", kind="code")),
        tuple(Row((_named(dossier, item), _ends(item), _targets(item))) for item in exposures[:rows]),
        note=capped(min(rows, len(exposures)), len(exposures), "ways in", "populations.csv"),
        empty="No object that was read opens a way in from outside.",
    )


def _named(dossier: Dossier, item: Exposure) -> Cell:
    """Its id, with what the entity says to stand before it."""
    before = controls_before(dossier, item.id)
    return Stack((item.id,), before) if before else item.id


def _ends(item: Exposure) -> Cell:
    lines = [_end(item, end) for end in item.endpoints[:_SHOWN]]
    more = len(item.endpoints) - _SHOWN
    notes = [f"and {more} more"] if more > 0 else []
    if item.internal:
        notes.append("asks for an internal address")
    return Stack(tuple(lines) or ("not known",), tuple(notes))


def _end(item: Exposure, end: Endpoint) -> str:
    host = end.host if end.host != ANY_HOST else "nodes" if item.way in _ON_NODES else "any host"
    lowest = f" {end.leg.lowest.removeprefix('TLS ')} and newer" if end.leg.lowest else ""
    known = _STRENGTH[end.leg.strength]
    return f"{clipped(host, 60)} port {end.port}: {_CARRIES[end.leg.security]}{lowest} ({known})"


def _targets(item: Exposure) -> Cell:
    if not item.targets:
        return Stack(("not known",), tuple(clipped(sentence(text), 90) for text in item.unresolved[:1]))
    lines = dict.fromkeys(f"{one.workload}:{one.port or '?'}" for one in item.targets)
    said = dict.fromkeys(_ADMITTED[one.admitted] for one in item.targets if _ADMITTED[one.admitted])
    more = len(lines) - _SHOWN
    return Stack(tuple(lines)[:_SHOWN], (*said, *((f"and {more} more",) if more > 0 else ())))


def _certificates(dossier: Dossier, found: tuple[Certificate, ...], rows: int) -> Table:
    return Table(
        "Inventory of certificates",
        (
            Column("Certificate", 26, "code"),
            Column("For", 20, "code"),
            Column("Issuer and key", 22),
            Column("Ends", 14),
            Column("State", kind="mark"),
        ),
        tuple(_row(dossier, item) for item in found[:rows]),
        note=capped(min(rows, len(found)), len(found), "certificates", "populations.csv"),
        empty="No certificate was seen and none is promised by an object that was read.",
    )


def _row(dossier: Dossier, item: Certificate) -> Row:
    mark = _mark(dossier, item)
    return Row(
        (
            Stack((clipped(item.id, 90),), (_SOURCES[item.source], *_used(item), *_entry(dossier, item))),
            Stack(
                tuple(clipped(name, 60) for name in item.names[:_SHOWN]) or ("not known",), _more(item.names)
            ),
            Stack((clipped(item.issuer or "not known", 70),), tuple(_facts(item))),
            iso_day(item.not_after) if item.not_after else "not known",
            mark,
        ),
        state=mark.state,
    )


def _used(item: Certificate) -> tuple[str, ...]:
    """Where it is used: the ways in that serve it."""
    if not item.exposures:
        return ()
    more = len(item.exposures) - _USED
    rest = f" and {more} more" if more > 0 else ""
    return (clipped(f"for {', '.join(item.exposures[:_USED])}{rest}", 90),)


def _entry(dossier: Dossier, item: Certificate) -> tuple[str, ...]:
    """Who owns it, by the register in the scope file."""
    names = {item.id, f"Secret {item.secret}", item.x509.fingerprint if item.x509 else item.id}
    for entry in dossier.report.judgement.scope.certificates or ():
        if entry.certificate in names and entry.owner:
            return (clipped(f"{entry.owner}: {entry.purpose}", 70),)
    return ()


def _more(names: tuple[str, ...]) -> tuple[str, ...]:
    return (f"and {len(names) - _SHOWN} more",) if len(names) > _SHOWN else ()


def _facts(item: Certificate) -> Iterable[str]:
    if item.x509:
        yield f"{item.x509.key}, {item.x509.signature}"
        yield f"SHA-256 {item.x509.fingerprint[:16]}…"
        yield from (f"weak: {text}" for text in item.x509.weak)
    elif item.key:
        yield f"{item.key}, as asked for"
    if item.self_signed is Known.YES:
        yield "self-signed"
    if item.renewal:
        yield f"renewal on {iso_day(item.renewal)}"


def _mark(dossier: Dossier, item: Certificate) -> Mark:
    """By time and by strength; trust and names are tests of their own."""
    at = dossier.report.scan.taken_at
    if item.not_after is None:
        return Mark.of(ControlState.INSUFFICIENT, "Not read")
    if item.not_after < at:
        return Mark.of(ControlState.EXCEPTION, "Expired")
    if any(one.not_after < at and not one.self_signed for one in item.chain):
        return Mark.of(ControlState.EXCEPTION, "Chain expired")
    if any(one and one.weak for one in (item.x509, *item.chain)):
        return Mark.of(ControlState.EXCEPTION, "Too weak")
    return _by_time(item, at)


def _by_time(item: Certificate, at: datetime) -> Mark:
    """A certificate that has not ended, by what is left of it."""
    if item.not_after is None:
        return Mark.of(ControlState.INSUFFICIENT, "Not read")
    if item.not_after - at < _SOON:
        planned = item.ready is Known.YES and item.renewal is not None and item.renewal > at
        return (
            Mark.of(ControlState.SUPPORTED, "Renewal planned")
            if planned
            else Mark.of(ControlState.EXCEPTION, "Ends soon")
        )
    return Mark.of(ControlState.SUPPORTED, "Valid")


SECTION = Section("certificates", "Edge and certificates", build)
