from dataclasses import replace

import pytest

from app.model.connections import Connections, PortSet, Protocol
from app.model.control import CheckTally, ControlState, ManualRecord, Role
from app.model.finding import Outcome, Subject, SubjectKind
from app.model.history import ChangeKind, ObjectChange
from app.model.identity import GroupKind, ObjectRef
from app.model.platform import UNKNOWN_PLATFORM, Enforcement, NodeEnforcement, Sign
from app.model.policy import Direction
from app.model.reachability import Reachability
from app.model.snapshot import Coverage, KindCoverage
from app.render import enforcement
from app.render.charts import Level
from app.render.content import Stack, Table
from app.render.dossier import Dossier
from app.render.page import build_page
from app.render.sections import (
    SECTIONS,
    controls,
    cover,
    exceptions,
    findings,
    manifest,
    populations,
    reachability,
    scope,
    summary,
    trends,
)
from app.render.wording import number
from tests.report_builder import (
    AUDITOR,
    empty_input,
    many_findings,
    report_input,
    with_reachability,
    workload,
)

USUAL = Dossier(report_input())
EMPTY = Dossier(empty_input())
CONTROL = report_input().assessment.controls[0]


def texts(table: Table) -> list[str]:
    return [" ".join(str(cell) for cell in row.cells) for row in table.rows]


def since_with(**changes) -> str:
    """The sentence on what differs from the scan before, when the comparison says this."""
    comparison = replace(USUAL.report.trend.comparison, **changes)
    trend = replace(USUAL.report.trend, comparison=comparison)
    return summary.build(Dossier(replace(USUAL.report, trend=trend))).since


class TestCover:
    def test_counts_stand_in_one_sentence(self):
        assert cover.build(USUAL).result == (
            "Of 8 applicable controls, 2 have an exception noted, 1 is under an accepted exception, 1 lacks sufficient"
            " evidence, 3 still need manual evidence and 1 is supported."
        )

    def test_no_control_is_no_success(self):
        page = cover.build(EMPTY)

        assert page.result == "No control was counted for this framework."
        assert page.bar.total == 0

    @pytest.mark.parametrize(("length", "size"), [(9, "normal"), (40, "long"), (253, "very-long")])
    def test_long_names_are_set_smaller_and_never_cut(self, length, size):
        name = "c" * length
        page = cover.build(Dossier(report_input(name)))

        assert page.size == size
        assert name in page.heading

    def test_digests_are_printed_whole(self):
        facts = {fact.label: fact.value for fact in cover.build(USUAL).facts}

        assert len(facts["Snapshot SHA-256"]) == 64
        assert (
            facts["Evidence collected"]
            == "2026-08-21 02:00:00 UTC, 3 objects, 4 of 5 resource kinds complete"
        )
        assert facts["Scan"].startswith("Number 14, partial: 1 gap")


