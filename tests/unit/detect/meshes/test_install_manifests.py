"""Real manifests of every mesh: each is found as what it is, and no mesh is found that is not there."""

import pytest
import yaml

from app import collect
from app.detect import detect, protection
from tests.meshes import cluster_of
from tests.unit.detect.build import SHARED, files, names

pytestmark = [
    pytest.mark.shared_data,
    pytest.mark.skipif(not SHARED.exists(), reason="the shared manifests are not beside the project"),
]

SIDECAR = "istio: sidecar yes, args=proxy sidecar"
INJECTED = f"{SIDECAR}, says mTLS"
PROXY = "linkerd: sidecar yes, name=linkerd-proxy"
KUMA = "kuma/default: sidecar yes, name=kuma-sidecar"

# file below `mesh/istio/inject`, without `.injected.yaml` → what its one pod is and the field that decided
ISTIO = {
    "auth": INJECTED,
    "cronjob": SIDECAR,  # labels and annotations stand on the job, not on the pod
    "custom-template": "nothing",
    "daemonset": "nothing",  # scheduled nowhere
    "gateway": "istio: gateway yes, args=proxy router",
    "grpc-agent": "istio: proxyless unknown, metadata.annotations['inject.istio.io/templates']=grpc-agent",
    "grpc-simple": "istio: proxyless unknown, metadata.annotations['inject.istio.io/templates']=grpc-simple",
    "hello": INJECTED,
    "hello-fips-140-3": INJECTED,
    "hello-host-network": "nothing",
    "hello-ignore": "nothing",
    "hello-mtls-not-ready": SIDECAR,
    "hello-tproxy": INJECTED,
    "hello.cni": INJECTED,
    "https-probes": INJECTED,
    "list-frontend": INJECTED,
    "multi-container": INJECTED,
    "named_port": INJECTED,
    "native-sidecar": INJECTED,
    "native-sidecar-old-version": INJECTED,
    "native-sidecar-opt-out": INJECTED,
    "pod": INJECTED,
    "sidecar-spire": INJECTED,
    "statefulset": INJECTED,
    "status_annotations": INJECTED,
    "traffic-annotations": INJECTED,
    "traffic-annotations-empty-includes": INJECTED,
    "traffic-annotations-wildcards": INJECTED,
}  # fmt: skip

# objects without anything that obeys them, and definitions of kinds
OBJECTS = [
    *(f"mesh/istio/peerauthn/{name}" for name in names("mesh/istio/peerauthn")),
    *(f"mesh/istio/mtls-tests/{name}" for name in names("mesh/istio/mtls-tests")),
    *(
        f"mpl-2.0/consul/{name}"
        for name in names("mpl-2.0/consul")
        if name.startswith(("crd-", "permissive-"))
    ),
]

IMAGE = "spec.template.spec.containers[0].image"
ISTIOD, ZTUNNEL = f"Deployment istio-system/istiod, {IMAGE}", f"DaemonSet istio-system/ztunnel, {IMAGE}"
LINKERD = f"linkerd: Deployment linkerd/linkerd-destination, {IMAGE}=cr.l5d.io/linkerd/controller:install-control-plane-version"
CONSUL = (
    f"consul: Deployment consul/consul-consul-connect-injector, {IMAGE}="
    "docker.mirror.hashicorp.services/hashicorppreview/consul-k8s-control-plane:2.1.0-dev"
)

