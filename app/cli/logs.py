"""Structured log lines on the standard error stream; standard output is for results."""

import logging
import re
import sys

import structlog

from app.settings.program import LogSettings

_KEY = re.compile(r"-----(BEGIN|END) [A-Z0-9 ]*PRIVATE KEY-----")
_BASE64 = re.compile(r"\s*[A-Za-z0-9+/=]+\s*")


class _Masked(logging.Formatter):
    """Masks what looks like a secret in lines of libraries, and in the tracebacks under them.

    One of them hands on whatever a credential plugin of a kubeconfig says. A private key that is logged line by line is one
    secret over several records: what the same logger writes in base64 alone, after a key has begun, belongs to it.
    """

    def __init__(self, form: str) -> None:
        super().__init__(form)
        self._in_key: set[str] = set()  # names of loggers; a handler formats one record at a time

    def format(self, record: logging.LogRecord) -> str:
        """The whole text of a record, masked as one."""
        from app.collect.masking import MASK, masked_text

        text = super().format(record)
        if record.name in self._in_key and _BASE64.fullmatch(record.getMessage()):
            return MASK
        if began := _KEY.findall(text):
            keep = self._in_key.add if began[-1] == "BEGIN" else self._in_key.discard
            keep(record.name)
        return masked_text(text)


def _masked(_logger: object, _method: str, event: structlog.types.EventDict) -> structlog.types.EventDict:
    """Our own lines: sentences keep their words, a traceback may hold anything."""
    from app.collect.masking import masked_shapes, masked_text

    for key, value in event.items():
        if isinstance(value, str):
            event[key] = masked_text(value) if key == "exception" else masked_shapes(value)
    return event


def configure(settings: LogSettings, *, debug: bool, as_json: bool = False) -> None:
    """Set up structlog, and route the log lines of libraries through it from level WARNING on."""
    level = logging.DEBUG if debug else logging.getLevelNamesMapping()[settings.level.upper()]
    processors: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,  # the run's identifier
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,  # the console's own way shows local variables, settings and tokens among them
        _masked,
    ]
    structlog.configure(
        processors=[*processors, _renderer(as_json=as_json or settings.format == "json")],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Masked("%(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=max(level, logging.WARNING), handlers=[handler], force=True)
    logging.captureWarnings(True)
    logging.raiseExceptions = False  # of a line that it cannot make, Python prints the parts as they are
    if not debug:
        # It warns of each rule of the style sheet that is meant for screens.
        logging.getLogger("weasyprint").setLevel(logging.ERROR)
        # It warns of each blank too many in a file that was changed.
        logging.getLogger("pypdf").setLevel(logging.ERROR)
        # They print a traceback for each certificate that nobody pinned; `verify` says it in its own words.
        logging.getLogger("pyhanko").setLevel(logging.CRITICAL)
        logging.getLogger("pyhanko_certvalidator").setLevel(logging.CRITICAL)


def _renderer(*, as_json: bool) -> structlog.types.Processor:
    if as_json:
        return structlog.processors.JSONRenderer()
    return structlog.dev.ConsoleRenderer(
        colors=sys.stderr.isatty(),
        pad_event_to=0,
        pad_level=False,
        exception_formatter=structlog.dev.plain_traceback,
    )
