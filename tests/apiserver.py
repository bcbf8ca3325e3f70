"""A Kubernetes API server over real HTTPS on the loopback, with faults that a test chooses.

Stateful fakes exist (kmock answers Kubernetes resources over HTTP), but none of those that can be installed pages its
lists with `limit` and `continue`, serves TLS, or can break off in the middle of a body; those are exactly what a
collector has to survive. So this one is written here, on the standard library: discovery, paged lists over all
namespaces, single objects, metadata-only lists, access reviews and the version. Plural names are derived by English
rules and not taken from the program, so that a wrong name in the program's table does not go unnoticed.

The certificate and key in `data/apiserver/` were made for this file; the authority's key was thrown away.
"""

import base64
import gzip
import json
import threading
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from ssl import PROTOCOL_TLS_SERVER, SSLContext
from typing import Self
from urllib.parse import parse_qs, urlsplit

import yaml

TOKEN = "a-token-that-only-this-server-knows"
USER = "system:serviceaccount:netattest:collector"
VERSION = "v1.34.2"
_DATA = Path(__file__).parent / "data" / "apiserver"
_PLURALS = {
    "IngressClassParams": "ingressclassparams",
    "ProxyDefaults": "proxydefaults",
    "ServiceDefaults": "servicedefaults",
    "ServiceIntentions": "serviceintentions",
}
_BUILTIN = (
    ("v1", "Namespace Node", False),
    ("v1", "Pod Service ServiceAccount ConfigMap Secret ReplicationController", True),
    ("apps/v1", "Deployment StatefulSet DaemonSet ReplicaSet", True),
    ("batch/v1", "Job CronJob", True),
    ("networking.k8s.io/v1", "NetworkPolicy Ingress", True),
    ("networking.k8s.io/v1", "IngressClass", False),
    ("rbac.authorization.k8s.io/v1", "ClusterRole ClusterRoleBinding", False),
    ("rbac.authorization.k8s.io/v1", "Role RoleBinding", True),
    ("admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration ValidatingWebhookConfiguration", False),
    ("apiregistration.k8s.io/v1", "APIService", False),
)


@dataclass
class Fault:
    """What goes wrong, on which requests.

    `target` is a plural resource name, a path such as `/version`, or `*`. The first `after` requests of it pass, the
    next `times` fail (None: all that follow).
    """

    target: str = "*"
    status: int = 0
    after: int = 0
    times: int | None = 1
    retry_after: int | None = None
    cut: bool = False  # send half of the body, then close
    hang: float = 0.0  # seconds of silence before anything is sent
    pad: int = 0  # blanks after the body, as many as that, zipped; negative: one each 50 ms, without end
    method: str = "GET"
    seen: int = field(default=0, init=False)

    def strikes(self, target: str, path: str) -> bool:
        if self.target not in ("*", target, path):
            return False
        self.seen += 1
        return self.seen > self.after and (self.times is None or self.seen <= self.after + self.times)


def forbidden(resource: str) -> Fault:
    """Every request for this resource is refused, as RBAC does."""
    return Fault(resource, status=403, times=None)


def plural(kind: str) -> str:
    """The resource name of a kind."""
    name = kind.lower()
    if kind in _PLURALS:
        return _PLURALS[kind]
    if name.endswith(("s", "x", "ch", "sh")):
        return name + "es"
    if name.endswith("y") and name[-2] not in "aeiou":
        return name[:-1] + "ies"
    return name + "s"


@dataclass(frozen=True)
class Resource:
    """One served resource."""

    api_version: str
    kind: str
    namespaced: bool

    @property
    def group(self) -> str:
        return self.api_version.rpartition("/")[0]

    @property
    def root(self) -> str:
        return f"/apis/{self.api_version}" if "/" in self.api_version else f"/api/{self.api_version}"


