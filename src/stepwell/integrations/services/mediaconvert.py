"""MediaConvert: a job of transcoding; `.sync` is done when it is complete."""

from stepwell.integrations.catalog import Action, Ask, Service, Sync, member_of, submitted, under

SERVICE = Service(
    name="mediaconvert",
    model="mediaconvert",
    prefix="MediaConvert",
    label="AWSMediaConvert",
    actions=(
        Action(
            "createJob",
            repeatable=True,
            sync=Sync(
                poll=Ask("GetJob", submitted(Id="Job.Id")),
                find=member_of("Job"),
                status="Status",
                done=frozenset({"COMPLETE"}),
                failed=frozenset({"ERROR", "CANCELED"}),
                show=under("Job"),
                cancel=Ask("CancelJob", submitted(Id="Job.Id")),
            ),
        ),
    ),
)
