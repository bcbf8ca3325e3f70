"""Names of frameworks as people write them."""

from collections.abc import Sequence
from pathlib import Path

from app.errors import NotFoundError
from app.model.history import Document


def chosen_frameworks(wanted: Sequence[str], documents: Sequence[Document]) -> tuple[str, ...]:
    """Ids of the frameworks that a scan was judged by, for what was asked: whole ids, or the beginning of one.

    Raises:
        NotFoundError: a name fits none or several; the message lists what there is.
    """
    known = [Path(item.name).stem for item in documents if item.name.startswith("frameworks/")]
    chosen: list[str] = []
    for name in wanted:
        found = [item for item in known if item == name] or [item for item in known if item.startswith(name)]
        if len(found) != 1:
            problem = "fits more than one framework" if found else "is no framework that judged this scan"
            raise NotFoundError(f"--framework {name!r} {problem}", advice=f"there are {', '.join(known)}")
        chosen += found
    return tuple(dict.fromkeys(chosen))
