from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from app.assess import read_documents
from app.errors import ConfigurationError
from app.model.connections import Connections, PortSet, Protocol
from app.model.context import RunContext
from app.model.history import Document
from app.model.policy import AddressRange, LabelSelector, Operator, Requirement
from app.model.scope import Scope, Thresholds, Zone

CONFIG = Path(__file__).parents[3] / "config"

CHECKS = """
checks:
  - {id: a, group: segmentation, severity: high, title: A, fails_when: it fails, performed: true}
  - {id: b, group: evidence-store, severity: low, title: B, fails_when: it fails, performed: false}
"""

FRAMEWORK = """
id: test-1
name: Test
version: "1"
title: Test 1
catalogue_version: "1"
boundary: pci
prefix: test-
text_licence: ours
controls:
  - id: "1.1"
    title: First
    objective: Something is shown.
    chapter: 1 One
    automation: partial
    severity: high
    scope: CDE
    cadence: nightly scan
    checks: {direct: [a], supporting: [b]}
    not_applicable_when: there is nothing
    manual_parts: [the paper]
    manual_record: {type: review, max_age: 12 months, months: 12, interval_set_by: standard}
  - id: "1.2"
    title: Second
    objective: Something else is shown.
    chapter: 1 One
    automation: manual
    severity: low
    scope: CDE
    cadence: attestation
    checks: {supporting: [b]}
"""

EXCEPTION = """
exceptions:
  - id: EX-1
    check: a
    subjects: [shop/web -> shop/db, shop/x]
    reason: because
    owner: Ana
    approver: Ben
    starts_on: 2026-01-31
    expires_on: 2027-01-31
"""


def read(**texts):
    """Read documents from texts; `checks` is given unless said otherwise, `framework` is the test framework."""
    given = {"checks": CHECKS, **{key: value for key, value in texts.items() if value is not None}}
    names = {key: "frameworks/test-1.yaml" if key == "framework" else f"{key}.yaml" for key in given}
    return read_documents([Document(names[key], given[key].encode()) for key in given])


def mistakes(**texts):
    with pytest.raises(ConfigurationError) as caught:
        read(**texts)
    return [line.strip() for line in str(caught.value).splitlines()[1:]]


def scope(body):
    return f"owner: Ana\nreviewed_on: 2026-10-01\n{body}"


def test_documents_that_are_not_given_are_empty():
    found = read()

    assert found.scope == Scope()
    assert not found.scope.given
    assert (found.exceptions, found.attestations, found.declarations, found.frameworks) == ((), (), (), ())
    assert found.context == RunContext()


def test_the_catalogue_of_checks_is_required():
    with pytest.raises(ConfigurationError, match=r"checks\.yaml: is required and was not given"):
        read_documents([])


def test_the_catalogue_says_which_checks_are_performed():
    found = read().catalogue

    assert {check: meta.performed for check, meta in found.items()} == {"a": True, "b": False}


def test_the_context_of_a_run_is_read_back():
    context = RunContext(previous=3, streaks={"a/shop": 2})

    found = read_documents([Document("checks.yaml", CHECKS.encode()), context.document()])

    assert found.context == context


def test_a_scope_rule_selects_as_kubernetes_does():
    rule = read(
        scope=scope("""
rules:
  - id: cards
    namespaces: [pay, "pay-*"]
    namespaceSelector: {matchLabels: {zone: cde}}
    podSelector:
      matchExpressions:
        - {key: tier, operator: In, values: [web, api]}
        - {key: debug, operator: DoesNotExist}
    zone: cde
    data_store: true
""")
    ).scope.rules[0]

    assert rule.namespaces == ("pay", "pay-*")
    assert rule.namespace_selector == LabelSelector((Requirement("zone", Operator.IN, ("cde",)),))
    assert rule.pod_selector == LabelSelector(
        (Requirement("debug", Operator.DOES_NOT_EXIST), Requirement("tier", Operator.IN, ("api", "web")))
    )
    assert (rule.zone, rule.data_store, rule.ephi) == (Zone.CDE, True, None)
    assert rule.reaches("pay-eu", {"tier": "web"})
    assert not rule.reaches("pay-eu", {"tier": "web", "debug": ""})


def test_a_scope_that_says_the_least_has_the_defaults():
    found = read(scope=scope("")).scope

    assert found.given
    assert (found.owner, found.reviewed_on) == ("Ana", date(2026, 10, 1))
    assert found.thresholds == Thresholds()
    assert (found.approved_flows, found.approved_exposures) == (None, None)


