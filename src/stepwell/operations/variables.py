"""Which variables each state of a definition reads: the `variableReferences` of Describe.

Recorded: states that read none are left out, and the names of each are in alphabetical order. What reads a variable is
the language's to know; here is only the form of the answer.
"""

from stepwell.asl.compile import compile_definition
from stepwell.limits import Limits


def variable_references(definition: str, type: str, limits: Limits) -> dict[str, list[str]]:
    """The names of the variables that each state reads, by the state's name."""
    if "$" not in definition:  # nothing can be read: then nothing needs to be compiled
        return {}
    machine = compile_definition(definition, type=type, limits=limits).machine
    return {} if machine is None else {state: list(names) for state, names in machine.variable_reads.items()}
