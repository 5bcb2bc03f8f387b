"""Single steps in the studio: actions with their arguments, rules, previews, snippets; and all of it by keyboard."""

import pytest
from playwright.sync_api import expect

from tests.console.browser import Window
from tests.console.studio import ORDER, Studio, make
from tests.server.outside import OwnServer, until


@pytest.fixture
def studio(window: Window) -> Studio:
    return Studio(window)


def test_an_action_comes_with_its_arguments(studio: Studio) -> None:
    studio.new()
    studio.by("palette-search").first.fill("send message")
    studio.by("offer-sqs-sendMessage").click()
    expect(studio.node("Send message")).to_be_visible()
    studio.by("argument-QueueUrl").fill("https://sqs.us-east-1.amazonaws.com/1/q")
    studio.by("argument-MessageBody").fill("{% $states.input.text %}")
    studio.by("add-argument").select_option("DelaySeconds")
    studio.by("argument-DelaySeconds").fill("5")
    assert studio.definition()["States"]["Send message"] == {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage",
        "Arguments": {
            "QueueUrl": "https://sqs.us-east-1.amazonaws.com/1/q",
            "MessageBody": "{% $states.input.text %}",
            "DelaySeconds": 5,
        },
        "End": True,
    }
    studio.by("field-Pattern").select_option("waitForTaskToken")
    assert studio.definition()["States"]["Send message"]["Resource"].endswith("sendMessage.waitForTaskToken")


def test_an_expression_shows_what_it_gives(studio: Studio) -> None:
    page = studio.new("orders").page
    studio.select("Report")
    page.get_by_role("tab", name="Test").click()
    studio.by("sample-input").fill('[{"total": 2}, {"total": 40}]')
    page.get_by_role("tab", name="Form").click()
    output = page.locator('[data-field="Output"]')
    expect(output.get_by_test_id("preview")).to_contain_text('"sum":42')
    output.get_by_test_id("field-Output").fill("{% $states.input[5].total.nothing %}")
    expect(output.get_by_test_id("preview")).to_contain_text("returned nothing")


def test_rules_are_built_without_writing_them(studio: Studio, server: OwnServer) -> None:
    studio.open(make(server, "rules")).select("Paid?")
    rule = studio.by("rule").first
    rule.get_by_test_id("operator").select_option("NumericGreaterThan")
    rule.get_by_test_id("field-NumericGreaterThan").fill("100")
    assert studio.definition()["States"]["Paid?"]["Choices"] == [
        {"Variable": "$.paid", "NumericGreaterThan": 100, "Next": "Pack"}
    ]
    rule.get_by_test_id("operator").first.select_option("And")
    expect(rule.get_by_test_id("field-Variable")).to_have_value("$.paid")
    assert studio.definition()["States"]["Paid?"]["Choices"] == [
        {"And": [{"Variable": "$.paid", "NumericGreaterThan": 100}], "Next": "Pack"}
    ]
    for _ in range(3):
        studio.by("undo").click()
    assert studio.text() == ORDER


def test_a_field_that_nobody_knows_is_kept_and_shown(studio: Studio) -> None:
    odd = '{"StartAt": "A", "States": {"A": {"Type": "Pass", "Odd": {"a": [1]}, "End": true}}}'
    studio.new()
    studio.by("import-file").set_input_files(
        {"name": "odd.json", "mimeType": "application/json", "buffer": odd.encode()}
    )
    studio.select("A")
    expect(studio.by("field-Odd")).to_have_value('{\n  "a": [\n    1\n  ]\n}')
    studio.by("field-Odd").fill("[2]")
    assert studio.text() == odd.replace('{"a": [1]}', "[2]")


def test_a_state_is_kept_as_a_snippet_and_used_again(studio: Studio, server: OwnServer) -> None:
    page = studio.open(make(server, "snippets")).page
    studio.select("Pack")
    studio.by("state-menu").get_by_role("button").first.click()
    page.get_by_role("menuitem", name="Keep as snippet").click()
    until(lambda: page.get_by_test_id("snippet-Pack").count() == 1 or page.wait_for_timeout(50))
    studio.new()
    studio.by("snippet-Pack").click()
    expect(studio.node("Pack")).to_be_visible()
    state = studio.definition()["States"]["Pack"]
    assert state["Resource"] == "arn:aws:states:::lambda:invoke" and state["End"] is True and "Catch" not in state


def test_a_text_with_errors_is_kept_as_a_draft(studio: Studio) -> None:
    page = studio.new().page
    page.on("dialog", lambda dialog: dialog.accept())
    studio.by("offer-Task").click()
    studio.by("field-Resource").fill("nowhere")
    expect(studio.by("problem").filter(has_text="not recognized")).to_have_count(1)
    studio.by("save").click()
    studio.by("save-name").fill("unfinished")
    expect(studio.by("save-confirm")).to_be_disabled()
    studio.by("keep-draft").click()
    expect(studio.by("save-dialog")).to_have_count(0)
    studio.window.goto("create")
    studio.by("draft").filter(has_text="unfinished").get_by_role("button").click()
    expect(studio.node("Task")).to_be_visible()
    assert studio.definition()["States"]["Task"]["Resource"] == "nowhere"


def test_a_machine_is_made_by_keyboard_alone(studio: Studio, server: OwnServer) -> None:
    page = studio.new().page
    page.mouse.move(0, 0)
    for word in ("pass", "wait", "succeed"):
        page.keyboard.press("a")
        page.keyboard.type(word)
        page.keyboard.press("Enter")
        expect(studio.node(word.capitalize())).to_be_visible()
    page.keyboard.press("Control+s")
    expect(studio.by("save-name")).to_be_visible()
    studio.by("save-name").focus()
    page.keyboard.type("made-by-keyboard")
    studio.ready()
    page.keyboard.press("Enter")
    page.wait_for_url("**/edit**")
    studio.ready()
    definition = studio.definition()
    assert list(definition["States"]) == ["Pass", "Wait", "Succeed"]
    assert definition["States"]["Wait"]["Next"] == "Succeed"
    studio.by("run").focus()
    page.keyboard.press("Enter")
    studio.by("run-confirm").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/executions/**")
