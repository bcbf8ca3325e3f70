"""Where the files that travel with the program are: beside the code in a checkout, inside it in a wheel."""

from functools import cache
from hashlib import sha256
from pathlib import Path

_PACKAGE = Path(__file__).parent
_PROGRAM = {".py", ".html", ".css", ".js", ".svg", ".yaml", ".otf", ".ttf"}


def resource(name: str) -> Path:
    """The folder `name` (`templates`, `config`, `migrations` or `reports`) that came with this installation."""
    packaged = _PACKAGE / "_data" / name
    return packaged if packaged.is_dir() else _PACKAGE.parent / name


@cache
def program_digest() -> str:
    """SHA-256 over the program's own files: code, templates, framework and check files. Tells two builds apart."""
    folders = (_PACKAGE, resource("templates"), resource("config") / "frameworks")
    files = {
        f"{folder.name}/{path.relative_to(folder).as_posix()}": path
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file() and path.suffix in _PROGRAM and "_data" not in path.relative_to(folder).parts
    }
    lines = (f"{name} {sha256(files[name].read_bytes()).hexdigest()}" for name in sorted(files))
    return sha256("\n".join(lines).encode()).hexdigest()
