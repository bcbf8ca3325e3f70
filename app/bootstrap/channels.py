"""Channels of `deliveries.yaml`, with their secrets. Not part of the package's face: it loads what sends."""
# ruff: noqa: PLC0415  (boto3 is an extra)

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from app.deliver import (
    LAYOUTS,
    Address,
    ChatChannel,
    FolderChannel,
    HeartbeatChannel,
    MailChannel,
    ObjectStoreChannel,
    WebhookChannel,
)
from app.errors import ConfigurationError
from app.model.ports import Channel
from app.settings.deliveries import (
    ChannelSettings,
    ChatSettings,
    FolderSettings,
    GrcSettings,
    HeartbeatSettings,
    MailSettings,
    ObjectStoreSettings,
    WebhookSettings,
)


def channel(
    settings: ChannelSettings, environment: Mapping[str, str], now: Callable[[], datetime]
) -> Channel:
    """Build a channel; its secrets are read now, so that a changed file counts at the next delivery.

    Raises:
        ConfigurationError: a secret cannot be read, or what the channel needs is not installed.
    """
    match settings:
        case FolderSettings() | GrcSettings():
            return FolderChannel(settings.name, settings.folder, receipt=settings.kind == "grc")
        case MailSettings():
            return _mail(settings, environment)
        case WebhookSettings():
            address = Address(settings.url.read(environment), settings.trust_anchors)
            return WebhookChannel(settings.name, address, settings.secret.read(environment).encode(), now)
        case ChatSettings():
            address = Address(settings.url.read(environment), settings.trust_anchors)
            return ChatChannel(settings.name, address, LAYOUTS[settings.kind], settings.link)
        case HeartbeatSettings():
            return HeartbeatChannel(
                settings.name, Address(settings.url.read(environment), settings.trust_anchors)
            )
        case ObjectStoreSettings():
            return _object_store(settings)


def _mail(settings: MailSettings, environment: Mapping[str, str]) -> Channel:
    return MailChannel(
        name=settings.name,
        host=settings.host,
        port=settings.port,
        sender=settings.sender,
        recipients=settings.to,
        security=settings.security,
        user=settings.user,
        password=settings.password.read(environment) if settings.password else "",
        trust_anchors=settings.trust_anchors,
        largest=settings.largest_mib * 2**20,
    )


def _object_store(settings: ObjectStoreSettings) -> Channel:
    client = _client(settings)
    return ObjectStoreChannel(
        settings.name, settings.bucket, client, settings.prefix, settings.lock, settings.retain
    )


def _client(settings: ObjectStoreSettings) -> Any:
    try:
        import boto3
        from botocore.config import Config
        from botocore.exceptions import BotoCoreError
    except ImportError as error:
        raise ConfigurationError(
            f"channel {settings.name} needs boto3, which is not installed",
            advice="install netattest with its extra: pip install 'netattest[s3]'",
        ) from error
    try:
        return boto3.client(
            "s3",
            endpoint_url=settings.endpoint,
            region_name=settings.region,
            verify=str(settings.trust_anchors) if settings.trust_anchors else None,
            config=Config(connect_timeout=10, read_timeout=60, retries={"total_max_attempts": 1}),
        )
    except (BotoCoreError, ValueError) as error:
        raise ConfigurationError(
            f"channel {settings.name} cannot be used: {error}", advice="correct region and endpoint"
        ) from error
