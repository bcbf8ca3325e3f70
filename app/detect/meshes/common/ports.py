"""Lists of ports as meshes write them: `80,443,8000-8010`, `*`."""

import re

from app.model.connections import LAST_PORT, PortSet

NO_PORT, EVERY_PORT = PortSet(), PortSet.all()

_ITEM = re.compile(r"(\d{1,5})(?:-(\d{1,5}))?\Z")


def port_list(text: str) -> PortSet | None:
    """Read a list of ports and ranges; empty text is no port, `*` is every port, None when an item is neither."""
    intervals: list[tuple[int, int]] = []
    for item in text.split(","):
        word = item.strip()
        if word == "*":
            return PortSet.all()
        if not word:
            continue
        found = _ITEM.match(word)
        if found is None or int(found[1]) > LAST_PORT:
            return None
        intervals.append((int(found[1]), int(found[2] or found[1])))
    return PortSet.of(intervals)
