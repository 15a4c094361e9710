"""The schema that the product comes with: TR-181 as it was compiled, and the objects of the product's own beside it."""

import bz2
import gzip
import json
from typing import Final

from agent.model.schema import Schema
from agent.shipped import shipped, shipped_text

TR_181: Final = "datamodel/tr-181-2-19-1-cwmp.json.gz"
SMALL: Final = TR_181.removesuffix("gz") + "bz2"
"""The same as OpenWrt's package has it, where 25 kB less count more than 60 ms at the start."""
OWN: Final = "datamodel/x-cpeagent.json"


def shipped_schema() -> Schema:
    """Both together; SchemaError only where a file was damaged."""
    try:
        text = gzip.decompress(shipped(TR_181).read_bytes())
    except FileNotFoundError:
        text = bz2.decompress(shipped(SMALL).read_bytes())
    compiled = Schema.compiled(text, TR_181)
    return compiled.merged_with(Schema.from_document(json.loads(shipped_text(OWN)), OWN))
