"""All benchmarks in order, each in a process of its own.

python -m bench            sizes that end within a few minutes
python -m bench --full     the sizes of the bars in docs/benchmarks.md
python -m bench nightly    one of them; its own flags: python -m bench.nightly --help
"""

import argparse
import os
import platform
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Benchmark:
    """One module of this package, with the flags for a short run and for the bar."""

    name: str
    question: str
    short: tuple[str, ...]
    full: tuple[str, ...] = ()


BENCHMARKS = (
    Benchmark("reachability", "who can reach whom, all pairs", ()),
    Benchmark(
        "encryption", "what encrypts every allowed pair, beside reachability", ("--workloads", "1000"), ()
    ),
    Benchmark("meshes", "reading service meshes, beside reading pods", ("--pods", "2000")),
    Benchmark("collect", "reading an API server, and a file", ("--pods", "2000")),
    Benchmark("nightly", "one nightly run, parse to commit", ()),
    Benchmark(
        "whatif", "what a change would do, beside one judgement", ("--pods", "2000"), ("--pods", "50000")
    ),
    Benchmark("fleet", "a fleet's night in one service", ("--clusters", "4", "--pods", "1000")),
    Benchmark("history", "a year of nights in the database", ("--nights", "30", "--objects", "2000")),
    Benchmark("period", "a report on a period", ("--nights", "30", "--objects", "2000")),
    Benchmark("publish", "pages of a fleet", ("--clusters", "5", "--nights", "30")),
    Benchmark("diagrams", "the diagrams of a scope", ("--workloads", "300"), ()),
    Benchmark("screen", "searches and filters of the HTML edition in a browser", ("--findings", "500"), ()),
    Benchmark("report", "a report over a large population", ("--rows", "5000", "--findings", "100")),
)


def header() -> str:
    """The machine, and how busy it is: figures are worth nothing without."""
    load = " ".join(f"{value:.2f}" for value in os.getloadavg())
    return f"Python {platform.python_version()}, {os.cpu_count()} cores, load {load}, {platform.platform()}"


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bench", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--full", action="store_true", help="measure at the sizes of the bars")
    names = [item.name for item in BENCHMARKS]
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(names)}")
    wanted = parser.parse_args()
    if unknown := set(wanted.names) - set(names):
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}; there are {', '.join(names)}")
    print(header())
    failed = 0
    for item in BENCHMARKS:
        if wanted.names and item.name not in wanted.names:
            continue
        flags = item.full if wanted.full else item.short
        print(f"\n{item.name}: {item.question}  [python -m bench.{item.name} {' '.join(flags)}]", flush=True)
        command = [sys.executable, "-m", f"bench.{item.name}", *flags]
        failed += subprocess.run(command, cwd=Path(__file__).parents[1], check=False).returncode != 0
    return min(failed, 1)


if __name__ == "__main__":
    sys.exit(main())
