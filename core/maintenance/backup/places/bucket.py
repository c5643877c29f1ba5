"""A bucket of an S3-compatible store; credentials come as boto3 finds them."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from core.errors import ConfigurationError
from core.maintenance.backup.container import DRAFT, SUFFIX
from core.maintenance.backup.problems import BackupNotFoundError, PlaceError

ATTEMPTS: Final = 5
CONNECT_SECONDS: Final = 10
READ_SECONDS: Final = 60


class Bucket:
    """`address` is `s3://bucket/prefix`; `endpoint` another store than Amazon's."""

    def __init__(self, address: str, *, endpoint: str | None = None) -> None:
        parts = urlsplit(address)
        if parts.scheme != "s3" or not parts.netloc:
            raise ConfigurationError(f"{address} is not of the form s3://BUCKET/PREFIX.")
        self._bucket = parts.netloc
        prefix = parts.path.strip("/")
        self._prefix = f"{prefix}/" if prefix else ""
        self._endpoint = endpoint

    @property
    def name(self) -> str:
        return f"s3://{self._bucket}/{self._prefix}".rstrip("/")

    def put(self, path: Path) -> None:
        """In parts where it is large; the store shows it when all of them have arrived."""
        with self._answering():
            self._client.upload_file(str(path), self._bucket, self._key(path.name))
            head = self._client.head_object(Bucket=self._bucket, Key=self._key(path.name))
        if head["ContentLength"] != path.stat().st_size:
            raise PlaceError(f"{self.name} has another length of {path.name} than was sent.")

    def get(self, name: str, into: Path) -> None:
        draft = into.with_name(into.name + DRAFT)
        try:
            with self._answering(missing=name):
                self._client.download_file(self._bucket, self._key(name), str(draft))
            draft.rename(into)
        finally:
            draft.unlink(missing_ok=True)

    def names(self) -> list[str]:
        with self._answering():
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=self._prefix
            )
            keys = [each["Key"] for page in pages for each in page.get("Contents", ())]
        return sorted(key.removeprefix(self._prefix) for key in keys if key.endswith(SUFFIX))

    def remove(self, name: str) -> None:
        with self._answering():
            self._client.delete_object(Bucket=self._bucket, Key=self._key(name))

    def _key(self, name: str) -> str:
        return f"{self._prefix}{name}"

    @cached_property
    def _client(self) -> Any:
        try:
            import boto3  # noqa: PLC0415 (an extra; slow to import)
            from botocore.config import Config  # noqa: PLC0415
        except ImportError as error:
            raise ConfigurationError(
                "Copies of backups in S3 need the extra `s3`: install `mendline[s3]`."
            ) from error
        config = Config(
            retries={"max_attempts": ATTEMPTS, "mode": "standard"},
            connect_timeout=CONNECT_SECONDS,
            read_timeout=READ_SECONDS,
        )
        return boto3.client("s3", endpoint_url=self._endpoint, config=config)

    @contextmanager
    def _answering(self, *, missing: str = "") -> Iterator[None]:
        from boto3.exceptions import Boto3Error  # noqa: PLC0415 (an extra; slow to import)
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

        try:
            yield
        except ClientError as error:
            code = error.response.get("Error", {}).get("Code", "")
            if missing and code in {"404", "NoSuchKey"}:
                raise BackupNotFoundError(f"There is no {missing} in {self.name}.") from error
            raise PlaceError(f"{self.name} refused: {error}") from error
        except (BotoCoreError, Boto3Error) as error:
            raise PlaceError(f"{self.name} does not answer: {error}") from error
