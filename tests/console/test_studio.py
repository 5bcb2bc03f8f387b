"""The studio in a real browser: one text behind graph, form and code."""

import json
from collections.abc import Callable
from contextlib import AbstractContextManager
from difflib import ndiff
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, Route, expect

from tests.console.browser import Window
from tests.console.studio import ORDER, Studio, make
from tests.server.outside import OwnServer, until

INSERTED = '"Check": { "Type": "Pass", "Next": "Wait" },\n        "Wait": {\n            "Type": "Wait",\n            "Seconds": 5,\n            "Next": "Paid?"\n        },\n'


@pytest.fixture
def studio(window: Window) -> Studio:
    return Studio(window)


def changed_lines(before: str, after: str) -> list[str]:
    """What a difference takes away and adds."""
    return [line.rstrip() for line in ndiff(before.splitlines(), after.splitlines()) if line[0] in "+-"]


def test_opening_changes_nothing(studio: Studio, server: OwnServer) -> None:
    studio.open(make(server, "untouched"))
    for name in ("Check", "Paid?", "Pack", "Remind"):
        studio.select(name)
    expect(studio.by("save")).to_be_disabled()
    assert studio.text() == ORDER


def test_a_field_of_the_form_changes_its_own_line(studio: Studio, server: OwnServer) -> None:
    studio.open(make(server, "one-field")).select("Pack")
    studio.by("argument-FunctionName").fill("pack-it")
    assert changed_lines(ORDER, studio.text()) == [
        '-             "Parameters": { "FunctionName": "pack", "Payload.$": "$" },',
        '+             "Parameters": { "FunctionName": "pack-it", "Payload.$": "$" },',
    ]
    studio.by("undo").click()
    assert studio.text() == ORDER


def test_inserting_by_mouse_by_drag_and_by_keyboard_gives_the_same_text(studio: Studio, server: OwnServer) -> None:
    wanted = ORDER.replace('"Check": { "Type": "Pass", "Next": "Paid?" },\n', INSERTED)
    page = studio.open(make(server, "inserting")).page
    studio.plus("/States/Check/Next").click()
    studio.by("insert-layer").get_by_test_id("offer-Wait").click()
    expect(studio.node("Wait")).to_be_visible()
    assert studio.text() == wanted
    studio.by("undo").click()
    assert studio.text() == ORDER
    studio.by("redo").click()
    assert studio.text() == wanted
    page.keyboard.press("Control+z")

    studio.drag("Wait", "/States/Check/Next")
    expect(studio.node("Wait")).to_be_visible()
    assert studio.text() == wanted
    studio.by("undo").click()

    studio.select("Check")
    studio.by("graph-canvas").focus()
    page.keyboard.press("a")
    page.keyboard.type("wait")
    studio.by("insert-layer").get_by_test_id("offer-Wait").focus()
    page.keyboard.press("Enter")
    expect(studio.node("Wait")).to_be_visible()
    assert studio.text() == wanted
    assert studio.by("redo").is_disabled()


def test_renaming_and_deleting_follow_the_references(studio: Studio, server: OwnServer) -> None:
    page = studio.open(make(server, "renaming")).page
    studio.select("Check")
    page.keyboard.press("F2")
    page.keyboard.type("Look")
    page.keyboard.press("Enter")
    expect(studio.node("Look")).to_be_visible()
    assert studio.text() == ORDER.replace('"Check"', '"Look"')
    studio.by("undo").click()
    assert studio.text() == ORDER

    studio.select("Remind")
    studio.by("graph-canvas").focus()
    page.keyboard.press("Delete")
    expect(studio.node("Remind")).to_have_count(0)
    states = studio.definition()["States"]
    assert (states["Paid?"]["Default"], states["Pack"]["Catch"][0]["Next"]) == ("Check", "Check")
    studio.by("undo").click()
    assert studio.text() == ORDER


def test_a_broken_text_locks_nothing(studio: Studio, server: OwnServer) -> None:
    page = studio.open(make(server, "broken"), view="split").page
    code = studio.by("code").locator(".cm-content")
    code.click()
    page.keyboard.press("Control+Home")
    page.keyboard.type("x")
    expect(studio.graph).to_have_attribute("data-stale", "true")
    expect(studio.by("problem").first).to_contain_text("Line 1")
    expect(studio.node("Pack")).to_be_visible()
    page.keyboard.press("Backspace")
    expect(studio.graph).not_to_have_attribute("data-stale", "true", timeout=2_000)
    assert studio.text() == ORDER


