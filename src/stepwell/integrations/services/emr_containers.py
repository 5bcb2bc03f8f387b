"""EMR on EKS: virtual clusters and the runs of jobs on them."""

from stepwell.integrations.catalog import Action, Ask, Service, Sync, member_of, submitted, under

_RUN = submitted(VirtualClusterId="VirtualClusterId", Id="Id")

SERVICE = Service(
    name="emr-containers",
    model="emr-containers",
    prefix="EMRContainers",
    label="AmazonEMRContainers",
    actions=(
        Action("createVirtualCluster", repeatable=True),
        Action(
            "deleteVirtualCluster",
            repeatable=True,
            sync=Sync(
                poll=Ask("DescribeVirtualCluster", submitted(Id="Id")),
                find=member_of("VirtualCluster"),
                status="State",
                done=frozenset({"TERMINATED"}),
                failed=frozenset({"ARRESTED"}),
                show=under("VirtualCluster"),
                cancel=None,
                deletes=True,
            ),
        ),
        Action(
            "startJobRun",
            repeatable=True,
            sync=Sync(
                poll=Ask("DescribeJobRun", _RUN),
                find=member_of("JobRun"),
                status="State",
                done=frozenset({"COMPLETED"}),
                failed=frozenset({"FAILED", "CANCELLED"}),
                show=under("JobRun"),
                cancel=Ask("CancelJobRun", _RUN),
            ),
        ),
    ),
)
