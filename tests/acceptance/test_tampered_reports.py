"""Reports that somebody changed, one way each: every one is refused for the right reason, and genuine ones are not.

The PDF in these bundles is compared byte for byte where pages are printed again, which takes seconds: most cases do
without, since what they change is told before.
"""

import json
import shutil
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from io import BytesIO
from pathlib import Path
from unittest.mock import patch

import pikepdf
import pytest
from asn1crypto import cms, core, keys, x509
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import fields, signers
from pyhanko_certvalidator.registry import SimpleCertificateStore

from app import __version__
from app.errors import EvidenceError
from app.model.bundle import MANIFEST, pack, unpack
from app.model.canonical import canonical_json, digest
from app.model.chain import read_chain_document, scan_digest
from app.model.verification import Part, Trust, Verdict, Verification
from app.reperform import Means, verify
from tests import sealed as s

SIGNATURE = f"{MANIFEST}.p7s"
KEY = s.key_pair()
OTHER = s.key_pair("Acme evidence")  # the same name, another key
TSA = s.key_pair("Time authority", usage=s.STAMPING)
OTHER_TSA = s.key_pair("Other authority", usage=s.STAMPING)
WEB = s.key_pair("Web", usage=s.ExtendedKeyUsageOID.SERVER_AUTH)
ENDED = s.key_pair(ends=s.NOW + timedelta(minutes=5))
PLAIN_TRUST = Trust(now=s.NOW + timedelta(seconds=30))
PINNED = replace(PLAIN_TRUST, pins=frozenset({KEY.fingerprint}))
STRICT = replace(PINNED, signed=True, stamped=True, authorities=(TSA.certificate,))


@pytest.fixture(scope="module")
def clock() -> Iterator[str]:
    with s.time_server(TSA, s.NOW) as url:
        yield url


@cache
def plain(number: int = 2) -> s.Night:
    return s.nights()[number - 1]


def checked(tmp_path, body: bytes, trust: Trust = PLAIN_TRUST, *, pages: bool = False) -> Verification:
    path = tmp_path / ("report.pdf" if body.startswith(b"%PDF") else "report.bundle.zip")
    path.write_bytes(body)
    (found,) = verify(path, trust, Means(s.RENDERER, __version__, s.Silent(), pages))
    return found


def reasons(found: Verification, part: Part) -> str:
    bad = [item for item in found.statements if item.verdict is Verdict.FAILS and item.part is part]
    return "\n".join(line for item in bad for line in (item.says, *item.details))


def failed_parts(found: Verification) -> set[Part]:
    return {item.part for item in found.statements if item.verdict is Verdict.FAILS}


# Yes


@pytest.mark.parametrize("ending", ["pdf", "zip"])
def test_a_genuine_unsigned_report_holds_to_the_last_page_and_says_that_it_is_unsigned(tmp_path, ending):
    body = plain().pdf if ending == "pdf" else plain().bundle
    found = checked(tmp_path, body, pages=True)

    assert failed_parts(found) == set()
    assert [item.says[:18] for item in found.statements if item.verdict is Verdict.UNCHECKED] == [
        "it is not signed: "
    ]
    assert {item.part for item in found.statements if item.verdict is Verdict.HOLDS} == {
        Part.DIGESTS, Part.SNAPSHOT, Part.DOCUMENTS, Part.CHAIN, Part.VERDICTS, Part.PAGES,
    }  # fmt: skip


@pytest.mark.parametrize("ending", ["pdf", "zip"])
def test_a_genuine_sealed_report_holds_under_the_strictest_demands(tmp_path, clock, ending):
    body = plain().pdf if ending == "pdf" else plain().bundle
    found = checked(tmp_path, s.sealed(body, ending, KEY, clock), STRICT, pages=True)

    assert found.whole, found.statements
    assert (found.signer, found.signed_at) == (KEY.fingerprint, s.NOW)


def test_an_unpinned_key_is_said_plainly(tmp_path):
    found = checked(tmp_path, s.sealed(plain().pdf, "pdf", KEY))

    assert found.holds
    assert not found.whole
    assert any(
        "signed by an unpinned key" in item.says and KEY.fingerprint in item.says for item in found.statements
    )


def test_a_signers_clock_that_the_time_stamp_does_not_bear_out_is_told(tmp_path, clock):
    found = checked(tmp_path, _dated("D:20240101000000Z")(clock), STRICT)

    (told,) = [item for item in found.statements if item.verdict is Verdict.UNCHECKED]
    assert (found.holds, told.part) == (True, Part.TIME)
    assert "was signed at 2024-01-01 00:00:00 UTC, says its signer's own clock" in told.says


def test_an_authority_whose_clock_is_a_little_ahead_is_believed(tmp_path):
    body = _stamped_by(TSA, PLAIN_TRUST.now + timedelta(minutes=3))("")

    assert checked(tmp_path, body, STRICT).whole


def test_a_key_that_the_named_authority_issued_is_trusted(tmp_path):
    root = s.company()
    pair = s.key_pair("Acme evidence", issuer=root)
    der = root[0].public_bytes(s.serialization.Encoding.DER)
    body = s.sealed(plain().pdf, "pdf", pair)

    assert checked(tmp_path, body, replace(PLAIN_TRUST, certificates=(der,))).holds
    assert not checked(tmp_path, body, replace(PLAIN_TRUST, certificates=(KEY.certificate,))).holds


