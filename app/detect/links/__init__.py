"""Encryption between nodes: one file for each network plugin, one line in LINKS.

A plugin that never encrypts has a finder too: "clear" is an answer, and where no finder answers the link is unknown.
"""

from collections.abc import Callable, Iterable

from app.detect.ground import Ground
from app.model.encryption import Links

FindLinks = Callable[[Ground], Iterable[Links]]

LINKS: tuple[FindLinks, ...] = ()

__all__ = ["LINKS", "FindLinks"]
