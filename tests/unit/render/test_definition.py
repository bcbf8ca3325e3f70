from pathlib import Path

import pytest

from app.errors import ConfigurationError
from app.render import SECTIONS, load_definition
from app.resources import resource


@pytest.mark.parametrize("path", sorted(resource("reports").glob("*.yaml")), ids=lambda path: path.name)
def test_definitions_that_travel_with_the_program_can_be_read(path):
    assert load_definition(path.name, path.read_bytes()).id == path.stem


def test_the_auditor_gets_every_section_but_proposals():
    body = (resource("reports") / "auditor.yaml").read_bytes()

    others = (
        "executive",
        "morning",
        "fixes",
    )  # sheets say in short what is here in full; a proposal is no evidence
    every = tuple(section.id for section in SECTIONS if section.id not in others)
    assert load_definition("reports/auditor.yaml", body).sections == every


@pytest.mark.parametrize("written", ["letter", "Letter", " LETTER "])
def test_paper_may_be_written_in_any_case(written):
    body = f"title: T\nsections: [cover]\npaper: '{written}'\n".encode()

    assert load_definition("x.yaml", body).paper == "Letter"


def test_all_mistakes_of_a_file_are_named_at_once():
    body = b"title: ''\nsections: [cover, cellar]\npaper: A5\nrows: 0\ncolour: red\n"

    with pytest.raises(ConfigurationError) as caught:
        load_definition("odd.yaml", body)

    for word in ("odd.yaml", "title", "cellar", "paper", "rows", "colour"):
        assert word in str(caught.value)


@pytest.mark.parametrize(
    "body", [b"", b"- a\n", b"{", b"title: x\n", b"title: x\nsections: [cover, cover]\n"], ids=repr
)
def test_what_is_no_definition_is_refused_by_name(body):
    with pytest.raises(ConfigurationError, match=r"odd\.yaml"):
        load_definition("odd.yaml", body)


def test_each_section_module_and_template_is_listed():
    package = Path(__file__).resolve().parents[3] / "app" / "render" / "sections"
    modules = {path.stem for path in package.glob("*.py")} - {"__init__"}
    templates = {path.stem for path in (resource("templates") / "sections").glob("*.html")}

    assert {section.id for section in SECTIONS} == modules == templates