class TestSummary:
    def test_the_worst_finding_is_first(self):
        page = summary.build(USUAL)

        assert texts(page.first)[0].count("kube-system can reach payments/card-vault on every port.") == 1
        assert len(page.first.rows) == 2  # the accepted one is nothing to do first

    def test_many_findings_of_one_test_are_one_thing_to_do(self):
        cell = summary.build(USUAL).first.rows[1].cells[1]

        assert cell.lines == ("shop/cart may open connections to any address.",)
        assert cell.notes == ("And 1 more of this test.",)

    def test_figures_show_the_scan_before(self):
        figures = {figure.mark.state: figure for figure in summary.build(USUAL).figures}

        assert figures["exception"].value == "2"
        assert figures["exception"].before == "scan before: 2"
        assert figures["exception"].spark.values[-4] is None  # a missed night

    def test_what_did_not_change_is_no_list_of_zeros(self):
        since = since_with(opened=(), closed=(), flips=(), paths=())

        assert since.endswith(
            "over all frameworks: no failing result opened or closed, no connection opened or closed, 2 objects changed."
        )

    def test_a_control_whose_state_alone_changed_is_a_difference(self):
        since = since_with(opened=(), closed=(), paths=(), objects=())

        assert since.endswith(
            "over all frameworks: no failing result opened or closed, 1 control changed state, no connection opened or"
            " closed, no object changed."
        )

    def test_nothing_differs_when_nothing_does(self):
        since = since_with(opened=(), closed=(), flips=(), paths=(), objects=())

        assert since == "Nothing differs from scan 13 of 20 August 2026."

    @pytest.mark.parametrize(
        ("size", "controls_failing", "says"),
        [
            (1, 1, "Behind the exception is 1 finding, critical or high."),
            (1, 2, "Behind the exceptions is 1 finding, critical or high."),
            (2, 2, "Behind the exceptions are 2 findings, all of them critical or high."),
        ],
    )
    def test_findings_are_counted_beside_what_they_make(self, size, controls_failing, says):
        report = many_findings(size)
        failing = [item for item in report.assessment.controls if item.state is ControlState.EXCEPTION]
        assessment = replace(report.assessment, controls=tuple(failing[:controls_failing]))
        judgement = replace(report.judgement, assessments=(assessment,))

        lede = summary.build(Dossier(replace(report, assessment=assessment, judgement=judgement))).lede[0]

        assert says in lede

    def test_nothing_read_is_said(self):
        lede = summary.build(EMPTY).lede[0]

        assert "No object was read." in lede
        assert "No test that bears on this framework was performed." in lede
        assert "Whether policies are enforced is unknown" in lede


