"""Times of objects."""

from datetime import UTC, datetime

from app.model.fields import text


def read_time(value: object) -> datetime | None:
    """RFC 3339, as the API server writes it; YAML readers may have left it as text alone. None for anything else."""
    try:
        found = datetime.fromisoformat(text(value)) if text(value) else None
    except ValueError:
        return None
    return found.replace(tzinfo=UTC) if found and found.tzinfo is None else found
