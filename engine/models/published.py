"""Which published files the drawing was tested with, by SHA-256: whole where it is known, else how it begins."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from engine.catalog import KANDINSKY_2_1, KANDINSKY_2_2, KANDINSKY_3, Repository

SCHEDULER = "scheduler/scheduler_config.json"
PRIOR = {SCHEDULER: "5ba056e705a3317f60d79a3756a3409b0a53f1129b76a6aa5097ce9f513d143e"}
DECODER_2_2 = {SCHEDULER: "b0900b16"}
# By repository and revision; of another one, nothing is known.
TESTED: Mapping[Repository, Mapping[str, str]] = MappingProxyType(
    {
        KANDINSKY_2_2.repositories["prior"]: PRIOR,
        KANDINSKY_2_2.repositories["decoder"]: DECODER_2_2,
        KANDINSKY_2_2.repositories["inpaint"]: {
            SCHEDULER: "801b60ec20835a36bf8c0cd2dab9f2c72d0b938ec87202a6b5b3eeb2714e1b97"
        },
        KANDINSKY_2_2.repositories["controlnet"]: DECODER_2_2,
        KANDINSKY_2_1.repositories["prior"]: PRIOR,
        KANDINSKY_2_1.repositories["decoder"]: {SCHEDULER: "d8d68ebc"},
        KANDINSKY_2_1.repositories["inpaint"]: {SCHEDULER: "bc37de7e"},
        KANDINSKY_3.repositories["decoder"]: {SCHEDULER: "9e05a641"},
    }
)
