"""Where a store lies: a folder, or a URL of an object store; files that appear whole or not at all.

Goes in: names with "/" below the place. Comes out: octets. A file is written under no name that anybody reads before
it is complete: in a folder as a temporary file that is flushed to the disk and then linked to its name, in an object
store by one upload. `create` lets one of several writers win.
"""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol, cast

from ..capture import printable
from ..errors import StoreError

try:
    import fcntl
except ImportError:  # not on Windows
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    import pyarrow.fs

TEMPORARY = ".unfinished"
LOCAL = ("file", "local")  # fsspec's names for this machine's files


class Place(Protocol):
    """What a store needs of the place where it lies."""

    url: str
    shared: str  # what names the place to processes that work in another folder
    writer: str  # stands in the names of temporary files
    records: dict[str, Any]  # those that were read, by name: they are never changed
    has_locks: bool
    has_sharing: bool  # whether other processes see what one of them writes

    def __fspath__(self) -> str:
        """What names the place, which stands for itself where a path is asked for: see open_named."""

    def read(self, name: str) -> bytes:
        """The octets of a file; raises FileNotFoundError."""

    def names(self, folder: str) -> list[str]:
        """The names of the files directly in a folder, sorted; none where it does not exist."""

    def create(self, name: str, octets: bytes) -> bool:
        """Write a file that does not exist yet; False, and nothing written, where it does."""

    def writing(self, name: str) -> Any:
        """A context that gives a file to write to; the name exists once it is left without an error."""

    def path(self, name: str) -> str:
        """A file's path as `filesystem` knows it; raises StoreError for what is there and is no file, as a pipe."""

    def filesystem(self) -> pyarrow.fs.FileSystem:
        """What pyarrow reads through."""

    def remove(self, name: str) -> None:
        """Delete a file, if it is there."""

    def walk(self) -> Iterator[tuple[str, int]]:
        """The names and sizes of all files, unfinished ones too."""

    def hold(self, name: str, octets: bytes) -> AbstractContextManager[Any]:
        """Write a new file, and keep a lock on it, where there are locks, until the context is left."""

    def try_lock(self, name: str) -> AbstractContextManager[bool]:
        """Keep a lock on a file, if nobody has it; False where somebody has. Raises FileNotFoundError."""

    def touch(self, name: str) -> None:
        """Have a file changed now; raises FileNotFoundError."""

    def changed(self, name: str) -> float:
        """When a file was changed last, in seconds by the clock of the place; raises FileNotFoundError."""


def open_place(url: str | os.PathLike[str]) -> Place:
    """The place that a path or URL names; raises StoreError where what reads such URLs is not installed."""
    text = os.fspath(url)
    if is_remote(text):
        return RemotePlace(text)
    return Folder(Path(path_of(text)))


def open_named(url: str | os.PathLike[str]) -> Place:
    """The place that a person names; raises StoreError also for a path that is not UTF-8, as Arrow opens no other.

    A place stays itself: who takes captures again and again reads each record of the store once.
    """
    if isinstance(url, Folder | RemotePlace):
        return url
    text = os.fspath(url)
    try:
        text.encode()
    except UnicodeEncodeError:
        raise StoreError(printable(text), "the path of a store has to be UTF-8") from None
    return open_place(text)


def is_remote(text: str) -> bool:
    """Whether a name is a URL rather than a path."""
    scheme, mark, _ = text.partition("://")
    return bool(mark) and scheme.isalnum() and scheme not in LOCAL


def path_of(text: str) -> str:
    """A path as it is, and the path in a URL of this machine's files."""
    scheme, mark, path = text.partition("://")
    return path if mark and scheme in LOCAL else text