def test_a_remark_of_the_server_marks_line_node_and_field(studio: Studio, server: OwnServer) -> None:
    page = studio.open(make(server, "remark"), view="split").page
    studio.select("Remind")
    studio.by("field-Seconds").fill("-1")
    problem = studio.by("problem").filter(has_text="Minimum value is 0")
    expect(problem).to_contain_text("Line 17")
    expect(studio.node("Remind")).to_have_attribute("data-remark", "error")
    expect(page.locator(".cm-lintRange-error")).to_be_visible()
    expect(page.locator('[data-field="Seconds"]').first).to_have_attribute("data-invalid", "")
    studio.select("Check")
    problem.click()
    expect(studio.by("field-Seconds")).to_be_focused()
    studio.by("save").click()
    expect(studio.by("save-confirm")).to_be_disabled()


def test_a_step_is_tried_with_a_mocked_result_and_a_mocked_error(studio: Studio, server: OwnServer) -> None:
    arn = make(server, "trying")
    studio.open(arn, tab="test")
    studio.node("Pack").click()
    studio.by("sample-input").fill('{"order": 7}')
    studio.by("mock-mode").select_option("result")
    studio.by("sample-result").fill('{"Payload": {"boxed": true}}')
    studio.by("test-run").click()
    expect(studio.by("test-status")).to_have_attribute("data-status", "SUCCEEDED")
    expect(studio.by("test-next")).to_contain_text("Send")
    stages = studio.by("stages")
    expect(stages.locator('[data-stage="afterParameters"]')).to_contain_text('"FunctionName": "pack"')
    expect(stages.locator('[data-stage="result"]')).to_contain_text('"boxed": true')

    studio.by("mock-mode").select_option("error")
    studio.by("sample-error").fill("Box.Missing")
    studio.by("sample-cause").fill("no more boxes")
    studio.page.keyboard.press("Control+Enter")
    expect(studio.by("test-status")).to_have_attribute("data-status", "CAUGHT_ERROR")
    expect(studio.by("test-next")).to_contain_text("Remind")
    expect(studio.by("test-error")).to_contain_text("no more boxes")
    expect(stages.locator('[data-stage="output"]')).to_contain_text("Box.Missing")
    assert server.get("ListExecutions", stateMachineArn=arn)["executions"] == []


def test_the_second_to_save_sees_what_the_first_has_saved(
    open_window: Callable[..., Window], server: OwnServer
) -> None:
    arn = make(server, "together")
    mine, theirs = Studio(open_window(server)).open(arn), Studio(open_window(server)).open(arn)
    theirs.select("Remind")
    theirs.by("field-Seconds").fill("7")
    theirs.save()
    expect(theirs.by("save")).to_be_disabled()
    mine.page.bring_to_front()  # a tab behind another one is drawn once a second
    mine.select("Pack")
    mine.by("argument-FunctionName").fill("mine")
    mine.save()
    dialog = mine.by("three-way")
    expect(dialog.get_by_test_id("touched")).to_contain_text("Remind")
    expect(dialog.get_by_test_id("touched")).to_contain_text("Pack")
    held = server.get("DescribeStateMachine", stateMachineArn=arn)["definition"]
    assert held == ORDER.replace('"Seconds": 1', '"Seconds": 7')
    dialog.locator(".cm-merge-revert button").last.click()
    dialog.get_by_test_id("save-merged").click()
    expect(dialog).to_have_count(0)
    merged = server.get("DescribeStateMachine", stateMachineArn=arn)["definition"]
    assert merged == held.replace('"pack"', '"mine"')


def test_what_was_not_saved_is_offered_again(studio: Studio, server: OwnServer) -> None:
    arn = make(server, "draft")
    page = studio.open(arn).page
    page.on("dialog", lambda dialog: dialog.accept())
    studio.select("Remind")
    studio.by("field-Seconds").fill("42")
    page.wait_for_function("key => localStorage.getItem(key)?.includes('42')", arg=f"stepwell.draft.{arn}")
    page.reload()
    studio.by("draft-restore").click()
    assert studio.text() == ORDER.replace('"Seconds": 1', '"Seconds": 42')
    studio.by("undo").click()
    assert studio.text() == ORDER


