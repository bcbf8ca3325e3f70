"""The steps of the Dockerfile on a bare Debian root, without a container engine; then the program as the image runs it. Needs root.

    debootstrap --variant=minbase --include=python3,python3-venv,python3-pip,ca-certificates bookworm ROOT
    python -m tests.image ROOT [--keep]

It reads the Dockerfile itself (FROM, COPY, RUN, ENV, USER, WORKDIR, ENTRYPOINT), so that what is proven is what is built. The
base image differs: Debian's own Python 3.11 stands for the one of `python:3.11-slim`. The result runs as user 10001 without
capabilities, its root mounted read-only, with writable folders only where the manifests give some: upgrade, scan, PDF, doctor.
"""

import argparse
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.postgres import Postgres

ROOT = Path(__file__).resolve().parents[2]
WRITABLE = ("/tmp", "/var/lib/netattest")
_HANDED_ON = re.compile(
    r"^(PIP_|https?_proxy$|no_proxy$|SSL_CERT)", re.IGNORECASE
)  # how this machine reaches its index


@dataclass
class Stage:
    """A root under construction, and what the instructions so far have set."""

    folder: Path
    workdir: str = "/"
    user: str = "0:0"
    environment: dict[str, str] = field(default_factory=dict)
    entrypoint: list[str] = field(default_factory=list)


def instructions(text: str) -> Iterator[tuple[str, str]]:
    """Instruction and its argument, continued lines joined, comments left out."""
    lines = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    for line in re.sub(r"\\\n", " ", lines).splitlines():
        if line.strip():
            word, _, rest = line.strip().partition(" ")
            yield word, rest.strip()


def build(base: Path, work: Path) -> Stage:
    """Carry out the Dockerfile; the last stage is the image."""
    stages: dict[str, Stage] = {}
    stage = Stage(base)
    for word, rest in instructions((ROOT / "Dockerfile").read_text()):
        print(f"  {word} {' '.join(rest.split())[:110]}", flush=True)
        match word:
            case "FROM":
                name = rest.split()[-1] if " AS " in rest else "image"
                stage = stages[name] = Stage(
                    work / name, environment={"PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"}
                )
                subprocess.run(["cp", "-a", str(base), str(stage.folder)], check=True)
                (stage.folder / "usr/local/bin/python").symlink_to("/usr/bin/python3")
            case "COPY":
                copy(stage, stages, shlex.split(rest))
            case "RUN":
                inside(stage, ["sh", "-ec", rest])
            case "ENV":
                pairs = (item.partition("=") for item in shlex.split(rest))
                stage.environment |= {
                    name: value.replace("$PATH", stage.environment["PATH"]) for name, _, value in pairs
                }
            case "USER":
                stage.user = rest
            case "WORKDIR":
                stage.workdir = rest
                (stage.folder / rest.lstrip("/")).mkdir(parents=True, exist_ok=True)
            case "ENTRYPOINT":
                stage.entrypoint = json.loads(rest)
            case "EXPOSE" | "CMD":
                pass
            case _:
                sys.exit(f"the Dockerfile has an instruction that is not known here: {word}")
    return stage


def copy(stage: Stage, stages: dict[str, Stage], words: list[str]) -> None:
    """COPY from the checkout, or from an earlier stage."""
    source = ROOT
    if words[0].startswith("--from="):
        source = stages[words.pop(0).removeprefix("--from=")].folder
    *names, target = words
    place = Path(target) if target.startswith("/") else Path(stage.workdir) / target
    destination = stage.folder / str(place).lstrip("/")
    destination.parent.mkdir(parents=True, exist_ok=True)
    for name in names:
        found = source / name.lstrip("/")
        if found.is_dir():
            shutil.copytree(found, destination, symlinks=True, dirs_exist_ok=True)
        else:
            shutil.copy(found, destination / found.name if destination.is_dir() else destination)


def inside(stage: Stage, command: list[str]) -> None:
    """RUN: as root, in the stage's root, with this machine's resolver, authorities and package index."""
    authorities = stage.folder / "etc/ssl/certs/ca-certificates.crt"
    for name in ("/etc/resolv.conf", str(authorities.relative_to(stage.folder))):
        shutil.copyfile(Path("/") / name, stage.folder / name.lstrip("/"))
    handed = {name: value for name, value in os.environ.items() if _HANDED_ON.match(name)}
    here = f'cd {shlex.quote(stage.workdir)} && exec "$@"'
    subprocess.run(
        ["chroot", str(stage.folder), "sh", "-c", here, "sh", *command],
        env=handed | stage.environment,
        check=True,
        stdout=subprocess.DEVNULL,
    )


CONFINED = r"""
mount --bind "$1" "$1"
for folder in $2; do mkdir -p "$1$folder"; mount -t tmpfs -o mode=1777 tmpfs "$1$folder"; done
mkdir -p "$1/etc/netattest" && mount --bind "$3" "$1/etc/netattest"
mount -o remount,bind,ro "$1/etc/netattest"
mount -o remount,bind,ro "$1"
shift 3
exec chroot "$@"
"""


def confined(image: Stage, config: Path, script: str, environment: dict[str, str]) -> int:
    """Run a script in the image: its user, no capabilities, no new rights, root read-only."""
    return subprocess.run(
        [
            *("unshare", "--mount", "--pid", "--fork", "sh", "-ec", CONFINED, "sh"),
            *(str(image.folder), " ".join(WRITABLE), str(config), str(image.folder)),
            *("setpriv", "--reuid=10001", "--regid=10001", "--clear-groups", "--no-new-privs"),
            *("--bounding-set=-all", "--inh-caps=-all", "sh", "-euc", f"cd {image.workdir}; {script}"),
        ],
        env=image.environment | environment,
        check=False,
    ).returncode


PROOF = """
test "$(id -u):$(id -g)" = 10001:10001
grep -q '^CapEff:.0000000000000000$' /proc/self/status 2>/dev/null || test ! -e /proc/self/status
for place in / /etc /opt/netattest /usr; do
    if touch "$place/written" 2>/dev/null; then echo "$place can be written"; exit 1; fi
done
netattest --version
netattest db upgrade
netattest scan --cluster breakwater --from /etc/netattest/cluster --taken-at 2026-11-26T02:00:00Z > /dev/null
netattest report --cluster breakwater --framework soc2-tsc-2017 --format pdf,html --output /var/lib/netattest/reports
ls -l /var/lib/netattest/reports
head -c 5 /var/lib/netattest/reports/*.pdf; echo
netattest db check
netattest doctor | grep 'pdf: WeasyPrint'
"""


def main() -> int:
    """Build, then prove."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("root", type=Path, help="a bare Debian root; it is copied and left alone")
    parser.add_argument("--keep", action="store_true", help="leave the built roots where they are")
    wanted = parser.parse_args()
    work = Path(tempfile.mkdtemp(prefix="netattest-image-"))
    work.chmod(0o711)
    try:
        image = build(wanted.root, work)
        config = work / "config"
        shutil.copytree(ROOT / "examples/breakwater/cluster", config / "cluster")
        with Postgres() as server:
            ended = confined(
                image, config, PROOF, {"NETATTEST_DATABASE_URL": server.url, "HOME": image.workdir}
            )
        print("the image's steps hold" if ended == 0 else f"it ended with {ended}")
        return ended
    finally:
        if wanted.keep:
            print(work)
        else:
            shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
