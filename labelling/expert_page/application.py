"""The page's addresses: the page itself, one picture at a time, answers, and what to take home.

No address names a file: pictures are asked for by number, and the three files of the page are read
when the program starts.
"""

import functools
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jinja2 import Environment, StrictUndefined
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from labelling.answers_ledger.exports import csv_text, npz_bytes
from labelling.expert_page.agreement import agreement
from labelling.expert_page.drawings import png, svg
from labelling.expert_page.pictures import Pictures
from labelling.expert_page.questions import ANSWERS, Question
from labelling.expert_page.raking_light import TURNS
from labelling.expert_page.sessions import Given, Session, State
from labelling.expert_page.texts import LANGUAGES, TEXTS
from toolbox.core.checks import InputError, refuse

HERE = Path(__file__).parent
LARGEST = 1 << 16  # bytes of an answer; one has some hundred
KEPT = 64  # drawn pictures kept in memory: those just seen and those to come
EXPORTS = {"csv": (csv_text, "text/csv"), "npz": (npz_bytes, "application/zip")}
_GIVEN = ("key", "kind", "items", "proposed", "answer", "value", "seconds")
LIGHTS = {None: None} | {str(turn): turn for turn in TURNS}
MEDIA = {"page.css": "text/css", "page.js": "text/javascript"}


class Settings(NamedTuple):
    """What the page is told at its start."""

    title: str
    language: str
    who: str  # "" asks for the name
    total: int  # questions in all, for the progress
    blind: bool  # neither names nor a model's opinion ever leave the program
    opinions: tuple[str, ...] = ()  # what a model says of each item; none without one


class _Behind(NamedTuple):
    """What the addresses answer from."""

    session: Session
    pictures: Pictures
    settings: Settings
    page: str
    files: dict[str, bytes]
    drawn: Callable[..., bytes]


def application(session: Session, pictures: Pictures, settings: Settings) -> Starlette:
    """Return the application behind the page, without its guard."""

    @functools.lru_cache(maxsize=KEPT)
    def drawn(item: int, *, whole: bool, light: int | None) -> bytes:
        value = pictures.read(item)
        return svg(value) if pictures.dim == 1 else png(value, whole=whole, light=light)

    get, post = ["GET"], ["POST"]
    made = Starlette(
        routes=[
            Route("/", _start, methods=get),
            Route("/picture/{item:int}", _picture, methods=get),
            Route("/next", _next, methods=post),
            Route("/answer", _answer, methods=post),
            Route("/take-back", _take_back, methods=post),
            Route("/agreement", _agreement, methods=get),
            Route("/answers.{ending}", _take_home, methods=get),
            Route("/{name}", _file, methods=get),
        ],
        exception_handlers={InputError: _refused},
    )
    files = {name: (HERE / name).read_bytes() for name in MEDIA}
    page = _page(session, pictures, settings)
    made.state.behind = _Behind(session, pictures, settings, page, files, drawn)
    return made


def _behind(request: Request) -> _Behind:
    return request.app.state.behind


async def _start(request: Request) -> Response:
    return Response(_behind(request).page, media_type="text/html")


async def _file(request: Request) -> Response:
    name, files = request.path_params["name"], _behind(request).files
    return Response(files[name], media_type=MEDIA[name]) if name in files else _missing()


async def _picture(request: Request) -> Response:
    pictures, item = _behind(request).pictures, request.path_params["item"]
    asked = request.query_params
    if item >= len(pictures.names) or asked.get("light") not in LIGHTS:
        return _missing()
    how = {"whole": "whole" in asked, "light": LIGHTS[asked.get("light")]}
    content = await run_in_threadpool(_behind(request).drawn, item, **how)
    return Response(content, media_type="image/svg+xml" if pictures.dim == 1 else "image/png")


async def _next(request: Request) -> Response:
    sent = await _body(request, "who")
    return await _asked(request, lambda session: session.state(sent["who"]))


