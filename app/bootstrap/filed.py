"""Reports that the jobs of the schedule have put into folders."""

from collections.abc import Collection, Mapping
from pathlib import Path

from app.errors import DeliveryError
from app.settings import Settings, load_schedule


def report_folders(settings: Settings) -> Mapping[str, Path]:
    """Where the schedule puts the reports of each cluster that it makes reports of; none without a schedule.

    Raises:
        ConfigurationError: the schedule cannot be read or used.
    """
    if not settings.schedule_file.is_file():
        return {}
    clusters = load_schedule(settings.schedule_file).clusters
    return {item.name: item.reports_folder(settings) for item in clusters if item.formats}


def filed_reports(folder: Path, stems: Collection[str]) -> tuple[Path, ...]:
    """Reports in a folder whose names begin with one of `stems`, by name; none where there is no folder.

    Raises:
        DeliveryError: the folder cannot be listed.
    """
    try:
        found = [item for item in folder.iterdir() if not item.name.startswith(".") and item.is_file()]
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise DeliveryError(
            f"the reports in {folder} cannot be listed: {error.strerror or error}",
            advice="let the account that publishes read what the schedule writes",
        ) from error
    return tuple(sorted(item for item in found if _begins(item.name, stems)))


def _begins(name: str, stems: Collection[str]) -> bool:
    """Whatever the report's definition and paper, which follow the stem."""
    return any(name.startswith((f"{stem}.", f"{stem}-")) for stem in stems)