class TestScope:
    def test_what_was_not_seen_names_the_permission_and_the_controls(self):
        (item,) = scope.build(USUAL).not_seen

        assert item.kind == "Ingress.networking.k8s.io"
        assert 'resources: ["ingresses"]' in item.permission
        assert item.controls == "1.4.2"
        assert item.messages[0].startswith("Listing ")

    def test_unlabelled_is_unknown_and_counts_as_in_scope(self):
        assert "1 of 12 workloads is placed by no rule and counts as in scope." in scope.build(USUAL).lede[0]
        assert any("Unknown: counts as in scope" in row for row in texts(scope.build(USUAL).placement))

    def test_kinds_that_were_read_and_have_no_object_are_one_sentence(self):
        report = report_input()
        job = KindCoverage(GroupKind("batch", "Job"), "v1", Coverage.COMPLETE, 0, 1)
        cut = KindCoverage(GroupKind("batch", "CronJob"), "v1", Coverage.PARTIAL, 0, 1)
        snapshot = replace(report.snapshot, kinds=(*report.snapshot.kinds, job, cut))
        page = scope.build(Dossier(replace(report, snapshot=snapshot)))

        assert page.bare == "Read completely, and there is none: `Job.batch`."
        assert any("CronJob.batch" in row for row in texts(page.kinds))
        assert not any("Job.batch" in row.split() for row in texts(page.kinds))

    def test_kinds_that_are_not_served_are_one_list_by_api_group(self):
        report = report_input()
        absent = tuple(
            KindCoverage(GroupKind(group, kind), "", Coverage.ABSENT, 0)
            for group, kind in (("b.io", "Two"), ("a.io", "One"), ("b.io", "Three"))
        )
        kinds = (*report.snapshot.kinds, *absent)
        page = scope.build(Dossier(replace(report, snapshot=replace(report.snapshot, kinds=kinds))))

        assert [(item.group, item.kinds) for item in page.absent] == [
            ("a.io", ("One",)),
            ("b.io", ("Three", "Two")),
            ("projectcalico.org", ("GlobalNetworkPolicy",)),
        ]
        assert not any("Not served" in row for row in texts(page.kinds))

    def test_of_many_namespaces_those_placed_alike_share_a_row(self):
        workloads = tuple(workload(f"team-{n:02}", "api") for n in range(70))
        engine = replace(
            USUAL.report.judgement.reachability, workloads=workloads, rows={}, isolated=frozenset()
        )
        page = scope.build(Dossier(with_reachability(USUAL.report, engine)))

        (row,) = page.namespaces.rows
        (names,) = row.cells[0].lines
        assert names.startswith("70 namespaces: team-00, team-01,")
        assert names.endswith(", team-69")
        assert row.cells[-1] == "70"

    def test_of_many_namespaces_those_with_several_places_are_named_once(self):
        workloads = tuple(
            workload(f"team-{n:02}", name)
            for n in range(70)
            for name in (("api", "db") if n < 3 else ("api",))
        )
        engine = replace(
            USUAL.report.judgement.reachability, workloads=workloads, rows={}, isolated=frozenset()
        )
        report = with_reachability(USUAL.report, engine)
        placements = {
            name: replace(item, rules=("team", "stores") if "/db[" in name else ("team",))
            for name, item in report.judgement.placements.items()
        }
        page = scope.build(
            Dossier(replace(report, judgement=replace(report.judgement, placements=placements)))
        )

        assert [
            (row.cells[0].lines[0].partition(":")[0], *row.cells[2:]) for row in page.namespaces.rows
        ] == [
            ("67 namespaces", "team", "67"),
            ("3 namespaces", "team", "3"),
            ("the same 3 namespaces", "team, stores", "3"),
        ]

    def test_files_have_no_versions_and_no_pages(self):
        report = report_input()
        kinds = (KindCoverage(GroupKind("", "Pod"), "", Coverage.COMPLETE, 3),)
        page = scope.build(Dossier(replace(report, snapshot=replace(report.snapshot, kinds=kinds))))

        assert [column.title for column in page.kinds.columns] == ["Kind", "Objects", "Coverage"]
        assert {len(row.cells) for row in page.kinds.rows} == {3}
        assert "resourceVersion" in [column.title for column in scope.build(USUAL).kinds.columns]

    def test_without_a_scope_file_nothing_is_out_of_scope(self):
        assert "Nothing is therefore out of scope" in scope.build(EMPTY).lede[0]

    def test_the_plugin_is_shown_with_the_field_that_tells(self):
        page = scope.build(USUAL)

        assert page.plugins[0].word == "Calico 3.29.1: enforced"
        assert "docker.io/calico/node:v3.29.1" in texts(page.signs)[0]

    def test_nodes_with_one_reason_share_a_row(self):
        rows = texts(scope.build(USUAL).nodes)

        assert len(rows) == 2
        assert "edge-1" in rows[1]
        assert "Degraded" in rows[1]

    def test_nodes_that_differ_in_their_agent_alone_share_a_row(self):
        def node(name: str) -> NodeEnforcement:
            agent = Sign(
                ObjectRef("", "Pod", "kube-system", f"agent-{name}"), "status", "Ready", "it is ready"
            )
            reason = f"the agent, {agent.ref}, is ready on this node"
            return NodeEnforcement(name, Enforcement.ENFORCED, reason, (agent,))

        one, many = (
            enforcement.nodes_table([node(f"n{at}") for at in range(size)], 200) for size in (1, 3_000)
        )

        assert "The agent, Pod kube-system/agent-n0, is ready on this node." in one.rows[0].cells
        (row,) = many.rows
        assert row.cells[0] == number(3_000)
        assert "The agent is ready on this node." in row.cells

    def test_reasons_without_end_are_cut_and_said_to_be(self):
        nodes = [NodeEnforcement(f"n{at}", Enforcement.UNKNOWN, f"reason {at}") for at in range(30)]

        table = enforcement.nodes_table(nodes, 20)

        assert len(table.rows) == 20
        assert "The first 20 of 30 rows" in table.note

    def test_an_unknown_plugin_is_missing_evidence(self):
        report = report_input()
        judged = replace(report.judgement, platform=UNKNOWN_PLATFORM)
        page = scope.build(Dossier(replace(report, judgement=judged)))

        assert [mark.state for mark in page.plugins] == ["insufficient-evidence"]


