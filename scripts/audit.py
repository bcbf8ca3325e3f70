"""Look up every package of the lock file in the index's list of known vulnerabilities.

The exit code is 1 when one is known. Where the list cannot be asked (no network, an index without that service) it says
how many packages were not looked up, and the exit code is 0: what was not asked is not known to be bad, nor good.
"""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

LOCK = Path(__file__).resolve().parent.parent / "requirements.lock"
ADVICE = "raise the version in pyproject.toml and run `make lock`, or say in SECURITY.md why it does not bear on netattest"


def main() -> int:
    """Ask, and tell."""
    found = _asked()
    audited = [item for item in found if "vulns" in item]
    bad = [item for item in audited if item["vulns"]]
    for item in bad:
        known = ", ".join(vulnerability["id"] for vulnerability in item["vulns"])
        print(f"{item['name']} {item['version']}: {known}; {ADVICE}", file=sys.stderr)
    total = sum(line[:1].isalnum() for line in LOCK.read_text().splitlines())
    print(
        f"known vulnerabilities: {len(bad)} in {len(audited)} packages; {total - len(audited)} could not be looked up"
    )
    return 1 if bad else 0


def _asked() -> list[dict[str, Any]]:
    command = [
        sys.executable,
        "-m",
        "pip_audit",
        "--requirement",
        str(LOCK),
        "--require-hashes",
        "--disable-pip",
    ]
    quiet = ["--progress-spinner", "off", "--format", "json", "--timeout", "10"]
    result = subprocess.run([*command, *quiet], capture_output=True, text=True, check=False)
    try:
        answer: list[dict[str, Any]] = json.loads(result.stdout)["dependencies"]
    except (ValueError, KeyError):
        return []
    return answer


if __name__ == "__main__":
    raise SystemExit(main())