class Folder:
    """A folder of this machine, or of a file server that all machines see."""

    has_locks = fcntl is not None
    has_sharing = True

    def __init__(self, root: Path) -> None:
        self.writer = ""
        self.records: dict[str, Any] = {}
        self.root = root
        self.url = str(root)
        self.shared = str(root.absolute())

    def __fspath__(self) -> str:
        """The folder's path."""
        return self.url

    def read(self, name: str) -> bytes:
        """The octets of a file."""
        return Path(self.path(name)).read_bytes()

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
        return target.with_name(f".{target.name}-{self.writer}-{secrets.token_hex(4)}{TEMPORARY}")

    def path(self, name: str) -> str:
        """A file's path; what may never end, as a stranger's store may have it, is refused."""
        path = self.root / name
        with suppress(OSError):
            mode = path.stat().st_mode
            if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
                raise StoreError(printable(self.url), f"{name} is no regular file")
        return str(path)

    def filesystem(self) -> pyarrow.fs.FileSystem:
        """The local file system."""
        from pyarrow.fs import LocalFileSystem

        return LocalFileSystem()

    def remove(self, name: str) -> None:
        """Delete a file."""
        (self.root / name).unlink(missing_ok=True)

    def walk(self) -> Iterator[tuple[str, int]]:
        """The names and sizes of all files; one that goes meanwhile is left out."""
        for below, _, names in os.walk(self.root):
            for name in names:
                path = Path(below, name)
                with suppress(FileNotFoundError):
                    yield path.relative_to(self.root).as_posix(), path.stat().st_size

    @contextmanager
    def hold(self, name: str, octets: bytes) -> Iterator[None]:
        """Write a new file, which says something only once it is locked."""
        target = self.root / name
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as file:
            lock(file, wait=True)
            file.write(octets)
            flush(file)
            flush_folder(target.parent)
            yield

    @contextmanager
    def try_lock(self, name: str) -> Iterator[bool]:
        """Keep a lock on a file, which ends with the process too."""
        with (self.root / name).open("r+b") as file:
            yield lock(file, wait=False)

    def touch(self, name: str) -> None:
        """Have a file changed now, by the clock of the file server."""
        os.utime(self.root / name)

    def changed(self, name: str) -> float:
        """When a file was changed last."""
        return (self.root / name).stat().st_mtime


class RemotePlace:
    """Anything that fsspec opens: s3://, gs://, abfs://, memory://, ..."""

    has_locks = False

    def __init__(self, url: str) -> None:
        self.writer = ""
        self.records: dict[str, Any] = {}
        self.url = self.shared = url.rstrip("/")
        self.files, self.root = open_remote(self.url)
        self.has_sharing = "memory" not in self.files.protocol

    def __fspath__(self) -> str:
        """The URL."""
        return self.url

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
    def writing(self, name: str) -> Iterator[Any]:
        """Upload on leaving; nothing where it is left by an error."""
        file = Speaking(self.files.open(self.path(name), "wb", autocommit=False), self.url)
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

    def walk(self) -> Iterator[tuple[str, int]]:
        """The names and sizes of all objects."""
        self.files.invalidate_cache()
        start = len(self.path(""))
        for path, facts in self.files.find(self.root, detail=True).items():
            yield path[start:], int(facts["size"] or 0)

    @contextmanager
    def hold(self, name: str, octets: bytes) -> Iterator[None]:
        """Write an object; there are no locks."""
        self.files.pipe_file(self.path(name), octets)
        yield

    @contextmanager
    def try_lock(self, name: str) -> Iterator[bool]:
        """There are no locks that somebody could have."""
        yield True

    def touch(self, name: str) -> None:
        """Write an object again."""
        self.files.pipe_file(self.path(name), self.read(name))

    def changed(self, name: str) -> float:
        """When an object was written last."""
        self.files.invalidate_cache()
        return float(self.files.modified(self.path(name)).timestamp())


class Speaking:
    """A file system of fsspec, or a file of one, whose library's own errors are StoreErrors.

    Those of the operating system, such as FileNotFoundError, stay what they are.
    """

    def __init__(self, files: Any, url: str) -> None:
        self.files = files
        self.url = url

    def __getattr__(self, name: str) -> Any:
        """The same attribute; what can be called says what it fails of."""
        if name.startswith("__"):
            raise AttributeError(name)
        value = getattr(self.files, name)
        return partial(self.call, value) if callable(value) else value

    def call(self, function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
        """What a function of the library gives; raises StoreError."""
        try:
            return function(*arguments, **options)
        except (OSError, StoreError):
            raise
        except Exception as error:
            raise library_error(self.url, error) from error


def library_error(url: str, error: Exception) -> StoreError:
    """What a library says on a URL, on one line."""
    return StoreError(printable(url), printable(" ".join(str(error).split()) or type(error).__name__))


def open_remote(url: str) -> tuple[Any, str]:
    """The fsspec file system of a URL, and the path in it; raises StoreError where that cannot be had."""
    try:
        import fsspec

        files, root = fsspec.core.url_to_fs(url)
    except ImportError as error:
        raise StoreError(printable(url), "needs the cluster extra: pip install 'tlsinspect[cluster]'") from error
    except Exception as error:  # of whatever kind the library has
        raise library_error(url, error) from error
    return Speaking(files, url), str(root)


def lock(file: BinaryIO, wait: bool) -> bool:
    """Have a lock on an open file until it is closed; False where somebody else has it."""
    if fcntl is not None:
        try:
            fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


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
