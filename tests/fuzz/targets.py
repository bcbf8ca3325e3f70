"""What is fuzzed: a name, inputs near to real ones, and the reading of them, which may only fail by errors that are meant."""

import base64
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from hypothesis import strategies as st

from app import assess, collect, judging
from app.bootstrap import documents, manifests, retention
from app.collect import ApiSettings
from app.collect.connection import connect
from app.collect.documents import read_documents
from app.collect.policies.calico.language import matches, parse
from app.collect.policies.calico.tokens import SelectorError
from app.collect.redact_certificates import certificates_alone
from app.collect.yaml_reader import YamlError, read_yaml
from app.errors import CollectError, ConfigurationError, EvidenceError, InputError, NetattestError
from app.model.context import RunContext
from app.model.history import Document
from app.model.snapshot import Snapshot
from app.settings import load_schedule, load_settings
from app.settings.cron import Cron
from app.settings.deliveries import load_deliveries
from tests.certificates import self_signed
from tests.fuzz.evidence import collected, pages, tampered, verified
from tests.fuzz.mutation import mutated, scrambled

ROOT = Path(__file__).resolve().parents[2]
CORPUS = ROOT / "tests" / "corpus"
EXAMPLES = ROOT / "examples"
AT = datetime(2026, 3, 1, 2, tzinfo=UTC)


@dataclass(frozen=True)
class Target:
    """One reader of input. `expected` are the errors that bad input may end in; anything else is a finding."""

    name: str
    inputs: Callable[[], st.SearchStrategy[Any]]
    read: Callable[[Any], object]
    expected: tuple[type[Exception], ...]
    slow: int = 1  # so many times fewer inputs in a short run


@cache
def objects() -> Sequence[dict[str, Any]]:
    """Objects of the example clusters and of the corpus."""
    files = [*sorted(EXAMPLES.rglob("*.yaml")), *sorted(CORPUS.glob("objects/*.yaml"))]
    found = [item for path in files for item in yaml.safe_load_all(path.read_text())]
    return [item for item in found if isinstance(item, dict) and "kind" in item and "metadata" in item]


@cache
def texts(pattern: str) -> Sequence[str]:
    """Files of the project as texts."""
    return [path.read_text() for path in sorted(ROOT.glob(pattern))]


def _collected(value: Any) -> collect.ManifestSource:
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "objects.yaml").write_text(yaml.safe_dump_all(value, allow_unicode=True))
        return manifests([folder]).collect()


def _judged(value: Sequence[Any]) -> object:
    """The whole way: collection, normal form, detection, engine, checks, frameworks."""
    collection = _collected(value)
    normalized = collect.normalize(collection.objects)
    gaps = tuple(sorted({*collection.gaps, *normalized.gaps}))
    snapshot = Snapshot("fuzz", AT, collection.source, collection.objects, collection.kinds, gaps)
    judgement = judging.judge(
        snapshot, (*_documents(), RunContext().document()), inventory=normalized.inventory
    )
    return list(judgement.reachability.connections())


@cache
def _documents() -> tuple[Document, ...]:
    return documents(load_settings())


def _file(reader: Callable[[Path], object]) -> Callable[[str], object]:
    def read(text: str) -> object:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "file.yaml"
            path.write_bytes(text.encode("utf-8", "surrogatepass"))
            return reader(path)

    return read


def _document(name: str) -> Callable[[Any], object]:
    def read(value: Any) -> object:
        body = yaml.safe_dump(value, allow_unicode=True).encode()
        others = [item for item in _documents() if item.name != name]
        return assess.read_documents((*others, Document(name, body)))

    return read


def _loaded(pattern: str) -> Callable[[], st.SearchStrategy[Any]]:
    return lambda: mutated([yaml.safe_load(text) for text in texts(pattern)])


def _due(value: tuple[str, str]) -> object:
    cron = Cron(value[0], ZoneInfo(value[1]))
    moment = AT
    for _ in range(3):
        following = cron.next_after(moment)
        if following is None:
            break
        assert following > moment
        moment = following
    return moment


