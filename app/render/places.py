"""Where a framework's scope puts a workload, in the words that tables and diagrams share."""

from app.model.scope import Boundary, Placement, Zone
from app.render.wording import ZONE_WORDS


def place_words(boundary: Boundary | None) -> tuple[str, ...]:
    """Every place of a boundary, the most protected first."""
    match boundary:
        case None:  # the framework looks at the whole cluster
            return ("Stores sensitive data", "Everything else")
        case Boundary.PCI:
            return (*(ZONE_WORDS[zone] for zone in Zone if zone is not Zone.UNKNOWN), "Unknown")
        case Boundary.HIPAA:
            return ("Maintains or transmits ePHI", "No ePHI", "Unknown")
        case Boundary.SOC2:
            return ("In the system, confidential", "In the system", "Outside the system", "Unknown")


def place_word(placement: Placement, boundary: Boundary | None) -> str:
    """The place of one workload; what no rule places is `Unknown`."""
    words = place_words(boundary)
    match boundary:
        case None:
            return words[not placement.data_store]
        case Boundary.PCI:
            return ZONE_WORDS[placement.zone]
        case Boundary.HIPAA:
            return words[-1] if placement.ephi is None else words[not placement.ephi]
        case Boundary.SOC2:
            if placement.soc2 is None:
                return words[-1]
            return words[2] if not placement.soc2 else words[not placement.confidential]
