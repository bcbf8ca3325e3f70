"""A short run of every fuzz target; `python -m tests.fuzz` makes long ones."""

import os

import pytest
from hypothesis import HealthCheck, given, settings

from tests.fuzz.targets import TARGETS
from tests.fuzz.trial import attempt

EXAMPLES = int(os.environ.get("NETATTEST_FUZZ_EXAMPLES", "60"))


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_odd_input_is_read_or_refused_by_an_error_that_is_meant(target):
    @settings(
        max_examples=EXAMPLES // target.slow,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(target.inputs())
    def run(value):
        attempt(target, value)

    run()
