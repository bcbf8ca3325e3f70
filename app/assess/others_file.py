"""`other-frameworks.json`: what entries name of frameworks that there are and that judge no scan.

Whether a name is a slip or belongs to a framework that is switched off can be told only where all framework files are.
The answer is written down once, beside the files that judge, so that a stored scan is read again without asking.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from app.assess.attestations_file import read_attestations
from app.assess.framework_file import FrameworkFile, read_framework
from app.assess.naming import Named, named
from app.assess.reading import FileModel, Mistakes, Text, parse
from app.assess.registers_reading import read_registers
from app.model.canonical import canonical_json
from app.model.history import Document

OTHERS = "other-frameworks.json"
_NAMING = ("attestations.yaml", "registers.yaml")


class OtherFramework(FileModel):
    """A framework that does not judge: its controls and types of records, as far as entries name them."""

    id: Text
    title: Text
    controls: tuple[Text, ...] = ()
    records: tuple[Text, ...] = ()


class OthersFile(FileModel):
    """The document, as this program writes it."""

    frameworks: tuple[OtherFramework, ...]


def read_others(document: Document | None, mistakes: Mistakes) -> tuple[OtherFramework, ...]:
    """Read the document; without it no entry names a framework that is switched off."""
    read = parse(document, OthersFile, mistakes) if document else None
    return read.frameworks if read else ()


def with_others(documents: Sequence[Document], switched_off: Iterable[Document]) -> tuple[Document, ...]:
    """The documents, and what their entries name of frameworks that are switched off, where they do.

    Where a name leads nowhere at all, everything that could have been meant is written down: reading refuses the entry, and
    says what is near. Mistakes of other kinds are left to reading; a framework file that cannot be read is none.

    Args:
        documents: the files that judge a scan.
        switched_off: framework files that there are beside them; read only where an entry asks for it.
    """
    given = {item.name: item for item in documents if item.name in _NAMING}
    asked = _asked(given)
    if asked:
        asked = _beyond(asked, _offered(item for item in documents if item.name.startswith("frameworks/")))
    if not asked:
        return tuple(documents)
    offered = _offered(switched_off)
    kept = [part for item in offered if (part := _part(item, asked))]
    told = offered if _beyond(asked, kept) else kept
    body = OthersFile(frameworks=tuple(told)).model_dump(mode="json")
    return tuple(sorted((*documents, Document(OTHERS, canonical_json(body))), key=lambda item: item.name))


def _asked(given: Mapping[str, Document]) -> Named:
    mistakes = Mistakes()
    records = read_attestations(given.get("attestations.yaml"), mistakes)
    return named(records, read_registers(given, mistakes))


def _offered(files: Iterable[Document]) -> list[OtherFramework]:
    return sorted(_readable(files), key=lambda item: item.id)


def _readable(files: Iterable[Document]) -> Iterator[OtherFramework]:
    for document in files:
        read = read_framework(document, Mistakes())
        if read:
            yield _whole(read[1])


def _whole(file: FrameworkFile) -> OtherFramework:
    records = {item.manual_record.type for item in file.controls if item.manual_record}
    controls = tuple(item.id for item in file.controls)
    return OtherFramework(id=file.id, title=file.title, controls=controls, records=tuple(sorted(records)))


def _beyond(asked: Named, known: Sequence[OtherFramework]) -> Named:
    """Names that none of these frameworks has."""
    return Named(
        controls=asked.controls - {name for item in known for name in item.controls},
        records=asked.records - {name for item in known for name in item.records},
        declared=asked.declared - {(item.id, name) for item in known for name in item.controls},
    )


def _part(item: OtherFramework, asked: Named) -> OtherFramework | None:
    """What is asked for of one framework; None when nothing is."""
    wanted = asked.controls | {control for framework, control in asked.declared if framework == item.id}
    controls = tuple(name for name in item.controls if name in wanted)
    records = tuple(name for name in item.records if name in asked.records)
    if not controls and not records:
        return None
    return OtherFramework(id=item.id, title=item.title, controls=controls, records=records)
