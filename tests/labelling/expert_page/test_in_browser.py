"""The page in a real Chromium: keyboard alone, both languages, phone and projector, contrast."""

from contextlib import contextmanager

import pytest

from labelling import ledger
from labelling.expert_page.agreement import agreement
from labelling.expert_page.pictures import pictures_of
from tests.labelling.expert_page.pages import CLASSES, served, served_pairs, some_images

pytestmark = pytest.mark.docs

DESKTOP = {"viewport": {"width": 1280, "height": 800}}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
PROJECTOR = {"viewport": {"width": 1920, "height": 1080}}


@contextmanager
def visited(browser, ready, *, who="Ada", how=DESKTOP):
    """Open the page; whatever it asks for elsewhere, or complains about, is an error."""
    context = browser.new_context(locale="en-GB", **how)
    page = context.new_page()
    asked, said = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(ready.address)
    assert "token" not in page.url
    if who:
        page.locator("#who").fill(who)
        page.keyboard.press("Enter")
    yield page
    home = (ready.address.partition("?")[0], "data:")
    assert [url for url in asked if not url.startswith(home)] == []
    assert said == []
    context.close()


def shows(page, question, *, done):
    page.wait_for_selector(f"body[data-shown='{question}'][data-done='{done}']")


def book_of(page):
    """Return the rows of the ledger that the page offers to take home."""
    text = page.evaluate("() => fetch('/answers.csv').then(reply => reply.text())")
    return [line.split(",") for line in text.splitlines()[1:]]


def test_a_session_with_the_keyboard_alone(browser, tmp_path):
    path = tmp_path / "book.db"
    with served(book=ledger(path)) as ready, visited(browser, ready) as page:
        shows(page, "label 0", done=0)
        page.wait_for_timeout(300)
        page.keyboard.press("2")
        shows(page, "label 1", done=1)
        page.keyboard.press("Space")
        shows(page, "label 2", done=2)
        page.keyboard.press("u")
        shows(page, "label 1", done=1)
        page.keyboard.press("u")
        shows(page, "label 0", done=0)
        page.keyboard.press("r")
        shows(page, "label 1", done=1)
        page.keyboard.press("9")  # there is no ninth class
        page.keyboard.press("y")  # nor is it a question for yes or no
        for item in range(1, 12):
            shows(page, f"label {item}", done=item)
            page.keyboard.press("1")
        page.wait_for_selector("body[data-shown='done']")
        assert "12 answers" in page.locator("#done-said").inner_text()
    book = ledger(path)
    kinds = ["label", "cannot_tell", "undo", "undo", "undo"] + ["label"] * 11
    assert book.kind.tolist() == kinds
    assert book.values[0] == '"grass"'
    assert set(book.values[5:].tolist()) == {'"brick"'}
    assert 0.3 <= book.cost[0] < 30
    assert (book.cost[2:5] == 0).all()
    assert set(book.who.tolist()) == {"Ada"}


def test_pairs_zoom_and_blindness(browser):
    with served_pairs([(0, 1), (5, 2), (3, 4)]) as ready, visited(browser, ready) as page:
        shows(page, "pair 0 1", done=0)
        boxes = [frame.bounding_box() for frame in page.locator(".frame").all()]
        assert boxes[0]["y"] == boxes[1]["y"]  # side by side
        assert min(box["width"] * box["height"] for box in boxes) > 0.25 * 1280 * 800
        page.keyboard.press("+")
        page.keyboard.press("ArrowRight")
        moved = page.locator(".frame img").evaluate_all("i => i.map(i => i.style.transform)")
        assert moved == ["translate(-10%, 0%) scale(1.5)"] * 2  # both together
        page.keyboard.press("0")
        assert "scale(1)" in page.locator(".frame img").first.get_attribute("style")
        assert page.locator("figcaption").first.inner_text() == "item 0"
        page.keyboard.press("b")
        assert page.locator("figcaption:visible").count() == 0
        page.keyboard.press("y")
        shows(page, "pair 5 2", done=1)
        page.keyboard.press("n")
        shows(page, "pair 3 4", done=2)
        page.keyboard.press("Space")
        shows(page, "done", done=3)
        rows = [row[:4] for row in book_of(page)]
    assert rows == [
        ["pair", "0", "1", "true"],
        ["pair", "5", "2", "false"],
        ["cannot_tell", "3", "4", ""],
    ]


