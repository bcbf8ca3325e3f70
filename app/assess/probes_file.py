"""`probes.yaml`: results of connection attempts that somebody made and hands in."""

from datetime import datetime
from typing import Self

from pydantic import Field, model_validator

from app.assess.reading import FileModel, Mistakes, Text, parse
from app.model.connections import Protocol
from app.model.history import Document
from app.model.registers import Answer, Probe, Probes


class ProbeFile(FileModel):
    """One attempt to connect."""

    source: Text
    """`namespace/name[Kind]` or `namespace/name` of the workload that it was made from."""
    destination: Text
    """The workload that it was made to."""
    protocol: Protocol = Protocol.TCP
    port: int = Field(ge=1, le=65535)
    answer: Answer
    """`connected`, `refused` (something said that the port is closed) or `timeout`."""
    at: datetime

    @model_validator(mode="after")
    def _the_time_has_an_offset(self) -> Self:
        if self.at.tzinfo is None:
            raise ValueError("'at' needs an offset, for example 2026-11-22T01:10:00Z")
        return self

    def value(self) -> Probe:
        """The attempt as the check uses it."""
        return Probe(self.source, self.destination, self.protocol, self.port, self.answer, self.at)


class ProbesFile(FileModel):
    """Who made them, with what."""

    tool: Text
    person: Text
    results: tuple[ProbeFile, ...]


def read_probes(document: Document | None, mistakes: Mistakes) -> Probes | None:
    """Read `probes.yaml`; None without it."""
    read = parse(document, ProbesFile, mistakes) if document else None
    if read is None:
        return None
    return Probes(read.tool, read.person, tuple(item.value() for item in read.results))
