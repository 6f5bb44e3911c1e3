"""The routes: a repository's commit, its listing and history, its pull requests, and its files in ranges."""

from __future__ import annotations

import hashlib
import json
import re
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, unquote, urlsplit

# The hub keeps files of this kind outside git, under their SHA-256.
LARGE = (".safetensors", ".bin", ".model")
AUTHOR = {"name": "SFconvertbot", "type": "user"}


@dataclass
class Repo:
    """Hold the files of each commit; a branch or a pull request names one, its history is a list of commits."""

    commits: dict[str, dict[str, bytes]]
    refs: dict[str, list[str]]
    requests: list[dict[str, Any]] = field(default_factory=list)

    def commit(self, revision: str) -> str | None:
        """Resolve a branch, a reference or a commit."""
        return self.refs[revision][0] if revision in self.refs else revision if revision in self.commits else None

    def add_conversion(self, number: int, commit: str, files: dict[str, bytes], **changed: Any) -> None:
        """Open a pull request on the newest commit, as the hub's converter does."""
        self.commits[commit] = files
        self.refs[f"refs/pr/{number}"] = [commit, *self.refs["main"]]
        usual = {"title": "Adding `safetensors` variant of this model", "num": number, "author": AUTHOR}
        times = {"createdAt": "2024-01-01T00:00:00.000Z", "status": "open", "isPullRequest": True}
        self.requests.append({**usual, **times, "repo": {"name": "any/name", "type": "model"}, **changed})


class HubServer:
    """Serve repositories; keep what was asked; break a transfer on demand."""

    def __init__(self) -> None:
        self.repos: dict[str, Repo] = {}
        self.asked: list[tuple[str, str, str | None]] = []
        self.break_after: dict[str, int] = {}
        self.withheld: set[str] = set()

    def __enter__(self) -> Self:
        handler = type("Handler", (_Handler,), {"hub": self})
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._http.daemon_threads = True
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """Give what HF_ENDPOINT is set to."""
        return f"http://127.0.0.1:{self._http.server_port}"

    def fetched(self) -> list[str]:
        """List the files whose contents were sent, in order."""
        return [path for method, path, _ in self.asked if method == "GET" and not path.startswith("/api/")]


class _Handler(BaseHTTPRequestHandler):
    hub: HubServer
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def log_message(self, *_: object) -> None:
        pass

    def _answer(self) -> None:
        path = unquote(urlsplit(self.path).path)
        if api := re.fullmatch(r"/api/models/([^/]+/[^/]+)(?:/(\w+)(?:/(.+))?)?", path):
            self.hub.asked.append((self.command, path, None))
            self._api(*api.groups())
        elif file := re.fullmatch(r"/([^/]+/[^/]+)/resolve/([^/]+|refs/pr/\d+)/(.+)", path):
            self.hub.asked.append((self.command, file[3], self.headers["Range"]))
            self._file(*file.groups())
        else:
            self._refuse("EntryNotFound")

    def _api(self, name: str, route: str | None, rest: str | None) -> None:
        repo = self.hub.repos.get(name)
        if repo is None:
            return self._refuse("RepoNotFound")
        if route == "discussions":
            return self._json(self._discussions(repo))
        commit = repo.commit(rest or "main")
        if commit is None:
            return self._refuse("RevisionNotFound")
        answers = {"revision": _info, "tree": _tree, "commits": _history}
        return self._json(answers[route or "revision"](name, repo, rest or "main", commit))

    def _discussions(self, repo: Repo) -> dict[str, Any]:
        asked = {key: values[0] for key, values in parse_qs(urlsplit(self.path).query).items()}
        found = [one for one in repo.requests if asked.get("author") in (None, one["author"]["name"])]
        found = [one for one in found if asked.get("status", "all") in ("all", one["status"])]
        return {"discussions": found, "count": len(found), "start": 0}

    def _file(self, name: str, revision: str, path: str) -> None:
        repo = self.hub.repos.get(name)
        commit = repo and repo.commit(revision)
        content = repo.commits[commit].get(path) if repo and commit else None
        if content is None or path in self.hub.withheld:
            return self._refuse("EntryNotFound" if commit else "RevisionNotFound")
        start = int((self.headers["Range"] or "bytes=0-")[6:].split("-")[0])
        self.send_response(206 if start else 200)
        self.send_header("ETag", f'"{_etag(path, content)}"')
        self.send_header("X-Repo-Commit", commit)
        self.send_header("Accept-Ranges", "bytes")
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self._send(content[start:], self.hub.break_after.pop(path, None) if self.command == "GET" else None)
        return None

    def _json(self, answer: object) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self._send(json.dumps(answer).encode())

    def _refuse(self, code: str) -> None:
        self.send_response(404)
        self.send_header("X-Error-Code", code)
        self.send_header("X-Error-Message", code)
        self._send(b"")

    def _send(self, body: bytes, break_after: int | None = None) -> None:
        """Send `body`; stop in the middle, with the connection, where `break_after` bytes are given."""
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body[:break_after])
        if break_after is not None:
            self.close_connection = True


def _etag(path: str, content: bytes) -> str:
    if path.endswith(LARGE):
        return hashlib.sha256(content).hexdigest()
    return hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()


def _info(name: str, repo: Repo, revision: str, commit: str) -> dict[str, Any]:
    return {"id": name, "sha": commit, "siblings": [{"rfilename": path} for path in repo.commits[commit]]}


def _tree(name: str, repo: Repo, revision: str, commit: str) -> list[dict[str, Any]]:
    files = repo.commits[commit]
    folders = sorted({path.rpartition("/")[0] for path in files} - {""})
    listing: list[dict[str, Any]] = [{"type": "directory", "path": path, "oid": "0" * 40} for path in folders]
    for path, content in files.items():
        entry = {"type": "file", "path": path, "size": len(content), "oid": _etag(path, content)[:40]}
        if path.endswith(LARGE):
            entry["lfs"] = {"oid": _etag(path, content), "size": len(content), "pointerSize": 130}
        listing.append(entry)
    return listing


def _history(name: str, repo: Repo, revision: str, commit: str) -> list[dict[str, Any]]:
    history = repo.refs.get(revision, [commit])
    return [
        {"id": one, "authors": [], "date": "2024-01-01T00:00:00.000Z", "title": "", "message": ""} for one in history
    ]
