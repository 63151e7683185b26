"""What only S3 has: writes that never replace, listings with ETags, signed links, unfinished uploads.

Everything else goes through pyarrow's filesystem, see `lake.storage.store`. Credentials come from the standard AWS chain.
"""

import functools
import os
from collections.abc import Iterator
from datetime import datetime
from typing import Any

_TAKEN = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "412", "409"})


TRAVELLING = ("AWS_ENDPOINT_URL_S3", "AWS_REGION", "AWS_REQUEST_CHECKSUM_CALCULATION", "AWS_RESPONSE_CHECKSUM_VALIDATION")
"""Environment variables that say where stores are and how to speak to them; none is a secret."""


def aws_environment() -> frozenset[tuple[str, str]]:
    """Return all of the standard AWS chain that stands in this process's environment; it may hold secrets."""
    return frozenset((name, value) for name, value in os.environ.items() if name.startswith("AWS_"))


def endpoint() -> str | None:
    """Return the S3 endpoint that the environment names, None for AWS itself."""
    return os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or None


def region() -> str | None:
    """Return the AWS region that the environment, or else the profile in use, names."""
    return os.environ.get("AWS_REGION") or _region_of_profile(aws_environment())


def worker_settings() -> dict[str, str]:
    """Return the variables of `TRAVELLING` by which a process on another machine reaches the same stores as this one."""
    known = {name: os.environ.get(name) for name in TRAVELLING} | {"AWS_ENDPOINT_URL_S3": endpoint(), "AWS_REGION": region()}
    return {name: value for name, value in known.items() if value}


def create_object(uri: str, data: bytes) -> bool:
    """Write an object unless one stands there already; return whether it was written.

    Args:
        uri: `s3://bucket/key`.
        data: The whole object.
    """
    from botocore.exceptions import ClientError

    bucket, key = _bucket_and_key(uri)
    try:
        _client().put_object(Bucket=bucket, Key=key, Body=data, IfNoneMatch="*")
    except ClientError as error:
        if error.response["Error"]["Code"] in _TAKEN:
            return False
        raise
    return True


def delete_object(uri: str) -> None:
    """Delete an object; one that is not there is no error."""
    bucket, key = _bucket_and_key(uri)
    _client().delete_object(Bucket=bucket, Key=key)


def find_object(uri: str) -> tuple[int, str] | None:
    """Return size and ETag of an object, or None when there is none."""
    from botocore.exceptions import ClientError

    bucket, key = _bucket_and_key(uri)
    try:
        found = _client().head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response["Error"]["Code"] in ("404", "NoSuchKey", "NotFound"):
            return None
        raise
    return int(found["ContentLength"]), str(found["ETag"]).strip('"')


def list_objects(prefix: str) -> list[tuple[str, int, datetime, str]]:
    """Return URI, size, time of change and ETag of every object whose URI begins with a prefix, by URI."""
    bucket, key = _bucket_and_key(prefix)
    pages = _client().get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=key)
    listed = (item for page in pages for item in page.get("Contents", ()))
    return sorted(
        (f"s3://{bucket}/{item['Key']}", item["Size"], item["LastModified"], item["ETag"].strip('"'))
        for item in listed
        if not item["Key"].endswith("/")
    )


def holds_object(prefix: str) -> bool:
    """Say whether there is an object whose URI begins with a prefix; one request, however many there are."""
    bucket, key = _bucket_and_key(prefix)
    pages = _client().get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=key)
    return any(not item["Key"].endswith("/") for page in pages for item in page.get("Contents", ()))


def signed_link(uri: str, *, expires_s: int = 3600) -> str:
    """Return an HTTP link that reads an object, for whoever has it, until it expires.

    Args:
        uri: `s3://bucket/key`.
        expires_s: How long the link works, in seconds.
    """
    bucket, key = _bucket_and_key(uri)
    return str(_client().generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": key}, ExpiresIn=expires_s))


def unfinished_uploads(prefix: str) -> Iterator[tuple[str, str, datetime]]:
    """Yield URI, upload id and begin of every multipart upload below a prefix that was neither finished nor ended.

    Args:
        prefix: `s3://bucket/prefix`; what begins with it is told.
    """
    bucket, key = _bucket_and_key(prefix)
    for page in _client().get_paginator("list_multipart_uploads").paginate(Bucket=bucket, Prefix=key):
        for upload in page.get("Uploads", ()):
            yield f"s3://{bucket}/{upload['Key']}", upload["UploadId"], upload["Initiated"]


def end_upload(uri: str, upload_id: str) -> None:
    """Throw away what an unfinished multipart upload has stored."""
    bucket, key = _bucket_and_key(uri)
    _client().abort_multipart_upload(Bucket=bucket, Key=key, UploadId=upload_id)


@functools.cache
def _client_of(process: int, environment: frozenset[tuple[str, str]]) -> Any:
    import boto3

    return boto3.session.Session().client("s3", endpoint_url=endpoint(), region_name=region())


def _client() -> Any:
    # One a process: a client does not survive a fork. One an environment: a client keeps the credentials it began with.
    return _client_of(os.getpid(), aws_environment())


@functools.cache
def _region_of_profile(environment: frozenset[tuple[str, str]]) -> str | None:
    import botocore.session

    return botocore.session.Session().get_config_variable("region") or None


def _bucket_and_key(uri: str) -> tuple[str, str]:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key
