"""Where a store lies: a folder, or a URL of an object store; files that appear whole or not at all.

Goes in: names with "/" below the place. Comes out: octets. A file is written under no name that anybody reads before
it is complete: in a folder as a temporary file that is flushed to the disk and then linked to its name, in an object
store by one upload. `create` lets one of several writers win.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol, cast

from ..capture import printable
from ..errors import StoreError

if TYPE_CHECKING:
    import pyarrow.fs

TEMPORARY = ".unfinished"


class Place(Protocol):
    """What a store needs of the place where it lies."""

    url: str
    shared: str  # what names the place to processes that work in another folder

    def read(self, name: str) -> bytes:
        """The octets of a file; raises FileNotFoundError."""

    def names(self, folder: str) -> list[str]:
        """The names of the files directly in a folder, sorted; none where it does not exist."""

    def create(self, name: str, octets: bytes) -> bool:
        """Write a file that does not exist yet; False, and nothing written, where it does."""

    def writing(self, name: str) -> Any:
        """A context that gives a file to write to; the name exists once it is left without an error."""

    def path(self, name: str) -> str:
        """A file's path as `filesystem` knows it."""

    def filesystem(self) -> pyarrow.fs.FileSystem:
        """What pyarrow reads through."""

    def remove(self, name: str) -> None:
        """Delete a file, if it is there."""


def open_place(url: str | os.PathLike[str]) -> Place:
    """The place that a path or URL names; raises StoreError where what reads such URLs is not installed."""
    text = os.fspath(url)
    if is_remote(text):
        return RemotePlace(text)
    return Folder(Path(text.removeprefix("file://")))


def is_remote(text: str) -> bool:
    """Whether a name is a URL rather than a path."""
    scheme, mark, _ = text.partition("://")
    return bool(mark) and scheme.isalnum() and scheme != "file"


class Folder:
    """A folder of this machine, or of a file server that all machines see."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.url = str(root)
        self.shared = str(root.absolute())

    def read(self, name: str) -> bytes:
        """The octets of a file."""
        return (self.root / name).read_bytes()

    def names(self, folder: str) -> list[str]:
        """The names of the files in a folder, unfinished ones left out."""
        with suppress(FileNotFoundError, NotADirectoryError):
            return sorted(entry.name for entry in os.scandir(self.root / folder) if not entry.name.startswith("."))
        return []

    def create(self, name: str, octets: bytes) -> bool:
        """Write a file that does not exist yet: a link to a name fails where the name exists."""
        target = self.root / name
        temporary = self.temporary(target)
        try:
            with temporary.open("xb") as file:
                file.write(octets)
                flush(file)
            os.link(temporary, target)
        except FileExistsError:
            return False
        finally:
            temporary.unlink(missing_ok=True)
        flush_folder(target.parent)
        return True

    @contextmanager
    def writing(self, name: str) -> Iterator[BinaryIO]:
        """Write under a temporary name, flush, rename."""
        target = self.root / name
        temporary = self.temporary(target)
        try:
            with temporary.open("xb") as file:
                yield file
                flush(file)
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)
        flush_folder(target.parent)

    def temporary(self, target: Path) -> Path:
        """A name that nobody reads, in the same folder."""
        target.parent.mkdir(parents=True, exist_ok=True)
        return target.with_name(f".{target.name}.{secrets.token_hex(4)}{TEMPORARY}")

    def path(self, name: str) -> str:
        """A file's path."""
        return str(self.root / name)

    def filesystem(self) -> pyarrow.fs.FileSystem:
        """The local file system."""
        from pyarrow.fs import LocalFileSystem

        return LocalFileSystem()

    def remove(self, name: str) -> None:
        """Delete a file."""
        (self.root / name).unlink(missing_ok=True)


class RemotePlace:
    """Anything that fsspec opens: s3://, gs://, abfs://, memory://, ..."""

    def __init__(self, url: str) -> None:
        self.url = self.shared = url.rstrip("/")
        self.files, self.root = open_remote(self.url)

    def read(self, name: str) -> bytes:
        """The octets of an object."""
        return cast("bytes", self.files.cat_file(self.path(name)))

    def names(self, folder: str) -> list[str]:
        """The names of the objects in a folder."""
        self.files.invalidate_cache()
        with suppress(FileNotFoundError):
            return sorted(entry.rpartition("/")[2] for entry in self.files.ls(self.path(folder), detail=False))
        return []

    def create(self, name: str, octets: bytes) -> bool:
        """Write an object that does not exist yet, by the store's own conditional upload."""
        try:
            self.files.pipe_file(self.path(name), octets, mode="create")
        except FileExistsError:
            return False
        except OSError as error:
            if "PreconditionFailed" in str(error) or "pre-conditions" in str(error):
                return False
            raise
        return True

    @contextmanager
    def writing(self, name: str) -> Iterator[BinaryIO]:
        """Upload on leaving; nothing where it is left by an error."""
        file = self.files.open(self.path(name), "wb", autocommit=False)
        try:
            yield file
        except BaseException:
            file.discard()
            raise
        file.close()
        file.commit()

    def path(self, name: str) -> str:
        """An object's path without the scheme."""
        return f"{self.root}/{name}"

    def filesystem(self) -> pyarrow.fs.FileSystem:
        """What fsspec opened, for pyarrow."""
        from pyarrow.fs import FSSpecHandler, PyFileSystem

        return PyFileSystem(FSSpecHandler(self.files))

    def remove(self, name: str) -> None:
        """Delete an object."""
        with suppress(FileNotFoundError):
            self.files.rm_file(self.path(name))


def open_remote(url: str) -> tuple[Any, str]:
    """The fsspec file system of a URL, and the path in it; raises StoreError where that cannot be had."""
    try:
        import fsspec

        files, root = fsspec.core.url_to_fs(url)
    except ImportError as error:
        raise StoreError(printable(url), "needs the cluster extra: pip install 'tlsinspect[cluster]'") from error
    except ValueError as error:
        raise StoreError(printable(url), str(error)) from error
    return files, str(root)


def flush(file: BinaryIO) -> None:
    """Have a file on the disk."""
    file.flush()
    os.fsync(file.fileno())


def flush_folder(folder: Path) -> None:
    """Have a folder's names on the disk, where the system lets folders be flushed."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