def test_a_certificate_that_has_expired_since_counts_where_a_time_stamp_proves_that_it_was_used_before(
    tmp_path, clock
):
    pair = s.key_pair(ends=s.NOW + timedelta(seconds=5))
    later = replace(PLAIN_TRUST, now=s.NOW + timedelta(days=900), pins=frozenset({pair.fingerprint}))

    assert checked(tmp_path, s.sealed(plain().bundle, "zip", pair, clock), later).holds


def test_files_beside_their_manifest_are_one_report(tmp_path):
    sealer = s.EvidenceSealer(KEY, None, lambda: s.NOW)
    for item in sealer.seal(plain().loose):
        (tmp_path / item.name).write_bytes(item.body)
    loose, bundle = verify(tmp_path, PINNED, Means(s.RENDERER, __version__, s.Silent(), pages=False))

    assert (loose.holds, bundle.holds) == (True, True)
    assert loose.path.endswith("manifest.json")
    html = next(path for path in tmp_path.iterdir() if path.suffix == ".html")
    html.write_bytes(html.read_bytes().replace(b"Exception noted", b"Supported", 1))
    loose, bundle = verify(tmp_path, PINNED, Means(s.RENDERER, __version__, s.Silent(), pages=False))
    assert f"{html.name} has SHA-256" in reasons(loose, Part.DIGESTS)
    assert bundle.holds


def test_files_that_no_manifest_names_are_said_to_be_unknown(tmp_path):
    for item in plain().loose:
        if item.name.endswith((".html", ".csv", ".pdf")):
            (tmp_path / item.name).write_bytes(item.body)
    report, others = verify(tmp_path, PLAIN_TRUST, Means(s.RENDERER, __version__, s.Silent(), pages=False))

    assert report.path.endswith(".pdf")
    (statement,) = [item for item in others.statements if item.part is Part.DIGESTS]
    assert (statement.verdict, len(statement.details)) == (Verdict.UNCHECKED, 2)


def test_an_unpacked_bundle_is_a_bundle(tmp_path):
    for name, body in unpack(plain().bundle).items():
        path = tmp_path / "unpacked" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(body)
    (found,) = verify(
        tmp_path / "unpacked", PLAIN_TRUST, Means(s.RENDERER, __version__, s.Silent(), pages=False)
    )

    assert failed_parts(found) == set()


class Pipe(BytesIO):
    """What cannot go back: sizes are written behind each file."""

    def seekable(self) -> bool:
        return False

    def tell(self) -> int:
        raise OSError


def _packed_anew(
    body: bytes, method: int, *folders: str, into: BytesIO | None = None, large: bool = False
) -> bytes:
    out = into or BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name in folders:
            archive.mkdir(name)
        for name, content in reversed(unpack(body).items()):
            with archive.open(name, "w", force_zip64=large) as file:
                file.write(content)
    return out.getvalue()


def _info_zip(body: bytes, folder: Path) -> bytes:
    """By Info-ZIP, as a person does it: folders, dates and owners in extra fields."""
    for name, content in unpack(body).items():
        path = folder / "unpacked" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    subprocess.run(["zip", "-q", "-r", "../again.zip", "."], cwd=folder / "unpacked", check=True)
    return (folder / "again.zip").read_bytes()


REPACKED: dict[str, Callable[[bytes, Path], bytes]] = {
    "by Info-ZIP": _info_zip,
    "stored, with folders": lambda body, _: _packed_anew(body, zipfile.ZIP_STORED, "report", "evidence"),
    "by bzip2": lambda body, _: _packed_anew(body, zipfile.ZIP_BZIP2),
    "as a stream": lambda body, _: _packed_anew(body, zipfile.ZIP_DEFLATED, into=Pipe()),
    "with sizes of 64 bits": lambda body, _: _packed_anew(body, zipfile.ZIP_DEFLATED, large=True),
    "as a stream of 64 bits": lambda body, _: _packed_anew(body, zipfile.ZIP_STORED, into=Pipe(), large=True),
}


@pytest.mark.parametrize("way", REPACKED)
def test_a_bundle_that_another_tool_packed_again_holds_and_that_is_told(tmp_path, clock, way):
    if way == "by Info-ZIP" and not shutil.which("zip"):
        pytest.skip("zip is not installed")
    body = s.sealed(plain().bundle, "zip", KEY, clock)
    told = "the ZIP around them was packed again by another tool"

    found = checked(tmp_path, REPACKED[way](body, tmp_path), STRICT)

    assert found.whole, found.statements
    assert sum(told in item.says for item in found.statements) == 1
    assert not any(told in item.says for item in checked(tmp_path, body, STRICT).statements)


def test_another_version_says_so_and_compares_what_it_may(tmp_path):
    path = tmp_path / "report.zip"
    changed = s.bundle_with(plain().bundle, s.json_edit("evidence/assessment.json", _first_supported))
    path.write_bytes(changed)
    (found,) = verify(path, PLAIN_TRUST, Means(s.RENDERER, "9.9.0", s.Silent(), pages=False))

    said = [item for item in found.statements if item.part is Part.VERDICTS]
    assert [item.verdict for item in said] == [Verdict.HOLDS, Verdict.UNCHECKED]
    assert f"judged by netattest {__version__}, this is 9.9.0" in said[1].says
    assert "assessment.json differs" in said[1].details