def test_raking_light_is_switched_and_turned_for_both_images(browser):
    def lamps():
        return page.locator(".frame img").evaluate_all("i => i.map(i => i.src.split('light=')[1])")

    with served_pairs([(0, 1), (5, 2)]) as ready, visited(browser, ready) as page:
        shows(page, "pair 0 1", done=0)
        assert page.locator("#turn").is_hidden()
        page.keyboard.press("s")
        page.wait_for_selector(".frame img[src$='light=315'] >> nth=1")
        assert page.locator("#turn").inner_text() == "↘"  # light from the upper left
        page.locator("#turn").click()
        page.wait_for_selector(".frame img[src$='light=0'] >> nth=1")
        assert page.locator("#turn").inner_text() == "↓"
        page.keyboard.press("y")  # it stays for the next question
        shows(page, "pair 5 2", done=1)
        assert lamps() == ["0", "0"]
        page.keyboard.press("s")
        page.wait_for_selector(".frame img[src$='/picture/2']")
        assert page.locator("#light").get_attribute("aria-pressed") == "false"


def test_two_experts_and_how_they_agree(browser, tmp_path):
    path = tmp_path / "book.db"
    with served_pairs([(0, 1), (2, 3), (4, 5)], book=ledger(path)) as ready:
        for who, keys in (("Ada", "yyn"), ("Ben", "yn")):
            with visited(browser, ready, who=who) as page:
                for done, key in enumerate(keys):
                    shows(page, f"pair {2 * done} {2 * done + 1}", done=done)
                    page.keyboard.press(key)
                page.wait_for_selector(f"body[data-done='{len(keys)}']")
                if who == "Ben":
                    page.wait_for_selector("#agreement:text-is('agreement 50 % of 2')")
    assert agreement(ledger(path)).share == 0.5


def test_both_languages(browser):
    with served_pairs([(0, 1)]) as ready, visited(browser, ready) as page:
        shows(page, "pair 0 1", done=0)
        assert page.locator("#question").inner_text() == "Are these two the same?"
        page.keyboard.press("l")
        assert page.locator("html").get_attribute("lang") == "fr"
        assert page.locator("#question").inner_text() == "Ces deux-là sont-elles identiques ?"
        page.keyboard.press("h")
        assert page.locator("dialog h2").inner_text() == "Ce que font les touches"
        keys = page.locator("dialog kbd").all_inner_texts()
        assert {"y", "n", "espace", "u", "r"} <= set(keys)
        page.keyboard.press("Escape")
        page.keyboard.press("y")
        page.wait_for_selector("body[data-shown='done']")
        assert page.locator("#done h1").inner_text() == "Merci"
        words = page.evaluate("() => Object.values(config.texts)")
    english, french = words
    assert english.keys() == french.keys()
    same = {name for name in english if english[name] == french[name]}
    assert same <= {"image"}
    assert all(english[name].count("{}") == french[name].count("{}") for name in english)


def test_of_many_classes_one_is_found_by_typing(browser):
    names = [f"paper {i}" for i in range(30)]
    with served(classes=names) as ready, visited(browser, ready) as page:
        shows(page, "label 0", done=0)
        page.keyboard.press("/")
        page.keyboard.type("r 27")
        assert page.locator("#answers [data-class]:visible").count() == 1
        page.keyboard.press("Enter")
        shows(page, "label 1", done=1)
        assert "paper 27" in book_of(page)[0][3]


def test_an_image_that_cannot_be_read_is_said_and_can_be_passed_over(browser, tmp_path):
    for i in range(2):
        (tmp_path / f"{i}.png").write_bytes(b"no image")
    with served(pictures_of(tmp_path)) as ready:
        context = browser.new_context()
        page = context.new_page()
        page.goto(ready.address)
        page.locator("#who").fill("Ada")
        page.keyboard.press("Enter")
        shows(page, "label 0", done=0)
        assert page.locator(".frame").inner_text() == "This image cannot be read."
        page.keyboard.press("Space")
        shows(page, "label 1", done=1)
        context.close()


def test_signals_are_drawn(browser):
    signals = pictures_of(some_images(2, 64)[:, 0], dim=1)
    with served(signals) as ready, visited(browser, ready) as page:
        shows(page, "label 0", done=0)
        assert page.locator(".frame img").evaluate("i => i.naturalWidth") > 100


FITS = """() => {
    const box = document.documentElement;
    const shown = [...document.querySelectorAll("button, input, .frame, h1")].filter(
        node => node.checkVisibility() && !node.closest(".answers"));
    return [box.scrollWidth <= innerWidth, box.scrollHeight <= innerHeight,
            shown.every(node => {
                const r = node.getBoundingClientRect();
                return r.left >= 0 && r.top >= 0
                    && r.right <= innerWidth + 0.5 && r.bottom <= innerHeight + 0.5;
            })];
}"""


