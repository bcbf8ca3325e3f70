"""Laws of the roll-up, on made-up controls with made-up results."""

from hypothesis import given
from hypothesis import strategies as st

from app.model.control import ControlState
from tests.unit.assess.world import judged

# From worst to best; a state on the right says more for the control than one on its left.
ORDER = [
    ControlState.EXCEPTION,
    ControlState.INSUFFICIENT,
    ControlState.PARTIAL,
    ControlState.MANUAL,
    ControlState.SUPPORTED,
]
SUBJECTS = ["one", "two", "three"]
OUTCOMES = ["pass", "fail", "not-applicable", "insufficient-evidence", "error"]

outcomes = st.dictionaries(st.sampled_from(SUBJECTS), st.sampled_from(OUTCOMES))
runs = st.dictionaries(st.sampled_from(["a", "b", "c"]), outcomes)
exceptions = st.lists(
    st.fixed_dictionaries(
        {
            "check": st.sampled_from(["a", "b", "c", "review-attestation-overdue"]),
            "subjects": st.lists(st.sampled_from([*SUBJECTS, "1.0 review", "*"]), min_size=1),
        }
    ),
    max_size=3,
)
cases = st.fixed_dictionaries(
    {
        "direct": st.lists(
            st.sampled_from(["a", "c", "not-performed", "review-attestation-overdue"]), unique=True
        ),
        "supporting": st.just(["b"]),
        "runs": runs,
        "incomplete": st.lists(st.sampled_from(["a", "b", "c"])),
        "outside": st.lists(st.sampled_from(SUBJECTS)),
        "exceptions": exceptions,
        "record": st.sampled_from(["current", "overdue", "absent", "unresolved", "undated", "not-wanted"]),
        "declared": st.booleans(),
    }
).filter(lambda case: "review-attestation-overdue" not in case["direct"] or case["record"] != "not-wanted")


def state(case, **changed):
    return judged({**case, **changed}).state


def with_result(case, check, subject, outcome):
    return {**case["runs"], check: {**case["runs"].get(check, {}), subject: outcome}}


def undeclared(case):
    return {**case, "declared": False}


@given(cases)
def test_a_new_failure_that_nobody_accepted_is_an_exception(case):
    case = {**undeclared(case), "direct": [*{*case["direct"], "a"}]}

    assert state(case, runs=with_result(case, "a", "new", "fail")) is ControlState.EXCEPTION


@given(cases, st.sampled_from(["a", "b", "c"]), st.sampled_from(SUBJECTS))
def test_a_subject_that_fails_instead_of_passing_never_improves_a_state(case, check, subject):
    case = undeclared(case)

    before = state(case, runs=with_result(case, check, subject, "pass"))
    after = state(case, runs=with_result(case, check, subject, "fail"))

    assert ORDER.index(after) <= ORDER.index(before)


@given(cases)
def test_an_exception_never_makes_a_control_supported(case):
    with_them, without = state(case), state(case, exceptions=[])

    if with_them is ControlState.SUPPORTED:
        assert without is ControlState.SUPPORTED
    if with_them is not without:
        assert with_them is not ControlState.SUPPORTED


@given(cases, st.sampled_from(["a", "c"]))
def test_a_direct_check_that_was_not_run_never_leaves_a_control_supported(case, check):
    case = {**undeclared(case), "direct": [*{*case["direct"], check}]}
    runs = {name: found for name, found in case["runs"].items() if name != check}

    assert state(case, runs=runs) is not ControlState.SUPPORTED


@given(cases, st.sampled_from(["a", "c"]))
def test_a_population_that_was_emptied_or_cut_never_leaves_a_control_supported(case, check):
    case = {**undeclared(case), "direct": [*{*case["direct"], check}]}

    assert state(case, runs={**case["runs"], check: {}}) is not ControlState.SUPPORTED
    assert state(case, incomplete=[check]) is not ControlState.SUPPORTED


@given(cases)
def test_a_control_is_supported_only_when_all_of_it_was_shown(case):
    found = judged(case)
    if found.state is not ControlState.SUPPORTED:
        return

    direct = [tally for tally in found.tallies if tally.role.value == "direct"]
    assert direct
    assert all(tally.performed and tally.population_complete for tally in direct)
    assert not found.failures
    assert not found.excepted
    assert sum(dict(tally.counts)["pass"] for tally in direct) > 0
    assert case["record"] in ("current", "not-wanted")


@given(cases)
def test_supporting_checks_never_decide(case):
    assert state(case, supporting=[]) is state(case)


@given(cases)
def test_the_order_of_results_and_exceptions_does_not_matter(case):
    turned = {
        check: dict(reversed(list(found.items()))) for check, found in reversed(list(case["runs"].items()))
    }

    assert judged({**case, "runs": turned}) == judged(case)
