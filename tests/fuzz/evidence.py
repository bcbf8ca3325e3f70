"""Packages of evidence, and answers of an API server: what is fuzzed beside texts and objects."""

import atexit
import json
import shutil
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from hypothesis import strategies as st

from app import __version__, collect, pipeline
from app.bootstrap import documents
from app.model.bundle import MANIFEST, pack, unpack
from app.model.verification import Trust, Verdict
from app.reperform import Means, verify
from app.settings import load_settings
from tests import sealed
from tests.apiserver import ApiServer
from tests.fakes import InMemoryStore
from tests.fuzz.mutation import mutated

SMALL = Path(__file__).resolve().parents[1] / "corpus" / "objects"
_AT = datetime(2026, 3, 1, 2, tzinfo=UTC)


@cache
def packages() -> tuple[bytes, bytes]:
    """A genuine report of a small cluster, as a bundle without pages and as a PDF."""
    store = InMemoryStore()
    request = pipeline.ScanRequest("small", _AT, documents(load_settings()), tool_version=__version__)
    pipeline.scan(request, collect.ManifestSource([SMALL]), store, sealed.Silent())
    made = [
        pipeline.report(
            store.scan("small", 1),
            [sealed.FRAMEWORK],
            sealed.SHORT,
            formats,
            store,
            sealed.RENDERER,
            sealed.Silent(),
        )
        for formats in (("json", "csv", "manifest", "bundle"), ("pdf",))
    ]
    bundle = next(item for item in made[0] if item.name.endswith(".zip"))
    return bundle.body, made[1][0].body


@dataclass(frozen=True)
class Tampered:
    """A package, and the file that differs from what its manifest says; empty where that is not known."""

    ending: str
    body: bytes
    differs: str = ""


@st.composite
def tampered(draw: st.DrawFn) -> Tampered:
    """A package with bytes changed in its container, in one of its files, or in the values of one of its JSON files."""
    bundle, pdf = packages()
    way = draw(st.sampled_from(("values", "values again", "file", "zip", "pdf")))
    if way in ("zip", "pdf"):
        return Tampered(way, draw(damaged(bundle if way == "zip" else pdf)))
    files = unpack(bundle)
    name = draw(st.sampled_from([name for name in files if way == "file" or name.endswith(".json")]))
    before = files[name]
    files[name] = draw(damaged(before) if way == "file" else _other_values(before))
    if way != "values again":
        return Tampered("zip", pack(files), name if files[name] != before and name != MANIFEST else "")
    with suppress(KeyError, TypeError, ValueError, AttributeError):
        sealed.freshly_digested(files)  # as somebody would who knows the format
    return Tampered("zip", pack(files))


def _other_values(body: bytes) -> st.SearchStrategy[bytes]:
    return mutated([json.loads(body)]).map(_dumped)


@st.composite
def damaged(draw: st.DrawFn, body: bytes) -> bytes:
    """Bytes with a few pieces cut out, doubled, or replaced."""
    for _ in range(draw(st.integers(1, 4))):
        first = draw(st.integers(0, max(len(body) - 1, 0)))
        last = min(len(body), first + draw(st.integers(0, 64)))
        piece = draw(st.one_of(st.binary(max_size=16), st.just(body[first:last] * 2), st.just(b"")))
        body = body[:first] + piece + body[last:]
    return body


def verified(value: Tampered) -> object:
    """Check it as a stranger would: a file that differs, under digests that were left alone, never holds."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"report.{value.ending}"
        path.write_bytes(value.body)
        means = Means(sealed.RENDERER, __version__, sealed.Silent(), pages=False)
        told = verify(path, Trust(now=_AT), means)
    failed = any(item.verdict is Verdict.FAILS for one in told for item in one.statements)
    if value.differs and not failed:
        raise AssertionError(f"{value.differs} was changed, and nothing was told")
    return told


class Liar(ApiServer):
    """Answers lists of Pods and NetworkPolicies with whatever it is told to."""

    lie: Any = None

    def answer(self, method: str, path: str, *rest: Any) -> tuple[int, bytes]:
        """The lie where one is wanted."""
        if method == "GET" and path.endswith(("/pods", "/networkpolicies")):
            return 200, _dumped(self.lie)
        return super().answer(method, path, *rest)


@cache
def _server() -> tuple[Liar, Path]:
    """One for the whole process."""
    server = Liar().__enter__()
    folder = Path(tempfile.mkdtemp(prefix="netattest-fuzz-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return server, server.kubeconfig(folder / "kubeconfig")


def pages() -> st.SearchStrategy[Any]:
    """What a list answers: near to a real page, or nothing like one."""
    items = [item for item in yaml.safe_load_all((SMALL / "small.yaml").read_text()) if item]
    metadata = {"resourceVersion": "1", "continue": "", "remainingItemCount": 0}
    return mutated([{"kind": "PodList", "apiVersion": "v1", "metadata": metadata, "items": items}])


def collected(lie: Any) -> object:
    """Read a cluster whose API server lies."""
    server, kubeconfig = _server()
    server.lie = lie
    source = collect.KubernetesSource(collect.ApiSettings(kubeconfig=kubeconfig, attempts=1, read_timeout=10))
    return collect.normalize(source.collect().objects)


def _dumped(value: Any) -> bytes:
    return json.dumps(value).encode("utf-8", "surrogatepass")
