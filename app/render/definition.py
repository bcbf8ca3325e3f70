"""Reads `reports/*.yaml`: which sections for which reader. All mistakes of a file are named at once."""

from typing import Annotated, Final, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from app.errors import ConfigurationError
from app.model.report import ReportDefinition
from app.model.yaml_text import UNREADABLE
from app.render.period import PERIOD_SECTIONS
from app.render.sections import SECTIONS

PAPERS: Final = {"a4": "A4", "letter": "Letter"}
"""Sizes of paper, by the name in lower case."""


class _File(BaseModel):
    """A report definition as written."""

    model_config = ConfigDict(extra="forbid", strict=True, str_strip_whitespace=True)

    title: Annotated[str, Field(min_length=1, max_length=120)]
    sections: Annotated[list[str], Field(min_length=1)]
    prepared_for: Annotated[str, Field(max_length=200)] = ""
    confidentiality: Annotated[str, Field(max_length=60)] = "Confidential"
    paper: Literal["A4", "Letter"] = "A4"
    rows: Annotated[int, Field(ge=1, le=2000)] = 200

    @field_validator("paper", mode="before")
    @classmethod
    def _any_case(cls, name: object) -> object:
        return PAPERS.get(name.strip().casefold(), name) if isinstance(name, str) else name

    @field_validator("sections")
    @classmethod
    def _known_once(cls, names: list[str]) -> list[str]:
        known = [section.id for section in SECTIONS]
        over_time = [section.id for section in PERIOD_SECTIONS]
        unknown = [name for name in names if name not in (*known, *over_time)]
        if unknown:
            raise ValueError(
                f"no such section: {', '.join(unknown)}; sections are {', '.join(known)},"
                f" and those of a period {', '.join(over_time)}"
            )
        if 0 < sum(name in over_time for name in names) < len(names):
            raise ValueError("a report is about one scan or about a period: name sections of one of the two")
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"named twice: {', '.join(twice)}")
        return names


def load_definition(name: str, body: bytes) -> ReportDefinition:
    """Read a definition.

    Args:
        name: file name; without folder and ending it is the definition's id.
        body: the file's bytes, YAML.

    Raises:
        ConfigurationError: it is not YAML, or not a definition; every mistake is named.
    """
    try:
        values = yaml.safe_load(body)
    except UNREADABLE as error:
        raise ConfigurationError(f"{name} is not YAML: {error}") from error
    try:
        file = _File.model_validate(values)
    except ValidationError as error:
        mistakes = "\n".join(f"  {_place(item['loc'])}: {item['msg']}" for item in error.errors())
        raise ConfigurationError(
            f"{name} is not a report definition:\n{mistakes}",
            advice="reports/README.md describes the fields.",
        ) from error
    return ReportDefinition(
        id=name.rsplit("/", 1)[-1].removesuffix(".yaml").removesuffix(".yml"),
        title=file.title,
        sections=tuple(file.sections),
        prepared_for=file.prepared_for,
        confidentiality=file.confidentiality,
        paper=file.paper,
        rows=file.rows,
    )


def _place(path: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in path) or "the file"
