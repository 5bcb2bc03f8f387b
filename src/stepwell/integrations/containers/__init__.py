"""Containers of ECS and Batch tasks on this machine: through Docker or Podman, or as plain processes.

Public: `LocalContainers` (local), which registers the integrations, and `InvalidContainers` (definitions). What stands
for task and job definitions is a file of the user's (definitions); who runs a container is a `Runner` (runner): `cli`
or `processes`; what ECS and Batch show of it is in `ecs` and `batch`.
"""