# file → meshes by id, with the field that decided: of the control plane, else of the first pod that is a part of it
INSTALLED = {
    "mesh/istio/install/pilot_default.golden.yaml": [f"istio: {ISTIOD}=registry.istio.io/release/pilot:1.1.4"],
    "mesh/istio/install/ztunnel.golden.yaml": [f"istio: {ZTUNNEL}=registry.istio.io/testing/ztunnel:latest-distroless"],
    "mesh/istio/install/istio-cni.golden.yaml": [],  # prepares nodes and carries nothing
    "mesh/istio/ambient/waypoint-deployment.yaml": ["istio: Deployment default/namespace, spec.template.spec.containers[0].args=proxy waypoint"],
    "mesh/istio/ambient/waypoint-gateways.yaml": [],
    "mesh/istio/install/networkpolicy_enabled.golden.yaml": [],  # a policy for the control plane, and no control plane
    "mesh/istio/install/pilot_merge_meshconfig.golden.yaml": [],  # its settings alone
    "mesh/linkerd/install_default.golden.yaml": [LINKERD],
    "mesh/linkerd/install_ha_output.golden.yaml": [LINKERD],
    "mesh/linkerd/install_proxy_ignores.golden.yaml": [LINKERD],
    "mesh/linkerd/install_no_init_container.golden.yaml": [LINKERD],
    "mesh/linkerd/install-cni-plugin_default.golden.yaml": [],
    "rendered/istio/base.yaml": [],
    "rendered/istio/gateway.yaml": [],  # waits for the injector to give it a proxy
    "rendered/istio/istio-cni-ambient.yaml": [],
    "rendered/istio/istiod-ambient.yaml": [f"istio: {ISTIOD}=registry.istio.io/testing/pilot:latest-distroless"],
    "rendered/istio/istiod-automtls-off.yaml": [f"istio: {ISTIOD}=registry.istio.io/testing/pilot:latest"],
    "rendered/istio/istiod-default.yaml": [f"istio: {ISTIOD}=registry.istio.io/testing/pilot:latest"],
    "rendered/istio/istiod-revision-strictmesh.yaml": ["istio: Deployment istio-system/istiod-1-31, spec.template.spec.containers[0].image=registry.istio.io/testing/pilot:latest"],
    "rendered/istio/ztunnel.yaml": [f"istio: {ZTUNNEL}=registry.istio.io/testing/ztunnel:latest"],
    "rendered/cilium/cilium-1.14.19-default.yaml": [],  # mesh-auth-enabled: "true" was a default
    "rendered/cilium/cilium-1.16.12-wireguard-strict.yaml": [],
    "rendered/cilium/cilium-1.18.6-aws-chaining.yaml": [],
    "rendered/cilium/cilium-1.19.3-wireguard-strict-legacykeys.yaml": [],
    "rendered/cilium/cilium-1.20.0-default.yaml": [],
    "rendered/cilium/cilium-1.20.0-ipsec.yaml": [],
    "rendered/cilium/cilium-1.20.0-k8snetpol-disabled.yaml": [],
    "rendered/cilium/cilium-1.20.0-mutual-auth-spire.yaml": ["cilium-mutual-authentication: ConfigMap kube-system/cilium-config, data['mesh-auth-mutual-enabled']=true"],
    "rendered/cilium/cilium-1.20.0-policy-always-kpr.yaml": [],
    "rendered/cilium/cilium-1.20.0-policy-audit.yaml": [],
    "rendered/cilium/cilium-1.20.0-policy-never.yaml": [],
    "rendered/cilium/cilium-1.20.0-wireguard-strict-nodeenc.yaml": [],
    "rendered/cilium/cilium-1.20.0-wireguard.yaml": [],
    "rendered/cilium/cilium-1.20.0-ztunnel.yaml": ["cilium-ztunnel: ConfigMap kube-system/cilium-config, data['enable-ztunnel']=true"],  # its node proxy is called istio-proxy
    "rendered/flannel": [],
    "rendered/antrea": [],
    "rendered/aws-vpc-cni": [],
    "rendered/ovn-kubernetes": [],
    "mpl-2.0/consul/consul-k8s-default.yaml": [CONSUL],
    "mpl-2.0/consul/consul-k8s-tls-acl-injectdefault.yaml": [CONSUL],
    **{path: [] for path in OBJECTS},
    "apps/bookinfo": [],
    "apps/sock-shop": [],
    "apps/online-boutique": [],
    "apps/emojivoto": [],
    "apps/podinfo/webapp": [],
}  # fmt: skip

APPLICATION = {
    "pods": {"apps/a": {"like": "istio"}, "apps/b": {"like": "istio"}},
    "services": {"apps/a": {"http 80": 8090, "tcp 90": 9090}, "apps/b": {"http 80": 8090, "tcp 90": 9090}},
}
VERSIONS = yaml.safe_load("""
- {apiVersion: v1, kind: Service, metadata: {name: multiversion, namespace: apps}, spec: {selector: {app: multi}, ports: [{name: http, port: 80, targetPort: 8090}]}}
- apiVersion: v1
  kind: Pod
  metadata: {name: vistio, namespace: apps, labels: {app: multi, version: vistio, security.istio.io/tlsMode: istio}}
  spec:
    containers: [{name: main, image: x}]
    initContainers: [{name: istio-proxy, restartPolicy: Always, args: [proxy, sidecar]}]
  status: {phase: Running, initContainerStatuses: [{name: istio-proxy, state: {running: {}}}]}
- apiVersion: v1
  kind: Pod
  metadata: {name: vlegacy, namespace: apps, labels: {app: multi, version: vlegacy}}
  spec: {containers: [{name: main, image: x}]}
  status: {phase: Running}
""")