class TestControls:
    def test_results_are_counts_over_the_population(self):
        rows = {row.number: row for chapter in controls.build(USUAL).chapters for row in chapter.controls}

        assert rows["1.3.2"].tests[0].result == "4 of 6 without exception, 2 with."
        assert (
            rows["1.4.2"].tests[0].result
            == "1 of 2 without exception, 1 not determined, population not fully read."
        )
        assert rows["1.2.1"].unperformed == ("Supporting: `policy-drift-from-baseline`.",)
        assert rows["1.2.1"].tests[0].evidence.text == "Conf-14-01"

    def test_manual_controls_say_what_would_be_needed(self):
        rows = {row.number: row for chapter in controls.build(USUAL).chapters for row in chapter.controls}

        assert rows["1.2.7"].needed == (
            "A dated record of the review of every rule set, with its findings.",
            (
                "A record “nsc-review”, not older than 6 months (set by the standard), that shows: the written standard:"
                " owner, version, approval date."
            ),
        )
        assert rows["1.3.1"].flags == ("contrary evidence",)

    @pytest.mark.parametrize(
        ("age", "owner", "says"),
        [
            ("12 months", "standard", "not older than 12 months (set by the standard)"),
            ("12 months", "product default", "not older than 12 months (our default)"),
            ("the entity's interval", "entity", "not older than the entity's interval"),
            (
                "until the next significant change",
                "entity",
                "which counts until the next significant change (set by the entity)",
            ),
        ],
    )
    def test_a_record_that_is_wanted_says_once_how_long_it_counts_and_whose_that_is(self, age, owner, says):
        control = replace(
            CONTROL.control, manual_record=ManualRecord("review", age, owner), manual_parts=("a date",)
        )
        item = replace(CONTROL, control=control, attestation=None, missing=())
        report = report_input()
        page = controls.build(
            Dossier(replace(report, assessment=replace(report.assessment, controls=(item,))))
        )

        assert page.chapters[0].controls[0].needed == (f"A record “review”, {says}, that shows: a date.",)

    @pytest.mark.parametrize(
        ("missing", "needed"),
        {
            "what is not performed has a note of its own": ("This version does not perform `a`.", ()),
            "what should have run is said": ("`a` did not run.", ("`a` did not run.",)),
        }.values(),
    )
    def test_a_test_without_a_run_is_named_once(self, missing, needed):
        control = replace(CONTROL.control, checks=(), manual_parts=(), manual_record=None, outside_tool="")
        tally = CheckTally(
            "a", Role.DIRECT, performed=False, counts=(), excepted=0, population_complete=False
        )
        item = replace(
            CONTROL,
            control=control,
            state=ControlState.INSUFFICIENT,
            reason=f"Could not be determined. {missing}",
            missing=(missing,),
            tallies=(tally,),
            attestation=None,
        )
        report = report_input()
        row = next(
            row
            for chapter in controls.build(
                Dossier(replace(report, assessment=replace(report.assessment, controls=(item,))))
            ).chapters
            for row in chapter.controls
        )

        assert row.reason == ""
        assert row.needed == needed
        assert row.unperformed == ("`a`.",)

    def test_readiness_items_are_listed_and_not_counted(self):
        page = controls.build(USUAL)

        assert [row.number for row in page.readiness] == ["R-1"]
        assert "R-1" not in [row.number for chapter in page.chapters for row in chapter.controls]


