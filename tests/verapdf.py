"""veraPDF, the validator of the PDF Association's members; `scripts/make_tools.py` puts it into the virtual environment."""

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from xml.etree import ElementTree as ET

VERAPDF = Path(sys.prefix) / "share" / "verapdf.jar"

CLAIM = ("ISO 14289-1:2014", "5")
"""PDF/UA's own mark in the metadata: WeasyPrint writes that of one standard, and PDF/A-3a is the one we claim."""


def broken(rule: ET.Element) -> tuple[str, str]:
    return rule.attrib["specification"], rule.attrib["clause"]


def validated(files: Iterable[Path], flavour: str) -> dict[str, dict[tuple[str, str], str]]:
    """Broken rules of each file, by standard and clause, with the standard's own words for them."""
    program = (
        "java",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-cp",
        str(VERAPDF),
        "org.verapdf.apps.GreenfieldCliWrapper",
    )
    ended = subprocess.run(
        [*program, "--flavour", flavour, "--format", "xml", *sorted(map(str, files))],
        capture_output=True,
        check=False,  # 1 says that a file breaks a rule, which the XML tells in full
        timeout=300,
    )
    jobs = ET.fromstring(ended.stdout).findall("jobs/job")
    found = {}
    for job in jobs:
        report = job.find("validationReport")
        name = Path(job.findtext("item/name", "")).stem
        assert report is not None, f"{name} could not be read: {ended.stderr.decode()}"
        rules = report.findall("details/rule")
        assert (report.attrib["isCompliant"] == "true") is not bool(rules), name
        found[name] = {broken(rule): rule.findtext("description", "") for rule in rules}
    return found
