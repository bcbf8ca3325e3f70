"""Calendar arithmetic for intervals that standards state in months."""

from calendar import monthrange
from datetime import date

_MONTHS_A_YEAR = 12


def months_after(day: date, months: int) -> date:
    """The same day of the month some months later; the month's last day where it is shorter."""
    years, month = divmod(day.month - 1 + months, _MONTHS_A_YEAR)
    year = day.year + years
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