class TestReachability:
    def test_a_path_from_the_own_node_is_told_from_a_missing_policy(self):
        report = report_input()
        engine = report.judgement.reachability
        agent = replace(workload("kube-system", "agent", "DaemonSet"), host_network=True)
        vault = next(item for item in engine.workloads if item.id == "payments/card-vault[Deployment]")
        world = replace(
            engine,
            workloads=(agent, vault),
            rows={(agent.id, vault.id): Connections.all()},
            isolated=frozenset({(vault.id, Direction.INGRESS)}),
            own_node=frozenset({(agent.id, vault.id)}),
        )
        page = reachability.build(Dossier(with_reachability(report, world)))

        (row,) = texts(page.paths)
        assert "own node only (residual)" in row
        assert "whatever policies say" in page.paths.note
        assert any("documented residual" in note for note in page.notes)

    def test_the_outside_world_is_first_and_the_sensitive_part_next(self):
        names = [label.name for label in reachability.build(USUAL).matrix.labels]

        assert names[:2] == ["outside world", "payments"]
        assert set(names[2:7]) == {"batch", "ingress", "kube-system", "monitoring", "shop"}

    def test_one_open_pod_makes_the_pair_open(self):
        matrix = reachability.build(USUAL).matrix
        names = [label.name for label in matrix.labels]

        assert matrix.cells[names.index("kube-system")][names.index("payments")] is Level.OPEN
        assert matrix.cells[names.index("outside world")][names.index("payments")] is Level.PORTS
        assert matrix.cells[names.index("batch")][names.index("shop")] is Level.NONE

    def test_open_paths_into_the_sensitive_part_are_listed_the_outside_first(self):
        rows = texts(reachability.build(USUAL).paths)

        assert rows[0].startswith("payments/api[Deployment] outside world")
        assert any("card-vault" in row and "kube-system" in row and "all connections" in row for row in rows)
        assert not any("payments payments/" in row for row in rows)

    def test_workloads_that_the_same_sources_reach_share_a_row(self):
        engine = report_input().judgement.reachability
        agent = workload("monitoring", "agent")
        vaults = tuple(workload("payments", f"vault-{n}") for n in range(5))
        ports = {(agent.id, vault.id): Connections.all() for vault in vaults}
        ports[agent.id, vaults[1].id] = Connections.of(
            {Protocol.TCP: PortSet.of([(443, 443)])}
        )  # not alike, so on its own
        world = replace(
            engine,
            workloads=(agent, *vaults),
            rows=ports,
            isolated=frozenset((vault.id, Direction.INGRESS) for vault in vaults),
        )
        shared, alone = reachability.build(Dossier(with_reachability(report_input(), world))).paths.rows

        assert shared.cells[0].lines == tuple(vaults[n].id for n in (0, 2, 3))
        assert shared.cells[0].notes == ("and 1 more workload of payments",)
        assert alone.cells[0] == vaults[1].id

    def test_when_policies_could_not_be_listed_every_cell_is_unknown(self):
        report = report_input()
        kinds = tuple(
            replace(kind, coverage=Coverage.REFUSED) if kind.group_kind.kind == "NetworkPolicy" else kind
            for kind in report.snapshot.kinds
        )
        page = reachability.build(Dossier(replace(report, snapshot=replace(report.snapshot, kinds=kinds))))
        cells = {level for i, row in enumerate(page.matrix.cells) for j, level in enumerate(row) if i != j}

        assert cells == {Level.UNKNOWN}
        assert page.paths.rows == ()
        assert "Could not be determined" in page.paths.empty

    def test_more_than_thirty_namespaces_are_capped_and_it_says_so(self):
        report = report_input()
        engine = report.judgement.reachability
        more = tuple(
            replace(item, id=f"n{n}/{item.id}", key=replace(item.key, namespace=f"n{n}"))
            for n in range(40)
            for item in engine.workloads[:1]
        )
        wide: Reachability = replace(engine, workloads=(*engine.workloads, *more))
        page = reachability.build(Dossier(with_reachability(report, wide)))

        assert len(page.matrix.labels) == 31
        assert any(note.startswith("30 of 47 namespaces are drawn") for note in page.notes)

    def test_nothing_read_draws_nothing(self):
        page = reachability.build(EMPTY)

        assert page.matrix is None
        assert page.pairs.rows == ()

    def test_namespaces_that_reach_the_same_share_a_row(self):
        none, ports = Level.NONE, Level.PORTS
        levels = (
            (Level.SELF, none, none, none),
            (none, ports, none, ports),
            (none, none, ports, ports),
            (none, none, none, ports),
        )

        table = reachability.pairs_table(("", "a", "b", "dns"), levels)

        assert [row.cells for row in table.rows] == [
            ("outside world", "–", "–"),
            ("a, b", "–", "itself, dns"),
            ("dns", "–", "itself"),
        ]


