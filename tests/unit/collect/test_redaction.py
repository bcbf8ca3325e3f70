import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from app.collect.masking import MASK
from tests.unit.collect.objects import body, pod, stored

SECRET = "s3cr3t-Zq9xW7"  # never part of a name, so that finding it means finding a value


def agent(**container):
    """A DaemonSet pod of a network plugin."""
    return pod("agent", "kube-system", spec={"containers": [container]})


def kept_env(name, value, container="calico-node"):
    kept = body(agent(name=container, env=[{"name": name, "value": value}]))
    return kept["spec"]["containers"][0]["env"][0]["value"]


PLACES = {
    "an environment variable": lambda s: pod(
        spec={"containers": [{"name": "a", "env": [{"name": "X", "value": s}]}]}
    ),
    "a variable of an init container": lambda s: pod(
        spec={"initContainers": [{"name": "a", "env": [{"name": "FELIX_LOG", "value": s}]}]}
    ),
    "a variable of a debug container": lambda s: pod(
        spec={"ephemeralContainers": [{"name": "a", "env": [{"name": "X", "value": s}]}]}
    ),
    "a flag": lambda s: pod(spec={"containers": [{"name": "a", "args": [f"--db-password={s}"]}]}),
    "the argument after a flag": lambda s: pod(spec={"containers": [{"name": "a", "args": ["--token", s]}]}),
    "a flag that ends the command": lambda s: pod(
        spec={"containers": [{"name": "a", "command": ["run", "--token"], "args": [s]}]}
    ),
    "a script": lambda s: pod(
        spec={"containers": [{"name": "a", "command": ["sh", "-c", f"export API_KEY={s}; run"]}]}
    ),
    "a URL": lambda s: pod(spec={"containers": [{"name": "a", "args": [f"--db=postgres://app:{s}@db/x"]}]}),
    "a hook": lambda s: pod(
        spec={"containers": [{"name": "a", "lifecycle": {"preStop": {"exec": {"command": ["curl", s]}}}}]}
    ),
    "a probe's command": lambda s: pod(
        spec={"containers": [{"name": "a", "livenessProbe": {"exec": {"command": ["check", s]}}}]}
    ),
    "a probe's header": lambda s: pod(
        spec={
            "containers": [
                {
                    "name": "a",
                    "readinessProbe": {"httpGet": {"port": 1, "httpHeaders": [{"name": "X", "value": s}]}},
                }
            ]
        }
    ),
    "an attribute of a CSI volume": lambda s: pod(
        spec={"volumes": [{"name": "v", "csi": {"driver": "d", "volumeAttributes": {"key": s}}}]}
    ),
    "the configuration that was last applied": lambda s: pod(
        metadata={
            "name": "a",
            "annotations": {"kubectl.kubernetes.io/last-applied-configuration": json.dumps({"x": s})},
        }
    ),
    "an annotation with a telling name": lambda s: pod(
        metadata={"name": "a", "annotations": {"x.io/api-key": s}}
    ),
    "JSON in an annotation": lambda s: pod(
        metadata={"name": "a", "annotations": {"x.io/settings": json.dumps({"db": {"password": s}})}}
    ),
    "a waiting container's message": lambda s: pod(
        status={"containerStatuses": [{"name": "a", "state": {"waiting": {"reason": "x", "message": s}}}]}
    ),
    "a condition's message": lambda s: pod(
        status={"conditions": [{"type": "Ready", "status": "False", "message": s}]}
    ),
    "a Secret": lambda s: {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "a"},
        "data": {"key": s},
        "stringData": {"key": s},
    },
    "a ConfigMap of an application": lambda s: {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "app"},
        "data": {"settings": s},
        "binaryData": {"x": s},
    },
    "the key in flannel's settings": lambda s: {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "kube-flannel-cfg"},
        "data": {"net-conf.json": json.dumps({"Backend": {"Type": "wireguard", "PSK": s}})},
    },
    "a custom resource": lambda s: {
        "apiVersion": "networking.istio.io/v1",
        "kind": "EnvoyFilter",
        "metadata": {"name": "a"},
        "spec": {"patch": {"password": s, "inline": f"api_key = '{s}'"}},
    },
    "a middleware of Traefik": lambda s: {
        "apiVersion": "traefik.io/v1alpha1",
        "kind": "Middleware",
        "metadata": {"name": "a"},
        "spec": {
            "basicAuth": {"users": [s], "realm": s},
            "forwardAuth": {"address": f"http://x/{s}"},
            "headers": {"customRequestHeaders": {"X": s}, "stsSeconds": 1},
            "plugin": {"gate": {"code": s}},
            "redirectScheme": {"scheme": "https", "other": s},
        },
    },
    "a middleware of Traefik before 3.0": lambda s: {
        "apiVersion": "traefik.containo.us/v1alpha1",
        "kind": "Middleware",
        "metadata": {"name": "a"},
        "spec": {"basicAuth": {"users": [s]}, "plugin": {"gate": {"code": s}}},
    },
    "a static file of Traefik": lambda s: {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "traefik-config", "namespace": "traefik"},
        "data": {
            "traefik.yml": f"pilot: {{x: {s}}}\nentryPoints: {{web: {{address: ':80', forwardedHeaders: {{x: {s}}}}}}}",
            "traefik.toml": f"[providers.redis]\nusername = '{s}'\n[entryPoints.web]\naddress = ':80'\nx = '{s}'",
            "broken.yml": f"[{s}",
            "notes.txt": s,
        },
    },
    "a server of F5's NGINX": lambda s: {
        "apiVersion": "k8s.nginx.org/v1",
        "kind": "VirtualServer",
        "metadata": {"name": "a"},
        "spec": {
            "server-snippets": s,
            "routes": [
                {
                    "path": "/",
                    "location-snippets": s,
                    "matches": [{"conditions": [{"header": "x", "value": s}], "action": {"pass": "u"}}],
                    "action": {
                        "return": {"code": 200, "body": s},
                        "proxy": {"requestHeaders": {"set": [{"value": s}]}},
                    },
                }
            ],
        },
        "status": {"state": "Valid", "message": s},
    },
    "a policy of F5's NGINX": lambda s: {
        "apiVersion": "k8s.nginx.org/v1",
        "kind": "Policy",
        "metadata": {"name": "a"},
        "spec": {"oidc": {"clientID": s, "clientSecret": s}, "jwt": {"token": s}, "rateLimit": {"key": s}},
    },
    "settings of Kong": lambda s: {
        "apiVersion": "configuration.konghq.com/v1",
        "kind": "KongIngress",
        "metadata": {"name": "a"},
        "proxy": {"protocol": "https", "path": s},
        "route": {"headers": {"x": [s]}, "protocols": ["https"]},
        "upstream": {"hash_on_header": s},
    },
    "a variable of Traefik that is no entry point": lambda s: {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "a"},
        "spec": {
            "containers": [
                {
                    "name": "traefik",
                    "image": "x",
                    "env": [{"name": "TRAEFIK_PROVIDERS_REDIS_USERNAME", "value": s}],
                }
            ]
        },
    },
    "a variable in a custom resource": lambda s: {
        "apiVersion": "operator.tigera.io/v1",
        "kind": "Installation",
        "metadata": {"name": "a"},
        "spec": {"containers": [{"name": "x", "env": [{"name": "HARMLESS", "value": s}]}]},
    },
    "a kind that no verdict reads": lambda s: {
        "apiVersion": "example.com/v1",
        "kind": "Vault",
        "metadata": {"name": "a"},
        "spec": {"anything": s},
        "payload": s,
    },
    "a template": lambda s: {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "a"},
        "spec": {
            "template": {
                "metadata": {"annotations": {"x.io/token": s}},
                "spec": {"containers": [{"name": "a", "env": [{"name": "X", "value": s}]}]},
            }
        },
    },
    "the template of a CronJob": lambda s: {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": "a"},
        "spec": {
            "jobTemplate": {
                "spec": {"template": {"spec": {"containers": [{"name": "a", "args": ["--secret", s]}]}}}
            }
        },
    },
}


