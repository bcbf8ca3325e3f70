"""Diagrams of a scope: which segments there are, and what may flow between them, drawn from computed paths.

`ground` gathers places and flows, `levels` folds them until they fit a page, `layout` gives every line a track of its own,
`draw` writes the SVG. A flow that is drawn is possible, never observed.
"""

from app.render.diagrams.draw import draw_diagram, draw_transit_key
from app.render.diagrams.model import Band, Box, Diagram, Line, Transit

__all__ = ["Band", "Box", "Diagram", "Line", "Transit", "draw_diagram", "draw_transit_key"]