class TestFindings:
    def test_a_finding_has_why_evidence_and_remedy(self):
        block = findings.build(USUAL).blocks[0]

        assert block.title == "kube-system can reach payments/card-vault on every port"
        assert block.severity == "Critical"
        assert len(block.why) == 4
        assert next(line.text.strip() for line in block.exhibits[0].lines if line.decides) == "- from:"
        assert block.remedy.startswith("Name the pods")
        assert block.seen == "first seen in this scan"

    def test_an_accepted_finding_stays_a_finding(self):
        block = next(item for item in findings.build(USUAL).blocks if "sandbox" in item.title)

        assert block.mark.state == "partial"
        assert block.exception == "Covered by the accepted exception EX-2026-014."

    def test_an_expired_exception_covers_nothing(self):
        block = next(item for item in findings.build(USUAL).blocks if "shop/web" in item.title)

        assert block.mark.state == "exception"

    def test_what_could_not_be_determined_is_listed_apart(self):
        (row,) = texts(findings.build(USUAL).undecided)

        assert "Grant list on ingresses to the collector." in row

    @pytest.mark.parametrize(
        ("size", "blocks", "short"),
        [(0, 0, 0), (1, 1, 0), (12, 12, 0), (13, 3, 10), (200, 3, 197), (201, 3, 21), (500, 3, 21)],
    )
    def test_long_lists_are_capped_and_say_so(self, size, blocks, short):
        page = findings.build(Dossier(many_findings(size)))

        assert (len(page.blocks), len(page.others.rows)) == (blocks, short)
        assert bool(page.others.note) is (size > 200)

    def test_the_rest_of_a_test_is_counted_where_it_would_stand(self):
        page = findings.build(Dossier(many_findings(500)))

        (*_, row) = page.others.rows
        assert row.cells[:3] == ("–", "And 477 more of `unrestricted-path-into-cde`.", "High")
        assert page.others.note == "477 findings are not printed; `findings.json` holds all."
        assert page.notes[0].startswith("At most 3 findings of a test are told in full;")

    def test_many_findings_of_one_test_do_not_hide_another(self):
        report = many_findings(300)
        other = replace(report.judgement.runs[2].results[0], check="pod-without-egress-isolation")
        runs = tuple(
            replace(run, results=(other,)) if run.meta.id == other.check else run
            for run in report.judgement.runs
        )
        dossier = Dossier(replace(report, judgement=replace(report.judgement, runs=runs)))

        page = findings.build(dossier)

        assert [item.result.check for item in dossier.shown.full].count(other.check) == 1
        assert len(page.blocks) == 4
        assert len(summary.build(dossier).first.rows) == 2

    @pytest.mark.parametrize(("size", "lines"), [(12, 12), (13, 0)])
    def test_the_contents_name_findings_while_they_are_few(self, size, lines):
        assert len(findings.build(Dossier(many_findings(size))).entries) == lines

    def test_identifiers_are_stable_and_unique(self):
        found = Dossier(many_findings(500)).findings

        assert len({item.id for item in found}) == 500
        assert {item.id for item in found} == {item.id for item in Dossier(many_findings(500)).findings}

    @pytest.mark.parametrize(
        ("size", "says"),
        [
            (1, "1 finding, worst first. It comes from supporting tests, which decide no control."),
            (3, "3 findings, worst first. All come from supporting tests, which decide no control."),
        ],
    )
    def test_a_list_of_nothing_but_contrary_evidence_does_not_count_itself_twice(self, size, says):
        report = many_findings(size)
        beside = tuple(
            replace(
                item,
                control=replace(
                    item.control,
                    checks=tuple(replace(check, role=Role.SUPPORTING) for check in item.control.checks),
                ),
            )
            for item in report.assessment.controls
        )

        page = findings.build(
            Dossier(replace(report, assessment=replace(report.assessment, controls=beside)))
        )

        assert page.lede == (says,)

    def test_no_finding_without_a_test_is_no_good_news(self):
        assert findings.build(EMPTY).lede == (
            "No test that bears on this framework was performed, so nothing can be said.",
        )


