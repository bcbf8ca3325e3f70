"""Safe access to fields of raw API objects, as `app.model.fields` defines it."""

from app.model.fields import decimal, dig, mapping, sequence, strings, text

__all__ = ["decimal", "dig", "mapping", "sequence", "strings", "text"]
