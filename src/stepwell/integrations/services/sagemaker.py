"""SageMaker: jobs, models and endpoints. What is made has a name of its own, so the task's parameters find it again."""

from stepwell.integrations.catalog import Action, Ask, Service, Sync, parameters


def _job(kind: str, *, stoppable: bool = True) -> Action:
    name = parameters(**{f"{kind}Name": f"{kind}Name"})
    sync = Sync(
        poll=Ask(f"Describe{kind}", name),
        find=lambda answer: answer,
        status=f"{kind}Status",
        done=frozenset({"Completed"}),
        failed=frozenset({"Failed", "Stopped"}),
        cancel=Ask(f"Stop{kind}", name) if stoppable else None,
    )
    return Action(f"create{kind}", sync=sync)


def _endpoint(verb: str) -> Action:
    sync = Sync(
        poll=Ask("DescribeEndpoint", parameters(EndpointName="EndpointName")),
        find=lambda answer: answer,
        status="EndpointStatus",
        done=frozenset({"InService"}),
        failed=frozenset({"Failed", "OutOfService", "UpdateRollbackFailed"}),
        cancel=None,
    )
    return Action(f"{verb}Endpoint", sync=sync)


SERVICE = Service(
    name="sagemaker",
    model="sagemaker",
    prefix="SageMaker",
    label="AmazonSageMaker",
    actions=(
        _job("TrainingJob"),
        _job("TransformJob"),
        _job("ProcessingJob"),
        _job("HyperParameterTuningJob"),
        _job("LabelingJob"),
        Action("createModel"),
        Action("createEndpointConfig"),
        _endpoint("create"),
        _endpoint("update"),
    ),
)
