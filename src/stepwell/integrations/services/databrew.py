"""DataBrew: run a job; `.sync` is done when the run has succeeded."""

from stepwell.integrations.catalog import Action, Ask, Job, Members, Service, Sync


def _run(job: Job) -> Members:
    return {"Name": job.parameters["Name"], "RunId": job.submitted["RunId"]}


SERVICE = Service(
    name="databrew",
    model="databrew",
    prefix="DataBrew",
    label="AWSGlueDataBrew",
    actions=(
        Action(
            "startJobRun",
            sync=Sync(
                poll=Ask("DescribeJobRun", _run),
                find=lambda answer: answer,
                status="State",
                done=frozenset({"SUCCEEDED"}),
                failed=frozenset({"STOPPED", "FAILED", "TIMEOUT"}),
                cancel=Ask("StopJobRun", _run),
            ),
        ),
    ),
)
