"""Links under doubt: where agents were not all read, another system may encrypt that was not seen."""

from dataclasses import dataclass, replace

from app.model.encryption import Key, Known
from app.model.identity import ObjectRef
from app.model.links import Link, Links, LinkState
from app.model.platform import Sign


@dataclass(frozen=True)
class DoubtedLinks:
    """The same links; "in clear" becomes unknown, what is shown to be encrypted stays so."""

    links: Links
    doubt: str

    @property
    def id(self) -> str:
        """As of the links themselves."""
        return self.links.id

    @property
    def name(self) -> str:
        """As of the links themselves."""
        return self.links.name

    @property
    def signs(self) -> tuple[Sign, ...]:
        """As of the links themselves."""
        return self.links.signs

    @property
    def cautions(self) -> tuple[str, ...]:
        """As of the links themselves, and the doubt."""
        return (*self.links.cautions, f"another system may encrypt that was not seen: {self.doubt}")

    @property
    def fips(self) -> Known:
        """As of the links themselves."""
        return self.links.fips

    def end(self, pod: ObjectRef) -> Key:
        """As of the links themselves."""
        return self.links.end(pod)

    def link(self, source: Key, destination: Key) -> Link:
        """The link, where it is not in clear."""
        found = self.links.link(source, destination)
        if found.state is not LinkState.CLEAR:
            return found
        says = f"another system may encrypt that was not seen ({self.doubt}); of those seen, {found.says}"
        return replace(found, state=LinkState.UNKNOWN, says=says)
