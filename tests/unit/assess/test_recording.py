"""What somebody observed, in every form; rows that cannot be read are named by line and never left out in silence."""

import json

import pytest

from app.assess.recording import observed_flows, read_recording
from app.errors import InputError
from app.model.flows import DeclaredFlow, FlowEnd
from tests.builders import inventory, pod, template
from tests.report_builder import ports

CSV = b"Source,Destination,Port,Protocol,bytes\nshop/web,shop/cart,7070,tcp,12\n"
JSON = b'[\n {"source": "shop/web", "destination": "shop/cart",\n  "port": 7070, "protocol": "TCP", "more": [1]}\n]'
YAML = b"flows:\n  - source: shop/web\n    destination: shop/cart\n    port: 7070\n    protocol: TCP\n"
LINES = b'\n{"source": "shop/web", "destination": "shop/cart", "port": "7070", "protocol": "TCP"}\n'
FORMS = {"csv": (CSV, 2), "json": (JSON, 2), "yaml": (YAML, 2), "json lines": (LINES, 2)}


def cluster():
    return inventory(
        [
            template("shop/web"),
            pod("shop/cart-7d9-x1", owner="cart[Deployment]", ips=["10.0.0.7"]),
            pod("shop/host-1", owner="host[DaemonSet]", ips=["10.9.9.9"], host_network=True),
        ]
    )


def record(verdict="FORWARDED", *, is_reply=False, source=None, destination=None, l4=None, **more):
    end = {
        "namespace": "shop",
        "pod_name": "cart-7d9-x1",
        "workloads": [{"name": "cart", "kind": "Deployment"}],
    }
    flow = {
        "verdict": verdict,
        "is_reply": is_reply,
        "IP": {"source": "198.51.100.7", "destination": "10.0.0.7"},
        "l4": l4 or {"TCP": {"source_port": 40000, "destination_port": 7070}},
        "source": source or {"labels": ["reserved:world"]},
        "destination": destination or end,
    }
    return json.dumps({"flow": flow | more, "node_name": "n1"})


def told(*lines):
    recording = read_recording("hubble", "\n".join(lines).encode())
    return recording, [
        f"{item.source.text} {item.destination.text} {item.ports}" for item in recording.sightings
    ]


@pytest.mark.parametrize("form", FORMS)
def test_a_row_is_the_same_in_every_form(form):
    body, line = FORMS[form]
    (found,) = read_recording(form, body).sightings

    assert (found.line, found.source.text, found.destination.text) == (line, "shop/web", "shop/cart")
    assert found.ports == ports(7070)