# a scenario of Istio's own tests → what its name and its comments say should happen
TO_B, TO_B_TCP, TO_A = "apps/a > apps/b:8090", "apps/a > apps/b:9090", "apps/b > apps/a:8090"
TO_NEW, TO_OLD, FROM_OLD = (
    "apps/a > apps/vistio:8090",
    "apps/a > apps/vlegacy:8090",
    "apps/vlegacy > apps/b:8090",
)
SCENARIOS = {
    "global-plaintext.yaml": {TO_B: "plaintext", "apps/b:8090": "yes, DISABLE"},
    "plaintext-to-permissive.yaml": {TO_B: "plaintext", "apps/b:8090": "yes, PERMISSIVE"},
    "beta-mtls-on.yaml": {TO_B: "mtls-enforced", FROM_OLD: "refused"},
    "beta-mtls-off.yaml": {TO_B: "plaintext", FROM_OLD: "plaintext"},
    "beta-mtls-permissive.yaml": {TO_B: "mtls-opportunistic", FROM_OLD: "plaintext"},
    "beta-mtls-automtls.yaml": {TO_B: "mtls-enforced", TO_OLD: "plaintext", FROM_OLD: "refused"},
    "beta-mtls-automtls-workload.yaml": {TO_A: "plaintext", TO_B: "plaintext", TO_B_TCP: "mtls-enforced"},
    "beta-per-port-mtls.yaml": {TO_B: "refused", TO_B_TCP: "plaintext"},
    "automtls-passthrough.yaml": {TO_B: "mtls-opportunistic", TO_OLD: "plaintext"},
    # the version without a sidecar gets plain text by itself; a rule that turns TLS off for all makes the strict one refuse, and
    # one that asks for mutual TLS of all makes requests to the other fail
    "automtls-partial-sidecar-dr-no-tls.yaml": {TO_NEW: "mtls-enforced", TO_OLD: "plaintext"},
    "automtls-partial-sidecar-dr-disable.yaml": {TO_NEW: "refused", TO_OLD: "plaintext"},
    "automtls-partial-sidecar-dr-mutual.yaml": {TO_NEW: "mtls-enforced", TO_OLD: "unknown"},
}  # fmt: skip

# Linkerd's own inputs and outputs: whether the pod has a proxy
LINKERD_INJECTED = {
    "inject_emojivoto_deployment.golden.yml",
    "inject_emojivoto_deployment_config_overrides.golden.yml",
    "inject_emojivoto_deployment_hostNetwork_false.golden.yml",
    "inject_emojivoto_deployment_native_sidecar.golden.yml",
    "inject_emojivoto_deployment_no_init_container.golden.yml",
    "inject_emojivoto_deployment_opaque_ports.golden.yml",
    "inject_emojivoto_deployment_overridden.golden.yml", "inject_emojivoto_deployment_params.golden.yml",
    "inject_emojivoto_deployment_proxyignores.golden.yml", "inject_emojivoto_deployment_udp.golden.yml",
    "inject_emojivoto_pod_ingress.golden.yml",
    "inject_emojivoto_pod_nativesidecar.golden.yml", "inject_emojivoto_pod_proxyignores.golden.yml",
    "inject_emojivoto_statefulset.golden.yml", "injected_nginx.yaml", "injected_nginx_redis.yaml",
    "injected_redis.yaml",
}  # fmt: skip


def found(*paths: str):
    snapshot = files(*paths)
    inventory = collect.normalize(snapshot.objects).inventory
    return protection(snapshot, inventory, detect(snapshot)), inventory


def described(*paths: str) -> str:
    """Every member as `mesh: how enrolled, field=value`; with `says mTLS` where clients believe that it ends it."""
    answer, inventory = found(*paths)
    words = []
    for mesh in answer.meshes:
        for pod in inventory.pods:
            member = mesh.member(pod.ref)
            if member:
                sign = member.signs[0]
                deciding = f"{sign.field.rpartition('].')[2].removeprefix('spec.template.')}={sign.value}"
                labelled = pod.labels.get("security.istio.io/tlsMode") == "istio"
                words.append(
                    f"{mesh.id}: {member.how} {member.enrolled}, {deciding}{', says mTLS' if labelled else ''}"
                )
    return "; ".join(words) or "nothing"


@pytest.mark.parametrize("name", ISTIO)
def test_what_istio_injects(name):
    assert described(f"mesh/istio/inject/{name}.injected.yaml") == ISTIO[name]


def test_every_injected_file_has_a_row():
    folder = SHARED / "mesh/istio/inject"

    assert {path.name.removesuffix(".injected.yaml") for path in folder.glob("*.injected.yaml")} == set(ISTIO)
    assert sum(row == INJECTED for row in ISTIO.values()) == 19
    assert sum(row == SIDECAR for row in ISTIO.values()) + ("proxyless" in ISTIO["grpc-agent"]) == 3


@pytest.mark.parametrize(
    "path",
    [name for name in names("mesh/istio/inject") if ".injected." not in name],
)
def test_what_was_not_injected_is_in_no_mesh(path):
    assert described(f"mesh/istio/inject/{path}") in ("nothing", ISTIO["grpc-simple"])


