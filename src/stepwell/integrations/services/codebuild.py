"""CodeBuild: builds and batches of builds; `.sync` is done when they have succeeded."""

from stepwell.integrations.catalog import Action, Ask, Service, Sync, first_of, submitted, under

_DONE = frozenset({"SUCCEEDED"})
_FAILED = frozenset({"FAILED", "FAULT", "STOPPED", "TIMED_OUT"})


def _sync(kind: str) -> Sync:
    """Waits for a `Build` or a `BuildBatch`."""
    plural = {"Build": "Builds", "BuildBatch": "BuildBatches"}[kind]
    return Sync(
        poll=Ask(f"BatchGet{plural}", lambda job: {"Ids": [job.submitted[kind]["Id"]]}),
        find=first_of(plural),
        status=f"{kind}Status",
        done=_DONE,
        failed=_FAILED,
        show=under(kind),
        cancel=Ask(f"Stop{kind}", submitted(Id=f"{kind}.Id")),
    )


_BATCH = _sync("BuildBatch")

SERVICE = Service(
    name="codebuild",
    model="codebuild",
    prefix="CodeBuild",
    label="AWSCodeBuild",
    actions=(
        Action("startBuild", sync=_sync("Build")),
        Action("stopBuild", repeatable=True),
        Action("batchDeleteBuilds", repeatable=True),
        Action("batchGetReports", repeatable=True),
        Action("startBuildBatch", sync=_BATCH),
        Action("retryBuildBatch", sync=_BATCH),
        Action("stopBuildBatch", repeatable=True),
        Action("deleteBuildBatch", repeatable=True),
    ),
)
