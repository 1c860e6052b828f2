"""A customer's program: logs in as its contact and hands in orders over HTTP."""

from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

import httpx

from portal.bench.little_shop import PASSWORD, Buyer

TIMEOUT = 30.0


class Refused(RuntimeError):
    """The portal did not do what was asked; `status` is the answer's."""

    def __init__(self, answer: httpx.Response) -> None:
        super().__init__(f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {answer.text[:500]}")
        self.status = answer.status_code


class OrderingClient:
    """One connection with a session of its own."""

    def __init__(self, address: str, buyer: Buyer) -> None:
        self._buyer = buyer
        self._http = httpx.Client(base_url=address, timeout=TIMEOUT, headers={"Accept": "application/json"})

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connection."""
        self._http.close()

    def log_in(self) -> None:
        """Log in by the form, as a browser does; Refused."""
        self._http.get("/login")
        self._post("/login", httpx.codes.SEE_OTHER, data={"phone": self._buyer.phone, "password": PASSWORD})

    def submit(self, key: str, lines: Mapping[str, int]) -> str:
        """Hand in an order and return its number; the same key twice is the same order. Refused, httpx.TransportError."""
        order: dict[str, Any] = {
            "address_id": self._buyer.address_id,
            "lines": [{"sku": sku, "quantity": quantity} for sku, quantity in lines.items()],
        }
        answer = self._post("/api/orders", httpx.codes.CREATED, json=order, headers={"Idempotency-Key": key})
        return str(answer.json()["number"])

    def confirm_receipt(self, number: str) -> None:
        """Press the button of an order that has arrived. Refused (409: it is not waited for any more), httpx.TransportError."""
        self._post(f"/orders/{number}/receipt", httpx.codes.SEE_OTHER, data={"from": "client"})

    def _post(
        self, path: str, wanted: int, *, headers: Mapping[str, str] | None = None, **content: Any
    ) -> httpx.Response:
        token = {"x-csrftoken": self._http.cookies.get("csrf") or ""}
        answer = self._http.post(path, headers=token | dict(headers or {}), **content)
        if answer.status_code != wanted:
            raise Refused(answer)
        return answer