async def _answer(request: Request) -> Response:
    sent = await _body(request, "who", *_GIVEN)
    return await _asked(request, lambda session: session.answer(sent["who"], _given(sent)))


async def _take_back(request: Request) -> Response:
    sent = await _body(request, "who", "key", "undoes")
    taken = sent["who"], sent["key"], sent["undoes"]
    return await _asked(request, lambda session: session.take_back(*taken))


async def _agreement(request: Request) -> Response:
    found = await run_in_threadpool(agreement, _behind(request).session.book)
    return JSONResponse({k: v if math.isfinite(v) else None for k, v in found._asdict().items()})


async def _take_home(request: Request) -> Response:
    ending = request.path_params["ending"]
    if ending not in EXPORTS:
        return _missing()
    write, kind = EXPORTS[ending]
    named = {"content-disposition": f'attachment; filename="answers.{ending}"'}
    content = await run_in_threadpool(write, _behind(request).session.book)
    return Response(content, 200, named, kind)


async def _asked(request: Request, ask: Callable[[Session], State]) -> Response:
    """Return the state after what is asked of the session, done on another thread."""
    behind = _behind(request)
    state = await run_in_threadpool(ask, behind.session)
    return JSONResponse(_told(state, behind.pictures, behind.settings))


def _page(session: Session, pictures: Pictures, settings: Settings) -> str:
    """Return the page, its texts in both languages, filled in once."""
    environment = Environment(autoescape=True, undefined=StrictUndefined)
    texts = {
        lang: {name: both[i] for name, both in TEXTS.items()} for i, lang in enumerate(LANGUAGES)
    }
    book = session.book
    experts = sorted(set(book.who[np.isin(book.kind, ANSWERS)].tolist()))
    config = settings._asdict() | {"texts": texts, "classes": session.classes, "experts": experts}
    config |= {"images": pictures.dim == 2}
    del config["opinions"]  # told question by question, and not to the blind
    template = environment.from_string((HERE / "page.html").read_text(encoding="utf-8"))
    return template.render(
        text=texts[settings.language],
        config=config,
        title=settings.title,
        language=settings.language,
    )


def _told(state: State, pictures: Pictures, settings: Settings) -> dict[str, Any]:
    """Return what the browser may know: nothing of why a question is asked."""
    asked = [_question(q, pictures, settings) for q in state.questions]
    return {"questions": asked, "done": state.done, "undoes": state.undoes, "redoes": state.redoes}


def _question(q: Question, pictures: Pictures, settings: Settings) -> dict[str, Any]:
    shown = {"kind": q.kind, "items": q.items, "proposed": q.proposed}
    if settings.blind:
        return shown
    opinions = [settings.opinions[i] for i in q.items] if settings.opinions else []
    names = [pictures.names[i].rpartition("/")[2] for i in q.items]  # the folder is an opinion too
    return shown | {"names": names, "opinions": opinions}


async def _body(request: Request, *wanted: str) -> dict[str, Any]:
    """Return what was sent, a JSON object of these names that is not too long."""
    content = b""
    async for part in request.stream():
        content += part
        if len(content) > LARGEST:
            refuse("request", f"at most {LARGEST} bytes", "more")
    try:
        sent = json.loads(content)
    except (ValueError, RecursionError):  # the second where lists are nested without end
        sent = None
    if not isinstance(sent, dict) or request.headers.get("content-type") != "application/json":
        refuse("request", "a JSON object", "something else")
    if missing := [name for name in wanted if name not in sent]:
        refuse("request", f"also {', '.join(missing)}", ", ".join(sent) or "nothing")
    return sent


def _given(sent: dict[str, Any]) -> Given:
    items = sent["items"] if isinstance(sent["items"], list) else []
    question = Question(sent["kind"], tuple(items), sent["proposed"])
    return Given(sent["key"], question, sent["answer"], sent["value"], sent["seconds"])


async def _refused(request: Request, error: Exception) -> Response:
    return JSONResponse({"refused": str(error)}, status_code=400)


def _missing() -> Response:
    return Response("nothing here", 404)
