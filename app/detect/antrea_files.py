"""The files in ConfigMap `antrea-config`, which Antrea's agent and controller read when they start.

Each is YAML in a string; what stands there behind `#` is not set. Source: the project's install manifests; `pkg/config` in its source.
"""

from collections.abc import Mapping
from typing import Any

from app.detect.fields import mapping
from app.detect.settings import ConfigMap
from app.model.yaml_text import UnreadableTextError, read_text

AGENT_FILE, CONTROLLER_FILE = "antrea-agent.conf", "antrea-controller.conf"


def settings_of(config: ConfigMap | None, file: str) -> Mapping[str, Any] | None:
    """What a file sets; None when it was not read, or cannot be: no key of a file that is no YAML is taken as unset."""
    setting = config.get(file) if config else None
    if setting is None or setting.value is None:
        return None
    try:
        found = read_text(setting.value)
    except UnreadableTextError:
        return None
    return mapping(found) if found is None or isinstance(found, dict) else None
