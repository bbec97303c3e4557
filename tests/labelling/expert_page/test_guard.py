"""Only a browser that was given the token, on our own page, is answered."""

import json
import socket

import pytest

from labelling import ledger, tell
from labelling.expert_page.pictures import pictures_of
from tests.labelling.expert_page.pages import place, request, served, some_images
from toolbox import InputError


@pytest.fixture(scope="module")
def ready():
    with served() as page:
        yield page


def ours(ready, **more):
    """Return the headers of a request from our own page."""
    port, token = place(ready)
    own = {"Cookie": f"grainwise_{port}={token}", "Origin": f"http://127.0.0.1:{port}"}
    return own | {"Content-Type": "application/json"} | more


def ask(ready, path="/next", body=b'{"who": "Ada"}', **more):
    port, _ = place(ready)
    return request(port, path, method="POST", body=body, headers=ours(ready, **more))


def test_our_own_page_is_answered(ready):
    status, headers, body = ask(ready)
    assert status == 200
    assert json.loads(body)["questions"][0]["items"] == [0]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "no-store"
    assert "server" not in headers


@pytest.mark.parametrize(
    "headers",
    [
        {"Cookie": None},
        {"Cookie": "grainwise_{port}=guessed"},
        {"Cookie": "grainwise_1={token}"},
        {"Cookie": "grainwise_{port}=é"},
        {"Host": "example.org"},
        {"Host": "example.org:{port}"},
        {"Host": "127.0.0.1"},
        {"Host": "127.0.0.1:1"},
        {"Host": "127.0.0.1.example.org:{port}"},
        {"Host": None},
        {"Origin": "http://example.org"},
        {"Origin": "http://example.org:{port}"},
        {"Origin": "https://127.0.0.1:{port}"},
        {"Origin": "http://localhost:{port}"},  # another name than the Host's
        {"Origin": "null"},
        {"Origin": None},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
    ids=str,
)
def test_what_is_not_ours_is_refused(ready, headers):
    port, token = place(ready)
    filled = {k: v and v.format(port=port, token=token) for k, v in headers.items()}
    status, _, body = ask(ready, **filled)
    assert status == (400 if headers == {"Host": None} else 403)
    assert token.encode() not in body


@pytest.mark.parametrize("path", ["/", "/page.js", "/picture/0", "/answers.csv", "/agreement"])
def test_nothing_is_shown_without_the_token(ready, path):
    port, _ = place(ready)
    assert request(port, path)[0] == 403
    assert request(port, f"{path}?token=guessed")[0] == 403


def test_the_token_leaves_the_address_and_stays_in_a_cookie_that_scripts_cannot_read(ready):
    port, token = place(ready)
    status, headers, _ = request(port, f"/?token={token}")
    assert (status, headers["location"]) == (303, "/")
    assert headers["set-cookie"].startswith(f"grainwise_{port}={token};")
    assert {"HttpOnly", "SameSite=Strict"} <= set(headers["set-cookie"].split("; "))
    assert token.encode() not in request(port, "/", headers=ours(ready))[2]


@pytest.mark.parametrize(
    "path",
    [
        "/../pyproject.toml",
        "/%2e%2e/pyproject.toml",
        "/..%2fapplication.py",
        "/application.py",
        "/page.html",
        "//page.js",
        "/picture/../page.css",
        "/picture/-1",
        "/picture/12",
        "/picture/0.png",
        "/picture/0?light=10",
        "/picture//etc/hostname",
        "/answers.py",
        "/answers.csv/../x",
    ],
)
def test_no_address_leads_to_a_file(ready, path):
    port, _ = place(ready)
    status, _, body = request(port, path, headers=ours(ready))
    assert status == 404
    assert len(body) < 30


def test_a_link_that_leads_out_of_the_folder_is_not_followed(tmp_path):
    import skimage.io

    outside, folder = tmp_path / "outside.png", tmp_path / "images"
    folder.mkdir()
    skimage.io.imsave(outside, (some_images(1)[0] * 255).astype("uint8"), check_contrast=False)
    (folder / "inside.png").write_bytes(outside.read_bytes())
    (folder / "link.png").symlink_to(outside)
    pictures = pictures_of(folder)
    assert pictures.read(0).shape == (24, 24)
    with pytest.raises(InputError, match="leads outside"):
        pictures.read(1)
    with served(pictures) as page:
        port, _ = place(page)
        assert request(port, "/picture/0", headers=ours(page))[0] == 200
        assert request(port, "/picture/1", headers=ours(page))[0] == 400


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "application/json"),
        (b"[1]", "application/json"),
        (b"{", "application/json"),
        (b"{}", "application/json"),
        (b'{"who": ""}', "application/json"),
        (b'{"who": 3}', "application/json"),
        (b'{"who": "Ada"}', "text/plain"),  # what a form of another page could send
        (b'{"who": "' + b"a" * 70_000 + b'"}', "application/json"),
    ],
)
def test_requests_that_are_not_understood_say_so(ready, body, kind):
    status, _, said = ask(ready, body=body, **{"Content-Type": kind})
    assert status == 400
    assert "wanted" in json.loads(said)["refused"]


def test_it_listens_on_this_machine_alone(ready):
    port, _ = place(ready)
    assert ready.listening.getsockname() == ("127.0.0.1", port)
    with socket.socket() as other, pytest.raises(OSError, match="refused"):
        other.connect(("127.0.0.2", port))  # loopback too, but not where it listens


def test_a_port_that_is_taken_is_refused(ready):
    port, _ = place(ready)
    with pytest.raises(InputError, match="port: wanted a port that is free"), served(port=port):
        pass


def test_blind_pages_know_no_names():
    with served(book=ledger(), blind=True, opinions=("brick",) * 12) as page:
        told = ask(page)[2] + request(place(page)[0], "/", headers=ours(page))[2]
    assert b"item 0" not in told
    assert b"opinions" not in told
    assert json.loads(ask_once(opinions=("grass",) * 12))["questions"][0]["opinions"] == ["grass"]


def test_the_folder_of_an_image_is_not_told_it_would_be_an_opinion(tmp_path):
    from PIL import Image

    for name in ("brick", "grass"):
        (tmp_path / name).mkdir()
        Image.new("L", (8, 8)).save(tmp_path / name / "1.png")
    told = json.loads(ask_once(pictures=pictures_of(tmp_path)))["questions"]
    assert [question["names"] for question in told] == [["1.png"], ["1.png"]]


def test_the_start_offers_the_names_of_those_who_answered():
    book = tell(ledger(), kind="plan", values="audit 0: x", who="grainwise", time=0)
    book = tell(book, kind="label", items=0, values="brick", who="Ben", time=0)
    with served(book=book) as page:
        shown = request(place(page)[0], "/", headers=ours(page))[2]
    assert b'"experts": ["Ben"]' in shown


def ask_once(**more):
    with served(**more) as page:
        return ask(page)[2]
