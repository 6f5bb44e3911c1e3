"""Which published files the drawing was made for, by SHA-256: what says how a network is built and a schedule laid.

Taken from two public manifests of these revisions. Most were also made anew, byte for byte, from what they say, and
the stand-ins are held against that (`test_published.py`); of four contents only the checksum is known: the
configurations of 2.1's text encoder, of Kandinsky 3's text encoder and MoVQ, and the scheduler of 2.1's inpainting.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from engine.catalog import KANDINSKY_2_1, KANDINSKY_2_2, KANDINSKY_3, Repository

SCHEDULER = "scheduler/scheduler_config.json"
UNET, MOVQ, PRIOR = "unet/config.json", "movq/config.json", "prior/config.json"
TEXTS, IMAGES = "text_encoder/config.json", "image_encoder/config.json"
PICTURES = "image_processor/preprocessor_config.json"
# Both families have these.
PRIOR_2 = {
    SCHEDULER: "5ba056e705a3317f60d79a3756a3409b0a53f1129b76a6aa5097ce9f513d143e",
    PICTURES: "0a70aaa5de2ccb5e222b0e7e3ea347a3da051c3588c763cdd23b4d80bbf96b65",
}
MOVQ_2 = {MOVQ: "b7448f3ea8aecf233629b20c1f606887e22244656edcee1be6a419079717a23e"}
DDPM_2_2 = {SCHEDULER: "b0900b16ee3e47c7b1e3c3fda579835d8dbc8bb5ba8434395412fed5c732c597"}
# By repository and revision; of another one, nothing is known.
TESTED: Mapping[Repository, Mapping[str, str]] = MappingProxyType(
    {
        KANDINSKY_2_2.repositories["prior"]: {
            **PRIOR_2,
            PRIOR: "e36f9ae41677b87a8ca72853f1246704228c49c280adcfa8a8e100ef47d2ee5a",
            TEXTS: "3dec84fa855c0b7f531eea433e805a1194086c38c5635baceda8cbed4f727f1b",
            IMAGES: "1d53c2b4b74c5f85171d313adda3e3b8771ff5c698ee66a29710d0ac822298e4",
            "tokenizer/tokenizer_config.json": "e19f34ef773563fb695f96cfcae1e4c7b112ab6ad532f6962061df5242d924f0",
            "tokenizer/special_tokens_map.json": "f8c0d6c39aee3f8431078ef6646567b0aba7f2246e9c54b8b99d55c22b707cbf",
            "tokenizer/vocab.json": "5047b556ce86ccaf6aa22b3ffccfc52d391ea4accdab9c2f2407da5b742d4363",
            "tokenizer/merges.txt": "9fd691f7c8039210e0fced15865466c65820d09b63988b0174bfe25de299051a",
        },
        KANDINSKY_2_2.repositories["decoder"]: {
            **DDPM_2_2,
            **MOVQ_2,
            UNET: "4f30206052776397195b5f1c9df9d7f7e34f50b1cb1ad9a027856021a94b62d6",
        },
        KANDINSKY_2_2.repositories["inpaint"]: {
            SCHEDULER: "801b60ec20835a36bf8c0cd2dab9f2c72d0b938ec87202a6b5b3eeb2714e1b97",
            UNET: "35e05e11683958668f34f2d99fb63524c26863f5d21257fda3c4a684e9f3131d",
        },
        KANDINSKY_2_2.repositories["controlnet"]: {
            **DDPM_2_2,
            UNET: "29dcb862031753804e9b600da1c26e79ec83239c43b835e5a74f06548ab3434e",
        },
        KANDINSKY_2_1.repositories["prior"]: {
            **PRIOR_2,
            PRIOR: "4ce54192a0788aaff039765819885cb8a8c0a1c2d16078efc50ccf7b20bb77df",
            TEXTS: "ca24b105cd7ef9a2746d4ac8850df9bf8fe3a6036ad3a51d3bcb7fbfb4e03e26",
            IMAGES: "13d70e852a2dd9e208348116e7454285364128a4bd9e65f2a5c9dfa6d92085fc",
            "tokenizer/tokenizer_config.json": "ab5a0b76f28b732989168b53317bd2358c3b27e9d6832fb2526c31288bfd127f",
        },
        KANDINSKY_2_1.repositories["decoder"]: {
            **MOVQ_2,
            SCHEDULER: "d8d68ebc5c91ada26ee5bde84e66a3729fbc3c3412c591ef9a25d379eb7bd267",
            UNET: "9f22abe8fad023c74a5058d4c59a3646b712af014a528291aa0f50126bf4b179",
            TEXTS: "281d3d431424b254ad7e05696648df0dcb66e24066caf2bcc15cd32d235901d3",
            "tokenizer/tokenizer_config.json": "efb5c0d09722e5fe59a462cd2a9976ee216d55b037597d997cd3fe833216da15",
        },
        KANDINSKY_2_1.repositories["inpaint"]: {
            SCHEDULER: "bc37de7e530e535b96dee76dfa82f2879eb003d7056a4b1becef66ab3ba76777",
            UNET: "577432efa1e509d7590390e8b8a275bff2bf520226f25688d2bb966a453788a3",
        },
        KANDINSKY_3.repositories["decoder"]: {
            SCHEDULER: "9e05a641fe4024b17b85cba59f894fc2b5324c148ea31b10c5cb12f3c0cb5471",
            UNET: "f94b4b98017a72081a5b0ca31f8e922588c4a3755b8643be3f57154671a75d0e",
            MOVQ: "f6943ecf69ea1fd24aabcf74fa5a244e8d79c1d01e7c942046314d3a70b6576d",
            TEXTS: "b90d3446a476f7bb04a4c3252ef3df0b7ae29997a623150345079fe476d9ffba",
            "tokenizer/tokenizer_config.json": "dbe0f3be808f3d0aa27548ead286f164226724212fe6b8587c5e0386ecc7156b",
        },
    }
)
