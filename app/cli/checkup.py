"""The checks of `netattest doctor`, each on the real thing: a database session, a rendered PDF, an API server."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from ipaddress import ip_address

from app import bootstrap
from app.errors import CollectError, ConfigurationError, ExitCode, NetattestError
from app.resources import resource
from app.settings import Settings, load_schedule

_SKEW_SECONDS = 5.0
_SHOWN = 6


class Mark(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was checked; `code` is the exit code that a failure gives."""

    part: str
    mark: Mark
    says: str
    advice: str = ""
    code: ExitCode = ExitCode.DONE


@dataclass(frozen=True, slots=True)
class Check:
    """A part, and what looks at it."""

    part: str
    look: Callable[[], Iterator[Line]]


def checks(settings: Settings, access: bootstrap.Access) -> tuple[Check, ...]:
    """All checks, those that others build on first."""
    return (
        Check("documents", partial(_documents, settings)),
        Check("schedule", partial(_schedule, settings)),
        Check("database", partial(_database, settings)),
        Check("pdf", _pdf),
        Check("cluster", partial(_cluster, settings, access)),
    )


def run(check: Check) -> list[Line]:
    """Lines of a check; an error that a person can act on is a line as well, and hides none of the others."""
    lines: list[Line] = []
    try:
        lines.extend(check.look())
    except NetattestError as error:
        lines.append(Line(check.part, Mark.FAIL, str(error), error.advice, error.exit_code))
    return lines


def _documents(settings: Settings) -> Iterator[Line]:
    from app import assess

    found = bootstrap.documents(settings)
    config = assess.read_documents(found)
    names = ", ".join(item.id for item in config.frameworks)
    yield Line("documents", Mark.OK, f"{len(found)} files; frameworks {names}")
    if not config.scope.given:
        yield Line(
            "scope",
            Mark.WARN,
            "there is no scope.yaml, so every workload is unplaced and counts as in scope",
            f"copy {resource('config') / 'scope.example.yaml'} to {settings.folder / 'scope.yaml'}, and describe your zones",
        )


def _schedule(settings: Settings) -> Iterator[Line]:
    path = settings.schedule_file
    if not path.is_file():
        yield Line(
            "schedule", Mark.WARN, f"there is no {path}", "`netattest run` needs one; single scans do not"
        )
        return
    schedule = load_schedule(path)
    now = datetime.now(UTC)
    for cluster in schedule.clusters:
        following = cluster.when.next_after(now)
        if following is None:
            yield Line("schedule", Mark.WARN, f"{cluster.name} is never due", f"correct cron in {path}")
        else:
            yield Line("schedule", Mark.OK, f"{cluster.name} is due next at {following:%Y-%m-%d %H:%M} UTC")


def _database(settings: Settings) -> Iterator[Line]:
    from sqlalchemy import text

    from app.store import migrate

    with bootstrap.opened_database(settings) as (database, engine):
        revision = migrate.current(engine, resource("migrations"))
        if revision.up_to_date:
            yield Line("database", Mark.OK, f"{database.description}, revision {revision.current}")
        else:
            yield Line(
                "database",
                Mark.WARN if database.embedded else Mark.FAIL,
                f"{database.description} is at revision {revision.current or 'none'}, needed is {revision.head}",
                "the first scan brings it up to date" if database.embedded else "run `netattest db upgrade`",
                ExitCode.UNREACHABLE,
            )
        with engine.connect() as connection:
            theirs: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
            driver = connection.connection.driver_connection
            assert driver is not None
            info = driver.info
            host, sslmode = info.hostaddr or info.host, info.get_parameters().get("sslmode", "prefer")
        yield _clock(abs((datetime.now(UTC) - theirs).total_seconds()))
        yield from database_identity(host, sslmode)


def database_identity(host: str, sslmode: str) -> Iterator[Line]:
    """A warning where the database is reached over a network and its certificate is not checked, as is libpq's default.

    Args:
        host: address that the session goes to, or the folder of a socket.
        sslmode: as libpq uses it.
    """
    try:
        near = not host or host.startswith("/") or ip_address(host).is_loopback
    except ValueError:
        near = host == "localhost"
    if not near and sslmode not in ("verify-ca", "verify-full"):
        yield Line(
            "database tls",
            Mark.WARN,
            f"sslmode is {sslmode}: whoever answers at {host} is taken for the database",
            "add ?sslmode=verify-full to the database URL, and &sslrootcert=FILE for an authority of your own",
        )


def _clock(skew: float) -> Line:
    if skew <= _SKEW_SECONDS:
        return Line("clock", Mark.OK, f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC, as the database's")
    return Line(
        "clock",
        Mark.WARN,
        f"it differs from the database's by {skew:.0f} s",
        "set up NTP; times are evidence",
    )


def _pdf() -> Iterator[Line]:
    """Render one line with the packaged fonts, as a report is."""
    fonts = sorted(path.name for path in (resource("templates") / "fonts").rglob("*.?tf"))
    if not fonts:
        yield Line(
            "fonts",
            Mark.FAIL,
            "the packaged fonts are missing",
            "install netattest again",
            ExitCode.UNREACHABLE,
        )
    else:
        yield Line("fonts", Mark.OK, f"{len(fonts)} packaged files")
    try:
        import weasyprint

        body = weasyprint.HTML(string="<p>netattest</p>").write_pdf()
    except OSError as error:
        yield Line(
            "pdf",
            Mark.FAIL,
            f"a library of the system is missing: {' '.join(str(error).split())[:160]}",
            "apt-get install -y libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0",
            ExitCode.UNREACHABLE,
        )
        return
    yield Line("pdf", Mark.OK, f"WeasyPrint {weasyprint.__version__} rendered {len(body)} bytes")


def _cluster(settings: Settings, access: bootstrap.Access) -> Iterator[Line]:
    """Ask the API server for every kind that it serves whether it may be read."""
    from app.collect import access_review

    try:
        reviews = access_review(bootstrap.api_settings(settings, access))
    except (CollectError, ConfigurationError) as error:
        asked = access != bootstrap.Access()
        mark = Mark.FAIL if asked else Mark.WARN
        yield Line("cluster", mark, str(error), error.advice, error.exit_code)
        return
    refused = [item for item in reviews if not item.allowed]
    readable = len(reviews) - len(refused)
    yield Line(
        "cluster", Mark.OK, f"{readable} of {len(reviews)} kinds that the API server serves may be read"
    )
    for item in refused:
        answer = (
            "may not be read" if item.allowed is False else "may perhaps not be read, the server did not say"
        )
        says = f"{item.kind} {answer}; it shows {item.why}. {_affected(item.verdicts)}"
        yield Line("permission", Mark.FAIL, says, f"grant this rule\n{item.rule}", ExitCode.INCOMPLETE)


def _affected(verdicts: Sequence[str]) -> str:
    named = ", ".join(verdicts[:_SHOWN])
    more = f" and {len(verdicts) - _SHOWN} more" if len(verdicts) > _SHOWN else ""
    return f"Without it there is insufficient evidence for {named}{more}"
