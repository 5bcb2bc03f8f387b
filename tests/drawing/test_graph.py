"""What there is to draw of definitions, whole and half-written ones."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stepwell.drawing.graph import DEPTH_MAX, Mark, Way, read_graph
from tests.drawing.definitions import NAMES, definition, states_of

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["StartAt", "States", "Type", "Next", "End", "Choices", "Catch", "Branches", "Iterator", "A"]
            ),
            inner,
            max_size=5,
        )
    ),
    max_leaves=25,
)


@pytest.mark.parametrize("name", NAMES)
def test_every_state_is_a_node_with_its_pointer(name):
    value = definition(name)
    nodes = list(read_graph(value).walk())
    states = states_of(value)
    assert [node.id for node in nodes if node.mark is None] == list(states)
    assert {node.id: node.type for node in nodes if node.mark is None} == {
        at: one["Type"] for at, one in states.items()
    }
    assert [node.mark for node in nodes if node.mark] == [Mark.START, Mark.END]
    assert all(node.reached for node in nodes)


def test_ways_in_written_order():
    flow = read_graph(definition("poll-a-job"))
    ways = [(edge.source.name, edge.target.name, edge.way, edge.label) for edge in flow.edges]
    assert ways == [
        ("Start", "Submit job", Way.NEXT, ""),
        ("Submit job", "Wait a while", Way.NEXT, ""),
        ("Wait a while", "Ask for its status", Way.NEXT, ""),
        ("Ask for its status", "Done?", Way.NEXT, ""),
        ("Done?", "Report", Way.CHOICE, '#1 $.job.Status = "SUCCEEDED"'),
        ("Done?", "Give up", Way.CHOICE, '#2 $.job.Status = "FAILED" or $.job.Sta…'),
        ("Done?", "Wait a while", Way.DEFAULT, "Default"),
        ("Report", "End", Way.NEXT, ""),
        ("Give up", "End", Way.NEXT, ""),
    ]
    assert flow.edges[5].id == "/States/Done?/Choices/1/Next"


def test_names_are_escaped_in_pointers():
    ids = [node.id for node in read_graph(definition("names")).walk()]
    assert "/States/a~1b~0c" in ids


def test_a_missing_target_is_a_node():
    flow = read_graph(
        {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"}, "C": {"Type": "Pass", "Next": "B"}}}
    )
    (missing,) = [node for node in flow.nodes if node.mark is Mark.MISSING]
    assert missing.name == "B"
    assert [edge.target for edge in flow.edges[1:]] == [missing, missing]


def test_what_no_way_leads_to_is_told():
    pass_ = {"Type": "Pass", "End": True}
    flow = read_graph({"StartAt": "A", "States": {"A": pass_, "B": {"Type": "Pass", "Next": "C"}, "C": pass_}})
    assert {node.name for node in flow.nodes if not node.reached} == {"B", "C"}


def test_an_empty_definition_leads_from_start_to_end():
    for value in ({}, {"States": {}}, None, [], "text"):
        flow = read_graph(value)
        assert [(edge.source.name, edge.target.name) for edge in flow.edges] == [("Start", "End")]


def test_flows_are_bounded_in_depth():
    value = {"StartAt": "M", "States": {"M": {"Type": "Pass", "End": True}}}
    for _ in range(DEPTH_MAX + 10):
        value = {"StartAt": "M", "States": {"M": {"Type": "Map", "ItemProcessor": value, "End": True}}}
    assert len(list(read_graph(value).walk())) == DEPTH_MAX + 1 + 2


@given(JSON)
def test_nothing_that_is_json_raises(value):
    flow = read_graph(value)
    nodes = set(flow.nodes)
    assert all(edge.source in nodes and edge.target in nodes for edge in flow.edges)
