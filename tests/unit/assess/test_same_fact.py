"""What each framework makes of the same fact: a hop inside the cluster that nothing encrypts, or a mesh that takes plain text too."""

from pathlib import Path

import pytest

from app.assess import assess, read_documents
from app.evaluate.checks import CHECKS
from app.model.history import Document
from tests.facts import AT, facts_of

CONFIG = Path(__file__).parents[3] / "config"
CHECKED = {check.id: check for check in CHECKS}
INSIDE = {"rules": {"shop": {"in": ["shop"], "zone": "cde", "ephi": True, "soc2": True}}}
TWO = {"workloads": {"shop/web": {"node": "n1"}, "shop/db": {"node": "n2", "ports": {"pg": 5432}}}}
FACTS = {
    "plaintext-path": {"cluster": TWO, "links": {"none": {}}, "scope": INSIDE},
    "permissive-mtls": {
        "cluster": TWO,
        "meshes": {"m": {"web": "STRICT", "db": "PERMISSIVE"}},
        "scope": INSIDE,
    },
}
# check → framework → the control, and what the failure does to it: PCI DSS 4.2.1 speaks of open, public networks alone
MADE = {
    "plaintext-path": {
        "pci-dss-4.0.1": {"1.2.6": "contrary", "2.2.5": "contrary", "4.2.1": "contrary", "8.3.2": "contrary"},
        "hipaa-security-rule": {
            "164.306(d)(3)": "contrary",
            "164.308(a)(1)(ii)(A)": "contrary",
            "164.308(a)(1)(ii)(B)": "contrary",
            "164.312(e)(1)": "exception",
            "164.312(e)(2)(i)": "exception",
            "164.312(e)(2)(ii)": "exception",
        },
        "soc2-tsc-2017": {"CC3.2": "contrary", "CC6.1": "contrary", "CC6.7": "exception"},
    },
    "permissive-mtls": {
        "pci-dss-4.0.1": {"4.2.1": "contrary", "8.3.2": "contrary"},
        "hipaa-security-rule": {
            "164.306(d)(3)": "contrary",
            "164.312(d)": "exception",
            "164.312(e)(1)": "exception",
            "164.312(e)(2)(i)": "contrary",
            "164.312(e)(2)(ii)": "exception",
        },
        "soc2-tsc-2017": {"CC6.1": "contrary", "CC6.7": "exception"},
    },
}


@pytest.fixture(scope="module")
def shipped():
    files = sorted((CONFIG / "frameworks").glob("*.yaml"))
    return read_documents(
        [
            Document("checks.yaml", (CONFIG / "checks.yaml").read_bytes()),
            *(Document(f"frameworks/{path.name}", path.read_bytes()) for path in files),
        ]
    )


@pytest.mark.parametrize("check", MADE)
def test_a_failure_is_an_exception_where_it_is_direct_evidence_and_contrary_evidence_elsewhere(
    shipped, check
):
    runs = [CHECKED[check].run(facts_of(FACTS[check]))]
    made = {
        framework.id: {
            item.control.id: "contrary" if item.contrary else item.state.value
            for item in assess(framework, runs, shipped, at=AT).controls
            if check in {mapped.check for mapped in item.control.checks}
        }
        for framework in shipped.frameworks
    }

    assert made == MADE[check]
