"""Addresses of catalogs: what a secret may hold, and what is refused without a word of it."""

import pytest
import sqlalchemy as sa

from lake.addresses import check_address, with_parameters, with_secrets
from lake.redaction import redacted

SECRET = "p@ss:w/o%20?r#d+ é"


def test_a_secret_of_any_signs_comes_out_of_the_address_as_it_went_in() -> None:
    written = "postgresql+psycopg://${USER}:${PASSWORD}@db:5432/lake?sslpassword=${PASSWORD}"
    address = with_secrets(written, lambda name: {"USER": "a@b", "PASSWORD": SECRET}[name])
    check_address(address)
    url = sa.make_url(address)
    assert (url.username, url.password, url.host, url.port, url.database) == ("a@b", SECRET, "db", 5432, "lake")
    assert url.query == {"sslpassword": SECRET}


def test_a_user_with_a_password_may_be_one_secret() -> None:
    url = sa.make_url(with_secrets("postgresql://${BOTH}@db/lake", lambda _: f"me:{SECRET}"))
    assert (url.username, url.password, url.host) == ("me", SECRET, "db")


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("${ALL}", "postgresql://me:x%40y@db:1/lake"),
        ("postgresql://me@${ALL}/lake", "postgresql://me@postgresql://me:x%40y@db:1/lake/lake"),
        ("sqlite:////${ALL}/c.db", "sqlite:////postgresql://me:x%40y@db:1/lake/c.db"),
    ],
)
def test_what_is_no_secret_of_an_address_is_put_in_as_it_is(address: str, expected: str) -> None:
    assert with_secrets(address, lambda _: "postgresql://me:x%40y@db:1/lake") == expected


@pytest.mark.parametrize(
    "address",
    [
        "postgresql+psycopg://me:hunter2@db:99999/lake",
        "postgresql+psycopg://me:hunter2@db:abc/lake",
        "postgresql+psycopg://me:hunter2@db:0/lake",
        "postgresql+psycopg://me:hun@ter2@db/lake",
        "postgresql+psycopg://me:hun/ter2@db/lake",
        "postgresql+psycopg://me:hun?ter2@db/lake",
        "postgresql+psycopg://me:hun#ter2@db/lake",
        "postgresql+psycopg://me:hun%ter2@db/lake",
        "https://me:hunter2@host:x/iceberg",
        "https://host/iceberg#hunter2",
        "postgresql://me:hunter2@db /lake",
        "postgresql://me:hunter2@db:5:6/lake",
    ],
)
def test_an_address_that_cannot_be_meant_is_refused_without_a_word_of_it(address: str) -> None:
    with pytest.raises(ValueError, match="address") as told:
        check_address(address)
    assert "hun" not in str(told.value) and "ter2" not in str(told.value)


@pytest.mark.parametrize(
    "address",
    [
        "sqlite:////a folder/c.db".replace(" ", "_"),
        "postgresql+psycopg://me@127.0.0.1/lake?host=/run/postgresql",
        "postgresql+psycopg:///lake",
        "postgresql://me:a%40b@[::1]:5432/lake",
        "https://host:8181/iceberg?token=x",
        "glue://",
    ],
)
def test_an_address_that_can_be_meant_passes(address: str) -> None:
    check_address(address)


def test_the_query_of_a_rest_address_becomes_parameters() -> None:
    assert with_parameters("https://h/ice?token=a%2Bb&warehouse=w") == ("https://h/ice", {"token": "a+b", "warehouse": "w"})


@pytest.mark.parametrize(
    "text",
    [
        "postgresql+psycopg://me:{}@host/db is away",
        "GET /v1/config?x=1&token={}&y=2 failed",
        "HTTPSConnectionPool(host='h', port=1): Max retries exceeded with url: /v1?access_token={}",
        "https://{}@host/iceberg",
        "dbname=x password={} host=y",
        "dbname=x password='{}' host=y",
        "Authorization: Bearer {}",
        "s3://AKIA:{}@bucket/prefix",
        "X-Amz-Signature={}&X-Amz-Date=1",
    ],
)
def test_a_text_that_people_read_holds_no_secret(text: str) -> None:
    assert redacted(text.format("hunter2")) == text.format("***").replace("'***'", "***")


@pytest.mark.parametrize("text", ["file:///a/b@c", "tokens of 3 runs = 4", "s3://bucket/a:b/c@d", "postgresql://me@host/db", "a@b: c"])
def test_a_text_without_secrets_stays_as_it_is(text: str) -> None:
    assert redacted(text) == text
