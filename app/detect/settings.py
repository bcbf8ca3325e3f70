"""Settings of an agent as they take effect: command line, environment, ConfigMap; each with the place it stands at."""

import re
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

from app.detect.evidence import Evidence
from app.detect.fields import dig, mapping, sequence, strings, text
from app.detect.workloads import Container
from app.model.identity import ObjectRef
from app.model.platform import Sign
from app.model.snapshot import SnapshotObject

# Go's strconv.ParseBool, which every agent here uses: flag, pflag and viper alike.
_TRUE = frozenset({"1", "t", "T", "TRUE", "true", "True"})
_FALSE = frozenset({"0", "f", "F", "FALSE", "false", "False"})

_VARIABLE = re.compile(r"\$\(([A-Za-z_][A-Za-z0-9_.-]*)\)")
REDACTED = "<redacted>"  # what the collector writes in place of a secret


def go_boolean(value: str | None) -> bool | None:
    """The text as Go's `strconv.ParseBool` reads it; None when it refuses."""
    if value in _TRUE:
        return True
    return False if value in _FALSE else None


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting where it stands. `value` is None when something is set there that could not be read."""

    value: str | None
    ref: ObjectRef
    field: str
    digest: str

    @property
    def truth(self) -> bool | None:
        """The value as Go reads a boolean; None when it cannot be read as one."""
        return go_boolean(self.value)

    def sign(self, says: str) -> Sign:
        """This setting as evidence."""
        return Sign(
            self.ref, self.field, "(not readable)" if self.value is None else self.value, says, self.digest
        )


@dataclass(frozen=True)
class ConfigMap:
    """A `core/v1 ConfigMap`; all its values are strings."""

    item: SnapshotObject

    @cached_property
    def _body(self) -> dict[str, Any]:
        return dict(self.item.parsed())

    @property
    def readable(self) -> bool:
        """True when its data was kept; data of ConfigMaps that no rule knows by name is not."""
        return bool(self._body.get("data"))

    @cached_property
    def changed_at(self) -> str:
        """Latest `metadata.managedFields[].time` (RFC 3339, UTC); empty when the API did not say."""
        entries = sequence(dig(self._body, "metadata", "managedFields"))
        return max((text(mapping(entry).get("time")) for entry in entries), default="")

    def get(self, key: str) -> Setting | None:
        """One key of `data`; None when it is not there."""
        data = strings(self._body.get("data"))
        return self._setting(key, data[key]) if key in data else None

    def default(self, key: str, value: str) -> Setting:
        """A key that is not set, with the agent's own default."""
        return self._setting(key, value)

    def _setting(self, key: str, value: str) -> Setting:
        known = None if REDACTED in value else value
        return Setting(known, self.item.ref, f"data['{key}']", self.item.digest)


def config_map(evidence: Evidence, namespace: str, name: str) -> ConfigMap | None:
    """A ConfigMap by name, if it was read."""
    item = evidence.object("", "ConfigMap", namespace, name)
    return ConfigMap(item) if item else None


def switch(evidence: Evidence, container: Container, name: str) -> Setting | None:
    """A boolean flag (`--name` without dashes): the last one wins and a bare one is true; None when absent."""
    return _argument(evidence, container, name, boolean=True)


def option(evidence: Evidence, container: Container, name: str) -> Setting | None:
    """A flag with a text value, `--name=value` or `--name value`; the last one wins; None when absent."""
    return _argument(evidence, container, name, boolean=False)


def environment(evidence: Evidence, container: Container, name: str) -> Setting | None:
    """An environment variable, references to ConfigMaps resolved; None when it is not set.

    `env` comes before `envFrom`, and of several sources there the last; see `unread_sources` for those that were not read.
    """
    found = None
    for index, entry in enumerate(sequence(container.raw.get("env"))):
        if mapping(entry).get("name") == name:
            found = _variable(evidence, container, mapping(entry), f"{container.path}.env[{index}]")
    return found or _from_sources(evidence, container, name)


def unread_sources(evidence: Evidence, container: Container) -> str:
    """A source of `envFrom` that was not read and may set any variable, as a clause; empty where there is none."""
    for raw in sequence(container.raw.get("envFrom")):
        secret, config = text(dig(raw, "secretRef", "name")), text(dig(raw, "configMapRef", "name"))
        if secret:
            return f"Secret {container.owner.namespace}/{secret}, which is never read, may set it"
        namespace, found = container.owner.namespace, config_map(evidence, container.owner.namespace, config)
        absent = evidence.live and not evidence.doubt("", "ConfigMap", namespace, config)
        if found is None and dig(raw, "configMapRef", "optional") is True and absent:
            continue
        if found is None or not found.readable:
            return f"ConfigMap {namespace}/{config}, which is not among what was read, may set it"
    return ""


def _from_sources(evidence: Evidence, container: Container, name: str) -> Setting | None:
    found = None
    for raw in sequence(container.raw.get("envFrom")):
        prefix, reference = text(dig(raw, "prefix")), text(dig(raw, "configMapRef", "name"))
        source = config_map(evidence, container.owner.namespace, reference) if reference else None
        if source and name.startswith(prefix):
            found = source.get(name.removeprefix(prefix)) or found
    return found


def _argument(evidence: Evidence, container: Container, name: str, *, boolean: bool) -> Setting | None:
    found: tuple[str, str] | None = None
    for (place, word), (next_place, following) in pairwise([*container.words(), ("", "")]):
        flag, equals, value = word.partition("=")
        if flag not in (f"--{name}", f"-{name}"):
            continue
        if equals:
            found = place, value
        elif boolean:  # the flag libraries never take the next word as the value of a boolean
            found = place, "true"
        else:
            found = next_place or place, following
    if found is None:
        return None
    place, word = found
    return Setting(_expanded(evidence, container, word), container.owner, place, container.digest)


def _expanded(evidence: Evidence, container: Container, value: str) -> str | None:
    """Put `$(VARIABLE)` in place as the kubelet does; None when a variable cannot be read."""
    if REDACTED in value:
        return None
    known: dict[str, str] = {}
    for name in _VARIABLE.findall(value):
        setting = environment(evidence, container, name)
        if setting is None or setting.value is None:
            return None
        known[name] = setting.value
    return _VARIABLE.sub(lambda match: known[match.group(1)], value)


def _variable(evidence: Evidence, container: Container, entry: Any, place: str) -> Setting | None:
    reference = mapping(dig(entry, "valueFrom", "configMapKeyRef"))
    if reference:
        return _referenced(evidence, container, reference, f"{place}.valueFrom.configMapKeyRef")
    if "valueFrom" in entry or REDACTED in text(entry.get("value")):
        return Setting(None, container.owner, place, container.digest)
    return Setting(text(entry.get("value")), container.owner, f"{place}.value", container.digest)


def _referenced(evidence: Evidence, container: Container, reference: Any, place: str) -> Setting | None:
    found = config_map(evidence, container.owner.namespace, text(reference.get("name")))
    unreadable = Setting(None, container.owner, place, container.digest)
    if found is None or not found.readable:
        return unreadable
    setting = found.get(text(reference.get("key")))
    return setting if setting or reference.get("optional") is True else unreadable
