"""The inventory of certificates: served ones, Secrets that may be read, trust roots of meshes, what cert-manager reports.

A certificate that several sources show is listed once for each: what is served counts before what is stored, and a
promise counts least.
"""

import base64
import binascii
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from app.evaluate.edges.certificates_google import of_google
from app.evaluate.edges.times import read_time
from app.evaluate.edges.world import Item, World, objects, words
from app.evaluate.edges.x509 import from_base64, from_pem
from app.model.certificate import X509, Certificate, CertificateSource
from app.model.edge import Exposure
from app.model.encryption import EvidenceStrength, Known
from app.model.fields import dig, mapping, text
from app.model.probe import Probe

GROUP = "cert-manager.io"
_TRUST_ROOTS = ("linkerd-identity-trust-roots",)
_BUNDLE = "ca-bundle.crt"


def certificates(
    world: World, exposures: Sequence[Exposure], probes: Sequence[Probe]
) -> tuple[Certificate, ...]:
    """Every certificate, sorted by id."""
    serving = _serving(exposures)
    found = [
        *_served(exposures, probes),
        *_secrets(world),
        *_trust_roots(world),
        *_managed(world),
        *of_google(world),
    ]
    known = {item.secret for item in found if item.secret}
    users = _first_users(exposures)
    found += [_reference(secret, users[secret]) for secret in sorted(serving) if secret not in known]
    linked = (
        replace(item, exposures=item.exposures or tuple(sorted(serving.get(item.secret, ()))))
        for item in found
    )
    return tuple(sorted(linked, key=lambda item: item.id))


def _serving(exposures: Iterable[Exposure]) -> Mapping[str, set[str]]:
    found: dict[str, set[str]] = {}
    for exposure in exposures:
        for endpoint in exposure.endpoints:
            if endpoint.leg.secret:
                found.setdefault(endpoint.leg.secret, set()).add(exposure.id)
    return found


def _served(exposures: Sequence[Exposure], probes: Iterable[Probe]) -> Iterator[Certificate]:
    for probe in probes:
        chain = from_base64(probe.chain)
        if not chain:
            continue
        own = {
            exposure.id
            for exposure in exposures
            for endpoint in exposure.endpoints
            if endpoint.key == (probe.host, probe.port)
        }
        base = Certificate(
            id=f"served {probe.name}",
            source=CertificateSource.SERVED,
            ref=probe.ref,
            field="chain",
            strength=EvidenceStrength.OBSERVED,
            trusted=probe.trusted,
            trust_says=probe.trust_says,
            exposures=tuple(sorted(own)),
        )
        yield _with(base, chain)


def _secrets(world: World) -> Iterator[Certificate]:
    """Secrets of which the collector kept `tls.crt`; those known by name alone are no certificate yet."""
    for item in world.items("", "Secret"):
        stored = text(dig(item.body, "data", "tls.crt"))
        if not stored:
            continue
        try:
            chain = from_pem(base64.b64decode(stored, validate=True).decode("ascii", "replace"))
        except (ValueError, binascii.Error):
            chain = ()
        base = Certificate(
            id=str(item.ref),
            source=CertificateSource.SECRET,
            ref=item.ref,
            field="data",
            strength=EvidenceStrength.CONFIGURED,
            secret=f"{item.namespace}/{item.name}",
        )
        yield _with(base, chain) if chain else base


def _trust_roots(world: World) -> Iterator[Certificate]:
    for item in world.items("", "ConfigMap"):
        if item.name not in _TRUST_ROOTS:
            continue
        for number, root in enumerate(from_pem(text(dig(item.body, "data", _BUNDLE))), start=1):
            base = Certificate(
                id=f"{item.ref} #{number}",
                source=CertificateSource.TRUST_ROOT,
                ref=item.ref,
                field=f"data.{_BUNDLE}",
                strength=EvidenceStrength.CONFIGURED,
                trusted=Known.YES,
                trust_says="it is itself an anchor of the mesh",
            )
            yield _with(base, (root,))


