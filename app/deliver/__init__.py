"""Artefacts and news out, nothing else: one file for each way, and `dispatch`, which sends each once."""

from app.deliver.chat import LAYOUTS, ChatChannel
from app.deliver.dispatch import Patience, Sent, dispatch
from app.deliver.drop import FolderChannel
from app.deliver.folder import Delivered, deliver_to_folder
from app.deliver.heartbeat import HeartbeatChannel
from app.deliver.mail import MailChannel
from app.deliver.object_store import ObjectStoreChannel
from app.deliver.post import Address
from app.deliver.site import Piece, Placed, Site, deliver_site, open_site
from app.deliver.webhook import WebhookChannel, verify_signature

__all__ = [
    "LAYOUTS",
    "Address",
    "ChatChannel",
    "Delivered",
    "FolderChannel",
    "HeartbeatChannel",
    "MailChannel",
    "ObjectStoreChannel",
    "Patience",
    "Piece",
    "Placed",
    "Sent",
    "Site",
    "WebhookChannel",
    "deliver_site",
    "deliver_to_folder",
    "dispatch",
    "open_site",
    "verify_signature",
]
