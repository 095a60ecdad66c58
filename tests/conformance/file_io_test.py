"""Our file access against MinIO, which checks signatures."""

import time

import boto3
import pytest
from our_catalog import OurCatalog

SIZES = [0, 1, 5_000_000, 40_000_000]  # none, one put, several parts


@pytest.fixture
def ours(tmp_path, minio):
    """ours(key=…): file access with MinIO's settings, changed as said; None takes one away."""
    def make(environment=None, **changes):
        properties = minio.properties() | {key.replace("_", "-", 3).replace("s3-", "s3.", 1): value
                                           for key, value in changes.items()}
        return OurCatalog(tmp_path, environment, io={key: value for key, value in properties.items() if value})

    return make


@pytest.mark.parametrize(("scheme", "size"), [*(("s3", size) for size in SIZES), ("s3a", 1), ("s3n", 1)])
def test_objects_come_back_as_they_went(ours, scheme, size):
    assert ours()("round-trip", f"{scheme}://warehouse/io/a b/ts=2026-01-08%2F1/{size}.bin", str(size)) == "right"


def test_an_unfinished_object_does_not_appear(ours, minio):
    ours()("hold", "s3://warehouse/io/unfinished.bin")
    listed = minio.client().list_objects_v2(Bucket="warehouse", Prefix="io/unfinished")
    assert listed["KeyCount"] == 0
    assert "Uploads" not in minio.client().list_multipart_uploads(Bucket="warehouse", Prefix="io/unfinished")


def test_files_are_listed_at_any_depth_with_size_and_time(ours):
    begin = time.time()
    for number in range(3):
        ours()("write", f"s3://warehouse/listed/t/x={number}/{number}.bin", "a" * number)
    ours()("write", "s3://warehouse/listed/t2/other.bin", "b")
    listed = ours()("list", "s3://warehouse/listed/t")
    assert {name: size for name, (size, _) in listed.items()} == {
        f"s3://warehouse/listed/t/x={number}/{number}.bin": number for number in range(3)}
    assert all(abs(modified / 1000 - begin) < 60 for _, modified in listed.values())
    assert ours()("list", "s3://warehouse/listed/none/") == {}


def test_temporary_credentials_need_their_token(ours, minio):
    sts = boto3.client("sts", endpoint_url=minio.address, region_name="us-east-1", aws_access_key_id="admin",
                       aws_secret_access_key="password")
    lent = sts.assume_role(RoleArn="arn:minio:iam:::role/any", RoleSessionName="test")["Credentials"]
    keys = {"s3_access_key_id": lent["AccessKeyId"], "s3_secret_access_key": lent["SecretAccessKey"]}
    assert ours(**keys, s3_session_token=lent["SessionToken"])("round-trip", "s3://warehouse/io/lent", "9") == "right"
    assert ours(**keys).error("round-trip", "s3://warehouse/io/lent", "9").startswith("unauthorized: Access Denied")


def test_credentials_come_from_the_environment(ours, minio):
    bare = {"s3_endpoint": None, "s3_region": None, "s3_access_key_id": None, "s3_secret_access_key": None}
    environment = minio.environment() | {"AWS_ENDPOINT_URL_S3": minio.address}
    assert ours(environment, **bare)("round-trip", "s3://warehouse/io/env", "9") == "right"


@pytest.mark.parametrize("changes", [{"s3_secret_access_key": "hunter2"}, {"s3_access_key_id": "nobody"}])
def test_a_refusal_is_named_as_s3_names_it(ours, changes):
    said = ours(**changes).error("round-trip", "s3://warehouse/io/refused", "9")
    assert said.startswith("unauthorized: Access Denied (Service: S3, Status Code: 403)"), said
    assert "s3://warehouse/io/refused" in said and "hunter2" not in said


def test_what_is_missing_is_said(ours):
    assert ours().error("round-trip", "s3://no-such-bucket/x", "9").startswith("not found: ")
    assert ours().error("round-trip", "s3://warehouse", "9").startswith("invalid argument: ")
    said = ours(s3_endpoint="http://127.0.0.1:9").error("round-trip", "s3://warehouse/x", "9")
    assert said.startswith("unavailable: ") and "s3://warehouse/x" in said
    assert "both or neither" in ours(s3_access_key_id=None).error("round-trip", "s3://warehouse/x", "9")
    assert ours().error("round-trip", "hdfs://bucket/x", "9").startswith("unsupported: ")
