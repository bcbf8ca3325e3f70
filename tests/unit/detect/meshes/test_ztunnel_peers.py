"""PeerAuthentication as ztunnel receives it, against Istio's own answers."""

from pathlib import Path

import pytest
import yaml

from app.detect.evidence import Evidence
from app.detect.meshes.istio.peer_authentication import PeerAuthentications
from app.detect.meshes.istio.posture import Mode
from app.detect.meshes.istio.ztunnel_peers import Converted, converted, listener
from tests.unit.detect.build import folder

KNOWN_ANSWERS = Path(__file__).parents[4] / "../shared/data/mtls"
ROOT = "istio-system"


def peers(path: Path) -> PeerAuthentications:
    found = [item for item in yaml.safe_load_all(path.read_text(encoding="utf-8")) if item]
    for item in found:
        item["metadata"].setdefault("namespace", "foo")
        ports = item["spec"].get("portLevelMtls") or {}
        item["spec"]["portLevelMtls"] = {str(port): said for port, said in ports.items()}
    return PeerAuthentications(Evidence.of(folder(*found)))


def refuses(answer: dict | None, port: int) -> bool:
    """Whether the policy that upstream expects denies a caller without identity at a port; groups are alternatives."""
    return any(
        all(any(_matches(match, port) for match in rule["matches"]) for rule in group["rules"])
        for group in (answer or {}).get("groups", ())
    )


def _matches(match: dict, port: int) -> bool:
    if port in match.get("notDestinationPorts", ()):
        return False
    return port in match["destinationPorts"] if "destinationPorts" in match else True


def ours(made: Converted | None, port: int) -> bool:
    return made is not None and (port in made.strict or (made.elsewhere and port not in made.exempt))


@pytest.mark.shared_data
@pytest.mark.skipif(not KNOWN_ANSWERS.exists(), reason="the shared known answers are not beside the project")
@pytest.mark.parametrize("path", sorted(KNOWN_ANSWERS.glob("*-in.yaml")), ids=lambda path: path.stem)
def test_agrees_with_istio_port_by_port(path):
    expected = path.with_name(path.name.replace("-in.yaml", ".yaml"))
    answer = yaml.safe_load(expected.read_text(encoding="utf-8")) if expected.exists() else None
    found = peers(path)
    policy = found.all[-1]

    made = converted(policy, found.without_selector("foo"), found.without_selector(ROOT), ROOT)

    assert (made is None) == (answer is None)
    for port in (*policy.ports, 8080, 9090, 1, 65535):
        assert ours(made, port) == refuses(answer, port), port
    if answer:
        exempt = {
            port
            for group in answer["groups"]
            for rule in group["rules"]
            for match in rule["matches"]
            for port in match.get("notDestinationPorts", ())
        }
        assert made is not None
        assert made.exempt == exempt


# mesh, namespace, workload, port level of 9090; then what 9090 and any other port do
COMBINATIONS = {
    "nothing": ("", "", "", "", "pp"),
    "strict mesh": ("S", "", "", "", "ss"),
    "strict mesh, permissive namespace": ("S", "P", "", "", "pp"),
    "strict mesh, unset namespace": ("S", "U", "", "", "ss"),
    "strict workload": ("", "", "S", "", "ss"),
    "disabled workload below strict": ("S", "", "D", "", "pp"),
    "strict workload with an exception": ("", "", "S", "P", "ps"),
    "strict workload with a disabled exception": ("", "", "S", "D", "ps"),
    "strict workload, strict port": ("", "", "S", "S", "ss"),
    "permissive workload, strict port": ("", "", "P", "S", "sp"),
    "unset workload, strict port": ("", "", "U", "S", "sp"),
    "strict mesh, unset workload, permissive port": ("S", "", "U", "P", "ps"),
    "strict mesh, unset workload, disabled port": ("S", "", "U", "D", "ss"),
    "strict mesh, unset workload, strict port": ("S", "", "U", "S", "ss"),
    "strict namespace, unset workload, permissive port": ("", "S", "U", "P", "ps"),
    "permissive namespace below strict, strict port": ("S", "P", "U", "S", "sp"),
    # the policy that is named here is never made, so nothing is refused
    "strict mesh, unset namespace, unset workload, permissive port": ("S", "U", "U", "P", "pp"),
    "strict mesh, permissive workload, strict port": ("S", "", "P", "S", "pp"),
}  # fmt: skip
MODES = {"S": "STRICT", "P": "PERMISSIVE", "D": "DISABLE", "U": "UNSET"}