def test_a_definition_leaves_as_picture_and_text_and_comes_back(studio: Studio, server: OwnServer) -> None:
    studio.open(make(server, "leaving")).select("Remind")
    picture = studio.export("SVG picture").read_text()
    assert "<title" in picture and ">leaving</title>" in picture and ">Remind</text>" in picture
    assert studio.export("PNG picture").read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
    assert "leaving" in studio.export("Terraform").read_text()
    yaml = studio.export("YAML")
    studio.new()
    studio.by("import-file").set_input_files(
        {"name": "order.yaml", "mimeType": "text/yaml", "buffer": yaml.read_bytes()}
    )
    expect(studio.node("Remind")).to_be_visible()
    assert studio.definition() == json.loads(ORDER)


def test_versions_differ_in_text_and_graph(studio: Studio, server: OwnServer) -> None:
    studio.open(make(server, "differing")).select("Remind")
    studio.by("field-Seconds").fill("9")
    studio.drag("Pass", "/States/Check/Next")
    expect(studio.node("Pass")).to_be_visible()
    studio.select("Send")
    studio.by("graph-canvas").focus()
    studio.page.keyboard.press("Delete")
    studio.by("save").click()
    listed = studio.by("diff-list")
    for name, change in (("Pass", "added"), ("Send", "removed"), ("Remind", "changed")):
        expect(listed.locator(f'[data-name="{name}"]')).to_have_attribute("data-change", change)
    dialog = studio.by("save-dialog")
    expect(dialog.locator(".cm-insertedLine, .cm-changedLine").first).to_be_visible()
    dialog.get_by_role("button", name="Graph: Now").click()
    marked = dialog.locator('[data-testid="graph-node"][data-state="Pass"]')
    expect(marked).to_have_attribute("data-remark", "added")
    changed = dialog.locator('[data-testid="graph-node"][data-state="Remind"]')
    expect(changed).to_have_attribute("data-remark", "changed")
    dialog.get_by_role("button", name="Graph: Saved").click()
    gone = dialog.locator('[data-testid="graph-node"][data-state="Send"]')
    expect(gone).to_have_attribute("data-remark", "removed")


def test_the_text_completes_and_follows(studio: Studio, server: OwnServer) -> None:
    page = studio.open(make(server, "completing"), view="split").page
    studio.select("Remind")
    page.get_by_test_id("code").get_by_text('"Remind"', exact=True).last.click()
    page.keyboard.press("End")
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    page.keyboard.type(', "')
    expect(page.locator(".cm-tooltip-autocomplete")).to_contain_text("Comment")
    page.keyboard.type("Comm")
    page.keyboard.press("Enter")
    page.keyboard.type('": "soon')
    assert ', "Comment": "soon"' in studio.text()
    expect(studio.by("field-Comment")).to_have_value("soon")


@pytest.mark.parametrize("language, word", [("en", "Save"), ("ko", "저장")])
def test_it_speaks_the_languages(
    open_window: Callable[..., Window], server: OwnServer, language: str, word: str
) -> None:
    page: Page = Studio(open_window(server, language=language)).new("orders").page
    expect(page.get_by_test_id("save")).to_have_text(word)
    raw = page.evaluate("() => /\\beditor\\.[a-z]+\\./.exec(document.body.innerText)?.[0] ?? null")
    assert raw is None


def alone(comment: str) -> str:
    """The definition, with a comment of its own: what is put elsewhere in it would be so in every test that opens the same."""
    return ORDER.replace("an order", comment)


def test_states_are_put_elsewhere_and_arranged_again(studio: Studio, server: OwnServer) -> None:
    definition = alone("put elsewhere")
    arn = make(server, "put-elsewhere", definition)
    studio.open(arn).fit()
    automatic = downward(studio)
    with kept(studio):
        put_second(studio)
    studio.select("Send")
    put = top(studio, "Send")
    studio.by("graph-canvas").focus()
    with kept(studio):
        studio.page.keyboard.press("Alt+ArrowDown")
        until(lambda: put < top(studio, "Send") < put + 20)
    put_there = downward(studio)
    assert put_there != automatic and studio.text() == definition and studio.by("save").is_disabled()
    studio.window.goto(f"machines/{quote(arn, safe='')}?tab=definition")
    until(lambda: studio.node("Send").count() == 1 and downward(studio) == put_there)
    studio.open(arn).by("arrange").click()
    until(lambda: downward(studio) == automatic)
    expect(studio.by("arrange")).to_be_disabled()


