"""An S3-compatible object store, with object lock where the bucket has it: what is put there cannot be replaced."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Literal

from app.errors import DeliveryError, TransientDeliveryError
from app.model.canonical import digest
from app.model.news import News, Parcel
from app.model.report import Artefact

_DENIED = 400
_MISSING = 404
_BUSY = {408, 429}
_BROKEN = 500


@dataclass(frozen=True)
class ObjectStoreChannel:
    """Puts each file under `<prefix><cluster>/<occasion>/<name>`; a file that is there already is left alone.

    Attributes:
        client: an S3 client of boto3.
        lock: retention mode; `compliance` cannot be shortened by anybody, `governance` by whoever has that right.
        retain: how long an object is locked, from the time of its scan.
    """

    name: str
    bucket: str
    client: Any = field(repr=False)
    prefix: str = ""
    lock: Literal["none", "governance", "compliance"] = "none"
    retain: timedelta = timedelta(0)

    def send(self, parcel: Parcel) -> str:
        """Put what is not there."""
        for item in parcel.artefacts:
            self._put(self.place(parcel.news, item), item, parcel.news)
        return f"s3://{self.bucket}/{self._folder(parcel.news)}"

    def place(self, news: News, artefact: Artefact) -> str:
        """The key of one file."""
        return f"{self._folder(news)}{artefact.name}"

    def _folder(self, news: News) -> str:
        return f"{self.prefix}{_segment(news.cluster)}/{_segment(news.occasion.replace(' ', '-'))}/"

    def _put(self, key: str, item: Artefact, news: News) -> None:
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415  boto3 is an extra

        try:
            if not self._has(key, item):
                self.client.put_object(
                    Bucket=self.bucket,
                    Key=key,
                    Body=item.body,
                    ContentType=item.media_type,
                    ChecksumAlgorithm="SHA256",  # S3 refuses object lock without a checksum
                    Metadata={"sha256": item.digest},
                    **self._locked(news),
                )
        except ClientError as error:
            raise self._answered(key, error.response) from None
        except (BotoCoreError, OSError) as error:
            raise TransientDeliveryError(
                f"channel {self.name}: bucket {self.bucket} cannot be reached: {type(error).__name__}",
                advice="check the endpoint, the credentials and the firewall",
            ) from None

    def _has(self, key: str, item: Artefact) -> bool:
        """True when the same bytes are there. Other bytes under the name get a new version of the object."""
        from botocore.exceptions import ClientError  # noqa: PLC0415  as above

        try:
            head = self.client.head_object(Bucket=self.bucket, Key=key)
        except ClientError as error:
            if _status(error.response) == _MISSING:
                return False
            raise
        return bool(head.get("Metadata", {}).get("sha256") == item.digest)

    def _locked(self, news: News) -> dict[str, object]:
        if self.lock == "none":
            return {}
        return {"ObjectLockMode": self.lock.upper(), "ObjectLockRetainUntilDate": news.at + self.retain}

    def _answered(self, key: str, response: Mapping[str, Any]) -> DeliveryError:
        status = _status(response)
        kind = TransientDeliveryError if status >= _BROKEN or status in _BUSY else DeliveryError
        code = response.get("Error", {}).get("Code", "an error")
        return kind(
            f"channel {self.name}: s3://{self.bucket}/{key} was not put: {status or ''} {code}",
            advice="check that the bucket exists, allows this identity to put objects and, with lock, has object lock",
        )


def _status(response: Mapping[str, Any]) -> int:
    return int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", _DENIED))


def _segment(text: str) -> str:
    """One part of a key: letters, digits, dash, dot and underscore; what had others gets a mark of its own."""
    safe = "".join(char if char.isascii() and (char.isalnum() or char in "-._") else "-" for char in text)
    return safe if safe == text else f"{safe}-{digest(text.encode())[:8]}"