def test_an_empty_register_is_not_a_missing_one():
    found = read(scope=scope("approved_flows: []\napproved_exposures: []")).scope

    assert (found.approved_flows, found.approved_exposures) == ((), ())


def test_the_digest_of_a_scope_is_that_of_its_bytes():
    body = scope("node_isolation: pools")

    assert read(scope=body).scope.digest == Document("scope.yaml", body.encode()).digest


def test_neighbouring_networks_become_one_range():
    found = read(scope=scope("untrusted: [192.0.2.128/25, 192.0.2.0/25, 2001:db8::/127]")).scope.untrusted

    first = 0x2001_0DB8 << 96
    assert found == (AddressRange(4, 0xC0000200, 0xC00002FF), AddressRange(6, first, first + 1))


@pytest.mark.parametrize(
    ("ports", "meant"),
    [
        ("[TCP/443]", Connections.of({Protocol.TCP: PortSet.of([(443, 443)])})),
        ("[TCP/8000-8010]", Connections.of({Protocol.TCP: PortSet.of([(8000, 8010)])})),
        (
            "[UDP/53, TCP/53]",
            Connections.of({p: PortSet.of([(53, 53)]) for p in (Protocol.TCP, Protocol.UDP)}),
        ),
        ("[SCTP/any]", Connections.of({Protocol.SCTP: PortSet.all()})),
        ("[TCP/443, any]", Connections.all()),
    ],
)
def test_ports_of_an_approved_flow(ports, meant):
    found = read(
        scope=scope(f"approved_flows: [{{id: F, source: external, destination: shop, ports: {ports}}}]")
    )

    assert found.scope.approved_flows[0].ports == meant


NAMELESS = [  # rules that would put outside whatever nobody spoke about
    ("zone: out-of-scope", "zone: out-of-scope"),
    ("namespaces: ['*'], ephi: false", "ephi: false"),
    (
        "clusters: ['*'], namespaces: ['?*'], zone: out-of-scope, soc2: false",
        "zone: out-of-scope and soc2: false",
    ),
    ("namespaces: ['[a-z]*', '[!]]?'], soc2: false", "soc2: false"),
    (
        "namespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: Exists}]}, ephi: false",
        "ephi: false",  # every namespace has it
    ),
    (
        "podSelector: {matchExpressions: [{key: zone, operator: DoesNotExist}]}, zone: out-of-scope",
        "zone: out-of-scope",
    ),
    (
        "namespaceSelector: {matchExpressions: [{key: zone, operator: NotIn, values: [cde]}]}, soc2: false",
        "soc2: false",
    ),
]


