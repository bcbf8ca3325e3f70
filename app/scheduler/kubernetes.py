"""Slots as Kubernetes Jobs: one for each cluster and slot, in the cluster that the service runs in.

The Job claims its slot and stores its scan in the shared database, as `netattest schedule run-now CLUSTER --slot TIME` does
anywhere; the service only makes it, waits for its end, and records a slot whose Job left no word.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from copy import deepcopy
from datetime import datetime
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from threading import Event
from typing import Any

import yaml
from kubernetes import client
from kubernetes import config as kubeconfig
from urllib3.exceptions import HTTPError

from app.errors import CollectError, ConfigurationError
from app.model.history import SlotStatus
from app.model.yaml_text import UNREADABLE
from app.scheduler.work import Work

_LONGEST_PART = 30  # of a cluster's name in a Job's: 63 characters are allowed in all
_POLL_SECONDS = 5.0
_PATIENCE = (10.0, 30.0)  # seconds for a connection and for an answer: the client itself would wait for ever


class KubernetesJobs:
    """Runs slots as Jobs.

    Args:
        template: a Job; its first container's `args` get `--slot TIME -- CLUSTER` added.
        api: a client whose account may create and get Jobs in the template's namespace.
        stop: once it is set, Jobs are left to themselves: they end without the service, and their slots are theirs.
        poll_seconds: between two looks at a Job.
        patience: seconds for a connection and for an answer.
    """

    def __init__(
        self,
        template: dict[str, Any],
        api: client.BatchV1Api,
        stop: Event,
        poll_seconds: float = _POLL_SECONDS,
        patience: tuple[float, float] = _PATIENCE,
    ) -> None:
        self._template, self._api, self._stop = template, api, stop
        self._poll_seconds, self._patience = poll_seconds, patience
        self._namespace: str = template["metadata"]["namespace"]

    def __call__(self, work: Work, slot: datetime) -> None:
        """Make the slot's Job, or find it there already, and wait until it has ended.

        Raises:
            CollectError: the Job could not be made; the slot is nobody's yet and comes due again.
        """
        job: Any = job_for(self._template, work.cluster, slot)
        name = job["metadata"]["name"]
        with _api_errors(f"Job {self._namespace}/{name} could not be made"):
            try:
                self._api.create_namespaced_job(self._namespace, job, _request_timeout=self._patience)
                work.log(slot=slot.isoformat()).info("made a Job", job=name)
            except client.ApiException as error:
                if error.status != HTTPStatus.CONFLICT:
                    raise
                work.log(slot=slot.isoformat()).info("its Job is there already", job=name)
        work.metrics.started(work.cluster)
        try:
            ended = self._ended(work, name)
        finally:
            work.metrics.idle(work.cluster)
        if ended is not None:
            self._require_word(work, slot, f"Job {self._namespace}/{name} {ended}")

    def _ended(self, work: Work, name: str) -> str | None:
        """Wait for the end of a Job, and say how it ended; None when the service stops before."""
        while not self._stop.is_set():
            try:
                with _api_errors(f"Job {self._namespace}/{name} could not be looked at"):
                    job = self._api.read_namespaced_job(
                        name, self._namespace, _request_timeout=self._patience
                    )
            except CollectError as error:
                if isinstance(error.__cause__, client.ApiException) and error.__cause__.status == 404:  # noqa: PLR2004
                    return "is gone"
                work.log().warning("waiting for a Job", reason=str(error))
            else:
                if said := _end_of(job):
                    return said
            self._stop.wait(self._poll_seconds)
        return None

    def _require_word(self, work: Work, slot: datetime, said: str) -> None:
        """Record a slot as failed when its Job ended without doing so: it never started, or was killed."""
        recorded = work.store.slots(work.cluster, slot, slot)
        if not recorded or recorded[0].status is SlotStatus.RUNNING:
            work.close(slot, SlotStatus.FAILED, reason=f"{said} without a result")
        else:
            work.metrics.ended(work.cluster, recorded[0].status)


def job_for(template: dict[str, Any], cluster: str, slot: datetime) -> dict[str, Any]:
    """The Job of a slot: its name follows from cluster and slot, so that making it twice is a conflict."""
    job = deepcopy(template)
    labels = {"netattest/cluster": _label(cluster)}
    job["metadata"]["name"] = job_name(cluster, slot)
    job["metadata"].setdefault("labels", {}).update(labels)
    job["metadata"].setdefault("annotations", {}).update(
        {"netattest/cluster": cluster, "netattest/slot": slot.isoformat()}
    )
    pod = job["spec"]["template"]
    pod.setdefault("metadata", {}).setdefault("labels", {}).update(labels)
    pod["spec"]["containers"][0]["args"] += ["--slot", slot.isoformat(), "--", cluster]
    return job


def job_name(cluster: str, slot: datetime) -> str:
    """`netattest-prod-eu-1-3f2a9c81-202611220115`: readable, and no two clusters share it."""
    digest = sha256(cluster.encode()).hexdigest()[:8]
    return f"netattest-{_label(cluster)}-{digest}-{slot:%Y%m%d%H%M}"


def _label(cluster: str) -> str:
    plain = re.sub(r"[^a-z0-9]+", "-", cluster.lower())[:_LONGEST_PART].strip("-")
    return plain or "cluster"


def _end_of(job: client.V1Job) -> str:
    """How a Job ended, in words; empty while it runs."""
    for item in (job.status.conditions or ()) if job.status else ():
        if item.status == "True" and item.type in ("Complete", "Failed"):
            told = " ".join(part for part in (item.reason, item.message) if part)
            return f"ended as {item.type}{f' ({told})' if told else ''}"
    return ""


@contextmanager
def _api_errors(what: str) -> Iterator[None]:
    try:
        yield
    except client.ApiException as error:
        raise CollectError(
            f"{what}: HTTP {error.status} {error.reason}",
            advice="the service's account needs the Role of deploy/components/executor",
        ) from error
    except (HTTPError, OSError) as error:
        raise CollectError(f"{what}: {type(error).__name__}", advice="is the API server there?") from error


def kubernetes_jobs(template: Path, stop: Event) -> KubernetesJobs:
    """Jobs from a template file, with the account of the pod that this runs in, else the current kubeconfig.

    Raises:
        ConfigurationError: the template cannot be used.
        CollectError: there are no credentials.
    """
    job = read_template(template)
    settings = client.Configuration()
    try:
        kubeconfig.load_config(client_configuration=settings)  # type: ignore[no-untyped-call]
    except (kubeconfig.ConfigException, OSError) as error:
        raise CollectError(
            f"there are no credentials to make Jobs with: {error}",
            advice="run the service in a cluster, or with a kubeconfig",
        ) from error
    return KubernetesJobs(job, client.BatchV1Api(client.ApiClient(settings)), stop)


def read_template(path: Path) -> dict[str, Any]:
    """A Job with a namespace and a container whose `args` can be added to."""
    try:
        job = yaml.safe_load(path.read_text(encoding="utf-8"))
        usable = job["kind"] == "Job" and job["metadata"]["namespace"] and job["spec"]["template"]["spec"]
        args = job["spec"]["template"]["spec"]["containers"][0]["args"]
    except (OSError, *UNREADABLE) as error:
        raise ConfigurationError(
            f"service.job_template: {path} cannot be used: {type(error).__name__} {error}",
            advice="start from deploy/components/executor/job.yaml",
        ) from error
    if not usable or not isinstance(args, list):
        raise ConfigurationError(
            f"service.job_template: {path} is not a Job with a namespace and arguments",
            advice="start from deploy/components/executor/job.yaml",
        )
    return dict(job)
