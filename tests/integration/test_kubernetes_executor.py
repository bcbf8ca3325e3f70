"""Slots as Jobs, against an API server over HTTP and the real database; the test plays the pod."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread

import kubernetes_validate
import pytest
from kubernetes import client
from kubernetes import config as kubeconfig

from app.cli.progress import LogLines
from app.errors import CollectError, ConfigurationError
from app.model.history import SlotStatus
from app.scheduler import Runner, Work
from app.scheduler.kubernetes import KubernetesJobs, job_for, job_name, read_template
from app.scheduler.metrics import Metrics
from app.scheduler.work import run_slot
from app.settings import ClusterSchedule, load_settings
from app.store import PostgresDeliveryBook, PostgresLedger
from tests.apiserver import ApiServer, Fault
from tests.integration.test_run import MANIFESTS, Clock

TEMPLATE = Path(__file__).resolve().parents[2] / "deploy/components/executor/job.yaml"
SLOT = datetime(2026, 1, 4, 2, tzinfo=UTC)
NAME = job_name("Shop/EU", SLOT)
RULES = [{"apiGroups": ["batch"], "resources": ["jobs"], "verbs": ["create", "get"]}]


@pytest.fixture
def work(store, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shop.yaml").write_text(MANIFESTS)
    schedule = ClusterSchedule.model_validate(
        {"name": "Shop/EU", "cron": "0 2 * * *", "from": [str(tmp_path / "shop.yaml")], "formats": []}
    )
    ledger = PostgresLedger(store._engine)
    return Work(
        schedule,
        load_settings(),
        store,
        ledger,
        PostgresDeliveryBook(store._engine),
        Clock(SLOT),
        Metrics(),
        LogLines,
    )


@pytest.fixture
def cluster():
    with ApiServer(rules=RULES) as cluster:
        yield cluster


def executor(server, tmp_path, stop=None):
    settings = client.Configuration()
    kubeconfig.load_kube_config(
        str(server.kubeconfig(tmp_path / "kubeconfig")), client_configuration=settings
    )
    settings.retries = False
    api = client.BatchV1Api(client.ApiClient(settings))
    return KubernetesJobs(read_template(TEMPLATE), api, stop or Event(), poll_seconds=0.05, patience=(2, 0.5))


def ended(job, kind, **words):
    return {**job, "status": {"conditions": [{"type": kind, "status": "True", **words}]}}


def jobs(server):
    return server._objects["batch/v1", "jobs"]


def as_the_pod(server, act, kind, **words):
    """Waits for the Job, does what its pod would, and lets Kubernetes say how it ended."""

    def play():
        while not jobs(server):
            Event().wait(0.02)
        act()
        server.put(ended(job_for(read_template(TEMPLATE), "Shop/EU", SLOT), kind, **words))

    pod = Thread(target=play)
    pod.start()
    return pod


def slot_of(work):
    (slot,) = work.store.slots("Shop/EU", SLOT, SLOT)
    return slot


def test_a_slot_becomes_a_job_whose_scan_is_in_the_shared_database(work, cluster, tmp_path):
    in_the_pod = replace(work, metrics=Metrics())
    pod = as_the_pod(cluster, lambda: run_slot(in_the_pod, SLOT), "Complete")
    Runner(work, SLOT.replace(day=3), executor(cluster, tmp_path), claim_seconds=0).tick()
    pod.join()
    assert (slot_of(work).status, slot_of(work).scan) == (SlotStatus.DONE, 1)
    assert list(jobs(cluster)) == [("netattest", NAME)]
    assert of_scans(work.metrics) == of_scans(in_the_pod.metrics)
    assert 'netattest_last_scan_objects{cluster="Shop/EU"} 1.0' in of_scans(work.metrics)
    assert 'netattest_scan_running{cluster="Shop/EU"} 0.0' in work.metrics.exposition().decode()


def of_scans(metrics):
    """What is served about the last scan; how long it took only its own process knows."""
    lines = metrics.exposition().decode().splitlines()
    wanted = ("netattest_last_scan_", "netattest_failures{")
    return {line for line in lines if line.startswith(wanted) and "duration" not in line}


def test_a_job_that_is_there_already_is_waited_for_and_not_made_again(work, cluster, tmp_path):
    cluster.put(ended(job_for(read_template(TEMPLATE), "Shop/EU", SLOT), "Complete"))
    run_slot(work, SLOT)
    executor(cluster, tmp_path)(work, SLOT)
    assert len(jobs(cluster)) == 1
    assert slot_of(work).status is SlotStatus.DONE


@pytest.mark.parametrize("claimed", [False, True], ids=["never started", "killed while it ran"])
def test_a_job_that_ends_without_a_word_fails_its_slot_with_what_kubernetes_says(
    work, cluster, tmp_path, claimed
):
    def act():
        if claimed:
            work.store.claim_slot("Shop/EU", SLOT)

    pod = as_the_pod(
        cluster,
        act,
        "Failed",
        reason="DeadlineExceeded",
        message="Job was active longer than specified deadline",
    )
    executor(cluster, tmp_path)(work, SLOT)
    pod.join()
    assert slot_of(work).status is SlotStatus.FAILED
    assert f"Job netattest/{NAME} ended as Failed (DeadlineExceeded Job was active" in slot_of(work).reason


@pytest.mark.parametrize(
    ("rules", "faults", "says"),
    [
        ([], [], "HTTP 403"),
        (RULES, [Fault("jobs", hang=2, method="POST")], "Timeout"),
        (RULES, [Fault("jobs", status=500, times=None)], ""),
        (RULES, [Fault("jobs", hang=2, times=None)], ""),
    ],
    ids=["not allowed", "no answer", "the server is in trouble while waiting", "no answer while waiting"],
)
def test_trouble_with_the_server_leaves_the_slot_to_come_due_again(work, tmp_path, rules, faults, says):
    stop = Event()
    with ApiServer(rules=rules, faults=faults) as server:
        run = executor(server, tmp_path, stop)
        if says:
            with pytest.raises(CollectError, match=says):
                run(work, SLOT)
        else:
            Thread(target=lambda: Event().wait(0.5) or stop.set()).start()
            run(work, SLOT)
    assert work.store.slots("Shop/EU", SLOT, SLOT) == ()


def test_a_service_that_stops_leaves_its_jobs_to_themselves(work, cluster, tmp_path):
    stop = Event()
    runner = Runner(work, SLOT.replace(day=3), executor(cluster, tmp_path, stop))
    thread = Thread(target=runner.tick)
    thread.start()
    while not jobs(cluster):
        Event().wait(0.02)
    stop.set()
    runner.stopping = True
    thread.join(10)
    assert not thread.is_alive()
    assert runner.current is None
    assert work.store.slots("Shop/EU", SLOT, SLOT) == ()


def test_the_job_is_valid_restricted_and_named_for_its_cluster_and_slot():
    job = job_for(read_template(TEMPLATE), "Shop/EU", SLOT)
    kubernetes_validate.validate(job, "1.34", strict=True)
    assert job["spec"]["template"]["spec"]["containers"][0]["args"][-4:] == [
        "--slot",
        "2026-01-04T02:00:00+00:00",
        "--",
        "Shop/EU",
    ]
    assert "netattest-shop-eu-" + NAME.split("-")[3] + "-202601040200" == NAME
    assert len(job_name("x" * 100, SLOT)) <= 63
    assert job_name("shop-eu", SLOT) != NAME
    assert read_template(TEMPLATE)["metadata"]["name"] == "netattest-scan"  # the template stays as it was


@pytest.mark.parametrize("text", ["", "kind: Job", "kind: Pod\nmetadata: {namespace: a}", "- a"])
def test_a_template_that_cannot_be_used_is_named(tmp_path, text):
    (tmp_path / "job.yaml").write_text(text)
    with pytest.raises(ConfigurationError, match=r"job\.yaml"):
        read_template(tmp_path / "job.yaml")
