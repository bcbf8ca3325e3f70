"""What every decoded object has: strict types, camelCase names, and its metadata."""

import msgspec

StringMap = dict[str, str]


class Wire(msgspec.Struct, rename="camel"):
    """Base of decoded objects: camelCase names, unknown fields ignored."""


class OwnerReference(Wire):
    """`metadata.ownerReferences[]`; hand-written manifests leave out the kind."""

    name: str
    kind: str = "Pod"
    controller: bool | None = None


class Metadata(Wire):
    """`metadata`, as far as a verdict depends on it. Identity comes from the snapshot, not from here."""

    labels: StringMap | None = None
    annotations: StringMap | None = None
    owner_references: list[OwnerReference] | None = None


class Plain(Wire):
    """Any object of which only the metadata matters."""

    metadata: Metadata
