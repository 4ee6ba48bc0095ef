"""Browsers that look at a whole stack (local_stack.py)."""

import shutil

import pytest
from playwright.sync_api import expect, sync_playwright

from local_stack import REPOSITORY, missing_tool, run_stack
from views import DESKTOP

SETTLE_SECONDS = 30
AXE = REPOSITORY / "frontend/node_modules/axe-core/axe.min.js"

# What a page may take on a machine that has other work.
expect.set_options(timeout=SETTLE_SECONDS * 1_000)


@pytest.fixture(scope="session")
def stack(tmp_path_factory):
    missing = missing_tool()
    if missing is not None:
        pytest.skip(missing)
    with run_stack(tmp_path_factory.mktemp("stack")) as local:
        yield local


@pytest.fixture(scope="session")
def chromium(stack):
    with sync_playwright() as playwright:
        # Chromium's own sandbox does not work for root, nor in most containers.
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"),
                                             args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def signed_in(stack, chromium):
    """What a browser keeps after it was signed in by the link that scripts/up prints."""
    context = chromium.new_context(viewport=DESKTOP)
    page = context.new_page()
    token = (stack.layout.data("gateway") / "start_link").read_text().strip()
    page.goto(f"{stack.url}/#/link/{token}")
    expect(page.get_by_role("grid", name="Markets")).to_be_visible()
    assert "link" not in page.url
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def open_page(stack, chromium, signed_in):
    """Makes pages of browsers that are signed in. What a page complains of fails the test."""
    contexts, complaints = [], []

    def make(path="", viewport=DESKTOP, **options):
        context = chromium.new_context(viewport=viewport, storage_state=signed_in, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{stack.url}/#/{path}")
        return page

    yield make
    for context in contexts:
        context.close()
    assert not complaints
