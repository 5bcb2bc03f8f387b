"""EMR on EC2: clusters and their steps, in shapes that are Step Functions' own: one step, one cluster, things by name.

AWS does not take a cluster back that a stopped execution has made.
"""

from typing import Any

from stepwell.engine.failure import Failure
from stepwell.integrations import sdk_metadata
from stepwell.integrations.aws_answer import Refusal
from stepwell.integrations.base import Call, Outcome
from stepwell.integrations.catalog import (
    Action,
    Alias,
    Ask,
    Job,
    Members,
    OptimizedAction,
    Service,
    Sync,
    member_of,
    parameters,
    submitted,
    under,
)

_CLUSTERS = Alias("ClusterId", "JobFlowIds", many=True)


def _cluster_ids(given: Members, result: Members) -> Members:
    """AWS: `ClusterId` stands where the API says JobFlowId."""
    return {**{name: result[name] for name in ("ClusterArn",) if name in result}, "ClusterId": result["JobFlowId"]}


def _described(found: Members) -> Members:
    """The cluster, and its id where the next states look for it (`$.cluster.ClusterId` in AWS's examples)."""
    return {"Cluster": found, "ClusterId": found.get("Id")}


def _step(job: Job) -> Members:
    return {"ClusterId": job.parameters["ClusterId"], "StepId": job.submitted["StepId"]}


def _cancelled_step(job: Job) -> Members:
    return {"ClusterId": job.parameters["ClusterId"], "StepIds": [job.submitted["StepId"]]}


class ModifyByName(OptimizedAction):
    """Changes a fleet or group of instances that the task knows by its name: it is looked up first."""

    async def perform(self, call: Call) -> Outcome:
        """Look up, then change."""
        given = call.parameters.value
        kind = "Fleet" if self._action.name == "modifyInstanceFleetByName" else "Group"
        _, name, change = self._action.members
        reasons = _reasons(given, self._action.members)
        if reasons:
            return sdk_metadata.parameters_failure(call.parameters.text, reasons)
        found = await self._find(call, kind, given["ClusterId"], given[name])
        if isinstance(found, Failure):
            return found
        changed = {**given[change], f"{change}Id": found}
        members = {change: changed} if kind == "Fleet" else {f"{change}s": [changed]}
        return await self.submit(call, {"ClusterId": given["ClusterId"], **members})

    async def _find(self, call: Call, kind: str, cluster: str, name: str) -> str | Failure:
        """The id of a fleet or group, over all pages."""
        asked = {"ClusterId": cluster}
        while True:
            answer = await self.ask(call, Ask(f"ListInstance{kind}s", lambda job: job.parameters), Job(asked, {}))
            if isinstance(answer, Refusal):
                return self.failure(answer, call)
            found = [one["Id"] for one in answer.get(f"Instance{kind}s") or () if one.get("Name") == name]
            if found:
                return str(found[0])
            if not answer.get("Marker"):
                text = f"Instance {kind.lower()} '{name}' is not in cluster '{cluster}'."
                return Failure("ElasticMapReduce.InvalidRequestException", text)
            asked = {"ClusterId": cluster, "Marker": answer["Marker"]}


def _reasons(given: Any, members: tuple[str, ...]) -> list[str]:
    reasons = sdk_metadata.member_faults(given, members, members)
    kinds = zip(members, (str, str, dict), ("STRING", "STRING", "STRUCTURE"), strict=True)
    return reasons or [
        sdk_metadata.wrong_type(name, word) for name, kind, word in kinds if not isinstance(given[name], kind)
    ]


SERVICE = Service(
    name="elasticmapreduce",
    model="emr",
    prefix="ElasticMapReduce",
    label="AmazonElasticMapReduce",
    actions=(
        Action(
            "createCluster",
            calls="RunJobFlow",
            extend=_cluster_ids,
            sync=Sync(
                poll=Ask("DescribeCluster", submitted(ClusterId="ClusterId")),
                find=member_of("Cluster"),
                status="Status.State",
                done=frozenset({"WAITING", "TERMINATED"}),
                failed=frozenset({"TERMINATED_WITH_ERRORS"}),
                show=_described,
                cancel=None,
            ),
        ),
        Action(
            "terminateCluster",
            calls="TerminateJobFlows",
            aliases=(_CLUSTERS,),
            repeatable=True,
            sync=Sync(
                poll=Ask("DescribeCluster", parameters(ClusterId="ClusterId")),
                find=member_of("Cluster"),
                status="Status.State",
                done=frozenset({"TERMINATED", "TERMINATED_WITH_ERRORS"}),
                failed=frozenset(),
                show=_described,
                cancel=None,
            ),
        ),
        Action(
            "addStep",
            calls="AddJobFlowSteps",
            aliases=(Alias("ClusterId", "JobFlowId"), Alias("Step", "Steps", many=True)),
            extend=lambda given, result: {"StepId": result["StepIds"][0]},
            sync=Sync(
                poll=Ask("DescribeStep", _step),
                find=member_of("Step"),
                status="Status.State",
                done=frozenset({"COMPLETED"}),
                failed=frozenset({"CANCELLED", "FAILED", "INTERRUPTED"}),
                show=under("Step"),
                cancel=Ask("CancelSteps", _cancelled_step),
            ),
        ),
        Action(
            "cancelStep",
            calls="CancelSteps",
            aliases=(Alias("StepId", "StepIds", many=True),),
            extend=lambda given, result: {"CancelStepsInfo": next(iter(result.get("CancelStepsInfoList") or ()), None)},
            repeatable=True,
        ),
        Action(
            "setClusterTerminationProtection",
            calls="SetTerminationProtection",
            aliases=(_CLUSTERS,),
            repeatable=True,
        ),
        Action(
            "modifyInstanceFleetByName",
            calls="ModifyInstanceFleet",
            members=("ClusterId", "InstanceFleetName", "InstanceFleet"),
            make=ModifyByName,
            repeatable=True,
        ),
        Action(
            "modifyInstanceGroupByName",
            calls="ModifyInstanceGroups",
            members=("ClusterId", "InstanceGroupName", "InstanceGroup"),
            make=ModifyByName,
            repeatable=True,
        ),
    ),
)
