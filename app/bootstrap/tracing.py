"""Traces of runs for OpenTelemetry, when the environment names a collector in the standard variables.

A run is one span and each stage of it a span below. Attributes hold names and counts that log lines hold too; of what is
inside a cluster's objects nothing leaves this way but the reason of a run that failed.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Self

import structlog

from app import __version__
from app.model.ports import Progress

if TYPE_CHECKING:
    from opentelemetry.trace import Span, Tracer

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")


@contextmanager
def traced(what: str, cluster: str, progress: Progress) -> Iterator[Progress]:
    """Progress whose stages become spans below one that is called `what`; as it was given where nothing is traced."""
    tracer = _tracer() if wanted(os.environ) else None
    if tracer is None:
        yield progress
        return
    run = str(structlog.contextvars.get_contextvars().get("run", ""))
    named = {"netattest.cluster": cluster, **({"netattest.run": run} if run else {})}
    with tracer.start_as_current_span(what, attributes=named, record_exception=False) as span:
        trace = f"{span.get_span_context().trace_id:032x}"
        with structlog.contextvars.bound_contextvars(trace_id=trace), Stages(progress, tracer) as stages:
            yield stages


def wanted(environment: Mapping[str, str]) -> bool:
    """Whether a collector is named, and neither the SDK nor traces are switched off."""
    return (
        any(environment.get(name) for name in ENDPOINTS)
        and environment.get("OTEL_SDK_DISABLED", "").strip().lower() != "true"
        and environment.get("OTEL_TRACES_EXPORTER", "otlp").strip() == "otlp"
    )


class Stages:
    """Progress that is passed on; a stage's span lasts until the next stage begins, or the run ends."""

    def __init__(self, progress: Progress, tracer: "Tracer") -> None:
        self._progress, self._tracer = progress, tracer
        self._span: Span | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        self._end(error)

    def stage(self, name: str, **facts: object) -> None:
        """A stage begins."""
        self._end()
        told = {
            f"netattest.{key}": value if isinstance(value, int) else str(value)
            for key, value in facts.items()
        }
        self._span = self._tracer.start_span(name, attributes=told)
        self._progress.stage(name, **facts)

    def _end(self, error: BaseException | None = None) -> None:
        if self._span is None:
            return
        if error is not None:
            from opentelemetry.trace import StatusCode  # noqa: PLC0415  an extra

            self._span.set_status(StatusCode.ERROR, str(error))
        self._span.end()
        self._span = None


@cache
def _tracer() -> "Tracer | None":
    """Sends spans in the background; what is left is sent when the process ends. None where the extra is missing."""
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    except ImportError:
        structlog.get_logger("netattest").warning(
            "nothing is traced", reason="OpenTelemetry is not installed", next_step="install netattest[otel]"
        )
        return None
    name = os.environ.get("OTEL_SERVICE_NAME") or "netattest"
    provider = TracerProvider(
        resource=Resource.create({"service.name": name, "service.version": __version__})
    )
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider.get_tracer("netattest", __version__)
