"""Real manifests of every mesh: each is found as what it is, and no mesh is found that is not there."""

import pytest

from app import collect
from app.detect import detect, protection
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

# file → meshes by id, with their control plane's deciding field; what its pods are is asked elsewhere
INSTALLED = {
    "mesh/istio/install/pilot_default.golden.yaml": ["istio"],
    "mesh/istio/install/ztunnel.golden.yaml": ["istio"],
    "mesh/istio/install/istio-cni.golden.yaml": [],  # prepares nodes and carries nothing
    "mesh/istio/ambient/waypoint-deployment.yaml": ["istio"],
    "mesh/istio/ambient/waypoint-gateways.yaml": [],
    "mesh/istio/peerauthn/authn.yaml": [],
    "mesh/istio/mtls-tests/beta-mtls-on.yaml": [],  # objects without anything that obeys them
    "mesh/linkerd/install_default.golden.yaml": ["linkerd"],
    "mesh/linkerd/install_ha_output.golden.yaml": ["linkerd"],
    "mesh/linkerd/install_proxy_ignores.golden.yaml": ["linkerd"],
    "mesh/linkerd/install_no_init_container.golden.yaml": ["linkerd"],
    "mesh/linkerd/install-cni-plugin_default.golden.yaml": [],
    "rendered/istio/base.yaml": [],
    "rendered/istio/gateway.yaml": [],  # waits for the injector to give it a proxy
    "rendered/istio/istio-cni-ambient.yaml": [],
    "rendered/istio/istiod-ambient.yaml": ["istio"],
    "rendered/istio/istiod-automtls-off.yaml": ["istio"],
    "rendered/istio/istiod-default.yaml": ["istio"],
    "rendered/istio/istiod-revision-strictmesh.yaml": ["istio"],
    "rendered/istio/ztunnel.yaml": ["istio"],
    "rendered/cilium/cilium-1.14.19-default.yaml": [],  # mesh-auth-enabled: "true" was a default
    "rendered/cilium/cilium-1.16.12-wireguard-strict.yaml": [],
    "rendered/cilium/cilium-1.18.6-aws-chaining.yaml": [],
    "rendered/cilium/cilium-1.19.3-wireguard-strict-legacykeys.yaml": [],
    "rendered/cilium/cilium-1.20.0-default.yaml": [],
    "rendered/cilium/cilium-1.20.0-ipsec.yaml": [],
    "rendered/cilium/cilium-1.20.0-k8snetpol-disabled.yaml": [],
    "rendered/cilium/cilium-1.20.0-mutual-auth-spire.yaml": ["cilium-mutual-authentication"],
    "rendered/cilium/cilium-1.20.0-policy-always-kpr.yaml": [],
    "rendered/cilium/cilium-1.20.0-policy-audit.yaml": [],
    "rendered/cilium/cilium-1.20.0-policy-never.yaml": [],
    "rendered/cilium/cilium-1.20.0-wireguard-strict-nodeenc.yaml": [],
    "rendered/cilium/cilium-1.20.0-wireguard.yaml": [],
    "rendered/cilium/cilium-1.20.0-ztunnel.yaml": ["cilium-ztunnel"],  # its node proxy is called istio-proxy
    "rendered/flannel": [],
    "rendered/antrea": [],
    "rendered/aws-vpc-cni": [],
    "rendered/ovn-kubernetes": [],
    "mpl-2.0/consul/consul-k8s-default.yaml": ["consul"],
    "mpl-2.0/consul/consul-k8s-tls-acl-injectdefault.yaml": ["consul"],
    "mpl-2.0/consul/permissive-service-defaults-static-server-permissive.yaml": [],
    "apps/bookinfo": [],
    "apps/sock-shop": [],
    "apps/online-boutique": [],
    "apps/emojivoto": [],
    "apps/podinfo/webapp": [],
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
    answer, _ = found(path)

    assert [mesh.id for mesh in answer.meshes] == INSTALLED[path]
    assert all(mesh.signs for mesh in answer.meshes if "waypoint" not in path)


@pytest.mark.parametrize(
    "folder",
    ["mesh/istio/install", "mesh/istio/ambient", "mesh/linkerd", "rendered/istio", "rendered/cilium"],
)
def test_every_installation_has_a_row(folder):
    known = {path.rpartition("/")[2] for path in INSTALLED if path.startswith(f"{folder}/")}
    missing = {path.name for path in (SHARED / folder).glob("*.yaml")} - known

    assert missing <= {"networkpolicy_enabled.golden.yaml", "pilot_merge_meshconfig.golden.yaml"}


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