class TestOrderOfFindings:
    @pytest.mark.parametrize(
        ("direct", "aside", "says"),
        [
            (2, 0, "2 findings, worst first."),
            (
                1,
                2,
                "3 findings: first one that decides a control, then 2 from supporting tests, which decide",
            ),
            (
                2,
                1,
                "3 findings: first 2 that decide a control, then one from a supporting test, which decides",
            ),
        ],
    )
    def test_the_order_is_said_as_it_is(self, direct, aside, says):
        assert findings.order_sentence(direct + aside, aside).startswith(says)


class TestTrends:
    def test_missing_nights_are_none_and_breaks_are_numbered(self):
        own = trends.build(USUAL).lines[0]

        assert own.title == "PCI DSS v4.0.1"
        assert own.chart.series[0].values.count(None) == 2
        assert [item.number for item in own.chart.breaks] == [1, 2]
        assert own.notes[0] == "2026-08-12 02:00 UTC: the scope file changed."

    def test_all_charts_have_one_scale(self):
        assert len({line.chart.top for line in trends.build(USUAL).lines}) == 1

    def test_changes_since_the_scan_before_are_tables(self):
        page = trends.build(USUAL)

        changes, flips, paths, objects = page.differing
        assert "Opened" in texts(changes)[0]
        assert "1.3.1" in texts(flips)[0]
        assert len(paths.rows), len(objects.rows) == (1, 2)
        assert page.alike == ""

    def test_what_does_not_differ_is_one_line_and_no_empty_table(self):
        comparison = replace(USUAL.report.trend.comparison, flips=(), paths=())
        trend = replace(USUAL.report.trend, comparison=comparison)
        page = trends.build(Dossier(replace(USUAL.report, trend=trend)))

        assert [table.caption for table in page.differing] == [
            "Failing results that opened or closed",
            "Objects that changed",
        ]
        assert page.alike == "No control of this framework changed its state. No connection opened or closed."

    @pytest.mark.parametrize(("size", "says"), [(0, "no object differs"), (1, "1 object differs")])
    def test_what_differs_is_said_in_good_english(self, size, says):
        usual = USUAL.report.trend.comparison
        comparison = replace(usual, opened=(), closed=(), flips=(), objects=usual.objects[:size])
        trend = replace(USUAL.report.trend, comparison=comparison)
        page = trends.build(Dossier(replace(USUAL.report, trend=trend)))

        assert (
            f": no failing result opened or closed, no control changed state and {says}, over" in page.since
        )

    def test_many_objects_are_cut_those_that_somebody_wrote_first(self):
        pods = tuple(
            ObjectChange(ObjectRef("", "Pod", "shop", f"web-{n:03d}"), ChangeKind.CHANGED) for n in range(60)
        )
        web = ObjectChange(ObjectRef("apps", "Deployment", "shop", "web"), ChangeKind.CHANGED)
        comparison = replace(USUAL.report.trend.comparison, objects=(*pods, web))
        trend = replace(USUAL.report.trend, comparison=comparison)
        table = trends.build(Dossier(replace(USUAL.report, trend=trend))).differing[-1]

        assert len(table.rows) == 20
        assert table.rows[0].cells[0] == "Deployment shop/web"
        assert table.note == (
            "The first 20 of 61 objects; all of them are in `history.json`. By kind: Deployment 1, Pod 60."
        )

    def test_a_first_scan_compares_with_nothing(self):
        page = trends.build(EMPTY)

        assert page.lines == ()
        assert page.since == ""


class TestExceptions:
    def test_those_that_do_not_count_come_first_and_unused_ones_last(self):
        items = exceptions.build(USUAL).exceptions

        assert [item.number for item in items] == ["EX-2026-003", "EX-2026-014", "EX-2026-009"]
        assert items[0].problem == "It does not count: it expired on 2026-07-31."
        assert items[1].period.endswith(" to 2026-09-14, 24 days left")
        assert items[2].covers == "covers nothing in this scan"


