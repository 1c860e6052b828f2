"""A salesperson's program: logs in by the form and works at tasks over one kept connection, with its session and CSRF token."""

from http.client import HTTPConnection, HTTPResponse, RemoteDisconnected
from http.cookies import SimpleCookie
from types import TracebackType
from typing import Self
from urllib.parse import quote, urlencode, urlsplit

from portal.bench.little_shop import PASSWORD
from portal.web.csrf import COOKIE, HEADER


class Refused(RuntimeError):
    """The portal did not do what was asked."""


class SellersClient:
    """A context manager: one connection with a session of its own. As thin as can be, so that what is measured is the portal."""

    def __init__(self, address: str, phone: str) -> None:
        parts = urlsplit(address)
        self._http = HTTPConnection(parts.hostname or "", parts.port, timeout=30)
        self._cookies: dict[str, str] = {}
        self._phone = phone

    def __enter__(self) -> Self:
        """Log in; Refused."""
        self.get("/login")
        self.post("/login", phone=self._phone, password=PASSWORD)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection."""
        self._http.close()

    def start(self, size: str) -> str:
        """Start the measured process and return the id of the task that it waits at; Refused."""
        return self.post("/desk/bench/processes", size=size)

    def complete(self, task_id: str, **entered: str) -> None:
        """Press the button of a task's form; Refused."""
        self.post(f"/desk/inbox/{task_id}/completion", **entered)

    def claim(self, task_id: str) -> None:
        """Take a free task; Refused."""
        self.post(f"/desk/inbox/{task_id}/claim")

    def get(self, path: str) -> str:
        """Return a page; Refused."""
        try:
            return self._get(quote(path, safe="/?&=~%+"))
        except RemoteDisconnected:  # kept too long at rest: browsers open another, too
            return self._get(quote(path, safe="/?&=~%+"))

    def _get(self, path: str) -> str:
        self._http.request("GET", path, headers={"Cookie": self._sent(), "Accept": "text/html"})
        return self._answer(path, 200)

    def post(self, path: str, **entered: str) -> str:
        """Send a form and return the answer's text; Refused."""
        headers = {
            "Cookie": self._sent(),
            HEADER: self._cookies.get(COOKIE, ""),
            "Content-Type": "application/x-www-form-urlencoded",
        }
        self._http.request("POST", path, body=urlencode(entered), headers=headers)
        return self._answer(path, 200, 201, 303)

    def _sent(self) -> str:
        return "; ".join(f"{name}={value}" for name, value in self._cookies.items())

    def _answer(self, path: str, *wanted: int) -> str:
        answer: HTTPResponse = self._http.getresponse()
        body = answer.read().decode(errors="replace")
        if answer.status not in wanted:
            raise Refused(f"{path}: {answer.status} {body[:500]}")
        for header in answer.headers.get_all("set-cookie") or ():
            for morsel in SimpleCookie(header).values():
                self._cookies[morsel.key] = morsel.value
        return body
