"""EMR Serverless: applications and the runs of jobs on them."""

from stepwell.integrations.catalog import Action, Ask, Job, Members, Service, Sync, member_of, submitted, under

_RUN = submitted(ApplicationId="ApplicationId", JobRunId="JobRunId")


def _named(job: Job) -> Members:
    return {"ApplicationId": job.parameters.get("ApplicationId") or job.submitted["ApplicationId"]}


def _application(done: str, *failed: str, deletes: bool = False) -> Sync:
    """Waits for a state of an application; AWS does not take it back."""
    return Sync(
        poll=Ask("GetApplication", _named),
        find=member_of("Application"),
        status="State",
        done=frozenset({done}),
        failed=frozenset(failed),
        show=under("Application"),
        cancel=None,
        deletes=deletes,
    )


def _run(done: str, *failed: str, cancels: bool = False) -> Sync:
    return Sync(
        poll=Ask("GetJobRun", _RUN),
        find=member_of("JobRun"),
        status="State",
        done=frozenset({done}),
        failed=frozenset(failed),
        show=under("JobRun"),
        cancel=Ask("CancelJobRun", _RUN) if cancels else None,
    )


SERVICE = Service(
    name="emr-serverless",
    model="emr-serverless",
    prefix="EMRServerless",
    label="AWSEMRServerless",
    actions=(
        Action("createApplication", repeatable=True, sync=_application("CREATED", "TERMINATED")),
        Action("startApplication", repeatable=True, sync=_application("STARTED", "STOPPED", "TERMINATED")),
        Action("stopApplication", repeatable=True, sync=_application("STOPPED", "TERMINATED")),
        Action("deleteApplication", repeatable=True, sync=_application("TERMINATED", deletes=True)),
        Action("startJobRun", repeatable=True, sync=_run("SUCCESS", "FAILED", "CANCELLED", cancels=True)),
        Action("cancelJobRun", repeatable=True, sync=_run("CANCELLED", "SUCCESS", "FAILED")),
    ),
)
