"""Local functions: handlers in Python and JavaScript, run in child processes as AWS Lambda would run them.

Public: `FunctionPool` and `PoolLimits` (pool), `Invocation` and `TooManyCalls` (invocation), `FunctionNotFound` and
`InvalidFunctionName` (source), `FunctionList` and `InvalidList` (listing), `LogLine` (logs). Nothing here knows of
workflows; the integrations call the pool through a Protocol of theirs.
"""
