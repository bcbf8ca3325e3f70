from datetime import timedelta

import boto3
import pytest

from app.deliver import ObjectStoreChannel
from app.errors import DeliveryError, TransientDeliveryError
from tests.histories import night
from tests.receivers import s3_server
from tests.unit.deliver.parcels import news, parcel


@pytest.fixture
def client(monkeypatch):
    with s3_server(monkeypatch) as url:
        made = boto3.client("s3", endpoint_url=url, region_name="us-east-1")
        made.create_bucket(Bucket="evidence", ObjectLockEnabledForBucket=True)
        yield made
        made.close()


def channel(client, **changes):
    return ObjectStoreChannel("archive", "evidence", client, **{"prefix": "netattest/", **changes})


def keys(client):
    return [item["Key"] for item in client.list_objects_v2(Bucket="evidence").get("Contents", ())]


def test_files_are_put_under_cluster_and_night_and_locked_until_their_time(client):
    locked = channel(client, lock="compliance", retain=timedelta(days=2192))
    assert locked.send(parcel()) == "s3://evidence/netattest/prod/scan-14/"
    (key,) = keys(client)
    assert key == "netattest/prod/scan-14/prod-pci-dss-4.0.1-2026-03-14.pdf"
    found = client.get_object(Bucket="evidence", Key=key)
    assert found["Body"].read() == b"xxxx"
    assert found["ObjectLockMode"] == "COMPLIANCE"
    assert found["ObjectLockRetainUntilDate"] == night(14) + timedelta(days=2192)


def test_the_same_file_is_put_once(client):
    for _ in range(2):
        channel(client).send(parcel())
    assert len(client.list_object_versions(Bucket="evidence")["Versions"]) == 1


def test_clusters_whose_names_no_key_can_hold_do_not_share_one(client):
    for name in ("a/b", "a b", "a-b"):
        channel(client).send(parcel("r.pdf", told=news(cluster=name)))
    assert len(keys(client)) == 3


def test_a_bucket_that_is_not_there_is_named(client):
    with pytest.raises(DeliveryError, match=r"s3://elsewhere/.* was not put: 404 NoSuchBucket") as refused:
        ObjectStoreChannel("archive", "elsewhere", client).send(parcel())
    assert not isinstance(refused.value, TransientDeliveryError)


def test_a_store_that_is_not_there_may_be_there_later(client, monkeypatch):
    from botocore.config import Config

    gone = boto3.client(
        "s3",
        endpoint_url="http://127.0.0.1:9",
        region_name="us-east-1",
        config=Config(retries={"total_max_attempts": 1}),
    )
    with pytest.raises(TransientDeliveryError, match="bucket evidence cannot be reached"):
        channel(gone).send(parcel())