@pytest.mark.parametrize(
    "text",
    [
        "zone: cde, ephi: true, soc2: true",
        "clusters: [lab-1], zone: out-of-scope",
        "namespaces: ['lab-*'], zone: out-of-scope",
        "podSelector: {matchLabels: {zone: none}}, zone: out-of-scope",
        "namespaceSelector: {matchExpressions: [{key: zone, operator: Exists}, {key: zone, operator: NotIn, values: [cde]}]}, ephi: false",
    ],
)
def test_a_rule_may_put_inside_whatever_it_matches_and_outside_what_it_names(text):
    assert [rule.id for rule in read(scope=scope(f"rules: [{{id: a, {text}}}]")).scope.rules] == ["a"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("rules: [{id: a, zone: dmz}]", "rules[0].zone: should be 'cde', 'connected-to'"),
        ("rules: [{id: a, zone: unknown}]", "rules[0].zone: 'unknown' is what no rule places"),
        ("rules: [{id: a}]", "rules[0]: the rule says nothing"),
        ("rules: [{id: a, zone: cde, color: red}]", "rules[0].color: is not a known field"),
        (
            "rules: [{id: a, zone: cde, namespaces: [x]}, {id: a, ephi: true, namespaces: [y]}]",
            "rules[1].id: 'a' is used before",
        ),
        (
            "rules: [{id: a, zone: cde}, {id: b, ephi: true}]",
            "rules[1]: matches exactly what 'a' matches",
        ),
        (
            "rules: [{id: a, zone: cde, podSelector: {matchExpressions: [{key: k, operator: In}]}}]",
            "rules[0].podSelector.matchExpressions[0]: In needs values",
        ),
        (
            "rules: [{id: a, ephi: true, podSelector: {matchExpressions: [{key: k, operator: Exists, values: [v]}]}}]",
            "rules[0].podSelector.matchExpressions[0]: Exists takes no values",
        ),
        *(
            (f"rules: [{{id: a, {text}}}]", f"rules[0]: 'a' says {said} of whatever nobody named")
            for text, said in NAMELESS
        ),
        ("rules: [{id: a, namespaces: [], zone: cde}]", "rules[0].namespaces: should name at least one"),
        ("rules: [{id: a, clusters: [], zone: cde}]", "rules[0].clusters: should name at least one"),
        ("rules: [{id: external, zone: cde}]", "rules[0].id: 'external' stands for addresses outside"),
        ("rules: [{id: a, ephi: 'yes'}]", "rules[0].ephi: should be a valid boolean (found 'yes')"),
        ("untrusted: [10.0.0.1/8]", "untrusted[0]: not a CIDR: 10.0.0.1/8 has host bits set"),
        ("untrusted: [0.0.0.0/0, 10.0.0.0/8]", "untrusted[1]: 10.0.0.0/8 is already covered by 0.0.0.0/0"),
        ("untrusted: [10.0.0.0/8, 10.0.0.0/8]", "untrusted[1]: 10.0.0.0/8 is already covered by 10.0.0.0/8"),
        (
            "approved_flows: [{id: f, source: external, destination: external, ports: [any]}]",
            "approved_flows[0]: one end must be inside the cluster",
        ),
        (
            "approved_flows: [{id: f, source: Front End, destination: shop, ports: [any]}]",
            "approved_flows[0].source: 'Front End' is neither the id of a rule, nor a namespace",
        ),
        (
            "approved_flows: [{id: f, source: a, destination: b, ports: [TCP/90-80]}]",
            "approved_flows[0].ports[0]: 'TCP/90-80' is not a range of ports from 1 to 65535",
        ),
        (
            "approved_flows: [{id: f, source: a, destination: b, ports: [TCP/0]}]",
            "approved_flows[0].ports[0]: 'TCP/0' is not a range of ports from 1 to 65535",
        ),
        (
            "approved_flows: [{id: f, source: a, destination: b, ports: [ICMP/8]}]",
            "approved_flows[0].ports[0]: should match pattern",
        ),
        (
            "approved_flows: [{id: f, source: a, destination: b, ports: []}]",
            "approved_flows[0].ports: should name at least one",
        ),
        (
            "approved_exposures: [{id: x, object: shop/web}]",
            "approved_exposures[0].object: should match pattern",
        ),
        ("approved_host_network: [node-exporter]", "approved_host_network[0]: should match pattern"),
        ("thresholds: {widest_port_range: 0}", "thresholds.widest_port_range: should be greater than"),
        ("thresholds: {shortest_prefix_v4: 33}", "thresholds.shortest_prefix_v4: should be less than"),
        ("owner: Ben", "the key 'owner' stands twice in one mapping"),
        ("rules: [", "not readable as YAML"),
        ("node_isolation: \x00", "not readable as YAML"),
    ],
)
def test_a_mistake_in_the_scope_is_named_with_its_place(body, said):
    found = mistakes(scope=scope(body))

    assert len(found) == 1
    assert f"scope.yaml: {said}" in found[0] or (
        found[0].startswith("scope.yaml: not readable") and said in found[0]
    )


def test_an_empty_file_is_a_mistake():
    assert mistakes(scope="") == ["scope.yaml: should be an object (found nothing)"]


def test_an_alias_bomb_is_refused_before_it_unfolds():
    levels = [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]" for n in range(1, 10)]
    bomb = "\n".join(["l0: &l0 [x, x, x, x, x, x, x, x, x, x]", *levels])

    assert mistakes(scope=bomb) == ["scope.yaml: not readable as YAML: it unfolds to more than 200000 values"]


def test_an_exception_is_read_with_its_paths():
    found = read(exceptions=EXCEPTION).exceptions[0]

    assert found.subjects == ("shop/web → shop/db", "shop/x")
    assert found.problem(date(2026, 6, 1)) == ""


