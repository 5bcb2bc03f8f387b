"""Local functions: Python handlers in a folder, run in child processes as AWS Lambda would run them.

Public: `FunctionPool` and `PoolLimits` (pool), `Invocation` (invocation), `FunctionNotFound` and
`InvalidFunctionName` (source), `LogLine` (logs). Nothing here knows of workflows; the integrations call the pool
through a Protocol of theirs.
"""
