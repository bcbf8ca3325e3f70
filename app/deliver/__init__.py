"""Artefacts out, nothing else: one file for each way."""

from app.deliver.folder import Delivered, deliver_to_folder

__all__ = ["Delivered", "deliver_to_folder"]
