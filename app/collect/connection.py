"""One connection to an API server: raw requests, retried as far as that can help.

Answers are handed on as bytes: the client's typed models drop fields that they do not know and refuse odd objects, and
evidence may do neither. Requests that are answered 429 or 5xx, time out or break off are repeated with growing waits,
`Retry-After` honoured; a refusal is final.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Self, TypeVar

import msgspec
import tenacity
import urllib3
import yaml
from kubernetes import client
from kubernetes import config as kubernetes_config
from urllib3.exceptions import HTTPError

from app.collect import exec_plugin
from app.collect.masking import masked_text
from app.collect.settings import ApiSettings
from app.errors import ConfigurationError

T = TypeVar("T")

# The package says that it is typed and leaves these functions without types.
_config: Any = kubernetes_config

JSON = "application/json"
_TRANSIENT_STATUS = frozenset({408, 429, 500, 502, 503, 504})
_OK = range(200, 300)
_MAX_MESSAGE = 300
_PART = 2**16  # bytes that are read at once


class RequestRefusedError(Exception):
    """The server answered, and the answer is no. `status` is the HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"HTTP {status}: {message}" if message else f"HTTP {status}")
        self.status = status


class ServerUnreachableError(Exception):
    """No usable answer within the allowed attempts; the message says what the last one was."""


class _TransientError(Exception):
    """A failure that another attempt may mend. `wait` is what the server asked for, in seconds."""

    def __init__(self, problem: str, wait: float | None = None) -> None:
        super().__init__(problem)
        self.wait = wait


class _Status(msgspec.Struct):
    """`meta/v1 Status`, the body of a refusal."""

    message: str | None = None


@dataclass(frozen=True)
class Connection:
    """An open connection. Use it as a context manager, so that its sockets are closed.

    Attributes:
        api: the client, used for its transport and credentials only.
        settings: time-outs and attempts.
        description: the server for a person, without credentials.
        began: when, on the monotonic clock: everything together has its time.
    """

    api: client.ApiClient
    settings: ApiSettings
    description: str
    began: float = field(default_factory=monotonic)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        rest: Any = self.api.rest_client
        rest.close()

    def get(
        self,
        path: str,
        parse: Callable[[bytes], T],
        query: Mapping[str, str | int] | None = None,
        accept: str = JSON,
    ) -> T:
        """Request one resource and parse the answer; an answer that does not parse counts as broken off.

        Args:
            path: path of the URL.
            parse: turns the body into a value; raises `msgspec.DecodeError` when it is cut off.
            query: query parameters.
            accept: media type to ask for.

        Raises:
            RequestRefusedError: the server answered with another status than success.
            ServerUnreachableError: every attempt failed.
        """
        return self._retried(lambda: self._request("GET", path, parse, query, accept, None))

    def post(self, path: str, parse: Callable[[bytes], T], body: Mapping[str, Any]) -> T:
        """Create a review object (it is not stored by the server) and parse the answer; raises as `get`."""
        return self._retried(lambda: self._request("POST", path, parse, None, JSON, body))

    def _retried(self, request: Callable[[], T]) -> T:
        attempts = tenacity.Retrying(
            stop=tenacity.stop_after_attempt(self.settings.attempts),
            wait=self._wait,
            retry=tenacity.retry_if_exception_type(_TransientError),
            reraise=True,
        )
        try:
            return attempts(request)
        except _TransientError as error:
            raise ServerUnreachableError(f"{error}, {self.settings.attempts} times") from error

    def _wait(self, state: tenacity.RetryCallState) -> float:
        """Seconds until the next attempt: what the server asked for, else twice as long as the last time."""
        error = state.outcome.exception() if state.outcome else None
        if isinstance(error, _TransientError) and error.wait is not None:
            return min(error.wait, self.settings.longest_wait)
        shape = tenacity.wait_random_exponential if self.settings.jitter else tenacity.wait_exponential
        return shape(multiplier=self.settings.backoff, max=self.settings.longest_wait)(state)

    def _request(
        self,
        method: str,
        path: str,
        parse: Callable[[bytes], T],
        query: Mapping[str, str | int] | None,
        accept: str,
        body: Mapping[str, Any] | None,
    ) -> T:
        if problem := self._out_of_time():
            raise ServerUnreachableError(problem)
        serialized = self.api.param_serialize(
            method,
            path,
            query_params=list((query or {}).items()),
            header_params={"Accept": accept},
            body=body,
            auth_settings=["BearerToken"],
        )
        try:
            answer: Any = self.api.call_api(
                serialized[0],
                serialized[1],
                header_params=serialized[2],
                body=serialized[3],
                _request_timeout=(self.settings.connect_timeout, self.settings.read_timeout),
            )
            data = self._body(answer.response)
        except client.ApiException as error:  # how the client reports TLS failures
            raise _tls_failure(str(error.reason)) from error
        except (HTTPError, OSError) as error:
            raise _TransientError(_problem(error)) from error
        return _parsed(answer.status, answer.headers, data, parse)

    def _body(self, answer: urllib3.HTTPResponse) -> bytes:
        """The whole body: as it comes, since a server that never ends it would fill the memory, or hold the night."""
        until, body, problem = monotonic() + self.settings.answer_seconds, bytearray(), ""
        while not problem and (part := answer.read1(_PART)):
            body += part
            problem = self._beyond(len(body), until)
        if problem:
            answer.close()
            raise ServerUnreachableError(problem)
        answer.release_conn()
        return bytes(body)

    def _beyond(self, size: int, until: float) -> str:
        """Which limit an answer has reached."""
        settings = self.settings
        if size > settings.largest_answer:
            return f"the answer is larger than {settings.largest_answer} bytes"
        if monotonic() > until:
            return f"the answer took longer than {settings.answer_seconds:g} s"
        return self._out_of_time()

    def _out_of_time(self) -> str:
        total = self.settings.total_seconds
        spent = monotonic() - self.began > total
        return f"reading the cluster took longer than {total:g} s (collect.total_seconds)" if spent else ""


