"""Who may ask the page for anything: a browser on this machine that was given the token.

Other programs' pages in the same browser can send requests to any port of this machine, by a form,
a script or a name that leads here. They know neither the token nor our name: the Host must be ours,
so must the Origin where one is told and wherever something is changed, and the token is in a cookie
that the browser sends from our own page alone.
"""

import secrets
from collections.abc import Awaitable, Callable
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

NAMES = ("127.0.0.1", "localhost")
HEADERS = (
    (
        b"content-security-policy",
        b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        b"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)


def guarded(application: Application, *, token: str, port: int) -> Application:
    """Return the application behind its guard: what is not ours is refused with status 403.

    The first visit brings the token in the address; it is turned into a cookie and leaves the
    address, so that it stands neither in the history nor on a projector.
    """
    hosts = {f"{name}:{port}" for name in NAMES}
    cookie = f"grainwise_{port}"

    async def asked(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":  # a websocket; the page has none
            return
        headers = _headers(scope)
        if not _ours(scope["method"], headers, hosts):
            await _reply(send, 403, b"not from this page")
        elif _same(_brought(scope), token):
            value = f"{cookie}={token}; HttpOnly; SameSite=Strict; Path=/"
            await _reply(send, 303, b"", ((b"location", b"/"), (b"set-cookie", value.encode())))
        elif not _same(_kept(headers, cookie), token):
            await _reply(send, 403, b"open the address that `grainwise label` printed")
        else:
            await application(scope, receive, _adding(send))

    return asked


def _headers(scope: Scope) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name, value in scope["headers"]:
        found.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
    return found


def _ours(method: str, headers: dict[str, list[str]], hosts: set[str]) -> bool:
    """Say whether a request is to one of our names and from our own page, as far as it tells."""
    host = headers.get("host", [])
    if len(host) != 1 or host[0] not in hosts:
        return False
    origin = headers.get("origin", [])
    if origin and origin != [f"http://{host[0]}"]:
        return False
    if headers.get("sec-fetch-site", ["none"])[0] not in ("same-origin", "none"):
        return False
    return method in ("GET", "HEAD") or bool(origin)


def _brought(scope: Scope) -> str:
    """Return the token in the address of the start page."""
    if scope["path"] != "/" or scope["method"] != "GET":
        return ""
    return parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])[0]


def _kept(headers: dict[str, list[str]], cookie: str) -> str:
    try:
        found = SimpleCookie("; ".join(headers.get("cookie", [])))
    except CookieError:
        return ""
    return found[cookie].value if cookie in found else ""


def _same(given: str, token: str) -> bool:
    return secrets.compare_digest(given.encode(), token.encode())


async def _reply(send: Send, status: int, body: bytes, more: tuple = ()) -> None:
    kind = (b"content-type", b"text/plain; charset=utf-8")
    headers = [*HEADERS, kind, (b"content-length", str(len(body)).encode()), *more]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def _adding(send: Send) -> Send:
    """Return a sender that adds our headers to each answer."""

    async def sending(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            message = message | {"headers": [*message["headers"], *HEADERS]}
        await send(message)

    return sending
