"""What was measured to be best on a device, as the file holds it that `kandinsky-bot tune` writes."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal, Self, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

FILE = "tuned.json"
# A choice that is worse by no more than this is as good: machines are not more exact.
ALIKE = 0.97
# Each size of a picture and of a batch is compiled when it first comes, and somebody waits for that.
WORTH_COMPILING = 0.9

Memory = Literal["auto", "resident", "offload", "sequential"]
Compile = Literal["off", "default", "max-autotune"]
Rate = Annotated[float, Field(gt=0)]
Choice = TypeVar("Choice", bound=Hashable)


class Measured(BaseModel):
    """Hold pictures per second of one model: by batch size, by the way to begin with, and compiled or not.

    Ways and compiling are measured on a GPU only. `silence_s` is how long compiling a shape took at most.
    """

    model_config = ConfigDict(frozen=True)

    batches: Mapping[int, Rate]
    memory: Mapping[Memory, Rate] = Field(default_factory=dict)
    compile: Mapping[Compile, Rate] = Field(default_factory=dict)
    silence_s: float = 0


class Tuned(BaseModel):
    """Hold what is best for all models together, what was measured of each, and what that holds for."""

    model_config = ConfigDict(frozen=True)

    format: Literal[1] = 1
    device: str
    versions: Mapping[str, str]
    at: AwareDatetime
    models: Mapping[str, Measured]
    batch_size: int = Field(ge=1, le=16)
    memory: Memory = "auto"
    compile: Compile = "off"

    @classmethod
    def of(cls, device: str, versions: Mapping[str, str], at: AwareDatetime, models: Mapping[str, Measured]) -> Self:
        """Choose what is best for the model that it suits least; of what is alike, what asks for less."""
        every = list(models.values())
        return cls(
            device=device, versions=versions, at=at, models=models,
            batch_size=best([one.batches for one in every], sorted(every[0].batches)),
            memory=best([one.memory for one in every if one.memory], ["auto", "resident", "offload"]) or "auto",
            compile=best([one.compile for one in every if one.compile], ["off", "default"], WORTH_COMPILING) or "off",
        )  # fmt: skip

    @property
    def silence_s(self) -> float:
        """Tell for how long a worker may be silent while it compiles, by what was measured."""
        return max((one.silence_s for one in self.models.values()), default=0) if self.compile != "off" else 0

    def unfit(self, device: str, versions: Mapping[str, str]) -> str | None:
        """Say why this does not hold on `device` with `versions`, or `None` where it does."""
        if device != self.device:
            return f"it is for {self.device}, and this is {device}"
        changed = [name for name in ("torch", "diffusers") if versions.get(name) != self.versions.get(name)]
        return f"{changed[0]} was {self.versions.get(changed[0])}, and is {versions[changed[0]]}" if changed else None


def best(rates: Sequence[Mapping[Choice, float]], order: Sequence[Choice], alike: float = ALIKE) -> Choice | None:
    """Choose the first of `order` that is `alike` the best, for whom it suits least; `None` where nothing is known."""
    known = [choice for choice in order if rates and all(choice in each for each in rates)]
    shares = {choice: min(each[choice] / max(each.values()) for each in rates) for choice in known}
    return next((choice for choice in known if shares[choice] >= alike * max(shares.values())), None)


def read(file: Path) -> Tuned | None:
    """Read what `kandinsky-bot tune` wrote, if it did; raise `ValueError` with the reason for what cannot be read."""
    try:
        return Tuned.model_validate_json(file.read_bytes())
    except FileNotFoundError:
        return None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise ValueError(f"{'.'.join(map(str, first['loc'])) or 'it'}: {first['msg']}") from None
    except OSError as error:
        raise ValueError(error.strerror or str(error)) from None
