"""An Iceberg REST catalog over HTTP, as its protocol has it: pyiceberg's own SQL catalog behind a few routes."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from pyiceberg.catalog.rest import CreateTableRequest, TableResponse
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.exceptions import (
    CommitFailedException,
    NamespaceAlreadyExistsError,
    NoSuchTableError,
    TableAlreadyExistsError,
)
from pyiceberg.partitioning import UNPARTITIONED_PARTITION_SPEC
from pyiceberg.table import CommitTableRequest, Table

_STATUS: dict[type[Exception], int] = {
    CommitFailedException: 409,
    NamespaceAlreadyExistsError: 409,
    NoSuchTableError: 404,
    TableAlreadyExistsError: 409,
}


@contextmanager
def rest_catalog(folder: Path) -> Iterator[str]:
    """Run the catalog, its database in a folder; yields its URI."""
    behind = SqlCatalog("behind", uri=f"sqlite:///{folder}/rest.db?timeout=60", warehouse=f"{folder}/unused")
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 1 << 16

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            try:
                with lock:
                    status, text = 200, _route(behind, self.command, self.path.split("?")[0], body)
            except tuple(_STATUS) as error:
                status = _STATUS[type(error)]
                told = {"message": str(error), "type": type(error).__name__, "code": status}
                text = json.dumps({"error": told})
            data = text.encode()
            self.send_response_only(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = _answer  # noqa: N815 - named by http.server

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
        behind.close()


def _route(behind: SqlCatalog, method: str, path: str, body: bytes) -> str:
    steps = path.strip("/").split("/")[1:]
    match method, steps:
        case "GET", ["config"]:
            return json.dumps({"defaults": {}, "overrides": {}})
        case "POST", ["namespaces"]:
            document: dict[str, Any] = json.loads(body)
            behind.create_namespace(tuple(document["namespace"]))
            return json.dumps({"namespace": document["namespace"], "properties": {}})
        case "POST", ["namespaces", namespace, "tables"]:
            wanted = CreateTableRequest.model_validate_json(body)
            spec = wanted.partition_spec or UNPARTITIONED_PARTITION_SPEC
            made = behind.create_table((namespace, wanted.name), wanted.table_schema, wanted.location, spec, properties=wanted.properties)
            return _told(made)
        case "GET", ["namespaces", namespace, "tables", name]:
            return _told(behind.load_table((namespace, name)))
        case "POST", ["namespaces", namespace, "tables", name]:
            change = CommitTableRequest.model_validate_json(body)
            done = behind.commit_table(behind.load_table((namespace, name)), change.requirements, change.updates)
            return done.model_dump_json(by_alias=True)
    raise NoSuchTableError(f"{method} {path}")


def _told(table: Table) -> str:
    return TableResponse(metadata_location=table.metadata_location, metadata=table.metadata).model_dump_json(by_alias=True)
