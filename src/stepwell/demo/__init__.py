"""A shop's order workflow with everything it needs: definition, functions, a worker, a client, a server of its own.

What lives here: the story that `stepwell demo` tells, spoken to a real server over HTTP. What never does: drawing it.
"""