@pytest.mark.parametrize("case", COMBINATIONS.values(), ids=COMBINATIONS)
def test_levels_combine_as_ztunnel_gets_them(case):
    mesh, namespace, workload, port, expected = case
    objects = []
    if mesh:
        objects.append(peer("mesh", ROOT, MODES[mesh]))
    if namespace:
        objects.append(peer("namespace", "foo", MODES[namespace]))
    if workload:
        ports = {"9090": {"mode": MODES[port]}} if port else {}
        objects.append(peer("workload", "foo", MODES[workload], ports, {"app": "a"}))
    found = PeerAuthentications(Evidence.of(folder(*objects)))

    answer = listener(found, ROOT, found.levels(ROOT, "foo", {"app": "a"}))

    word = {Mode.STRICT: "s", Mode.PERMISSIVE: "p"}
    assert word[answer.at(9090).mode] + word[answer.at(8080).mode] == expected


def peer(name, namespace, mode, ports=None, labels=None):
    spec = {"mtls": {"mode": mode}}
    if ports:
        spec["portLevelMtls"] = ports
    if labels:
        spec["selector"] = {"matchLabels": labels}
    return {
        "apiVersion": "security.istio.io/v1",
        "kind": "PeerAuthentication",
        "metadata": {"name": name, "namespace": namespace},
        "spec": spec,
    }


# modes of 9090 and 9091 below a mesh, a namespace and a workload; then what 9090, 9091 and any other port do
SEVERAL_PORTS = {
    "strict workload, one exception of each kind": ("", "", "S", "P", "D", "pps"),
    "strict workload, an exception and a strict port": ("", "", "S", "P", "S", "pss"),
    "strict mesh, unset workload, a permissive exception carries one that is off": (
        "S",
        "",
        "U",
        "P",
        "D",
        "pps",
    ),
    "strict mesh, unset workload, exceptions that are off alone": ("S", "", "U", "D", "D", "sss"),
    "strict namespace, unset workload, a permissive and a strict port": ("", "S", "U", "P", "S", "pss"),
    "permissive mesh, strict namespace, unset workload, an exception": ("P", "S", "U", "S", "P", "sps"),
    "permissive workload, two strict ports": ("", "", "P", "S", "S", "ssp"),
    "disabled workload below a strict mesh, two exceptions": ("S", "", "D", "P", "P", "ppp"),
    "disabled namespace below a strict mesh, unset workload, a strict port": ("S", "D", "U", "S", "U", "spp"),
    "unset everywhere, one strict port": ("U", "U", "U", "S", "U", "spp"),
}


@pytest.mark.parametrize("case", SEVERAL_PORTS.values(), ids=SEVERAL_PORTS)
def test_several_ports_of_one_workload(case):
    mesh, namespace, workload, one, other, expected = case
    ports = {"9090": {"mode": MODES[one]}, "9091": {"mode": MODES[other]}}
    objects = [peer("workload", "foo", MODES[workload], ports, {"app": "a"})]
    if mesh:
        objects.append(peer("mesh", ROOT, MODES[mesh]))
    if namespace:
        objects.append(peer("namespace", "foo", MODES[namespace]))
    found = PeerAuthentications(Evidence.of(folder(*objects)))

    answer = listener(found, ROOT, found.levels(ROOT, "foo", {"app": "a"}))

    assert "".join(answer.at(port).mode.value[0].lower() for port in (9090, 9091, 8080)) == expected