# No


@dataclass(frozen=True)
class Case:
    """One way to tamper, the part that must not hold, and words of the reason."""

    name: str
    make: Callable[[str], bytes]
    part: Part
    reason: str
    trust: Trust = field(default=PLAIN_TRUST, repr=False)
    pages: bool = False


def bundle(edit: s.Edit, *, again: bool = True) -> Callable[[str], bytes]:
    return lambda _: s.bundle_with(plain().bundle, edit, again=again)


def edited(name: str, change: Callable[[bytes], bytes]) -> s.Edit:
    def edit(files: s.Files) -> None:
        files[name] = change(files[name])

    return edit


def pdf(change: Callable[[pikepdf.Pdf], None]) -> Callable[[str], bytes]:
    return lambda _: s.pdf_with(plain().pdf, change)


def sealed_bundle(edit: s.Edit, pair: s.KeyPair = KEY) -> Callable[[str], bytes]:
    """A sealed bundle, changed afterwards."""
    return lambda _: s.bundle_with(s.sealed(plain().bundle, "zip", pair), edit, again=False)


def _first_supported(value: dict) -> None:
    next(item for item in value["controls"] if item["state"] == "exception")["state"] = "supported"


def _without_finding(value: dict) -> None:
    value["findings"].pop(0)


def _added_object(value: dict) -> None:
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "zz"}}
    row = {"key": "/Namespace//zz", "digest": digest(canonical_json(body)), "origin": "", "body": body}
    value["objects"].append(row)


def _redigested_snapshot(change: Callable[[dict], None]) -> s.Edit:
    """A change of the snapshot, with the snapshot's own digest worked out as netattest does."""

    def edit(files: s.Files) -> None:
        s.json_edit("evidence/snapshot.json", change)(files)
        value = json.loads(files["evidence/snapshot.json"])
        seen = {
            "schema": "netattest/snapshot/v1",
            "cluster": value["cluster"],
            "takenAt": value["takenAt"],
            "source": value["source"],
            "objects": [[item["key"], item["digest"]] for item in value["objects"]],
            "kinds": [
                [_dotted(k), k["version"], k["coverage"], k["count"], k["resourceVersion"]]
                for k in value["kinds"]
            ],
            "gaps": [
                [_dotted(g), g["reason"], g["namespace"], g["name"], g["field"], g["message"]]
                for g in value["gaps"]
            ],
        }
        s.json_edit("evidence/snapshot.json", lambda v: v.update(digest=digest(canonical_json(seen))))(files)

    return edit


def _dotted(item: dict) -> str:
    return f"{item['kind']}.{item['group']}" if item["group"] else item["kind"]


def _swapped_snapshot(files: s.Files) -> None:
    files["evidence/snapshot.json"] = unpack(plain(1).bundle)["evidence/snapshot.json"]


def _renamed_document(files: s.Files) -> None:
    rename = {"scope.yaml": "exceptions.yaml"}
    for name, key in (("evidence/manifest.json", "files"), (MANIFEST, "files")):
        value = json.loads(files[name])
        for item in value[key]:
            item["document"] = rename.get(item["document"], item["document"])
        files[name] = canonical_json(value)


def _chain(change: Callable[[list], None]) -> s.Edit:
    return s.json_edit("evidence/chain.json", lambda value: change(value["links"]))


def _signature_of_the_night_before(files: s.Files) -> None:
    files[SIGNATURE] = unpack(s.sealed(plain(1).bundle, "zip", KEY))[SIGNATURE]


def _pdf_name(files: s.Files) -> str:
    return next(name for name in files if name.endswith(".pdf"))


def _pdf_of_the_night_before(files: s.Files) -> None:
    old = unpack(plain(1).bundle)
    files[_pdf_name(files)] = old[_pdf_name(old)]


def _html(files: s.Files) -> None:
    name = next(name for name in files if name.endswith(".html"))
    files[name] = files[name].replace(b"Exception noted", b"Supported")


def _removed_page(body: bytes) -> bytes:
    writer = IncrementalPdfFileWriter(BytesIO(body))
    pages = writer.root["/Pages"]["/Kids"]
    del pages[2]
    writer.update_container(pages)
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def _signed_after(
    change: Callable[[IncrementalPdfFileWriter], object] = lambda _: None,
    *,
    twice: bool = False,
    **said: object,
) -> Callable[[str], bytes]:
    """Signed by the genuine key, in one revision with something else: what whoever holds the key could do.

    `said` goes into the dictionary of the signature.
    """

    def make(_: str) -> bytes:
        signer = signers.SimpleSigner(
            x509.Certificate.load(KEY.certificate),
            keys.PrivateKeyInfo.load(KEY.key),
            SimpleCertificateStore(),
        )
        before = s.sealed(plain().pdf, "pdf", KEY) if twice else plain().pdf
        writer = IncrementalPdfFileWriter(BytesIO(before))
        place = change(writer)
        named = {"field_name": "Seal", "md_algorithm": "sha256", "subfilter": fields.SigSeedSubFilter.PADES}
        meta = signers.PdfSignatureMetadata(**{**named, **said})
        field = place if isinstance(place, fields.SigFieldSpec) else None
        return signers.PdfSigner(meta, signer, new_field_spec=field).sign_pdf(writer).getvalue()

    return make


