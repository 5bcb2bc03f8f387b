"""Rows that several types of state share: the field matrix's common part, said once."""

from typing import Final

from stepwell.asl.assign import ASSIGN, RESULT_ASSIGN
from stepwell.asl.evaluated import RESULT, EvaluatedValue
from stepwell.asl.fields import JSONATA, JSONPATH, Boolean, Field, Group, Target, Text
from stepwell.asl.flow import QUERY_LANGUAGE, TYPE
from stepwell.asl.paths import PathInto, PathTo
from stepwell.asl.template import TemplateOf

EXIT: Final = Group("exit", required=True, false_is_absent=True)

BASE: Final = (
    Field("Type", TYPE, required=True),
    Field("Comment", Text(), "comment"),
    Field("QueryLanguage", QUERY_LANGUAGE),
)
LEAVE: Final = (
    Field("Next", Target(), "next", group=EXIT),
    Field("End", Boolean(), group=EXIT),
)
WHOLE_PATH: Final = PathTo(null_to_nothing=True, whole_is_none=True)
PATHS: Final = (
    Field("InputPath", WHOLE_PATH, "input_path", language=JSONPATH),
    Field("OutputPath", WHOLE_PATH, "output_path", language=JSONPATH),
)
RESULT_PATH: Final = Field("ResultPath", PathInto(), "result_path", language=JSONPATH)
PARAMETERS: Final = Field("Parameters", TemplateOf(), "parameters", language=JSONPATH)
RESULT_SELECTOR: Final = Field("ResultSelector", TemplateOf(), "result_selector", language=JSONPATH)
OUTPUT: Final = Field("Output", EvaluatedValue(), "output", language=JSONATA)
RESULT_OUTPUT: Final = Field("Output", EvaluatedValue(RESULT), "output", language=JSONATA)
ARGUMENTS: Final = Field("Arguments", EvaluatedValue(), "arguments", language=JSONATA)
ENDS: Final = (ASSIGN, OUTPUT)
RESULT_ENDS: Final = (RESULT_ASSIGN, RESULT_OUTPUT)
"""What a state does when it leaves; only the states that do some work offer `$states.result`. (AWS)"""
