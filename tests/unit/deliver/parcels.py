"""Parcels for tests of channels."""

from app.model.finding import Outcome
from app.model.history import PathChange
from app.model.news import News, NightStatus, Parcel, ZonePaths
from app.model.report import Artefact
from tests.histories import night, result

HOSTILE = "<!channel> *pwn*\r\nBcc: thief@example.com\u202e <https://evil.example|click>"


def news(*headlines, cluster="prod", number=14, says="shop is open"):
    return News(
        cluster=cluster,
        occasion=f"scan {number}",
        at=night(14),
        status=NightStatus.COMPLETE,
        scan=number,
        headlines=headlines or ("2 paths opened into cde overnight.", "1 finding (1 high) opened."),
        opened=(result("shop", Outcome.FAIL, says=says),),
        paths=(
            ZonePaths(
                "cde",
                opened=True,
                paths=(
                    PathChange("shop/web[Deployment]", "pay/db[StatefulSet]", opened=True, ports="TCP 5432"),
                    PathChange("shop/job[CronJob]", "pay/db[StatefulSet]", opened=True, ports="TCP 5432"),
                ),
            ),
        ),
    )


def parcel(*names, told=None, size=4):
    names = names or ("prod-pci-dss-4.0.1-2026-03-14.pdf",)
    types = {"pdf": "application/pdf", "html": "text/html; charset=utf-8", "zip": "application/zip"}
    files = [
        Artefact(name, types.get(name.rsplit(".")[-1], "application/json"), b"x" * size) for name in names
    ]
    return Parcel(told or news(), tuple(files))
