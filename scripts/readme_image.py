"""Draw `docs/images/report-page.png`, the page that README.md shows: `make demo`, then run this from the root.

Needs `pdftotext` and `pdftoppm` (package poppler-utils).
"""

import subprocess
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent
IMAGE: Final = ROOT / "docs" / "images" / "report-page.png"
TITLE: Final = "Summary"
WIDTH: Final = 1100  # pixels; the file stays below 300 kB


def page_of(report: Path) -> int:
    """Find the page whose running head is the section's title."""
    text = subprocess.run(
        ["pdftotext", "-layout", report, "-"], check=True, capture_output=True, text=True
    ).stdout
    heads = [page.split(maxsplit=1)[:1] for page in text.split("\f")]
    return heads.index([TITLE]) + 1


def main() -> None:
    """Draw the page of the newest PCI DSS report of the demo."""
    report = max((ROOT / "out" / "demo").glob("*pci-dss*.pdf"))
    page = str(page_of(report))
    command = [
        "pdftoppm",
        "-singlefile",
        "-f",
        page,
        "-l",
        page,
        "-scale-to-x",
        str(WIDTH),
        "-scale-to-y",
        "-1",
        "-png",
    ]
    subprocess.run([*command, report, IMAGE.with_suffix("")], check=True)


if __name__ == "__main__":
    main()