# What the client library raises for a kubeconfig whose parts have the wrong shape: it indexes before it looks.
_UNUSABLE = (_config.ConfigException, TypeError, KeyError, IndexError, AttributeError)


def connect(settings: ApiSettings) -> Connection:
    """Read the credentials and prepare a connection; nothing is sent yet.

    Raises:
        ConfigurationError: the kubeconfig, its context or the service account cannot be used.
    """
    configuration = client.Configuration()
    exec_plugin.bound()
    try:
        where = _load(settings, configuration)
    except (*_UNUSABLE, OSError, ValueError, yaml.YAMLError) as error:
        file = f"{settings.kubeconfig}: " if settings.kubeconfig else ""
        raise ConfigurationError(
            f"the credentials for the cluster cannot be used: {file}{masked_text(' '.join(str(error).split()))}",
            advice="Check --kubeconfig and --context (`kubectl config get-contexts`), or --in-cluster inside a pod.",
        ) from error
    configuration.retries = False  # urllib3's own retries know nothing about Retry-After limits or cut bodies
    if not configuration.verify_ssl:
        where += ", TLS certificate not verified as the kubeconfig says"
        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
    return Connection(client.ApiClient(configuration), settings, where)


def _load(settings: ApiSettings, configuration: client.Configuration) -> str:
    if settings.in_cluster:
        _config.load_incluster_config(client_configuration=configuration)
        return "API server of the cluster it runs in"
    if settings.server:
        _config.load_kube_config_from_dict(
            _plain_kubeconfig(settings), client_configuration=configuration, persist_config=False
        )
        return f"API server {_without_credentials(settings.server)}"
    file = str(settings.kubeconfig) if settings.kubeconfig else None
    _config.load_kube_config(
        config_file=file,
        context=settings.context,
        client_configuration=configuration,
        persist_config=False,  # read-only: a refreshed token stays in memory
    )
    return f"API server of context {settings.context or _current_context(file)}"


def _without_credentials(url: str) -> str:
    """The description is stored with the scan; who wrote a password into the URL did not mean to publish it."""
    scheme, mark, rest = url.rpartition("://")
    place, slash, path = rest.partition("/")
    return f"{scheme}{mark}{place.rpartition('@')[2]}{slash}{path}"


def _plain_kubeconfig(settings: ApiSettings) -> dict[str, Any]:
    """What a kubeconfig would say about a server that is named by its URL, a token file and an authority file."""
    cluster = {"server": settings.server}
    if settings.ca_file:
        cluster["certificate-authority"] = str(settings.ca_file)
    user = {"token": settings.token_file.read_text().strip()} if settings.token_file else {}
    return {
        "current-context": "given",
        "clusters": [{"name": "given", "cluster": cluster}],
        "users": [{"name": "given", "user": user}],
        "contexts": [{"name": "given", "context": {"cluster": "given", "user": "given"}}],
    }


def _current_context(file: str | None) -> str:
    _, current = _config.list_kube_config_contexts(config_file=file)
    return str(current["name"])


def _parsed(status: int, headers: Mapping[str, str], data: bytes, parse: Callable[[bytes], T]) -> T:
    if status in _TRANSIENT_STATUS:
        raise _TransientError(f"HTTP {status}", _retry_after(headers))
    if status not in _OK:
        raise RequestRefusedError(status, _message(data))
    try:
        return parse(data)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _TransientError(f"the answer is not whole ({error})") from error
    except RecursionError:
        raise ServerUnreachableError("an object in the answer is nested too deeply") from None


def _tls_failure(reason: str) -> Exception:
    """A certificate that does not verify will not verify next time; anything else may be a broken connection."""
    text = " ".join(reason.split())
    if "CERTIFICATE" in text:
        return ServerUnreachableError(f"its TLS certificate was not accepted ({text})")
    return _TransientError(f"the TLS connection failed ({text})")


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """`Retry-After` in seconds; API servers never send its other form, a date."""
    text = headers.get("Retry-After", "")
    return float(text) if text.isascii() and text.isdigit() else None


def _message(data: bytes) -> str:
    try:
        text = msgspec.json.decode(data, type=_Status).message or ""
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        text = data[:_MAX_MESSAGE].decode(errors="replace")
    return " ".join(text.split())[:_MAX_MESSAGE]


def _problem(error: Exception) -> str:
    """One line about a transport failure, without the object addresses of urllib3's texts."""
    if isinstance(
        error, urllib3.exceptions.NewConnectionError
    ):  # a kind of time-out to urllib3, so it comes first
        cause = error.__cause__ or error.__context__
        number = cause.errno if isinstance(cause, OSError) else None
        return f"no connection ({os.strerror(number) if number else cause or error})"
    if isinstance(error, urllib3.exceptions.TimeoutError):
        return "the server did not answer in time"
    return f"the connection broke off ({type(error).__name__})"