def _dated(text: str) -> Callable[[str], bytes]:
    """Signed by the genuine key, with a text in the place of the date."""

    def make(clock: str) -> bytes:
        with patch("pyhanko.sign.signers.pdf_byterange.pdf_date", lambda _: generic.pdf_string(text)):
            return s.sealed(plain().pdf, "pdf", KEY, clock)

    return make


def _contents(change: Callable[[bytes], bytes]) -> Callable[[str], bytes]:
    """A sealed PDF with something else in the one place that its signature does not cover: that of the signature."""

    def make(_: str) -> bytes:
        body = s.sealed(plain().pdf, "pdf", KEY)
        start = body.rindex(b"/Contents <") + len(b"/Contents <")
        end = body.index(b">", start)
        made = change(bytes.fromhex(body[start:end].decode()))
        return body[:start] + made.hex().encode().ljust(end - start, b"0") + body[end:]

    return make


def _with_attribute(content: bytes) -> bytes:
    """Anybody can add attributes that are not signed."""
    value = cms.ContentInfo.load(content)
    signer = value["content"]["signer_infos"][0]
    words = cms.CMSAttribute({"type": "1.2.840.113549.1.9.2", "values": [core.UTF8String("approved by all")]})
    signer["unsigned_attrs"] = cms.CMSAttributes([words])
    return value.dump(force=True)


def _signature_with_attribute(files: s.Files) -> None:
    files[SIGNATURE] = _with_attribute(files[SIGNATURE])


def _forged(content: bytes) -> bytes:
    """A signature over the right bytes, with a value that its key did not make."""
    value = cms.ContentInfo.load(content)
    signer = value["content"]["signer_infos"][0]
    signer["signature"] = core.OctetString(s.flipped(signer["signature"].native))
    return value.dump(force=True)


def _forged_signature(files: s.Files) -> None:
    files[SIGNATURE] = _forged(files[SIGNATURE])


def _borrowed_stamp(clock: str) -> bytes:
    """The manifest's own signature, with the time-stamp that another one was given."""
    files = unpack(s.sealed(plain().bundle, "zip", KEY, clock))
    own, other = (
        cms.ContentInfo.load(item)
        for item in (files[SIGNATURE], unpack(s.sealed(plain(1).bundle, "zip", KEY, clock))[SIGNATURE])
    )
    signers = [item["content"]["signer_infos"][0] for item in (own, other)]
    signers[0]["unsigned_attrs"] = signers[1]["unsigned_attrs"]
    return pack({**files, SIGNATURE: own.dump(force=True)})


def _turned(number: int) -> Callable[[IncrementalPdfFileWriter], None]:
    def change(writer: IncrementalPdfFileWriter) -> None:
        page = writer.root["/Pages"]["/Kids"][number]
        page[generic.NameObject("/Rotate")] = generic.NumberObject(180)
        writer.update_container(page)

    return change


def _forged_results(files: s.Files) -> None:
    """Results that nobody worked out, with the record, the chain and both manifests recomputed."""
    link = json.loads(files["evidence/chain.json"])["links"][-1]
    (*_, last) = read_chain_document(files["evidence/chain.json"])
    new = scan_digest(last.scan, "0" * 64)
    link |= {"results": "0" * 64}
    link["scan"]["digest"] = new
    _chain(lambda links: links.__setitem__(-1, link))(files)
    s.scan_edit(digest=new)(files)


def _longer_html(files: s.Files) -> None:
    name = next(name for name in files if name.endswith(".html"))
    files[name] += b"<p>Everything is fine.</p>"
    del files[_pdf_name(files)]  # whose pages take seconds to print again


def _visible(_: IncrementalPdfFileWriter) -> fields.SigFieldSpec:
    return fields.SigFieldSpec("Seal", on_page=0, box=(50, 500, 500, 800))


def _form_of_xfa(writer: IncrementalPdfFileWriter) -> None:
    """Viewers that know XFA show such a form in place of the pages."""
    xfa = writer.add_object(generic.StreamObject(stream_data=b"<xdp:xdp/>"))
    _form(writer, [], XFA=xfa)


def _script(writer: IncrementalPdfFileWriter) -> None:
    act = generic.DictionaryObject({generic.NameObject("/S"): generic.NameObject("/JavaScript")})
    field = {"/FT": generic.NameObject("/Tx"), "/T": generic.pdf_string("total"), "/AA": act}
    _form(writer, [writer.add_object(_dictionary(field))])


def _form(writer: IncrementalPdfFileWriter, found: list, **more: object) -> None:
    own = {"/Fields": generic.ArrayObject(found), **{f"/{name}": value for name, value in more.items()}}
    writer.root[generic.NameObject("/AcroForm")] = _dictionary(own)
    writer.update_root()


def _dictionary(values: dict) -> generic.DictionaryObject:
    return generic.DictionaryObject({generic.NameObject(name): value for name, value in values.items()})


