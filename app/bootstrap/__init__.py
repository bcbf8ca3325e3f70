"""The composition root: settings become documents, sources, a store and a renderer.

Heavy packages (kubernetes, sqlalchemy, weasyprint) are imported by the function that needs them, so that a command
pays only for what it uses.
"""

from app.bootstrap.clusters import Access, OnKind, api_settings, cluster, manifests, prober
from app.bootstrap.databases import (
    opened_database,
    opened_deliveries,
    opened_history,
    opened_service,
    opened_store,
)
from app.bootstrap.filed import filed_reports, report_folders
from app.bootstrap.files import (
    Offered,
    digests,
    documents,
    framework_files,
    framework_titles,
    offered_frameworks,
    read,
    recording,
    retention,
)
from app.bootstrap.reporting import definition, period_renderer, renderer, site_renderer, this_tool
from app.bootstrap.sealing import (
    SystemClock,
    key_files,
    pseudonym_key,
    sealed_formats,
    sealer,
    time_authority,
)
from app.bootstrap.tracing import traced

__all__ = [
    "Access",
    "Offered",
    "OnKind",
    "SystemClock",
    "api_settings",
    "cluster",
    "definition",
    "digests",
    "documents",
    "filed_reports",
    "framework_files",
    "framework_titles",
    "key_files",
    "manifests",
    "offered_frameworks",
    "opened_database",
    "opened_deliveries",
    "opened_history",
    "opened_service",
    "opened_store",
    "period_renderer",
    "prober",
    "pseudonym_key",
    "read",
    "recording",
    "renderer",
    "report_folders",
    "retention",
    "sealed_formats",
    "sealer",
    "site_renderer",
    "this_tool",
    "time_authority",
    "traced",
]