BAD = {
    "no port": (b"source,destination,port,protocol\na/b,c/d,,TCP\n", "line 2: port is missing"),
    "short": (b"source,destination,port,protocol\n\na/b\n", "line 3: destination and port and protocol are missing"),
    "range": (b"source,destination,port,protocol\na/b,c/d,70000,TCP\n", "line 2: 'TCP/70000' is not a range"),
    "name": (b"source,destination,port,protocol\na/b,c/d,http,TCP\n", "line 2: port 'http' is no number"),
    "other digits": ("source,destination,port,protocol\na/b,c/d,٣,TCP\n".encode(), "line 2: port '٣' is no"),
    "icmp": (b"- {source: a/b, destination: c/d, port: 8, protocol: ICMP}", "line 1: protocol 'ICMP' is none"),
    "end": (b"- {source: a, destination: c/d, port: 8, protocol: TCP}", "line 1: 'a' is neither namespace/name"),
    "scalar": (b"- {source: a/b, destination: c/d, port: 8, protocol: TCP}\n- 7\n", "line 2: no names with values"),
    "cut off": (LINES + b'{"source": "shop/w', "line 3: no JSON object"),
    "nothing of an end": (record(source={"ID": 1}, IP={}).encode(), "line 1: an end has neither a pod nor an address"),
    "no port in a record": (record(l4={"TCP": {}}).encode(), "line 1: port '' is no number"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_a_bad_row_refuses_the_file_and_is_named(case):
    body, says = BAD[case]
    with pytest.raises(InputError) as refused:
        read_recording("flows.csv", body)

    assert str(refused.value).startswith("flows.csv: 1 row cannot be read, so that none is used")
    assert says in str(refused.value)


def test_many_bad_rows_are_counted_and_the_first_are_named():
    body = b"source,destination,port,protocol\n" + b"x,y,z,w\n" * 30
    with pytest.raises(InputError, match=r"30 rows cannot be read[\s\S]*line 21: [\s\S]*… and 10 more"):
        read_recording("flows.csv", body)


NO_LISTS = {
    "empty": b"",
    "text": b"hello",
    "mapping": b"a: 1",
    "binary": b"a,b\n\xff\xfe,\n",
    "no end": b"source,destination\n'a",
    "aliases": b"- &a [x]\n- *b",
    "deep": b"[" * 100_000,
}


@pytest.mark.parametrize("case", NO_LISTS)
def test_what_is_no_list_of_flows_is_refused(case):
    with pytest.raises(InputError):
        read_recording("x", NO_LISTS[case])


def test_of_hubbles_records_those_count_that_were_forwarded_and_are_no_answer():
    recording, found = told(
        record(),
        record("DROPPED"),
        record(is_reply=True),
        record(is_reply=None),
        record(l4={"ICMPv4": {"type": 8}}),
        record(source={"labels": ["reserved:host"]}),
        json.dumps({"lost_events": {"num_events_lost": "3"}}),
        json.dumps({"node_status": {}}),
    )

    assert found == ["198.51.100.7 shop/cart[Deployment] TCP 7070"]
    assert recording.left_out == (
        ("an answer", 1),
        ("events that were lost: flows are missing from the recording", 1),
        ("from the pod's own node, which no policy keeps out", 1),
        ("not about a flow", 1),
        ("not forwarded (dropped, or seen again on its way)", 1),
        ("without its direction: nobody saw who began", 1),
        ("without ports (ICMP and others)", 1),
    )


def test_a_bare_record_and_one_with_a_pod_alone_are_read():
    bare = json.dumps(json.loads(record())["flow"])
    pod_alone = record(
        destination={"namespace": "shop", "pod_name": "cart-7d9-x1"}, l4={"UDP": {"destination_port": 53}}
    )

    assert told(bare, pod_alone)[1] == [
        "198.51.100.7 shop/cart[Deployment] TCP 7070",
        "198.51.100.7 shop/cart-7d9-x1 UDP 53",
    ]


ROWS = b"""source,destination,port,protocol
shop/web,shop/cart-7d9-x1,7070,TCP
shop/web,10.0.0.7,7071,TCP
10.9.9.9,shop/web,8080,TCP
shop/gone,shop/web,8080,TCP
10.0.0.7,198.51.100.7,443,TCP
198.51.100.7,198.51.100.8,443,TCP
shop/web,shop/cart[Deployment],22,TCP
"""


def test_pods_and_addresses_become_workloads_and_a_pair_is_told_once():
    found = observed_flows(read_recording("x", ROWS), cluster())

    assert [(item.id, item.source.text, item.destination.text, item.ports) for item in found.flows] == [
        ("line 2", "shop/web[Deployment]", "shop/cart[Deployment]", ports(7070, 7071) | ports(22)),
        ("line 4", "10.9.9.9", "shop/web[Deployment]", ports(8080)),
        ("line 5", "shop/gone", "shop/web[Deployment]", ports(8080)),
        ("line 6", "shop/cart[Deployment]", "198.51.100.7", ports(443)),
    ]
    assert all(item.observed for item in found.flows)
    assert found.left_out == (("both ends are outside the cluster", 1),)


def test_what_is_declared_is_not_told_as_observed():
    every = FlowEnd("shop/*", "shop")
    declared = DeclaredFlow("d", every, FlowEnd("shop/cart", "shop", "cart"), ports(7070, 22))

    found = observed_flows(read_recording("x", ROWS), cluster(), [declared])

    assert (found.flows[0].id, found.flows[0].ports) == ("line 2", ports(7071))
    assert len(found.flows) == 4