def _other_producer(writer: IncrementalPdfFileWriter) -> None:
    info = writer.trailer["/Info"]
    info["/Producer"] = generic.pdf_string("An assessor")
    writer.update_container(info)


def _other_metadata(writer: IncrementalPdfFileWriter) -> None:
    body = writer.root["/Metadata"].data.replace(b"Network security of", b"Assessor's opinion on")
    _put_metadata(writer, body)


def _padded_metadata(writer: IncrementalPdfFileWriter) -> None:
    """Nothing that is said changes, and there is room for what an editor shows."""
    _put_metadata(writer, writer.root["/Metadata"].data + b" " * 9000)


def _metadata_with_entities(writer: IncrementalPdfFileWriter) -> None:
    """In UTF-16 the bytes of `<!` do not stand next to each other."""
    declared = (
        '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE x [<!ENTITY e "2026-01-01T00:00:00Z">]><x>&e;</x>'
    )
    _put_metadata(writer, declared.encode("utf-16"))


def _put_metadata(writer: IncrementalPdfFileWriter, body: bytes) -> None:
    old = writer.root.raw_get("/Metadata").reference
    writer.objects[(old.generation, old.idnum)] = generic.StreamObject(stream_data=body)
    writer._update_meta = lambda *_: None  # pyHanko would write its own over it


def _without_attachments(document: pikepdf.Pdf) -> None:
    for name in list(document.attachments):
        del document.attachments[name]


def _one_more(document: pikepdf.Pdf) -> None:
    document.attachments["opinion.txt"] = pikepdf.AttachedFileSpec(document, b"fine", filename="opinion.txt")


def _longer_pdf(files: s.Files) -> None:
    files[_pdf_name(files)] += b"\n% more\n"


def _stamped_by(authority: s.KeyPair, at: datetime = s.NOW, pair: s.KeyPair = KEY) -> Callable[[str], bytes]:
    def make(_: str) -> bytes:
        with s.time_server(authority, at) as url:
            return s.sealed(plain().pdf, "pdf", pair, url)

    return make


EVIDENCE = (
    "snapshot.json", "findings.json", "assessment.json", "reachability.json", "populations.csv", "chain.json",
    "history.json", "policies.csv", "attestations.yaml", "checks.yaml", "context.json", "frameworks-soc2-tsc-2017.yaml", "scope.yaml",
)  # fmt: skip

