"""Short ways to write objects, and to read manifests as a collection."""

import json
from datetime import UTC, datetime

import yaml

from app.collect import ManifestSource, normalize
from app.collect.objects import identify, snapshot_object
from app.model.snapshot import Snapshot

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


class Noon:
    def now(self):
        return NOON


def stored(value, origin=""):
    """One object as a source stores it."""
    value = json.loads(json.dumps(value))
    return snapshot_object(identify(value), value, origin)


def body(value):
    """The JSON values that are kept of an object."""
    return stored(value).parsed()


def inventory(text):
    """The inventory of a multi-document YAML text."""
    return normalized(text).inventory


def normalized(text):
    return normalize([stored(item) for item in yaml.safe_load_all(text) if item])


def collected(path, text=None, name="cluster.yaml"):
    """The collection of a folder, after writing one file into it."""
    if text is not None:
        (path / name).write_text(text, encoding="utf-8")
    return ManifestSource([path], clock=Noon()).collect()


def snapshot_of(collection):
    return Snapshot("test", NOON, collection.source, collection.objects, collection.kinds, collection.gaps)


def policy(spec, name="p", namespace="shop"):
    """A NetworkPolicy with this spec, as JSON values."""
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": metadata, "spec": spec}


def pod(name="web-0", namespace="shop", **fields):
    """A running pod; keyword arguments replace whole top-level fields."""
    value = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"containers": [{"name": "main"}]},
        "status": {"phase": "Running"},
    }
    return {**value, **fields}
