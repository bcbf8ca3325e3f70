"""What every command starts with: settings, log lines, and the store when it is needed."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from app import bootstrap
from app.errors import InputError
from app.model.ports import Archive, Store
from app.settings import Settings, load_settings


@dataclass(frozen=True)
class Session:
    """One call of one command."""

    settings: Settings
    as_json: bool
    debug: bool

    @contextmanager
    def store(self) -> Iterator[Store]:
        """The store, ready for use."""
        with bootstrap.opened_store(self.settings) as store:
            yield store

    @contextmanager
    def history(self) -> Iterator[tuple[Store, Archive]]:
        """The store, and what answers questions about many scans at once."""
        with bootstrap.opened_history(self.settings) as opened:
            yield opened


def begin(
    config: Path | None, database_url: str | None, *, as_json: bool, debug: bool, log_json: bool = False
) -> Session:
    """Read the settings and set up log lines; `log_json` makes them JSON whatever the settings say."""
    from app.cli.logs import configure

    settings = load_settings(config, database_url=database_url)
    configure(settings.log, debug=debug, as_json=log_json)
    return Session(settings, as_json, debug)


def one_source(paths: tuple[str, ...], access: bootstrap.Access) -> None:
    """Refuse two places to read from at once."""
    if paths and access != bootstrap.Access():
        raise InputError(
            "two sources are given: --from, and a cluster to connect to",
            advice="use --from PATH..., or --kubeconfig, --context or --in-cluster",
        )
    if access.in_cluster and (access.kubeconfig or access.context):
        raise InputError(
            "--in-cluster uses the pod's own service account", advice="leave --kubeconfig and --context out"
        )
