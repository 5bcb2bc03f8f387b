"""CodeBuild: builds and batches of builds; `.sync` is done when they have succeeded."""

from stepwell.integrations.catalog import Action, Ask, Service, Sync, first_of, submitted, under

_DONE = frozenset({"SUCCEEDED"})
_FAILED = frozenset({"FAILED", "FAULT", "STOPPED", "TIMED_OUT"})

_BUILD = Sync(
    poll=Ask("BatchGetBuilds", lambda job: {"Ids": [job.submitted["Build"]["Id"]]}),
    find=first_of("Builds"),
    status="BuildStatus",
    done=_DONE,
    failed=_FAILED,
    show=under("Build"),
    cancel=Ask("StopBuild", submitted(Id="Build.Id")),
)
_BATCH = Sync(
    poll=Ask("BatchGetBuildBatches", lambda job: {"Ids": [job.submitted["BuildBatch"]["Id"]]}),
    find=first_of("BuildBatches"),
    status="BuildBatchStatus",
    done=_DONE,
    failed=_FAILED,
    show=under("BuildBatch"),
    cancel=Ask("StopBuildBatch", submitted(Id="BuildBatch.Id")),
)

SERVICE = Service(
    name="codebuild",
    model="codebuild",
    prefix="CodeBuild",
    label="AWSCodeBuild",
    actions=(
        Action("startBuild", sync=_BUILD),
        Action("stopBuild", repeatable=True),
        Action("batchDeleteBuilds", repeatable=True),
        Action("batchGetReports", repeatable=True),
        Action("startBuildBatch", sync=_BATCH),
        Action("retryBuildBatch", sync=_BATCH),
        Action("stopBuildBatch", repeatable=True),
        Action("deleteBuildBatch", repeatable=True),
    ),
)