@pytest.mark.parametrize(
    ("was", "now", "said"),
    [
        ("check: a", "check: aa", "EX-1: names the check 'aa', which does not exist; did you mean 'a'?"),
        ("2027-01-31", "2027-02-01", "exceptions[0].expires_on: lies more than 12 months after starts_on"),
        ("2027-01-31", "2026-01-30", "exceptions[0].expires_on: lies before starts_on"),
        ("2027-01-31", "someday", "exceptions[0].expires_on: should be a valid date"),
        (
            "subjects: [shop/web -> shop/db, shop/x]",
            "subjects: []",
            "exceptions[0].subjects: should name at least one",
        ),
        ("reason: because", "reason: ' '", "exceptions[0].reason: should have at least 1 character"),
    ],
)
def test_an_exception_that_cannot_be_meant_is_a_mistake(was, now, said):
    found = mistakes(exceptions=EXCEPTION.replace(was, now))

    assert len(found) == 1
    assert f"exceptions.yaml: {said}" in found[0]


@pytest.mark.parametrize(
    ("was", "now"),
    [("approver: Ben", "approver: ''"), ("approver: Ben", "approver: Ana"), ("    owner: Ana\n", "")],
)
def test_an_exception_that_does_not_count_is_a_finding_and_no_mistake(was, now):
    found = read(exceptions=EXCEPTION.replace(was, now)).exceptions[0]

    assert found.problem(date(2026, 6, 1))


def test_a_framework_becomes_controls_in_the_order_of_its_file():
    found = read(framework=FRAMEWORK).frameworks[0]

    assert (found.id, found.boundary.value, len(found.digest)) == ("test-1", "pci", 64)
    assert [item.id for item in found.controls] == ["1.1", "1.2"]
    assert [(item.check, item.role.value) for item in found.controls[0].checks] == [
        ("a", "direct"),
        ("b", "supporting"),
    ]
    assert found.controls[0].manual_record.months == 12


@pytest.mark.parametrize(
    ("was", "now", "said"),
    [
        ("id: test-1", "id: test-2", "id: is 'test-2'; a framework's file is named by its id"),
        ('id: "1.2"', 'id: "1.1"', "controls[1].id: '1.1' is used before"),
        ('id: "1.2"', "id: 1.2", "controls[1].id: should be text: put it in quotes (found 1.2)"),
        ("direct: [a]", "direct: [z]", "controls[0].checks: 1.1 names the check 'z', which does not exist"),
        ("direct: [a]", "direct: [a, b]", "controls[0]: a check is mapped twice"),
        ("    checks: {supporting: [b]}\n", "", "controls[1]: no check reads the cluster for it"),
        ("boundary: pci", "boundary: pcj", "boundary: should be 'pci', 'hipaa', 'soc2' or 'cluster'"),
        ("months: 12, ", "", "controls[0].manual_record: an interval set by the standard needs 'months'"),
        (
            "    manual_record: {type: review, max_age: 12 months, months: 12, interval_set_by: standard}\n",
            "",
            "controls[0]: its manual parts need a 'manual_record'",
        ),
    ],
)
def test_a_mistake_in_a_framework_is_named_with_its_place(was, now, said):
    assert was in FRAMEWORK

    found = mistakes(framework=FRAMEWORK.replace(was, now))

    assert len(found) == 1
    assert f"frameworks/test-1.yaml: {said}" in found[0]


def test_a_control_that_says_why_nothing_bears_on_it_needs_no_check():
    text = FRAMEWORK.replace("    checks: {supporting: [b]}\n", "    outside_tool: It is paper.\n")

    assert read(framework=text).frameworks[0].controls[1].outside_tool == "It is paper."


ATTESTATIONS = """
attestations:
  - {type: review, person: Ben, performed_on: 2026-10-01}
not_applicable:
  - {framework: test-1, control: "1.1", reason: tested, declared_by: Ben, declared_on: 2026-10-01}
significant_changes:
  - {changed_on: 2026-05-01, what: A new network, controls: ["1.1"]}
"""


def test_records_declarations_and_changes_are_read():
    found = read(framework=FRAMEWORK, attestations=ATTESTATIONS)

    assert (found.attestations[0].type, found.attestations[0].performed_on) == ("review", date(2026, 10, 1))
    assert (found.declarations[0].control, found.declarations[0].reason) == ("1.1", "tested")
    assert found.changes[0].what == "A new network"


