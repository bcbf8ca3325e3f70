"""Safe access to fields of raw API objects, as `app.model.fields` defines it."""

from app.model.fields import dig, mapping, sequence, strings, text

__all__ = ["dig", "mapping", "sequence", "strings", "text"]
