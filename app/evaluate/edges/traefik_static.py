"""The static configuration of Traefik as flags: from a file, else from arguments, else from variables; the first that is there is all of it.

Sources: Traefik's reference of the static configuration and its loaders (`pkg/cli`): a file that `--configFile` names or that lies at
`/etc/traefik/traefik.{toml,yaml,yml}` counts before arguments, arguments before variables `TRAEFIK_…`.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from app.evaluate.edges.relays import flags_of
from app.evaluate.edges.world import Item, World, objects
from app.model.fields import dig, mapping, text
from app.model.inventory import Pod
from app.model.yaml_text import UnreadableTextError, read_text

FILE = "configfile"  # a flag; among what this module gives it stands for settings that were not read
_HOME = "/etc/traefik"
_USUAL = tuple(f"{_HOME}/traefik.{end}" for end in ("toml", "yaml", "yml"))
_VARIABLE = "TRAEFIK_"
_TELLING = ("entrypoints.", "serverstransport.", "tcpserverstransport.")
_EMPTY = ("emptyDir", "downwardAPI")  # volumes that nobody puts such a file in
Flags = Mapping[str, str]


def static_settings(world: World, pods: tuple[Pod, ...]) -> Flags:
    """Flags of the first pod, names in small letters; with `FILE` among them where settings were not read."""
    flags = flags_of(world, pods)
    item = world.item_of(pods[0].ref) if pods else None
    if item is None:
        return flags
    spec = mapping(item.spec if item.ref.kind == "Pod" else dig(item.body, "spec", "template", "spec"))
    named = flags.get(FILE, "").strip()
    for path in (named,) if named else _USUAL:
        found = _file(world, item, spec, path)
        if found is not None:
            return found
    if named:
        return flags
    return flags or dict(_variables(spec))


def _file(world: World, item: Item, spec: Mapping[str, Any], path: str) -> Flags | None:
    """Settings of a file of the container; None where it is not there for certain, or an argument names it and it was not read."""
    for container in objects(spec.get("containers")):
        for mount in objects(container.get("volumeMounts")):
            key = _key(mount, path)
            volume = _volume(spec, text(mount.get("name"))) if key else {}
            if not volume or any(name in volume for name in _EMPTY):
                continue
            source = mapping(volume.get("configMap"))
            stored = world.item("", "ConfigMap", item.namespace, text(source.get("name"))) if source else None
            data = mapping(stored.body.get("data")) if stored else {}
            if stored and data and _stored_key(source, key) not in data:
                continue  # read, and the file is not in it
            said = text(data.get(_stored_key(source, key)))
            return _flattened(said) if said else {FILE: path}
    return None


def _key(mount: Mapping[str, Any], path: str) -> str:
    """The key of a volume that lies at a path; empty where the mount does not lead there."""
    at, part = text(mount.get("mountPath")).rstrip("/"), text(mount.get("subPath")).strip("/")
    if at == path:
        return part
    if at and path.startswith(f"{at}/"):
        rest = path.removeprefix(f"{at}/")
        return f"{part}/{rest}" if part else rest
    return ""


def _stored_key(source: Mapping[str, Any], key: str) -> str:
    """`items` of a volume give keys other names."""
    given = objects(source.get("items"))
    return next((text(one.get("key")) for one in given if text(one.get("path")) == key), key)


def _volume(spec: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    return next((one for one in objects(spec.get("volumes")) if text(one.get("name")) == name), {})


def _flattened(said: str) -> Flags:
    """A file as flags; one that cannot be read is settings that were not read."""
    try:
        value = read_text(said)
    except UnreadableTextError:
        return {FILE: "unreadable"}
    return dict(_flags("", value)) if isinstance(value, dict) else {FILE: "unreadable"}


def _flags(path: str, value: object) -> Iterator[tuple[str, str]]:
    match value:
        case dict() if value:
            for name, inner in value.items():
                yield from _flags(f"{path}.{name}".lower().lstrip("."), inner)
        case dict():
            yield path, "true"  # `tls: {}` switches it on
        case None if path.endswith(".tls"):
            yield FILE, "unclear"  # whether an empty value switches it on is not documented
        case None:
            return
        case list():
            yield path, ",".join(str(one) for one in value)
        case bool():
            yield path, str(value).lower()
        case _:
            yield path, str(value)


def _variables(spec: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """`TRAEFIK_ENTRYPOINTS_WEB_ADDRESS` is `entrypoints.web.address`; one whose value is not there may be anything."""
    for container in objects(spec.get("containers")):
        if objects(container.get("envFrom")) and text(container.get("name")) == "traefik":
            yield FILE, "envFrom"
        for entry in objects(container.get("env")):
            name = text(entry.get("name"))
            own = name.removeprefix(_VARIABLE).lower().replace("_", ".")
            if name.startswith(_VARIABLE) and own.startswith(_TELLING):
                yield own if "value" in entry else FILE, text(entry.get("value"))
