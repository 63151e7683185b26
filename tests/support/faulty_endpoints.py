"""An HTTP proxy before an S3 endpoint that answers well up to a request, and from then on not at all or with an error."""

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit


class Plan:
    """When the line goes dead (before, during, after), or the endpoint out of service (refused), at an upload."""

    def __init__(self, endpoint: str) -> None:
        """Pass everything on, for now."""
        self.endpoint = urlsplit(endpoint)
        self.heal()

    def heal(self) -> None:
        """Pass everything on."""
        self.moment, self.text, self.number = "never", "", 0
        self.seen, self.is_dead = 0, False

    def break_off(self, moment: str, text: str, number: int) -> None:
        """Fail from a moment (before, during, after, refused) of the n-th upload on whose path holds a text."""
        self.heal()
        self.moment, self.text, self.number = moment, text, number

    def moment_of(self, method: str, path: str) -> str:
        """Return what is to happen to a request: pass, before, during, after or refused."""
        if self.is_dead:
            return "refused" if self.moment == "refused" else "before"
        if method != "PUT" or self.moment == "never" or self.text not in path:
            return "pass"
        self.seen += 1
        if self.seen < self.number:
            return "pass"
        self.is_dead = True
        return self.moment


@contextmanager
def faulty_endpoint(endpoint: str) -> Iterator[tuple[str, Plan]]:
    """Run the proxy before an endpoint; yields its own endpoint and its plan."""
    plan = Plan(endpoint)
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = 1 << 16  # an answer in one piece: its end would wait for the other side's acknowledgement of its beginning

        def _answer(self) -> None:
            with lock:
                moment = plan.moment_of(self.command, self.path)
            length = int(self.headers.get("Content-Length") or 0)
            if moment == "before":
                self._hang_up()
                return
            body = self.rfile.read(length // 2 if moment == "during" else length)
            if moment == "during":
                self._hang_up()
                return
            if moment == "refused":
                self.send_response_only(503)
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            line = http.client.HTTPConnection(plan.endpoint.hostname or "", plan.endpoint.port, timeout=60)
            line.request(self.command, self.path, body, dict(self.headers.items()))
            answer = line.getresponse()
            content = answer.read()
            line.close()
            if moment == "after":
                self._hang_up()
                return
            self.send_response_only(answer.status, answer.reason)
            for name, value in answer.getheaders():
                if name.lower() not in ("transfer-encoding", "connection", "content-length"):
                    self.send_header(name, value)
            size = answer.getheader("Content-Length") if self.command == "HEAD" else str(len(content))
            self.send_header("Content-Length", size or "0")
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        def handle_expect_100(self) -> bool:
            goes_on = super().handle_expect_100()
            self.wfile.flush()
            return goes_on

        def _hang_up(self) -> None:
            self.close_connection = True
            self.connection.close()

        do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _answer  # noqa: N815 - named by http.server

        def log_message(self, *_: Any) -> None:
            return

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: Any) -> None:
            return  # a line that went dead is what this is for

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", plan
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
