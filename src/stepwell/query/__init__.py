"""Reading and writing JSON values by path and by intrinsic function. Knows nothing of workflows."""
