"""What the signature of a PDF says besides signing: viewers show such texts in their panel, as if the report said them.

The keys are those of ISO 32000-1, 12.8.1, table 252; `app.seal` writes the few that ETSI EN 319 142-1, 5.3, asks for.
"""

import re
from collections.abc import Iterator
from typing import Any, Final

from asn1crypto import cms

from app.verify.pdf_objects import at, items, text

_WRITTEN: Final = {"/ByteRange", "/Contents", "/Filter", "/M", "/SubFilter", "/Type"}
_VALUES: Final = {"/Filter": "/Adobe.PPKLite", "/SubFilter": "/ETSI.CAdES.detached", "/Type": "/Sig"}
_FIELD_NAME: Final = "Seal"
_DATE: Final = re.compile(r"D:[0-9]{14}(Z|[+-][0-9]{2}'[0-9]{2}'?)")
_SIGNED: Final = {
    "cms_algorithm_protection",
    "content_type",
    "message_digest",
    "signing_certificate_v2",
    "signing_time",
}
_UNSIGNED: Final = {"signature_time_stamp_token"}
_SHOWN: Final = 60


def beyond_seal(reader: Any) -> Iterator[str]:
    """Sentences on what the one signature of a PDF says that netattest does not write."""
    embedded = reader.embedded_signatures[0]
    said = embedded.sig_object
    for key in sorted(str(item) for item in said):
        if key not in _WRITTEN:
            yield f"its signature also says {key} {_shown(said[key])}"
        elif key in _VALUES and text(said[key]) != _VALUES[key]:
            yield f"its signature says {key} {_shown(said[key])}, netattest writes {_VALUES[key]}"
    if not _DATE.fullmatch(text(at(said, "/M", ""))):
        yield f"its signature says {_shown(at(said, '/M', ''))} for the time at which it was made"
    names = [
        _shown(at(item, "/T", "")) for item in items(at(at(reader.root, "/AcroForm", {}), "/Fields", ()))
    ]
    if names != [repr(_FIELD_NAME)]:
        yield f"the field of its signature is called {', '.join(names)}, netattest calls it {_FIELD_NAME!r}"
    yield from _padding(embedded.pkcs7_content)


def beyond_attributes(signed: Any) -> Iterator[str]:
    """Attributes of a CMS signature that netattest does not write; those that are not signed anybody can add."""
    for signer in signed["signer_infos"]:
        for field, known in (("signed_attrs", _SIGNED), ("unsigned_attrs", _UNSIGNED)):
            found = {item["type"].native for item in signer[field] or ()}
            if more := found - known:
                yield f"it carries attributes that netattest does not write: {', '.join(sorted(more))}"


def _padding(content: bytes) -> Iterator[str]:
    """Room was kept for the signature before its size was known; it is no place for anything else."""
    length = len(cms.ContentInfo.load(content).dump())
    if content[length:].strip(b"\0"):
        yield "bytes stand behind its signature, where nothing is signed"


def _shown(value: Any) -> str:
    return repr(text(value)[:_SHOWN])
