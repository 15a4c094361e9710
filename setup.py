"""Builds the distribution. The facts about it are in pyproject.toml; here only: config/ travels as agent/share/."""

from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class BuildWithConfig(build_py):
    """Copies the files of config/ into the package, where agent/shipped.py finds them wherever it is installed."""

    def _pairs(self) -> list[tuple[str, str]]:
        target = Path(self.build_lib, "agent", "share")
        files = sorted(path for path in Path("config").rglob("*") if path.is_file())
        return [(str(path), str(target / path.relative_to("config"))) for path in files]

    def run(self) -> None:
        """Build as usual; an editable installation keeps using config/ itself."""
        super().run()
        if not self.editable_mode:
            for source, target in self._pairs():
                self.mkpath(str(Path(target).parent))
                self.copy_file(source, target, preserve_mode=False)

    def get_source_files(self) -> list[str]:
        """What the source distribution must hold to build the same wheel."""
        return [*super().get_source_files(), *(source for source, _ in self._pairs())]

    def get_outputs(self, include_bytecode: bool = True) -> list[str]:
        """What the build makes, so that installers record it."""
        made = [] if self.editable_mode else [target for _, target in self._pairs()]
        return [*super().get_outputs(include_bytecode), *made]


setup(cmdclass={"build_py": BuildWithConfig})
