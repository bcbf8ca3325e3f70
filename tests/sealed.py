"""Reports of the example cluster, sealed by real keys and a real time-stamp server, and tools to tamper with them."""

import http.server
import io
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pikepdf
from asn1crypto import keys, tsp
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pyhanko.sign.timestamps import DummyTimeStamper, HTTPTimeStamper

from app import __version__, pipeline
from app.bootstrap import documents
from app.collect import ManifestSource
from app.model.bundle import MANIFEST, Tool, pack, unpack
from app.model.canonical import canonical_json, digest
from app.model.history import Document
from app.model.report import Artefact, ReportDefinition
from app.render import ReportRenderer
from app.resources import resource
from app.seal import EvidenceSealer, KeyPair, TimeAuthority
from app.settings import load_settings
from tests.fakes import InMemoryStore

HARBOUR = Path(__file__).resolve().parents[1] / "examples" / "harbour"
NOW = datetime.now(UTC).replace(microsecond=0)
FIRST = datetime(2026, 11, 20, 1, 15, tzinfo=UTC)
FRAMEWORK = "soc2-tsc-2017"
SHORT = ReportDefinition(
    "short", "Compliance evidence", ("cover", "summary", "controls", "hygiene", "trends", "manifest")
)
RENDERER = ReportRenderer(resource("templates"), Tool("netattest", __version__, "0" * 64))


class Silent:
    def stage(self, name, **facts):
        pass


# Keys and time


def key_pair(
    name: str = "Acme evidence",
    *,
    begins: datetime = NOW - timedelta(days=30),
    ends: datetime = NOW + timedelta(days=365),
    usage: x509.ObjectIdentifier | None = None,
    issuer: tuple[x509.Certificate, ec.EllipticCurvePrivateKey] | None = None,
) -> KeyPair:
    """A key with a certificate: RSA for time-stamping authorities, which pyHanko's dummy wants, else P-256."""
    private = rsa.generate_private_key(65537, 2048) if usage else ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    signs = x509.KeyUsage(True, True, False, False, False, False, False, False, False)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer[0].subject if issuer else subject)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
        .add_extension(x509.BasicConstraints(False, None), critical=True)
        .add_extension(signs, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(private.public_key()), critical=False)
    )
    if usage:
        builder = builder.add_extension(x509.ExtendedKeyUsage([usage]), critical=True)
    certificate = builder.sign(issuer[1] if issuer else private, hashes.SHA256())
    der = serialization.Encoding.DER
    pem = private.private_bytes(der, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return KeyPair(certificate.public_bytes(der), pem)


def company() -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    """A certification authority of one's own."""
    private = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Acme Root")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=900))
        .not_valid_after(NOW + timedelta(days=900))
        .add_extension(x509.BasicConstraints(True, None), critical=True)
        .add_extension(
            x509.KeyUsage(False, False, False, False, False, True, True, False, False), critical=True
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(private.public_key()), critical=False)
        .sign(private, hashes.SHA256())
    )
    return certificate, private


class Careless(TimeAuthority):
    """An authority whose answer nobody looks at, so that evidence can carry what must not be there."""

    def client(self, now: datetime) -> HTTPTimeStamper:
        return HTTPTimeStamper(self.url, timeout=self.timeout)


def _whole(request: bytes, stamper: DummyTimeStamper) -> Iterator[bytes]:
    yield stamper.request_tsa_response(tsp.TimeStampReq.load(request)).dump()


Answer = Callable[[bytes, DummyTimeStamper], Iterator[bytes]]


@contextmanager
def time_server(
    pair: KeyPair, at: datetime | None = None, answer: Answer = _whole, status: int = 200
) -> Iterator[str]:
    """A real HTTP server that answers RFC 3161 requests; gives its address."""
    dummy = DummyTimeStamper(
        asn1.Certificate.load(pair.certificate), keys.PrivateKeyInfo.load(pair.key), fixed_dt=at
    )

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.end_headers()
            with suppress(ConnectionError):
                for part in answer(body, dummy):
                    self.wfile.write(part)
                    self.wfile.flush()

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        server.block_on_close = False
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/tsr"
        finally:
            server.shutdown()
            thread.join()


STAMPING = ExtendedKeyUsageOID.TIME_STAMPING


# Reports


@dataclass(frozen=True)
class Night:
    """One stored night's unsigned report, as a PDF and as a bundle."""

    pdf: bytes
    bundle: bytes
    loose: tuple[Artefact, ...]


@cache
def nights() -> tuple[Night, Night]:
    """Two nights of the example cluster; the second night closes the egress of one namespace."""
    store = InMemoryStore()
    for number, changes in enumerate(((), (HARBOUR / "changes/patients-egress.yaml",))):
        request = pipeline.ScanRequest(
            "harbour", FIRST + timedelta(days=number), _documents(), tool_version=__version__
        )
        source = ManifestSource([HARBOUR / "cluster", *changes])
        pipeline.scan(request, source, store, Silent())
    return night(store, 1), night(store, 2)


