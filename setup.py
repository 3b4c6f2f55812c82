"""Lists what gets compiled; everything else is in pyproject.toml.

TLSINSPECT_EXTENSIONS says how: "auto" (the default) compiles the kernel where
Cython and a C compiler are found and installs it as plain Python where not,
"require" fails instead, "skip" does not try.

With SOURCE_DATE_EPOCH the source distribution has the same octets whoever builds it of the same files
(https://reproducible-builds.org/specs/source-date-epoch/).
"""

import gzip
import os
import sys
import tarfile
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build import build
from setuptools.command.build_ext import build_ext
from setuptools.command.sdist import sdist

COMPILED = [
    "tlsinspect/connection.py",
    "tlsinspect/connection_builder.py",
    "tlsinspect/fingerprints.py",
    "tlsinspect/outcome.py",
    "tlsinspect/packet_numbers.py",
    "tlsinspect/tally.py",
    "tlsinspect/wire/*.py",
    "tlsinspect/certificates/der.py",
    "tlsinspect/certificates/draft.py",
    "tlsinspect/certificates/extensions.py",
    "tlsinspect/certificates/lenient.py",
    "tlsinspect/certificates/names.py",
    "tlsinspect/certificates/public_key.py",
    "tlsinspect/tables/gathering.py",
    "tlsinspect/tables/pack.py",
    "tlsinspect/validation/candidate.py",
]
NOT_COMPILED = ["tlsinspect/wire/__init__.py", "tlsinspect/wire/codes.py"]
RARE = {
    "carried_dtls", "eap", "eapol", "gquic", "ieee80211", "limits", "media", "openvpn", "pseudoheader",
    "radius", "rdpudp", "sslv2", "tds",
}  # fmt: skip
"""Modules that few packets pass: optimising them fully takes the compiler longer than it ever gives back."""
DIRECTIVES = {
    "language_level": 3,
    "annotation_typing": False,
    "boundscheck": True,
    "wraparound": False,
    "cdivision": True,
    "initializedcheck": False,
    "embedsignature": True,
}
MODE = os.environ.get("TLSINSPECT_EXTENSIONS", "auto")
EPOCH = os.environ.get("SOURCE_DATE_EPOCH")


class ExactBuild(build):
    """Keep nothing of an earlier build that is gone from the sources: all that lies there is installed, and packed."""

    def run(self):
        super().run()
        if self.get_finalized_command("build_py").editable_mode:
            return
        commands = [self.get_finalized_command(name) for name in self.get_sub_commands()]
        made = {Path(path).resolve() for command in commands for path in command.get_outputs()}
        for path in Path(self.build_lib).rglob("*"):
            if path.is_file() and path.resolve() not in made:
                path.unlink()


class OptionalBuild(build_ext):
    """Compile on all cores; in mode "auto" say in one line why not, and go on without."""

    def finalize_options(self):
        super().finalize_options()
        self.parallel = self.parallel or os.cpu_count()

    def run(self):
        try:
            super().run()
        except Exception as error:
            if MODE == "require":
                raise
            self.leave_out()
            print(f"tlsinspect: installing the pure Python variant, which is much slower ({error})", file=sys.stderr)

    def leave_out(self):
        """Keep nothing of what was compiled until then: halves do not go together. A wheel fits any platform."""
        for path in self.get_outputs():
            Path(path).unlink(missing_ok=True)
        self.extensions = self.distribution.ext_modules = []
        wheel = self.distribution.get_command_obj("bdist_wheel", create=False)
        if wheel is not None:
            wheel.root_is_pure = True


class SteadyArchive(sdist):
    """Where SOURCE_DATE_EPOCH is set, let nothing of the machine into the archive: no time, owner, umask or order."""

    def make_archive(self, base_name, format, root_dir=None, base_dir=None, owner=None, group=None):
        if EPOCH is None or format != "gztar":
            return super().make_archive(base_name, format, root_dir, base_dir, owner, group)
        path = f"{base_name}.tar.gz"
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        with (
            gzip.GzipFile(path, "wb", mtime=int(EPOCH)) as packed,
            tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
        ):
            for each in sorted([base_dir, *Path(base_dir).rglob("*")], key=str):
                archive.add(each, recursive=False, filter=steady)
        return path


def steady(member):
    """The header of a file in the archive as it is anywhere."""
    member.mtime, member.mode = int(EPOCH), 0o755 if member.isdir() or member.mode & 0o100 else 0o644
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    return member


def extensions():
    if MODE not in ("auto", "require", "skip"):
        sys.exit(f"TLSINSPECT_EXTENSIONS: {MODE!r} is none of auto, require, skip")
    if MODE == "skip":
        return []
    try:
        from Cython.Build import cythonize
    except ImportError:
        if MODE == "require":
            raise
        print("tlsinspect: installing the pure Python variant: Cython is missing", file=sys.stderr)
        return []
    made: list[Extension] = cythonize(
        [Extension("*", [pattern], extra_compile_args=["-O3", "-g0"]) for pattern in COMPILED],
        exclude=NOT_COMPILED,
        build_dir="build/cython",
        nthreads=os.cpu_count() or 1,
        compiler_directives=DIRECTIVES,
        quiet=True,
    )
    for extension in made:
        if extension.name.rpartition(".")[2] in RARE:
            extension.extra_compile_args = ["-O1", "-g0"]
    return made


setup(ext_modules=extensions(), cmdclass={"build": ExactBuild, "build_ext": OptionalBuild, "sdist": SteadyArchive})