class ApiServer:
    """Use as `with ApiServer(objects, faults=[…]) as server: server.kubeconfig(path)`.

    Args:
        objects: Kubernetes objects as JSON values; their kinds are served besides the built-in ones.
        faults: what goes wrong; the first fault that matches a request decides it.
        serve: further `apiVersion/Kind` pairs to serve without objects, such as `cilium.io/v2/CiliumEndpoint`.
        rules: the rules of a ClusterRole; everything that they do not grant is refused, as RBAC does. None grants all.
    """

    def __init__(
        self,
        objects: Iterable[dict] = (),
        *,
        faults: Iterable[Fault] = (),
        serve: Iterable[str] = (),
        rules: Iterable[dict] | None = None,
    ):
        self.faults = list(faults)
        self.rules = None if rules is None else list(rules)
        self.requests: Counter[str] = Counter()
        self.queries: list[tuple[str, dict[str, str]]] = []
        self._lock = threading.Lock()
        self._version = 1000
        self._resources: dict[tuple[str, str], Resource] = {}
        self._objects: dict[tuple[str, str], dict[tuple[str, str], bytes]] = {}
        for api_version, kinds, namespaced in _BUILTIN:
            for kind in kinds.split():
                self._serve(api_version, kind, namespaced=namespaced)
        for text in serve:
            api_version, _, kind = text.rpartition("/")
            self._serve(api_version, kind, namespaced=True)
        for item in objects:
            self.put(item)

    def put(self, item: dict) -> None:
        """Create or replace an object, as an API server stores it."""
        metadata = {**item["metadata"]}
        namespace, name = metadata.get("namespace", ""), metadata["name"]
        resource = self._serve(item["apiVersion"], item["kind"], namespaced=bool(namespace))
        if resource.namespaced and not namespace:
            namespace = metadata["namespace"] = "default"
        with self._lock:
            self._version += 1
            metadata.setdefault(
                "uid", f"00000000-0000-4000-8000-{abs(hash_text(f'{namespace}/{name}')):012d}"
            )
            metadata["resourceVersion"] = str(self._version)
            stored = {
                key: value for key, value in item.items() if key not in ("apiVersion", "kind", "metadata")
            }
            body = json.dumps({"metadata": metadata, **stored}).encode()
            self._objects[resource.api_version, plural(resource.kind)][namespace, name] = body

    def delete(self, api_version: str, kind: str, name: str, namespace: str = "") -> None:
        """Remove an object."""
        with self._lock:
            self._version += 1
            del self._objects[api_version, plural(kind)][namespace, name]

    def kubeconfig(
        self, path: Path, *, token: str = TOKEN, verify: bool = True, context: str = "test"
    ) -> Path:
        """Write credentials for this server, and return the file."""
        cluster = {"server": self.url}
        if verify:
            cluster["certificate-authority-data"] = base64.b64encode((_DATA / "ca.crt").read_bytes()).decode()
        else:
            cluster["insecure-skip-tls-verify"] = True
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "local", "cluster": cluster}],
            "users": [{"name": "collector", "user": {"token": token}}],
            "contexts": [{"name": context, "context": {"cluster": "local", "user": "collector"}}],
            "current-context": context,
        }
        path.write_text(yaml.safe_dump(config), encoding="utf-8")
        return path

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self._port}"

    def __enter__(self) -> Self:
        context = SSLContext(PROTOCOL_TLS_SERVER)
        context.load_cert_chain(_DATA / "server.pem")
        self._server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"api": self}))
        self._server.socket = context.wrap_socket(
            self._server.socket, server_side=True, do_handshake_on_connect=False
        )
        self._port = self._server.server_address[1]
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        )
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def record(self, method: str, path: str, query: dict[str, str]) -> Fault | None:
        """Count one request, and say which fault it meets."""
        target = _target(path)
        with self._lock:
            self.requests[target] += 1
            self.queries.append((target, query))
            meant = (item for item in self.faults if item.method == method)
            return next((item for item in meant if item.strikes(target, path)), None)

    # --- answers; each is (status, JSON bytes) ----------------------------------------------------------------------

    def answer(
        self, method: str, path: str, query: dict[str, str], accept: str, body: dict
    ) -> tuple[int, bytes]:
        """The answer of a healthy server."""
        if method == "POST":
            return self._review(path, body) if path.endswith("reviews") else self._create(path, body)
        fixed = {"/version": {"gitVersion": VERSION}, "/api": {"kind": "APIVersions", "versions": ["v1"]}}
        if path in fixed:
            return _json(fixed[path])
        if path == "/apis":
            return _json(self._groups())
        return self._resource_answer(path, query, accept)

    def _resource_answer(self, path: str, query: dict[str, str], accept: str) -> tuple[int, bytes]:
        parts = path.split("/")
        for resource in self._resources.values():
            name = plural(resource.kind)
            if path == resource.root:
                return _json(self._group_version(resource.api_version))
            in_namespace = path.startswith(f"{resource.root}/namespaces/")
            if path == f"{resource.root}/{name}" or (in_namespace and parts[-1] == name):
                return self._list(resource, query, accept, parts[-2] if in_namespace else "")
            if in_namespace and parts[-2] == name:
                return self._get(resource, parts[-3], parts[-1])
        return status(404, "the server could not find the requested resource")

    def _serve(self, api_version: str, kind: str, *, namespaced: bool) -> Resource:
        known = self._resources.get((api_version, kind))
        if known is None:
            known = self._resources[api_version, kind] = Resource(api_version, kind, namespaced)
            self._objects[api_version, plural(kind)] = {}
        return known

    def _groups(self) -> dict:
        versions: dict[str, list[str]] = {}
        for resource in self._resources.values():
            group, slash, version = resource.api_version.partition("/")
            if slash and version not in versions.setdefault(group, []):
                versions[group].append(version)
        rows = [
            {
                "name": group,
                "versions": [{"groupVersion": f"{group}/{item}", "version": item} for item in served],
                "preferredVersion": {"groupVersion": f"{group}/{served[0]}", "version": served[0]},
            }
            for group, served in versions.items()
        ]
        return {"kind": "APIGroupList", "apiVersion": "v1", "groups": rows}

    def _group_version(self, api_version: str) -> dict:
        rows = [
            {
                "name": plural(item.kind),
                "kind": item.kind,
                "namespaced": item.namespaced,
                "verbs": ["get", "list"],
            }
            for item in self._resources.values()
            if item.api_version == api_version
        ]
        return {"kind": "APIResourceList", "groupVersion": api_version, "resources": rows}

    def _list(
        self, resource: Resource, query: dict[str, str], accept: str, namespace: str = ""
    ) -> tuple[int, bytes]:
        if not self.grants(resource.group, plural(resource.kind), "list"):
            return status(403, f"{plural(resource.kind)} is forbidden: cannot list")
        wanted = query.get("fieldSelector", "").removeprefix("type=")
        with self._lock:
            stored = {
                key: body
                for key, body in self._objects[resource.api_version, plural(resource.kind)].items()
                if namespace in ("", key[0]) and (not wanted or json.loads(body).get("type") == wanted)
            }
            keys, version = sorted(stored), self._version
            start = int(base64.b64decode(query["continue"])) if "continue" in query else 0
            end = start + int(query.get("limit", 0) or len(keys))
            items = [stored[key] for key in keys[start:end]]
        metadata = {"resourceVersion": str(version)}
        if end < len(keys):
            metadata["continue"] = base64.b64encode(str(end).encode()).decode()
            metadata["remainingItemCount"] = len(keys) - end
        kind, api_version = f"{resource.kind}List", resource.api_version
        if "PartialObjectMetadataList" in accept:
            kind, api_version = "PartialObjectMetadataList", "meta.k8s.io/v1"
            items = [json.dumps({"metadata": json.loads(item)["metadata"]}).encode() for item in items]
        head = {"kind": kind, "apiVersion": api_version, "metadata": metadata}
        return 200, json.dumps(head).encode()[:-1] + b', "items": [' + b", ".join(items) + b"]}"

    def _get(self, resource: Resource, namespace: str, name: str) -> tuple[int, bytes]:
        if not self.grants(resource.group, plural(resource.kind), "get", name):
            return status(403, f"{plural(resource.kind)} {name!r} is forbidden: cannot get")
        with self._lock:
            body = self._objects[resource.api_version, plural(resource.kind)].get((namespace, name))
        if body is None:
            return status(404, f'{plural(resource.kind)} "{name}" not found')
        return _json({"apiVersion": resource.api_version, "kind": resource.kind, **json.loads(body)})

    def _create(self, path: str, body: dict) -> tuple[int, bytes]:
        """A new object; one of that name that is there already is a conflict."""
        *_, namespace, name = path.split("/")
        group = body["apiVersion"].rpartition("/")[0]
        if not self.grants(group, name, "create"):
            return status(403, f"{name} is forbidden: cannot create")
        key = namespace, body["metadata"]["name"]
        if key in self._objects.get((body["apiVersion"], name), {}):
            return status(409, f"{name} {key[1]!r} already exists")
        self.put({**body, "metadata": {**body["metadata"], "namespace": namespace}})
        return _json(body, 201)

    def _review(self, path: str, body: dict) -> tuple[int, bytes]:
        if path.endswith("/selfsubjectreviews"):
            return _json({**body, "status": {"userInfo": {"username": USER}}}, 201)
        if path.endswith("/selfsubjectaccessreviews"):
            asked = body["spec"]["resourceAttributes"]
            wanted = asked["resource"]
            refused = any(item.status == 403 and item.target in ("*", wanted) for item in self.faults)
            granted = self.grants(asked.get("group", ""), wanted, asked["verb"], asked.get("name", ""))
            return _json({**body, "status": {"allowed": granted and not refused}}, 201)
        return status(404, "the server could not find the requested resource")

    def grants(self, group: str, resource: str, verb: str, name: str = "") -> bool:
        """What RBAC says: one rule must name the group, the resource and the verb, and the object if it names any."""
        return self.rules is None or any(
            group in rule["apiGroups"]
            and resource in rule["resources"]
            and verb in rule["verbs"]
            and (not rule.get("resourceNames") or name in rule["resourceNames"])
            for rule in self.rules
        )


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that goes away, or does not trust the certificate, is its own affair."""


def status(code: int, message: str) -> tuple[int, bytes]:
    """An error as API servers write it."""
    return _json(
        {"kind": "Status", "apiVersion": "v1", "status": "Failure", "message": message, "code": code}, code
    )


def hash_text(text: str) -> int:
    """A small number that is the same in every process."""
    return sum((index + 1) * ord(letter) for index, letter in enumerate(text)) % 10**12


def _json(value: dict, code: int = 200) -> tuple[int, bytes]:
    return code, json.dumps(value).encode()


class _Handler(BaseHTTPRequestHandler):
    """One connection; `api` is the fake that it belongs to."""

    api: ApiServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        self._respond("GET")

    def do_POST(self) -> None:
        self._respond("POST")

    def _respond(self, method: str) -> None:
        url = urlsplit(self.path)
        query = {key: values[0] for key, values in parse_qs(url.query).items()}
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fault = self.api.record(method, url.path, query)
        if fault is not None:
            time.sleep(fault.hang)
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            answer = status(401, "Unauthorized")
        elif fault is not None and fault.status:
            answer = status(fault.status, f"{url.path} is refused by a fault")
        else:
            accept = self.headers.get("Accept", "")
            answer = self.api.answer(method, url.path, query, accept, json.loads(body or b"{}"))
        self._send(*answer, fault or Fault())

    def _send(self, code: int, data: bytes, fault: Fault) -> None:
        if fault.pad:
            self._send_more(code, data, fault.pad)
            return
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        if fault.retry_after is not None:
            self.send_header("Retry-After", str(fault.retry_after))
        self.end_headers()
        if fault.cut:
            data = data[: len(data) // 2]
            self.close_connection = True
        self.wfile.write(data)

    def _send_more(self, code: int, data: bytes, pad: int) -> None:
        """An answer that is small on the wire and large when unpacked, or one that never ends."""
        self.close_connection = True
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        if pad > 0:
            self.send_header("Content-Encoding", "gzip")
        self.end_headers()
        self.wfile.write(gzip.compress(data + b" " * pad) if pad > 0 else data)
        while pad < 0:
            time.sleep(0.05)
            try:
                self.wfile.write(b" ")
            except OSError:
                return

    def log_message(self, *_: object) -> None:
        """Tests read `requests` instead."""


def _target(path: str) -> str:
    """The resource that a path is about; the path itself for discovery and the version."""
    parts = path.strip("/").split("/")
    if "namespaces" in parts[:-1]:
        return parts[parts.index("namespaces") + 2]
    is_list = len(parts) == (3 if parts[0] == "api" else 4)
    return parts[-1] if is_list else path
