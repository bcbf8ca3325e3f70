"""One list, page by page, to its end or to the reason why not.

A page is split into items without decoding them; each is redacted, written canonically and dropped before the next page
is asked for, so memory holds one page and what is kept. A page token that expired (410) means that the rest would come
from another moment: the list begins again, and what was read of it is forgotten.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec
import orjson

from app.collect.connection import JSON, Connection, RequestRefusedError, ServerUnreachableError
from app.collect.kinds import KindSpec
from app.collect.objects import MAX_OBJECT_BYTES, NotAnObjectError, identify, snapshot_object
from app.collect.permissions import grant
from app.model.snapshot import (
    CollectionGap,
    Coverage,
    GapReason,
    KindCoverage,
    SnapshotObject,
)

_PARTIAL_LIST = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"
_FORBIDDEN = (401, 403)
_NOT_SERVED = (404, 405, 406)
_EXPIRED = 410
_ENDLESS = "See what stands between here and the API server; raise collect.page_size if it is below 500."
MOST_PAGES = 20_000  # of one kind: ten million objects at the usual size of a page


class _ListMeta(msgspec.Struct, rename="camel"):
    resource_version: str = ""
    continue_: str = msgspec.field(name="continue", default="")


class _Page(msgspec.Struct, rename="camel"):
    kind: str = ""
    metadata: _ListMeta = msgspec.field(default_factory=_ListMeta)
    items: list[msgspec.Raw] | None = None


_PAGE = msgspec.json.Decoder(_Page)


class EndlessListError(Exception):
    """The server's pages lead nowhere; the text says how."""


@dataclass
class Listed:
    """What one list brought back."""

    objects: list[SnapshotObject] = field(default_factory=list)
    gaps: list[CollectionGap] = field(default_factory=list)
    coverage: Coverage = Coverage.COMPLETE
    pages: int = 0
    resource_version: str = ""

    def row(self, spec: KindSpec, version: str) -> KindCoverage:
        """The coverage row of this list."""
        return KindCoverage(
            spec.group_kind, version, self.coverage, len(self.objects), self.pages, self.resource_version
        )


def list_kind(connection: Connection, spec: KindSpec, version: str, on_page: Callable[[int], None]) -> Listed:
    """Read all objects of one kind.

    Args:
        connection: the API server.
        spec: the kind.
        version: its served version.
        on_page: told the number of objects read so far, after each page.
    """
    listed = Listed()
    for _ in range(connection.settings.restarts + 1):
        listed = Listed()
        try:
            for page in _pages(connection, spec, version):
                _take(page, spec, version, listed)
                on_page(len(listed.objects))
        except RequestRefusedError as error:
            if error.status == _EXPIRED:
                continue
            return _stopped(listed, spec, _refusal(spec, error))
        except ServerUnreachableError as error:
            return _stopped(listed, spec, _unreachable(spec, listed, error))
        except EndlessListError as error:
            return _stopped(listed, spec, _gap(spec, GapReason.TRUNCATED, str(error), _ENDLESS))
        return listed
    problem = f"its page token expired {connection.settings.restarts + 1} times"
    return _stopped(
        listed, spec, _gap(spec, GapReason.TRUNCATED, problem, "Scan when the API server is less busy.")
    )


def _pages(connection: Connection, spec: KindSpec, version: str) -> Iterator[_Page]:
    """Raises `EndlessListError` for a server that would go on for ever: a list ends, whatever is answered."""
    query: dict[str, str | int] = {"limit": connection.settings.page_size}
    accept = _PARTIAL_LIST if spec.metadata_only else JSON
    for _ in range(MOST_PAGES):
        page = connection.get(list_path(spec, version), _PAGE.decode, query, accept)
        yield page
        if not page.metadata.continue_:
            return
        if page.metadata.continue_ == query.get("continue"):
            raise EndlessListError("a page was followed by itself")
        query["continue"] = page.metadata.continue_
    raise EndlessListError(f"it had not ended after {MOST_PAGES:,} pages")


def list_path(spec: KindSpec, version: str) -> str:
    """The path of a list over all namespaces."""
    root = f"/apis/{spec.group}/{version}" if spec.group else f"/api/{version}"
    return f"{root}/{spec.resource}"


def _take(page: _Page, spec: KindSpec, version: str, listed: Listed) -> None:
    if spec.metadata_only and page.kind != "PartialObjectMetadataList":
        # Data must not come near the collector, so an answer that may hold it is not looked at.
        raise RequestRefusedError(406, "the server does not answer with metadata alone")
    if page.items is None:
        raise ServerUnreachableError("the answer is no list")
    listed.pages += 1
    listed.resource_version = page.metadata.resource_version
    for raw in page.items:
        item = read_item(memoryview(raw), spec, version)
        if isinstance(item, CollectionGap):
            listed.gaps.append(item)
            listed.coverage = Coverage.PARTIAL
        else:
            listed.objects.append(item)


def read_item(data: memoryview, spec: KindSpec, version: str) -> SnapshotObject | CollectionGap:
    """Redact one object; its type, which lists leave out, is written into it."""
    if data.nbytes > MAX_OBJECT_BYTES:
        problem = f"an object of {data.nbytes:,} bytes is above the limit of {MAX_OBJECT_BYTES:,}"
        return _gap(spec, GapReason.TOO_LARGE, problem, "Find it and make it smaller.")
    try:
        value = _with_type(orjson.loads(data), spec, version)
        return snapshot_object(identify(value), value, "API server")
    except (NotAnObjectError, orjson.JSONDecodeError) as error:
        return _gap(spec, GapReason.UNREADABLE, str(error), "The API server sent an object that is none.")


def _with_type(value: Any, spec: KindSpec, version: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise NotAnObjectError("an item of the list is no object")
    api_version = f"{spec.group}/{version}" if spec.group else version
    return {**value, "apiVersion": api_version, "kind": spec.kind}


def _stopped(listed: Listed, spec: KindSpec, gap: CollectionGap) -> Listed:
    """End a list early: what was read stays, and counts as a part."""
    if gap.reason is GapReason.NOT_SERVED and not spec.builtin:
        listed.coverage = Coverage.ABSENT  # the CRD went away since discovery
        return listed
    listed.gaps.append(gap)
    listed.coverage = Coverage.PARTIAL if listed.objects else Coverage.REFUSED
    return listed


def _refusal(spec: KindSpec, error: RequestRefusedError) -> CollectionGap:
    if error.status in _FORBIDDEN:
        return _gap(spec, GapReason.FORBIDDEN, str(error), grant(spec))
    if error.status in _NOT_SERVED:
        return _gap(
            spec,
            GapReason.NOT_SERVED,
            str(error),
            f"This needs {spec.versions or 'a CRD'} of {spec.group_kind}.",
        )
    return _gap(spec, GapReason.UNREACHABLE, str(error), "Read the API server's log for this request.")


def _unreachable(spec: KindSpec, listed: Listed, error: ServerUnreachableError) -> CollectionGap:
    reason = GapReason.TRUNCATED if listed.objects else GapReason.UNREACHABLE
    return _gap(
        spec, reason, str(error), "Scan again; if it stays so, raise the time-out or lower the page size."
    )


def _gap(spec: KindSpec, reason: GapReason, problem: str, advice: str) -> CollectionGap:
    return CollectionGap(
        spec.group_kind, reason, f"{spec.group_kind} objects were not all read: {problem}", advice
    )
