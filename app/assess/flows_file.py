"""`flows.yaml`: the connections that applications need, as people who know them write them down."""

import re
from ipaddress import ip_network
from typing import Annotated

from pydantic import AfterValidator, Field, model_validator

from app.assess.port_text import ports
from app.assess.reading import FileModel, Mistakes, Text, parse
from app.assess.scope_file import EXTERNAL, PortText
from app.model.flows import DeclaredFlow, FlowEnd, FlowRegister
from app.model.history import Document
from app.model.policy import AddressRange

_WORKLOAD = re.compile(r"([a-z0-9-]+)/(?:\*|([a-z0-9.-]+)(?:\[([A-Z][A-Za-z]*)\])?)")


def flow_end(text: str) -> FlowEnd:
    """Read one end: `namespace/name`, `namespace/name[Kind]`, `namespace/*`, a CIDR, or `external`.

    Raises:
        ValueError: it is none of these.
    """
    if text == EXTERNAL:
        return FlowEnd(text)
    if (found := _WORKLOAD.fullmatch(text)) and "::" not in text:
        return FlowEnd(text, found[1], found[2] or "", found[3] or "")
    try:
        network = ip_network(text)
    except ValueError:
        raise ValueError(
            f"'{text}' is neither namespace/name, namespace/name[Kind], namespace/*, a CIDR, nor '{EXTERNAL}'"
        ) from None
    first, last = int(network.network_address), int(network.broadcast_address)
    return FlowEnd(text, network=str(network), range=AddressRange(network.version, first, last))


def _end(text: str) -> str:
    flow_end(text)
    return text


EndText = Annotated[str, AfterValidator(_end)]


class DeclaredFlowFile(FileModel):
    """One flow that is needed."""

    id: Text
    source: EndText
    """`namespace/name`, `namespace/name[Kind]`, `namespace/*`, a CIDR, or `external` for any address outside."""
    destination: EndText
    """Likewise."""
    ports: tuple[PortText, ...] = Field(min_length=1)
    """Ports of the destination's pods, not of its Service: `TCP/8080`, `TCP/8000-8010`, `UDP/any` or `any`."""
    reason: str = ""

    @model_validator(mode="after")
    def _has_an_end_inside(self) -> "DeclaredFlowFile":
        if flow_end(self.source).outside and flow_end(self.destination).outside:
            raise ValueError("one end must be inside the cluster")
        return self

    def value(self) -> DeclaredFlow:
        """The flow as a fix uses it."""
        return DeclaredFlow(
            self.id, flow_end(self.source), flow_end(self.destination), ports(self.ports), self.reason
        )


class FlowsFile(FileModel):
    """The register of declared flows."""

    owner: str = ""
    """Who answers for this file."""
    flows: tuple[DeclaredFlowFile, ...]


def read_flows(document: Document | None, mistakes: Mistakes) -> FlowRegister:
    """Read `flows.yaml`; without it, or with mistakes, a register that was not given."""
    read = parse(document, FlowsFile, mistakes) if document else None
    if document is None or read is None:
        return FlowRegister()
    return FlowRegister(
        given=True,
        owner=read.owner,
        flows=tuple(item.value() for item in read.flows),
        digest=document.digest,
    )