def night(store: InMemoryStore, number: int) -> Night:
    """The report of a stored scan."""
    formats = ("pdf", "html", "json", "csv", "manifest", "bundle")
    made = pipeline.report(
        store.scan("harbour", number), [FRAMEWORK], SHORT, formats, store, RENDERER, Silent()
    )
    by_ending = {item.name.rpartition(".")[2]: item for item in made}
    return Night(by_ending["pdf"].body, by_ending["zip"].body, made)


def _documents() -> tuple[Document, ...]:
    own = {path.name: path.read_bytes() for path in (HARBOUR / "config/v1").glob("*.yaml")}
    shipped = {item.name: item.body for item in documents(load_settings(None))}
    return tuple(Document(name, body) for name, body in sorted({**shipped, **own}.items()))


def sealed(body: bytes, ending: str, pair: KeyPair, url: str = "") -> bytes:
    """A PDF or a bundle with signatures."""
    sealer = EvidenceSealer(pair, Careless(url) if url else None, lambda: NOW)
    return sealer.seal([Artefact(f"report.{ending}", "", body)])[0].body


# Tampering


Files = dict[str, bytes]
Edit = Callable[[Files], None]


def bundle_with(body: bytes, edit: Edit, *, again: bool = True) -> bytes:
    """A bundle after an edit of its files; `again` gives everything that was changed a fresh digest.

    The PDF inside is left out of it where evidence changed: it carries the same evidence, and would tell.
    """
    files = unpack(body)
    before = dict(files)
    edit(files)
    if again:
        if {n for n in files if n.startswith("evidence/") and files[n] != before.get(n)}:
            for name in [name for name in files if name.endswith(".pdf")]:
                del files[name]
        freshly_digested(files)
    return pack(files)


def freshly_digested(files: Files) -> None:
    """Write both manifests anew, as somebody would who knows the format."""
    inner = json.loads(files["evidence/manifest.json"])
    listed = {item["name"]: item for item in inner["files"]}
    names = [name.removeprefix("evidence/") for name in files if name.startswith("evidence/")]
    inner["files"] = [
        {
            "name": name,
            "document": listed.get(name, {}).get("document", ""),
            "bytes": len(files[f"evidence/{name}"]),
            "sha256": digest(files[f"evidence/{name}"]),
        }
        for name in names
        if name != MANIFEST
    ]
    files["evidence/manifest.json"] = canonical_json(inner)
    outer = json.loads(files[MANIFEST])
    known = {item["name"]: item for item in outer["files"]}
    outer["files"] = [
        {
            **known.get(name, {"name": name, "about": "", "document": ""}),
            "bytes": len(body) if not name.endswith(".pdf") else known[name]["bytes"],
            "sha256": digest(body[: known[name]["bytes"]] if name.endswith(".pdf") else body),
        }
        for name, body in files.items()
        if not name.startswith(MANIFEST)
    ]
    files[MANIFEST] = canonical_json(outer)


def json_edit(name: str, change: Callable[[dict], None]) -> Edit:
    """Edit one JSON file."""

    def edit(files: Files) -> None:
        value = json.loads(files[name])
        change(value)
        files[name] = canonical_json(value)

    return edit


def scan_edit(**values: object) -> Edit:
    """Change the scan's record in both manifests."""

    def edit(files: Files) -> None:
        json_edit("evidence/manifest.json", lambda v: v["scan"].update(values))(files)
        snake = {
            "".join(f"_{c.lower()}" if c.isupper() else c for c in key): value
            for key, value in values.items()
        }
        json_edit(MANIFEST, lambda v: v["scan"].update(snake))(files)

    return edit


def flipped(body: bytes, at: int | None = None) -> bytes:
    """One bit changed, in the middle unless told."""
    where = len(body) // 2 if at is None else at
    return body[:where] + bytes([body[where] ^ 1]) + body[where + 1 :]


def pdf_with(body: bytes, change: Callable[[pikepdf.Pdf], None]) -> bytes:
    """A PDF written anew after a change, as an editor would."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(body)) as document:
        change(document)
        document.save(out)
    return out.getvalue()


def attachment_edit(name: str, change: Callable[[bytes], bytes]) -> Callable[[pikepdf.Pdf], None]:
    """Change one attachment of a PDF in place."""

    def edit(document: pikepdf.Pdf) -> None:
        stream = document.attachments[name].obj.EF.F
        stream.write(change(stream.read_bytes()))

    return edit


def redigested_attachments(changes: Mapping[str, Callable[[bytes], bytes]]) -> Callable[[pikepdf.Pdf], None]:
    """Change attachments of a PDF, and its manifest with them."""

    def edit(document: pikepdf.Pdf) -> None:
        for name, change in changes.items():
            attachment_edit(name, change)(document)
        stream = document.attachments[MANIFEST].obj.EF.F
        manifest = json.loads(stream.read_bytes())
        for item in manifest["files"]:
            body = document.attachments[item["name"]].obj.EF.F.read_bytes()
            item |= {"bytes": len(body), "sha256": digest(body)}
        stream.write(canonical_json(manifest))

    return edit
