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
from labelling.expert_page.questions import Question
from labelling.expert_page.sessions import Given, Session, State
from labelling.expert_page.texts import LANGUAGES, TEXTS
from toolbox.core.checks import InputError

HERE = Path(__file__).parent
LARGEST = 1 << 16  # bytes of an answer; one has some hundred
KEPT = 64  # drawn pictures kept in memory: those just seen and those to come
MEDIA = {"page.css": "text/css", "page.js": "text/javascript"}


class Settings(NamedTuple):
    """What the page is told at its start."""

    title: str
    language: str
    who: str  # "" asks for the name
    total: int  # questions in all, for the progress
    blind: bool  # neither names nor a model's opinion ever leave the program
    opinions: tuple[str, ...] = ()  # what a model says of each item; none without one


def application(session: Session, pictures: Pictures, settings: Settings) -> Starlette:
    """Return the application behind the page, without its guard."""
    files = {name: (HERE / name).read_bytes() for name in MEDIA}
    page = _page(session, settings)

    @functools.lru_cache(maxsize=KEPT)
    def drawn(item: int, whole: bool) -> bytes:
        value = pictures.read(item)
        return svg(value) if pictures.dim == 1 else png(value, whole=whole)

    def told(state: State) -> dict[str, Any]:
        return _told(state, pictures, settings)

    async def start(request: Request) -> Response:
        return Response(page, media_type="text/html")

    async def file(request: Request) -> Response:
        name = request.path_params["name"]
        return Response(files[name], media_type=MEDIA[name]) if name in files else _missing()

    async def picture(request: Request) -> Response:
        item, whole = request.path_params["item"], request.url.query == "whole"
        if item >= len(pictures.names):
            return _missing()
        content = await run_in_threadpool(drawn, item, whole)
        return Response(content, media_type="image/svg+xml" if pictures.dim == 1 else "image/png")

    async def after(request: Request, ask: Callable[[dict[str, Any]], State]) -> Response:
        return JSONResponse(told(await run_in_threadpool(ask, await _body(request))))

    async def next_question(request: Request) -> Response:
        return await after(request, lambda sent: session.state(sent["who"]))

    async def answer(request: Request) -> Response:
        return await after(request, lambda sent: session.answer(sent["who"], _given(sent)))

    async def take_back(request: Request) -> Response:
        return await after(
            request, lambda sent: session.take_back(sent["who"], sent["key"], sent["undoes"])
        )

    async def agree(request: Request) -> Response:
        found = await run_in_threadpool(agreement, session.book)
        return JSONResponse({k: _finite(v) for k, v in found._asdict().items()})

    async def take_home(request: Request) -> Response:
        ending = request.path_params["ending"]
        write = {"csv": csv_text, "npz": npz_bytes}.get(ending)
        if write is None:
            return _missing()
        kind = "text/csv" if ending == "csv" else "application/zip"
        named = {"content-disposition": f'attachment; filename="answers.{ending}"'}
        return Response(await run_in_threadpool(write, session.book), 200, named, kind)

    get, post = ["GET"], ["POST"]
    return Starlette(
        routes=[
            Route("/", start, methods=get),
            Route("/picture/{item:int}", picture, methods=get),
            Route("/next", next_question, methods=post),
            Route("/answer", answer, methods=post),
            Route("/take-back", take_back, methods=post),
            Route("/agreement", agree, methods=get),
            Route("/answers.{ending}", take_home, methods=get),
            Route("/{name}", file, methods=get),
        ],
        exception_handlers={InputError: _refused},
    )


def _page(session: Session, settings: Settings) -> str:
    """Return the page, its texts in both languages, filled in once."""
    environment = Environment(autoescape=True, undefined=StrictUndefined)
    texts = {
        lang: {name: both[i] for name, both in TEXTS.items()} for i, lang in enumerate(LANGUAGES)
    }
    experts = sorted(set(session.book.who.tolist()))
    config = settings._asdict() | {"texts": texts, "classes": session.classes, "experts": experts}
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
    return shown | {"names": [pictures.names[i] for i in q.items], "opinions": opinions}


async def _body(request: Request) -> dict[str, Any]:
    """Return what was sent, a JSON object that is not too long."""
    content = b""
    async for part in request.stream():
        content += part
        if len(content) > LARGEST:
            raise InputError(f"request: wanted at most {LARGEST} bytes, got more")
    try:
        sent = json.loads(content)
    except ValueError:
        sent = None
    if not isinstance(sent, dict) or request.headers.get("content-type") != "application/json":
        raise InputError("request: wanted a JSON object, got something else")
    missing = [name for name in _WANTED[request.url.path] if name not in sent]
    if missing:
        raise InputError(f"request: wanted {', '.join(missing)} too, got {', '.join(sent)}")
    return sent


_WANTED = {
    "/next": ("who",),
    "/answer": ("who", "key", "kind", "items", "proposed", "answer", "value", "seconds"),
    "/take-back": ("who", "key", "undoes"),
}


def _given(sent: dict[str, Any]) -> Given:
    items = sent["items"] if isinstance(sent["items"], list) else []
    question = Question(sent["kind"], tuple(items), sent["proposed"])
    return Given(sent["key"], question, sent["answer"], sent["value"], sent["seconds"])


async def _refused(request: Request, error: Exception) -> Response:
    return JSONResponse({"refused": str(error)}, status_code=400)


def _missing() -> Response:
    return Response("nothing here", 404)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
