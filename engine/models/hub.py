"""Know the model files on this machine: where the hub's cache keeps them, whether they are whole, what they take."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from huggingface_hub import CachedRevisionInfo, constants, get_cached_repo_tree, scan_cache_dir, try_to_load_from_cache
from huggingface_hub.errors import CachedRepoTreeNotFoundError, CacheNotFound
from huggingface_hub.file_download import repo_folder_name
from huggingface_hub.utils.sha import git_hash, sha_fileobj
from safetensors import SafetensorError, safe_open

from engine.catalog import KNOWN, TRANSLATOR, ModelSpec, Repository
from engine.models import published

# What the loaders read beside weights: configurations, vocabularies, SentencePiece models.
_SMALL_FILES = (".json", ".txt", ".model")
_INDEX_FILES = ("model_index.json", "config.json")
# NAME.safetensors or NAME.VARIANT.safetensors, each perhaps one of several shards; older repositories put the variant
# behind the shard's number.
_WEIGHTS = re.compile(r"[^./]+?(?:\.(\w+))?(?:-\d{5}-of-\d{5})?(?:\.(\w+))?\.safetensors")
_SHA256, _GIT_HASH = re.compile(r"[0-9a-f]{64}"), re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True, slots=True)
class Flaw:
    """Name one file that is not as it should be."""

    path: str
    kind: Literal["missing", "unreadable", "changed", "untested"]


def cache() -> Path:
    """Tell where downloaded models are kept."""
    return Path(constants.HF_HUB_CACHE)


def repositories(name: str) -> list[Repository]:
    """List the repositories of the model called `name`, or of "translator"; raise `KeyError` for another name."""
    known = {model.name: list(model.repositories.values()) for model in KNOWN}
    return {**known, "translator": [TRANSLATOR]}[name]


def fetch_command(repository: Repository) -> str:
    """Give the command that fetches `repository`: by the name of its model where it belongs to a known one."""
    names = (name for name in (*(model.name for model in KNOWN), "translator") if repository in repositories(name))
    if name := next(names, None):
        return f"kandinsky-bot models download {name}"
    revision = f" --revision {repository.revision}" if repository.revision else ""
    return f"hf download {repository.path}{revision}"


def wanted(paths: Iterable[str], repository: Repository) -> list[str]:
    """Choose from the `paths` of a repository those that its loader reads.

    Of a folder's weights these are the safetensors of its variant, or those without one where that variant is absent.
    """
    paths, variant = sorted(path for path in paths if _is_loaded(path, repository)), repository.variant
    weights: dict[tuple[str, str | None], list[str]] = {}
    for path in paths:
        folder, _, name = path.rpartition("/")
        if match := _WEIGHTS.fullmatch(name):
            weights.setdefault((folder, match[1] or match[2]), []).append(path)
    folders = {folder for folder, _ in weights}
    chosen = [weights.get((folder, variant)) or weights.get((folder, None), []) for folder in sorted(folders)]
    return [path for path in paths if path.endswith(_SMALL_FILES)] + [path for group in chosen for path in group]


def _is_loaded(path: str, repository: Repository) -> bool:
    """Tell whether a file or folder belongs to what is loaded of its repository."""
    return not repository.folders or path.partition("/")[0] in (*repository.folders, *_INDEX_FILES)


def folder(repository: Repository) -> Path | None:
    """Find the folder of `repository` on this machine, whole or not."""
    if repository.is_folder:
        own = Path(repository.path).expanduser()
        return own if own.is_dir() else None
    for name in _INDEX_FILES:
        found = try_to_load_from_cache(repository.path, name, cache_dir=cache(), revision=repository.revision)
        if isinstance(found, str):
            return Path(found).parent
    return None


def snapshot(repository: Repository, commit: str) -> Path:
    """Tell where the hub's cache keeps `repository` at `commit`, whether it is there or not."""
    return cache() / repo_folder_name(repo_id=repository.path, repo_type="model") / "snapshots" / commit


def weights_folder(repository: Repository) -> Path | None:
    """Find the folder to load `repository` from.

    Where the pinned commit holds no safetensors, this is the snapshot of their conversion, see `downloads`.
    """
    own = folder(repository)
    if repository.is_folder or (own is not None and any(own.rglob("*.safetensors"))):
        return own
    converted = [path.parent for path in snapshot(repository, "").glob("*/model.safetensors")]
    return max(converted, key=lambda path: path.stat().st_mtime, default=own)


def missing(model: ModelSpec) -> list[Repository]:
    """List the repositories of `model` that are not complete on this machine; the embedded model misses none."""
    return [repository for repository in model.repositories.values() if not is_here(repository)]


def is_here(repository: Repository) -> bool:
    """Tell whether every file that the loader needs is on this machine; their contents are not looked at."""
    found = weights_folder(repository)
    return found is not None and next(_missing(repository, found), None) is None