@pytest.mark.parametrize("place", PLACES)
def test_a_secret_is_not_kept_from(place):
    kept = stored(PLACES[place](SECRET)).body.decode()
    assert SECRET not in kept


@given(st.sampled_from(sorted(PLACES)), st.text("abcdefghijkmnpqrstuvwxyz23456789", min_size=12, max_size=40))
def test_no_secret_of_any_shape_survives(place, secret):
    assert secret not in stored(PLACES[place](secret)).body.decode()


@pytest.mark.parametrize("place", PLACES)
def test_redacting_again_changes_nothing(place):
    once = stored(PLACES[place](SECRET))
    assert stored(once.parsed()).body == once.body


def test_names_and_references_of_variables_stay():
    reference = {"secretKeyRef": {"name": "db", "key": "password"}}
    env = [
        {"name": "PASSWORD", "valueFrom": reference},
        {"name": "EMPTY", "value": ""},
        {"name": "X", "value": "1"},
    ]
    kept = body(pod(spec={"containers": [{"name": "a", "env": env}]}))
    assert kept["spec"]["containers"][0]["env"] == [env[0], env[1], {"name": "X", "value": MASK}]


@pytest.mark.parametrize(
    ("container", "name", "value"),
    [
        ("calico-node", "CALICO_NETWORKING_BACKEND", "bird"),
        ("calico-node", "CLUSTER_TYPE", "k8s,bgp"),
        ("calico-node", "CALICO_MANAGE_CNI", "false"),
        ("calico-node", "FELIX_WIREGUARDENABLED", "false"),
        ("aws-node", "NETWORK_POLICY_ENFORCING_MODE", "strict"),
        ("aws-node", "ENABLE_PREFIX_DELEGATION", "true"),
        ("aws-node", "AWS_VPC_K8S_CNI_EXTERNALSNAT", "true"),
        ("weave", "EXPECT_NPC", "0"),
        ("weave", "EXTRA_ARGS", "--log-level=info"),
        ("nb-ovsdb", "ENABLE_IPSEC", "true"),
        ("istio-proxy", "COMPLIANCE_POLICY", "fips-140-3"),
        ("linkerd-proxy", "LINKERD2_PROXY_INBOUND_DEFAULT_POLICY", "all-authenticated"),
    ],
)
def test_settings_of_network_agents_that_a_verdict_reads_stay(container, name, value):
    assert kept_env(name, value, container) == value
    assert kept_env(name, value, "shop") == MASK