class TestPopulations:
    def test_those_without_exception_are_named_too(self):
        page = populations.build(USUAL)
        groups = {group.mark.word: group for group in page.populations[0].groups}

        assert groups["No exception"].names == ("batch", "monitoring", "payments", "shop")

    def test_a_test_with_nothing_to_judge_is_one_row_with_its_reason(self):
        report = USUAL.report
        (first, *others) = report.judgement.runs
        idle = replace(
            first,
            results=tuple(
                replace(item, outcome=Outcome.NOT_APPLICABLE, says="there is no mesh")
                for item in first.results
            ),
        )
        evidence = USUAL.evidence_ids[first.meta.id]

        def page(run):
            judgement = replace(report.judgement, runs=(run, *others))
            return populations.build(Dossier(replace(report, judgement=judgement)))

        (row,) = page(idle).idle.rows
        assert (row.anchor, row.cells[0], row.cells[2].lines) == (
            evidence,
            evidence,
            (f"{len(idle.results)} subjects. For example: There is no mesh.",),
        )
        assert evidence not in {item.evidence for item in page(idle).populations}
        (row,) = page(replace(idle, results=(), limits=("what it cannot see",))).idle.rows
        assert row.cells[2] == Stack(("No subject in the population.",))  # of none, a limit says nothing
        unread = page(replace(idle, results=(), population_complete=False))  # never "nothing to judge"
        assert not unread.idle.rows
        assert evidence in {item.evidence for item in unread.populations}

    def test_the_contents_name_the_section_alone(self):
        assert populations.build(USUAL).entries == ()

    def test_names_are_capped_and_the_rest_is_attached(self):
        report = replace(many_findings(500), definition=replace(AUDITOR, rows=10))
        (group, *_) = populations.build(Dossier(report)).populations[2].groups

        assert len(group.names) == 10
        assert group.more == "and 490 more in `populations.csv`"

    def test_what_is_called_alike_says_the_rest_of_its_name_once(self):
        def page(*subjects):
            (run, *others) = USUAL.report.judgement.runs
            results = tuple(
                replace(run.results[0], outcome=Outcome.PASS, subject=subject) for subject in subjects
            )
            judgement = replace(USUAL.report.judgement, runs=(replace(run, results=results), *others))
            (group,) = (
                populations.build(Dossier(replace(USUAL.report, judgement=judgement))).populations[0].groups
            )
            assert group.names == tuple(subject.id for subject in subjects)
            return [(part.stem, part.names) for part in group.stems]

        workload, policy, path = SubjectKind.WORKLOAD, SubjectKind.POLICY, SubjectKind.PATH
        assert page(
            Subject(workload, "shop/web[Deployment]", "shop"),
            Subject(workload, "shop/shop/x[Job]", "shop"),
            Subject(workload, "shop/cart[Deployment]", "shop"),
            Subject(policy, "NetworkPolicy shop/dns", "shop"),
            Subject(policy, "NetworkPolicy shop/web", "shop"),
            Subject(path, "shop/web[Deployment] → pay/api[Deployment]", "shop"),
            Subject(path, "shop/web[Deployment] → pay/db[StatefulSet]", "shop"),
            Subject(SubjectKind.NODE, "node-1"),
            Subject(SubjectKind.NODE, "a/b"),
        ) == [
            ("", ("shop/shop/x[Job]", "node-1", "a/b")),
            ("shop/…[Deployment]", ("web", "cart")),
            ("NetworkPolicy shop/…", ("dns", "web")),
            ("shop/web[Deployment] → …", ("pay/api[Deployment]", "pay/db[StatefulSet]")),
        ]


class TestManifest:
    def test_each_attachment_stands_with_its_digest(self):
        page = manifest.build(USUAL)

        assert [row.cells[1].notes for row in page.files.rows] == [(item.digest,) for item in USUAL.files]

    def test_commands_quote_what_a_shell_would_read(self):
        page = manifest.build(Dossier(report_input("a'b; rm -rf c")))

        assert "--cluster 'a'\\''b; rm -rf c'" in page.commands[0][1]


def test_every_section_can_be_built_of_next_to_nothing():
    every = tuple(section.id for section in SECTIONS)
    page = build_page(Dossier(empty_input(definition=replace(AUDITOR, sections=every))))

    assert tuple(section.id for section in page.sections) == every
    assert ControlState.SUPPORTED.value not in [mark.state for mark in page.filters]
