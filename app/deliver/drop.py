"""Files into a folder that another system watches: a share, or the inbox of a GRC tool."""

from dataclasses import dataclass
from pathlib import Path

from app.deliver.folder import deliver_to_folder
from app.model.canonical import canonical_json
from app.model.news import Parcel
from app.model.report import Artefact


@dataclass(frozen=True)
class FolderChannel:
    """Writes files into `folder`, in it a folder for each cluster.

    With `receipt` a JSON file that names them all with their digests is written last: a watcher that waits for it never
    sees half a hand-over.
    """

    name: str
    folder: Path
    receipt: bool = False

    def send(self, parcel: Parcel) -> str:
        """Write what the parcel holds; a file of the same name is replaced, whole."""
        news = parcel.news
        target = self.folder / (news.cluster if Path(news.cluster).name == news.cluster else "cluster")
        deliver_to_folder(parcel.artefacts, target)
        if self.receipt:
            deliver_to_folder([_receipt(parcel)], target)
        return str(target)


def _receipt(parcel: Parcel) -> Artefact:
    news = parcel.news
    body = {
        **news.document(),
        "schema": "netattest/drop/v1",
        "files": [{"name": item.name, "sha256": item.digest} for item in parcel.artefacts],
    }
    name = f"{news.occasion.replace(' ', '-').replace(':', '')}.drop.json"
    return Artefact(name, "application/json", canonical_json(body))
