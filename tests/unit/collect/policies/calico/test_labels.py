"""Where each label that Calico gives an endpoint is looked for."""

import pytest

from app.collect.policies.calico.labels import pods_selected
from app.collect.policies.calico.language import parse

SELECTED = {
    "": "everything",
    "all()": "everything",
    "app == 'a'": "app=a",
    "app != 'a'": "app notin (a)",
    "app in {'b', 'a'} && has(x) && !has(y)": "app in (a,b),x,!y",
    "app starts with 'a'": "app starts with a",
    "!app contains 'a'": "not (app contains a)",
    "!app == 'a'": "app notin (a)",
    "!app != 'a'": "app=a",
    "!!has(a)": "a",
    "!(has(a) && has(b))": "not (a,b)",
    "!(!(has(a) && has(b)))": "a,b",
    "has(a) || has(b)": "(a or b)",
    "(has(a) || has(b)) && has(c)": "(c and (a or b))",
    "has(a) || all()": "everything",
    "!all()": "nothing",
    "has(a) && !all()": "nothing",
    "a in {}": "nothing",
    "a not in {}": "everything",
    "has(a) || a in {}": "a",
    "projectcalico.org/namespace == 'x'": "namespace kubernetes.io/metadata.name=x",
    "pcns.projectcalico.org/name == 'x'": "namespace kubernetes.io/metadata.name=x",
    "pcns.team != 'x'": "namespace team notin (x)",
    "has(projectcalico.org/namespace)": "everything",
    "!has(pcns.projectcalico.org/name)": "nothing",
    "projectcalico.org/serviceaccount == 'x'": "service account name=x",
    "pcsa.projectcalico.org/name in {'x'}": "service account name=x",
    "has(projectcalico.org/serviceaccount)": "everything",
    "has(pcsa.role)": "service account role",
    "projectcalico.org/orchestrator == 'k8s'": "everything",
    "projectcalico.org/orchestrator == 'cni'": "nothing",
    "has(projectcalico.org/orchestrator)": "everything",
}


@pytest.mark.parametrize("text", SELECTED)
def test_pods_that_a_selector_selects(text):
    assert str(pods_selected(parse(text))) == SELECTED[text]


def test_no_selector_selects_every_pod():
    assert str(pods_selected(None)) == "everything"