@pytest.mark.parametrize("how", [DESKTOP, PHONE, PROJECTOR], ids=["desktop", "phone", "projector"])
def test_all_of_it_is_on_the_screen_in_the_longer_language(browser, how):
    pairs = [(0, 1), (2, 3)]
    with served_pairs(pairs, language="fr") as ready, visited(browser, ready, how=how) as page:
        shows(page, "pair 0 1", done=0)
        assert page.evaluate(FITS) == [True, True, True]
        size = page.evaluate("() => parseFloat(getComputedStyle(document.body).fontSize)")
        assert size >= (20 if how is PROJECTOR else 16)
        area = sum(b["width"] * b["height"] for b in map(box, page.locator(".frame").all()))
        width, height = how["viewport"].values()
        assert area > 0.5 * width * height  # the images have most of it
        pressed = [box(b)["height"] for b in page.locator("#answers button").all()]
        assert min(pressed) >= 44


def box(locator):
    return locator.bounding_box()


CONTRASTS = """() => {
    const part = c => { c /= 255; return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4; };
    const light = ([r, g, b]) => 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
    const numbers = text => text.match(/[\\d.]+/g).map(Number);
    const behind = node => {
        for (let n = node; n; n = n.parentElement) {
            const c = numbers(getComputedStyle(n).backgroundColor);
            if (c.length < 4 || c[3] === 1) return c;
        }
        return [255, 255, 255];
    };
    const ratio = (a, b) => {
        const [x, y] = [light(a), light(b)].sort((p, q) => q - p);
        return (x + 0.05) / (y + 0.05);
    };
    const found = [];
    for (const node of document.querySelectorAll("body *")) {
        const own = [...node.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
        const style = getComputedStyle(node);
        if (!node.checkVisibility() || style.opacity !== "1") continue;
        const name = node.id || node.className || node.tagName;
        if (own) found.push([name, ratio(numbers(style.color), behind(node))]);
        const pressed = ["BUTTON", "INPUT"].includes(node.tagName) && !node.disabled;
        if (!pressed || node.closest(".tools")) continue;  // those are words, without an edge
        const edge = ratio(numbers(style.borderTopColor), behind(node.parentElement));
        found.push([`edge of ${name}`, 1.5 * edge]);
    }
    return found;
}"""


def low_contrasts(page):
    """Return what is below AA: 4.5 for text, 3 for edges of what can be pressed (times 1.5)."""
    found = page.evaluate(CONTRASTS)
    assert len(found) > 3
    return [entry for entry in found if entry[1] < 4.5]


def test_contrasts_are_those_of_aa(browser):
    with served(total=30) as ready, visited(browser, ready, who=None) as page:
        assert low_contrasts(page) == []
        page.locator("#who").fill("Ada")
        page.keyboard.press("Enter")
        shows(page, "label 0", done=0)
        page.wait_for_timeout(100)
        assert low_contrasts(page) == []
        page.keyboard.press("b")
        page.hover("#answers button")
        assert low_contrasts(page) == []
        page.keyboard.press("h")
        assert low_contrasts(page) == []
        page.keyboard.press("Escape")
        page.evaluate("() => notice('something')")
        assert low_contrasts(page) == []
        for item in range(12):
            shows(page, f"label {item}", done=item)
            page.keyboard.press("1")
        page.wait_for_selector("body[data-shown='done']")
        assert low_contrasts(page) == []


def test_what_has_the_focus_is_seen(browser):
    with served() as ready, visited(browser, ready) as page:
        shows(page, "label 0", done=0)
        seen = set()
        for _ in range(14):
            page.keyboard.press("Tab")
            found = page.evaluate("""() => {
                const node = document.activeElement, style = getComputedStyle(node);
                const name = node.id || node.dataset.class || node.tagName;
                return [name, style.outlineStyle, style.outlineWidth];
            }""")
            seen.add(found[0])
            assert found[0] == "BODY" or found[1:] == ["solid", "3px"], found
        assert {"who-now", "blind", "language", "help", *CLASSES, "zoom-in"} <= seen
        page.locator("[data-class=gravel]").focus()
        page.keyboard.press("Space")  # presses the button that has the focus
        shows(page, "label 1", done=1)
        assert "gravel" in str(book_of(page)[0])