def test_of_a_password_of_an_agent_only_its_being_set_is_kept():
    assert kept_env("WEAVE_PASSWORD", "abc", "weave") == MASK
    assert kept_env("WEAVE_PASSWORD", "", "weave") == ""
    assert kept_env("EXTRA_ARGS", "--password=abc --x", "weave") == f"--password={MASK} --x"


def test_settings_of_plugins_stay_readable():
    data = {"enable-policy": "default", "ipsec-key-file": "/etc/ipsec/keys", "policy-audit-mode": "false"}
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "cilium-config"}, "data": data}
    assert body(config)["data"] == data


def test_of_probes_stays_what_tells_about_tls():
    probe = {"httpGet": {"path": "/x?key=1", "port": 8443, "scheme": "HTTPS"}, "periodSeconds": 5}
    kept = body(pod(spec={"containers": [{"name": "a", "livenessProbe": probe}]}))
    assert kept["spec"]["containers"][0]["livenessProbe"] == {"httpGet": {"port": 8443, "scheme": "HTTPS"}}


NIGHTLY = {
    "a node's heartbeat": lambda n: {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "name": "n",
            "resourceVersion": str(n),
            "managedFields": [
                {"manager": "kubelet", "subresource": "status", "time": f"2026-11-2{n}T00:00:00Z"}
            ],
        },
        "status": {
            "conditions": [
                {"type": "Ready", "status": "True", "lastHeartbeatTime": f"2026-11-2{n}T00:00:00Z"}
            ],
            "images": [{"names": [f"image-{n}"]}],
            "capacity": {"memory": f"{n}Ki"},
            "nodeInfo": {"bootID": str(n), "kubeletVersion": "v1.34.0"},
        },
    },
    "the last run of a CronJob": lambda n: {
        "apiVersion": "batch/v1",
        "kind": "CronJob",
        "metadata": {"name": "c", "generation": n},
        "spec": {"schedule": "0 1 * * *"},
        "status": {"lastScheduleTime": f"2026-11-2{n}T00:00:00Z", "active": [{"name": f"c-{n}"}]},
    },
    "a reconciled endpoint": lambda n: {
        "apiVersion": "cilium.io/v2",
        "kind": "CiliumEndpoint",
        "metadata": {"name": "e", "namespace": "shop"},
        "status": {"encryption": {"key": 255}, "controllers": [{"n": n}], "log": [{"timestamp": n}]},
    },
    "a leader's lease": lambda n: pod(
        metadata={
            "name": "a",
            "annotations": {"control-plane.alpha.kubernetes.io/leader": f'{{"renewTime":"{n}"}}'},
        }
    ),
}


@pytest.mark.parametrize("change", NIGHTLY)
def test_an_object_stays_the_same_over(change):
    assert stored(NIGHTLY[change](1)).digest == stored(NIGHTLY[change](2)).digest


