"""Lists what gets compiled; everything else is in pyproject.toml.

TLSINSPECT_EXTENSIONS says how: "auto" (the default) compiles the kernel where
Cython and a C compiler are found and installs it as plain Python where not,
"require" fails instead, "skip" does not try.
"""

import os
import sys
from pathlib import Path

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

COMPILED = [
    "tlsinspect/connection.py",
    "tlsinspect/connection_builder.py",
    "tlsinspect/fingerprints.py",
    "tlsinspect/outcome.py",
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


setup(ext_modules=extensions(), cmdclass={"build_ext": OptionalBuild})
