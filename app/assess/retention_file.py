"""`retention.yaml`: how long scans are kept, and which are held."""

from datetime import UTC, date, datetime, time
from typing import Annotated, Self

from pydantic import Field, model_validator

from app.assess.reading import FileModel, Mistakes, Text, parse
from app.model.history import Document
from app.model.retention import Hold, Period, Policy, Rule

Patterns = Annotated[tuple[Text, ...], Field(min_length=1)]


def _in_order(since: date | None, until: date | None) -> None:
    if since and until and until < since:
        raise ValueError("'until' is before 'since'")


class PeriodFile(FileModel):
    """A time that an audit looks at, both days included."""

    since: date
    until: date

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        _in_order(self.since, self.until)
        return self


class RuleFile(FileModel):
    """How long scans stay. Where several rules name a cluster, a scan goes when all of them let it go."""

    id: Text
    clusters: Patterns
    """Names of clusters, or patterns with `*`."""
    months: int = Field(ge=1, le=1200)
    """Whole months after the scan was recorded, or after the end of the period that it falls in."""
    reason: Text
    periods: tuple[PeriodFile, ...] = ()


class HoldFile(FileModel):
    """Scans that stay until this entry is taken out, whatever the rules say."""

    id: Text
    clusters: Patterns
    reason: Text
    owner: Text
    """Who may take it out."""
    since: date | None = None
    until: date | None = None

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        _in_order(self.since, self.until)
        return self


class RetentionFile(FileModel):
    """Rules and holds. A cluster that no rule names keeps everything."""

    rules: tuple[RuleFile, ...]
    holds: tuple[HoldFile, ...] = ()


def read_retention(document: Document) -> Policy:
    """Read `retention.yaml`.

    Raises:
        ConfigurationError: it has mistakes; the message names them all.
    """
    mistakes = Mistakes()
    read = parse(document, RetentionFile, mistakes)
    mistakes.settle()
    assert read is not None
    return Policy(
        rules=tuple(
            Rule(item.id, item.clusters, item.months, item.reason, tuple(_period(p) for p in item.periods))
            for item in read.rules
        ),
        holds=tuple(
            Hold(
                item.id,
                item.clusters,
                item.reason,
                _first(item.since) if item.since else None,
                _last(item.until) if item.until else None,
            )
            for item in read.holds
        ),
    )


def _period(item: PeriodFile) -> Period:
    return Period(_first(item.since), _last(item.until))


def _first(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


def _last(day: date) -> datetime:
    return datetime.combine(day, time.max, UTC)