def verify(repository: Repository) -> list[Flaw]:
    """Read every file of `repository` and list what is wrong: absent, cut off, not what the hub sent or was tested."""
    found = weights_folder(repository)
    if found is None:
        return [Flaw(repository.path, "missing")]
    missing = [Flaw(path, "missing") for path in _missing(repository, found)]
    files = sorted(path for path in found.rglob("*") if path.is_file())
    flawed = [Flaw(path.relative_to(found).as_posix(), kind) for path in files if (kind := _flaw(path))]
    return missing + flawed + [Flaw(path, "untested") for path in _untested(repository, found)]


def _untested(repository: Repository, found: Path) -> list[str]:
    """Name the files that are others than the drawing was tested with."""
    known = published.TESTED.get(repository, {}).items()
    return [path for path, sha256 in known if (found / path).is_file() and _sha256(found / path) != sha256]


def revisions(repository: Repository) -> list[CachedRevisionInfo]:
    """List the snapshots in the hub's cache that belong to `repository` at its revision, or are its conversion."""
    if repository.is_folder:
        return []
    try:
        cached = scan_cache_dir(cache()).repos
    except CacheNotFound:
        return []
    ours = {path.name for path in (folder(repository), weights_folder(repository)) if path is not None}
    return [
        revision
        for repo in cached
        if repo.repo_type == "model" and repo.repo_id == repository.path
        for revision in repo.revisions
        if revision.commit_hash in ours
    ]


def size(repositories: Sequence[Repository]) -> int:
    """Count the bytes that the snapshots of `repositories` take on the disk."""
    files = {
        file.blob_path: file.size_on_disk
        for repository in repositories
        for revision in revisions(repository)
        for file in revision.files
    }
    return sum(files.values())


def remove(repositories: Sequence[Repository]) -> int:
    """Delete the snapshots of `repositories` from the hub's cache; return the bytes that are free again."""
    hashes = [revision.commit_hash for repository in repositories for revision in revisions(repository)]
    if not hashes:
        return 0
    strategy = scan_cache_dir(cache()).delete_revisions(*hashes)
    strategy.execute()
    return strategy.expected_freed_size


def _missing(repository: Repository, found: Path) -> Iterator[str]:
    listed = _listed(repository, found)
    yield from (path for path in listed if not (found / path).is_file())
    yield from (path for path in _indexed(found, repository) if path not in listed and not (found / path).exists())


def _listed(repository: Repository, found: Path) -> list[str]:
    """Choose from the listing that the hub's client kept when it fetched this snapshot; a folder has none."""
    if repository.is_folder:
        return []
    try:
        tree = get_cached_repo_tree(repository.path, revision=found.name, cache_dir=cache())
    except CachedRepoTreeNotFoundError:
        return []
    return wanted((file.path for file in tree), repository)


def _indexed(found: Path, repository: Repository) -> Iterator[str]:
    """Name what the indices in a folder ask for: shards, and where parts or weights are absent, those."""
    for index in found.rglob("*.safetensors.index*.json"):
        shards = set(_json(index).get("weight_map", {}).values())
        yield from sorted((index.parent / shard).relative_to(found).as_posix() for shard in shards)
    for part in _parts(found, repository):
        if not part.exists():
            yield part.relative_to(found).as_posix()
        elif (part / "config.json").exists() and not any(part.glob("*.safetensors")):
            yield (part / "*.safetensors").relative_to(found).as_posix()


def _parts(found: Path, repository: Repository) -> list[Path]:
    if (found / "config.json").exists() and not (found / "model_index.json").exists():
        return [found]  # one model, not a pipeline
    parts = [name for name, kind in _json(found / "model_index.json").items() if isinstance(kind, list) and kind[0]]
    return [found / name for name in ("model_index.json", *parts) if _is_loaded(name, repository)]


def _json(path: Path) -> dict[str, Any]:
    """Read a JSON object; what cannot be read is empty here, and a flaw to `verify`."""
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return read if isinstance(read, dict) else {}


def _flaw(path: Path) -> Literal["unreadable", "changed"] | None:
    if path.name.endswith(_INDEX_FILES) and not _json(path):
        return "unreadable"
    if path.suffix == ".safetensors" and not _is_whole(path):
        return "unreadable"
    return None if not path.is_symlink() or _has_its_name(path.resolve()) else "changed"


def _has_its_name(blob: Path) -> bool:
    """Tell whether a file of the hub's cache is what it is called: by its SHA-256 if it is large, else as git does."""
    if _SHA256.fullmatch(blob.name):
        return _sha256(blob) == blob.name
    return not _GIT_HASH.fullmatch(blob.name) or git_hash(blob.read_bytes()) == blob.name


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return sha_fileobj(file).hex()


def _is_whole(path: Path) -> bool:
    """Tell whether the header of a safetensors file is sound and the file as long as it says."""
    try:
        with safe_open(path, framework="numpy"):
            return True
    except SafetensorError:
        return False