@pytest.mark.parametrize("name", names("mesh/linkerd/inject"))
def test_what_linkerd_injects(name):
    answer = described(f"mesh/linkerd/inject/{name}")

    assert set(answer.split("; ")) == ({PROXY} if name in LINKERD_INJECTED else {"nothing"})


def test_linkerd_injected_eighteen_pods():
    answers = [described(f"mesh/linkerd/inject/{name}") for name in sorted(LINKERD_INJECTED)]

    assert sum(answer.count(PROXY) for answer in answers) == 18


@pytest.mark.parametrize("name", names("mesh/kuma"))
def test_what_kuma_injects(name):
    assert described(f"mesh/kuma/{name}") == KUMA


@pytest.mark.parametrize("path", INSTALLED)
def test_each_mesh_is_found_as_what_it_is(path):
    answer, inventory = found(path)
    words = []
    for mesh in answer.meshes:
        members = (mesh.member(pod.ref) for pod in inventory.pods)
        (sign, *_) = (*mesh.signs, *(sign for member in members if member for sign in member.signs))
        words.append(f"{mesh.id}: {sign.ref}, {sign.field}={sign.value}")

    assert words == INSTALLED[path]


def rows():
    """Every file that a test of this module asks about."""
    injected = {f"mesh/istio/inject/{name}.injected.yaml" for name in ISTIO}
    others = {
        f"{folder}/{name}"
        for folder in ("mesh/istio/inject", "mesh/linkerd/inject", "mesh/kuma")
        for name in names(folder)
        if ".injected." not in name
    }
    return {*INSTALLED, *injected, *others, *(f"mesh/istio/mtls-tests/{name}" for name in SCENARIOS)}


@pytest.mark.parametrize("folder", ["mesh", "rendered/istio", "rendered/cilium", "mpl-2.0"])
def test_every_set_of_manifests_has_a_row(folder):
    files = {path for kind in ("*.yaml", "*.yml") for path in (SHARED / folder).rglob(kind)}

    assert {str(path.relative_to(SHARED)) for path in files} <= rows()


@pytest.mark.parametrize("name", SCENARIOS)
def test_what_istio_itself_expects_of_its_scenarios(name):
    """Objects of Istio's own tests, in a namespace with two pods in the mesh and an application of which one version is not."""
    manifests = yaml.safe_load_all((SHARED / "mesh/istio/mtls-tests" / name).read_text(encoding="utf-8"))
    objects = [_placed(item) for item in manifests if item]
    cluster = cluster_of({"cluster": {**APPLICATION, "objects": [*VERSIONS, *objects]}})

    assert {question: cluster.answer(question) for question in SCENARIOS[name]} == SCENARIOS[name]


def _placed(item):
    ports = item["spec"].get("portLevelMtls")
    if ports:
        item["spec"]["portLevelMtls"] = {
            str(port): said for port, said in ports.items()
        }  # JSON has no other keys
    return {**item, "metadata": {**item["metadata"], "namespace": "apps"}}


def test_every_scenario_of_istio_has_a_row():
    assert set(SCENARIOS) == set(names("mesh/istio/mtls-tests"))


def test_merged_settings_are_read():
    answer, _ = found(
        "mesh/istio/install/pilot_merge_meshconfig.golden.yaml", "mesh/istio/inject/hello.injected.yaml"
    )

    assert not answer.meshes[0].client.configs.of("default").doubt


def test_settings_of_a_revision():
    answer, _ = found("rendered/istio/istiod-revision-strictmesh.yaml")
    configs = answer.meshes[0].client.configs

    assert configs.of("1-31").oldest_tls == "TLSV1_3"
    assert configs.of("1-31").doubt == ""


def test_settings_without_automatic_mutual_tls():
    answer, _ = found("rendered/istio/istiod-automtls-off.yaml", "mesh/istio/inject/hello.injected.yaml")

    assert answer.meshes[0].client.configs.of("default").auto_mtls == "no"


@pytest.mark.parametrize(
    ("name", "inbound"),
    {
        "traffic-annotations": "1–3",
        "traffic-annotations-empty-includes": "",
        "traffic-annotations-wildcards": "1–3, 7–15019, 15022–15089, 15091–65535",
        "hello.cni": "1–15019, 15022–15089, 15091–65535",  # its own ports are left out whatever is said
    }.items(),
)
def test_what_a_sidecar_sees(name, inbound):
    answer, inventory = found(f"mesh/istio/inject/{name}.injected.yaml")
    mesh = answer.meshes[0]
    side = mesh.sides[mesh.key(inventory.pods[0].ref)]

    assert str(side.capture.inbound) == inbound
