"""Fetch the files of a model from the hub."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
from huggingface_hub import HfApi, constants, snapshot_download
from huggingface_hub.errors import (
    LocalEntryNotFoundError,
    OfflineModeIsEnabled,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.hf_api import RepoFile

from engine.catalog import Repository
from engine.errors import EngineError
from engine.models import hub

# The account with which the hub converts pickles to safetensors on request, and the title it gives its pull requests;
# transformers looks for the same two.
_CONVERTER, _CONVERSION = "SFconvertbot", "Adding `safetensors` variant of this model"
_PICKLES = (".bin", ".ckpt", ".pt", ".pth")


@dataclass(frozen=True, slots=True)
class Plan:
    """List what a download fetches: the files at a revision, and the bytes that are not here yet."""

    repository: Repository
    revision: str | None
    paths: list[str]
    missing_bytes: int


def plan(repository: Repository) -> Plan:
    """Ask the hub what `repository` holds and choose what its loader needs.

    Raises `EngineError` where the hub cannot be reached, does not have it, or has its weights as pickles only.
    """
    with _hub_errors(repository):
        api = HfApi()
        revision = repository.revision
        commit = api.repo_info(repository.path, revision=revision).sha or constants.DEFAULT_REVISION
        files = _files(api, repository, commit)
        if _has_only_pickles(files):
            revision = commit = _conversion(api, repository, commit)
            files = _files(api, repository, commit)
    paths = hub.wanted(files, repository)
    missing_bytes = sum(files[path].size for path in paths if not _is_here(repository, commit, files[path]))
    return Plan(repository, revision, paths, missing_bytes)


def check_disk(plans: list[Plan]) -> None:
    """Raise `EngineError` where the disk has no room for everything that `plans` still have to fetch."""
    folder = hub.cache().absolute()
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    needed, free = sum(each.missing_bytes for each in plans), shutil.disk_usage(existing).free
    if needed > free:
        raise EngineError("disk_full", folder=str(folder), needed_gib=needed / 2**30, free_gib=free / 2**30)


def fetch(each: Plan) -> Path:
    """Download what is missing, with progress bars on standard error; return the folder.

    Files that are whole are not fetched again, and a file cut off by a lost connection goes on where it stopped. A file
    cut off by the end of the program begins anew: the hub's client keeps no part of it.
    """
    with _hub_errors(each.repository):
        return Path(
            snapshot_download(
                each.repository.path, revision=each.revision, cache_dir=hub.cache(), allow_patterns=each.paths
            )
        )


def _files(api: HfApi, repository: Repository, commit: str) -> dict[str, RepoFile]:
    tree = api.list_repo_tree(repository.path, recursive=True, revision=commit)
    return {file.path: file for file in tree if isinstance(file, RepoFile)}


def _is_here(repository: Repository, commit: str, file: RepoFile) -> bool:
    """Tell whether the cache holds a file, for this commit or under its checksum for another one."""
    checksum = file.lfs.sha256 if file.lfs else file.blob_id
    here = hub.snapshot(repository, commit)
    return (here / file.path).exists() or (here.parent.parent / "blobs" / checksum).exists()


def _has_only_pickles(files: dict[str, RepoFile]) -> bool:
    folders = {path.rpartition("/")[0] for path in files if path.endswith(".safetensors")}
    return any(path.endswith(_PICKLES) and path.rpartition("/")[0] not in folders for path in files)


def _conversion(api: HfApi, repository: Repository, commit: str) -> str:
    """Find the hub's own conversion of exactly this `commit` to safetensors."""
    for request in api.get_repo_discussions(
        repository.path, author=_CONVERTER, discussion_type="pull_request", discussion_status="open"
    ):
        if request.title == _CONVERSION and request.author == _CONVERTER and request.git_reference:
            history = api.list_repo_commits(repository.path, revision=request.git_reference)
            if len(history) > 1 and history[1].commit_id == commit:
                return history[0].commit_id
    raise EngineError("no_safetensors", repository=repository.path, revision=commit)


@contextmanager
def _hub_errors(repository: Repository) -> Iterator[None]:
    try:
        yield
    except (RepositoryNotFoundError, RevisionNotFoundError) as error:
        raise EngineError(
            "not_on_hub", repository=repository.path, revision=repository.revision or constants.DEFAULT_REVISION
        ) from error
    except (httpx2.HTTPError, OfflineModeIsEnabled, LocalEntryNotFoundError) as error:
        raise EngineError("hub_unreachable", endpoint=constants.ENDPOINT, reason=_reason(error)) from error
    except OSError as error:
        full = error.errno == errno.ENOSPC
        raise EngineError(
            "disk_filled" if full else "unwritable", file=str(hub.cache()), reason=_reason(error)
        ) from error


def _reason(error: Exception) -> str:
    return (str(error).splitlines() or [""])[0][:200] or type(error).__name__
