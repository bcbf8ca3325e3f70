"""How to reach one API server, and how patiently."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ApiSettings:
    """Where the API server is, whose credentials are used, and when to give up.

    Attributes:
        kubeconfig: file to read; None takes `KUBECONFIG` or `~/.kube/config`, as kubectl does.
        context: context of the kubeconfig; None takes the current one.
        in_cluster: use the service account of the pod that this runs in.
        server: URL of an API server that no kubeconfig names; `token_file` and `ca_file` go with it.
        token_file: file with a bearer token; it is read for each collection, so that it may be rotated.
        ca_file: PEM file of the authorities that the server's certificate is verified against.
        secrets: read metadata of Secrets as well (never their data).
        certificates: namespaces in which TLS Secrets are read for their certificates; keys are dropped at once.
        page_size: objects in one page of a list (`limit`).
        connect_timeout: seconds to wait for a connection.
        read_timeout: seconds to wait for the next bytes of an answer.
        answer_seconds: for one whole answer; a server may send a byte a minute for ever.
        largest_answer: bytes of one answer, unpacked; a page of 500 large objects is a tenth of it.
        total_seconds: for everything; kinds that are not read by then are gaps.
        attempts: how often one request is tried in all.
        backoff: seconds before the second attempt; doubled for each one after it.
        longest_wait: seconds between two attempts at most, also where `Retry-After` asks for more.
        jitter: spread the waits at random, so that many collectors do not come back at once.
        restarts: how often one list begins again because its page token expired (410).
    """

    kubeconfig: Path | None = None
    context: str | None = None
    in_cluster: bool = False
    server: str | None = None
    token_file: Path | None = None
    ca_file: Path | None = None
    secrets: bool = False
    certificates: tuple[str, ...] = ()
    page_size: int = 500
    connect_timeout: float = 10.0
    read_timeout: float = 60.0
    answer_seconds: float = 300.0
    largest_answer: int = 256 * 2**20
    total_seconds: float = 3600.0
    attempts: int = 5
    backoff: float = 0.5
    longest_wait: float = 30.0
    jitter: bool = True
    restarts: int = 3
