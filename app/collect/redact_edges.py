"""What is kept of objects of ingress controllers that hold more than their routes: names of Secrets are needed, other text is not.

The fields are those that tell ports, TLS and where requests lead; everything else goes, whatever it is called.
"""

import tomllib
from collections.abc import Mapping
from typing import Any

from app.collect import masking
from app.model.canonical import canonical_json
from app.model.yaml_text import UnreadableTextError, read_text

Object = dict[str, Any]

# F5's NGINX Ingress Controller: VirtualServer, VirtualServerRoute, TransportServer. `secret` is the name of one.
_SERVERS = frozenset(
    {
        *("host", "ingressClassName", "listener", "http", "https", "name", "protocol", "internalRoute"),
        *("tls", "secret", "redirect", "enable", "code", "basedOn", "policies", "namespace"),
        *("upstreams", "service", "port", "backup", "backupPort", "type", "use-cluster-ip"),
        *(
            "routes",
            "subroutes",
            "path",
            "route",
            "routeSelector",
            "matchLabels",
            "action",
            "pass",
            "return",
            "proxy",
            "upstream",
        ),
        *("splits", "weight", "matches"),
    }
)
_LABELS = "matchLabels"  # whatever its keys are called
_SNIPPETS = ("http-snippets", "server-snippets", "serverSnippets", "streamSnippets")
_POLICY = frozenset(
    {"ingressClassName", "ingressMTLS", "egressMTLS", "clientCertSecret", "verifyClient"}
    | {"tlsSecret", "trustedCertSecret", "verifyServer"}
)
# Kong: a KongIngress holds settings of proxies and routes.
_KONG = frozenset({"protocol", "protocols", "https_redirect_status_code"})
# Traefik's static configuration, in small letters; beside these stand accounts of providers, tracers and authorities.
_STATIC = frozenset({"entrypoints", "serverstransport", "tcpserverstransport"})
_ENTRY_POINT = frozenset({"address", "asdefault", "http"})
_STATIC_FIELDS = frozenset(
    {
        *(
            "tls",
            "options",
            "insecureskipverify",
            "middlewares",
            "redirections",
            "entrypoint",
            "to",
            "scheme",
            "priority",
        ),
    }
)


def redact_server(value: Object) -> None:
    """Of a server of F5's NGINX: ports, TLS, where it leads; that there are snippets, not what they say."""
    spec = value.get("spec")
    kept = _kept(spec, _SERVERS)
    if isinstance(spec, dict) and isinstance(kept, dict):
        kept |= {name: masking.mask(spec[name]) for name in _SNIPPETS if name in spec}
    value["spec"] = kept
    status = value.get("status")
    value["status"] = {"state": status["state"]} if isinstance(status, dict) and "state" in status else {}


def redact_policy_of_nginx(value: Object) -> None:
    """Of a Policy of F5's NGINX: which kinds it has, and of the two about TLS what they ask for."""
    spec = value.get("spec")
    kinds = spec if isinstance(spec, dict) else {}
    value["spec"] = {name: _kept(item, _POLICY) for name, item in kinds.items()}
    value.pop("status", None)


def redact_kong(value: Object) -> None:
    """Of a KongIngress: protocols."""
    for name in [name for name in value if name not in ("apiVersion", "kind", "metadata")]:
        value[name] = _kept(value[name], _KONG)


def static_of_traefik(data: Mapping[str, Any]) -> Object:
    """Files of a ConfigMap that hold a static configuration of Traefik, cut down to what tells of TLS; others go."""
    found = {str(name): _static(text) for name, text in data.items() if isinstance(text, str)}
    return {name: text for name, text in found.items() if text}


def _static(text: str) -> str:
    """A file in YAML (or JSON, as it was written down before), else in TOML."""
    value = _yaml(text) or _toml(text)
    if not value:
        return ""
    parts = {str(key): item for key, item in value.items() if str(key).lower() in _STATIC}
    return canonical_json({key: _part(key.lower(), item) for key, item in parts.items()}).decode()


def _yaml(text: str) -> Object:
    try:
        value = read_text(text)
    except UnreadableTextError:
        return {}
    return value if isinstance(value, dict) else {}


def _toml(text: str) -> Object:
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return {}


def _part(name: str, value: Any) -> Any:
    if name == "entrypoints" and isinstance(value, dict):
        return {
            str(key): {
                str(field): _kept_alike(inner)
                for field, inner in (item.items() if isinstance(item, dict) else ())
                if str(field).lower() in _ENTRY_POINT
            }
            for key, item in value.items()
        }
    return _kept_alike(value)


def _kept_alike(value: Any) -> Any:
    """Fields of Traefik's file, whose names are compared without regard to case."""
    match value:
        case dict():
            return {
                str(key): _kept_alike(item)
                for key, item in value.items()
                if str(key).lower() in _STATIC_FIELDS
            }
        case list():
            return [item for item in value if isinstance(item, str)]
        case str() | bool() | None:
            return value
        case _:
            return str(value)  # numbers and times of TOML, which JSON has no room for


def _kept(value: Any, names: frozenset[str]) -> Any:
    match value:
        case dict():
            return {
                key: item if key == _LABELS else _kept(item, names)
                for key, item in value.items()
                if key in names
            }
        case list():
            return [_kept(item, names) for item in value]
        case _:
            return value
