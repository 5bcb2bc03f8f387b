"""A whole session of design in one browser: from nothing to a published version, and what changed in it."""

import json

import pytest
from playwright.sync_api import expect

from tests.console.browser import Window
from tests.console.studio import Studio
from tests.server.outside import OwnServer


@pytest.mark.timeout(300)
def test_a_machine_is_designed_run_mended_and_published(window: Window, server: OwnServer) -> None:
    studio = Studio(window).new()
    page = window.page

    # five states by drag and drop
    studio.drag("Pass", "/StartAt")
    expect(studio.node("Pass")).to_be_visible()
    studio.drag("Choice", "/States/Pass/End")
    expect(studio.node("Done")).to_be_visible()
    studio.drag("Wait", "/States/Choice/Choices/0/Next")
    expect(studio.node("Wait")).to_be_visible()
    studio.drag("Parallel", "/States/Wait/Next")
    expect(studio.node("Parallel")).to_be_visible()
    studio.drag("Fail", "/States/Choice/Default")
    expect(studio.node("Fail")).to_be_visible()

    # what is in the branches, one of which fails
    for branch, (offer, name) in enumerate((("Pass", "Pass (2)"), ("Fail", "Fail (2)"))):
        studio.drag_into_branch(offer, branch)
        expect(studio.node(name)).to_be_visible()
    studio.fit()

    # the rule of the Choice, and a Catch
    studio.select("Choice")
    studio.by("rule").get_by_test_id("field-Condition").fill("{% $states.input.order > 3 %}")
    studio.select("Wait")
    studio.by("field-Seconds").fill("1")
    studio.select("Parallel")
    studio.by("add-Catch-any").click()
    studio.by("catcher").get_by_test_id("field-Next").select_option("Done")
    expect(studio.edge("Parallel", "Done").and_(page.locator('[data-way="catch"]'))).to_have_count(1)
    studio.select("Fail (2)")
    studio.by("field-Error").fill("Broken")
    expect(studio.by("problem")).to_have_count(0)
    studio.ready()

    # one state is tried
    studio.select("Choice")
    page.get_by_role("tab", name="Test").click()
    studio.by("sample-input").fill('{"order": 4}')
    studio.by("test-run").click()
    expect(studio.by("test-next")).to_contain_text("Wait")
    page.get_by_role("tab", name="Form").click()

    # saved, and run
    studio.save(name="designed", comment="first", publish=True)
    page.wait_for_url("**/edit**")
    studio.ready()
    arn = next(
        machine["stateMachineArn"]
        for machine in server.get("ListStateMachines")["stateMachines"]
        if machine["name"] == "designed"
    )
    studio.by("run").click()
    studio.by("run-input").fill('{"order": 1}')
    studio.by("run-confirm").click()

    # watched: it failed, for its Default leads to the Fail
    page.wait_for_url("**/executions/**")
    expect(studio.node("Fail")).to_have_attribute("data-status", "failed")
    expect(studio.node("Choice")).to_have_attribute("data-status", "succeeded")

    # mended: what failed goes, so that its Default ends well
    studio.open(arn).select("Fail")
    studio.by("graph-canvas").focus()
    page.keyboard.press("Delete")
    studio.select("Choice")
    studio.by("field-Default").select_option("Done")
    expect(studio.by("problem")).to_have_count(0)
    studio.ready()
    studio.save(comment="second", publish=True)
    expect(studio.by("save")).to_be_disabled()
    execution = server.start(arn, {"order": 1})
    assert server.ended(execution)["status"] == "SUCCEEDED"
    versions = server.get("ListStateMachineVersions", stateMachineArn=arn)["stateMachineVersions"]
    assert len(versions) == 2

    # the versions differ, in the list of states and on the graph
    window.goto(f"machines/{arn.replace(':', '%3A')}?tab=versions&from=1&to=2")
    listed = studio.by("diff-list")
    expect(listed.locator('[data-name="Fail"]')).to_have_attribute("data-change", "removed")
    expect(listed.locator('[data-name="Choice"]')).to_have_attribute("data-change", "changed")
    page.get_by_role("button", name="Graph: Version 1").click()
    studio.fit()
    expect(studio.node("Fail")).to_have_attribute("data-remark", "removed")
    expect(studio.node("Choice")).to_have_attribute("data-remark", "changed")
    before, after = (
        json.loads(server.get("DescribeStateMachine", stateMachineArn=f"{arn}:{number}")["definition"])
        for number in (1, 2)
    )
    assert set(before["States"]) - set(after["States"]) == {"Fail"}
