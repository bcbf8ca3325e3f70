"""Artefacts out, nothing else: one file for each way."""

from app.deliver.folder import Delivered, deliver_to_folder
from app.deliver.site import Placed, deliver_site

__all__ = ["Delivered", "Placed", "deliver_site", "deliver_to_folder"]
