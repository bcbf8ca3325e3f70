"""The shipped manifests agree with Kubernetes' schemas and with the code that they run."""

import subprocess

import kubernetes_validate
import pytest
import yaml

from app.collect.config_maps import PLACES
from app.collect.kinds import chosen
from app.settings import load_settings
from scripts import write_rbac
from tests.unit.deploy.conftest import DEPLOY, FORMS, objects, only, pod_spec


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("version", ["1.28", "1.34"])
def test_each_form_is_valid_for_old_and_new_clusters(form, version):
    for item in objects(form):
        if "cilium.io/" not in item["apiVersion"]:  # read by the engine in test_own_policies
            kubernetes_validate.validate(item, version, strict=True)


def test_the_role_is_what_the_table_of_kinds_asks_for(rules):
    assert write_rbac.TARGET.read_text() == write_rbac.text(), "run `make rbac`"
    granted = {
        (group, resource)
        for rule in rules
        if rule["verbs"] == ["list"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
    }
    assert granted == {(spec.group, spec.resource) for spec in chosen() if not spec.by_name}


def test_the_role_reads_exactly_the_config_maps_that_are_asked_for_by_name(rules):
    (named,) = [rule for rule in rules if "resourceNames" in rule]
    assert named["verbs"] == ["get"]
    assert named["resources"] == ["configmaps"]
    assert named["resourceNames"] == sorted(PLACES)


def test_the_role_can_neither_write_nor_read_secrets(rules):
    assert {verb for rule in rules for verb in rule["verbs"]} == {"get", "list"}
    text = str(rules)
    assert "secrets" not in text
    assert "*" not in text


@pytest.mark.parametrize("form", FORMS)
def test_pods_meet_the_restricted_pod_security_standard_on_a_read_only_file_system(form):
    spec = pod_spec(form)
    assert spec["securityContext"]["runAsNonRoot"] is True
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert not {"hostNetwork", "hostPID", "hostIPC"} & spec.keys()
    assert all("hostPath" not in volume for volume in spec["volumes"])
    (container,) = spec["containers"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert spec["enableServiceLinks"] is False
    assert spec["serviceAccountName"] == "netattest"
    assert only(form, "Namespace")["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"


@pytest.mark.parametrize("form", [form for form in FORMS if form != "overlays/openshift"])
def test_the_image_runs_as_the_user_of_the_manifests(form):
    text = (DEPLOY.parent / "Dockerfile").read_text()
    assert "--uid 10001" in text
    assert "USER 10001:10001" in text
    assert pod_spec(form)["securityContext"]["runAsUser"] == 10001


def test_a_night_that_hangs_ends_before_the_next_one():
    nightly = only("nightly", "CronJob")["spec"]
    assert nightly["concurrencyPolicy"] == "Forbid"  # so one without an end would be the last
    assert 0 < nightly["jobTemplate"]["spec"]["activeDeadlineSeconds"] < 24 * 3600


def test_openshift_chooses_the_user_itself():
    assert (
        not {"runAsUser", "runAsGroup", "fsGroup"} & pod_spec("overlays/openshift")["securityContext"].keys()
    )


@pytest.mark.parametrize("form", FORMS)
def test_the_database_is_named_by_a_secret_alone(form):
    (container,) = pod_spec(form)["containers"]
    (variable,) = container["env"]
    assert variable["name"] == "NETATTEST_DATABASE_URL"
    assert variable["valueFrom"] == {"secretKeyRef": {"name": "netattest-database", "key": "url"}}
    assert "postgresql://" not in str(objects(form))


def test_systemd_understands_the_units(tmp_path):
    for unit in sorted((DEPLOY / "systemd").iterdir()):
        text = unit.read_text().replace("/opt/netattest/bin/netattest", "/bin/true")
        (tmp_path / unit.name).write_text(text)
    units = [str(path) for path in sorted(tmp_path.iterdir())]
    found = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *units], capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stderr
    assert "Unknown" not in found.stderr


def test_the_compose_file_confines_the_service_as_kubernetes_does():
    services = yaml.safe_load((DEPLOY / "compose" / "compose.yaml").read_text())["services"]
    for service in (services["upgrade"], services["netattest"]):
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["ports"] == ["127.0.0.1:9464:9464"]
    assert "ports" not in services["database"]
    assert service["depends_on"] == {"upgrade": {"condition": "service_completed_successfully"}}


def test_the_database_is_upgraded_by_a_job_that_has_no_account_and_is_confined_as_the_program_is():
    (job,) = objects("upgrade")
    for version in ("1.28", "1.34"):
        kubernetes_validate.validate(job, version, strict=True)
    spec, program = job["spec"]["template"]["spec"], pod_spec("service")
    assert spec["automountServiceAccountToken"] is False
    assert "serviceAccountName" not in spec
    assert spec["securityContext"] == program["securityContext"]
    (container,), (other,) = spec["containers"], program["containers"]
    assert container["args"] == ["db", "upgrade"]
    for name in ("securityContext", "env", "image"):
        assert container[name] == other[name]
    labels = job["spec"]["template"]["metadata"]["labels"]
    assert labels.items() <= only("service", "Deployment")["spec"]["template"]["metadata"]["labels"].items()


def test_both_forms_take_the_same_inputs_at_the_same_places():
    service, nightly = pod_spec("service"), pod_spec("nightly")

    def inputs(spec):
        mounts = {item["name"]: item["mountPath"] for item in spec["containers"][0]["volumeMounts"]}
        return {
            mounts[item["name"]]: {kind: value for kind, value in item.items() if kind != "name"}
            for item in spec["volumes"]
        }

    assert inputs(service) == inputs(nightly)
    secrets = inputs(nightly)["/run/secrets/netattest"]["secret"]
    assert secrets == {"secretName": "netattest-deliveries", "optional": True}


def test_the_cron_job_keeps_no_time_of_its_own():
    nightly = only("nightly", "CronJob")["spec"]
    assert nightly["schedule"].split()[1:] == ["*"] * 4
    assert "timeZone" not in nightly
    assert pod_spec("nightly")["terminationGracePeriodSeconds"] > load_settings().service.grace_seconds


def test_the_executor_may_make_jobs_and_see_how_they_end_and_nothing_else():
    for item in objects("overlays/fleet"):
        kubernetes_validate.validate(item, "1.34", strict=True)
    assert only("overlays/fleet", "Role")["rules"] == [
        {"apiGroups": ["batch"], "resources": ["jobs"], "verbs": ["create", "get"]}
    ]
    spec = pod_spec("overlays/fleet")
    assert spec["containers"][0]["args"][:3] == ["run", "--executor", "kubernetes"]
    (made,) = [item for item in objects("overlays/fleet") if item["kind"] == "ConfigMap"]
    job = yaml.safe_load(made["data"]["job.yaml"])
    mounted = [item["configMap"]["name"] for item in spec["volumes"] if item["name"] == "job"]
    assert mounted == [made["metadata"]["name"]]
    assert (
        job["spec"]["template"]["metadata"]["labels"]["app.kubernetes.io/name"] == "netattest"
    )  # its policies
    nightly, scan = pod_spec("nightly"), job["spec"]["template"]["spec"]
    assert scan["securityContext"] == nightly["securityContext"]
    assert scan["containers"][0]["securityContext"] == nightly["containers"][0]["securityContext"]
