"""Fuzz one target for some minutes: `python -m tests.fuzz --minutes 30 cluster`. The exit code is 1 for a finding."""

import argparse
import logging
import time

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.fuzz.targets import BY_NAME
from tests.fuzz.trial import attempt


def main() -> int:
    """Run rounds of examples, each with a seed of its own, until the time is over or something breaks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("target", choices=sorted(BY_NAME))
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--first-seed", type=int, default=1, help="rounds count up from here")
    wanted = parser.parse_args()
    target = BY_NAME[wanted.target]
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    end = time.monotonic() + wanted.minutes * 60
    number, examples = wanted.first_seed, 0
    while time.monotonic() < end:

        @seed(number)
        @settings(
            max_examples=200,
            deadline=None,
            database=None,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        )
        @given(target.inputs())
        def round_of_examples(value: object) -> None:
            nonlocal examples
            if time.monotonic() < end:
                examples += 1
                attempt(target, value)

        round_of_examples()
        number += 1
    print(  # noqa: T201  a script for a person
        f"{target.name}: {examples} inputs in {wanted.minutes:g} minutes, seeds {wanted.first_seed} to {number - 1}, nothing found"
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