def _crons() -> st.SearchStrategy[tuple[str, str]]:
    seeds = (
        "15 2 * * *",
        "0 4 * * mon-fri",
        "*/5 * * * *",
        "0 0 29 2 *",
        "30 1-5/2 1,15 * *",
        "0 12 * jan sun",
    )
    zones = ("UTC", "Europe/Amsterdam", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu")
    return st.tuples(scrambled(seeds, most=2), st.sampled_from(zones))


SELECTORS = (
    "all()",
    "app == 'web' && tier != \"db\" || !has(role)",
    "!(zone in {'a', 'b'} && app not in {'c'})",
    "app starts with 'w' && app ends with 'b' && app contains 'e'",
    "has(projectcalico.org/namespace) && global()",
)


def _selected(text: str) -> object:
    """Read, written again and read again, it selects the same."""
    expression = parse(text)
    again = parse(str(expression))
    for labels in ({}, {"app": "web"}, {"app": "web", "tier": "db"}, {"zone": "a", "role": ""}):
        assert matches(expression, labels) == matches(again, labels)
    return expression


def _secrets() -> st.SearchStrategy[Any]:
    """The data of a TLS Secret: certificates with a few bytes changed, and what was never one."""
    _, pem = self_signed("shop.example")
    body = pem.decode() if isinstance(pem, bytes) else str(pem)
    texts = scrambled([body, body * 2]).map(
        lambda text: base64.b64encode(text.encode("utf-8", "replace")).decode()
    )
    return texts.map(lambda text: {"tls.crt": text, "tls.key": "cGFzc3dvcmQ="}) | mutated(
        [{"tls.crt": "AA=="}]
    )


TARGETS: tuple[Target, ...] = (
    Target("yaml", lambda: scrambled(texts("examples/*/cluster/*.yaml")), read_yaml, (YamlError,)),
    Target(
        "documents",
        lambda: st.one_of(
            scrambled(texts("examples/*/cluster/*.yaml")).map(str.encode), st.binary(max_size=200)
        ),
        lambda data: list(read_documents("fuzz", data)),
        (),
    ),
    Target(
        "cluster",
        lambda: st.lists(mutated(objects()), min_size=1, max_size=12),
        _judged,
        (InputError,),
    ),
    Target("scope", _loaded("config/scope.example.yaml"), _document("scope.yaml"), (ConfigurationError,)),
    Target(
        "exceptions",
        _loaded("config/exceptions.example.yaml"),
        _document("exceptions.yaml"),
        (ConfigurationError,),
    ),
    Target(
        "attestations",
        _loaded("config/attestations.example.yaml"),
        _document("attestations.yaml"),
        (ConfigurationError,),
    ),
    Target(
        "framework",
        _loaded("config/frameworks/soc2-*.yaml"),
        _document("frameworks/soc2-tsc-2017.yaml"),
        (ConfigurationError,),
    ),
    Target("flows", _loaded("config/flows.example.yaml"), _document("flows.yaml"), (ConfigurationError,)),
    Target(
        "registers",
        _loaded("config/registers.example.yaml"),
        _document("registers.yaml"),
        (ConfigurationError,),
    ),
    Target("probes", _loaded("config/probes.example.yaml"), _document("probes.yaml"), (ConfigurationError,)),
    Target("checks", _loaded("config/checks.yaml"), _document("checks.yaml"), (ConfigurationError,)),
    Target(
        "deliveries",
        lambda: scrambled(texts("config/deliveries.example.yaml")),
        _file(load_deliveries),
        (ConfigurationError,),
    ),
    Target(
        "retention",
        lambda: scrambled(texts("config/retention.example.yaml")),
        _file(lambda path: retention(load_settings(), path)),
        (ConfigurationError,),
    ),
    Target("selector", lambda: scrambled(SELECTORS), _selected, (SelectorError,)),
    Target("secret", _secrets, certificates_alone, ()),
    Target("package", tampered, verified, (EvidenceError,), slow=6),
    Target("api", pages, collected, (CollectError,)),
    Target(
        "settings",
        lambda: scrambled(texts("config/netattest.example.yaml")),
        _file(load_settings),
        (ConfigurationError,),
    ),
    Target(
        "schedule",
        lambda: scrambled(texts("config/schedule.example.yaml")),
        _file(load_schedule),
        (ConfigurationError,),
    ),
    Target("cron", _crons, _due, (ValueError,)),
    Target(
        "kubeconfig",
        lambda: mutated([yaml.safe_load(text) for text in texts("tests/corpus/kubeconfig/*.yaml")]).map(
            lambda value: yaml.safe_dump(value, allow_unicode=True)
        ),
        _file(lambda path: connect(ApiSettings(kubeconfig=path, attempts=1)).__class__),
        (CollectError, NetattestError),
    ),
)
BY_NAME = {target.name: target for target in TARGETS}
