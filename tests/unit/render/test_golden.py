import json
import os
from pathlib import Path

import pytest

from app.render.dossier import Dossier
from app.render.html import Templates
from app.render.page import build_page
from app.render.plain import plain
from app.resources import resource
from tests.report_builder import report_input

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "render"


def page_json() -> str:
    return (
        json.dumps(plain(build_page(Dossier(report_input()))), indent=1, ensure_ascii=False, sort_keys=True)
        + "\n"
    )


def page_html() -> str:
    return Templates(resource("templates")).print(build_page(Dossier(report_input()))) + "\n"


@pytest.mark.parametrize(
    ("name", "make"), [("page.json", page_json), ("report.html", page_html)], ids=["page.json", "report.html"]
)
def test_the_report_reads_as_it_was_accepted(name, make):
    path, made = GOLDEN / name, make()
    if os.environ.get("NETATTEST_ACCEPT_GOLDEN"):
        path.write_text(made, encoding="utf-8")

    assert made == path.read_text(encoding="utf-8"), (
        f"look at the difference; accept it as {GOLDEN / 'README.md'} says"
    )