def _with(base: Certificate, chain: Sequence[X509]) -> Certificate:
    first = chain[0]
    return replace(
        base,
        names=first.names or (first.subject,),
        not_before=first.not_before,
        not_after=first.not_after,
        issuer=first.issuer,
        self_signed=Known.YES if first.self_signed else Known.NO,
        x509=first,
        chain=tuple(chain[1:]),
    )


def _managed(world: World) -> Iterator[Certificate]:
    for item in world.items(GROUP, "Certificate"):
        name = text(item.spec.get("secretName"))
        ready = _ready(item)
        yield Certificate(
            id=str(item.ref),
            source=CertificateSource.STATUS,
            ref=item.ref,
            field="status",
            # A status is what its controller saw; without one there is a wish alone.
            strength=EvidenceStrength.CONFIGURED if ready is not Known.UNKNOWN else EvidenceStrength.INTENDED,
            secret=f"{item.namespace}/{name}" if name else "",
            names=tuple(sorted((*words(item.spec.get("dnsNames")), *words(item.spec.get("ipAddresses")))))
            or (text(item.spec.get("commonName")),),
            not_before=read_time(item.at("status", "notBefore")),
            not_after=read_time(item.at("status", "notAfter")),
            renewal=read_time(item.at("status", "renewalTime")),
            ready=ready,
            issuer=_issuer_text(item),
            self_signed=_is_self_signing(world, item),
            key=_asked_key(item),
        )


# defaults of cert-manager by algorithm (reference of `CertificatePrivateKey`)
_SIZES = {"RSA": "2048", "ECDSA": "256", "Ed25519": ""}
_CURVES = {"256": "secp256r1", "384": "secp384r1", "521": "secp521r1"}


def _asked_key(item: Item) -> str:
    """`spec.privateKey`; RSA 2048 where nothing is said."""
    said = mapping(item.spec.get("privateKey"))
    algorithm = text(said.get("algorithm")) or "RSA"
    size = str(said.get("size") or _SIZES.get(algorithm, ""))
    if algorithm == "ECDSA":
        return f"EC {_CURVES.get(size, size)}"
    return f"{algorithm} {size}".strip()


def _first_users(exposures: Iterable[Exposure]) -> Mapping[str, Exposure]:
    """The first way in that names each Secret."""
    found: dict[str, Exposure] = {}
    for exposure in exposures:
        for endpoint in exposure.endpoints:
            found.setdefault(endpoint.leg.secret, exposure)
    return found


def _reference(secret: str, user: Exposure) -> Certificate:
    return Certificate(
        id=f"Secret {secret}",
        source=CertificateSource.REFERENCE,
        ref=user.ref,
        field=user.field,
        strength=EvidenceStrength.INTENDED,
        secret=secret,
    )


def _ready(item: Item) -> Known:
    for condition in objects(dig(item.body, "status", "conditions")):
        if condition.get("type") == "Ready":
            return {"True": Known.YES, "False": Known.NO}.get(text(condition.get("status")), Known.UNKNOWN)
    return Known.UNKNOWN


def _issuer_text(item: Item) -> str:
    ref = mapping(item.spec.get("issuerRef"))
    return f"{text(ref.get('kind')) or 'Issuer'} {text(ref.get('name'))}".strip()


def _is_self_signing(world: World, item: Item) -> Known:
    """`spec.selfSigned` of the Issuer. A CA issuer signs with a key of the cluster; whom that convinces is not told."""
    ref = mapping(item.spec.get("issuerRef"))
    kind = text(ref.get("kind")) or "Issuer"
    home = "" if kind == "ClusterIssuer" else item.namespace
    issuer = world.item(GROUP, kind, home, text(ref.get("name")))
    if issuer is None:
        return Known.UNKNOWN
    return Known.YES if "selfSigned" in issuer.spec else Known.NO