@pytest.mark.parametrize(
    ("was", "now", "said"),
    [
        (
            "type: review",
            "type: reviev",
            "attestations[0].type: is 'reviev', which does not exist; did you mean 'review'?",
        ),
        ("framework: test-1", "framework: test-9", "not_applicable[0].framework: is 'test-9'"),
        ('control: "1.1"', 'control: "1.9"', "not_applicable[0].control: is '1.9'"),
        ('control: "1.1"', 'control: "1.2"', "not_applicable[0].control: 1.2 of test-1 has no ground"),
        ('controls: ["1.1"]', 'controls: ["7.1"]', "significant_changes[0].controls: names '7.1'"),
        (
            "performed_on: 2026-10-01}",
            "performed_on: 2026-10-01, valid_until: 2026-09-01}",
            "attestations[0].valid_until: lies before performed_on",
        ),
        (
            "performed_on: 2026-10-01}",
            "performed_on: 2026-10-01, document_digest: abc}",
            "attestations[0].document_digest: should match pattern",
        ),
    ],
)
def test_a_mistake_in_the_attestations_is_named_with_its_place(was, now, said):
    assert was in ATTESTATIONS

    found = mistakes(framework=FRAMEWORK, attestations=ATTESTATIONS.replace(was, now))

    assert len(found) == 1
    assert f"attestations.yaml: {said}" in found[0]


def test_all_mistakes_of_all_files_are_told_at_once():
    found = mistakes(
        scope=scope("rules: [{id: a, zone: dmz}, {id: a, colour: red}]\nuntrusted: [nowhere]"),
        exceptions="exceptions: [{id: EX-1}]",
        checks="checks: [{id: a}]",
        framework=FRAMEWORK.replace("name: Test\n", ""),
    )

    files = {line.split(":")[0] for line in found}
    assert files == {"scope.yaml", "exceptions.yaml", "checks.yaml", "frameworks/test-1.yaml"}
    assert sum(line.startswith("scope.yaml") for line in found) == 4
    assert "frameworks/test-1.yaml: name: is required and missing" in found


def test_a_document_that_nobody_knows_is_refused():
    with pytest.raises(ConfigurationError, match=r"exception\.yaml: is not a known document"):
        read_documents([Document("checks.yaml", CHECKS.encode()), Document("exception.yaml", b"")])


def test_a_document_given_twice_is_refused():
    document = Document("checks.yaml", CHECKS.encode())

    with pytest.raises(ConfigurationError, match=r"checks\.yaml: is given twice"):
        read_documents([document, document])


def test_a_context_that_this_program_did_not_write_is_refused():
    with pytest.raises(ConfigurationError, match=r"context\.json: is not a run's context"):
        read_documents([Document("checks.yaml", CHECKS.encode()), Document("context.json", b"[]")])


LINKS = """
provider_links:
  - feature: Nitro
    person: A. Person
    performed_on: 2026-01-01
    valid_until: 2026-12-31
    node_labels: {type: m6i}
"""


def test_a_statement_about_the_providers_links_counts_between_its_two_days():
    found = read(attestations=LINKS)
    (link,) = found.links

    assert (link.feature, link.node_labels) == ("Nitro", (("type", "m6i"),))
    assert found.links_on(datetime(2026, 12, 31, 23, tzinfo=UTC)) == (link,)
    assert found.links_on(datetime(2027, 1, 1, tzinfo=UTC)) == ()
    assert found.links_on(datetime(2025, 12, 31, tzinfo=UTC)) == ()


def test_a_statement_that_ends_before_it_begins_is_a_mistake():
    (said,) = mistakes(attestations=LINKS.replace("2026-12-31", "2025-12-31"))

    assert "attestations.yaml: provider_links[0].valid_until: lies before performed_on" in said


CLAIMS = """
owner: A. Owner
reviewed_on: 2026-10-01
rules: [{id: cards, namespaces: [cards], zone: cde, meshed: true}]
encryption:
  controls: [node-to-node]
  application_tls:
    - {id: T-1, destination: cards, ports: [TCP/5432], how: ssl = on, owner: A, approver: B, approved_on: 2026-10-01}
"""


def test_claims_about_encryption_are_read():
    scope = read(scope=CLAIMS).scope

    assert (scope.encryption.node_to_node, scope.encryption.mesh) == (True, False)
    assert [(item.id, str(item.ports)) for item in scope.encryption.application_tls] == [("T-1", "TCP 5432")]
    assert scope.place("cards", {}, {}).meshed
    assert read(scope=CLAIMS.partition("encryption:")[0]).scope.encryption.application_tls is None


def test_declared_tls_names_a_rule_or_a_namespace():
    (said,) = mistakes(scope=CLAIMS.replace("destination: cards", "destination: Card Data"))

    assert (
        "encryption.application_tls[0].destination: 'Card Data' is neither the id of a rule nor a namespace"
        in said
    )