CASES = [
    *(
        Case(
            f"a changed byte in {name} of a bundle",
            bundle(edited(f"evidence/{name}", s.flipped), again=False),
            Part.DIGESTS,
            f"evidence/{name} has SHA-256",
        )
        for name in EVIDENCE
    ),
    *(
        Case(
            f"a changed byte in attachment {name} of a PDF",
            pdf(s.attachment_edit(name, s.flipped)),
            Part.DIGESTS,
            f"evidence/{name} has SHA-256",
        )
        for name in EVIDENCE
    ),
    Case(
        "a changed byte in a rendered file",
        bundle(_html, again=False),
        Part.DIGESTS,
        ".html has SHA-256",
    ),
    Case(
        "a rendered file edited, digests recomputed",
        bundle(_html),
        Part.PAGES,
        "does not say what",
        pages=True,
    ),
    Case(
        "a changed byte in a signed PDF",
        lambda _: s.flipped(s.sealed(plain().pdf, "pdf", KEY), 60_000),
        Part.SIGNATURE,
        "the signature is over other bytes",
    ),
    Case(
        "a page removed from an unsigned PDF",
        pdf(lambda d: d.pages.__delitem__(2)),
        Part.PAGES,
        "does not say what",
        pages=True,
    ),
    Case(
        "a page removed from a signed PDF",
        lambda _: _removed_page(s.sealed(plain().pdf, "pdf", KEY)),
        Part.SIGNATURE,
        "does not cover the whole file",
    ),
    Case(
        "a page removed by an update, then signed",
        lambda _: s.sealed(_removed_page(plain().pdf), "pdf", KEY),
        Part.DIGESTS,
        "it has 3 revisions",
        PINNED,
    ),
    Case(
        "a visible seal laid over the first page",
        _signed_after(_visible),
        Part.DIGESTS,
        "puts something on the first page",
        PINNED,
    ),
    Case(
        "bytes appended to a signed PDF",
        lambda _: s.sealed(plain().pdf, "pdf", KEY) + b"\n% and more\n",
        Part.SIGNATURE,
        "does not cover the whole file",
        PINNED,
    ),
    Case(
        "the snapshot of the night before, digests recomputed",
        bundle(_swapped_snapshot),
        Part.SNAPSHOT,
        "is not that of scan 2",
    ),
    Case(
        "an added object",
        bundle(s.json_edit("evidence/snapshot.json", _added_object)),
        Part.FILE,
        "the snapshot document does not match its digest",
    ),
    Case(
        "an added object, snapshot digest recomputed",
        bundle(_redigested_snapshot(_added_object)),
        Part.SNAPSHOT,
        "is not that of scan 2",
    ),
    *(
        Case(f"{name} in the revision of the signature", _signed_after(change), Part.DIGESTS, reason, PINNED)
        for name, change, reason in (
            ("a form that takes the place of the pages", _form_of_xfa, "also adds /XFA to its form"),
            ("a field with a script", _script, "also adds other fields"),
            ("another producer", _other_producer, "also changes /Producer"),
            ("other metadata", _other_metadata, "also changes what the file says of itself"),
            ("a first page upside down", _turned(0), "also changes /Rotate"),
            ("another page upside down", _turned(1), "also changes object"),
            ("longer metadata", _padded_metadata, "also changes what the file says of itself"),
        )
    ),
    *(
        Case(
            f"{key} in the dictionary of the signature",
            _signed_after(**{key: "Approved by an assessor"}),
            Part.DIGESTS,
            f"its signature also says {said} 'Approved by an assessor'",
            PINNED,
        )
        for key, said in (
            ("reason", "/Reason"),
            ("name", "/Name"),
            ("location", "/Location"),
            ("contact_info", "/ContactInfo"),
        )
    ),
    Case(
        "a value of the PDF's signature that its key did not make",
        _contents(_forged),
        Part.SIGNATURE,
        "was not made by the key of its certificate",
    ),
    Case(
        "a value of the manifest's signature that its key did not make",
        sealed_bundle(_forged_signature),
        Part.SIGNATURE,
        "was not made by the key of its certificate",
    ),
    Case("the time-stamp of another signature", _borrowed_stamp, Part.TIME, "is over another signature"),
    Case(
        "a certificate that has expired since, and a time-stamp that does not count",
        lambda _: _stamped_by(WEB, pair=ENDED)(""),
        Part.SIGNATURE,
        "no time-stamp that counts proves that it was signed then",
        replace(PLAIN_TRUST, now=s.NOW + timedelta(days=900), pins=frozenset({ENDED.fingerprint})),
    ),
    Case(
        "a rendered file taken out of a bundle",
        bundle(lambda f: f.pop(next(n for n in f if n.endswith(".html"))) and None, again=False),
        Part.DIGESTS,
        ".html is missing",
    ),
    Case(
        "a rendered file added to a bundle",
        bundle(lambda f: f.update({"report/opinion.html": b"fine"}), again=False),
        Part.DIGESTS,
        "report/opinion.html is there, but the manifest does not name it",
    ),
    Case(
        "an attachment taken out of a PDF",
        pdf(lambda d: d.attachments.__delitem__("findings.json")),
        Part.DIGESTS,
        "evidence/findings.json is missing",
    ),
    Case(
        "an unsigned bundle called a redacted one",
        bundle(s.json_edit(MANIFEST, lambda value: value.update(redacted=True)), again=False),
        Part.DIGESTS,
        "or they say different things of it",
    ),
    Case(
        "an evidence file added, digests recomputed",
        bundle(lambda files: files.update({"evidence/more.txt": b"fine"})),
        Part.VERDICTS,
        "more.txt is there, but a report has no such file",
    ),
    Case(
        "results forged, record, chain and manifests recomputed",
        bundle(_forged_results),
        Part.VERDICTS,
        "the results are not those that the scan recorded",
    ),
    Case(
        "a rendered file that goes on, digests recomputed",
        bundle(_longer_html),
        Part.PAGES,
        "does not say what",
        pages=True,
    ),
    Case(
        "a signature of another kind",
        _signed_after(subfilter=fields.SigSeedSubFilter.ADOBE_PKCS7_DETACHED),
        Part.DIGESTS,
        "its signature says /SubFilter '/adbe.pkcs7.detached', netattest writes /ETSI.CAdES.detached",
        PINNED,
    ),
    Case(
        "another signature on a signed PDF",
        _signed_after(twice=True, field_name="Approved"),
        Part.DIGESTS,
        "it carries 2 signatures; netattest writes one",
        PINNED,
    ),
    Case(
        "an update of an unsigned PDF",
        lambda _: _removed_page(plain().pdf),
        Part.DIGESTS,
        "it has 2 revisions",
    ),
    Case(
        "other numbers in the scan's record",
        bundle(s.scan_edit(gaps=9)),
        Part.SNAPSHOT,
        "other numbers of objects and gaps",
    ),
    Case(
        "another framework's digest in the manifest",
        bundle(s.json_edit(MANIFEST, lambda value: value.update(framework_digest="0" * 64)), again=False),
        Part.DOCUMENTS,
        "the manifest names a framework file that did not judge the scan",
    ),
    Case(
        "no signature where any is required",
        lambda _: plain().pdf,
        Part.SIGNATURE,
        "it is not signed",
        replace(PLAIN_TRUST, signed=True),
    ),
    Case(
        "a signature field of another name",
        _signed_after(field_name="Approved by an assessor"),
        Part.DIGESTS,
        "the field of its signature is called 'Approved by an assessor'",
        PINNED,
    ),
    Case(
        "words in place of the date of the signature",
        _dated("last year, by an assessor"),
        Part.DIGESTS,
        "says 'last year, by an assessor' for the time at which it was made",
    ),
    Case(
        "bytes behind the signature of a PDF",
        _contents(lambda content: content.rstrip(b"\0") + b"approved"),
        Part.DIGESTS,
        "bytes stand behind its signature",
        PINNED,
    ),
    Case(
        "an attribute added to the signature of a PDF",
        _contents(_with_attribute),
        Part.SIGNATURE,
        "attributes that netattest does not write: 1.2.840.113549.1.9.2",
        PINNED,
    ),
    Case(
        "an attribute added to the manifest's signature",
        sealed_bundle(_signature_with_attribute),
        Part.SIGNATURE,
        "attributes that netattest does not write: 1.2.840.113549.1.9.2",
        PINNED,
    ),
    Case(
        "the attachments taken out of a PDF",
        pdf(_without_attachments),
        Part.FILE,
        "it carries no evidence: that was taken out, or it is no report",
    ),
    Case("an attachment more", pdf(_one_more), Part.DIGESTS, "evidence/opinion.txt is there"),
    Case(
        "a page that stands after the end of a PDF",
        lambda _: plain().pdf + b"<html>fine</html>",
        Part.DIGESTS,
        "something stands after its end",
    ),
    Case(
        "bytes after the end of an unsigned PDF in a bundle",
        bundle(_longer_pdf, again=False),
        Part.DIGESTS,
        ".pdf has SHA-256",
    ),
    Case(
        "a removed object, snapshot digest recomputed",
        bundle(_redigested_snapshot(lambda value: value["objects"].pop())),
        Part.SNAPSHOT,
        "is not that of scan 2",
    ),
    Case(
        "an object's body edited",
        bundle(s.json_edit("evidence/snapshot.json", lambda v: v["objects"][0]["body"].update(kind="Other"))),
        Part.FILE,
        "does not match its digest",
    ),
    Case(
        "a kind said to be refused, snapshot digest recomputed",
        bundle(_redigested_snapshot(lambda v: v["kinds"][0].update(coverage="refused"))),
        Part.SNAPSHOT,
        "is not that of scan 2",
    ),
    Case(
        "a verdict edited, digests recomputed",
        bundle(s.json_edit("evidence/assessment.json", _first_supported)),
        Part.VERDICTS,
        "the report says supported, the snapshot gives exception",
    ),
    Case(
        "a verdict edited in a PDF, digests recomputed",
        pdf(
            s.redigested_attachments(
                {"assessment.json": lambda b: b.replace(b'"exception"', b'"supported"', 1)}
            )
        ),
        Part.VERDICTS,
        "assessment.json differs",
    ),
    Case(
        "a finding left out, digests recomputed",
        bundle(s.json_edit("evidence/findings.json", _without_finding)),
        Part.VERDICTS,
        "findings.json differs",
    ),
    Case(
        "a row of the populations edited, digests recomputed",
        bundle(edited("evidence/populations.csv", lambda body: body.replace(b",fail,", b",pass,", 1))),
        Part.VERDICTS,
        "populations.csv differs",
    ),
    Case(
        "a connection left out, digests recomputed",
        bundle(s.json_edit("evidence/reachability.json", lambda v: v["connections"].pop())),
        Part.VERDICTS,
        "reachability.json differs",
    ),
    Case(
        "the results digest edited",
        bundle(_chain(lambda links: links[-1].update(results="0" * 64))),
        Part.CHAIN,
        "the record of scan 2 of harbour does not match its digest",
    ),
    Case(
        "a broken chain: the record of the night before edited",
        bundle(_chain(lambda links: links[0]["scan"].update(gaps=3))),
        Part.CHAIN,
        "the record of scan 1 of harbour does not match its digest",
    ),
    Case(
        "a broken chain: the night before replaced",
        bundle(_chain(lambda links: links[0]["scan"].update(digest="0" * 64))),
        Part.CHAIN,
        "scan 2 of harbour does not continue the scan before it",
    ),
    Case(
        "a chain without this scan",
        bundle(_chain(lambda links: links.pop())),
        Part.CHAIN,
        "does not end with scan 2",
    ),
    Case(
        "another time of the scan",
        bundle(s.scan_edit(takenAt="2026-12-24T01:15:00+00:00")),
        Part.CHAIN,
        "does not end with scan 2 of harbour as the report names it",
    ),
    Case(
        "another cluster's name in the manifest",
        bundle(s.json_edit(MANIFEST, lambda v: v["scan"].update(cluster="other"))),
        Part.DIGESTS,
        "the manifest is about scan 2 of other, the evidence about scan 2 of harbour",
    ),
    Case(
        "a renamed document",
        bundle(_renamed_document, again=False),
        Part.DOCUMENTS,
        "exceptions.yaml did not judge the scan",
    ),
    Case(
        "an edited scope, digests recomputed",
        bundle(edited("evidence/scope.yaml", lambda body: body.replace(b"cde", b"out-of-scope", 1))),
        Part.DOCUMENTS,
        "scope.yaml is not the one that judged the scan",
    ),
    Case(
        "an edited framework, digests recomputed",
        bundle(edited("evidence/frameworks-soc2-tsc-2017.yaml", lambda body: body + b"\n# softer\n")),
        Part.DOCUMENTS,
        "frameworks/soc2-tsc-2017.yaml is not the one",
    ),
    Case(
        "a document taken out, digests recomputed",
        bundle(lambda files: files.pop("evidence/scope.yaml") and None),
        Part.DOCUMENTS,
        "scope.yaml is missing",
    ),
    Case(
        "a file added to a bundle",
        bundle(lambda f: f.update({"evidence/more.txt": b"x"}), again=False),
        Part.DIGESTS,
        "evidence/more.txt is there",
    ),
    Case(
        "a file taken out of a bundle",
        bundle(lambda files: files.pop("evidence/findings.json") and None, again=False),
        Part.DIGESTS,
        "evidence/findings.json is missing",
    ),
    Case(
        "the PDF of the night before in a bundle",
        bundle(_pdf_of_the_night_before, again=False),
        Part.DIGESTS,
        "carries another snapshot.json",
    ),
    Case(
        "the signature of the night before on this bundle",
        sealed_bundle(_signature_of_the_night_before),
        Part.SIGNATURE,
        "the manifest: the signature is over other bytes",
        PINNED,
    ),
    Case(
        "everything recomputed under a signature that stayed",
        sealed_bundle(lambda files: (s.scan_edit(gaps=9)(files), None)[1]),
        Part.SIGNATURE,
        "the manifest: the signature is over other bytes",
        PINNED,
    ),
    Case(
        "a sealed bundle called a redacted one",
        sealed_bundle(s.json_edit(MANIFEST, lambda value: value.update(redacted=True))),
        Part.SIGNATURE,
        "the signature is over other bytes",
    ),
    Case(
        "another key of the same name",
        lambda _: s.sealed(plain().bundle, "zip", OTHER),
        Part.SIGNATURE,
        "is signed by another key than the one named",
        PINNED,
    ),
    Case(
        "another key for the manifest than for the PDF",
        sealed_bundle(
            lambda f: f.update({SIGNATURE: unpack(s.sealed(plain().bundle, "zip", OTHER))[SIGNATURE]})
        ),
        Part.SIGNATURE,
        "manifest and PDF are signed by different keys",
    ),
    Case(
        "the manifest's signature taken off",
        sealed_bundle(lambda f: f.pop(SIGNATURE) and None),
        Part.SIGNATURE,
        "the manifest beside it is not",
    ),
    Case(
        "the PDF's signature taken off",
        sealed_bundle(lambda f: f.update({_pdf_name(f): plain().pdf})),
        Part.SIGNATURE,
        "the manifest is signed, but report/",
    ),
    Case(
        "no signature where one is required",
        lambda _: plain().bundle,
        Part.SIGNATURE,
        "it is not signed",
        PINNED,
    ),
    Case(
        "rubbish as a signature",
        sealed_bundle(lambda f: f.update({SIGNATURE: b"\x30\x03abc"})),
        Part.SIGNATURE,
        "cannot be read",
    ),
    Case(
        "no time-stamp where one is required",
        lambda _: s.sealed(plain().pdf, "pdf", KEY),
        Part.TIME,
        "has no time-stamp",
        STRICT,
    ),
    Case(
        "a time-stamp by an authority whose certificate had expired",
        _stamped_by(s.key_pair("Old", usage=s.STAMPING, ends=s.NOW - timedelta(days=1))),
        Part.TIME,
        "it had expired",
    ),
    Case(
        "a time-stamp by another authority",
        _stamped_by(OTHER_TSA),
        Part.TIME,
        "another authority than the one named",
        STRICT,
    ),
    Case(
        "a time-stamp by a key that is not for it",
        _stamped_by(WEB),
        Part.TIME,
        "is not for time-stamping",
    ),
    Case(
        "a time-stamp of next week",
        _stamped_by(TSA, s.NOW + timedelta(days=7)),
        Part.TIME,
        "lies in the future of this machine's clock",
    ),
    Case(
        "a certificate that had expired, without a time-stamp",
        lambda _: s.sealed(plain().pdf, "pdf", s.key_pair(ends=s.NOW - timedelta(days=1))),
        Part.SIGNATURE,
        "no time-stamp that counts proves that it was signed then",
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_was_changed_does_not_hold_for_the_right_reason(case, tmp_path, clock):
    found = checked(tmp_path, case.make(clock), case.trust, pages=case.pages)

    assert not found.holds
    assert case.reason in reasons(found, case.part), found.statements


def test_what_was_changed_without_tampering_is_the_only_thing_that_fails(tmp_path):
    found = checked(
        tmp_path, s.bundle_with(plain().bundle, _chain(lambda links: links[0]["scan"].update(gaps=3)))
    )

    assert failed_parts(found) == {Part.CHAIN, Part.VERDICTS}  # chain.json is evidence too


def test_metadata_that_declare_entities_are_not_read(tmp_path):
    with pytest.raises(EvidenceError, match="cannot be read: UnicodeDecodeError"):
        checked(tmp_path, _signed_after(_metadata_with_entities)("pdf"), PINNED)


@pytest.mark.parametrize("where", [0.2, 0.5, 0.9, 0.999])
@pytest.mark.parametrize("ending", ["pdf", "zip"])
def test_a_truncated_file_is_not_read(tmp_path, ending, where):
    body = s.sealed(plain().pdf if ending == "pdf" else plain().bundle, ending, KEY)
    with pytest.raises(EvidenceError, match=r"cannot be read|not a whole ZIP"):
        checked(tmp_path, body[: int(len(body) * where)])


def test_a_bundle_without_manifest_is_refused(tmp_path):
    files = unpack(plain().bundle)
    del files[MANIFEST]
    with pytest.raises(EvidenceError, match=r"has no manifest\.json"):
        checked(tmp_path, pack(files))
