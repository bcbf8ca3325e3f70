"""Structured log lines on the standard error stream; standard output is for results."""

import logging
import sys

import structlog

from app.settings.program import LogSettings


class _Masked(logging.Filter):
    """Masks what looks like a secret in lines of libraries: one hands on whatever a credential plugin of a kubeconfig says."""

    def filter(self, record: logging.LogRecord) -> bool:
        from app.collect.masking import masked_text

        record.msg, record.args = masked_text(record.getMessage()), None
        return True


def configure(settings: LogSettings, *, debug: bool, as_json: bool = False) -> None:
    """Set up structlog, and route the log lines of libraries through it from level WARNING on."""
    level = logging.DEBUG if debug else logging.getLevelNamesMapping()[settings.level.upper()]
    processors: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,  # the run's identifier
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    if as_json or settings.format == "json":
        processors += [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    else:
        processors.append(
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), pad_event_to=0, pad_level=False)
        )
    structlog.configure(
        processors=processors,
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(
        level=max(level, logging.WARNING),
        stream=sys.stderr,
        force=True,
        format="%(levelname)s %(name)s: %(message)s",
    )
    for handler in logging.getLogger().handlers:
        handler.addFilter(_Masked())
    if not debug:
        # It warns of each rule of the style sheet that is meant for screens.
        logging.getLogger("weasyprint").setLevel(logging.ERROR)
        # It warns of each blank too many in a file that was changed.
        logging.getLogger("pypdf").setLevel(logging.ERROR)
        # They print a traceback for each certificate that nobody pinned; `verify` says it in its own words.
        logging.getLogger("pyhanko").setLevel(logging.CRITICAL)
        logging.getLogger("pyhanko_certvalidator").setLevel(logging.CRITICAL)
