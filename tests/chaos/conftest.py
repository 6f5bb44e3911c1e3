"""One warm process for all rounds of a file."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.chaos.zygote import Zygote


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def zygote(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Zygote]:
    async with Zygote(tmp_path_factory.mktemp("zygote") / "zygote.log") as zygote:
        yield zygote
