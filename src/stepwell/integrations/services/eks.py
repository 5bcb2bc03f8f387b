"""EKS: clusters, node groups and Fargate profiles; `.sync` is done when they are there, or gone.

What happens inside a cluster (`call`, `runJob`) is Kubernetes' own API: see `kubernetes`. AWS does not take back what a
stopped execution has made.
"""

from stepwell.integrations.catalog import Action, Ask, Service, Sync, member_of, parameters, under

_FAILED = {
    "Cluster": frozenset({"FAILED"}),
    "Nodegroup": frozenset({"CREATE_FAILED", "DELETE_FAILED", "DEGRADED"}),
    "FargateProfile": frozenset({"CREATE_FAILED", "DELETE_FAILED"}),
}


def _made(thing: str, **names: str) -> Action:
    return Action(f"create{thing}", repeatable=True, sync=_sync(thing, frozenset({"ACTIVE"}), names))


def _gone(thing: str, **names: str) -> Action:
    return Action(f"delete{thing}", repeatable=True, sync=_sync(thing, frozenset(), names, deletes=True))


def _sync(thing: str, done: frozenset[str], names: dict[str, str], *, deletes: bool = False) -> Sync:
    return Sync(
        poll=Ask(f"Describe{thing}", parameters(**names)),
        find=member_of(thing),
        status="Status",
        done=done,
        failed=_FAILED[thing],
        show=under(thing),
        cancel=None,
        deletes=deletes,
    )


_CLUSTER = {"Name": "Name"}
_NODEGROUP = {"ClusterName": "ClusterName", "NodegroupName": "NodegroupName"}
_PROFILE = {"ClusterName": "ClusterName", "FargateProfileName": "FargateProfileName"}

SERVICE = Service(
    name="eks",
    model="eks",
    prefix="EKS",
    label="AmazonEKS",
    actions=(
        _made("Cluster", **_CLUSTER),
        _gone("Cluster", **_CLUSTER),
        _made("Nodegroup", **_NODEGROUP),
        _gone("Nodegroup", **_NODEGROUP),
        _made("FargateProfile", **_PROFILE),
        _gone("FargateProfile", **_PROFILE),
    ),
)
