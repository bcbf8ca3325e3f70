"""What a listener does with plain text: for all its ports, and for those that differ."""

from dataclasses import dataclass
from enum import StrEnum

from app.model.encryption import Known, Level
from app.model.platform import Sign


class Mode(StrEnum):
    """`PeerAuthentication.MutualTLS.Mode`; UNREADABLE stands for a value that the API does not know."""

    UNSET = "UNSET"
    DISABLE = "DISABLE"
    PERMISSIVE = "PERMISSIVE"
    STRICT = "STRICT"
    UNREADABLE = "unreadable"

    @property
    def plain(self) -> Known:
        """Whether a listener in this mode accepts plain text. UNSET inherits: a resolved mode is never UNSET."""
        if self is Mode.UNREADABLE:
            return Known.UNKNOWN
        return Known.NO if self is Mode.STRICT else Known.YES

    @property
    def loose(self) -> bool:
        """Neither strict nor unset."""
        return self in (Mode.PERMISSIVE, Mode.DISABLE)


@dataclass(frozen=True, slots=True)
class Posture:
    """The mode of one port, the fields that set it, the deciding one first, and the level of that one."""

    mode: Mode
    signs: tuple[Sign, ...] = ()
    level: Level = Level.MESH


@dataclass(frozen=True, slots=True)
class Listener:
    """A pod's ports: `default`, and those with a mode of their own, sorted."""

    default: Posture
    ports: tuple[tuple[int, Posture], ...] = ()

    def at(self, port: int) -> Posture:
        """The posture of one container port."""
        return next((posture for number, posture in self.ports if number == port), self.default)


UNSAID = Listener(Posture(Mode.PERMISSIVE))  # what holds where no object says anything