def test_status_that_a_verdict_reads_stays():
    node = body(
        {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": "n", "annotations": {"flannel.alpha.coreos.com/backend-type": "vxlan"}},
            "spec": {"podCIDR": "10.0.0.0/24", "taints": [{"key": "x"}]},
            "status": {
                "addresses": [{"type": "InternalIP", "address": "192.0.2.1"}],
                "conditions": [{"type": "Ready", "status": "True", "lastHeartbeatTime": "x"}],
                "nodeInfo": {"kubeletVersion": "v1.34.0+k3s1", "operatingSystem": "linux"},
            },
        }
    )
    assert node["status"] == {
        "addresses": [{"type": "InternalIP", "address": "192.0.2.1"}],
        "conditions": [{"type": "Ready", "status": "True"}],
        "nodeInfo": {"kubeletVersion": "v1.34.0+k3s1", "operatingSystem": "linux"},
    }
    assert node["metadata"]["annotations"] == {"flannel.alpha.coreos.com/backend-type": "vxlan"}


def test_who_changed_an_object_last_stays_without_the_fields():
    entry = {
        "manager": "kubectl",
        "operation": "Apply",
        "time": "2026-11-20T00:00:00Z",
        "fieldsV1": {"f:data": {}},
    }
    kept = body(
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "cilium-config", "managedFields": [entry]},
        }
    )
    assert kept["metadata"]["managedFields"] == [
        {"manager": "kubectl", "operation": "Apply", "time": entry["time"]}
    ]


@pytest.mark.parametrize(
    "broken",
    [
        pod(spec=5),
        pod(spec={"containers": 5, "volumes": "x"}),
        pod(spec={"containers": [5, {"env": 7}, {"args": "x", "command": {}}, {"livenessProbe": 1}]}),
        pod(status="x"),
        pod(status={"conditions": 3, "containerStatuses": [4, {"state": 5}]}),
        pod(metadata={"name": "a", "annotations": 5, "managedFields": "x"}),
        pod(metadata={"name": "a", "annotations": {"x": 5}}),
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "istio"}, "data": 5},
        {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "a"}, "status": {"nodeInfo": 1}},
        {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "a"}, "status": None},
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a"}, "spec": {"template": 1}},
        {
            "apiVersion": "batch/v1",
            "kind": "CronJob",
            "metadata": {"name": "a"},
            "spec": {"jobTemplate": {"spec": 1}},
        },
    ],
)
def test_wrong_types_do_not_stop_the_redaction(broken):
    assert stored(broken).body


def test_of_a_middleware_its_kinds_and_its_redirect_are_kept():
    spec = {
        "redirectScheme": {"scheme": "https"},
        "headers": {"stsSeconds": 1, "frameDeny": True},
        "basicAuth": {"secret": "a"},
    }
    kept = body(
        {"apiVersion": "traefik.io/v1alpha1", "kind": "Middleware", "metadata": {"name": "a"}, "spec": spec}
    )
    assert kept["spec"] == {
        "redirectScheme": {"scheme": "https"},
        "headers": {"stsSeconds": 1},
        "basicAuth": {},
    }


def test_of_a_server_of_nginx_the_name_of_its_secret_and_labels_of_its_routes_are_kept():
    spec = {
        "host": "a.example",
        "tls": {"secret": "c"},
        "upstreams": [{"name": "u", "service": "s", "port": 1}],
        "routes": [{"path": "/x", "routeSelector": {"matchLabels": {"app.kubernetes.io/part-of": "s"}}}],
    }
    kept = body(
        {"apiVersion": "k8s.nginx.org/v1", "kind": "VirtualServer", "metadata": {"name": "a"}, "spec": spec}
    )
    assert kept["spec"] == spec


def test_of_a_static_file_of_traefik_entry_points_and_transports_are_kept():
    redirections = "redirections: {entryPoint: {to: s, priority: 10}}"
    written = f"entryPoints: {{web: {{address: ':80', http: {{tls: {{options: o}}, {redirections}}}}}}}\nserversTransport: {{insecureSkipVerify: true, rootCAs: [a]}}"
    kept = body(
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": {"name": "traefik", "namespace": "traefik"},
            "data": {"traefik.yaml": written},
        }
    )
    assert yaml.safe_load(kept["data"]["traefik.yaml"]) == {
        "entryPoints": {
            "web": {
                "address": ":80",
                "http": {
                    "tls": {"options": "o"},
                    "redirections": {"entryPoint": {"to": "s", "priority": "10"}},
                },
            }
        },
        "serversTransport": {"insecureSkipVerify": True},
    }
