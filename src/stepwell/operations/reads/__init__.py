"""What the console reads besides the API: pictures, pages and streams of executions, lists that search, statistics.

They read committed rows, like every read of the API; the shapes of their answers are documented in
`docs/reference/console-reads.md`. Nothing here spells a header or a path.
"""
