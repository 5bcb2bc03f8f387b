"""What tasks give to services, as far as the definition says."""

from stepwell.asl.arguments import arguments_in


def a_task(**members):
    return {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "End": True, **members}


def found(definition):
    return [(one.location, one.field, one.value) for one in arguments_in(definition)]


def flow(state):
    return {"StartAt": "A", "States": {"A": state}}


def test_what_is_known_at_run_time_only_is_none():
    paths = {"QueueUrl.$": "$.q", "MessageBody": {"a.$": "$.a", "b": [1, {"c.$": "$.c"}], "d": "{% no %}"}}
    expected = {"QueueUrl": None, "MessageBody": {"a": None, "b": [1, {"c": None}], "d": "{% no %}"}}
    assert found(flow(a_task(Parameters=paths))) == [("/States/A", "Parameters", expected)]
    expressions = {"QueueUrl": "{% $q %}", "MessageBody": ["{% 1 %}", {"x.$": "text"}]}
    expected = {"QueueUrl": None, "MessageBody": [None, {"x.$": "text"}]}
    assert found(flow(a_task(Arguments=expressions))) == [("/States/A", "Arguments", expected)]
    assert found(flow(a_task(Arguments="{% $all %}"))) == [("/States/A", "Arguments", None)]
    assert found(flow(a_task())) == [("/States/A", "Parameters", None)]


def test_tasks_are_found_at_every_depth_in_their_order():
    inner = {"StartAt": "B", "States": {"B": a_task(), "P": {"Type": "Pass"}}}
    definition = flow({"Type": "Parallel", "Branches": [inner, flow({"Type": "Map", "ItemProcessor": inner})]})
    definition["States"]["M"] = {"Type": "Map", "Iterator": inner}
    assert [location for location, _, _ in found(definition)] == [
        "/States/A/Branches[0]/States/B",
        "/States/A/Branches[1]/States/A/ItemProcessor/States/B",
        "/States/M/Iterator/States/B",
    ]


def test_functions_and_activities_take_anything():
    for arn in ("arn:aws:lambda:us-east-1:1:function:f", "arn:aws:states:us-east-1:1:activity:a"):
        assert found(flow(a_task(Resource=arn, Parameters={"x": 1}))) == []