def test_a_state_that_is_called_otherwise_stays_where_it_was_put(studio: Studio, server: OwnServer) -> None:
    studio.open(make(server, "put-and-renamed", alone("put and renamed"))).fit()
    put_second(studio)
    studio.select("Send")
    name = studio.by("field-Name")
    name.fill("Deliver")
    name.press("Enter")
    studio.node("Deliver").wait_for()
    until(lambda: downward(studio, "Deliver")[1] == "Deliver")
    studio.by("undo").click()
    studio.node("Send").wait_for()
    until(lambda: downward(studio)[1] == "Send")


def test_what_was_put_elsewhere_is_kept_when_the_editor_is_left_at_once(studio: Studio, server: OwnServer) -> None:
    studio.open(make(server, "put-and-left", alone("put and left"))).fit()
    put_second(studio)
    studio.page.get_by_role("link", name="put-and-left").click()
    studio.page.get_by_role("tab", name="Definition").click()
    until(lambda: studio.node("Send").count() == 1 and downward(studio)[1] == "Send")


def test_what_was_put_elsewhere_is_kept_when_the_page_goes_away_at_once(studio: Studio, server: OwnServer) -> None:
    arn = make(server, "put-and-gone", alone("put and gone"))
    studio.open(arn).fit()
    before = layouts(studio)
    put_second(studio)
    studio.page.goto("about:blank")
    until(lambda: layouts(studio) > before)
    studio.window.goto(f"machines/{quote(arn, safe='')}?tab=definition")
    until(lambda: studio.node("Send").count() == 1 and downward(studio)[1] == "Send")


def test_what_is_put_elsewhere_before_an_earlier_arrangement_is_known_joins_it(
    studio: Studio, server: OwnServer
) -> None:
    arn = make(server, "put-early", alone("put early"))
    studio.open(arn).fit()
    with kept(studio):
        put_second(studio)
    waiting: list[Route] = []

    def hold(route: Route) -> None:
        waiting.append(route)

    studio.page.route("**/documents/layout", hold)
    studio.open(arn).select("Pack")
    studio.by("graph-canvas").focus()
    until(lambda: waiting)
    aside = studio.node("Pack").bounding_box()
    studio.page.keyboard.press("Alt+ArrowRight")
    until(lambda: studio.node("Pack").bounding_box() != aside)
    assert downward(studio)[-1] == "Send"
    with kept(studio) as write:
        waiting[0].continue_()
        until(lambda: downward(studio)[1] == "Send")
    assert write.value.request.post_data_json["content"].keys() == {"/States/Send", "/States/Pack"}


def kept(studio: Studio) -> AbstractContextManager[Any]:
    """Until the server has kept the layout that comes of this: there is one write for each move that others do not follow."""
    return studio.page.expect_response(
        lambda answer: "/documents/layout/" in answer.url and answer.request.method == "PUT"
    )


def layouts(studio: Studio) -> set[str]:
    """The keys of the layouts that the server keeps."""
    answer = studio.page.request.get(f"{studio.window.base}api/documents/layout")
    return {row["key"] for row in answer.json()["rows"]}


def put_second(studio: Studio) -> None:
    """Drag the last state right below the first."""
    drag_by(studio, "Send", 150, top(studio, "Check") - top(studio, "Send") + 10)
    until(lambda: downward(studio)[1] == "Send")


def drag_by(studio: Studio, name: str, across: float, down: float) -> None:
    box, mouse = studio.node(name).bounding_box(), studio.page.mouse
    assert box is not None
    x, y = box["x"] + 12, box["y"] + box["height"] / 2
    mouse.move(x, y)
    mouse.down()
    mouse.move(x + across, y + down, steps=5)
    mouse.up()


def downward(studio: Studio, last: str = "Send") -> list[str]:
    """The states in the order in which they stand below each other."""
    return sorted(("Check", "Paid?", "Pack", last), key=lambda name: top(studio, name))


def top(studio: Studio, name: str) -> float:
    box = studio.node(name).bounding_box()
    assert box is not None
    return box["y"]


def test_a_map_in_the_corner_leads_about_what_is_too_large_to_see(studio: Studio, server: OwnServer) -> None:
    states = {f"S{n}": {"Type": "Pass", "Next": f"S{n + 1}"} for n in range(60)} | {"S60": {"Type": "Succeed"}}
    studio.open(make(server, "long", json.dumps({"StartAt": "S0", "States": states})))
    small = studio.by("graph-mini-map")
    box = small.bounding_box()
    assert box is not None
    expect(studio.node("S60")).to_have_count(0)
    studio.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] - 3)
    expect(studio.node("S60")).to_be_visible()
    studio.by("graph-canvas").focus()
    studio.page.keyboard.press("0")
    expect(small).to_have_count(0)
